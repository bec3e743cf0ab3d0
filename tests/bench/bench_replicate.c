/*
 * bench_replicate.c - one feed from one running node to another.
 *
 *   replicate                   entries a second, from the receiver's first durable batch to its
 *                               last; the limit is SQLite alone with the same rows (bare_insert.h)
 *   replicate.sender.memory     peak of each node, measured from when its keys are unlocked
 *   replicate.receiver.memory
 *
 * The sender's feed of signals with four tags each is written beforehand, with its real keys. In
 * each round a new receiver is up and idle before the sender starts; bare loop and nodes take
 * turns. The median of the rounds, and the highest peak.
 */
#include "tests/bench/bare_insert.h"
#include "tests/bench/figure.h"
#include "tests/bench/fleet.h"
#include "tests/bench/rows.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ENTRIES = 100000, ROUNDS = 3, SENDER = 0, WAIT_SECONDS = 60, LOOK_US = 4000, MIB_MAX = 64 };

/* How much of the sender's feed the receiver holds durably: its status tells what was committed
 * before it was asked. */
static double held(const struct fleet *f, size_t receiver)
{
    json_t *status = fleet_status(f, receiver);
    const json_t *peers = json_object_get(status, "peers");
    json_int_t size = -1;
    for (size_t i = 0; i < json_array_size(peers); i++) {
        const json_t *peer = json_array_get(peers, i);
        const char *id = json_string_value(json_object_get(peer, "org_id"));
        if (id != NULL && strcmp(id, f->member[SENDER].org_id) == 0)
            size = json_integer_value(json_object_get(peer, "size"));
    }
    figure_need(size >= 0, "the receiver does not know the sender");
    json_decref(status);
    return (double)size;
}

static double measure(const struct fleet *f, size_t receiver)
{
    double until = rows_clock() + WAIT_SECONDS, start = 0, size = 0, first_size = 0;
    while (size < ENTRIES) {
        double was = size;
        size = held(f, receiver);
        if (was == 0 && size > 0) {
            start = rows_clock();
            first_size = size;
        }
        figure_need(rows_clock() < until, "%.0f entries in %d s", size, WAIT_SECONDS);
        usleep(LOOK_US);
    }
    figure_need(first_size < ENTRIES, "all entries were there at the first look");
    return (size - first_size) / (rows_clock() - start);
}

static double round_of(struct fleet *f, size_t receiver, double peak[2])
{
    fleet_folder(f, receiver, receiver);
    fleet_copy(f, SENDER, "written.db", SENDER, "node.db");
    fleet_settings(f, SENDER, receiver);
    fleet_start(f, receiver);
    fleet_reset_peak(f, receiver);
    sleep(1);
    fleet_start(f, SENDER);
    fleet_reset_peak(f, SENDER);
    double value = measure(f, receiver);
    double mib[2] = {fleet_peak_mib(f, SENDER), fleet_peak_mib(f, receiver)};
    for (int i = 0; i < 2; i++)
        peak[i] = mib[i] > peak[i] ? mib[i] : peak[i];
    fleet_stop(f, SENDER);
    fleet_stop(f, receiver);
    return value;
}

static void write_feed(struct fleet *f)
{
    fleet_folder(f, SENDER, SENDER);
    struct store *s = fleet_store(f, SENDER);
    fleet_write(f, SENDER, ENTRIES, NULL, NULL, s, true);
    store_close(&s);
    fleet_copy(f, SENDER, "node.db", SENDER, "written.db");
}

int main(void)
{
    static struct fleet f;
    double value[ROUNDS], limit[ROUNDS], peak[2] = {0, 0};
    fleet_init(&f, 1 + ROUNDS, 0, 0, 0);
    write_feed(&f);
    for (size_t i = 0; i < ROUNDS; i++) {
        limit[i] = bare_insert_rate(f.dir, ENTRIES);
        value[i] = round_of(&f, 1 + i, peak);
    }
    figure_say("replicate", figure_quantile(value, ROUNDS, 0.5), "entries/s",
               figure_quantile(limit, ROUNDS, 0.5), FIGURE_RATE);
    figure_say("replicate.sender.memory", peak[0], "MiB", MIB_MAX, FIGURE_MEMORY);
    figure_say("replicate.receiver.memory", peak[1], "MiB", MIB_MAX, FIGURE_MEMORY);
    fleet_clear(&f);
    return 0;
}
