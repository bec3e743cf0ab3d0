/*
 * dealing.h - one primitive: deal a committed scalar.
 *
 * A dealer draws a polynomial f of degree t - 1, publishes the commitments C_k = coefficient_k * G,
 * and gives f(x) to the receiver with index x, who checks it against them (Feldman). What f(0) is,
 * and how the dealings of several dealers are put together, gives four uses:
 *
 *     generate  f(0) drawn, C_0 with a proof that it is known; the sum of all is a new key
 *     refresh   f(0) = 0, C_0 the identity; the sum of all is added to the old shares
 *     reshare   f(0) = the dealer's share, C_0 = K_i; interpolated over the dealers
 *     multiply  f(0) = factor share * share, C_0 proven against R_i and K_i; interpolated over
 *               2t - 1 dealers at least: a sharing of factor * key
 *
 * Everything that a dealer does follows from one secret seed, so that it can go on after a restart.
 * Arrays of points and scalars are packed, 32 bytes each.
 *
 * Source: Feldman, "A practical scheme for non-interactive verifiable secret sharing" (1987);
 * Gennaro, Jarecki, Krawczyk, Rabin, "Secure distributed key generation" (1999); Desmedt, Jajodia,
 * "Redistributing secret shares" (1997). Pure: no I/O, no clock, no allocation, no globals; all
 * randomness is handed in.
 */
#ifndef PROTOCOL_DEALING_H
#define PROTOCOL_DEALING_H

#include "protocol/evaluation.h"
#include "protocol/feed.h"
#include "protocol/threshold.h"

enum dealing_kind { DEALING_GENERATE = 1, DEALING_REFRESH, DEALING_RESHARE, DEALING_MULTIPLY };

enum {
    DEALING_SEED_BYTES = 32,
    DEALING_KNOWN_BYTES = 2 * SCALAR_BYTES,                  /* generate: c, s */
    DEALING_PRODUCT_BYTES = POINT_BYTES + VOPRF_PROOF_BYTES, /* multiply: factor * PK, proof */
    DEALING_PROOF_BYTES_MAX = DEALING_PRODUCT_BYTES,
};

/* What a dealing is bound to. */
struct dealing_place {
    uint8_t ceremony[HASH_BYTES];
    uint8_t dealer[AUTHOR_BYTES];
    uint8_t round; /* 1; a rotation's product is 2 */
};

/* Secret. */
struct dealing_secret {
    size_t t;
    uint8_t coefficient[KEYHOLDERS_MAX]
                       [SCALAR_BYTES]; /* [0] is what is dealt; zeros in a refresh */
};

/* What stands in the dealer's feed. */
struct dealing {
    enum dealing_kind kind;
    size_t t;
    uint8_t commitment[KEYHOLDERS_MAX][POINT_BYTES];
    size_t proof_bytes; /* 0, DEALING_KNOWN_BYTES or DEALING_PRODUCT_BYTES, as the kind says */
    uint8_t proof[DEALING_PROOF_BYTES_MAX];
};

/* How long a proof of that kind is; 0 for those without, and for what is no kind. */
size_t dealing_proof_bytes(enum dealing_kind kind);

/* What of the roster a dealer of these kinds is held against: its own commitment of the sharing
 * that is dealt on (reshare, multiply), of the factor's sharing, and the public key (multiply). */
struct dealing_base {
    uint8_t commitment[POINT_BYTES]; /* K_i */
    uint8_t factor[POINT_BYTES];     /* R_i */
    uint8_t public_key[POINT_BYTES]; /* PK */
};

/* Draws a polynomial of degree t - 1: coefficient k is BLAKE2b-512(key = seed,
 * "seinpost/v1/dealing" || ceremony || dealer || round u8 || k u32) modulo L. first replaces
 * coefficient 0: NULL in generate, zeros in refresh, the dealer's share in reshare, and
 * dealing_product in multiply. Returns ERR_RANGE unless t is 1 to KEYHOLDERS_MAX (with zeros: 2 at
 * least), ERR_SCALAR for a first that is not canonical, and with negligible probability (the dealer
 * takes another seed); *out is then wiped. The caller wipes it. */
MUST_CHECK enum err dealing_draw(const uint8_t seed[DEALING_SEED_BYTES],
                                 const struct dealing_place *place, size_t t, const uint8_t *first,
                                 struct dealing_secret *out);

/* factor_share * share modulo L: what a dealer of multiply deals. ERR_SCALAR for an unusable one,
 * out then zeros. */
MUST_CHECK enum err dealing_product(const uint8_t factor_share[SCALAR_BYTES],
                                    const uint8_t share[SCALAR_BYTES], uint8_t out[SCALAR_BYTES]);

/* The public half: commitments and the proof of its kind; base as above where the kind needs it,
 * else NULL. factor_share: in multiply, else NULL. The proofs:
 *
 *     generate  c || s: c = BLAKE2b-512("seinpost/v1/dealing-known" || ceremony || dealer || round
 *               || C_0 || A) modulo L, where A = r * G; s = r - c * f(0)
 *     multiply  factor_share * PK || voprf_prove of mode 1 with the key R_i over c = {K_i, PK} and
 *               d = {C_0, factor_share * PK}
 *
 * Deterministic: the nonce r of either is BLAKE2b-512(key = seed, "seinpost/v1/dealing-nonce" ||
 * ceremony || dealer || round || kind u8 || statement) modulo L, the statement being C_0, or R_i ||
 * K_i || PK || C_0 || factor_share * PK. Returns ERR_RANGE for t or kind as dealing_verify does,
 * ERR_SCALAR if a coefficient or factor share is unusable or coefficient 0 is zero in another kind
 * than refresh, or not in it; and, as the result is verified, ERR_PROOF or ERR_POINT where the
 * shares are not those of the base: the dealer then has another share than the list says. *out is
 * then zeros. */
MUST_CHECK enum err dealing_publish(const struct dealing_secret *s,
                                    const uint8_t seed[DEALING_SEED_BYTES],
                                    const struct dealing_place *place, enum dealing_kind kind,
                                    const struct dealing_base *base, const uint8_t *factor_share,
                                    struct dealing *out);

/* Whether a dealing is one: ERR_RANGE for t or a kind or a length that does not fit; ERR_POINT for
 * a commitment that is no usable point (C_0 of a refresh must be the identity, and nothing else may
 * be); ERR_SCALAR and ERR_PROOF for a proof that does not hold, or a C_0 that is not that of the
 * base. Whoever published it is then named, and its dealing used by nobody. */
MUST_CHECK enum err dealing_verify(const struct dealing *d, const struct dealing_place *place,
                                   const struct dealing_base *base);

/* f(x), for the receiver with index x; secret. ERR_RANGE for x 0 or above 255, ERR_SCALAR where it
 * is zero (negligible probability). */
MUST_CHECK enum err dealing_share(const struct dealing_secret *s, uint32_t x,
                                  uint8_t out[SCALAR_BYTES]);

/* f(x) * G, from the commitments; the identity if f(x) is zero. ERR_RANGE for such an x, ERR_POINT
 * for a dealing that dealing_verify refuses; out is then zeros. Costs t multiplications. */
MUST_CHECK enum err dealing_commitment(const struct dealing *d, uint32_t x,
                                       uint8_t out[POINT_BYTES]);

/* Whether a sub-share is the one that a verified dealing commits to for index x: ERR_SCALAR,
 * ERR_PROOF; else what dealing_commitment returns. The receiver then complains. */
MUST_CHECK enum err dealing_check(const struct dealing *d, uint32_t x,
                                  const uint8_t share[SCALAR_BYTES]);

/* Verified dealings of one kind that are put together. */
struct dealing_set {
    enum dealing_kind kind;
    size_t count;
    const struct dealing *dealing[KEYHOLDERS_MAX];
    uint32_t
        index[KEYHOLDERS_MAX]; /* of each dealer in the old sharing; generate, refresh: unused */
};

/* The new share at one receiver: sub[i] is what dealer i gave it, and passed dealing_check. old:
 * its share before, in refresh, else NULL. ERR_RANGE for an empty or too large set, for dealings of
 * another kind than the set's or of unlike t, for double indexes or 0 among them, and in multiply
 * for fewer than 2t - 1; ERR_SCALAR for an unusable scalar or a result of zero. out is then zeros.
 * Whether there are enough dealers in reshare is the caller's business. */
MUST_CHECK enum err dealing_combine_share(const struct dealing_set *set,
                                          const uint8_t (*sub)[SCALAR_BYTES], const uint8_t *old,
                                          uint8_t out[SCALAR_BYTES]);

/* All dealings of a set as one, whose polynomial is theirs added up, or interpolated; without a
 * proof. ERR_RANGE as above, ERR_POINT for a commitment that is no point; *out is then zeros. Costs
 * a multiplication for each of the set's commitments in reshare and multiply, else an addition. */
MUST_CHECK enum err dealing_unite(const struct dealing_set *set, struct dealing *out);

/* What everybody can compute: the public commitment of the receiver with index x (old: its
 * commitment before, in refresh, else NULL), from all as one. ERR_RANGE for x 0 or above 255,
 * ERR_POINT for an unusable old, and where the result is the identity; out is then zeros, and may
 * be old. Costs t multiplications. */
MUST_CHECK enum err dealing_united_commitment(const struct dealing *all, uint32_t x,
                                              const uint8_t *old, uint8_t out[POINT_BYTES]);

/* The same from the set, for one receiver; errors of both. */
MUST_CHECK enum err dealing_combine_commitment(const struct dealing_set *set, uint32_t x,
                                               const uint8_t *old, uint8_t out[POINT_BYTES]);

/* The public key (old: the one before, in refresh, else NULL). In multiply it also interpolates
 * factor * PK from the proofs of the first t dealers, and ERR_PROOF says that it is not the same.
 * ERR_RANGE and ERR_POINT likewise; out is then zeros, and may be old. */
MUST_CHECK enum err dealing_combine_key(const struct dealing_set *set, const uint8_t *old,
                                        uint8_t out[POINT_BYTES]);

#endif
