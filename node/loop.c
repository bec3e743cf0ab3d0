#include "node/node.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "node/locked.h"
#include "node/log.h"
#include "node/notify.h"
#include "node/problem.h"
#include "node/scrub.h"
#include "node/secret.h"
#include "node/store_read.h"
#include "node/store_repair.h"
#include "node/text.h"
#include "protocol/fold.h"

enum {
    EVENTS_A_TURN = 256,            /* frames taken before one commit */
    OUTBOX_BYTES_A_TURN = 4u << 20, /* or this much to be sent */
    SELFTEST_MS = 10000,
    SWEEP_LOG_MS = 60000,
    ROOM_MS = 250, /* between looks at the room on the disk */
    RESEND_MS = 2, /* between tries to send what a connection had no room for */
};

uint64_t node_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int64_t node_now_utc(void)
{
    return (int64_t)time(NULL);
}

uint32_t node_today(void)
{
    int64_t now = node_now_utc();
    return now > 0 ? (uint32_t)(now / 86400) : 0;
}

const char *node_org_id(const struct node *n, const uint8_t author[AUTHOR_BYTES])
{
    const struct roster *r = federation_roster(n->core);
    const struct organisation *org = r != NULL ? roster_find(r, author) : NULL;
    return org != NULL ? org->org_id : "?";
}

/* The store's failure is final: nothing that depended on it may leave. */
static void die_of_store(struct node *n)
{
    log_line(
        LEVEL_ERROR, "store-failed", log_text("why", store_error_text(n->store)),
        log_text("do", "check the disk, then start the node again; it compares with its peers"));
    log_flush();
    _exit(1);
}

void node_step(struct node *n, struct event *ev)
{
    assert(!n->is_stepping);
    n->is_stepping = true;
    ev->now_ms = node_now_ms();
    ev->now_utc = node_now_utc();
    randombytes_buf(ev->fresh, sizeof ev->fresh);
    federation_step(n->core, ev, n->effects);
    if (carry_out(n, n->effects) != OK)
        die_of_store(n);
    n->is_stepping = false;
}

/* ---- Opening ---- */

static bool admit(void *ctx, const uint8_t transport_key[TRANSPORT_KEY_BYTES])
{
    const struct node *n = ctx;
    const struct roster *r = federation_roster(n->core);
    return r != NULL && roster_admits(r, transport_key, node_now_utc()) != NULL;
}

static void configure_core(const struct node *n, const struct node_secrets *s,
                           struct federation_config *c)
{
    memcpy(c->author, n->author, AUTHOR_BYTES);
    memcpy(c->feed_secret, s->feed_secret, sizeof c->feed_secret);
    memcpy(c->next_feed_secret, s->next_feed_secret, sizeof c->next_feed_secret);
    c->receipt_seconds = 86400;
    randombytes_buf(c->seed, sizeof c->seed);
    if (n->config.advertise[0] != '\0') {
        c->profile.count = 1;
        snprintf(c->profile.endpoint[0], sizeof c->profile.endpoint[0], "%s", n->config.advertise);
    }
    for (size_t i = 0; i < n->config.relay_count; i++) {
        const char *org_id = n->config.relays[i].org_id;
        author_of(bytes_of(org_id, strlen(org_id)), c->profile.relay[c->profile.relay_count++]);
    }
    for (size_t i = 0; i < n->config.peer_count; i++) {
        const struct config_peer *p = &n->config.peers[i];
        struct contact *to = &c->contacts[c->contact_count++];
        author_of(bytes_of(p->org_id, strlen(p->org_id)), to->author);
        snprintf(to->endpoint, sizeof to->endpoint, "%s", p->endpoint);
    }
}

struct loading {
    struct node *n;
    enum err result;
    uint32_t day;
};

static bool load_roster(void *ctx, uint64_t version, const uint8_t hash[HASH_BYTES],
                        struct bytes signed_roster)
{
    struct loading *l = ctx;
    (void)version;
    l->result = federation_load_roster(l->n->core, signed_roster, hash);
    return l->result == OK;
}

static bool load_feed(void *ctx, const struct feed_record *record)
{
    struct loading *l = ctx;
    l->result = federation_load_feed(l->n->core, record);
    return l->result == OK;
}

static bool load_witness(void *ctx, const uint8_t signed_checkpoint[CHECKPOINT_SIGNED_BYTES],
                         uint32_t day)
{
    struct loading *l = ctx;
    (void)day;
    l->result = federation_load_witness(l->n->core, signed_checkpoint);
    return l->result == OK;
}

static bool load_budget(void *ctx, const uint8_t member[AUTHOR_BYTES], uint32_t used)
{
    struct loading *l = ctx;
    federation_load_budget(l->n->core, member, l->day, used);
    return true;
}

static bool load_rival(void *ctx, struct bytes signed_roster)
{
    struct loading *l = ctx;
    l->result = federation_load_rival(l->n->core, signed_roster);
    if (l->result == ERR_DUPLICATE)
        l->result = OK;
    return l->result == OK;
}

/* Records are collected first: the core may read the store while it takes one. */
struct record_list {
    struct feed_record *at;
    size_t count;
};

static bool collect_record(void *ctx, const struct feed_record *record)
{
    struct record_list *list = ctx;
    struct feed_record *grown = realloc(list->at, (list->count + 1) * sizeof *grown);
    if (grown == NULL)
        return false;
    list->at = grown;
    list->at[list->count++] = *record;
    return true;
}

static enum err load_core(struct node *n)
{
    struct loading l = {.n = n};
    enum err e = store_rosters(n->store, 0, load_roster, &l);
    const struct roster *r = federation_roster(n->core);
    if (e == OK && l.result == OK && r != NULL)
        e = store_rivals(n->store, r->version, load_rival, &l);
    if (e != OK || l.result != OK)
        return e != OK ? e : l.result;
    struct record_list records = {0};
    e = store_feeds(n->store, collect_record, &records);
    for (size_t i = 0; i < records.count && e == OK && l.result == OK; i++)
        (void)load_feed(&l, &records.at[i]);
    free(records.at);
    if (e == OK && l.result == OK)
        e = store_witness(n->store, NULL, load_witness, &l);
    if (e != OK || l.result != OK)
        return e != OK ? e : l.result;
    e = store_budgets(n->store, &l.day, load_budget, &l);
    for (int m = 1; m < MARK_COUNT; m++)
        federation_load_mark(n->core, (enum mark)m, store_mark(n->store, (enum mark)m));
    return e;
}

static enum err open_core(struct node *n, const struct node_secrets *secrets,
                          struct problem *problem)
{
    struct federation_config *c = secret_new(sizeof *c);
    bool is_core_locked, are_effects_locked;
    void *storage = locked_new(federation_bytes(), &is_core_locked);
    n->effects = locked_new(sizeof *n->effects, &are_effects_locked);
    if (storage == NULL || n->effects == NULL) {
        secret_free(c);
        locked_free(storage, federation_bytes());
        problem_set(problem, _("There is not enough memory to start."));
        return ERR_FULL;
    }
    n->is_locked = is_core_locked && are_effects_locked;
    if (!n->is_locked)
        log_line(LEVEL_WARNING, "memory-not-locked",
                 log_u64("kb", (federation_bytes() + sizeof *n->effects) >> 10),
                 log_text("do", "let the node lock that much memory: LimitMEMLOCK in the unit of "
                                "the service, or ulimit -l; till then its keys could get into "
                                "swap space"));
    configure_core(n, secrets, c);
    struct archive archive = store_archive(n->store);
    n->core = federation_init(storage, c, &archive);
    secret_free(c);
    enum err e = load_core(n);
    if (e != OK)
        problem_set(problem,
                    _("%s/node.db holds something that does not verify (%s). Put a backup in its "
                      "place, or move the file away and import the member list again."),
                    n->config.data_dir, err_name(e));
    return e;
}

/* Which of the two transport keys to use: the one that the member list has, or else the newest. */
static unsigned choose_transport(const struct node *n, const struct node_secrets *s)
{
    const struct roster *r = federation_roster(n->core);
    const struct organisation *org = r != NULL ? roster_find(r, n->author) : NULL;
    bool has_two = !sodium_is_zero(s->transport_public[1], KEY_BYTES);
    bool is_first =
        org != NULL && memcmp(org->transport_key, s->transport_public[0], KEY_BYTES) == 0;
    return has_two && !is_first ? 1 : 0;
}

static enum err open_transport(struct node *n, const struct node_secrets *secrets,
                               struct problem *problem)
{
    bool has_port = n->config.listen[0] != '\0';
    struct transport_config c = {.listen = has_port ? n->config.listen : NULL,
                                 .admit = admit,
                                 .ctx = n,
                                 .io_threads = (unsigned)n->config.io_threads,
                                 .connections_per_source =
                                     (unsigned)n->config.connections_per_source};
    unsigned which = choose_transport(n, secrets);
    memcpy(c.public_key, secrets->transport_public[which], sizeof c.public_key);
    memcpy(c.secret_key, secrets->transport_secret[which], sizeof c.secret_key);
    memcpy(n->transport_key, c.public_key, KEY_BYTES);
    enum err e = transport_new(&c, &n->transport);
    sodium_memzero(&c, sizeof c);
    if (e != OK && !has_port) {
        problem_set(problem, _("The network cannot be used (%s)."), err_name(e));
        return e;
    }
    if (e != OK) {
        problem_set(problem, _("Cannot listen on %s (%s). Is another node running there?"),
                    n->config.listen, err_name(e));
        return e;
    }
    e = transport_selftest(n->transport, SELFTEST_MS);
    if (e != OK)
        problem_set(
            problem,
            _("The start-up test failed: a stranger's key was not refused (%s). The node does "
              "not start like this; report it."),
            err_name(e));
    return e;
}

/* Opens the store; one that is damaged is repaired first, as far as that can be done here. */
static enum err open_store(struct node *n, struct problem *problem)
{
    char path[CONFIG_PATH_BYTES_MAX + 16];
    struct problem unrepaired = {""};
    snprintf(path, sizeof path, "%s/node.db", n->config.data_dir);
    enum err e = store_open(&n->store, path, problem);
    if (e != ERR_FORMAT)
        return e;
    log_line(LEVEL_ERROR, "store-damaged", log_text("why", problem->text));
    if (store_repair(path, &unrepaired) != OK) {
        log_line(LEVEL_ERROR, "store-not-repaired", log_text("why", unrepaired.text));
        *problem = unrepaired;
        return e;
    }
    log_line(LEVEL_WARNING, "store-repaired",
             log_text("do", "see what became of it: seinpost status"));
    return store_open(&n->store, path, problem);
}

/* What the desk key opens. */
static enum err load_sealed(struct node *n, const struct node_secrets *secrets,
                            struct problem *problem)
{
    enum err e = desk_load_post(n->desk);
    if (e == OK)
        e = desk_load_shares(n->desk, secrets);
    if (e == OK)
        e = desk_load_ceremonies(n->desk);
    if (e != OK)
        problem_set(problem,
                    _("What %s/node.db keeps sealed does not open with the keys of this node "
                      "(%s). Put a backup of both in place."),
                    n->config.data_dir, err_name(e));
    return e;
}

enum err node_open(struct node **out, const struct config *config, struct node_secrets *secrets,
                   struct problem *problem)
{
    struct node *n = calloc(1, sizeof *n);
    *out = NULL;
    if (n == NULL)
        return ERR_FULL;
    n->config = *config;
    author_of(bytes_of(config->org_id, strlen(config->org_id)), n->author);
    n->outbox = outbox_new();
    enum err e = n->outbox == NULL ? ERR_FULL : OK;
    if (e == OK && !fold_is_frozen()) {
        problem_set(problem,
                    _("This system's Unicode tables differ from those that the federation "
                      "uses, so matches would be missed. Install the libutf8proc of Debian "
                      "12."));
        e = ERR_VERSION;
    }
    if (e == OK)
        e = open_store(n, problem);
    if (e == OK)
        e = open_core(n, secrets, problem);
    if (e == OK)
        e = open_transport(n, secrets, problem);
    if (e == OK)
        n->desk = desk_new(n, secrets->desk_key);
    if (e == OK)
        e = load_sealed(n, secrets, problem);
    if (e == OK)
        n->scrub = scrub_new(n);
    if (e == OK && n->scrub == NULL)
        e = ERR_FULL;
    if (e == OK)
        e = control_open(n, &n->control, problem);
    sodium_memzero(secrets, sizeof *secrets);
    if (e != OK) {
        node_close(&n);
        return e;
    }
    *out = n;
    return OK;
}

void node_close(struct node **pn)
{
    struct node *n = *pn;
    if (n == NULL)
        return;
    control_free(&n->control);
    scrub_free(&n->scrub);
    desk_free(&n->desk);
    transport_free(&n->transport);
    if (n->core != NULL) {
        federation_clear(n->core);
        locked_free(n->core, federation_bytes());
    }
    store_close(&n->store);
    outbox_free(&n->outbox);
    locked_free(n->effects, sizeof *n->effects);
    free(n);
    *pn = NULL;
}

/* ---- Running ---- */

static void take_event(struct node *n, const struct transport_event *t)
{
    struct event ev = {0};
    switch (t->type) {
    case TRANSPORT_UP:
        ev.type = EVENT_UP;
        ev.up.link = t->link;
        ev.up.is_outbound = t->is_outbound;
        memcpy(ev.up.transport_key, t->transport_key, KEY_BYTES);
        break;
    case TRANSPORT_DOWN:
        ev.type = EVENT_DOWN;
        ev.down.link = t->link;
        break;
    case TRANSPORT_FRAME:
        ev.type = EVENT_FRAME;
        ev.frame.link = t->link;
        ev.frame.bytes = t->frame;
        break;
    }
    node_step(n, &ev);
}

static void drain_transport(struct node *n)
{
    struct transport_event t;
    for (int i = 0; i < EVENTS_A_TURN && outbox_bytes(n->outbox) < OUTBOX_BYTES_A_TURN; i++) {
        if (!transport_next(n->transport, &t))
            return;
        take_event(n, &t);
    }
}

static long wait_ms(const struct node *n)
{
    if (desk_is_busy(n->desk) || scrub_is_busy(n->scrub))
        return 0;
    uint64_t now = node_now_ms(), deadline = federation_deadline_ms(n->core);
    long wait = deadline <= now ? 0 : (long)(deadline - now);
    if (outbox_is_waiting(n->outbox) && wait > RESEND_MS)
        wait = RESEND_MS;
    return transport_timeout_ms(n->transport, wait);
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What the transport turned away, as it was when it was last told. */
struct turned_away {
    uint64_t refusals;
    struct transport_shuts shuts;
};

static struct turned_away turned_away(const struct node *n)
{
    return (struct turned_away){transport_refusals(n->transport), transport_shuts(n->transport)};
}

static void tell_turned_away(const struct node *n, struct turned_away *told)
{
    struct turned_away now = turned_away(n);
    struct transport_shuts s = now.shuts, was = told->shuts;
    if (now.refusals != told->refusals)
        log_line(LEVEL_WARNING, "strangers-refused", log_u64("n", now.refusals - told->refusals));
    if (s.crowded != was.crowded || s.silent != was.silent || s.endless != was.endless)
        log_line(LEVEL_WARNING, "connections-ended", log_u64("crowded", s.crowded - was.crowded),
                 log_u64("silent", s.silent - was.silent),
                 log_u64("endless", s.endless - was.endless));
    *told = now;
}

/* Looks at the room on the disk, and lets no more in than it has room for. */
static void watch_room(struct node *n)
{
    if (n->room_ms != 0 && node_now_ms() - n->room_ms < ROOM_MS)
        return;
    n->room_ms = node_now_ms();
    struct store_room r = store_room_review(n->store, (uint64_t)n->config.reserve_mb << 20);
    federation_brake(n->core, r.is_tight);
    if (r.is_tight && !n->is_tight)
        log_line(LEVEL_ERROR, "disk-full", log_u64("free-mb", r.free_bytes >> 20),
                 log_u64("reserve-mb", r.reserve_held >> 20),
                 log_text("do", "make room on the disk of data_dir; until then nothing new is "
                                "taken in, erasing and retracting go on"));
    if (!r.is_tight && n->is_tight)
        log_line(LEVEL_INFO, "disk-has-room", log_u64("free-mb", r.free_bytes >> 20));
    n->is_tight = r.is_tight;
}

/* One turn: wait, take, commit, let go. */
static enum err turn(struct node *n, int signals, bool *has_ended)
{
    size_t count;
    zmq_pollitem_t *items = transport_poll_items(n->transport, 2 + CONTROL_CLIENTS_MAX, &count);
    watch_room(n);
    items[0] = (zmq_pollitem_t){.fd = signals, .events = ZMQ_POLLIN};
    size_t own = control_poll_items(n->control, items + 1);
    if (zmq_poll(items, (int)count, wait_ms(n)) < 0 && errno != EINTR)
        return ERR_IO;
    if (items[0].revents & ZMQ_POLLIN) {
        *has_ended = true;
        return OK;
    }
    control_work(n->control, items + 1, own);
    drain_transport(n);
    if (node_now_ms() >= federation_deadline_ms(n->core)) {
        struct event ev = {.type = EVENT_TICK};
        node_step(n, &ev);
    }
    desk_work(n->desk);
    enum err e = scrub_work(n->scrub);
    if (e == OK)
        e = carry_commit(n);
    if (e == OK)
        backup_work(n->desk);
    return e;
}

enum err node_run(struct node *n)
{
    int signals = open_signals();
    if (signals < 0)
        return ERR_IO;
    log_line(
        LEVEL_INFO, "node-started", log_text("org", n->config.org_id),
        log_text("listen", n->config.listen[0] != '\0' ? transport_endpoint(n->transport) : "none"),
        log_text("socket", n->config.socket));
    struct event ev = {.type = EVENT_TICK};
    node_step(n, &ev);
    uint64_t told_ms = 0;
    struct turned_away told = turned_away(n);
    bool has_ended = false;
    enum err e = carry_commit(n);
    if (e == OK)
        notify_send("READY=1\nSTATUS=Running; strangers are refused.");
    while (e == OK && !has_ended) {
        e = turn(n, signals, &has_ended);
        if (node_now_ms() - told_ms >= SWEEP_LOG_MS) {
            told_ms = node_now_ms();
            tell_turned_away(n, &told);
        }
    }
    close(signals);
    if (e == ERR_FORMAT && !store_has_failed(n->store))
        return e;
    if (e != OK)
        die_of_store(n);
    notify_send("STOPPING=1");
    log_line(LEVEL_INFO, "node-stopped", log_text("org", n->config.org_id));
    log_flush();
    return OK;
}
