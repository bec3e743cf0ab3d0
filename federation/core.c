#include "federation/core.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

size_t federation_bytes(void)
{
    return sizeof(struct federation);
}

struct federation *federation_init(void *storage, const struct federation_config *config,
                                   const struct archive *archive)
{
    struct federation *f = storage;
    memset(f, 0, sizeof *f);
    f->config = *config;
    f->archive = *archive;
    if (f->config.version_max == 0) {
        f->config.version_min = PROTOCOL_VERSION_MIN;
        f->config.version_max = PROTOCOL_VERSION_MAX;
    }
    rng_init(&f->rng, config->seed);
    wire_arena_init(&f->wire, f->wire_bytes, sizeof f->wire_bytes);
    wire_arena_init(&f->roster_wire, f->roster_wire_bytes, sizeof f->roster_wire_bytes);
    return f;
}

void federation_clear(struct federation *f)
{
    sodium_memzero(f, sizeof *f);
}

struct roster *core_roster(struct federation *f)
{
    return f->has_roster ? &f->rosters[f->roster_at] : NULL;
}

const struct roster *federation_roster(const struct federation *f)
{
    return f->has_roster ? &f->rosters[f->roster_at] : NULL;
}

struct feed *core_feed(struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    for (size_t i = 0; i < f->feed_count; i++)
        if (memcmp(f->feeds[i].rec.author, author, AUTHOR_BYTES) == 0)
            return &f->feeds[i];
    return NULL;
}

struct feed *core_own_feed(struct federation *f)
{
    return core_feed(f, f->config.author);
}

/* A slot for an author, new if need be; NULL if all are taken. */
static struct feed *feed_slot(struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    struct feed *feed = core_feed(f, author);
    if (feed != NULL || f->feed_count == ORGANISATIONS_MAX)
        return feed;
    feed = &f->feeds[f->feed_count++];
    memcpy(feed->rec.author, author, AUTHOR_BYTES);
    merkle_frontier_init(&feed->rec.tree);
    return feed;
}

void core_roster_changed(struct federation *f, struct effects *out)
{
    twins_nonce(f);
    const struct roster *r = core_roster(f);
    for (size_t i = 0; i < r->organisation_count; i++) {
        const struct organisation *org = &r->organisations[i];
        struct feed *feed = feed_slot(f, org->author);
        if (feed != NULL)
            chapters_review(f, feed, org, out);
    }
    shares_review(f, out);
    asker_review(f, out);
    links_review(f, out);
    links_announce(f, out);
    serve_review(f);
    standing_review(f, out);
    ceremony_note(f);
    pull_choose(f, out);
    f->is_serving = true;
}

const uint8_t *core_feed_secret(const struct federation *f)
{
    const struct roster *r = federation_roster(f);
    const struct organisation *org = r != NULL ? roster_find(r, f->config.author) : NULL;
    const uint8_t *secrets[] = {f->config.feed_secret, f->config.next_feed_secret};
    for (size_t i = 0; org != NULL && i < 2; i++)
        if (memcmp(secrets[i] + 32, org->feed_key, KEY_BYTES) == 0) /* libsodium: seed, public */
            return secrets[i];
    return NULL;
}

uint32_t core_today(const struct federation *f)
{
    return f->now_utc <= 0 ? 0 : (uint32_t)(f->now_utc / 86400);
}

/* The newest checkpoint time of any other active member; 0 for none. */
static uint64_t others_utc(struct federation *f)
{
    uint64_t newest_utc = 0;
    for (size_t i = 0; i < f->feed_count; i++) {
        const struct feed *feed = &f->feeds[i];
        if (memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) != 0 &&
            feed->seen.time_utc > newest_utc &&
            roster_is_active_member(roster_find(core_roster(f), feed->rec.author)))
            newest_utc = feed->seen.time_utc;
    }
    return newest_utc;
}

uint32_t core_sober_day(struct federation *f)
{
    uint64_t today = core_today(f), others = others_utc(f) / 86400;
    return (uint32_t)(others > 0 && today > others + 1 ? others + 1 : today);
}

int64_t core_sober_utc(struct federation *f)
{
    uint64_t others = others_utc(f);
    bool is_far_ahead = others > 0 && f->now_utc > 0 && (uint64_t)f->now_utc > others + 86400;
    return is_far_ahead ? (int64_t)others + 86400 : f->now_utc;
}

bool core_key_serves(struct federation *f, const struct roster_key *k)
{
    return k != NULL && (k->until_utc == 0 || roster_key_serves(k, core_sober_utc(f)));
}

static int compare_utc(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int64_t core_median_utc(struct federation *f)
{
    const struct roster *r = core_roster(f);
    int64_t times[ORGANISATIONS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < f->feed_count; i++) {
        const struct organisation *org = roster_find(r, f->feeds[i].rec.author);
        if (org != NULL && roster_is_active_member(org))
            times[count++] = (int64_t)f->feeds[i].seen.time_utc;
    }
    if (count == 0)
        return 0;
    qsort(times, count, sizeof times[0], compare_utc);
    return times[(count - 1) / 2];
}

uint64_t core_budget_day(struct federation *f, struct effects *out)
{
    /* This day never goes back, so a clock that is far ahead for a moment must not carry it away:
     * no budget would be renewed before that date. */
    uint64_t today = core_sober_day(f);
    if (today > f->marks[MARK_DAY_MAX])
        core_mark(f, MARK_DAY_MAX, today, out);
    return f->marks[MARK_DAY_MAX];
}

void core_report(struct effects *out, const uint8_t *author, enum report what, enum err reason,
                 uint64_t number)
{
    if (!effects_has_room(out, 64, 0))
        return; /* what is told is never worth what must be done */
    struct effect *e = effects_add(out, EFFECT_REPORT);
    if (author != NULL)
        memcpy(e->author, author, AUTHOR_BYTES);
    e->report.what = what;
    e->report.reason = reason;
    e->report.number = number;
}

void core_persist_feed(struct feed *feed, struct effects *out)
{
    struct effect *e = effects_add(out, EFFECT_PERSIST_FEED);
    memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
    e->entries.feed = &feed->rec;
}

void core_dispute(struct feed *feed, uint64_t seq, struct effects *out)
{
    if (feed->rec.is_disputed)
        return;
    feed->rec.is_disputed = true;
    core_persist_feed(feed, out);
    core_report(out, feed->rec.author, REPORT_DISPUTE, ERR_FORK, seq);
}

void core_mark(struct federation *f, enum mark mark, uint64_t value, struct effects *out)
{
    f->marks[mark] = value;
    struct effect *e = effects_add(out, EFFECT_PERSIST_MARK);
    e->mark.mark = mark;
    e->mark.value = value;
}

bool core_send(struct federation *f, uint32_t link, const Seinpost__Message *m, struct effects *out)
{
    const struct link *l = links_find(f, link);
    if (l == NULL)
        return false;
    size_t cap = protobuf_c_message_get_packed_size(&m->base);
    assert(cap <= FRAME_BYTES_MAX);
    if (!effects_has_room(out, 1, cap))
        return false;
    uint8_t *frame = effects_alloc(out, cap);
    size_t len = message_encode(m, frame, cap);
    assert(len == cap);
    struct effect *e = effects_add(out, EFFECT_SEND);
    e->link = link;
    memcpy(e->author, l->author, AUTHOR_BYTES);
    e->frame = bytes_of(frame, len);
    return true;
}

enum err federation_load_roster(struct federation *f, struct bytes signed_roster,
                                const uint8_t hash[HASH_BYTES])
{
    unsigned next = f->roster_at ^ 1u;
    wire_arena_reset(&f->roster_wire);
    enum err e =
        f->has_roster
            ? roster_accept(core_roster(f), signed_roster, &f->roster_wire, &f->rosters[next])
            : roster_anchor(signed_roster, hash, &f->roster_wire, &f->rosters[next]);
    if (e != OK)
        return e;
    f->roster_at = next;
    f->has_roster = true;
    return OK;
}

enum err federation_load_rival(struct federation *f, struct bytes signed_roster)
{
    wire_arena_reset(&f->roster_wire);
    return f->has_roster ? roster_unite(core_roster(f), signed_roster, &f->roster_wire)
                         : ERR_SEQUENCE;
}

static bool profile_row(void *ctx, const struct archive_row *row)
{
    struct feed *feed = ctx;
    struct body b;
    if (row->body.len > 0 && body_decode(row->body, &b) == OK)
        (void)!profile_decode(b.payload, &feed->profile);
    return true;
}

enum err federation_load_feed(struct federation *f, const struct feed_record *record)
{
    struct checkpoint held = {0}, seen = {0};
    struct bytes raw_held = bytes_of(record->held, sizeof record->held);
    struct bytes raw_seen = bytes_of(record->seen, sizeof record->seen);
    if (!sodium_is_zero(record->held, sizeof record->held) &&
        checkpoint_read(raw_held, &held) != OK)
        return ERR_FORMAT;
    if (!sodium_is_zero(record->seen, sizeof record->seen) &&
        checkpoint_read(raw_seen, &seen) != OK)
        return ERR_FORMAT;
    struct feed *feed = feed_slot(f, record->author);
    if (feed == NULL)
        return ERR_FULL;
    feed->rec = *record;
    feed->held = held;
    feed->seen = seen;
    if (record->profile_plus_one > 0)
        f->archive.read(f->archive.ctx, record->author, record->profile_plus_one - 1, 1,
                        profile_row, feed);
    mend_load(f, feed);
    return OK;
}

void federation_load_budget(struct federation *f, const uint8_t member[AUTHOR_BYTES], uint32_t day,
                            uint32_t used)
{
    struct feed *feed = feed_slot(f, member);
    if (feed == NULL || day < feed->budget_day)
        return;
    if (day > feed->budget_day || used > feed->budget_used)
        feed->budget_used = used;
    feed->budget_day = day;
}

void federation_brake(struct federation *f, bool is_braked)
{
    f->is_braked = is_braked;
}

void federation_load_mark(struct federation *f, enum mark mark, uint64_t value)
{
    if (mark > 0 && mark < MARK_COUNT)
        f->marks[mark] = value;
}

uint64_t federation_mark(const struct federation *f, enum mark mark)
{
    return f->marks[mark];
}

/* What is due every second, in an order that lets later parts see what earlier ones did. */
static void every_second(struct federation *f, struct effects *out)
{
    if (f->ticked_ms == 0) {
        core_roster_changed(f, out);
        if (f->marks[MARK_BUDGETS_LOST] != 0) {
            keyholder_spend_today(f, out);
            core_mark(f, MARK_BUDGETS_LOST, 0, out);
        }
        rejoin_start(f, out);
    }
    f->ticked_ms = f->now_ms;
    asker_tick(f, out);
    links_tick(f, out);
    standing_tick(f, out);
    twins_tick(f, out);
    rejoin_tick(f, out);
    rosters_tick(f, out);
    pull_choose(f, out);
    bodies_tick(f, out);
    forks_tick(f, out);
    evidence_tick(f, out);
    author_tick(f, out);
    witness_tick(f, out);
    parcels_tick(f, out);
    shares_review(f, out);
    ceremony_tick(f, out);
    allowance_tick(f, out);
    totals_tick(f, out);
    reread_tick(f, out);
    if (f->now_ms - f->swept_ms >= SWEEP_MS) {
        f->swept_ms = f->now_ms;
        ingest_sweep(f, out);
    }
}

/* When something may be handed over again. */
static uint64_t deliver_at_ms(const struct federation *f)
{
    return f->pumped_ms == 0 ? 0 : f->pumped_ms + PARCEL_PACE_MS;
}

/* One of the two. Serving reads the archive, which has what earlier steps persisted and not what
 * this one does, and it may fill the effects to the brim. */
static void tick(struct federation *f, struct effects *out)
{
    if (f->has_roster && (f->ticked_ms == 0 || f->now_ms - f->ticked_ms >= TICK_MS))
        every_second(f, out);
    else {
        serve_pump(f, out);
        if (f->now_ms >= deliver_at_ms(f))
            parcels_pump(f, out);
    }
}

void federation_step(struct federation *f, const struct event *ev, struct effects *out)
{
    effects_clear(out);
    sodium_memzero(f->plain, f->plain_bytes);
    sodium_memzero(f->ceremonies.packed, sizeof f->ceremonies.packed);
    f->plain_bytes = 0;
    f->now_ms = ev->now_ms;
    f->now_utc = ev->now_utc;
    rng_mix(&f->rng, ev->fresh);
    switch (ev->type) {
    case EVENT_TICK:
        tick(f, out);
        break;
    case EVENT_UP:
        links_up(f, ev, out);
        break;
    case EVENT_DOWN:
        links_down(f, ev->down.link, out);
        break;
    case EVENT_FRAME:
        links_frame(f, ev->frame.link, ev->frame.bytes, out);
        break;
    case EVENT_APPEND:
        author_event(f, ev, out);
        break;
    case EVENT_EVALUATE:
        asker_event(f, ev, out);
        break;
    case EVENT_ROSTER:
        rosters_event(f, ev->roster.signed_roster, out);
        break;
    case EVENT_SEND:
        parcels_event(f, ev, out);
        break;
    case EVENT_LOST:
        mend_event(f, ev, out);
        break;
    case EVENT_ALONE:
        standing_alone(f, ev, out);
        break;
    case EVENT_TOTALS:
        totals_event(f, ev, out);
        break;
    case EVENT_CEREMONY:
        ceremony_event(f, ev, out);
        break;
    }
    assert(f->feed_count <= ORGANISATIONS_MAX && out->count <= EFFECTS_MAX);
}

uint64_t federation_deadline_ms(const struct federation *f)
{
    if (!f->has_roster)
        return f->now_ms + TICK_MS; /* there is nothing to do before EVENT_ROSTER */
    uint64_t tick_ms = f->ticked_ms + TICK_MS, deliver_ms = deliver_at_ms(f);
    if (f->is_serving)
        return f->now_ms;
    return f->is_delivering && deliver_ms < tick_ms ? deliver_ms : tick_ms;
}
