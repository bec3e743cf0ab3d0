/*
 * bench_evaluate.c - evaluations a second, beside the operations of libsodium that they need.
 *
 *   evaluate.16, evaluate.256   a keyholder's answer with its proof, in process
 *   evaluate.verify.256         the asker's check of it
 *   evaluate.transport          answers of a running node over CURVE with the budget on disk, to an
 *                               asker who keeps it busy and checks only the first
 *   evaluate.members.10         the same under ten members at once, each with a budget of its own
 *
 * Limit and code take turns, so that both meet the same machine; each figure is the median.
 */
#include "node/transport.h"
#include "proto/wire.h"
#include "protocol/evaluation.h"
#include "tests/bench/figure.h"
#include "tests/bench/fleet.h"
#include "tests/bench/primitive.h"
#include "tests/bench/rows.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    ROUNDS = 5,
    ELEMENTS = 2048,
    IN_FLIGHT = 4,
    REQUESTS = 120,
    WAIT_SECONDS = 30,
    MEMBERS = 10
};

struct batch {
    struct share share;
    uint8_t commitment[POINT_BYTES];
    uint8_t points[EVALUATION_POINTS_MAX * POINT_BYTES];
    uint8_t evaluated[EVALUATION_POINTS_MAX * POINT_BYTES];
    uint8_t proof[VOPRF_PROOF_BYTES];
    uint8_t fresh[EVALUATION_FRESH_BYTES];
};

static struct batch batch;

static void make_batch(void)
{
    batch.share.index = 1;
    crypto_core_ristretto255_scalar_random(batch.share.scalar);
    figure_need(threshold_commit(&batch.share, batch.commitment) == OK, "a share");
    for (size_t i = 0; i < EVALUATION_POINTS_MAX; i++)
        crypto_core_ristretto255_random(batch.points + i * POINT_BYTES);
    randombytes_buf(batch.fresh, sizeof batch.fresh);
}

static void answer(size_t count)
{
    enum err e = evaluation_answer(&batch.share, batch.commitment, batch.points, count, batch.fresh,
                                   batch.evaluated, batch.proof);
    figure_need(e == OK, "answering: %s", err_name(e));
}

static void verify(size_t count)
{
    enum err e =
        evaluation_verify(batch.commitment, batch.points, batch.evaluated, count, batch.proof);
    figure_need(e == OK, "verifying: %s", err_name(e));
}

/* Elements a second of ELEMENTS in batches of count. */
static double rate(void (*run)(size_t count), size_t count)
{
    double start = rows_clock();
    for (size_t done = 0; done < ELEMENTS; done += count)
        run(count);
    return ELEMENTS / (rows_clock() - start);
}

static void say_beside(const char *name, void (*run)(size_t), void (*least)(size_t), size_t count)
{
    double value[ROUNDS], limit[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        value[i] = rate(run, count);
        limit[i] = rate(least, count);
    }
    figure_say(name, figure_quantile(value, ROUNDS, 0.5), "elements/s",
               figure_quantile(limit, ROUNDS, 0.5), FIGURE_RATE);
}

/* ---- Through a node ---- */

static struct fleet fleet;

struct asker {
    size_t self;   /* which member it is */
    size_t wanted; /* answers */
    struct transport *transport;
    uint32_t link;
    size_t sent, answered;
    double first, last; /* when the first and the last answer came */
};

static void send_message(struct asker *a, const Seinpost__Message *m)
{
    static uint8_t frame[FRAME_BYTES_SMALL];
    size_t len = message_encode(m, frame, sizeof frame);
    enum err e = transport_send(a->transport, a->link, bytes_of(frame, len));
    figure_need(e == OK, "sending to the keyholder: %s", err_name(e));
}

static void send_opening(struct asker *a)
{
    Seinpost__Opening opening = SEINPOST__OPENING__INIT;
    opening.version_min = opening.version_max = PROTOCOL_VERSION_MAX;
    opening.federation = (ProtobufCBinaryData){HASH_BYTES, fleet.list.hash};
    opening.author = (ProtobufCBinaryData){AUTHOR_BYTES, fleet.member[a->self].author};
    opening.roster_version = 1;
    opening.roster_hash = opening.federation;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &opening;
    send_message(a, &m);
}

/* The same points under a new request: it is computed and charged anew. */
static void send_request(struct asker *a)
{
    uint8_t request[16], purpose[HASH_BYTES] = {0};
    randombytes_buf(request, sizeof request);
    Seinpost__Evaluate body = SEINPOST__EVALUATE__INIT;
    body.request = (ProtobufCBinaryData){sizeof request, request};
    body.key = KEY_PSEUDONYMS;
    body.epoch = 1;
    body.points = (ProtobufCBinaryData){sizeof batch.points, batch.points};
    body.purpose = (ProtobufCBinaryData){sizeof purpose, purpose};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_EVALUATE;
    m.evaluate = &body;
    send_message(a, &m);
    a->sent++;
}

static void take_answer(struct asker *a, const Seinpost__Evaluated *m)
{
    a->last = rows_clock();
    if (a->answered++ == 0) {
        uint8_t commitment[POINT_BYTES];
        bool is_right = threshold_commit(&fleet.member[0].share, commitment) == OK &&
                        m->points.len == sizeof batch.points && m->proof.len == VOPRF_PROOF_BYTES &&
                        evaluation_verify(commitment, batch.points, m->points.data,
                                          EVALUATION_POINTS_MAX, m->proof.data) == OK;
        figure_need(is_right, "the keyholder's proof does not verify");
        a->first = a->last;
    }
    if (a->sent < a->wanted)
        send_request(a);
}

static void take_frame(struct asker *a, struct bytes frame)
{
    static uint8_t room[WIRE_ARENA_BYTES];
    struct wire_arena arena;
    Seinpost__Message *m = NULL;
    wire_arena_init(&arena, room, sizeof room);
    figure_need(message_decode(frame, &arena, &m) == OK, "the keyholder's message");
    figure_need(m->body_case != SEINPOST__MESSAGE__BODY_REFUSAL, "the keyholder refuses");
    if (m->body_case == SEINPOST__MESSAGE__BODY_EVALUATED)
        take_answer(a, m->evaluated);
    if (m->body_case == SEINPOST__MESSAGE__BODY_OPENING)
        for (int i = 0; i < IN_FLIGHT; i++)
            send_request(a);
}

static void take_event(struct asker *a, const struct transport_event *ev)
{
    figure_need(ev->type != TRANSPORT_DOWN, "the keyholder ended the connection");
    a->link = ev->link;
    if (ev->type == TRANSPORT_UP)
        send_opening(a);
    else
        take_frame(a, ev->frame);
}

static void dial(struct asker *a)
{
    const struct fleet_member *self = &fleet.member[a->self], *keyholder = &fleet.member[0];
    struct transport_config c = {.listen = NULL};
    char endpoint[64];
    memcpy(c.public_key, self->transport_public, sizeof c.public_key);
    memcpy(c.secret_key, self->transport_secret, sizeof c.secret_key);
    figure_need(transport_new(&c, &a->transport) == OK, "the transport");
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", keyholder->port);
    figure_need(transport_dial(a->transport, keyholder->transport_public, endpoint) == OK, "%s",
                endpoint);
}

/* Takes what came for any of them; waits if nothing did. */
static void take_all(struct asker *askers, size_t members)
{
    zmq_pollitem_t all[256];
    struct transport_event ev;
    size_t used = 0;
    for (size_t i = 0; i < members; i++) {
        size_t count;
        zmq_pollitem_t *items = transport_poll_items(askers[i].transport, 0, &count);
        for (size_t k = 0; k < count && used < sizeof all / sizeof all[0]; k++)
            all[used++] = items[k];
    }
    zmq_poll(all, (int)used, 10);
    for (size_t i = 0; i < members; i++)
        while (transport_next(askers[i].transport, &ev))
            take_event(&askers[i], &ev);
}

static size_t answers(const struct asker *askers, size_t members)
{
    size_t sum = 0;
    for (size_t i = 0; i < members; i++)
        sum += askers[i].answered < askers[i].wanted ? askers[i].answered : askers[i].wanted;
    return sum;
}

/* Answers a second while all members ask: from when each has its first until the last. */
static void say_members(const char *name, size_t members, size_t wanted)
{
    static struct asker askers[MEMBERS];
    double limit = rate(primitive_answer, EVALUATION_POINTS_MAX);
    memset(askers, 0, sizeof askers);
    fleet_init(&fleet, 1 + members, 1, 1, ROLE_KEYHOLDER);
    fleet_folder(&fleet, 0, 0);
    fleet_start(&fleet, 0);
    for (size_t i = 0; i < members; i++) {
        askers[i].self = 1 + i;
        askers[i].wanted = wanted;
        dial(&askers[i]);
    }
    double until = rows_clock() + WAIT_SECONDS * (double)members, begun = 0;
    size_t before = 0;
    while (answers(askers, members) < members * wanted) {
        take_all(askers, members);
        bool has_all = true;
        for (size_t i = 0; i < members; i++)
            has_all = has_all && askers[i].answered > 0;
        if (begun == 0 && has_all) {
            begun = rows_clock();
            before = answers(askers, members);
        }
        figure_need(rows_clock() < until, "%zu answers in time", answers(askers, members));
    }
    double elements = (double)(members * wanted - before) * EVALUATION_POINTS_MAX;
    double seconds = rows_clock() - begun;
    limit = (limit + rate(primitive_answer, EVALUATION_POINTS_MAX)) / 2;
    figure_say(name, elements / seconds, "elements/s", limit, FIGURE_RATE);
    for (size_t i = 0; i < members; i++)
        transport_free(&askers[i].transport);
    fleet_clear(&fleet);
}

int main(void)
{
    figure_need(sodium_init() >= 0, "libsodium does not start");
    make_batch();
    say_beside("evaluate.16", answer, primitive_answer, 16);
    say_beside("evaluate.256", answer, primitive_answer, 256);
    say_beside("evaluate.verify.256", verify, primitive_verify, 256);
    say_members("evaluate.transport", 1, REQUESTS);
    say_members("evaluate.members.10", MEMBERS, REQUESTS / 4);
    return 0;
}
