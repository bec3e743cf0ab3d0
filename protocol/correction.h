/*
 * correction.h - amending, retracting and erasing what an author said: three different things.
 *
 * Amend corrects and keeps in force: the entry holds a whole new version, with an expiry date of
 * its own, and its author erases the version that it replaces. Retract says to everyone that it
 * should not have been: the target stays readable as retracted until it expires, and matches
 * nobody. Erase removes the content everywhere. All three name entries of their own author.
 *
 * What the corrections of an entry amount to does not depend on the order in which they arrive:
 * struct correction is what is remembered of the entry that they name, each field a minimum, and
 * correction_judge is a function of these alone. So a replica that gets everything at once, or some
 * bodies late, ends as one that was there from the beginning.
 *
 * Nothing may bring back what was taken back, so what does the taking back must stay: erase and
 * retract never expire and cannot be erased. An amendment does expire: hence the erase beside it,
 * by which those who come later know why the version before it is not there.
 *
 * Pure.
 */
#ifndef PROTOCOL_CORRECTION_H
#define PROTOCOL_CORRECTION_H

#include "protocol/alert.h"
#include "protocol/feed.h"
#include "protocol/tag.h"

enum {
    AMEND_FIXED_BYTES = 1 + 1 + 8,
    AMEND_BYTES_MAX = AMEND_FIXED_BYTES + 2 + SIGNAL_TAGS_MAX * TAG_BYTES,
    RETRACT_BYTES = 2,
};
_Static_assert(2 + SIGNAL_TAGS_MAX * TAG_BYTES >= ALERT_BYTES_MAX, "room for either payload");

/* Why something is retracted: code, stable short name, plain English. */
/* clang-format off */
#define RETRACT_TABLE(X)                                                                           \
    X(1, "mistaken-identity", "it is about somebody else")                                         \
    X(2, "overturned",        "the finding was overturned")                                        \
    X(3, "entered-in-error",  "it was entered in error")                                           \
    X(4, "not-proportionate", "it should not have been registered, or not for so long")            \
    X(5, "no-legal-basis",    "there was no legal basis for it")                                   \
    X(6, "settled",           "what it was about has been put right")
/* clang-format on */

/* version u8 | type u8 | previous u64 | payload of that type, with its own version byte. The body's
 * ref names the original, which is never an amendment itself; previous the version that this one
 * replaces: the original, or an earlier amendment of it. */
struct amend {
    uint8_t type;         /* ENTRY_SIGNAL or ENTRY_ALERT */
    uint64_t previous;    /* index */
    struct bytes payload; /* with its padding; borrowed */
};

/* Writes to out, of AMEND_BYTES_MAX, and returns the length. */
size_t amend_encode(const struct amend *a, uint8_t *out);

/* Reads the fixed fields. ERR_VERSION and ERR_TRUNCATED as payload.h, ERR_RANGE for a type that
 * cannot be amended. On error *a is unchanged. What is inside is for its own decoder to judge. */
MUST_CHECK enum err amend_decode(struct bytes payload, struct amend *a);

/* version u8 | reason u8. Decoding: ERR_RANGE for a reason that the table does not hold, the rest
 * as payload.h; on error *reason is unchanged. */
size_t retract_encode(uint8_t reason, uint8_t out[RETRACT_BYTES]);
MUST_CHECK enum err retract_decode(struct bytes payload, uint8_t *reason);

/* The short name and the text of a reason, NULL if there is none such; the reason of a name, false
 * if there is none such; the names one by one, i from 0, NULL past the last. */
const char *retract_reason_name(uint8_t reason);
const char *retract_reason_text(uint8_t reason);
bool retract_reason_find(const char *name, uint8_t *reason);
const char *retract_reason_at(size_t i);

/* What is remembered of one entry: which later entries, held and accepted, take it back. Zeros:
 * none does. */
struct correction {
    uint64_t retracted_plus_one; /* index of the first retract that names it, plus one */
    uint64_t erased_plus_one;    /* of the first erase */
};

/* Adds what an accepted entry of type what (ENTRY_RETRACT or ENTRY_ERASE) at index by says about
 * the entry that c belongs to. */
void correction_add(struct correction *c, enum entry_type what, uint64_t by);

/* The entries whose corrections bear on the entry at index: of an amendment its original and the
 * version that it replaces, of any other itself twice. */
struct lineage {
    uint64_t original, previous;
};
struct lineage correction_lineage(uint64_t index, const struct body *b);

enum force {
    FORCE_YES,
    FORCE_RETRACTED, /* it, its original or the version before it was retracted */
    FORCE_VOID,      /* it amends what had been erased before */
};

/* Whether a held entry is in force, from the corrections of itself, its original and the version
 * before it (for what is no amendment, three times the same). Retraction wins over everything; a
 * body that is erased or expired is not there to be asked about. */
enum force correction_judge(uint64_t index, const struct correction *own,
                            const struct correction *original, const struct correction *previous);

/* The short stable name: "in-force", "retracted", "void". */
const char *force_name(enum force f);

#endif
