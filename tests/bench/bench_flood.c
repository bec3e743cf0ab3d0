/*
 * bench_flood.c - what a member that floods a node costs the others.
 *
 *   flood.calm.p99     the slowest hundredth of an honest member's questions, the node idle
 *   flood.p99          the same while another member asks as fast as it can over all the
 *                      connections that it may have; limit: calm
 *   flood.memory       the node's peak of memory meanwhile; limit: its peak in calm
 *
 * The flooder is a process of its own. stderr tells how much it asked and was answered.
 */
#include "tests/bench/caller.h"
#include "tests/bench/figure.h"
#include "tests/bench/rows.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUESTIONS = 1500, NODE = 0, HONEST, FLOODER, MEMBERS, BURST = 64, WAIT_SECONDS = 60 };

/* Waits for a byte, then floods until it is ended, telling what it does in shared words. */
static void flood(const struct fleet *f, int go)
{
    struct caller c[TRANSPORT_LINKS_PER_KEY];
    uint64_t asked = 0, told = 0;
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(go, &byte, 1) != 1)
        _exit(1);
    for (size_t i = 0; i < TRANSPORT_LINKS_PER_KEY; i++)
        caller_dial(&c[i], f, FLOODER, NODE);
    for (;;) {
        uint64_t answers = 0, ends = 0;
        for (size_t i = 0; i < TRANSPORT_LINKS_PER_KEY; i++) {
            for (int n = 0; n < BURST && caller_ask(&c[i]); n++)
                asked++;
            caller_step(&c[i], 0);
            answers += c[i].answers;
            ends += c[i].ends;
        }
        if (asked - told >= 100000) {
            fprintf(stderr, "flooder: %llu asked, %llu answered, %llu times cut\n",
                    (unsigned long long)asked, (unsigned long long)answers,
                    (unsigned long long)ends);
            told = asked;
        }
    }
}

/* Asks one question after the other; the time that the slowest hundredth take at least, in ms. */
static double p99_ms(struct caller *c)
{
    static double ms[QUESTIONS];
    double until = rows_clock() + WAIT_SECONDS;
    while (!c->is_ready && rows_clock() < until)
        caller_step(c, 100);
    for (size_t i = 0; i < QUESTIONS; i++) {
        double start = rows_clock();
        uint64_t before = c->answers;
        while (!caller_ask(c) && rows_clock() < until)
            caller_step(c, 1);
        while (c->answers == before && rows_clock() < until)
            caller_step(c, 100);
        figure_need(c->answers > before, "no answer in %d s", WAIT_SECONDS);
        ms[i] = (rows_clock() - start) * 1e3;
    }
    return figure_quantile(ms, QUESTIONS, 0.99);
}

int main(void)
{
    static struct fleet f;
    static struct caller honest;
    int go[2];
    fleet_init(&f, MEMBERS, 1, 1, ROLE_KEYHOLDER);
    figure_need(pipe(go) == 0, "a pipe");
    pid_t flooder = fork();
    figure_need(flooder >= 0, "a process");
    if (flooder == 0)
        flood(&f, go[0]);
    fleet_folder(&f, NODE, NODE);
    fleet_start(&f, NODE);
    caller_dial(&honest, &f, HONEST, NODE);
    (void)p99_ms(&honest);
    fleet_reset_peak(&f, NODE);
    double calm = p99_ms(&honest), calm_mib = fleet_peak_mib(&f, NODE);
    figure_need(write(go[1], "x", 1) == 1, "the flooder");
    sleep(1);
    fleet_reset_peak(&f, NODE);
    double flooded = p99_ms(&honest), flooded_mib = fleet_peak_mib(&f, NODE);
    kill(flooder, SIGKILL);
    waitpid(flooder, NULL, 0);
    figure_say("flood.calm.p99", calm, "ms", 0, FIGURE_TIME);
    figure_say("flood.p99", flooded, "ms", calm, FIGURE_TIME);
    figure_say("flood.memory", flooded_mib, "MiB", calm_mib, FIGURE_MEMORY);
    figure_need(honest.ends == 0, "the honest member was cut");
    caller_close(&honest);
    fleet_clear(&f);
    return 0;
}
