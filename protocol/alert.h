/*
 * alert.h - what an alert says of a partner organisation.
 *
 * An alert names a partner by its org-id and gives, in codes alone, what was found, on what basis,
 * what has to be done about it and by when, and what the partner replied. There is no field for
 * words, nor for a person: words go from one organisation to one other, in a sealed envelope.
 *
 * Pure.
 */
#ifndef PROTOCOL_ALERT_H
#define PROTOCOL_ALERT_H

#include "proto/bytes.h"
#include "proto/err.h"
#include "proto/limits.h"

enum {
    ALERT_ACTIONS_MAX = 12,
    ALERT_ACTION_BYTES = 1 + 1 + 4,
    ALERT_BYTES_MAX = 1 + 3 + 4 + 1 + ORG_ID_BYTES_MAX + 1 + ALERT_ACTIONS_MAX * ALERT_ACTION_BYTES,
};

/* The tables below: code, stable short name, and what it says in plain English. Codes and names
 * stay; new ones come with a new version of the payload. */
/* clang-format off */
#define ALERT_KIND_TABLE(X)                                                                        \
    X(1,  "fraud",               "fraud or corruption")                                            \
    X(2,  "aid-diversion",       "aid diverted from those it is meant for")                        \
    X(3,  "sanctions",           "sanctions breached, or terrorism financed")                      \
    X(4,  "conflict-of-interest","conflict of interest")                                           \
    X(5,  "procurement",         "procurement rules broken")                                       \
    X(6,  "financial-control",   "financial control too weak")                                     \
    X(7,  "safeguarding-policy", "no safeguarding policy, or one with gaps")                       \
    X(8,  "misconduct-handling", "reports of sexual misconduct not handled as they should be")     \
    X(9,  "complaint-channel",   "no safe way to complain")                                        \
    X(10, "screening",           "staff hired without being checked")                              \
    X(11, "child-safeguarding",  "children not protected well enough")                             \
    X(12, "retaliation",         "people who reported were made to suffer for it")                 \
    X(13, "capacity",            "capacity against sexual exploitation and abuse too low")         \
    X(14, "data-protection",     "personal data of people in need not protected")

#define ALERT_BASIS_TABLE(X)                                                                       \
    X(1, "audit",               "audit")                                                           \
    X(2, "investigation",       "investigation concluded")                                         \
    X(3, "court-decision",      "decision of a court")                                             \
    X(4, "authority-decision",  "decision of an authority")                                        \
    X(5, "monitoring-visit",    "monitoring visit")                                                \
    X(6, "capacity-assessment", "capacity assessment")                                             \
    X(7, "own-admission",       "admitted by the partner")

#define ALERT_REPLY_TABLE(X)                                                                       \
    X(0, "not-asked", "the partner was not asked")                                                 \
    X(1, "asked",     "the partner was asked")                                                     \
    X(2, "agrees",    "the partner agrees")                                                        \
    X(3, "in-part",   "the partner agrees in part")                                                \
    X(4, "disputes",  "the partner disputes it")                                                   \
    X(5, "no-answer", "the partner did not answer in time")

#define ALERT_ACTION_TABLE(X)                                                                      \
    X(1,  "policy",            "adopt or mend a policy")                                           \
    X(2,  "training",          "train staff")                                                      \
    X(3,  "screening",         "check staff before hiring")                                        \
    X(4,  "complaint-channel", "open a safe way to complain")                                      \
    X(5,  "investigate",       "have it investigated")                                             \
    X(6,  "discipline",        "take measures against those responsible")                          \
    X(7,  "support",           "arrange support for those who were harmed")                        \
    X(8,  "repay",             "pay back")                                                         \
    X(9,  "audit",             "have an audit done")                                               \
    X(10, "financial-control", "strengthen financial control")                                     \
    X(11, "governance",        "change who governs or supervises")                                 \
    X(12, "report",            "report on progress")

#define ALERT_STATE_TABLE(X)                                                                       \
    X(1, "open",     "open")                                                                       \
    X(2, "under-way", "under way")                                                                 \
    X(3, "done",     "done")                                                                       \
    X(4, "verified", "done, and verified")                                                         \
    X(5, "dropped",  "dropped")
/* clang-format on */

enum alert_table { ALERT_KIND, ALERT_BASIS, ALERT_REPLY, ALERT_ACTION, ALERT_STATE, ALERT_TABLES };

enum { REPLY_NOT_ASKED = 0, REPLY_DISPUTES = 4, ACTION_OPEN = 1, ACTION_DONE = 3 };

struct alert_action {
    uint8_t code;     /* ALERT_ACTION */
    uint8_t state;    /* ALERT_STATE */
    uint32_t due_day; /* not 0 */
};

/* version u8 | kind u8 | basis u8 | reply u8 | reply_day u32 | length u8, partner | count u8 |
 * (code u8, state u8, due_day u32) each. */
struct alert {
    uint8_t kind;
    uint8_t basis;
    uint8_t reply;
    uint32_t reply_day; /* on which the partner was asked or replied; 0 if and only if not asked */
    char partner[ORG_ID_BYTES_MAX + 1]; /* org-id, of the list form */
    size_t action_count;                /* may be 0 */
    struct alert_action action[ALERT_ACTIONS_MAX];
};

/* Writes to out, of ALERT_BYTES_MAX, and returns the length. */
size_t alert_encode(const struct alert *a, uint8_t *out);

/* Reads a payload with its padding. ERR_VERSION and ERR_TRUNCATED as payload.h; ERR_RANGE for a
 * code that its table does not hold, a due day of 0, or more than ALERT_ACTIONS_MAX action points;
 * ERR_FORMAT for a partner that is no org-id of the list form, a reply_day that does not go with
 * the reply, or padding that is not zero. On error *a is unchanged. */
MUST_CHECK enum err alert_decode(struct bytes payload, struct alert *a);

/* The short name and the text of a code; NULL if the table does not hold it. Valid for ever. */
const char *alert_code_name(enum alert_table table, uint8_t code);
const char *alert_code_text(enum alert_table table, uint8_t code);

/* The code of a name into *code; false if the table does not hold it. */
bool alert_code_find(enum alert_table table, const char *name, uint8_t *code);

/* The names of a table one by one, i from 0; NULL past the last. */
const char *alert_code_at(enum alert_table table, size_t i);

#endif
