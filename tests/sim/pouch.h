/*
 * pouch.h - what a shelf keeps of envelopes: prekeys, what became of each, and the inbox; and the
 * shares of threshold keys, and what the node keeps secret of key ceremonies.
 */
#ifndef TESTS_SIM_POUCH_H
#define TESTS_SIM_POUCH_H

#include "federation/federation.h"

enum { POUCH_PREKEYS_MAX = 8, POUCH_MIND_BYTES_MAX = 8192 };

/* A message that was accepted. */
struct pouch_mail {
    uint8_t sender[32];
    uint64_t index;
    uint8_t id[ENVELOPE_ID_BYTES];
    uint8_t type, role;
    uint32_t expires_day;
    uint8_t *content;
    size_t len;
};

struct pouch {
    struct {
        bool is_used;
        uint32_t week;
        uint8_t secret[32];
    } prekeys[POUCH_PREKEYS_MAX];
    struct {
        uint8_t id[32];
        size_t len; /* 0: unused */
        uint8_t secret[POUCH_MIND_BYTES_MAX];
    } minds[CEREMONIES_MAX];
    struct parcel_record *parcels;
    size_t parcel_count;
    struct pouch_mail *mails;
    size_t mail_count;
    struct held_share shares[SHARES_MAX];
    size_t share_count;
};

void pouch_clear(struct pouch *p);
/* Gives a copy, made by assignment, storage of its own. */
void pouch_part(struct pouch *p);

/* Carries out PREKEY, PARCEL, POST_PAST, MESSAGE, SHARE and CEREMONY effects; false for any other.
 */
bool pouch_apply(struct pouch *p, const struct effect *e);
/* Entries of the author from index size on are gone. */
void pouch_cut_back(struct pouch *p, const uint8_t author[32], uint64_t size);
void pouch_restore(const struct pouch *p, struct federation *f);
void pouch_digest(const struct pouch *p, uint8_t out[32]);

/* Answers of an archive. */
bool pouch_parcel(const struct pouch *p, const uint8_t author[32], uint64_t index,
                  struct parcel_record *out);
bool pouch_message(const struct pouch *p, const uint8_t sender[32],
                   const uint8_t id[ENVELOPE_ID_BYTES]);

#endif
