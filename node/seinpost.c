/*
 * seinpost.c - the command line of a node: the table of its commands.
 */
#include <sodium.h>
#include <stdio.h>

#include "node/cli_commands.h"
#include "node/text.h"

static const struct cli_command *const commands[] = {
    &cli_publish,
    &cli_consult,
    &cli_list,
    &cli_erase,
    &cli_status,
    &cli_verify,
    &cli_init,
    &cli_card,
    &cli_roster_create,
    &cli_roster_add,
    &cli_roster_sign,
    &cli_roster_import,
    &cli_roster_show,
    &cli_roster_steward,
    &cli_keys_deal,
    &cli_keys_take,
    &cli_keys_show,
    &cli_config_check,
    NULL,
};

int main(int argc, char **argv)
{
    text_init();
    if (sodium_init() < 0) {
        fputs("seinpost: libsodium does not start\n", stderr);
        return CLI_FAILED;
    }
    return cli_main(argc, argv, commands);
}
