#include "tests/fuzz/quill.h"

#include <sodium.h>

#include "protocol/correction.h"
#include "protocol/fork.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/rite.h"
#include "tests/unit/protocol/roster_sample.h"

enum { ENTRIES_MAX = 24, BODY_ROOM = 4096, EVALUATED_MAX = 4 };

/* A feed as its author writes it. */
struct quill {
    struct merkle_frontier tree;
    struct checkpoint last;
    uint8_t last_raw[CHECKPOINT_SIGNED_BYTES];
    uint8_t before_raw[CHECKPOINT_SIGNED_BYTES];
    size_t count;
    uint8_t headers[ENTRIES_MAX][HEADER_BYTES];
    uint8_t bodies[ENTRIES_MAX][BODY_ROOM];
    size_t body_len[ENTRIES_MAX];
};

static struct quill quills[ACTORS];

#define DATA(array) ((ProtobufCBinaryData){sizeof(array), (array)})
#define MESSAGE(m, CASE, member, content)                                                          \
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;                                                 \
    m.body_case = SEINPOST__MESSAGE__BODY_##CASE;                                                  \
    m.member = (content)

void quill_reset(void)
{
    rite_reset();
    for (size_t i = 0; i < ACTORS; i++) {
        merkle_frontier_init(&quills[i].tree);
        memset(&quills[i].last, 0, sizeof quills[i].last);
        memset(quills[i].last_raw, 0, sizeof quills[i].last_raw);
        memset(quills[i].before_raw, 0, sizeof quills[i].before_raw);
        quills[i].count = 0;
    }
}

static ProtobufCBinaryData view(struct unpack *u)
{
    struct bytes b = unpack_view(u, unpack_u8(u));
    return (ProtobufCBinaryData){b.len, (uint8_t *)(uintptr_t)b.data};
}

static ProtobufCBinaryData author(uint8_t which)
{
    return (ProtobufCBinaryData){AUTHOR_BYTES, actors[which % ACTORS].author};
}

/* ---- Openings and questions ---- */

void quill_opening(struct unpack *u, size_t place)
{
    uint8_t low = unpack_u8(u), high = unpack_u8(u);
    stage_opening(place, low % 4 == 0 ? PROTOCOL_VERSION_MIN : low,
                  high % 4 == 0 ? PROTOCOL_VERSION_MAX : high);
}

void quill_head_answer(struct unpack *u, size_t place)
{
    uint8_t how = unpack_u8(u), nonce[32], raw[CHECKPOINT_SIGNED_BYTES];
    memcpy(nonce, stage.links[place].nonce, sizeof nonce);
    Seinpost__HeadAnswer body = SEINPOST__HEAD_ANSWER__INIT;
    const struct feed_record *own = shelf_record(stage.shelf, actors[SELF].author);
    body.nonce = DATA(nonce);
    if ((how & 1) != 0 && own != NULL) { /* the core's own key: as if another node had it */
        struct checkpoint cp;
        memcpy(raw, own->held, sizeof raw);
        if ((how & 2) != 0 && checkpoint_read(bytes_of(raw, sizeof raw), &cp) == OK) {
            cp.seq += unpack_u8(u);
            cp.size += unpack_u8(u);
            cp.root[0] ^= unpack_u8(u);
            checkpoint_sign(&cp, actors[SELF].feed_secret, raw);
        }
        body.checkpoint = DATA(raw);
    }
    MESSAGE(m, HEAD_ANSWER, head_answer, &body);
    stage_message(place, &m);
}

void quill_follow(struct unpack *u, size_t place)
{
    Seinpost__Follow body = SEINPOST__FOLLOW__INIT;
    body.author = author(unpack_u8(u));
    body.feed_epoch = 1 + unpack_u8(u) / 128;
    body.size = unpack_u8(u);
    body.seq = unpack_u8(u);
    body.credit = unpack_u16(u) * 64u;
    MESSAGE(m, FOLLOW, follow, &body);
    stage_message(place, &m);
}

/* ---- Feeds ---- */

/* A payload that means something, of the type that it is for. */
static struct bytes payload_of(uint8_t which, struct unpack *u, uint8_t *type, uint8_t *out)
{
    static const uint8_t types[] = {ENTRY_SIGNAL, ENTRY_ALERT,   ENTRY_AMEND,   ENTRY_RETRACT,
                                    ENTRY_ERASE,  ENTRY_RECEIPT, ENTRY_PROFILE, ENTRY_COVER};
    static const uint8_t tags[2 * TAG_BYTES] = {1, [TAG_BYTES] = 2};
    struct signal s = {2, tags};
    struct alert a = {.kind = 1, .basis = 1, .partner = "GB-CHC-1234567"};
    struct receipt r = {.count = 1};
    struct profile p = {.relay_count = 1, .prekey_count = 1};
    struct amend am = {.type = ENTRY_SIGNAL};
    uint8_t inner[SIGNAL_BYTES_MAX];
    *type = types[which % 8];
    switch (*type) {
    case ENTRY_SIGNAL:
        return bytes_of(out, signal_encode(&s, out));
    case ENTRY_ALERT:
        return bytes_of(out, alert_encode(&a, out));
    case ENTRY_AMEND:
        am.previous = unpack_u8(u) % 16;
        am.payload = bytes_of(inner, signal_encode(&s, inner));
        return bytes_of(out, amend_encode(&am, out));
    case ENTRY_RETRACT:
        return bytes_of(out, retract_encode(1, out));
    case ENTRY_ERASE:
        return bytes_of(out, erase_encode(out));
    case ENTRY_RECEIPT:
        memcpy(r.row[0].author, actors[SELF].author, AUTHOR_BYTES);
        r.row[0].index = unpack_u8(u) % 32;
        return bytes_of(out, receipt_encode(&r, out));
    case ENTRY_PROFILE:
        memcpy(p.relay[0], actors[4].author, AUTHOR_BYTES);
        p.prekey[0] = (struct prekey){1, stage_today(), stage_today() + 7, {9}};
        return bytes_of(out, profile_encode(&p, out));
    default:
        return bytes_of(out, 0);
    }
}

/* Appends one entry to what the actor writes. */
static void write_entry(struct quill *q, size_t who, struct unpack *u)
{
    const uint8_t *by = actors[who].author;
    static uint8_t payload[CEREMONY_BYTES_MAX];
    uint8_t what = unpack_u8(u), salt[SALT_BYTES] = {what}, leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    size_t at = q->count, len = 0;
    struct body b = {.day = stage_today()};
    struct header h = {.version = HEADER_VERSION, .index = q->tree.size};
    b.payload = payload_of(what & 7, u, &b.type, payload);
    if (b.type == ENTRY_AMEND || b.type == ENTRY_RETRACT || b.type == ENTRY_ERASE)
        b.ref_plus_one = 1 + unpack_u8(u) % 16;
    if (b.type == ENTRY_SIGNAL || b.type == ENTRY_ALERT || b.type == ENTRY_AMEND)
        h.expires_day = b.day + 1 + unpack_u8(u);
    if (b.type == ENTRY_COVER)
        h.expires_day = b.day;
    if ((what & 0xc0) == 0xc0) {
        b.type = ENTRY_CEREMONY;
        b.payload = bytes_of(payload, rite_payload(u, who, payload));
        h.expires_day = b.day + CEREMONY_KEPT_DAYS;
    }
    if ((what & 8) != 0) { /* any bytes in its place */
        b.type = unpack_u8(u);
        b.payload = unpack_view(u, unpack_u8(u));
    }
    if ((what & 16) != 0) {
        b.day += unpack_u8(u) - 128u;
        h.expires_day += unpack_u16(u) - 1000u;
    }
    h.audience = (what & 32) != 0 ? AUDIENCE_ADDRESSED : AUDIENCE_ALL;
    CHECK(body_encode(&b, (enum audience)h.audience, salt, q->bodies[at], BODY_ROOM, &len) == OK);
    h.body_units = (uint16_t)(len / BODY_UNIT_BYTES);
    body_commit(by, h.index, bytes_of(q->bodies[at], len), h.commit);
    header_encode(&h, q->headers[at]);
    q->body_len[at] = len;
    q->count++;
    merkle_leaf(bytes_of(q->headers[at], HEADER_BYTES), leaf);
    merkle_append(&q->tree, leaf, &levels, tile);
}

/* The next checkpoint, honest or wrong in what the bits say. */
static void sign_next(struct quill *q, const struct actor *a, uint8_t wrong, struct unpack *u)
{
    struct checkpoint cp = {.feed_epoch = 1,
                            .seq = checkpoint_next_seq(q->last.seq, (wrong & 1) != 0),
                            .size = q->tree.size,
                            .time_utc = (uint64_t)stage_now_utc()};
    memcpy(cp.author, a->author, AUTHOR_BYTES);
    merkle_root(&q->tree, cp.root);
    if (q->last.seq > 0)
        checkpoint_hash(&q->last, cp.previous);
    if ((wrong & 2) != 0)
        cp.seq += unpack_u8(u) - 128u;
    if ((wrong & 4) != 0)
        cp.size += unpack_u8(u) - 128u;
    if ((wrong & 8) != 0)
        cp.time_utc += unpack_u32(u);
    if ((wrong & 16) != 0)
        cp.previous[unpack_u8(u) % HASH_BYTES] ^= 1;
    if ((wrong & 32) != 0)
        cp.root[unpack_u8(u) % HASH_BYTES] ^= 1;
    if ((wrong & 64) != 0)
        cp.feed_epoch = unpack_u8(u);
    memcpy(q->before_raw, q->last_raw, sizeof q->before_raw);
    checkpoint_sign(&cp, a->feed_secret, q->last_raw);
    q->last = cp;
}

void quill_batch(struct unpack *u, size_t place)
{
    static uint8_t headers[ENTRIES_MAX * HEADER_BYTES], bodies[ENTRIES_MAX * BODY_ROOM];
    uint8_t which = unpack_u8(u) % ACTORS, count = unpack_u8(u) % 6, wrong = unpack_u8(u);
    uint8_t kept = unpack_u8(u), absent = 0;
    struct quill *q = &quills[which], was;
    size_t len = 0;
    was.tree = q->tree;
    was.last = q->last;
    was.count = q->count;
    uint64_t first = q->tree.size;
    size_t from = q->count;
    while (count-- > 0 && q->count < ENTRIES_MAX)
        write_entry(q, which, u);
    sign_next(q, &actors[which], (kept & 1) != 0 ? wrong : 0, u);
    for (size_t i = from; i < q->count; i++) {
        memcpy(headers + (i - from) * HEADER_BYTES, q->headers[i], HEADER_BYTES);
        bool is_absent = ((kept >> 3) >> (i - from) & 1) != 0;
        absent |= (uint8_t)(is_absent ? 0x80 >> (i - from) : 0);
        if (!is_absent)
            memcpy(bodies + len, q->bodies[i], q->body_len[i]);
        len += is_absent ? 0 : q->body_len[i];
    }
    Seinpost__Batch body = SEINPOST__BATCH__INIT;
    body.author = author(which);
    body.first = first;
    body.checkpoint = DATA(q->last_raw);
    body.headers = (ProtobufCBinaryData){(q->count - from) * HEADER_BYTES, headers};
    body.absent = (ProtobufCBinaryData){absent != 0 ? 1 : 0, &absent};
    body.bodies = (ProtobufCBinaryData){len, bodies};
    if ((kept & 2) != 0) /* told, and written otherwise afterwards: a fork */
        q->tree = was.tree, q->last = was.last, q->count = was.count;
    MESSAGE(m, BATCH, batch, &body);
    stage_message(place, &m);
    if ((kept & 4) != 0)
        stage_message(place, &m); /* it comes again */
}

void quill_body_ask(struct unpack *u, size_t place)
{
    uint64_t index[4];
    Seinpost__BodyAsk body = SEINPOST__BODY_ASK__INIT;
    body.author = author(unpack_u8(u));
    body.n_index = unpack_u8(u) % 4;
    body.index = index;
    for (size_t i = 0; i < body.n_index; i++)
        index[i] = unpack_u8(u);
    MESSAGE(m, BODY_ASK, body_ask, &body);
    stage_message(place, &m);
}

void quill_body_batch(struct unpack *u, size_t place)
{
    uint8_t which = unpack_u8(u) % ACTORS, wrong = unpack_u8(u);
    struct quill *q = &quills[which];
    uint64_t index[2];
    static uint8_t bodies[2 * BODY_ROOM];
    Seinpost__BodyBatch body = SEINPOST__BODY_BATCH__INIT;
    size_t len = 0;
    body.author = author(which);
    body.index = index;
    for (; body.n_index < 2 && q->count > 0; body.n_index++) {
        size_t at = unpack_u8(u) % q->count;
        index[body.n_index] = at + (q->tree.size - q->count);
        memcpy(bodies + len, q->bodies[at], q->body_len[at]);
        len += q->body_len[at];
    }
    if (wrong != 0 && len > 0)
        bodies[wrong * 37u % len] ^= wrong;
    body.bodies = (ProtobufCBinaryData){len, bodies};
    MESSAGE(m, BODY_BATCH, body_batch, &body);
    stage_message(place, &m);
}

/* ---- Evaluations ---- */

void quill_evaluate(struct unpack *u, size_t place)
{
    static uint8_t points[EVALUATED_MAX * POINT_BYTES];
    static bool is_made;
    uint8_t request[16] = {unpack_u8(u)}, purpose[HASH_BYTES] = {1}, wrong = unpack_u8(u), seed[32];
    fuzz_seed(9, seed);
    for (uint32_t i = 0; !is_made && i < EVALUATED_MAX; i++)
        CHECK(evaluation_pad(seed, i, points + i * POINT_BYTES) == OK);
    is_made = true;
    Seinpost__Evaluate body = SEINPOST__EVALUATE__INIT;
    body.request = DATA(request);
    body.key = (wrong & 1) != 0 ? unpack_u8(u) : KEY_PSEUDONYMS;
    body.epoch = (wrong & 2) != 0 ? unpack_u8(u) : 1;
    body.refresh = (wrong & 4) != 0 ? unpack_u8(u) : 0;
    body.points = (ProtobufCBinaryData){(size_t)(1 + (wrong >> 6)) * POINT_BYTES, points};
    body.purpose = DATA(purpose);
    uint8_t held = points[3];
    if ((wrong & 8) != 0)
        points[3] ^= unpack_u8(u);
    MESSAGE(m, EVALUATE, evaluate, &body);
    stage_message(place, &m);
    points[3] = held;
}

/* The answer of a keyholder: right, with another keyholder's share, or refused. */
void quill_evaluated(struct unpack *u, size_t place)
{
    struct stage_link *l = &stage.links[place];
    static uint8_t evaluated[EVALUATION_POINTS_MAX * POINT_BYTES];
    uint8_t how = unpack_u8(u), request[16], proof[VOPRF_PROOF_BYTES], fresh[32] = {how};
    uint8_t commitment[POINT_BYTES], signature[SIGNATURE_BYTES], text[64];
    struct share share;
    memcpy(request, l->request, sizeof request);
    if ((how & 1) != 0) {
        Seinpost__Refusal body = SEINPOST__REFUSAL__INIT;
        body.request = DATA(request);
        body.reason = 19u + (how >> 1) % 4;
        body.day = stage_today();
        struct pack p = pack_of(text, sizeof text);
        pack_bytes(&p, BYTES_LITERAL("seinpost/v1/refusal"));
        pack_copy(&p, request, sizeof request);
        pack_u32(&p, body.reason);
        pack_u32(&p, body.day);
        crypto_sign_detached(signature, NULL, text, pack_len(&p), actors[l->actor].feed_secret);
        signature[0] ^= (how & 64) != 0;
        body.signature = DATA(signature);
        MESSAGE(m, REFUSAL, refusal, &body);
        stage_message(place, &m);
        return;
    }
    stage_share((how >> 1) % 3, &share);
    if (l->point_count == 0 || threshold_commit(&share, commitment) != OK ||
        evaluation_answer(&share, commitment, l->points, l->point_count, fresh, evaluated, proof) !=
            OK)
        return;
    evaluated[0] ^= (how & 64) != 0;
    proof[0] ^= (how & 128) != 0;
    Seinpost__Evaluated body = SEINPOST__EVALUATED__INIT;
    body.request = DATA(request);
    body.points = (ProtobufCBinaryData){l->point_count * POINT_BYTES, evaluated};
    body.proof = DATA(proof);
    MESSAGE(m, EVALUATED, evaluated, &body);
    stage_message(place, &m);
}

/* ---- What contradicts ---- */

/* What was charged: asked for, or told without having been asked. */
static void quill_totals(struct unpack *u, size_t place, bool is_answer)
{
    uint8_t how = unpack_u8(u), after[REQUEST_BYTES], rows[ACCOUNT_ROW_BYTES], signature[64];
    ProtobufCBinaryData member = {AUTHOR_BYTES, actors[how % ACTORS].author};
    memset(after, how, sizeof after);
    memset(rows, unpack_u8(u), sizeof rows);
    memset(signature, how, sizeof signature);
    if (!is_answer) {
        Seinpost__TotalsAsk body = SEINPOST__TOTALS_ASK__INIT;
        body.member = member;
        body.month = account_month(unpack_u16(u));
        body.after = (ProtobufCBinaryData){(how & 64) != 0 ? sizeof after : how >> 7, after};
        MESSAGE(m, TOTALS_ASK, totals_ask, &body);
        stage_message(place, &m);
        return;
    }
    Seinpost__TotalsAnswer body = SEINPOST__TOTALS_ANSWER__INIT;
    body.member = member;
    body.month = account_month(unpack_u16(u));
    body.rows = DATA(rows);
    body.more = how & 1;
    body.signature = DATA(signature);
    MESSAGE(m, TOTALS_ANSWER, totals_answer, &body);
    stage_message(place, &m);
}

void quill_seen(struct unpack *u, size_t place)
{
    uint8_t how = unpack_u8(u), rows[2 * SEEN_ROW_BYTES], hash[HASH_BYTES];
    if ((how & 8) != 0) {
        quill_totals(u, place, (how & 16) != 0);
        return;
    }
    if ((how & 1) != 0) {
        memcpy(hash, stage.links[place].seen, sizeof hash);
        Seinpost__SeenAsk body = SEINPOST__SEEN_ASK__INIT;
        body.hash = DATA(hash);
        MESSAGE(m, SEEN_ASK, seen_ask, &body);
        stage_message(place, &m);
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        struct seen_row row = {.feed_epoch = 1, .seq = (uint64_t)DAILY_SEQ * unpack_u8(u)};
        memcpy(row.author, actors[unpack_u8(u) % ACTORS].author, AUTHOR_BYTES);
        seen_encode(&row, rows + i * SEEN_ROW_BYTES);
    }
    size_t len = (how & 2) != 0 ? sizeof rows : SEEN_ROW_BYTES;
    seen_hash(bytes_of(rows, len), hash);
    if ((how & 4) != 0)
        memcpy(hash, stage.links[place].seen, sizeof hash);
    Seinpost__SeenAnswer body = SEINPOST__SEEN_ANSWER__INIT;
    body.hash = DATA(hash);
    body.rows = (ProtobufCBinaryData){len, rows};
    MESSAGE(m, SEEN_ANSWER, seen_answer, &body);
    stage_message(place, &m);
}

void quill_fork(struct unpack *u, size_t place)
{
    uint8_t which = unpack_u8(u) % ACTORS, proof[FORK_PAIR_BYTES], flip = unpack_u8(u);
    struct quill *q = &quills[which];
    size_t len = fork_encode_pair(q->before_raw, q->last_raw, proof);
    if (flip != 0 && len > 0)
        proof[unpack_u16(u) % len] ^= flip;
    Seinpost__ForkProof body = SEINPOST__FORK_PROOF__INIT;
    body.proof = (ProtobufCBinaryData){len, proof};
    MESSAGE(m, FORK_PROOF, fork_proof, &body);
    stage_message(place, &m);
}

static bool quill_subtree(void *ctx, unsigned level, uint64_t position, uint8_t out[HASH_BYTES])
{
    const struct quill *q = ctx;
    struct merkle_frontier f;
    uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    uint64_t first = position << level, count = (uint64_t)1 << level;
    merkle_frontier_init(&f);
    for (uint64_t i = first; i < first + count; i++) {
        if (i >= q->count)
            return false;
        merkle_leaf(bytes_of(q->headers[i], HEADER_BYTES), leaf);
        merkle_append(&f, leaf, &levels, tile);
    }
    merkle_root(&f, out);
    return true;
}

void quill_evidence(struct unpack *u, size_t place)
{
    uint8_t which = unpack_u8(u) % ACTORS, how = unpack_u8(u), at = unpack_u8(u);
    struct quill *q = &quills[which];
    uint8_t proof[MERKLE_PROOF_MAX][HASH_BYTES];
    struct merkle_source source = {q, quill_subtree};
    size_t hashes = 0;
    Seinpost__Evidence body = SEINPOST__EVIDENCE__INIT;
    body.checkpoint = DATA(q->last_raw);
    if ((how & 1) != 0 && q->count > 0 && q->count == q->last.size) {
        body.index = at % q->count;
        body.header = (ProtobufCBinaryData){HEADER_BYTES, q->headers[body.index]};
        if (merkle_inclusion(&source, body.index, q->count, proof, &hashes) == OK)
            body.proof = (ProtobufCBinaryData){hashes * HASH_BYTES, proof[0]};
        if ((how & 2) != 0 && hashes > 0)
            proof[0][0] ^= 1;
    }
    MESSAGE(m, EVIDENCE, evidence, &body);
    stage_message(place, &m);
}

/* ---- Envelopes ---- */

void quill_delivery(struct unpack *u, size_t place)
{
    uint8_t what = unpack_u8(u), which = unpack_u8(u) % ACTORS, signature[SIGNATURE_BYTES];
    struct quill *q = &quills[which];
    Seinpost__Delivery body = SEINPOST__DELIVERY__INIT;
    body.what = what % 6;
    body.author = author((what & 64) != 0 ? SELF : which);
    body.index = unpack_u8(u) % 16;
    if (body.what == 1 || body.what == 2) {
        body.addressee = author(unpack_u8(u));
        size_t at = body.index - (q->tree.size - q->count);
        if (at < q->count)
            body.body = (ProtobufCBinaryData){q->body_len[at], q->bodies[at]};
    }
    if (body.what == 4) {
        struct delivery_receipt r = {.index = body.index, .state = unpack_u8(u) % 5};
        memcpy(r.author, body.author.data, AUTHOR_BYTES);
        memcpy(r.holder, actors[which].author, AUTHOR_BYTES);
        delivery_sign(&r, actors[which].feed_secret, signature);
        signature[0] ^= (what & 128) != 0;
        body.state = r.state;
        body.holder = author(which);
        body.signature = DATA(signature);
    }
    MESSAGE(m, DELIVERY, delivery, &body);
    stage_message(place, &m);
}

/* ---- Member lists ---- */

void quill_roster(struct unpack *u, size_t place)
{
    uint8_t how = unpack_u8(u), hash[HASH_BYTES];
    if ((how & 1) != 0) {
        Seinpost__RosterAsk body = SEINPOST__ROSTER_ASK__INIT;
        body.version = unpack_u8(u);
        body.offset = unpack_u8(u);
        memset(hash, unpack_u8(u), sizeof hash);
        body.hash = (ProtobufCBinaryData){(how & 2) != 0 ? sizeof hash : 0, hash};
        MESSAGE(m, ROSTER_ASK, roster_ask, &body);
        stage_message(place, &m);
        return;
    }
    Seinpost__RosterChunk body = SEINPOST__ROSTER_CHUNK__INIT;
    body.version = unpack_u8(u);
    body.offset = unpack_u8(u);
    body.total = unpack_u16(u);
    body.data = view(u);
    MESSAGE(m, ROSTER_CHUNK, roster_chunk, &body);
    stage_message(place, &m);
}
