#include "tests/sim/plan.h"

#include <stdio.h>
#include <string.h>

#include "tests/sim/byzantine.h"

enum {
    SECOND_MS = 1000,
    ALWAYS_ON = ROLE_KEYHOLDER | ROLE_RELAY,
    FIRST_FAULTS = FAULT_TWIN + 1, /* of the first edition */
    FIRST_BEHAVIOURS = 29,
};

static const struct {
    const char *name;
    uint32_t weight;
} faults[] = {
#define FAULT_ROW(id, name, weight, text) {name, weight},
    FAULT_TABLE(FAULT_ROW)
#undef FAULT_ROW
};

const char *fault_name(enum fault f)
{
    return faults[f].name;
}

bool plan_has(const struct plan *p, enum fault f)
{
    return p->weight[f] > 0;
}

bool plan_is_byzantine(const struct plan *p, size_t node)
{
    for (size_t i = 0; i < p->byzantine_count; i++)
        if (p->byzantine[i].node == node)
            return true;
    return false;
}

bool plan_is_member(const struct plan *p, size_t node)
{
    return (p->setup.roles[node] & ROLE_MEMBER) != 0;
}

static void draw_nodes(struct plan *p, struct dice *d)
{
    struct world_setup *s = &p->setup;
    p->keyholders = p->nodes >= 7 && dice_is(d, 500) ? 5 : 3;
    p->threshold = (p->keyholders + 1) / 2;
    for (size_t i = 0; i < p->nodes; i++) {
        s->roles[i] = ROLE_MEMBER;
        if (i < p->keyholders)
            s->roles[i] |= ROLE_KEYHOLDER;
        else if (dice_is(d, 200))
            s->roles[i] |= ROLE_RELAY;
    }
    if (p->nodes > 4 && dice_is(d, 300))
        s->roles[p->nodes - 1] = ROLE_OBSERVER;
    /* Whoever cannot be dialled is reached through the first one, which everybody knows. */
    for (size_t i = 1; i < p->nodes; i++) {
        s->has_no_port[i] = plan_is_member(p, i) && dice_is(d, 200);
        s->relays[i][0] = s->has_no_port[i] ? 1 : 0;
        s->relays[i][1] = s->has_no_port[i] && i != 1 ? 2 : 0;
    }
    s->has_no_port[1] = false;
    memset(s->relays[1], 0, sizeof s->relays[1]);
}

/* Fewer than half of the members; of those that others rely on for their own head, the keyholders,
 * at most one: a majority that is honest answers. */
static void draw_byzantine(struct plan *p, struct dice *d)
{
    size_t known = p->edition == EDITION_FIRST ? FIRST_BEHAVIOURS : byzantine_count();
    if (dice_is(d, 400))
        return;
    size_t want = dice_from(d, 1, PLAN_BYZANTINE_MAX), max = (p->nodes - 1) / 3, relied_on = 0;
    for (size_t tries = 0; tries < 20 && p->byzantine_count < want; tries++) {
        size_t node = (size_t)dice_from(d, 2, p->nodes - 1);
        bool is_relied_on = (p->setup.roles[node] & ALWAYS_ON) != 0;
        if (p->byzantine_count >= max || plan_is_byzantine(p, node) || !plan_is_member(p, node) ||
            (is_relied_on && relied_on > 0))
            continue;
        relied_on += is_relied_on;
        p->byzantine[p->byzantine_count].node = node;
        p->byzantine[p->byzantine_count++].behaviour = (size_t)dice_below(d, known);
    }
}

/* What only one who holds a share, or is always on, can do is drawn for such a one more often. */
static void suit_byzantine(struct plan *p, struct dice *d)
{
    static const char *const suited[] = {"evaluate", "mute", "other-head", "evaluate"};
    for (size_t i = 0; i < p->byzantine_count; i++)
        if ((p->setup.roles[p->byzantine[i].node] & ALWAYS_ON) != 0 && dice_is(d, 400))
            p->byzantine[i].behaviour = byzantine_find(suited[dice_below(d, 4)]);
}

/* Whoever cannot be dialled, and is relied on, cannot be asked by others of the kind: one honest
 * one at most, or the majority that others need is out of their reach. */
static void open_ports(struct plan *p, struct dice *d)
{
    bool are_all = p->byzantine_count > 0 || dice_is(d, 500);
    for (size_t i = 0; i < p->nodes; i++) {
        if ((p->setup.roles[i] & ALWAYS_ON) == 0 || (!are_all && i == 2))
            continue;
        p->setup.has_no_port[i] = false;
        memset(p->setup.relays[i], 0, sizeof p->setup.relays[i]);
    }
}

/* What the first edition does not have, from dice of its own. */
static void draw_second(struct plan *p, struct dice *d)
{
    struct world_setup *s = &p->setup;
    for (int f = FIRST_FAULTS; f < FAULT_COUNT; f++)
        p->weight[f] = dice_is(d, 400) ? faults[f].weight : 0;
    p->consults_max = (uint32_t)dice_from(d, 0, 24);
    if (dice_is(d, 400))
        s->budget_a_day = CONSULT_POINTS * (uint32_t)dice_from(d, 1, 4);
    s->stewards = (size_t)dice_from(d, 1, 3);
    s->quorum = (size_t)dice_from(d, 1, s->stewards);
    suit_byzantine(p, d);
    open_ports(p, d);
}

static void draw_faults(struct plan *p, struct dice *d)
{
    p->network.delay_ms_max = dice_is(d, 700) ? (uint32_t)dice_from(d, 1, 400) : 0;
    p->network.sync_ms_max = dice_is(d, 500) ? (uint32_t)dice_from(d, 1, 60) : 0;
    p->network.repeat_per_1000 = dice_is(d, 400) ? (uint32_t)dice_from(d, 1, 60) : 0;
    for (int f = 0; f < FIRST_FAULTS; f++)
        p->weight[f] = dice_is(d, 550) ? faults[f].weight : 0;
    p->fault_per_1000 = (uint32_t)dice_from(d, 100, 600);
    p->pause_ms = dice_from(d, 200, 1500);
    p->safety_ms = dice_from(d, 40, 240) * SECOND_MS;
    p->consults_max = (uint32_t)dice_from(d, 0, 8);
}

void plan_draw(enum edition edition, uint64_t seed, size_t nodes, size_t nodes_max,
               struct plan *out)
{
    struct dice d = dice_for(seed, 2);
    memset(out, 0, sizeof *out);
    out->seed = seed;
    out->edition = edition;
    size_t drawn = (size_t)dice_from(&d, 3, nodes_max);
    out->nodes = nodes != 0 ? nodes : drawn;
    draw_nodes(out, &d);
    draw_faults(out, &d);
    struct dice byzantine = dice_for(seed, 3);
    draw_byzantine(out, &byzantine);
    size_t wrong = (out->nodes - 1) / 2;
    out->jumps_max = wrong > out->byzantine_count ? wrong - out->byzantine_count : 0;
    out->setup.seed = seed;
    out->setup.nodes = out->nodes;
    out->setup.keyholders = out->keyholders;
    out->setup.threshold = out->threshold;
    out->setup.receipt_seconds = (uint32_t)dice_from(&d, 20, 90);
    out->setup.budget_a_day = 4096;
    out->setup.has_sum = true;
    out->setup.is_quiet = true;
    struct dice second = dice_for(seed, 6);
    if (edition >= EDITION_SECOND)
        draw_second(out, &second);
}

void plan_tell(const struct plan *p, struct world *w)
{
    char line[512];
    int len = snprintf(line, sizeof line, "plan: %zu nodes, %zu-of-%zu keyholders, %u s of faults;",
                       p->nodes, p->threshold, p->keyholders, (unsigned)(p->safety_ms / SECOND_MS));
    for (int f = 0; f < FAULT_COUNT; f++)
        if (p->weight[f] > 0)
            len += snprintf(line + len, sizeof line - (size_t)len, " %s", faults[f].name);
    world_say(w, line);
    snprintf(line, sizeof line,
             "plan: up to %u ms late, commits %u ms, %u of 1000 frames twice, %u of 1000 acts are "
             "faults, one in %u ms",
             p->network.delay_ms_max, p->network.sync_ms_max, p->network.repeat_per_1000,
             p->fault_per_1000, (unsigned)p->pause_ms);
    world_say(w, line);
    for (size_t i = 0; i < p->nodes; i++) {
        snprintf(line, sizeof line, "plan: %c is%s%s%s%s%s", world_letter(i),
                 plan_is_member(p, i) ? " a member" : " an observer",
                 i < p->keyholders ? ", keyholder" : "",
                 (p->setup.roles[i] & ROLE_RELAY) != 0 ? ", relay" : "",
                 p->setup.has_no_port[i] ? ", cannot be dialled" : "",
                 plan_is_byzantine(p, i) ? ", byzantine" : "");
        world_say(w, line);
    }
    for (size_t i = 0; i < p->byzantine_count; i++) {
        snprintf(line, sizeof line, "plan: %c does what is called %s",
                 world_letter(p->byzantine[i].node), byzantine_at(p->byzantine[i].behaviour)->name);
        world_say(w, line);
    }
}
