/*
 * fuzz_step.c - scripts of events, into one real core.
 *
 * Every byte of the input chooses what happens next; what it needs follows: connections, frames of
 * peers that hold their true keys (quill.h) or of any bytes, time, the desk's and the operator's
 * work, power cuts, restarts, clocks that jump. stage.h says what must hold after each step.
 */
#include "protocol/correction.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quill.h"
#include "tests/fuzz/rite.h"

enum { STEPS_MAX = 48, RESTARTS_MAX = 2, ROSTERS_MAX = 6, EVALUATED_MAX = 3, TEXT_MAX = 200 };

/* What a script has used of what is dear. */
static struct {
    unsigned restarts, rosters, evaluated;
} spent;

static size_t place_of(struct unpack *u)
{
    return unpack_u8(u) % STAGE_LINKS;
}

static void on_tick(struct unpack *u)
{
    stage_tick((uint64_t)unpack_u16(u) * 10);
}

static void on_up(struct unpack *u)
{
    size_t place = place_of(u);
    uint8_t who = unpack_u8(u);
    stage_up(place, who % ACTORS, (who & 0x40) != 0);
    if ((who & 0x80) == 0 && stage.links[place].is_up)
        stage_opening(place, PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX);
}

static void on_down(struct unpack *u)
{
    stage_down(place_of(u));
}

static void on_bytes(struct unpack *u)
{
    size_t place = place_of(u);
    stage_frame(place, unpack_view(u, unpack_u8(u)));
}

static void append(struct draft *d, size_t count)
{
    struct event ev = {.type = EVENT_APPEND};
    ev.append.ticket = 1;
    ev.append.drafts = d;
    ev.append.count = count;
    stage_step(&ev);
}

static void on_append(struct unpack *u)
{
    uint8_t what = unpack_u8(u), payload[SIGNAL_BYTES_MAX], erase[1], retract[RETRACT_BYTES];
    static const uint8_t tag[TAG_BYTES] = {3};
    struct signal s = {1, tag};
    struct draft d[3] = {
        {.type = ENTRY_SIGNAL, .expires_day = stage_today() + 1 + what}
    };
    d[0].payload = bytes_of(payload, signal_encode(&s, payload));
    d[1] = (struct draft){.type = ENTRY_ERASE, .ref_plus_one = 1u + what % 32};
    d[1].payload = bytes_of(erase, erase_encode(erase));
    d[2] = (struct draft){.type = ENTRY_RETRACT, .ref_plus_one = 1u + what % 32};
    d[2].payload = bytes_of(retract, retract_encode(1, retract));
    append(&d[(what >> 5) % 3], (what & 0x80) != 0 ? 3 - (what >> 5) % 3 : 1);
}

static void on_send(struct unpack *u)
{
    struct event ev = {.type = EVENT_SEND};
    uint8_t to = unpack_u8(u);
    ev.send.ticket = 1;
    memcpy(ev.send.recipient, actors[to % ACTORS].author, AUTHOR_BYTES);
    ev.send.role = (to & 0x40) != 0 ? 2 : PREKEY_INTEGRITY_OFFICER;
    ev.send.type = ENVELOPE_LETTER;
    ev.send.id[0] = unpack_u8(u);
    ev.send.content = unpack_view(u, unpack_u8(u));
    stage_step(&ev);
}

static void on_evaluate(struct unpack *u)
{
    struct event ev = {.type = EVENT_EVALUATE};
    uint8_t len = unpack_u8(u), how = len >> 5, element[1][32] = {{0}};
    struct subject subject = {1, unpack_view(u, len % 32)};
    if (spent.evaluated++ >= EVALUATED_MAX)
        return;
    /* As people's work asks, for this and that key period; for a factor; and what nobody asks. */
    if (subject.match_key.len > 0)
        memcpy(element[0], subject.match_key.data, subject.match_key.len);
    ev.evaluate.ticket = ++stage.tickets;
    ev.evaluate.key = how >= 4 ? KEY_FACTOR : how == 3 ? KEY_STATISTICS : 0;
    ev.evaluate.epoch = how % 4 < 3 ? how % 4 : 0;
    if (how >= 5)
        ev.evaluate.elements = (const uint8_t(*)[32])element;
    else
        ev.evaluate.subjects = &subject;
    ev.evaluate.count = 1;
    ev.evaluate.seed[0] = (uint8_t)stage.tickets;
    stage_step(&ev);
}

/* A next member list, with one organisation changed. */
static void on_roster(struct unpack *u)
{
    uint8_t what = unpack_u8(u);
    struct organisation *o = &stage.roster.organisations[what % NODES];
    const struct roster *now = federation_roster(stage.core);
    struct accepted head;
    if (spent.rosters++ >= ROSTERS_MAX)
        return;
    memcpy(stage.roster.previous, now->hash, HASH_BYTES);
    stage.roster.version = now->version + 1;
    memset(stage.roster.also, 0, HASH_BYTES);
    if (now->has_rival)
        memcpy(stage.roster.also, now->rival, HASH_BYTES);
    switch (what >> 4 & 3) {
    case 0:
        o->status = (enum org_status)(1 + unpack_u8(u) % 3);
        if (federation_head(stage.core, o->author, &head))
            o->accepted = head;
        o->accepted.feed_epoch = o->feed_epoch;
        break;
    case 1:
        o->roles = unpack_u8(u) | (what % NODES < 3 ? (uint32_t)ROLE_KEYHOLDER : 0u);
        break;
    case 2:
        stage.roster.policy.term_days_max = unpack_u8(u);
        stage.roster.policy.coverage_seconds = unpack_u8(u);
        break;
    default:
        stage.roster.version -= 1; /* a rival, or one that is there already */
        stage.roster.issued_utc += unpack_u8(u);
        if (stage.roster.version > 1) {
            stage.roster.version = now->version;
            memcpy(stage.roster.previous, now->previous, HASH_BYTES);
        }
    }
    stage_roster();
}

static void on_restart(struct unpack *u)
{
    (void)u;
    if (spent.restarts++ < RESTARTS_MAX)
        stage_restart();
}

/* The power goes in the middle of the next step. */
static void on_crash(struct unpack *u)
{
    (void)u;
    if (spent.restarts++ < RESTARTS_MAX)
        stage.loses_next = true;
}

static void on_jump(struct unpack *u)
{
    int32_t by = (int32_t)unpack_u32(u);
    int64_t skew = stage.skew_utc + by;
    if (skew > -STAGE_UTC && skew < (int64_t)4 * 1000 * 1000 * 1000)
        stage.skew_utc = skew;
}

/* What a peer writes. */
static void on_quill(struct unpack *u, void (*write)(struct unpack *u, size_t place))
{
    size_t place = place_of(u);
    write(u, place);
}

/* The operator proposes one, joins the last one proposed by anybody, or ends it. */
static void on_ceremony(struct unpack *u)
{
    static struct ceremony_proposal p;
    static const enum ceremony_step steps[] = {CEREMONY_PROPOSE, CEREMONY_JOIN, CEREMONY_ABORT};
    struct event ev = {.type = EVENT_CEREMONY};
    ev.ceremony.ticket = 1;
    ev.ceremony.what = steps[unpack_u8(u) % 3];
    if (ev.ceremony.what == CEREMONY_PROPOSE) {
        rite_propose(u, SELF, &p);
        ev.ceremony.proposal = &p;
    }
    memcpy(ev.ceremony.id, rite_id(), HASH_BYTES);
    stage_step(&ev);
}

static void play(struct unpack *u)
{
    static void (*const quills[])(struct unpack *, size_t) = {
        quill_opening,    quill_head_answer, quill_follow,    quill_batch, quill_body_ask,
        quill_body_batch, quill_evaluate,    quill_evaluated, quill_seen,  quill_fork,
        quill_evidence,   quill_delivery,    quill_roster,
    };
    static void (*const others[])(struct unpack *) = {
        on_tick,     on_up,     on_down,    on_bytes, on_append, on_send,
        on_evaluate, on_roster, on_restart, on_crash, on_jump,
    };
    enum { QUILLS = sizeof quills / sizeof quills[0], OTHERS = sizeof others / sizeof others[0] };
    uint8_t byte = unpack_u8(u), what = byte % (QUILLS + OTHERS);
    if (byte == 255)
        on_ceremony(u);
    else if (what < QUILLS)
        on_quill(u, quills[what]);
    else
        others[what - QUILLS](u);
}

/* I7: once nobody answers any more, every evaluation has ended. */
static void drain(void)
{
    stage.loses_next = false;
    for (int i = 0; i < 4; i++)
        stage_tick(20000);
    for (uint64_t t = 1; t <= stage.tickets; t++)
        CHECK(stage.has_ended[t % TICKETS_MAX]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct unpack u = unpack_of(bytes_of(data, len));
    if (len > 4096)
        return 0;
    memset(&spent, 0, sizeof spent);
    stage_reset();
    quill_reset();
    for (int i = 0; i < STEPS_MAX && u.left > 0; i++)
        play(&u);
    drain();
    stage_check();
    return 0;
}
