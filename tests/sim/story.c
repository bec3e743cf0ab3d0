#include "tests/sim/story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/byzantine.h"

enum {
    START_MS = 4000,       /* before the first fault */
    LOOK_MS = 5000,        /* between looks in the middle of things */
    CALM_MS = 5000,        /* between looks at whether it is over */
    CALM_MS_MAX = 1800000, /* by when it must be */
};

void story_say(const struct story *s, const char *format, ...)
{
    char line[512];
    va_list args;
    if (!s->plan.setup.is_loud)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    world_say(s->w, line);
}

void story_fail(const struct story *s, const char *format, ...)
{
    va_list args;
    fflush(stdout);
    fprintf(stderr, "seed %llu at %.2f s: ", (unsigned long long)s->plan.seed,
            (double)world_now_ms(s->w) / 1000);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

bool story_is_honest(const struct story *s, size_t node)
{
    return node < s->plan.nodes && !plan_is_byzantine(&s->plan, node);
}

bool story_is_in(const struct story *s, size_t node)
{
    return story_is_honest(s, node) && !s->books[node].is_suspended;
}

size_t story_author(const struct story *s, size_t node)
{
    return node == s->twin ? s->twin_of : node;
}

static void begin(struct story *s, const struct plan *p, bool is_told)
{
    s->plan = *p;
    s->plan.setup.is_loud = is_told;
    s->plan.setup.is_quiet = !is_told;
    s->work = dice_for(p->seed, 4);
    s->bad = dice_for(p->seed, 5);
    s->backup_of = s->twin = s->twin_of = s->suspended = SIZE_MAX;
    s->w = world_new(&s->plan.setup);
    if (is_told)
        plan_tell(p, s->w);
    for (size_t i = 0; i < p->byzantine_count; i++)
        world_behave(s->w, p->byzantine[i].node, byzantine_at(p->byzantine[i].behaviour),
                     p->seed + i);
    judge_begin(s);
    world_run(s->w, START_MS);
    world_set_network(s->w, &p->network);
}

static void end(struct story *s)
{
    for (size_t i = 0; i < PLAN_NODES_MAX; i++) {
        free(s->books[i].deeds);
        free(s->books[i].commits[0]);
        free(s->books[i].commits[1]);
    }
    shelf_free(&s->backup);
    world_free(&s->w);
    free(s);
}

static void be_unsafe(struct story *s, struct story_result *out)
{
    uint64_t looked_ms = 0, until_ms = world_now_ms(s->w) + s->plan.safety_ms;
    while (world_now_ms(s->w) < until_ms) {
        world_run(s->w, dice_from(&s->bad, 1, 2 * s->plan.pause_ms));
        fault_dues(s);
        if (dice_is(&s->bad, s->plan.fault_per_1000))
            fault_one(s, out->fault);
        else
            work_one(s);
        if (world_now_ms(s->w) - looked_ms < LOOK_MS)
            continue;
        looked_ms = world_now_ms(s->w);
        judge_now(s);
    }
}

/* Runs until all is as it should be, or fails. */
static void calm_down(struct story *s)
{
    char why[512] = "";
    uint64_t until_ms = world_now_ms(s->w) + CALM_MS_MAX;
    while (!judge_is_calm(s, why, sizeof why)) {
        if (world_now_ms(s->w) >= until_ms)
            story_fail(s, "I10: half an hour after the last fault %s", why);
        world_run(s->w, CALM_MS);
    }
    story_say(s, "       all is calm");
}

void story_run(const struct plan *p, bool is_told, struct story_result *out)
{
    struct story *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    memset(out, 0, sizeof *out);
    begin(s, p, is_told);
    be_unsafe(s, out);
    story_say(s, "       the faults stop");
    fault_stop(s);
    calm_down(s);
    if (plan_has(p, FAULT_RIVAL)) {
        fault_rival_in_calm(s);
        calm_down(s);
    }
    work_last_import(s);
    work_last(s);
    work_last_consults(s);
    calm_down(s);
    judge_end(s);
    world_sum(s->w, out->sum);
    out->virtual_ms = world_now_ms(s->w);
    out->steps = world_steps(s->w);
    out->faults = s->fault_count;
    out->acked = s->acked;
    out->consults = s->consult_count;
    end(s);
}
