/*
 * explain_parts.h - what explain.c and explain_pair.c share.
 */
#ifndef NODE_EXPLAIN_PARTS_H
#define NODE_EXPLAIN_PARTS_H

#include <jansson.h>

#include "protocol/matchkey.h"
#include "protocol/skeleton.h"
#include "protocol/translit.h"

/* Keys and problems of one person: in secret memory. */
struct explained {
    struct match_keys published, asked;
    struct field_problems published_problems, asked_problems;
};

/* A name in the letters a to z, and what is compared of it: in secret memory. */
struct spelling {
    uint8_t text[TRANSLIT_BYTES_MAX + 1];
    uint8_t joined[TRANSLIT_BYTES_MAX]; /* the words that count */
    size_t text_len, joined_len;        /* 0 where there is no name */
    struct skeleton sound, letters;
};

/* A field of a row, trimmed; borrowed from it. */
struct bytes explain_field(const json_t *row, enum person_field field);

/* Both sets of keys of a row. */
void explain_derive(const json_t *row, struct explained *out);

/* A name; all empty where it has none or it is refused. */
void explain_spell(struct bytes name, struct spelling *out);

#endif
