/*
 * bench_stat.c - statistics: one cell beside the operations of libsodium that it needs, and what a
 * period costs.
 *
 *   stat.prove, stat.verify       cells of 8 bits a second
 *   stat.member.CELLS             processor time of a member's whole contribution, measured
 *   stat.keyholder.CELLSxORGS     of a keyholder: verifying and adding up, one mix made, two
 *                                 verified, both decryptions. The limit is what was promised
 *   stat.observer.CELLS           of whoever verifies the transcript, measured
 *   stat.keyholder.memory         what a keyholder holds, whatever the number of organisations
 *
 * Time to verify is measured on a few organisations and multiplied: each costs the same. Sizes go
 * to stderr.
 */
#include "tests/bench/figure.h"
#include "tests/bench/primitive.h"
#include "tests/unit/protocol/stat_world.h"

#include <stdio.h>
#include <time.h>

enum { WIDTH = 8, ROUNDS = 5, CELLS_A_ROUND = 100, MEASURED = 8, PROMISED_SECONDS = 600 };

static struct stat_world world;
static struct stat_result_work work;
static struct stat_result result;
static uint8_t cell[STAT_CELL_BYTES_MAX], author[AUTHOR_BYTES], fresh[32];

/* Seconds of processor that this program has used. */
static double processor(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void prove(void)
{
    const struct stat_place p = stat_schema_place(&world.schema, 0, author);
    figure_need(stat_cell_prove(&p, 201, fresh, cell) == OK, "proving");
}

static void verify(void)
{
    const struct stat_place p = stat_schema_place(&world.schema, 0, author);
    struct stat_cipher presence, value;
    const struct bytes b = bytes_of(cell, stat_cell_bytes(WIDTH));
    figure_need(stat_cell_verify(&p, b, &presence, &value) == OK, "verifying");
}

static void say_cell(const char *name, void (*run)(void), void (*least)(size_t))
{
    double value[ROUNDS], limit[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double start = processor();
        for (int j = 0; j < CELLS_A_ROUND; j++)
            run();
        value[i] = CELLS_A_ROUND / (processor() - start);
        start = processor();
        for (int j = 0; j < CELLS_A_ROUND; j++)
            least(WIDTH);
        limit[i] = CELLS_A_ROUND / (processor() - start);
    }
    figure_say(name, figure_quantile(value, ROUNDS, 0.5), "cells/s",
               figure_quantile(limit, ROUNDS, 0.5), FIGURE_RATE);
}

/* Seconds of processor that the steps of a tally take. */
struct times {
    double prove, take, tally, check;
};

/* A few organisations with something in every cell, and the tally over them. */
static struct times measure(uint8_t a, uint8_t b)
{
    static uint32_t values[STAT_CELLS_MAX];
    struct times t = {0};
    world_init(&world, a, b, WIDTH);
    for (size_t i = 0; i < STAT_CELLS_MAX; i++)
        values[i] = 1 + (uint32_t)i % 200;
    for (uint16_t org = 0; org < MEASURED; org++) {
        double start = processor();
        const size_t len = world_prove(&world, org, values);
        t.prove += (processor() - start) / MEASURED;
        start = processor();
        figure_need(world_accept(&world, org, len) == OK, "a contribution");
        t.take += (processor() - start) / MEASURED;
    }
    double start = processor();
    world_tally(&world, 0);
    t.tally = processor() - start;
    start = processor();
    struct stat_fault fault;
    enum err e = stat_result_verify(bytes_of(world.file, world.file_len), &work, &result, &fault);
    figure_need(e == OK, "the transcript: %s", err_name(e));
    t.check = processor() - start;
    return t;
}

static void say_period(uint8_t a, uint8_t b)
{
    static const unsigned orgs[] = {40, 500};
    const struct times t = measure(a, b);
    const unsigned cells = world.schema.cell_count;
    char name[64];
    snprintf(name, sizeof name, "stat.member.%u", cells);
    figure_say(name, t.prove, "s", 0, FIGURE_TIME);
    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "stat.keyholder.%ux%u", cells, orgs[i]);
        figure_say(name, t.take * orgs[i] + t.tally, "s", PROMISED_SECONDS, FIGURE_TIME);
    }
    snprintf(name, sizeof name, "stat.observer.%u", cells);
    figure_say(name, t.check, "s", 0, FIGURE_TIME);
    fprintf(stderr,
            "%u cells: contribution %zu bytes, mix %zu, transcript %zu; verified %d organisations "
            "(%.3f s each), tally of all keyholders %.2f s; times for more are extrapolated\n",
            cells, stat_contribution_bytes(&world.schema), stat_tally_mix_bytes(&world.schema),
            world.file_len, MEASURED, t.take, t.tally);
}

int main(void)
{
    figure_need(sodium_init() >= 0, "libsodium does not start");
    stat_log_init(&world.log);
    world_init(&world, 1, 1, WIDTH);
    say_cell("stat.prove", prove, primitive_stat_prove);
    say_cell("stat.verify", verify, primitive_stat_verify);
    say_period(4, 11);
    say_period(14, 19);
    const double bytes = sizeof(struct stat_intake) + sizeof(struct stat_sums) +
                         sizeof(struct stat_lists) + sizeof(struct stat_points) +
                         sizeof(struct stat_suppress) + sizeof(struct stat_schema) +
                         STAT_CELLS_MAX * (double)stat_mix_bytes(STAT_MINIMUM_CELL_MAX);
    figure_say("stat.keyholder.memory", bytes / 1024 / 1024, "MiB", 128, FIGURE_MEMORY);
    return 0;
}
