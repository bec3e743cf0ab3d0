/*
 * cli_evidence.h - what the commands on files of evidence share (cli_proof.c, cli_feed.c).
 */
#ifndef NODE_CLI_EVIDENCE_H
#define NODE_CLI_EVIDENCE_H

#include "node/cli.h"
#include "protocol/extract.h"

/* The key of --key, if it is given. Returns CLI_DONE, or CLI_USAGE with the reason on stderr. */
int evidence_key(const struct cli_args *a, uint8_t key[KEY_BYTES], bool *is_given);

/* Says by which key a file was checked, and what a reader has to compare; is_given: the reader
 * named it. */
void evidence_show_key(const struct extract *who, const uint8_t key[KEY_BYTES], bool is_given);

#endif
