/*
 * bench_visible.c - from publishing at one node to being matchable at another.
 *
 *   visible.p50, visible.p99    from handing a node one person to publish until its peer says that
 * it holds the entry, from when on it matches. The limit is one fsync of a small write and one
 * round trip of a frame of this size over bare ZeroMQ with CURVE, measured between the
 * publications.
 *
 * The publishing node holds the only key share, so that no other is asked. Once in so many rounds
 * the peer is consulted about the person, and has to find it.
 */
#include "tests/bench/bare_curve.h"
#include "tests/bench/figure.h"
#include "tests/bench/fleet.h"
#include "tests/bench/person.h"
#include "tests/bench/rows.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    PUBLISHER,
    PEER,
    NODES,
    BARE = NODES, /* its port is the bare server's */
    ROUNDS = 300,
    WARM_UP = 20,
    CONSULT_EVERY = 50,
    FRAME_BYTES = 700, /* of a batch with one entry and its checkpoint */
    WRITE_BYTES = 4096,
    WAIT_SECONDS = 10,
};

static json_int_t held(const struct fleet *f)
{
    json_t *status = fleet_status(f, PEER);
    const json_t *peers = json_object_get(status, "peers");
    json_int_t size = -1;
    for (size_t i = 0; i < json_array_size(peers); i++) {
        const json_t *peer = json_array_get(peers, i);
        const char *id = json_string_value(json_object_get(peer, "org_id"));
        if (id != NULL && strcmp(id, f->member[PUBLISHER].org_id) == 0)
            size = json_integer_value(json_object_get(peer, "size"));
    }
    json_decref(status);
    return size;
}

static void must_match(const struct fleet *f, unsigned person)
{
    json_t *lines = fleet_ask(f, PEER,
                              json_pack("{s:s,s:s,s:[o]}", "do", "consult", "purpose",
                                        "recruitment", "rows", person_row(person)));
    const json_t *row = json_object_get(json_array_get(lines, 0), "row");
    const char *got = json_string_value(json_object_get(row, "answer"));
    figure_need(got != NULL && strcmp(got, "confirmed") == 0, "person %u is not found", person);
    json_decref(lines);
}

/* Milliseconds until the peer holds the entry. */
static double publish(const struct fleet *f, unsigned person)
{
    json_int_t before = held(f);
    json_t *request = json_pack("{s:s,s:[o]}", "do", "publish", "rows", person_row(person));
    double start = rows_clock();
    json_t *lines = fleet_ask(f, PUBLISHER, request);
    const json_t *end = json_object_get(json_array_get(lines, json_array_size(lines) - 1), "end");
    figure_need(json_is_true(json_object_get(end, "ok")), "person %u is not published", person);
    while (held(f) <= before)
        figure_need(rows_clock() < start + WAIT_SECONDS, "the peer does not get person %u", person);
    double spent = rows_clock() - start;
    json_decref(lines);
    return 1000 * spent;
}

static double fsync_ms(int fd)
{
    uint8_t page[WRITE_BYTES] = {1};
    double start = rows_clock();
    figure_need(pwrite(fd, page, sizeof page, 0) == (ssize_t)sizeof page && fdatasync(fd) == 0,
                "the disk does not write");
    return 1000 * (rows_clock() - start);
}

int main(void)
{
    static struct fleet f;
    double ms[ROUNDS], sync[ROUNDS], trip[ROUNDS];
    char path[128];
    fleet_init(&f, NODES + 1, 1, 1, ROLE_MEMBER | ROLE_KEYHOLDER);
    bare_curve_start(f.member[BARE].port);
    for (size_t i = 0; i < NODES; i++) {
        fleet_folder(&f, i, PUBLISHER);
        fleet_start(&f, i);
    }
    bare_curve_connect(1);
    snprintf(path, sizeof path, "%s/page", f.dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    figure_need(fd >= 0, "%s cannot be written", path);
    for (double until = rows_clock() + WAIT_SECONDS; held(&f) < 1; usleep(10000))
        figure_need(rows_clock() < until, "the nodes do not find each other");
    for (unsigned i = 0; i < WARM_UP; i++)
        publish(&f, ROUNDS + i);
    for (unsigned i = 0; i < ROUNDS; i++) {
        ms[i] = publish(&f, i);
        sync[i] = fsync_ms(fd);
        trip[i] = 1000 * bare_curve_round_trip(FRAME_BYTES);
        if (i % CONSULT_EVERY == 0)
            must_match(&f, i);
    }
    double one_sync = figure_quantile(sync, ROUNDS, 0.5),
           one_trip = figure_quantile(trip, ROUNDS, 0.5);
    fprintf(stderr, "visible: the limit is fsync %.2f + round trip %.2f ms\n", one_sync, one_trip);
    figure_say("visible.p50", figure_quantile(ms, ROUNDS, 0.5), "ms", one_sync + one_trip,
               FIGURE_TIME);
    figure_say("visible.p99", figure_quantile(ms, ROUNDS, 0.99), "ms", one_sync + one_trip,
               FIGURE_TIME);
    close(fd);
    bare_curve_stop();
    fleet_clear(&f);
    return 0;
}
