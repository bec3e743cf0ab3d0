/*
 * doctor.h - what stands between a node and its work, in the order in which to mend it.
 *
 * A check adds one finding: it is well, or it is to be mended and how, or it is something to know
 * that this node's operator need not act on. The first finding to be mended is the next step. What
 * a running node says is judged from its status (the control protocol) alone, so that each sentence
 * can be tested with a few lines of JSON.
 */
#ifndef NODE_DOCTOR_H
#define NODE_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "node/ringname.h"

enum { FINDINGS_MAX = 64, FINDING_BYTES = 1200 };

enum finding_state {
    FINDING_WELL,
    FINDING_NOTE, /* to know; nothing to do here */
    FINDING_TODO,
};

struct finding {
    const char *check; /* stable name, for programs */
    enum finding_state state;
    char text[FINDING_BYTES]; /* a sentence */
    char step[FINDING_BYTES]; /* what to do: a command, or a sentence; "" if nothing */
};

struct doctor {
    const char *program; /* "seinpost --config FILE", for the commands in steps */
    const char *config;  /* FILE */
    size_t count;
    struct finding list[FINDINGS_MAX];
};

/* Adds a finding, translated already; further ones than fit are dropped. */
void doctor_well(struct doctor *d, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void doctor_note(struct doctor *d, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void doctor_todo(struct doctor *d, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Says what to do about the finding that was added last. */
void doctor_step(struct doctor *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first finding to be mended; NULL if all is well. */
const struct finding *doctor_next(const struct doctor *d);

/* ---- doctor_disk.c: files and folders ---- */

/* Public halves of the keys on disk, as the member list writes them, oldest first: keys that were
 * renewed count from when the list has them. */
struct doctor_keys {
    size_t feeds, transports;
    char feed[RINGNAME_GENERATIONS_MAX][65];
    char transport[RINGNAME_GENERATIONS_MAX][65];
};

/* Data folder, room on its disk, keys, their modes, and the passphrase. False if there is no data
 * folder to go on with. */
bool doctor_disk(struct doctor *d, const struct config *c, struct doctor_keys *keys);

/* Whether the shares that the list gives this organisation (self, of list_self_json) are among its
 * keys: those that the node holds (held: "shares" of its status, or the same of the store of one
 * that does not run), or in the files with keys. */
void doctor_shares(struct doctor *d, const struct config *c, const json_t *self, const json_t *held,
                   int64_t now_utc);

/* ---- doctor_list.c: what the list says; no file is touched ---- */

/* The member list and this organisation's place in it: status has "roster" and "self", both null
 * without a list. */
void doctor_list(struct doctor *d, const json_t *status, const struct doctor_keys *keys,
                 int64_t now_utc);

/* The legal basis that the list gives of this organisation; nothing where self is no object. */
void doctor_basis(struct doctor *d, const json_t *self, int64_t now_utc);

/* ---- doctor_reach.c ---- */

/* Whether others can reach this node, and it them, from its status. */
void doctor_reach(struct doctor *d, const json_t *status);

/* ---- doctor_judge.c: what a running node says ---- */

/* A running node, from its status. */
void doctor_node(struct doctor *d, const json_t *status, int64_t now_utc);

#endif
