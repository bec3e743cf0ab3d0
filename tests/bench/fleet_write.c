/* Feeds written in process, each through a core of its author's. */
#include "tests/bench/fleet.h"

#include "federation/federation.h"
#include "node/store_write.h"
#include "tests/bench/figure.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIGNALS_A_STEP = 1024, DAYS = 5 * 365 };

/* A core that does nothing but append never asks for what it has persisted. */
static size_t read_nothing(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t first,
                           size_t count, bool (*row)(void *row_ctx, const struct archive_row *r),
                           void *row_ctx)
{
    (void)ctx, (void)author, (void)first, (void)count, (void)row, (void)row_ctx;
    return 0;
}

static size_t expired_nothing(void *ctx, uint32_t day, uint8_t (*authors)[AUTHOR_BYTES],
                              uint64_t *indexes, size_t max)
{
    (void)ctx, (void)day, (void)authors, (void)indexes, (void)max;
    return 0;
}

static size_t due_nothing(void *ctx, uint8_t (*authors)[AUTHOR_BYTES], uint64_t *indexes,
                          size_t max)
{
    (void)ctx, (void)authors, (void)indexes, (void)max;
    return 0;
}

struct writing {
    const struct fleet_member *author;
    size_t member;
    struct federation *core;
    struct effects effects;
    struct store *into;
    bool is_own;
    fleet_tag *tags;
    void *tags_ctx;
    uint64_t now_ms;
    struct draft drafts[SIGNALS_A_STEP];
    uint8_t payloads[SIGNALS_A_STEP][SIGNAL_BYTES_MAX];
};

static bool is_persist(enum effect_type type)
{
    return (type >= EFFECT_PERSIST_ENTRIES && type <= EFFECT_PERSIST_MARK) ||
           type == EFFECT_PERSIST_FORK || type == EFFECT_PERSIST_WITNESS;
}

static void step(struct writing *w, struct event *ev)
{
    ev->now_ms = ++w->now_ms;
    ev->now_utc = time(NULL);
    randombytes_buf(ev->fresh, sizeof ev->fresh);
    federation_step(w->core, ev, &w->effects);
    for (size_t i = 0; i < w->effects.count; i++) {
        const struct effect *e = &w->effects.list[i];
        bool is_wanted = w->is_own ? is_persist(e->type) : e->type == EFFECT_PERSIST_ENTRIES;
        if (is_wanted)
            figure_need(store_apply(w->into, e) == OK, "%s", store_error_text(w->into));
        if (e->type == EFFECT_APPENDED)
            figure_need(e->appended.result == OK, "appending: %s", err_name(e->appended.result));
    }
    figure_need(store_commit(w->into) == OK, "%s", store_error_text(w->into));
}

static void open_core(struct writing *w, const struct fleet *f)
{
    static struct federation_config config;
    struct archive archive = {
        .read = read_nothing, .expired = expired_nothing, .receipts_due = due_nothing};
    void *storage = NULL;
    figure_need(posix_memalign(&storage, 64, federation_bytes()) == 0, "no memory");
    memset(&config, 0, sizeof config);
    memcpy(config.author, w->author->author, AUTHOR_BYTES);
    memcpy(config.feed_secret, w->author->feed_secret, sizeof config.feed_secret);
    randombytes_buf(config.seed, sizeof config.seed);
    config.receipt_seconds = 86400;
    w->core = federation_init(storage, &config, &archive);
    enum err e =
        federation_load_roster(w->core, bytes_of(f->plain.bytes, f->plain.len), f->plain.hash);
    figure_need(e == OK, "the member list: %s", err_name(e));
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, TAG_BYTES);
}

static void draft(struct writing *w, size_t index, struct draft *d, uint8_t *payload)
{
    uint8_t tags[FLEET_TAGS][TAG_BYTES];
    randombytes_buf(tags, sizeof tags);
    for (size_t t = 0; t < FLEET_TAGS && w->tags != NULL; t++)
        w->tags(w->tags_ctx, w->member, index, t, tags[t]);
    qsort(tags, FLEET_TAGS, TAG_BYTES, by_bytes);
    struct signal s = {FLEET_TAGS, tags[0]};
    size_t len = signal_encode(&s, payload);
    uint32_t today = (uint32_t)(time(NULL) / 86400);
    *d = (struct draft){.type = ENTRY_SIGNAL,
                        .expires_day = today + 1 + randombytes_uniform(DAYS),
                        .payload = bytes_of(payload, len)};
}

void fleet_write(struct fleet *f, size_t member, size_t count, fleet_tag *tags, void *ctx,
                 struct store *into, bool is_own)
{
    struct writing *w = calloc(1, sizeof *w);
    figure_need(w != NULL, "no memory");
    w->author = &f->member[member];
    w->member = member;
    w->into = into;
    w->is_own = is_own;
    w->tags = tags;
    w->tags_ctx = ctx;
    open_core(w, f);
    struct event tick = {.type = EVENT_TICK};
    step(w, &tick);
    for (size_t done = 0; done < count;) {
        struct event ev = {.type = EVENT_APPEND};
        ev.append.drafts = w->drafts;
        ev.append.count = count - done < SIGNALS_A_STEP ? count - done : SIGNALS_A_STEP;
        for (size_t i = 0; i < ev.append.count; i++)
            draft(w, done + i, &w->drafts[i], w->payloads[i]);
        step(w, &ev);
        done += ev.append.count;
    }
    federation_clear(w->core);
    free(w->core);
    free(w);
}
