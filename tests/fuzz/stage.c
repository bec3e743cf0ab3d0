/*
 * The core's storage lies in a file in memory. Once everything stands as it should, the same pages
 * are mapped again as private copies: dropping those brings the moment back, at the cost of the few
 * pages that a script touched.
 */
#include "tests/fuzz/stage.h"

#include <sys/mman.h>
#include <unistd.h>

#include "protocol/answer.h"
#include "protocol/calendar.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/protocol/roster_sample.h"

enum { STEWARD = 0, PAPER_BYTES = 65536, HEADS_MAX = 512 };

struct stage stage;
struct actor actors[ACTORS];

static struct {
    void *storage; /* of the core that is brought back */
    void *spare;   /* of one that was started anew since */
    size_t bytes;
    int fd;
    struct stage stage;
    struct shelf *shelf;
    bool is_made;
} moment;

static struct federation_config config;
static uint8_t room[ROSTER_ARENA_BYTES], frame_room[WIRE_ARENA_BYTES];
static struct wire_arena arena, frame_arena;

/* Checkpoints of the own feed that were signed, by their number: what the world has seen. */
static struct {
    uint64_t seq;
    uint32_t epoch;
    uint8_t raw[CHECKPOINT_BYTES];
} heads[HEADS_MAX];
static size_t head_count, head_count_then;

int64_t stage_now_utc(void)
{
    return STAGE_UTC + (int64_t)(stage.now_ms / 1000) + stage.skew_utc;
}

uint32_t stage_today(void)
{
    return day_of_utc(stage_now_utc());
}

void stage_share(uint32_t node, struct share *out)
{
    uint8_t wide[64], secret[32], coefficient[32];
    struct share shares[3];
    sample_bytes(3, KEY_PSEUDONYMS * 100 + 1, wide);
    scalar_from_wide(wide, secret);
    sample_bytes(4, KEY_PSEUDONYMS * 100 + 1, wide);
    scalar_from_wide(wide, coefficient);
    CHECK(threshold_deal(secret, coefficient, 2, 3, shares) == OK);
    *out = shares[node];
}

/* ---- Carrying out effects ---- */

static struct stage_link *link_find(uint32_t id)
{
    for (size_t i = 0; i < STAGE_LINKS; i++)
        if (stage.links[i].is_up && stage.links[i].id == id)
            return &stage.links[i];
    return NULL;
}

/* What a peer remembers of what it was asked. */
static void remember(struct stage_link *l, const Seinpost__Message *m)
{
    if (m->body_case == SEINPOST__MESSAGE__BODY_HEAD_ASK)
        memcpy(l->nonce, m->head_ask->nonce.data, sizeof l->nonce);
    if (m->body_case == SEINPOST__MESSAGE__BODY_SEEN_ASK)
        memcpy(l->seen, m->seen_ask->hash.data, sizeof l->seen);
    if (m->body_case != SEINPOST__MESSAGE__BODY_EVALUATE)
        return;
    CHECK(m->evaluate->points.len % POINT_BYTES == 0 &&
          m->evaluate->points.len <= sizeof l->points);
    memcpy(l->request, m->evaluate->request.data, sizeof l->request);
    memcpy(l->points, m->evaluate->points.data, m->evaluate->points.len);
    l->point_count = m->evaluate->points.len / POINT_BYTES;
}

static void take_frame(const struct effect *e)
{
    struct stage_link *l = link_find(e->link);
    Seinpost__Message *m = NULL;
    CHECK(l != NULL && l->actor != STRANGER);
    CHECK(e->frame.len <= FRAME_BYTES_MAX);
    CHECK(message_decode(e->frame, &frame_arena, &m) == OK);
    remember(l, m);
}

/* I12: one number, one checkpoint, whatever happened in between. */
static void take_own_head(const uint8_t raw[CHECKPOINT_SIGNED_BYTES])
{
    struct checkpoint cp;
    if (checkpoint_verify(bytes_of(raw, CHECKPOINT_SIGNED_BYTES), actors[SELF].feed_secret + 32,
                          &cp) != OK)
        return; /* none yet, or of a later key */
    for (size_t i = 0; i < head_count; i++) {
        if (heads[i].seq != cp.seq || heads[i].epoch != cp.feed_epoch)
            continue;
        CHECK(memcmp(heads[i].raw, raw, CHECKPOINT_BYTES) == 0);
        return;
    }
    CHECK(head_count < HEADS_MAX);
    heads[head_count].seq = cp.seq;
    heads[head_count].epoch = cp.feed_epoch;
    memcpy(heads[head_count++].raw, raw, CHECKPOINT_BYTES);
}

static void take_record(const struct effect *e, const struct feed_record *rec)
{
    const struct feed_record *was = shelf_record(stage.shelf, e->author);
    if (was != NULL && e->type != EFFECT_PERSIST_CUT_BACK) {
        CHECK(rec->tree.size >= was->tree.size);
        CHECK(rec->feed_epoch >= was->feed_epoch);
    }
    if (memcmp(e->author, actors[SELF].author, AUTHOR_BYTES) == 0 && e->entries.count > 0)
        take_own_head(rec->held);
}

static void take_effect(const struct effect *e)
{
    struct stage_link *l;
    switch ((int)e->type) {
    case EFFECT_SEND:
        take_frame(e);
        return;
    case EFFECT_CUT:
        l = link_find(e->link);
        CHECK(l != NULL);
        l->is_up = false;
        return;
    case EFFECT_APPENDED:
        stage.appended = e->appended.result;
        return;
    case EFFECT_EVALUATED:
        CHECK(e->evaluated.ticket >= 1 && e->evaluated.ticket <= stage.tickets);
        CHECK(!stage.has_ended[e->evaluated.ticket % TICKETS_MAX]);
        stage.has_ended[e->evaluated.ticket % TICKETS_MAX] = true;
        CHECK(e->evaluated.result != OK || e->evaluated.points != NULL);
        return;
    case EFFECT_DIAL:
    case EFFECT_HANGUP:
    case EFFECT_ROSTER_ADOPTED:
    case EFFECT_ROSTER_REFUSED:
    case EFFECT_REPORT:
        return;
    case EFFECT_PERSIST_ENTRIES:
        take_record(e, e->entries.feed);
        break;
    case EFFECT_PERSIST_FEED:
        take_record(e, e->entries.feed);
        break;
    default:
        break;
    }
    shelf_apply(stage.shelf, e);
}

static void start(void *storage)
{
    struct archive archive = shelf_archive(stage.shelf);
    uint8_t drawn[64];
    sample_bytes(40, (uint32_t)stage.drawn++, drawn);
    memcpy(config.seed, drawn, sizeof config.seed);
    stage.core = federation_init(storage, &config, &archive);
    shelf_restore(stage.shelf, stage.core);
    for (size_t i = 0; i < STAGE_LINKS; i++)
        stage.links[i].is_up = false;
    for (size_t i = 0; i < TICKETS_MAX; i++)
        stage.has_ended[i] = i <= stage.tickets % TICKETS_MAX; /* those before died with it */
    struct event ev = {.type = EVENT_TICK};
    stage_step(&ev);
}

void stage_restart(void)
{
    if ((void *)stage.core == moment.spare)
        federation_clear(stage.core); /* the other is dropped whole, by the next reset */
    stage.loses_next = false;
    start(moment.spare);
}

void stage_step(struct event *ev)
{
    ev->now_ms = stage.now_ms;
    ev->now_utc = stage_now_utc();
    memset(ev->fresh, 0, sizeof ev->fresh);
    memcpy(ev->fresh, &stage.drawn, sizeof stage.drawn);
    stage.drawn++;
    federation_step(stage.core, ev, stage.effects);
    CHECK(stage.effects->count <= EFFECTS_MAX && stage.effects->arena_used <= EFFECT_ARENA_BYTES);
    if (stage.loses_next) { /* nothing was durable, so nothing left either */
        stage_restart();
        return;
    }
    for (size_t i = 0; i < stage.effects->count; i++)
        take_effect(&stage.effects->list[i]);
}

void stage_tick(uint64_t ms)
{
    struct event ev = {.type = EVENT_TICK};
    stage.now_ms += ms;
    stage_step(&ev);
}

/* ---- Connections ---- */

void stage_down(size_t place)
{
    struct stage_link *l = &stage.links[place];
    struct event ev = {.type = EVENT_DOWN};
    if (!l->is_up)
        return;
    l->is_up = false;
    ev.down.link = l->id;
    stage_step(&ev);
}

/* I4: of somebody who is not in the member list nothing is kept, and nothing is answered. */
static void check_no_effect(void)
{
    for (size_t i = 0; i < stage.effects->count; i++)
        CHECK(stage.effects->list[i].type == EFFECT_REPORT ||
              stage.effects->list[i].type == EFFECT_CUT);
}

void stage_up(size_t place, uint8_t actor, bool is_outbound)
{
    struct event ev = {.type = EVENT_UP};
    stage_down(place);
    stage.links[place] = (struct stage_link){.is_up = true, .actor = actor, .id = stage.next_link};
    ev.up.link = stage.next_link++;
    ev.up.is_outbound = is_outbound;
    memcpy(ev.up.transport_key, actors[actor].transport_key, KEY_BYTES);
    bool is_lost = stage.loses_next;
    stage_step(&ev);
    if (actor == STRANGER && !is_lost) {
        check_no_effect();
        CHECK(!stage.links[place].is_up);
    }
}

void stage_frame(size_t place, struct bytes frame)
{
    struct event ev = {.type = EVENT_FRAME};
    ev.frame.link =
        stage.links[place].is_up ? stage.links[place].id : 0x70000000u + (uint32_t)place;
    ev.frame.bytes = frame;
    bool is_known = stage.links[place].is_up || stage.loses_next;
    stage_step(&ev);
    if (!is_known)
        CHECK(stage.effects->count == 0);
}

void stage_message(size_t place, const Seinpost__Message *m)
{
    static uint8_t frame[FRAME_BYTES_MAX];
    size_t len = message_encode(m, frame, sizeof frame);
    if (len > 0)
        stage_frame(place, bytes_of(frame, len));
}

void stage_opening(size_t place, uint32_t version_min, uint32_t version_max)
{
    const struct roster *r = federation_roster(stage.core);
    struct actor *a = &actors[stage.links[place].actor];
    uint8_t genesis[HASH_BYTES], hash[HASH_BYTES];
    memcpy(genesis, r->genesis, HASH_BYTES);
    memcpy(hash, r->hash, HASH_BYTES);
    Seinpost__Opening o = SEINPOST__OPENING__INIT;
    o.version_min = version_min;
    o.version_max = version_max;
    o.federation = (ProtobufCBinaryData){HASH_BYTES, genesis};
    o.author = (ProtobufCBinaryData){AUTHOR_BYTES, a->author};
    o.roster_version = r->version;
    o.roster_hash = (ProtobufCBinaryData){HASH_BYTES, hash};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &o;
    stage_message(place, &m);
}

/* ---- The member list ---- */

static size_t sign_roster(uint8_t *paper)
{
    static uint8_t document[PAPER_BYTES];
    uint8_t public_key[32], secret[64];
    struct signed_roster *s = calloc(1, sizeof *s);
    CHECK(s != NULL);
    s->document = bytes_of(document, roster_encode(&stage.roster, document, sizeof document));
    s->count = 1;
    sample_steward(STEWARD, public_key, secret);
    CHECK(s->document.len > 0 && roster_sign(s->document, secret, &arena, s->signatures) == OK);
    roster_hash(s->document, stage.roster.hash);
    size_t len = signed_roster_encode(s, paper, PAPER_BYTES);
    free(s);
    return len;
}

void stage_roster(void)
{
    static uint8_t paper[PAPER_BYTES];
    struct event ev = {.type = EVENT_ROSTER};
    ev.roster.signed_roster = bytes_of(paper, sign_roster(paper));
    stage_step(&ev);
}

static void make_actors(void)
{
    for (uint32_t i = 0; i < ACTORS; i++) {
        struct organisation o;
        sample_organisation(&o, i);
        memcpy(actors[i].author, o.author, AUTHOR_BYTES);
        memcpy(actors[i].transport_key, o.transport_key, KEY_BYTES);
        sample_steward(20 + i, o.feed_key, actors[i].feed_secret);
    }
}

static void make_roster(void)
{
    static const uint32_t roles[NODES] = {
        ROLE_MEMBER | ROLE_KEYHOLDER | ROLE_RELAY,
        ROLE_MEMBER | ROLE_KEYHOLDER,
        ROLE_MEMBER | ROLE_KEYHOLDER,
        ROLE_OBSERVER,
        ROLE_MEMBER | ROLE_RELAY,
    };
    static uint8_t paper[PAPER_BYTES];
    struct effect e = {.type = EFFECT_PERSIST_ROSTER};
    sample_roster(&stage.roster, NODES);
    stage.roster.stewards.count = stage.roster.stewards.quorum = 1;
    stage.roster.key_count = 1;
    stage.roster.policy.budget_a_day = 64;
    stage.roster.fresh_until_utc = STAGE_UTC + (int64_t)10 * 365 * 86400;
    for (size_t i = 0; i < NODES; i++) {
        memcpy(stage.roster.organisations[i].feed_key, actors[i].feed_secret + 32, KEY_BYTES);
        stage.roster.organisations[i].roles = roles[i];
    }
    size_t len = sign_roster(paper);
    memcpy(stage.roster.genesis, stage.roster.hash, HASH_BYTES);
    e.roster.version = 1;
    memcpy(e.roster.hash, stage.roster.hash, HASH_BYTES);
    e.roster.signed_roster = bytes_of(paper, len);
    shelf_apply(stage.shelf, &e);
}

/* ---- The moment ---- */

static void confirm_head(size_t place)
{
    uint8_t nonce[32];
    memcpy(nonce, stage.links[place].nonce, sizeof nonce);
    Seinpost__HeadAnswer body = SEINPOST__HEAD_ANSWER__INIT;
    body.nonce = (ProtobufCBinaryData){sizeof nonce, nonce};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ANSWER;
    m.head_answer = &body;
    stage_message(place, &m);
}

static void make_moment(void)
{
    CHECK(sodium_init() >= 0);
    wire_arena_init(&arena, room, sizeof room);
    wire_arena_init(&frame_arena, frame_room, sizeof frame_room);
    moment.bytes = (federation_bytes() + 4095) / 4096 * 4096;
    moment.fd = memfd_create("core", MFD_CLOEXEC);
    CHECK(moment.fd >= 0 && ftruncate(moment.fd, (off_t)moment.bytes) == 0);
    moment.storage = mmap(NULL, moment.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, moment.fd, 0);
    moment.spare = aligned_alloc(4096, moment.bytes);
    CHECK(moment.storage != MAP_FAILED && moment.spare != NULL);
    stage.effects = calloc(1, sizeof *stage.effects);
    stage.shelf = shelf_new();
    stage.next_link = 1;
    stage.now_ms = 1000;
    CHECK(stage.effects != NULL);
    make_actors();
    make_roster();
    memcpy(config.author, actors[SELF].author, AUTHOR_BYTES);
    memcpy(config.feed_secret, actors[SELF].feed_secret, sizeof config.feed_secret);
    config.receipt_seconds = 60;
    config.profile.count = 1;
    strcpy(config.profile.endpoint[0], "tcp://10.0.0.1:5700");
    struct effect dealt = {.type = EFFECT_PERSIST_SHARE};
    dealt.share = (struct held_share){.key = KEY_PSEUDONYMS, .epoch = 1};
    stage_share(SELF, &dealt.share.share);
    shelf_apply(stage.shelf, &dealt);
    start(moment.storage);
    static const uint8_t peers[] = {1, 2, 4};
    for (size_t i = 0; i < sizeof peers; i++) {
        stage_up(i, peers[i], false);
        stage_opening(i, PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX);
        confirm_head(i);
    }
    stage_tick(2000);
    struct standing standing;
    federation_standing(stage.core, &standing);
    CHECK(standing.may_sign && standing.size > 0);
}

void stage_reset(void)
{
    if (!moment.is_made) {
        make_moment();
        moment.stage = stage;
        moment.shelf = shelf_copy(stage.shelf);
        head_count_then = head_count;
        CHECK(mmap(moment.storage, moment.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                   moment.fd, 0) == moment.storage);
        moment.is_made = true;
        return;
    }
    CHECK(madvise(moment.storage, moment.bytes, MADV_DONTNEED) == 0);
    shelf_assign(stage.shelf, moment.shelf);
    stage = moment.stage;
    head_count = head_count_then;
}

/* ---- The end ---- */

struct replay {
    const uint8_t *author;
    struct merkle_frontier tree;
    uint64_t held_size;
    uint8_t held_root[HASH_BYTES];
    uint64_t owed, refused, opaque;
};

static bool replay_row(void *ctx, const struct archive_row *row)
{
    struct replay *r = ctx;
    struct header h;
    uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    CHECK(header_decode(row->header, &h) == OK && h.index == r->tree.size);
    CHECK(state_has_body(row->state) == (row->body.len > 0));
    CHECK(row->body.len == 0 || body_check(r->author, &h, row->body) == OK);
    r->owed += row->state == STATE_OWED;
    r->refused += row->state == STATE_REFUSED;
    r->opaque += row->state == STATE_OPAQUE || row->state == STATE_NEWER;
    merkle_leaf(bytes_of(row->header, HEADER_BYTES), leaf);
    merkle_append(&r->tree, leaf, &levels, tile);
    if (r->tree.size == r->held_size)
        merkle_root(&r->tree, r->held_root);
    return true;
}

static void check_feed(const uint8_t *author)
{
    const struct feed_record *rec = shelf_record(stage.shelf, author);
    struct archive archive = shelf_archive(stage.shelf);
    struct replay r = {.author = author};
    struct checkpoint held = {0};
    uint8_t root[HASH_BYTES], stored[HASH_BYTES];
    if (rec == NULL)
        return;
    if (checkpoint_read(bytes_of(rec->held, sizeof rec->held), &held) == OK)
        CHECK(memcmp(held.author, author, AUTHOR_BYTES) == 0);
    r.held_size = held.size;
    merkle_frontier_init(&r.tree);
    archive.read(archive.ctx, author, 0, SIZE_MAX, replay_row, &r);
    merkle_root(&r.tree, root);
    merkle_root(&rec->tree, stored);
    CHECK(r.tree.size == rec->tree.size && memcmp(root, stored, HASH_BYTES) == 0);
    CHECK(rec->owed == r.owed && rec->refused == r.refused && rec->opaque == r.opaque);
    CHECK(held.size <= rec->tree.size);
    CHECK(held.size == 0 || memcmp(held.root, r.held_root, HASH_BYTES) == 0);
}

void stage_check(void)
{
    struct coverage coverage;
    for (size_t i = 0; i < ACTORS; i++)
        check_feed(actors[i].author);
    CHECK(shelf_record(stage.shelf, actors[STRANGER].author) == NULL);
    federation_coverage(stage.core, stage_now_utc(), &coverage);
    CHECK(coverage.feeds_covered <= coverage.feeds && (coverage.gaps & ~(unsigned)GAP_ALL) == 0);
    for (size_t i = 0; i < federation_feed_count(stage.core); i++) {
        struct feed_status status;
        federation_feed_status(stage.core, i, &status);
        CHECK(!status.is_own || memcmp(status.author, actors[SELF].author, AUTHOR_BYTES) == 0);
    }
}
