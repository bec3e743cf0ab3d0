/*
 * answer.h - what a consult answers, given what matched and what could not be looked at.
 *
 * A match that was found is always reported, also where the view was incomplete; that nothing
 * matched is said only where nothing was left out.
 *
 * Every match key of the person that agrees with one registration has a weight (the table in
 * answer.c, with a reason for each); their sum decides. Kinds that people share by accident give
 * "possible" however many of them agree: only a kind that belongs to one person confirms.
 *
 * Pure.
 */
#ifndef PROTOCOL_ANSWER_H
#define PROTOCOL_ANSWER_H

#include "proto/bytes.h"
#include "proto/err.h"

enum answer { ANSWER_NO_MATCH, ANSWER_POSSIBLE, ANSWER_CONFIRMED, ANSWER_CANNOT_SAY };

/* Why a consult did not see everything: name of the bit, stable short name, and a sentence. */
/* clang-format off */
#define GAP_TABLE(X)                                                                               \
    X(GAP_FEED_UNHEARD,  0, "feed-unheard",  "a member has not been heard from in time")           \
    X(GAP_FEED_BEHIND,   1, "feed-behind",   "not everything that a member sent is here yet")      \
    X(GAP_FEED_DISPUTED, 2, "feed-disputed", "a member has contradicted itself and is in dispute") \
    X(GAP_BODY_OWED,     3, "body-owed",     "the content of a registration has not arrived")      \
    X(GAP_KEYHOLDERS,    4, "keyholders",    "too few keyholders have answered")                   \
    X(GAP_BUDGET,        5, "budget",        "today's number of questions is used up")             \
    X(GAP_ROSTER_STALE,  6, "roster-stale",  "the member list is out of date")                     \
    X(GAP_NO_KEYS,       7, "no-keys",       "the details hold nothing that can be looked for")    \
    X(GAP_NOT_READY,     8, "not-ready",     "this node is still starting")                        \
    X(GAP_VERSION,       9, "version",       "a member sends what only newer software can read")
/* clang-format on */

/* A set of these is an unsigned with their bits. */
enum coverage_gap {
#define GAP_ENUM(code, bit, name, text) code = 1 << bit,
    GAP_TABLE(GAP_ENUM)
#undef GAP_ENUM
};

enum {
#define GAP_COUNT_ONE(code, bit, name, text) +1
    GAP_COUNT = 0 GAP_TABLE(GAP_COUNT_ONE),
#undef GAP_COUNT_ONE
    GAP_ALL = (1 << GAP_COUNT) - 1
};

enum {
    WEIGHT_POSSIBLE = 2,
    WEIGHT_CONFIRMED = 100, /* more than all weak keys of a consult together */
};

/* The weight of one key of a kind (enum match_kind); 0 for an unknown kind. */
unsigned answer_weight(unsigned kind);

/* Why it weighs that, as one plain sentence. */
const char *answer_reason(unsigned kind);

/* What one registration is for the person asked about, from the sum of the weights of the different
 * keys that agree: no match, possible or confirmed. */
enum answer answer_weigh(unsigned weight);

/* The answer, from the set of gaps and the best of the matches (ANSWER_NO_MATCH if there is none).
 * A bit that is no known gap counts as a gap. */
enum answer answer_decide(unsigned gaps, enum answer best);

/* The answer in words: "no match", "possible", "confirmed", "cannot say". Also its stable name. */
const char *answer_name(enum answer a);

/* What an answer means, as one plain sentence; that of "no match" says that it is no clearance. */
const char *answer_text(enum answer a);

/* The short stable name of one gap ("feed-unheard"); "unknown" if it is not exactly one. */
const char *gap_name(unsigned gap);

/* One gap as a clause in plain English ("a member has not been heard from in time"). */
const char *gap_text(unsigned gap);

#endif
