/*
 * fuzz_payload.c - what entries, envelopes and the desk's records say: fixed layouts.
 *
 * The first byte chooses the layout. What decodes is written again to the same bytes, but for
 * padding, which is zeros; what does not leaves its output as it was.
 */
#include "node/post_seal.h"
#include "protocol/correction.h"
#include "protocol/entry.h"
#include "protocol/letter.h"
#include "protocol/retag.h"
#include "tests/fuzz/fuzz.h"

/* What was decoded, encoded again, is the beginning of in, and zeros follow. */
static void same_again(struct bytes in, const uint8_t *again, size_t len)
{
    CHECK(len <= in.len);
    CHECK(memcmp(in.data, again, len) == 0);
    CHECK(payload_is_padding(bytes_of(in.data + len, in.len - len)));
}

static void try_signal(struct bytes in)
{
    struct signal s;
    uint8_t again[SIGNAL_BYTES_MAX];
    MARK(&s);
    if (signal_decode(in, &s) != OK) {
        CHECK(IS_UNTOUCHED(&s));
        return;
    }
    CHECK(s.count >= 1 && s.count <= SIGNAL_TAGS_MAX);
    CHECK(fuzz_is_within(bytes_of(s.tags, s.count * TAG_BYTES), in));
    for (size_t i = 1; i < s.count; i++)
        CHECK(memcmp(s.tags + (i - 1) * TAG_BYTES, s.tags + i * TAG_BYTES, TAG_BYTES) < 0);
    same_again(in, again, signal_encode(&s, again));
}

static void try_retag(struct bytes in)
{
    struct retag r;
    uint8_t again[RETAG_BYTES_MAX];
    MARK(&r);
    if (retag_decode(in, &r) != OK) {
        CHECK(IS_UNTOUCHED(&r));
        return;
    }
    CHECK(r.epoch > 0 && r.count >= 1 && r.count <= SIGNAL_TAGS_MAX);
    CHECK(fuzz_is_within(bytes_of(r.tags, r.count * TAG_BYTES), in));
    same_again(in, again, retag_encode(&r, again));
}

static void try_receipt(struct bytes in)
{
    static struct receipt r;
    static uint8_t again[RECEIPT_BYTES_MAX];
    MARK(&r);
    if (receipt_decode(in, &r) != OK) {
        CHECK(IS_UNTOUCHED(&r));
        return;
    }
    CHECK(r.count >= 1 && r.count <= RECEIPTS_MAX);
    same_again(in, again, receipt_encode(&r, again));
}

static void try_profile(struct bytes in)
{
    static struct profile p;
    uint8_t again[PROFILE_BYTES_MAX];
    MARK(&p);
    if (profile_decode(in, &p) != OK) {
        CHECK(IS_UNTOUCHED(&p));
        return;
    }
    CHECK(p.count <= ENDPOINTS_MAX && p.relay_count <= PROFILE_RELAYS_MAX &&
          p.prekey_count <= PREKEYS_MAX);
    for (size_t i = 0; i < p.count; i++)
        CHECK(endpoint_is_valid(bytes_of(p.endpoint[i], strlen(p.endpoint[i]))));
    for (size_t i = 0; i < p.prekey_count; i++)
        CHECK(p.prekey[i].role != 0 && p.prekey[i].from_day <= p.prekey[i].until_day);
    size_t len = profile_encode(&p, again);
    CHECK(len <= in.len && payload_is_padding(bytes_of(in.data + len, in.len - len)));
    /* its flags are not kept */
    CHECK(len > 2 && again[0] == in.data[0] && memcmp(again + 2, in.data + 2, len - 2) == 0);
}

static void try_erase(struct bytes in)
{
    uint8_t again[1];
    if (erase_decode(in) == OK)
        same_again(in, again, erase_encode(again));
}

static void try_alert(struct bytes in)
{
    struct alert a;
    uint8_t again[ALERT_BYTES_MAX], code;
    MARK(&a);
    if (alert_decode(in, &a) != OK) {
        CHECK(IS_UNTOUCHED(&a));
        return;
    }
    CHECK(a.action_count <= ALERT_ACTIONS_MAX);
    CHECK((a.reply == REPLY_NOT_ASKED) == (a.reply_day == 0));
    CHECK(alert_code_find(ALERT_KIND, alert_code_name(ALERT_KIND, a.kind), &code));
    CHECK(code == a.kind);
    for (size_t i = 0; i < a.action_count; i++)
        CHECK(a.action[i].due_day != 0 && alert_code_text(ALERT_STATE, a.action[i].state) != NULL);
    same_again(in, again, alert_encode(&a, again));
}

static void try_amend(struct bytes in)
{
    struct amend a;
    static uint8_t again[AMEND_BYTES_MAX];
    MARK(&a);
    if (amend_decode(in, &a) != OK) {
        CHECK(IS_UNTOUCHED(&a));
        return;
    }
    CHECK(a.type == ENTRY_SIGNAL || a.type == ENTRY_ALERT);
    CHECK(fuzz_is_within(a.payload, in) && a.payload.len == in.len - AMEND_FIXED_BYTES);
    if (in.len <= AMEND_BYTES_MAX) {
        CHECK(amend_encode(&a, again) == in.len);
        CHECK(memcmp(again, in.data, in.len) == 0);
    }
}

static void try_retract(struct bytes in)
{
    uint8_t reason, again[RETRACT_BYTES];
    MARK(&reason);
    if (retract_decode(in, &reason) != OK) {
        CHECK(IS_UNTOUCHED(&reason));
        return;
    }
    CHECK(retract_reason_name(reason) != NULL);
    same_again(in, again, retract_encode(reason, again));
}

static void try_letter(struct bytes in)
{
    struct letter l;
    MARK(&l);
    if (letter_decode(in, &l) != OK) {
        CHECK(IS_UNTOUCHED(&l));
        return;
    }
    uint8_t *again = malloc(2 + l.subject.len + l.text.len);
    size_t len = 0;
    CHECK(again != NULL && letter_encode(&l, again, &len) == OK);
    CHECK(len == in.len && memcmp(again, in.data, len) == 0);
    free(again);
}

static void try_post_in(struct bytes in)
{
    struct post_in m;
    MARK(&m);
    if (post_in_decode(in, &m) != OK) {
        CHECK(IS_UNTOUCHED(&m));
        return;
    }
    uint8_t *again = malloc(POST_IN_BYTES + m.content.len);
    CHECK(again != NULL && post_in_encode(&m, again) == in.len);
    CHECK(memcmp(again, in.data, in.len) == 0);
    free(again);
}

static void try_post_out(struct bytes in)
{
    struct post_out m;
    MARK(&m);
    if (post_out_decode(in, &m) != OK) {
        CHECK(IS_UNTOUCHED(&m));
        return;
    }
    uint8_t *again = malloc(POST_OUT_BYTES + m.subject.len);
    CHECK(again != NULL && post_out_encode(&m, again) == in.len);
    CHECK(memcmp(again, in.data, in.len) == 0);
    free(again);
}

/* A sealed record opens as it was sealed, and nothing else opens: in is what is sealed, its first
 * bytes say where a bit is turned afterwards. */
static void try_sealed(struct bytes in)
{
    uint8_t key[32];
    struct unpack u = unpack_of(in);
    size_t at = unpack_u16(&u);
    uint8_t bits = unpack_u8(&u);
    struct bytes plain = bytes_of(u.at, u.left);
    size_t len = plain.len + POST_SEAL_BYTES;
    uint8_t *sealed = malloc(len), *back = malloc(plain.len + 1);
    struct post_context context = post_context_number(at);
    fuzz_seed(1, key);
    CHECK(sealed != NULL && back != NULL);
    post_seal(key, POST_IN, context, plain, sealed);
    sealed[at % len] ^= bits;
    enum err e = post_unseal(key, POST_IN, context, bytes_of(sealed, len), back);
    CHECK(e == (bits == 0 ? OK : ERR_SIGNATURE));
    CHECK(e != OK || plain.len == 0 || memcmp(back, plain.data, plain.len) == 0);
    CHECK(post_unseal(key, POST_IN, context, in, back) != OK || in.len > POST_SEAL_BYTES);
    CHECK(post_unseal(key, POST_OUT, context, bytes_of(sealed, len), back) != OK);
    free(sealed);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static void (*const tries[])(struct bytes) = {
        try_signal,  try_receipt, try_profile, try_erase,    try_alert,  try_amend,
        try_retract, try_letter,  try_post_in, try_post_out, try_sealed,
        try_retag,
    };
    if (len == 0)
        return 0;
    tries[data[0] % (sizeof tries / sizeof tries[0])](bytes_of(data + 1, len - 1));
    return 0;
}
