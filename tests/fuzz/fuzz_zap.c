/*
 * fuzz_zap.c - what the ZAP handler answers to requests of any number of frames.
 *
 * The input is the frames, each after its length. Only the one right request with a key that is
 * admitted gets 200, and then the User-Id that spells the key; everything else gets 400.
 */
#include "node/curve.h"
#include "node/zap.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

enum { FRAMES_MAX = 12, FRAMES = 7, DOMAIN_FRAME = 2, MECHANISM_FRAME = 5 };

static struct zap *zap;
static zsock_t *asker;
static size_t asked;

/* Keys whose first byte is even are in the member list. */
static bool admit(void *ctx, const uint8_t transport_key[ZAP_KEY_BYTES])
{
    (void)ctx;
    asked++;
    return transport_key[0] % 2 == 0;
}

static void tear_down(void)
{
    zsock_destroy(&asker);
    zap_free(&zap);
}

static void set_up(void)
{
    if (zap != NULL)
        return;
    CHECK(sodium_init() >= 0);
    curve_init(1);
    CHECK(zap_new(CURVE_DOMAIN, admit, NULL, &zap) == OK);
    asker = zsock_new(ZMQ_REQ);
    CHECK(atexit(tear_down) == 0);
    CHECK(asker != NULL && zmq_connect(zsock_resolve(asker), "inproc://zeromq.zap.01") == 0);
}

/* Splits the input into frames; there is at least one, and the last takes what is left. */
static size_t split(struct unpack *u, struct bytes *frame)
{
    size_t count = 1 + unpack_u8(u) % FRAMES_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t len = i + 1 == count ? u->left : unpack_u8(u);
        frame[i] = unpack_view(u, len < u->left ? len : u->left);
    }
    return count;
}

static bool is_right(const struct bytes *frame, size_t count)
{
    return count == FRAMES && bytes_equal(frame[0], BYTES_LITERAL("1.0")) &&
           bytes_equal(frame[DOMAIN_FRAME], BYTES_LITERAL(CURVE_DOMAIN)) &&
           bytes_equal(frame[MECHANISM_FRAME], BYTES_LITERAL("CURVE")) &&
           frame[FRAMES - 1].len == ZAP_KEY_BYTES;
}

static void check_answer(const struct bytes *frame, bool is_admitted)
{
    char want[2 * ZAP_KEY_BYTES + 1] = "";
    zmsg_t *answer = zmsg_recv(asker);
    CHECK(answer != NULL && zmsg_size(answer) == 6);
    char *version = zmsg_popstr(answer), *id = zmsg_popstr(answer), *status = zmsg_popstr(answer);
    char *text = zmsg_popstr(answer), *user = zmsg_popstr(answer);
    if (is_admitted)
        sodium_bin2hex(want, sizeof want, frame[FRAMES - 1].data, ZAP_KEY_BYTES);
    CHECK(strcmp(version, "1.0") == 0 && strcmp(status, is_admitted ? "200" : "400") == 0);
    CHECK(strcmp(user, want) == 0);
    zstr_free(&version);
    zstr_free(&id);
    zstr_free(&status);
    zstr_free(&text);
    zstr_free(&user);
    zmsg_destroy(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct unpack u = unpack_of(bytes_of(data, len));
    struct bytes frame[FRAMES_MAX];
    if (len == 0 || len > 2048)
        return 0;
    set_up();
    size_t count = split(&u, frame);
    zmq_pollitem_t item = {.socket = zap_socket(zap), .events = ZMQ_POLLIN};
    for (size_t i = 0; i < count; i++)
        CHECK(zmq_send(zsock_resolve(asker), frame[i].data, frame[i].len,
                       i + 1 < count ? ZMQ_SNDMORE : 0) == (int)frame[i].len);
    CHECK(zmq_poll(&item, 1, 5000) == 1);
    size_t asked_before = asked;
    uint64_t refused_before = zap_refusals(zap);
    zap_step(zap);
    bool is_admitted = is_right(frame, count) && frame[FRAMES - 1].data[0] % 2 == 0;
    CHECK(asked - asked_before == (is_right(frame, count) ? 1 : 0));
    CHECK(zap_refusals(zap) - refused_before == (is_admitted ? 0 : 1));
    check_answer(frame, is_admitted);
    return 0;
}
