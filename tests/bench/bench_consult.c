/*
 * bench_consult.c - how long one consult takes, over the local socket, until the node has answered.
 *
 * One person with four kinds of keys; 3 of 5 keyholders, each a node of its own; 100 member
 * organisations whose feeds of 1,000 signals the consulting node holds, heard today. Their nodes do
 * not run: the feeds were written beforehand, with their keys. One consult in four is about
 * somebody whom one of them has registered. Every answer is checked.
 *
 * The limit is what RFC 9497 asks for: the client's operations of libsodium (primitive.h) for 4
 * blinded points and 12 of padding, 3 proofs of 16 points and 4 combinations (a client that knows
 * its padding needs a third less for the proofs); the tags of 4 kinds,
 * 101 authors and 4 counters with their look-ups; a keyholder's answer of 16; one commit. Measured
 * in this process between the consults, the median of each, and added up.
 */
#include "node/store_read.h"
#include "node/store_account.h"
#include "node/store_write.h"
#include "tests/bench/figure.h"
#include "tests/bench/fleet.h"
#include "tests/bench/person.h"
#include "tests/bench/primitive.h"
#include "tests/bench/rows.h"

#include "protocol/evaluation.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    KEYHOLDERS = 5,
    THRESHOLD = 3,
    CLIENT = KEYHOLDERS,
    FIRST_AUTHOR,
    AUTHORS = 100,
    SIGNALS = 1000,
    CONSULTS = 240,
    WARM_UP = 10,
    HIT_EVERY = 4, /* one consult in so many finds somebody */
    HITS = (CONSULTS + WARM_UP) / HIT_EVERY,
    STEPS = 5,              /* parts of the limit */
    SCRATCH = FIRST_AUTHOR, /* its folder holds the store in which the limit is measured */
};

struct bench {
    struct fleet fleet;
    uint8_t tags[HITS][FLEET_TAGS][TAG_BYTES]; /* of the people who are registered */
    struct store *scratch;
    double part[STEPS][CONSULTS]; /* ms */
};

static bool is_registered(unsigned person)
{
    return person % HIT_EVERY == 0 && person / HIT_EVERY < HITS;
}

/* Who registered a person. */
static size_t author_of_hit(size_t hit)
{
    return FIRST_AUTHOR + hit % AUTHORS;
}

/* N = key * HashToGroup(subject), which in the federation nobody can compute alone. */
static void evaluate(const struct fleet *f, const struct match_key *key, uint8_t n[POINT_BYTES])
{
    uint8_t input[EVALUATION_SUBJECT_BYTES_MAX], element[POINT_BYTES];
    size_t len;
    evaluation_subject(key->kind, bytes_of(key->bytes, key->len), input, &len);
    voprf_hash_to_group(VOPRF_VOPRF, bytes_of(input, len), element);
    figure_need(point_mul(f->secret, element, n) == OK, "an evaluation");
}

static void make_tags(struct bench *b)
{
    for (size_t hit = 0; hit < HITS; hit++) {
        struct match_keys keys;
        person_keys((unsigned)hit * HIT_EVERY, &keys);
        for (size_t t = 0; t < keys.count; t++) {
            uint8_t n[POINT_BYTES];
            evaluate(&b->fleet, &keys.key[t], n);
            tag_derive(n, 1, b->fleet.member[author_of_hit(hit)].author, keys.key[t].kind, 0,
                       b->tags[hit][t]);
        }
    }
}

/* Signal i of an author is about the i-th of the people whom it registered, if there is one. */
static void give_tag(void *ctx, size_t member, size_t index, size_t tag, uint8_t out[TAG_BYTES])
{
    const struct bench *b = ctx;
    size_t hit = member - FIRST_AUTHOR + index * AUTHORS;
    if (hit < HITS)
        memcpy(out, b->tags[hit][tag], TAG_BYTES);
}

static void prepare(struct bench *b)
{
    struct fleet *f = &b->fleet;
    make_tags(b);
    for (size_t i = 0; i <= SCRATCH; i++)
        fleet_folder(f, i, CLIENT);
    struct store *s = fleet_store(f, CLIENT);
    for (size_t i = 0; i < AUTHORS; i++)
        fleet_write(f, FIRST_AUTHOR + i, SIGNALS, give_tag, b, s, false);
    store_close(&s);
    for (size_t i = 0; i <= SCRATCH; i++)
        if (i != CLIENT) /* all hold the same feeds, so that nobody has to catch up meanwhile */
            fleet_copy(f, CLIENT, "node.db", i, "node.db");
    for (size_t i = 0; i <= CLIENT; i++)
        fleet_start(f, i);
    for (size_t i = 0; i <= CLIENT; i++)
        fleet_await(f, i);
    b->scratch = fleet_store(f, SCRATCH);
}

/* ---- The limit ---- */

static void blind(struct bench *b, size_t round)
{
    (void)b, (void)round;
    primitive_blind(PERSON_KEYS, CONSULT_POINTS - PERSON_KEYS);
}

static void check(struct bench *b, size_t round)
{
    (void)b, (void)round;
    for (int i = 0; i < THRESHOLD; i++)
        primitive_verify(CONSULT_POINTS);
    primitive_combine(PERSON_KEYS, THRESHOLD);
}

static void look_up(struct bench *b, size_t round)
{
    (void)round;
    uint8_t n[POINT_BYTES];
    randombytes_buf(n, sizeof n);
    uint32_t today = (uint32_t)(time(NULL) / 86400);
    for (uint8_t kind = 1; kind <= PERSON_KEYS; kind++) {
        for (size_t i = CLIENT; i < FIRST_AUTHOR + AUTHORS; i++) {
            for (uint8_t counter = 0; counter < COUNTERS; counter++) {
                uint8_t tag[TAG_BYTES];
                struct tag_hit hit;
                tag_derive(n, 1, b->fleet.member[i].author, kind, counter, tag);
                store_find_tag_of(b->scratch, b->fleet.member[i].author, tag, today, &hit, 1);
            }
        }
    }
}

static void answer(struct bench *b, size_t round)
{
    (void)b, (void)round;
    primitive_answer(CONSULT_POINTS);
}

static void commit(struct bench *b, size_t round)
{
    uint8_t request[REQUEST_ID_BYTES] = {(uint8_t)round, (uint8_t)(round >> 8)}, sealed[231];
    randombytes_buf(sealed, sizeof sealed);
    enum err e = store_purpose_put(b->scratch, request, 1, bytes_of(sealed, sizeof sealed));
    figure_need(e == OK && store_commit(b->scratch) == OK, "%s", store_error_text(b->scratch));
}

static void measure_limit(struct bench *b, size_t round)
{
    static void (*const steps[STEPS])(struct bench *, size_t) = {blind, check, look_up, answer,
                                                                 commit};
    for (size_t i = 0; i < STEPS; i++) {
        double start = rows_clock();
        steps[i](b, round);
        b->part[i][round] = 1000 * (rows_clock() - start);
    }
}

static double limit_ms(struct bench *b)
{
    static const char *const names[STEPS] = {"blind", "verify and combine", "tags and look-ups",
                                             "a keyholder's answer", "commit"};
    double sum = 0;
    fprintf(stderr, "consult: the limit is");
    for (size_t i = 0; i < STEPS; i++) {
        double part = figure_quantile(b->part[i], CONSULTS, 0.5);
        fprintf(stderr, "%s %s %.2f", i > 0 ? " +" : "", names[i], part);
        sum += part;
    }
    fprintf(stderr, " ms\n");
    return sum;
}

/* ---- The consults ---- */

/* Milliseconds until the node has answered, and closed. */
static double consult(const struct fleet *f, unsigned person)
{
    json_t *request = json_pack("{s:s,s:s,s:[o]}", "do", "consult", "purpose", "recruitment",
                                "rows", person_row(person));
    double start = rows_clock();
    json_t *lines = fleet_ask(f, CLIENT, request);
    double spent = 1000 * (rows_clock() - start);
    const json_t *row = json_object_get(json_array_get(lines, 0), "row");
    const char *got = json_string_value(json_object_get(row, "answer"));
    const char *want = is_registered(person) ? "confirmed" : "no match";
    figure_need(got != NULL && strcmp(got, want) == 0, "person %u: %s, not %s", person,
                got != NULL ? got : "no answer", want);
    json_decref(lines);
    return spent;
}

int main(void)
{
    static struct bench b;
    double ms[CONSULTS];
    fleet_init(&b.fleet, FIRST_AUTHOR + AUTHORS, KEYHOLDERS, THRESHOLD, ROLE_KEYHOLDER);
    prepare(&b);
    for (unsigned i = 0; i < WARM_UP; i++)
        consult(&b.fleet, CONSULTS + i);
    for (unsigned i = 0; i < CONSULTS; i++) {
        ms[i] = consult(&b.fleet, i);
        measure_limit(&b, i);
    }
    double limit = limit_ms(&b);
    figure_say("consult.p50", figure_quantile(ms, CONSULTS, 0.5), "ms", limit, FIGURE_TIME);
    figure_say("consult.p99", figure_quantile(ms, CONSULTS, 0.99), "ms", limit, FIGURE_TIME);
    store_close(&b.scratch);
    fleet_clear(&b.fleet);
    return 0;
}
