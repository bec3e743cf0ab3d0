/*
 * cli_help.h - help, written from the tables of commands.
 */
#ifndef NODE_CLI_HELP_H
#define NODE_CLI_HELP_H

#include "node/cli.h"

/* All there is to say of one command. */
void cli_help_command(FILE *out, const struct cli_command *c);

/* The commands of a group, or, where group is NULL, all of them, one a line. */
void cli_help_list(FILE *out, const struct cli_command *const *commands, const char *group);

/* Name and version of the program, on stdout. */
void cli_help_version(void);

#endif
