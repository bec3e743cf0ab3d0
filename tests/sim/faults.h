/*
 * faults.h - what the two files of faults share: faults.c, and faults_lists.c for what stewards do.
 */
#ifndef TESTS_SIM_FAULTS_H
#define TESTS_SIM_FAULTS_H

#include "tests/sim/story.h"

enum { SECOND = 1000 };

/* ---- faults.c ---- */
size_t fault_any(struct story *s); /* a node */
/* What was begun ends in so long. */
void fault_later(struct story *s, enum fault what, uint64_t in_ms, size_t a, size_t b,
                 uint32_t left);
/* A node stops as in a power cut. */
void fault_crash(struct story *s, size_t node, bool is_kept);

/* ---- faults_lists.c: each is one fault ---- */
void fault_roster(struct story *s);
void fault_transport(struct story *s);
void fault_keys(struct story *s);
void fault_old_list(struct story *s);
void fault_rival(struct story *s);
/* The list that names both, where it is not out yet. */
void fault_settle_rivals(struct story *s);

#endif
