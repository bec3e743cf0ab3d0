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
/* cli_roster.c, cli_roster_show.c */
extern const struct cli_command cli_roster_steward, cli_roster_create, cli_roster_add,
    cli_roster_sign, cli_roster_show, cli_roster_import;
/* cli_keys.c */
extern const struct cli_command cli_keys_deal, cli_keys_take, cli_keys_show;
/* cli_people.c */
extern const struct cli_command cli_publish, cli_consult;
/* cli_desk.c */
extern const struct cli_command cli_list, cli_erase, cli_status, cli_verify;

/* Shows why something failed; returns CLI_FAILED. */
int cli_failed(const struct problem *p, enum err e);

/* Reads the settings; every mistake is on stderr where it returns CLI_FAILED. */
int cli_config(const struct cli_args *a, struct config *out);

/* Opens the node's keys with the passphrase that the settings name, or that is asked for. */
MUST_CHECK enum err cli_keyring(const struct config *c, struct keyring **out,
                                struct problem *problem);

/* What an error of the control protocol says of its subject, in the person's language. */
const char *cli_error_text(const char *error);

/* Says why the node refused a request, and the mend; end is its last answer. */
void cli_refused(const json_t *end);

/* One JSON object on a line of stdout. Takes it. */
void cli_json(json_t *line);

/* Prints a text padded with blanks to a width in columns of a terminal. */
void cli_column(const char *text, int width);

#endif
