/*
 * bench_publish.c - publishing in a federation of three nodes that hold the key 2-of-3.
 *
 *   publish.p50, publish.p99   one person, over the local socket, until it is durable and answered
 *   publish.bulk               signals a second of 2,000 people in one request, likewise
 *
 * The limit of one publication is what cannot be left out: libsodium's operations (primitive.h) for
 * 4 blinded points and 12 of padding, two keyholders' answers of 16, one of which the publisher
 * itself gives and the other checks, 4 combinations; one commit. That of the bulk is the same for
 * its batches of 256 (64 people each), spread evenly over the processors there are.
 */
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
    LIMITS = 9,
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

static void commit(struct store *s, unsigned round)
{
    uint8_t request[REQUEST_ID_BYTES] = {(uint8_t)round}, sealed[231];
    randombytes_buf(sealed, sizeof sealed);
    enum err e = store_purpose_put(s, request, 1, bytes_of(sealed, sizeof sealed));
    figure_need(e == OK && store_commit(s) == OK, "%s", store_error_text(s));
}

/* Seconds for one batch of so many elements, real ones and padding; median. */
static double batch_seconds(size_t real, size_t points, size_t answers)
{
    double spent[LIMITS];
    for (int i = 0; i < LIMITS; i++) {
        double start = rows_clock();
        primitive_blind(real, points - real);
        for (size_t a = 0; a < answers; a++)
            primitive_answer(points);
        primitive_verify(points);
        primitive_combine(real, THRESHOLD);
        spent[i] = rows_clock() - start;
    }
    return figure_quantile(spent, LIMITS, 0.5);
}

static double commit_seconds(struct fleet *f)
{
    double spent[LIMITS];
    fleet_stop(f, PUBLISHER);
    struct store *s = fleet_store(f, PUBLISHER);
    for (unsigned i = 0; i < LIMITS; i++) {
        double start = rows_clock();
        commit(s, i);
        spent[i] = rows_clock() - start;
    }
    store_close(&s);
    return figure_quantile(spent, LIMITS, 0.5);
}

int main(void)
{
    static struct fleet f;
    double ms[SINGLES];
    unsigned person = 0;
    fleet_init(&f, NODES, NODES, THRESHOLD, ROLE_MEMBER | ROLE_KEYHOLDER);
    for (size_t i = 0; i < NODES; i++)
        fleet_folder(&f, i, PUBLISHER);
    for (size_t i = 0; i < NODES; i++)
        fleet_start(&f, i);
    for (size_t i = 0; i < NODES; i++)
        fleet_await(&f, i);
    for (; person < WARM_UP; person++)
        publish(&f, person, 1);
    for (unsigned i = 0; i < SINGLES; i++)
        ms[i] = 1000 * publish(&f, person++, 1);
    double bulk = BULK / publish(&f, person, BULK);
    double limit = 1000 * (batch_seconds(PERSON_KEYS, CONSULT_POINTS, 2) + commit_seconds(&f));
    double cores = (double)sysconf(_SC_NPROCESSORS_ONLN);
    double most = EVALUATION_POINTS_MAX / PERSON_KEYS * cores /
                  batch_seconds(EVALUATION_POINTS_MAX, EVALUATION_POINTS_MAX, THRESHOLD);
    figure_say("publish.p50", figure_quantile(ms, SINGLES, 0.5), "ms", limit, FIGURE_TIME);
    figure_say("publish.p99", figure_quantile(ms, SINGLES, 0.99), "ms", limit, FIGURE_TIME);
    figure_say("publish.bulk", bulk, "signals/s", most, FIGURE_RATE);
    fleet_clear(&f);
    return 0;
}
