/*
 * cli_commands.h - the commands of `seinpost`, one table each, and what they share.
 */
#ifndef NODE_CLI_COMMANDS_H
#define NODE_CLI_COMMANDS_H

#include <jansson.h>

#include "config/config.h"
#include "node/cli.h"
#include "node/keyring.h"
#include "node/problem.h"

/* cli_setup.c */
extern const struct cli_command cli_init, cli_card, cli_config_check;
/* cli_roster.c */
extern const struct cli_command cli_roster_steward, cli_roster_create, cli_roster_sign;
/* cli_roster_edit.c */
extern const struct cli_command cli_roster_add, cli_roster_change;
/* cli_roster_end.c */
extern const struct cli_command cli_roster_head, cli_roster_suspend, cli_roster_remove,
    cli_roster_rekey, cli_roster_unfreeze;
/* cli_roster_stewards.c */
extern const struct cli_command cli_roster_stewards;
/* cli_roster_unite.c */
extern const struct cli_command cli_roster_quorum, cli_roster_unite;
/* cli_roster_show.c, cli_roster_import.c */
extern const struct cli_command cli_roster_show, cli_roster_import;
/* cli_keys_deal.c, cli_keys.c */
extern const struct cli_command cli_keys_deal, cli_keys_take, cli_keys_show;
/* cli_roster_key.c */
extern const struct cli_command cli_roster_key;
/* cli_keys_propose.c, cli_keys_ceremony.c */
extern const struct cli_command cli_keys_ceremony, cli_keys_refresh, cli_keys_reshare,
    cli_keys_rotate;
/* cli_keys_carry.c */
extern const struct cli_command cli_keys_carry;
extern const struct cli_command cli_keys_join, cli_keys_status, cli_keys_abort, cli_keys_result;
/* cli_keys_renew.c */
extern const struct cli_command cli_keys_renew;
/* cli_publish.c, cli_consult.c */
extern const struct cli_command cli_publish, cli_consult;
/* cli_explain.c */
extern const struct cli_command cli_explain;
/* cli_doctor.c */
extern const struct cli_command cli_doctor;
/* cli_desk.c, cli_status.c */
extern const struct cli_command cli_list, cli_verify, cli_status;
/* cli_scrub.c */
extern const struct cli_command cli_scrub;
/* cli_correct.c */
extern const struct cli_command cli_amend, cli_retract, cli_erase;
/* cli_alert.c, cli_alert_list.c */
extern const struct cli_command cli_alert_publish, cli_alert_amend, cli_alert_retract;
extern const struct cli_command cli_alert_list, cli_alert_watch;
/* cli_allowance.c, cli_audit.c */
extern const struct cli_command cli_allowance_ask, cli_allowance_approve, cli_allowance_explain;
extern const struct cli_command cli_allowance_list, cli_audit_totals, cli_audit_purposes;
extern const struct cli_command cli_audit_open, cli_audit_check, cli_audit_alarms;
/* cli_witness.c */
extern const struct cli_command cli_witness_show;

/* cli_proof.c, cli_feed.c */
extern const struct cli_command cli_proof_list, cli_proof_export, cli_proof_verify;
extern const struct cli_command cli_feed_export, cli_feed_verify;
/* cli_observe.c */
extern const struct cli_command cli_observe_verify, cli_observe_org;
/* cli_backup.c, cli_restore.c */
extern const struct cli_command cli_backup, cli_backup_verify, cli_backup_key;
extern const struct cli_command cli_restore, cli_feed_resume;
/* cli_post.c */
extern const struct cli_command cli_send, cli_inbox, cli_outbox;

/* Shows why something failed, from the problem or else from the code; returns CLI_FAILED. */
int cli_failed(const struct problem *p, enum err e);

/* Reads the settings, and takes the language that they name. Where it returns CLI_FAILED every
 * mistake is on stderr. */
int cli_config(const struct cli_args *a, struct config *out);

/* Opens the node's keys with the passphrase that the settings name, or that is asked for. Errors as
 * passphrase_get and keyring_open. */
MUST_CHECK enum err cli_keyring(const struct config *c, struct keyring **out,
                                struct problem *problem);

/* Asks the node that the settings of the line name: client_ask. Returns CLI_DONE with *end to be
 * released, or CLI_FAILED with the reason on stderr and *end NULL. */
int cli_ask(const struct cli_args *a, json_t *request, void (*line)(void *ctx, const json_t *line),
            void *ctx, json_t **end);

/* Asks the question of whoever sits at a terminal, unless the line has --yes or status is not
 * CLI_DONE already. Returns status, or CLI_FAILED with the sentence that nothing was done on stderr
 * where the answer is not yes. */
int cli_confirm(const struct cli_args *a, int status, const char *question, const char *nothing);

/* Adds "index" of a word, and "reason" of --reason, to a request. Return CLI_DONE, or CLI_USAGE
 * with the reason on stderr; where is the command that lists such entries. */
int cli_target(const struct cli_args *a, const char *text, const char *where, json_t *request);
int cli_reason(const struct cli_args *a, json_t *request);

/* Checks an org-id against the registers that the settings name. Returns CLI_DONE, or CLI_FAILED
 * with the reason on stderr. */
int cli_partner(const struct cli_args *a, const char *partner);

/* Says why a correction was not made. */
void cli_correct_refused(const json_t *end, const char *where);

/* One JSON object on a line of stdout. Takes it. */
void cli_json(json_t *line);

#endif
