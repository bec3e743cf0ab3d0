/*
 * fuzz_entry.c - a header and the body that it may commit to, and what a receiver makes of both.
 *
 * The first byte says whether the header's commitment is made good (so that judging goes on), then
 * come the policy's longest term, the checkpoint's day, the header and the body.
 */
#include "protocol/correction.h"
#include "protocol/entry.h"
#include "tests/fuzz/fuzz.h"

enum { MAKE_GOOD = 1 };

/* What entry_judge accepted keeps the promises of its contract. */
static void check_accepted(const struct header *h, const struct body *b, uint32_t term,
                           uint32_t checkpoint_day)
{
    bool has_term = b->type == ENTRY_SIGNAL || b->type == ENTRY_ALERT || b->type == ENTRY_AMEND ||
                    b->type == ENTRY_RETAG;
    bool corrects = b->type == ENTRY_AMEND || b->type == ENTRY_RETRACT || b->type == ENTRY_ERASE ||
                    b->type == ENTRY_RETAG;
    uint64_t targets[ENTRY_TARGETS_MAX];
    CHECK((uint64_t)b->day <= (uint64_t)checkpoint_day + 1);
    if (has_term)
        CHECK(h->expires_day != 0 && (uint64_t)h->expires_day <= (uint64_t)b->day + term);
    if (b->type == ENTRY_RETRACT || b->type == ENTRY_ERASE)
        CHECK(h->expires_day == 0);
    CHECK((h->audience == AUDIENCE_ADDRESSED) == (b->type == ENTRY_ENVELOPE));
    size_t count = entry_targets(b, targets);
    CHECK(corrects ? count >= 1 && count <= ENTRY_TARGETS_MAX : count == 0);
    for (size_t i = 0; i < count; i++)
        CHECK(targets[i] < h->index);
}

static void check_tags(const struct body *b)
{
    const uint8_t *tags = NULL;
    struct alert alert;
    size_t count = entry_tags(b, &tags);
    CHECK(count <= SIGNAL_TAGS_MAX);
    CHECK(fuzz_is_within(bytes_of(tags, count * TAG_BYTES), b->payload));
    MARK(&alert);
    bool is_alert = entry_is_alert(b, &alert);
    CHECK(!(is_alert && count > 0));
    CHECK(is_alert || IS_UNTOUCHED(&alert));
}

/* A correction against each header that it may name. */
static void check_targets(const struct body *b, const struct header *h)
{
    struct lineage l = correction_lineage(h->index, b);
    CHECK(b->type == ENTRY_AMEND || (l.original == h->index && l.previous == h->index));
    struct header target = *h;
    for (uint32_t day = 0; day < 3; day++) {
        target.expires_day = day == 0 ? 0 : b->day + day - 1;
        enum err e = entry_judge_target(h, b, &target);
        CHECK(e == OK || e == ERR_NOT_FOUND || e == ERR_STALE ||
              (e == ERR_RANGE && b->type == ENTRY_RETAG));
    }
}

/* Encoding what was decoded gives the same body, where it has the one size for its content. */
static void check_again(const struct header *h, struct bytes in, const struct body *b)
{
    uint8_t *again = malloc(in.len);
    size_t len = 0;
    CHECK(again != NULL);
    if (body_encode(b, h->audience, in.data, again, in.len, &len) == OK) {
        CHECK(len <= in.len && memcmp(again, in.data, len) == 0);
        CHECK(payload_is_padding(bytes_of(in.data + len, in.len - len)));
    }
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t author[AUTHOR_BYTES] = {7};
    struct unpack u = unpack_of(bytes_of(data, len));
    uint8_t flags = unpack_u8(&u);
    uint32_t term = unpack_u32(&u), day = unpack_u32(&u);
    uint8_t raw[HEADER_BYTES], again[HEADER_BYTES];
    unpack_copy(&u, raw, sizeof raw);
    struct header h;
    struct body b;
    MARK(&h);
    if (header_decode(raw, &h) != OK) {
        CHECK(IS_UNTOUCHED(&h));
        return 0;
    }
    header_encode(&h, again);
    CHECK(memcmp(raw, again, sizeof raw) == 0);
    struct bytes body = bytes_of(u.at, u.left);
    if ((flags & MAKE_GOOD) != 0 && body.len >= SALT_BYTES)
        body_commit(author, h.index, body, h.commit);
    bool fits = body.len == (size_t)h.body_units * BODY_UNIT_BYTES;
    enum err checked = body_check(author, &h, body);
    CHECK(checked == OK || checked == ERR_COMMIT);
    CHECK(checked != OK || fits);
    MARK(&b);
    if (body_decode(body, &b) != OK) {
        CHECK(IS_UNTOUCHED(&b));
        return 0;
    }
    CHECK(fuzz_is_within(b.payload, body));
    check_tags(&b);
    check_again(&h, body, &b);
    enum err e = entry_judge(&h, &b, term, day);
    CHECK(e == entry_judge(&h, &b, term, day));
    if (e == OK) {
        check_accepted(&h, &b, term, day);
        check_targets(&b, &h);
    }
    return 0;
}
