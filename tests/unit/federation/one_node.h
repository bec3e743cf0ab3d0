/*
 * one_node.h - the core of one node with a member list of three keyholders and an empty archive;
 * the test plays its peers. Include it after cmocka.h.
 */
#ifndef TESTS_UNIT_FEDERATION_ONE_NODE_H
#define TESTS_UNIT_FEDERATION_ONE_NODE_H

#include "federation/federation.h"
#include "proto/wire.h"
#include "tests/unit/protocol/roster_sample.h"

enum { ONE_NODE_UTC = 1900000100, ONE_NODE_ORGANISATIONS = 3 };

struct one_node {
    void *storage;
    struct federation *core;
    struct federation_config config;
    struct effects *effects;
    struct wire_arena arena;
    uint8_t arena_bytes[ROSTER_ARENA_BYTES];
    struct roster roster; /* in force; organisation 0 is the node itself */
    uint64_t now_ms;
};

static size_t none_read(void *ctx, const uint8_t *author, uint64_t first, size_t count,
                        bool (*row)(void *, const struct archive_row *), void *row_ctx)
{
    (void)ctx, (void)author, (void)first, (void)count, (void)row, (void)row_ctx;
    return 0;
}

static enum entry_state none_state(void *ctx, const uint8_t *author, uint64_t index)
{
    (void)ctx, (void)author, (void)index;
    return STATE_NONE;
}

static bool none_tile(void *ctx, const uint8_t *author, unsigned tile, uint64_t position,
                      uint8_t out[HASH_BYTES])
{
    (void)ctx, (void)author, (void)tile, (void)position, (void)out;
    return false;
}

static size_t none_owed(void *ctx, const uint8_t *author, uint64_t from, uint64_t *out, size_t max)
{
    (void)ctx, (void)author, (void)from, (void)out, (void)max;
    return 0;
}

static size_t none_expired(void *ctx, uint32_t day, uint8_t (*authors)[AUTHOR_BYTES],
                           uint64_t *indexes, size_t max)
{
    (void)ctx, (void)day, (void)authors, (void)indexes, (void)max;
    return 0;
}

static bool none_request(void *ctx, const uint8_t *member, const uint8_t request[16],
                         uint8_t points_hash[HASH_BYTES])
{
    (void)ctx, (void)member, (void)request, (void)points_hash;
    return false;
}

static uint32_t none_factored(void *ctx, const uint8_t *member, uint32_t epoch)
{
    (void)ctx, (void)member, (void)epoch;
    return 0;
}

static uint64_t none_signals(void *ctx, const uint8_t *author)
{
    (void)ctx, (void)author;
    return 0;
}

static void none_ceremonies(void *ctx,
                            bool (*row)(void *row_ctx, const uint8_t *author,
                                        const struct archive_row *r),
                            void *row_ctx)
{
    (void)ctx, (void)row, (void)row_ctx;
}

static uint64_t none_surged(void *ctx, const uint8_t *member, uint64_t index, uint32_t from_day,
                            uint32_t until_day)
{
    (void)ctx, (void)member, (void)index, (void)from_day, (void)until_day;
    return 0;
}

static size_t none_due(void *ctx, uint8_t (*authors)[AUTHOR_BYTES], uint64_t *indexes, size_t max)
{
    (void)ctx, (void)authors, (void)indexes, (void)max;
    return 0;
}

static size_t none_fork(void *ctx, const uint8_t *author, uint32_t feed_epoch, uint8_t *out,
                        size_t cap)
{
    (void)ctx, (void)author, (void)feed_epoch, (void)out, (void)cap;
    return 0;
}

static size_t none_roster(void *ctx, uint64_t version, uint8_t *out, size_t cap)
{
    (void)ctx, (void)version, (void)out, (void)cap;
    return 0;
}

static size_t none_rival(void *ctx, const uint8_t *hash, uint8_t *out, size_t cap)
{
    (void)ctx, (void)hash, (void)out, (void)cap;
    return 0;
}

/* One event, a second after the last. */
static inline void one_node_step(struct one_node *n, struct event *ev)
{
    n->now_ms += 1000;
    ev->now_ms = n->now_ms;
    ev->now_utc = ONE_NODE_UTC + (int64_t)(n->now_ms / 1000);
    federation_step(n->core, ev, n->effects);
}

static inline void one_node_tick(struct one_node *n)
{
    struct event ev = {.type = EVENT_TICK};
    one_node_step(n, &ev);
}

/* A frame that a peer sends. */
static inline void one_node_frame(struct one_node *n, uint32_t link, const Seinpost__Message *m)
{
    uint8_t frame[16384];
    size_t len = message_encode(m, frame, sizeof frame);
    assert_true(len > 0);
    struct event ev = {.type = EVENT_FRAME};
    ev.frame.link = link;
    ev.frame.bytes = bytes_of(frame, len);
    one_node_step(n, &ev);
}

/* The first message of one kind that the last step sends over a link; NULL if there is none. It
 * lives until the next call. */
static inline const Seinpost__Message *one_node_sent(struct one_node *n, uint32_t link,
                                                     Seinpost__Message__BodyCase kind)
{
    for (size_t i = 0; i < n->effects->count; i++) {
        const struct effect *e = &n->effects->list[i];
        Seinpost__Message *m = NULL;
        if (e->type != EFFECT_SEND || e->link != link)
            continue;
        assert_int_equal(message_decode(e->frame, &n->arena, &m), OK);
        if (m->body_case == kind)
            return m;
    }
    return NULL;
}

/* Organisation i connects as link i and is opened. */
static inline void one_node_connect(struct one_node *n, uint32_t i)
{
    struct event ev = {.type = EVENT_UP};
    struct organisation *org = &n->roster.organisations[i];
    ev.up.link = i;
    memcpy(ev.up.transport_key, org->transport_key, KEY_BYTES);
    one_node_step(n, &ev);
    Seinpost__Opening opening = SEINPOST__OPENING__INIT;
    opening.version_min = PROTOCOL_VERSION_MIN;
    opening.version_max = PROTOCOL_VERSION_MAX;
    opening.federation = (ProtobufCBinaryData){HASH_BYTES, n->roster.genesis};
    opening.author = (ProtobufCBinaryData){AUTHOR_BYTES, org->author};
    opening.roster_version = n->roster.version;
    opening.roster_hash = (ProtobufCBinaryData){HASH_BYTES, n->roster.hash};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &opening;
    one_node_frame(n, i, &m);
}

/* A peer's answer to the question that the last step sent it: the given checkpoint of the node's
 * own, or none. */
static inline void one_node_answer(struct one_node *n, uint32_t link, const uint8_t *checkpoint)
{
    uint8_t nonce[32];
    const Seinpost__Message *asked = one_node_sent(n, link, SEINPOST__MESSAGE__BODY_HEAD_ASK);
    assert_non_null(asked);
    memcpy(nonce, asked->head_ask->nonce.data, sizeof nonce);
    Seinpost__HeadAnswer body = SEINPOST__HEAD_ANSWER__INIT;
    body.nonce = (ProtobufCBinaryData){sizeof nonce, nonce};
    if (checkpoint != NULL)
        body.checkpoint =
            (ProtobufCBinaryData){CHECKPOINT_SIGNED_BYTES, (uint8_t *)(uintptr_t)checkpoint};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ANSWER;
    m.head_answer = &body;
    one_node_frame(n, link, &m);
}

/* The share of organisation i in sample_key. */
static inline void one_node_share(uint32_t i, uint32_t key, uint32_t epoch, struct held_share *out)
{
    uint8_t wide[64], secret[32], coefficient[32];
    struct share shares[3];
    sample_bytes(3, key * 100 + epoch, wide);
    scalar_from_wide(wide, secret);
    sample_bytes(4, key * 100 + epoch, wide);
    scalar_from_wide(wide, coefficient);
    assert_int_equal(threshold_deal(secret, coefficient, 2, 3, shares), OK);
    *out = (struct held_share){.key = key, .epoch = epoch, .share = shares[i]};
}

static inline void one_node_load(struct one_node *n)
{
    struct signed_roster *s = calloc(1, sizeof *s);
    uint8_t *document = malloc(65536), *paper = malloc(65536);
    assert_true(s != NULL && document != NULL && paper != NULL);
    s->document = bytes_of(document, roster_encode(&n->roster, document, 65536));
    size_t len = signed_roster_encode(s, paper, 65536);
    roster_hash(s->document, n->roster.hash);
    memcpy(n->roster.genesis, n->roster.hash, HASH_BYTES);
    assert_int_equal(federation_load_roster(n->core, bytes_of(paper, len), n->roster.hash), OK);
    free(s);
    free(document);
    free(paper);
}

static size_t none_seen(void *ctx, const uint8_t hash[HASH_BYTES], uint8_t *out, size_t cap)
{
    (void)ctx, (void)hash, (void)out, (void)cap;
    return 0;
}

static bool none_witness(void *ctx, const uint8_t author[AUTHOR_BYTES], uint32_t feed_epoch,
                         uint64_t seq, uint8_t out[CHECKPOINT_SIGNED_BYTES])
{
    (void)ctx, (void)author, (void)feed_epoch, (void)seq, (void)out;
    return false;
}

static bool none_hole(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t from, uint64_t *first,
                      uint64_t *past)
{
    (void)ctx, (void)author, (void)from, (void)first, (void)past;
    return false;
}

static struct correction none_correction(void *ctx, const uint8_t author[AUTHOR_BYTES],
                                         uint64_t index)
{
    (void)ctx, (void)author, (void)index;
    return (struct correction){0};
}

static int one_node_setup(void **state)
{
    const struct archive archive = {
        .read = none_read,
        .state = none_state,
        .hole = none_hole,
        .correction = none_correction,
        .tile = none_tile,
        .owed = none_owed,
        .opaque = none_owed,
        .expired = none_expired,
        .request = none_request,
        .factored = none_factored,
        .signals = none_signals,
        .ceremonies = none_ceremonies,
        .surged = none_surged,
        .receipts_due = none_due,
        .roster = none_roster,
        .rival = none_rival,
        .fork = none_fork,
        .seen = none_seen,
        .witness = none_witness,
    };
    struct one_node *n = calloc(1, sizeof *n);
    if (n == NULL)
        return -1;
    *state = n;
    n->storage = aligned_alloc(16, (federation_bytes() + 15) / 16 * 16);
    n->effects = calloc(1, sizeof *n->effects);
    if (n->storage == NULL || n->effects == NULL)
        return -1;
    wire_arena_init(&n->arena, n->arena_bytes, sizeof n->arena_bytes);
    sample_roster(&n->roster, ONE_NODE_ORGANISATIONS);
    struct organisation *own = &n->roster.organisations[0];
    sample_steward(7, own->feed_key, n->config.feed_secret);
    memcpy(n->config.author, own->author, AUTHOR_BYTES);
    n->config.receipt_seconds = 86400;
    n->core = federation_init(n->storage, &n->config, &archive);
    one_node_load(n);
    struct held_share share;
    one_node_share(0, KEY_PSEUDONYMS, 1, &share);
    assert_int_equal(federation_load_share(n->core, &share), OK);
    one_node_share(0, KEY_STATISTICS, 4, &share);
    assert_int_equal(federation_load_share(n->core, &share), OK);
    one_node_tick(n);
    return 0;
}

static int one_node_teardown(void **state)
{
    struct one_node *n = *state;
    if (n != NULL) {
        free(n->storage);
        free(n->effects);
    }
    free(n);
    return 0;
}

#endif
