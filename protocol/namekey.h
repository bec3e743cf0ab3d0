/*
 * namekey.h - the match keys of a name and a date of birth, which tolerate how they are written.
 *
 * Only matchkey.c uses this; matchkey.h says what each kind holds. Pure.
 */
#ifndef PROTOCOL_NAMEKEY_H
#define PROTOCOL_NAMEKEY_H

#include "protocol/matchkey.h"

/* Names that identifier_name takes, or empty; a date, which only name_keys_ask gets unchecked. */
struct name_born {
    struct bytes given, family, born;
};

/* Adds the keys that are published, the surest first, up to SIGNAL_TAGS_MAX in all. */
void name_keys_derive(const struct name_born *nb, struct match_keys *keys);

/* Adds the keys that are asked, the surest first, up to CONSULT_POINTS in all. */
void name_keys_ask(const struct name_born *nb, struct match_keys *keys);

/* Begins a key of a kind: kind and version are written. */
void match_key_begin(struct match_key *key, struct pack *p, enum match_kind kind);

/* Puts a key in its place, unless it is there already. False if there are max others. */
bool match_keys_insert(struct match_keys *keys, size_t max, const struct match_key *key);

#endif
