/*
 * quill.h - what peers that hold their true keys could write: honest, wrong in one place, or wild.
 *
 * Each function reads what to write from the script, and gives one message to the core over the
 * connection in that place. The feeds of the actors are written as the script goes; every one
 * begins empty at quill_reset.
 */
#ifndef TESTS_FUZZ_QUILL_H
#define TESTS_FUZZ_QUILL_H

#include "tests/fuzz/stage.h"

void quill_reset(void);

void quill_opening(struct unpack *u, size_t place);
void quill_head_answer(struct unpack *u, size_t place);
void quill_follow(struct unpack *u, size_t place);
void quill_batch(struct unpack *u, size_t place);
void quill_body_ask(struct unpack *u, size_t place);
void quill_body_batch(struct unpack *u, size_t place);
void quill_evaluate(struct unpack *u, size_t place);
void quill_evaluated(struct unpack *u, size_t place);
void quill_seen(struct unpack *u, size_t place);
void quill_fork(struct unpack *u, size_t place);
void quill_evidence(struct unpack *u, size_t place);
void quill_delivery(struct unpack *u, size_t place);
void quill_roster(struct unpack *u, size_t place);

#endif
