/*
 * stat_schema.h - what is counted in a period, by whom it is opened, and below what it is hidden.
 *
 * A schema lists subjects that are counted (cases, requests ...), dimensions that tell them apart
 * (category, channel ...) with their codes, and cells: the total of a subject, one code of one
 * dimension (one-way), or one code of each of two (two-way). Every label is in it, in English and
 * Dutch, so that what a figure is called is signed with it. It names the statistics key and who
 * holds its shares, so that a result can be verified with the schema alone. A quorum of the
 * stewards signs it.
 *
 * Sums that must hold between cells (a total is the sum over the codes of a dimension that leaves
 * nothing out) follow from it: the suppression of small cells works on them.
 *
 * Pure: no I/O, no clock, no allocation, no globals, no randomness.
 */
#ifndef PROTOCOL_STAT_SCHEMA_H
#define PROTOCOL_STAT_SCHEMA_H

#include "protocol/feed.h"
#include "protocol/group.h"
#include "protocol/roster_chain.h"
#include "protocol/stat_cell.h"

enum {
    STAT_CELLS_MAX = 300,
    STAT_SUBJECTS_MAX = 8,
    STAT_DIMENSIONS_MAX = 16,
    STAT_CODES_MAX = 32,
    STAT_ID_BYTES_MAX = 31,
    STAT_LABEL_BYTES_MAX = 95,
    STAT_MINIMUM_CELL_MAX = 10,
    STAT_SCHEMA_BYTES_MAX = 64 * 1024,
    STAT_RELATIONS_MAX = 128,
};

/* Borrowed from the document. */
struct stat_label {
    struct bytes id; /* a-z, 0-9 and hyphens; distinct among its like */
    struct bytes en, nl;
};

struct stat_dimension {
    uint8_t subject;    /* from 1 */
    bool is_exhaustive; /* each of the subject has exactly one of its codes */
    struct stat_label label;
    uint8_t code_count;
    struct stat_label code[STAT_CODES_MAX];
};

/* Subjects, dimensions and codes are numbered from 1. dimension[0] 0: the total of the subject;
 * dimension[1] 0: one-way; else two-way, and dimension[0] < dimension[1]. */
struct stat_cell_spec {
    uint8_t subject;
    uint8_t dimension[2];
    uint8_t code[2];
    uint8_t width; /* bits; a count is at most 2^width */
};

struct stat_holder {
    uint32_t index; /* of its share; ascending */
    uint8_t feed_key[KEY_BYTES];
};

struct stat_schema {
    uint8_t hash[HASH_BYTES];    /* of the document */
    uint8_t genesis[HASH_BYTES]; /* of the federation */
    uint32_t period;             /* number; not 0 */
    uint32_t first_day, last_day;
    uint64_t deadline_utc;
    uint8_t minimum_cell;    /* contributors below which a cell is hidden; 2 to 10 */
    uint16_t minimum_period; /* contributors below which nothing is opened; at least that */
    uint16_t rounding;       /* figures are shown rounded to a multiple of it; 0 and 1: not */
    uint32_t epoch;          /* of the statistics key */
    uint8_t key[POINT_BYTES];
    uint8_t threshold;
    uint8_t holder_count;
    struct stat_holder holder[KEYHOLDERS_MAX];
    uint8_t subject_count, dimension_count;
    struct stat_label subject[STAT_SUBJECTS_MAX];
    struct stat_dimension dimension[STAT_DIMENSIONS_MAX];
    uint16_t cell_count;
    struct stat_cell_spec cell[STAT_CELLS_MAX]; /* ascending by subject, dimensions, codes */
};

/* total = sum of the parts; numbers of cells. */
struct stat_relation {
    uint16_t total;
    uint16_t count;
    uint16_t part[STAT_CODES_MAX];
};

/* Writes the document; its hash is not written. Returns its length; 0 if it does not fit. */
size_t stat_schema_encode(const struct stat_schema *s, uint8_t *out, size_t cap);

/* Reads a document, which out borrows, and checks all of it. On error *out is unchanged and nothing
 * is contributed or tallied under it:
 *   ERR_VERSION    another version of the layout
 *   ERR_TRUNCATED  ends early
 *   ERR_FORMAT     bytes left over; an identifier, a label or a flag that is not of its form
 *   ERR_LIMIT      larger or with more than the limits above
 *   ERR_RANGE      a number outside its rule
 *   ERR_DUPLICATE  identifiers or holders that are alike, or cells that do not ascend
 *   ERR_POINT      an unusable key */
MUST_CHECK enum err stat_schema_decode(struct bytes document, struct stat_schema *out);

/* BLAKE2b-256("seinpost/v1/stat-schema" || document). */
void stat_schema_hash(struct bytes document, uint8_t out[HASH_BYTES]);

/* A steward's signature over "seinpost/v1/stat-schema" || hash, with an Ed25519 secret key of 64
 * bytes, libsodium's form. */
void stat_schema_sign(const uint8_t hash[HASH_BYTES], const uint8_t secret_key[64],
                      struct roster_signature *out);

/* Whether a quorum of the stewards has signed; signatures of others are not looked at. Returns
 * ERR_SIGNATURE for a wrong one in a steward's name, ERR_QUORUM if too few have signed: the schema
 * is not used. */
MUST_CHECK enum err stat_schema_check_signed(const uint8_t hash[HASH_BYTES],
                                             const struct roster_signature *signatures,
                                             size_t count, const struct roster_stewards *stewards);

/* The sums that must hold: for each exhaustive dimension of which every code has a cell, in the
 * total of its subject and, two-way, in each code of another dimension. In the order of the totals'
 * cells, then of dimensions. Returns ERR_LIMIT if there are more than STAT_RELATIONS_MAX; *count is
 * then unchanged and the schema is not used. stat_schema_decode has asked this already. */
MUST_CHECK enum err stat_schema_relations(const struct stat_schema *s, struct stat_relation *out,
                                          size_t *count);

/* What binds the proof of a cell of an organisation; borrows both. */
struct stat_place stat_schema_place(const struct stat_schema *s, uint16_t cell,
                                    const uint8_t author[AUTHOR_BYTES]);

/* A figure as it is shown: the nearest multiple of the schema's rounding, halves up. */
uint32_t stat_schema_round(const struct stat_schema *s, uint32_t value);

#endif
