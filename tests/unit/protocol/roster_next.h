/* roster_next.h - for tests of what may follow a member list: sign, begin, accept. */
#ifndef TESTS_UNIT_PROTOCOL_ROSTER_NEXT_H
#define TESTS_UNIT_PROTOCOL_ROSTER_NEXT_H

#include "tests/unit/protocol/roster_sample.h"

/* Stewards as bits. */
enum {
    ABC = 7,
    ABCDE = 31,
    STRANGER = 1 << SAMPLE_STRANGER,
};

/* Signs what s->in says into s->text. */
static inline struct bytes signed_by(struct sample *s, uint32_t who)
{
    size_t len = roster_encode(&s->in, s->document, sizeof s->document);
    assert_true(len > 0);
    return bytes_of(
        s->text, sample_sign(bytes_of(s->document, len), who, &s->arena, s->text, sizeof s->text));
}

/* Makes s->current a genesis of four organisations, and s->in what may follow it. */
static inline void begin(struct sample *s)
{
    sample_roster(&s->in, 4);
    assert_int_equal(roster_accept(NULL, signed_by(s, ABC), &s->arena, &s->current), OK);
    s->in.version = 2;
    memcpy(s->in.previous, s->current.hash, HASH_BYTES);
    memcpy(s->in.genesis, s->current.hash, HASH_BYTES);
    s->in.issued_utc++;
}

/* Accepts into s->out and checks that an error changes nothing. */
static inline enum err accept(struct sample *s, const struct roster *current,
                              struct bytes signed_roster)
{
    memset(&s->out, 0x5a, sizeof s->out);
    enum err e = roster_accept(current, signed_roster, &s->arena, &s->out);
    assert_int_equal(s->arena.used, 0);
    if (e != OK)
        for (size_t i = 0; i < sizeof s->out; i++)
            assert_int_equal(((const uint8_t *)&s->out)[i], 0x5a);
    return e;
}

#endif
