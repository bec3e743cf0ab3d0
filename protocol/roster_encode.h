/*
 * roster_encode.h - write the document of a member list that people have edited.
 *
 * Pure: no I/O, no clock, no allocation, no globals, no randomness.
 */
#ifndef PROTOCOL_ROSTER_ENCODE_H
#define PROTOCOL_ROSTER_ENCODE_H

#include "protocol/roster.h"

/* Writes the document of what *r says, for stewards to sign: everything but author, hash, signers
 * and sorted, which need not be set, nor need previous and genesis in version 1. The caller decodes
 * the result to have it checked. Returns its length, 0 if it does not fit. */
size_t roster_encode(const struct roster *r, uint8_t *out, size_t cap);

#endif
