/*
 * cli_man.h - the commands as a part of a manual page, written from their tables.
 *
 * The pages in config/man/ say what no table knows; this says the rest, so that page and program
 * cannot differ. `seinpost help --roff` prints it, in the language of the environment.
 */
#ifndef NODE_CLI_MAN_H
#define NODE_CLI_MAN_H

#include "node/cli.h"

/* Writes one subsection a command, with its words and options, in the macros of man(7). */
void cli_man(FILE *out, const struct cli_command *const *commands);

#endif
