/*
 * ceremony_plan.h - from what an operator wishes to the proposal of a key ceremony.
 *
 * Who receives keeps its index where it has a share already; others get the lowest free ones. In a
 * new key they are numbered from 1 in the order in which they were named. What cannot be is said
 * with a code and whom or how many it is about; cli_ceremony.c has the words.
 */
#ifndef NODE_CEREMONY_PLAN_H
#define NODE_CEREMONY_PLAN_H

#include "protocol/ceremony.h"

struct ceremony_wish {
    enum ceremony_kind kind;
    uint8_t key;        /* KEY_PSEUDONYMS or KEY_STATISTICS */
    unsigned threshold; /* refresh and rotate: unused */
    size_t count;       /* generate and reshare: who is to receive, org-ids, borrowed */
    const char *to[KEYHOLDERS_MAX + 1];
    size_t without_count; /* holders of now who cannot take part */
    const char *without[KEYHOLDERS_MAX + 1];
    bool is_anew; /* generate although there is such a key */
    uint32_t patience_seconds;
    uint32_t days;
};

enum plan_fault {
    PLAN_SOUND = 0,
    PLAN_NOT_KEYHOLDER, /* this organisation is no key holder: it cannot propose */
    PLAN_UNKNOWN,       /* org is not in the list */
    PLAN_NOT_ACTIVE,    /* org takes no part today */
    PLAN_NO_ROLE,       /* org is no key holder by the list */
    PLAN_TWICE,         /* org is named twice */
    PLAN_THRESHOLD,     /* below 2 */
    PLAN_TOO_MANY,      /* receivers; more than needed */
    PLAN_TOO_FEW,       /* receivers: have, where needed are */
    PLAN_NO_KEY,        /* there is no such key yet */
    PLAN_KEY_THERE,     /* there is one: needed is its period */
    PLAN_NOT_HOLDER,    /* org has no share that it could be left out with */
    PLAN_TOO_FEW_DEAL,  /* of those who hold shares have can take part, where needed are */
    PLAN_RESHARE_FIRST, /* the same of a rotation: it needs more than answering does */
    PLAN_SAME,          /* the same holders and threshold as now */
    PLAN_COUNT
};

struct plan_problem {
    enum plan_fault fault;
    const char *org_id; /* borrowed from the wish or the list; NULL: about none */
    size_t needed, have;
};

/* The stable name of a fault in the control protocol ("too-few"). */
const char *plan_fault_name(enum plan_fault fault);

/* Makes the proposal of this organisation, with the nonce. True, or false with *problem filled in
 * and *out unusable. The proposal then passes ceremony_check, but for what only the member list of
 * another moment could say. */
bool ceremony_plan(const struct ceremony_wish *wish, const struct roster *r,
                   const uint8_t self[AUTHOR_BYTES], const uint8_t nonce[CEREMONY_NONCE_BYTES],
                   int64_t now_utc, struct ceremony_proposal *out, struct plan_problem *problem);

#endif
