/*
 * stat_world.h - a small federation that counts: a schema of two dimensions and their table,
 * organisations with counts, keyholders with shares, and a whole tally of a period.
 */
#ifndef TESTS_UNIT_PROTOCOL_STAT_WORLD_H
#define TESTS_UNIT_PROTOCOL_STAT_WORLD_H

#include "protocol/stat_result.h"
#include "tests/unit/protocol/stat_rows.h"

#include <stdio.h>

enum { WORLD_STEWARDS = 3, WORLD_QUORUM = 2, WORLD_FILE_BYTES_MAX = 4 * 1024 * 1024 };

struct stat_world {
    struct stat_dealt dealt;
    struct stat_schema schema; /* as decoded from document */
    uint8_t document[STAT_SCHEMA_BYTES_MAX];
    size_t document_len;
    char word[64][4]; /* identifiers of codes */
    struct roster_stewards stewards;
    uint8_t steward_secret[WORLD_STEWARDS][64];
    struct roster_signature signature[WORLD_STEWARDS];
    struct stat_sums sums;
    struct stat_set set;
    uint8_t set_hash[HASH_BYTES], sums_hash[HASH_BYTES];
    struct stat_lists lists;
    struct stat_points points;
    struct stat_suppress suppress;
    bool below[STAT_CELLS_MAX];
    enum stat_state state[STAT_CELLS_MAX];
    uint8_t contribution[STAT_CONTRIBUTION_HEAD_BYTES +
                         STAT_CELLS_MAX * (STAT_CELL_FIXED_BYTES + 8 * STAT_CELL_BIT_BYTES)];
    uint8_t part[STAT_POINTS_MAX * 200];
    uint8_t file[WORLD_FILE_BYTES_MAX];
    size_t file_len;
    struct stat_log log;
};

static inline struct stat_label world_label(struct stat_world *w, size_t i)
{
    snprintf(w->word[i], sizeof w->word[i], "c%zu", i % 100);
    const struct bytes id = bytes_of(w->word[i], strlen(w->word[i]));
    return (struct stat_label){id, id, id};
}

static inline void world_dimension(struct stat_world *w, struct stat_schema *s, uint8_t codes,
                                   size_t first)
{
    struct stat_dimension *d = &s->dimension[s->dimension_count++];
    d->subject = 1;
    d->is_exhaustive = true;
    d->label = world_label(w, first);
    d->code_count = codes;
    for (size_t i = 0; i < codes; i++)
        d->code[i] = world_label(w, first + 1 + i);
}

static inline void world_cell(struct stat_schema *s, uint8_t d0, uint8_t c0, uint8_t d1, uint8_t c1,
                              uint8_t width)
{
    s->cell[s->cell_count++] = (struct stat_cell_spec){
        1, {d0, d1},
         {c0, c1},
         width
    };
}

/* A schema of a total, a dimensions' codes, b's, and the table of both: 1 + a + b + a * b cells. */
static inline void world_schema(struct stat_world *w, uint8_t a, uint8_t b, uint8_t width,
                                struct stat_schema *s)
{
    memset(s, 0, sizeof *s);
    memset(s->genesis, 1, sizeof s->genesis);
    s->period = 202648;
    s->first_day = 20783;
    s->last_day = 20789;
    s->deadline_utc = 1796300000;
    s->minimum_cell = 5;
    s->minimum_period = 8;
    s->epoch = STAT_EPOCH;
    memcpy(s->key, w->dealt.key, POINT_BYTES);
    s->threshold = STAT_T;
    s->holder_count = STAT_N;
    for (size_t i = 0; i < STAT_N; i++) {
        s->holder[i].index = w->dealt.share[i].index;
        memcpy(s->holder[i].feed_key, w->dealt.feed_key[i], KEY_BYTES);
    }
    s->subject_count = 1;
    s->subject[0] = world_label(w, 0);
    world_dimension(w, s, a, 1);
    world_dimension(w, s, b, 33);
    world_cell(s, 0, 0, 0, 0, width);
    for (uint8_t i = 1; i <= a; i++)
        world_cell(s, 1, i, 0, 0, width);
    for (uint8_t i = 1; i <= a; i++)
        for (uint8_t j = 1; j <= b; j++)
            world_cell(s, 1, i, 2, j, width);
    for (uint8_t j = 1; j <= b; j++)
        world_cell(s, 2, j, 0, 0, width);
}

/* Signs a schema and takes it into use. */
static inline void world_adopt(struct stat_world *w, const struct stat_schema *s)
{
    w->document_len = stat_schema_encode(s, w->document, sizeof w->document);
    enum err e = stat_schema_decode(bytes_of(w->document, w->document_len), &w->schema);
    assert(w->document_len > 0 && e == OK);
    (void)e;
    for (size_t i = 0; i < WORLD_STEWARDS; i++)
        stat_schema_sign(w->schema.hash, w->steward_secret[i], &w->signature[i]);
}

static inline void world_begin(struct stat_world *w)
{
    memset(&w->sums, 0, sizeof w->sums);
    stat_set_init(&w->set);
}

static inline void world_init(struct stat_world *w, uint8_t a, uint8_t b, uint8_t width)
{
    struct stat_schema s;
    stat_deal(&w->dealt);
    w->stewards.count = WORLD_STEWARDS;
    w->stewards.quorum = WORLD_QUORUM;
    for (size_t i = 0; i < WORLD_STEWARDS; i++) {
        uint8_t seed[32];
        memset(seed, 0x70 + (int)i, sizeof seed);
        crypto_sign_seed_keypair(w->stewards.key[i], w->steward_secret[i], seed);
    }
    world_schema(w, a, b, width, &s);
    world_adopt(w, &s);
    world_begin(w);
}

static inline void world_author(uint16_t org, uint8_t out[AUTHOR_BYTES])
{
    memset(out, 0, AUTHOR_BYTES);
    out[0] = (uint8_t)(org >> 8);
    out[1] = (uint8_t)org;
}

static inline void world_fresh(uint32_t label, uint8_t out[32])
{
    crypto_generichash(out, 32, (const uint8_t *)&label, sizeof label, NULL, 0);
}

/* Makes an organisation's contribution; gives its length. */
static inline size_t world_prove(struct stat_world *w, uint16_t org, const uint32_t *values)
{
    uint8_t author[AUTHOR_BYTES], fresh[32];
    uint16_t bad;
    world_author(org, author);
    world_fresh(org + w->schema.period * 4096u, fresh);
    enum err e = stat_contribution_prove(&w->schema, author, values, fresh, w->contribution,
                                         sizeof w->contribution, &bad);
    assert(e == OK);
    (void)e;
    return stat_contribution_bytes(&w->schema);
}

/* A keyholder takes what is in w->contribution as that of org. */
static inline enum err world_accept(struct stat_world *w, uint16_t org, size_t len)
{
    static struct stat_intake in;
    uint8_t author[AUTHOR_BYTES], hash[HASH_BYTES];
    world_author(org, author);
    stat_intake_init(&in, &w->schema, author, &w->sums);
    enum err e = stat_intake_take(&in, bytes_of(w->contribution, len));
    if (e == OK)
        e = stat_intake_finish(&in, NULL, &w->sums, hash);
    if (e == OK)
        e = stat_set_add(&w->set, author, hash);
    return e;
}

/* Sums per cell of an organisation's case table: count[i][j] of code i of the first dimension and
 * j of the second. */
static inline void world_values(const struct stat_schema *s, const uint32_t *count,
                                uint32_t *values)
{
    const size_t a = s->dimension[0].code_count, b = s->dimension[1].code_count;
    for (size_t c = 0; c < s->cell_count; c++) {
        const struct stat_cell_spec *spec = &s->cell[c];
        values[c] = 0;
        for (size_t i = 1; i <= a; i++)
            for (size_t j = 1; j <= b; j++) {
                const bool in = (spec->dimension[0] == 0) ||
                                (spec->dimension[0] == 1 && spec->code[0] == i &&
                                 (spec->dimension[1] == 0 || spec->code[1] == j)) ||
                                (spec->dimension[0] == 2 && spec->code[0] == j);
                values[c] += in ? count[(i - 1) * b + j - 1] : 0;
            }
    }
}

/* The transcript up to the signatures of the sums. */
static inline void world_file_sums(struct stat_world *w, struct pack *p)
{
    const struct stat_head head = {bytes_of(w->document, w->document_len),
                                   w->signature,
                                   WORLD_QUORUM,
                                   &w->stewards,
                                   STAT_REFRESH,
                                   w->dealt.commitment[0],
                                   STAT_N};
    *p = pack_of(w->file, sizeof w->file);
    stat_set_hash(&w->set, w->set_hash);
    stat_sums_hash(&w->schema, w->set_hash, STAT_REFRESH, &w->sums, w->sums_hash);
    stat_result_put_head(p, &head);
    stat_result_put_sums(p, &w->schema, &w->sums, w->set_hash);
    stat_result_put_count(p, STAT_T);
    for (uint8_t i = 0; i < STAT_T; i++) {
        uint8_t signature[SIGNATURE_BYTES];
        stat_sums_sign(&w->schema, w->sums_hash, w->dealt.feed_secret[i], signature);
        stat_result_put_part(p, i, signature, bytes_of(NULL, 0));
    }
}

static inline void world_file_mixes(struct stat_world *w, struct pack *p, uint32_t label)
{
    enum err e = stat_tally_begin(&w->schema, &w->sums, &w->lists);
    for (uint8_t turn = 0; e == OK && turn < STAT_T; turn++) {
        uint8_t fresh[32], signature[SIGNATURE_BYTES];
        const struct bytes mix = bytes_of(w->part, stat_tally_mix_bytes(&w->schema));
        const uint8_t holder = (uint8_t)(STAT_N - 1 - turn);
        assert(mix.len <= sizeof w->part);
        world_fresh(label + turn, fresh);
        e = stat_tally_mix(&w->schema, w->sums_hash, turn, &w->lists, fresh, w->part);
        stat_tally_mix_sign(w->sums_hash, turn, mix, w->dealt.feed_secret[holder], signature);
        stat_result_put_part(p, holder, signature, mix);
        if (e == OK)
            e = stat_tally_mix_verify(&w->schema, w->sums_hash, turn, mix, &w->lists);
    }
    assert(e == OK);
    (void)e;
}

/* Holders first and the next one, ascending, answer to w->points. */
static inline void world_file_answers(struct stat_world *w, struct pack *p, uint8_t first,
                                      uint32_t label)
{
    uint32_t indexes[STAT_T];
    enum err e = OK;
    for (uint8_t i = 0; i < STAT_T; i++)
        indexes[i] = w->dealt.share[first + i].index;
    for (uint8_t i = 0; e == OK && i < STAT_T; i++) {
        uint8_t fresh[32];
        const struct bytes answer = bytes_of(w->part, stat_answer_bytes(w->points.count));
        assert(answer.len <= sizeof w->part);
        world_fresh(label + i, fresh);
        e = stat_answer(&w->dealt.share[first + i], w->dealt.commitment[first + i], &w->points,
                        fresh, w->part);
        stat_result_put_part(p, (uint8_t)(first + i), NULL, answer);
        if (e == OK)
            e = stat_answer_take(&w->points, indexes, STAT_T, i, w->dealt.commitment[first + i],
                                 answer);
    }
    assert(e == OK);
    (void)e;
}

/* The figures, found by search. */
static inline void world_file_values(struct stat_world *w, struct pack *p)
{
    size_t at = 0;
    for (size_t i = 0; i < w->schema.cell_count; i++) {
        uint8_t point[POINT_BYTES];
        uint32_t v = 0;
        if (w->state[i] != STAT_SHOWN)
            continue;
        stat_points_open(&w->points, at++, point);
        enum err e = stat_log_find(&w->log, point, STAT_LOG_MAX, &v);
        assert(e == OK);
        (void)e;
        stat_result_put_value(p, v);
    }
}

/* The whole tally over what was accepted; first (0 or 1) is the first keyholder that decrypts. */
static inline void world_tally(struct stat_world *w, uint8_t first)
{
    struct pack p;
    world_file_sums(w, &p);
    if (w->sums.contributors >= w->schema.minimum_period) {
        world_file_mixes(w, &p, 100);
        stat_points_of_lists(&w->schema, &w->lists, &w->points);
        world_file_answers(w, &p, first, 200);
        stat_tally_below(&w->schema, &w->points, w->below);
        stat_suppress(&w->schema, w->below, &w->suppress, w->state);
        stat_points_of_sums(&w->schema, &w->sums, w->state, &w->points);
        if (w->points.count > 0)
            world_file_answers(w, &p, (uint8_t)(1 - first), 300);
        world_file_values(w, &p);
    }
    assert(!p.is_full);
    w->file_len = pack_len(&p);
}

/* As small as it gets: 4 cells of one bit, 2 organisations that suffice. The counts are 1 and 2, so
 * that all is shown. */
static inline void world_tiny(struct stat_world *w)
{
    struct stat_schema s;
    world_init(w, 1, 1, 1);
    s = w->schema;
    s.minimum_cell = 2;
    s.minimum_period = 2;
    world_adopt(w, &s);
}

#endif
