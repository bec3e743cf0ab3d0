#include "tests/sim/campaign.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS_MAX = 16 };

#ifdef __SANITIZE_ADDRESS__
enum { SEED_SECONDS_MAX = 3600 };
#else
enum { SEED_SECONDS_MAX = 600 }; /* real ones: longer is a hang */
#endif

/* What parent and children share. */
struct board {
    _Atomic uint64_t next; /* how many seeds were taken */
    uint64_t at[WORKERS_MAX];
    struct campaign_result result[WORKERS_MAX];
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add(struct story_result *sum, const struct story_result *r)
{
    sum->virtual_ms += r->virtual_ms;
    sum->steps += r->steps;
    sum->faults += r->faults;
    sum->acked += r->acked;
    sum->consults += r->consults;
    for (int f = 0; f < FAULT_COUNT; f++)
        sum->fault[f] += r->fault[f];
}

static void run_seed(const struct campaign *c, uint64_t seed, struct campaign_result *out)
{
    static struct plan plan;
    struct story_result first, second;
    plan_draw(c->edition != 0 ? c->edition : EDITION_NOW, seed, c->nodes, c->nodes_max, &plan);
    alarm(c->seed_seconds != 0 ? c->seed_seconds : SEED_SECONDS_MAX);
    story_run(&plan, c->is_told, &first);
    if (!c->is_told && !c->is_once) {
        story_run(&plan, false, &second);
        if (memcmp(first.sum, second.sum, sizeof first.sum) != 0) {
            fprintf(stderr, "seed %" PRIu64 ": two runs were not the same\n", seed);
            exit(EXIT_FAILURE);
        }
        add(&out->sum, &second);
    }
    alarm(0);
    add(&out->sum, &first);
    out->done++;
}

/* Takes seeds until there are none; a failure ends the process. */
_Noreturn static void work(const struct campaign *c, struct board *b, unsigned worker, double end)
{
    setenv("CMOCKA_TEST_ABORT", "1", 1); /* its assertions, too, end the process */
    while (end == 0 || now() < end) {
        uint64_t i = atomic_fetch_add(&b->next, 1);
        if (c->count != 0 && i >= c->count)
            break;
        b->at[worker] = c->seeds != NULL ? c->seeds[i] : c->first + i;
        run_seed(c, b->at[worker], &b->result[worker]);
    }
    fflush(NULL);
    _exit(0);
}

static pid_t begin(const struct campaign *c, struct board *b, unsigned worker, double end)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        work(c, b, worker, end);
    return pid;
}

static void tell_failure(const struct campaign *c, uint64_t seed, int status)
{
    char nodes[64] = "";
    if (c->nodes != 0)
        snprintf(nodes, sizeof nodes, " NODES=%zu", c->nodes);
    else if (c->nodes_max != PLAN_NODES_MAX)
        snprintf(nodes, sizeof nodes, " NODES_MAX=%zu", c->nodes_max);
    if (c->edition != 0)
        snprintf(nodes + strlen(nodes), sizeof nodes - strlen(nodes), " EDITION=%d",
                 (int)c->edition);
    if (WIFSIGNALED(status))
        fprintf(stderr, "seed %" PRIu64 " ended with signal %d (%s)\n", seed, WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    fprintf(stderr, "FAILED seed %" PRIu64 "; once more: make sim SEED=%" PRIu64 "%s TRACE=1\n",
            seed, seed, nodes);
}

static unsigned find(const pid_t *pids, unsigned count, pid_t pid)
{
    unsigned i = 0;
    while (i < count && pids[i] != pid)
        i++;
    return i;
}

void campaign_run(const struct campaign *c, struct campaign_result *out)
{
    struct board *b =
        mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (b == MAP_FAILED)
        abort();
    double started = now(), end = c->seconds != 0 ? started + c->seconds : 0;
    pid_t pids[WORKERS_MAX];
    unsigned workers = c->workers < WORKERS_MAX ? c->workers : WORKERS_MAX, running = workers;
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < workers; i++)
        pids[i] = begin(c, b, i, end);
    while (running > 0) {
        int status = 0;
        pid_t pid = wait(&status);
        unsigned worker = find(pids, workers, pid);
        if (pid < 0)
            break;
        if (worker == workers)
            continue;
        running--;
        if (status == 0)
            continue;
        if (out->failed++ == 0)
            out->first_failed = b->at[worker];
        tell_failure(c, b->at[worker], status);
        if (!c->is_persistent)
            atomic_store(&b->next, UINT64_MAX / 2);
        else
            running++, pids[worker] = begin(c, b, worker, end);
    }
    for (unsigned i = 0; i < workers; i++) {
        out->done += b->result[i].done;
        add(&out->sum, &b->result[i].sum);
    }
    out->seconds = now() - started;
    munmap(b, sizeof *b);
}

void campaign_tell(const struct campaign_result *r)
{
    double hours = (double)r->sum.virtual_ms / 3600000;
    printf("# %" PRIu64 " seeds: %.1f virtual hours, %" PRIu64
           " steps, %.0f faults a virtual hour, %.0f simulated seconds a real second, %.0f s\n",
           r->done, hours, r->sum.steps, hours > 0 ? (double)r->sum.faults / hours : 0,
           r->seconds > 0 ? hours * 3600 / r->seconds : 0, r->seconds);
    printf("# %" PRIu64 " acknowledged entries, lost 0; %" PRIu64 " consults; faults:",
           r->sum.acked, r->sum.consults);
    for (int f = 0; f < FAULT_COUNT; f++)
        printf(" %s %" PRIu64, fault_name((enum fault)f), r->sum.fault[f]);
    printf("\n");
}
