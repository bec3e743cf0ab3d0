/*
 * seinpost.c - the command line of a node: the table of its commands.
 */
#include <sodium.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "node/cli_commands.h"
#include "node/client.h"
#include "node/text.h"

/* clang-format off */
static const struct cli_command *const commands[] = {
    &cli_publish,
    &cli_consult,
    &cli_explain,
    &cli_list,
    &cli_amend,
    &cli_retract,
    &cli_erase,
    &cli_send,
    &cli_inbox,
    &cli_outbox,
    &cli_alert_publish,
    &cli_alert_list,
    &cli_alert_amend,
    &cli_alert_retract,
    &cli_alert_watch,
    &cli_allowance_ask,
    &cli_allowance_approve,
    &cli_allowance_explain,
    &cli_allowance_list,
    &cli_audit_totals,
    &cli_audit_purposes,
    &cli_audit_open,
    &cli_audit_check,
    &cli_audit_alarms,
    &cli_status,
    &cli_verify,
    &cli_scrub,
    &cli_witness_show,
    &cli_proof_list,
    &cli_proof_export,
    &cli_proof_verify,
    &cli_feed_export,
    &cli_feed_verify,
    &cli_feed_resume,
    &cli_observe_verify,
    &cli_observe_org,
    &cli_doctor,
    &cli_init,
    &cli_card,
    &cli_roster_create,
    &cli_roster_add,
    &cli_roster_change,
    &cli_roster_head,
    &cli_roster_suspend,
    &cli_roster_remove,
    &cli_roster_rekey,
    &cli_roster_unfreeze,
    &cli_roster_quorum,
    &cli_roster_stewards,
    &cli_roster_unite,
    &cli_roster_key,
    &cli_roster_sign,
    &cli_roster_import,
    &cli_roster_show,
    &cli_roster_steward,
    &cli_keys_ceremony,
    &cli_keys_refresh,
    &cli_keys_reshare,
    &cli_keys_rotate,
    &cli_keys_carry,
    &cli_keys_join,
    &cli_keys_status,
    &cli_keys_abort,
    &cli_keys_result,
    &cli_keys_deal,
    &cli_keys_take,
    &cli_keys_show,
    &cli_keys_renew,
    &cli_config_check,
    &cli_backup_verify, /* before backup, whose FILE it would be */
    &cli_backup_key,
    &cli_backup,
    &cli_restore,
    NULL,
};
/* clang-format on */

/* No core dump may hold a name or a key. */
static void harden(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

int main(int argc, char **argv)
{
    text_init();
    harden();
    if (sodium_init() < 0) {
        cli_complain(_("libsodium does not start. Is this system's source of randomness there?"));
        return CLI_FAILED;
    }
    client_init();
    return cli_main(argc, argv, commands);
}
