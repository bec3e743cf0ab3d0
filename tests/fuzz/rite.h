/*
 * rite.h - what the fuzzer's peers say in key ceremonies: steps that fit together, or nearly.
 *
 * There is one ceremony at a time, the one proposed last, with the hashes of what each said in it;
 * so that a script can hold a whole one, and go wrong at any place.
 */
#ifndef TESTS_FUZZ_RITE_H
#define TESTS_FUZZ_RITE_H

#include "protocol/ceremony.h"
#include "tests/fuzz/stage.h"

void rite_reset(void);

/* The payload of one step, said by that actor and chosen by the script, to out
 * (CEREMONY_BYTES_MAX); its length. */
size_t rite_payload(struct unpack *u, size_t actor, uint8_t *out);

/* The proposal that the script chooses, and the id of the last one. */
void rite_propose(struct unpack *u, size_t actor, struct ceremony_proposal *out);
const uint8_t *rite_id(void);

#endif
