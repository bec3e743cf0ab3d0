/*
 * tag.h - what is published of a pseudonym: unlinkable across authors and within one.
 *
 * Pure.
 */
#ifndef PROTOCOL_TAG_H
#define PROTOCOL_TAG_H

#include "protocol/feed.h"

enum { TAG_BYTES = 16 };

/* tag = BLAKE2b-128(key=N, "seinpost/v1/tag" || epoch u32 || author[32] || kind u8 || counter u8).
 * n is the 32-byte pseudonym point; counter is below COUNTERS. */
void tag_derive(const uint8_t n[32], uint32_t epoch, const uint8_t author[AUTHOR_BYTES],
                uint8_t kind, uint8_t counter, uint8_t out[TAG_BYTES]);

/* The first eight bytes as a big-endian number: what a store indexes. */
uint64_t tag_prefix(const uint8_t tag[TAG_BYTES]);

#endif
