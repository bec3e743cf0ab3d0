/*
 * bench_fanout.c - one publisher and 50 followers.
 *
 *   fanout                      entries a second, counted at all followers together, from their
 * asking until the last of 50 has acknowledged the last entry fanout.all                  the time
 * that this takes fanout.one.p50, .p99        from handing the node one person to publish until all
 * 50 have the entry
 *
 * The publisher is a node. The followers are stand-ins in this process, which take batches, look at
 * where they begin and how much is in them, and acknowledge: what a node does with entries is
 * measured in replicate. The limit of the first two is bare ZeroMQ with CURVE sending 50 clients
 * frames of the same lengths; of the others, one fsync and a frame to 50 clients. Measured in the
 * same run.
 */
#include "tests/bench/bare_curve.h"
#include "tests/bench/figure.h"
#include "tests/bench/fleet.h"
#include "tests/bench/person.h"
#include "tests/bench/rows.h"
#include "tests/bench/standin.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum {
    PUBLISHER,
    FIRST,
    FOLLOWERS = 50,
    BARE = FIRST + FOLLOWERS, /* its port is the bare server's */
    ENTRIES = 5000,
    ROUNDS = 3,
    SINGLES = 100,
    WARM_UP = 10,
    BULK_CREDIT = 2080000, /* as nodes give */
    LIVE_CREDIT = 65536,
    WAIT_SECONDS = 60,
    WRITE_BYTES = 4096,
};

struct follower {
    struct standin peer;
    uint64_t size, seq;
    size_t lengths[BARE_FRAMES_MAX], frames; /* of batches */
};

struct bench {
    struct fleet fleet;
    struct follower follower[FOLLOWERS];
    struct wire_arena arena;
    uint8_t arena_bytes[WIRE_ARENA_BYTES];
};

/* Takes what is there; acknowledges each batch that goes on where the last one ended. */
static void take(struct bench *b, struct follower *w, uint32_t credit)
{
    while (standin_take(&w->peer)) {
        Seinpost__Message *m;
        struct checkpoint cp;
        if (message_decode(bytes_of(w->peer.frame, w->peer.len), &b->arena, &m) != OK ||
            m->body_case != SEINPOST__MESSAGE__BODY_BATCH ||
            memcmp(m->batch->author.data, b->fleet.member[PUBLISHER].author, AUTHOR_BYTES) != 0)
            continue;
        figure_need(
            m->batch->first == w->size &&
                checkpoint_read(bytes_of(m->batch->checkpoint.data, m->batch->checkpoint.len),
                                &cp) == OK,
            "a batch does not follow the last one");
        w->size += m->batch->headers.len / HEADER_BYTES;
        w->seq = cp.seq;
        if (w->frames < BARE_FRAMES_MAX)
            w->lengths[w->frames++] = w->peer.len;
        standin_follow(&w->peer, PUBLISHER, w->size, w->seq, credit);
    }
}

/* Serves all followers until each has so many entries; returns when the last one had. */
static double await(struct bench *b, uint64_t size, uint32_t credit)
{
    zmq_pollitem_t items[FOLLOWERS];
    double until = rows_clock() + WAIT_SECONDS;
    for (size_t i = 0; i < FOLLOWERS; i++)
        items[i] = (zmq_pollitem_t){.socket = b->follower[i].peer.socket, .events = ZMQ_POLLIN};
    for (size_t missing = FOLLOWERS; missing > 0;) {
        figure_need(rows_clock() < until, "%zu followers have not all", missing);
        (void)zmq_poll(items, FOLLOWERS, 100);
        missing = 0;
        for (size_t i = 0; i < FOLLOWERS; i++) {
            take(b, &b->follower[i], credit);
            missing += b->follower[i].size < size;
        }
    }
    return rows_clock();
}

static void connect_all(struct bench *b)
{
    for (size_t i = 0; i < FOLLOWERS; i++) {
        memset(&b->follower[i], 0, sizeof b->follower[i]);
        standin_connect(&b->follower[i].peer, &b->fleet, FIRST + i, PUBLISHER);
        for (size_t k = 0; k <= i; k++)
            standin_drain(&b->follower[k].peer);
    }
}

static void close_all(struct bench *b)
{
    for (size_t i = 0; i < FOLLOWERS; i++)
        standin_close(&b->follower[i].peer);
}

/* Entries of the publisher's own feed, which its node counts. */
static uint64_t own_size(const struct bench *b)
{
    json_t *status = fleet_status(&b->fleet, PUBLISHER);
    json_int_t size = json_integer_value(json_object_get(json_object_get(status, "feed"), "size"));
    json_decref(status);
    return (uint64_t)size;
}

static void say_bulk(struct bench *b)
{
    double seconds[ROUNDS], limit[ROUNDS];
    uint64_t size = own_size(b);
    for (size_t round = 0; round < ROUNDS; round++) {
        connect_all(b);
        double start = rows_clock();
        for (size_t i = 0; i < FOLLOWERS; i++)
            standin_follow(&b->follower[i].peer, PUBLISHER, 0, 0, BULK_CREDIT);
        seconds[round] = await(b, size, BULK_CREDIT) - start;
        limit[round] = bare_curve_fan_out(b->follower[0].lengths, b->follower[0].frames);
        close_all(b);
    }
    double spent = figure_quantile(seconds, ROUNDS, 0.5),
           bare = figure_quantile(limit, ROUNDS, 0.5);
    double all = (double)size * FOLLOWERS;
    figure_say("fanout", all / spent, "entries/s", all / bare, FIGURE_RATE);
    figure_say("fanout.all", 1000 * spent, "ms", 1000 * bare, FIGURE_TIME);
}

/* ---- One entry ---- */

struct publication {
    const struct fleet *fleet;
    unsigned person;
    bool is_done;
};

static void *publish(void *ctx)
{
    struct publication *p = ctx;
    json_t *lines =
        fleet_ask(p->fleet, PUBLISHER,
                  json_pack("{s:s,s:[o]}", "do", "publish", "rows", person_row(p->person)));
    const json_t *end = json_object_get(json_array_get(lines, json_array_size(lines) - 1), "end");
    p->is_done = json_is_true(json_object_get(end, "ok"));
    json_decref(lines);
    return NULL;
}

/* Milliseconds until all have it. */
static double publish_to_all(struct bench *b, unsigned person)
{
    struct publication p = {&b->fleet, person, false};
    pthread_t thread;
    uint64_t size = b->follower[0].size;
    double start = rows_clock();
    figure_need(pthread_create(&thread, NULL, publish, &p) == 0, "no thread can be made");
    double end = await(b, size + 1, LIVE_CREDIT);
    pthread_join(thread, NULL);
    figure_need(p.is_done, "person %u is not published", person);
    return 1000 * (end - start);
}

static double fsync_ms(int fd)
{
    uint8_t page[WRITE_BYTES] = {1};
    double start = rows_clock();
    figure_need(pwrite(fd, page, sizeof page, 0) == (ssize_t)sizeof page && fdatasync(fd) == 0,
                "the disk does not write");
    return 1000 * (rows_clock() - start);
}

static void say_singles(struct bench *b)
{
    double ms[SINGLES], limit[SINGLES];
    char path[128];
    snprintf(path, sizeof path, "%s/page", b->fleet.dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    figure_need(fd >= 0, "%s cannot be written", path);
    connect_all(b);
    for (size_t i = 0; i < FOLLOWERS; i++)
        standin_follow(&b->follower[i].peer, PUBLISHER, 0, 0, BULK_CREDIT);
    await(b, own_size(b), LIVE_CREDIT);
    for (unsigned i = 0; i < WARM_UP; i++)
        publish_to_all(b, SINGLES + i);
    for (unsigned i = 0; i < SINGLES; i++) {
        size_t last = b->follower[0].frames - 1, length = b->follower[0].lengths[last];
        ms[i] = publish_to_all(b, i);
        limit[i] = fsync_ms(fd) + 1000 * bare_curve_fan_out(&length, 1);
    }
    double bare = figure_quantile(limit, SINGLES, 0.5);
    figure_say("fanout.one.p50", figure_quantile(ms, SINGLES, 0.5), "ms", bare, FIGURE_TIME);
    figure_say("fanout.one.p99", figure_quantile(ms, SINGLES, 0.99), "ms", bare, FIGURE_TIME);
    close_all(b);
    close(fd);
}

int main(void)
{
    static struct bench b;
    fleet_init(&b.fleet, FIRST + FOLLOWERS + 1, 1, 1, ROLE_MEMBER | ROLE_KEYHOLDER);
    wire_arena_init(&b.arena, b.arena_bytes, sizeof b.arena_bytes);
    bare_curve_start(b.fleet.member[BARE].port);
    fleet_folder(&b.fleet, PUBLISHER, PUBLISHER);
    struct store *s = fleet_store(&b.fleet, PUBLISHER);
    fleet_write(&b.fleet, PUBLISHER, ENTRIES, NULL, NULL, s, true);
    store_close(&s);
    fleet_start(&b.fleet, PUBLISHER);
    bare_curve_connect(FOLLOWERS);
    say_bulk(&b);
    say_singles(&b);
    bare_curve_stop();
    fleet_clear(&b.fleet);
    return 0;
}
