/*
 * bench_publish.c - publishing in a federation of three nodes that hold the key 2-of-3.
 *
 *   publish.p50, publish.p99   one person, over the local socket, until it is durable and answered
 *   publish.bulk               signals a second of 2,000 people in one request, likewise
 *
 * The limit of one publication is what cannot be left out: libsodium's operations (primitive.h) for
 * 4 blinded points and 12 of padding, the publisher's own evaluation of 16, another keyholder's
 * answer with its proof, the check of that, 4 combinations; one commit. That of the bulk is the
 * same for batches of 256 (64 people each), spread evenly over the processors that there are.
 */
#include "node/store_account.h"
#include "node/store_write.h"
#include "tests/bench/figure.h"
#include "tests/bench/fleet.h"
#include "tests/bench/person.h"
#include "tests/bench/primitive.h"
#include "tests/bench/rows.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    NODES = 3,
    THRESHOLD = 2,
    WARM_UP = 10,
    SINGLES = 200,
    BULK = 2000,
    PUBLISHER = 0,
    ROUNDS = 3,
    BATCHES = 5, /* of the bulk's limit, a round */
};

/* Seconds until the node has answered that all were published. */
static double publish(const struct fleet *f, unsigned first, unsigned count)
{
    json_t *rows = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(rows, person_row(first + i));
    json_t *request = json_pack("{s:s,s:b,s:o}", "do", "publish", "skip_bad", 0, "rows", rows);
    double start = rows_clock();
    json_t *lines = fleet_ask(f, PUBLISHER, request);
    double spent = rows_clock() - start;
    const json_t *end = json_object_get(json_array_get(lines, json_array_size(lines) - 1), "end");
    json_int_t published = json_integer_value(json_object_get(end, "published"));
    figure_need(published == count, "%lld of %u people were published: %s", (long long)published,
                count, json_string_value(json_object_get(end, "error")));
    json_decref(lines);
    return spent;
}

/* Seconds for one batch of so many elements, real ones and padding. */
static double batch_seconds(size_t real, size_t points)
{
    double start = rows_clock();
    primitive_blind(real, points - real);
    primitive_alone(points);
    primitive_answer(points);
    primitive_verify(points);
    primitive_combine(real, THRESHOLD);
    return rows_clock() - start;
}

static double commit_seconds(struct store *s, unsigned round)
{
    uint8_t request[REQUEST_ID_BYTES] = {(uint8_t)round, (uint8_t)(round >> 8)}, sealed[231];
    double start = rows_clock();
    randombytes_buf(sealed, sizeof sealed);
    enum err e = store_purpose_put(s, request, 1, bytes_of(sealed, sizeof sealed));
    figure_need(e == OK && store_commit(s) == OK, "%s", store_error_text(s));
    return rows_clock() - start;
}

/* One person after another, and the limit in between. */
static void say_singles(const struct fleet *f, struct store *scratch)
{
    double ms[SINGLES], crypto[SINGLES], commit[SINGLES];
    for (unsigned i = 0; i < WARM_UP; i++)
        publish(f, i, 1);
    for (unsigned i = 0; i < SINGLES; i++) {
        ms[i] = 1000 * publish(f, WARM_UP + i, 1);
        crypto[i] = 1000 * batch_seconds(PERSON_KEYS, CONSULT_POINTS);
        commit[i] = 1000 * commit_seconds(scratch, i);
    }
    double limit = figure_quantile(crypto, SINGLES, 0.5) + figure_quantile(commit, SINGLES, 0.5);
    figure_say("publish.p50", figure_quantile(ms, SINGLES, 0.5), "ms", limit, FIGURE_TIME);
    figure_say("publish.p99", figure_quantile(ms, SINGLES, 0.99), "ms", limit, FIGURE_TIME);
}

static void say_bulk(const struct fleet *f)
{
    double bulk[ROUNDS], batch[ROUNDS * BATCHES];
    unsigned first = WARM_UP + SINGLES;
    for (unsigned i = 0; i < ROUNDS; i++) {
        bulk[i] = BULK / publish(f, first + i * BULK, BULK);
        for (unsigned k = 0; k < BATCHES; k++)
            batch[i * BATCHES + k] = batch_seconds(EVALUATION_POINTS_MAX, EVALUATION_POINTS_MAX);
    }
    double people = EVALUATION_POINTS_MAX / PERSON_KEYS;
    double processors = (double)sysconf(_SC_NPROCESSORS_ONLN);
    double limit = people * processors / figure_quantile(batch, ROUNDS * BATCHES, 0.5);
    figure_say("publish.bulk", figure_quantile(bulk, ROUNDS, 0.5), "signals/s", limit, FIGURE_RATE);
}

int main(void)
{
    static struct fleet f;
    fleet_init(&f, NODES, NODES, THRESHOLD, ROLE_MEMBER | ROLE_KEYHOLDER);
    for (size_t i = 0; i < NODES; i++)
        fleet_folder(&f, i, PUBLISHER);
    for (size_t i = 0; i < NODES; i++)
        fleet_start(&f, i);
    for (size_t i = 0; i < NODES; i++)
        fleet_await(&f, i);
    struct store *scratch = fleet_scratch(&f);
    say_singles(&f, scratch);
    store_close(&scratch);
    say_bulk(&f);
    fleet_clear(&f);
    return 0;
}
