/*
 * roster_chain.h - how one version of the member list follows another, and who must have signed it.
 *
 * A SignedRoster is a document and signatures of stewards over its bytes as they stand. Version v +
 * 1 names the hash of v and carries a quorum of v's stewards; the genesis, version 1, carries a
 * quorum of its own. Every later version names the genesis too, which is what a federation is known
 * by: stewards can serve two, and lists of one are nothing to the other. A node that joins later
 * begins with any version whose fingerprint it was told. Versions never go back.
 *
 * A RosterChain file is consecutive SignedRosters, oldest first; it is read one by one.
 *
 * Pure: no I/O, no clock, no allocation, no globals, no randomness.
 */
#ifndef PROTOCOL_ROSTER_CHAIN_H
#define PROTOCOL_ROSTER_CHAIN_H

#include "protocol/roster.h"

enum {
    ROSTER_SIGNATURES_MAX = 64, /* of one document; those of unknown stewards count here too */
};

struct roster_signature {
    uint8_t steward[KEY_BYTES]; /* Ed25519 public key */
    uint8_t signature[SIGNATURE_BYTES];
};

struct signed_roster {
    struct bytes document; /* borrowed from what was decoded */
    size_t count;
    struct roster_signature signatures[ROSTER_SIGNATURES_MAX];
};

/* Signs "seinpost/v1/roster" || document with a steward's Ed25519 secret key (64 bytes, libsodium's
 * form). Returns ERR_LIMIT if the document is longer than ROSTER_BYTES_MAX, ERR_FULL if the arena
 * cannot hold it; *out is then unchanged. */
MUST_CHECK enum err roster_sign(struct bytes document, const uint8_t secret_key[64],
                                struct wire_arena *arena, struct roster_signature *out);

/* Writes a SignedRoster. Returns its length; 0 if it does not fit or is longer than
 * ROSTER_BYTES_MAX. */
size_t signed_roster_encode(const struct signed_roster *s, uint8_t *out, size_t cap);

/* Reads a SignedRoster; neither document nor signatures are judged. Returns ERR_LIMIT if longer
 * than ROSTER_BYTES_MAX or with more than ROSTER_SIGNATURES_MAX signatures, ERR_SIGNATURE if a
 * signature or its key has the wrong length, ERR_FORMAT if there is no document, otherwise as
 * wire_scan. On error *out is unchanged. */
MUST_CHECK enum err signed_roster_decode(struct bytes in, struct signed_roster *out);

/* Counts the stewards who signed, each once; signatures of others are ignored. Returns
 * ERR_SIGNATURE if a signature in a steward's name is not that steward's: the copy is damaged or
 * forged, and is fetched elsewhere; ERR_FULL if the arena is too small. *valid is then unchanged.
 */
MUST_CHECK enum err signed_roster_count(const struct signed_roster *s,
                                        const struct roster_stewards *stewards,
                                        struct wire_arena *arena, size_t *valid);

/* Accepts a version after *current, or a genesis where current is NULL. Working memory is the
 * arena's, ROSTER_ARENA_BYTES suffice, and all of it is given back. out may be current.
 *
 * Beside the errors of signed_roster_decode and roster_decode (refuse it, and count its sender):
 *   ERR_DUPLICATE  it is the current version: nothing to do
 *   ERR_STALE      an older version: the sender is behind, send it ours
 *   ERR_SEQUENCE   does not follow the current one (a gap, another predecessor, or another
 *                  genesis), or, without a current one, is no genesis: ask for the versions
 *                  between; or, where the current one has a rival, does not name both
 *   ERR_QUORUM     too few stewards of the version before have signed (of its own, in a genesis)
 *   ERR_SIGNATURE  a signature is malformed, or wrong in a steward's name
 *   ERR_FORK       another document with the current version's number, with a quorum behind it:
 *                  alarm, and roster_unite
 *   ERR_NOT_FOUND  lacks an organisation of the current version: who leaves stays listed as left
 *   ERR_PROOF      (here) another public key for a purpose and epoch that the current one has, or
 *                  other shares for a sharing that it has. Everything else about sharings is the
 *                  stewards' to decide: to add them, to end them sooner or later, and to take them
 *                  out, at once where a share was stolen.
 *   ERR_RANGE      (here) a feed_epoch that goes back, or by more than one forward; a new feed key
 *                  without a higher one, or the other way round; a feed that ends, or goes on with
 *                  a new key, without its accepted part, or with less of it than was accepted
 *
 * On error *out is unchanged. */
MUST_CHECK enum err roster_accept(const struct roster *current, struct bytes signed_roster,
                                  struct wire_arena *arena, struct roster *out);

/* Takes what another document of the current version, with a quorum behind it (ERR_FORK above),
 * says of who may not take part: of those that are active in *current but not in that one none
 * takes part until a later version names both. Its hash becomes current->rival. Only the first
 * rival is remembered as such (ERR_DUPLICATE when it comes again); what a further one suspends is
 * barred all the same. Errors as roster_accept has them for a document of the current version;
 * ERR_STALE for one of any other. On error *current is unchanged. */
MUST_CHECK enum err roster_unite(struct roster *current, struct bytes signed_roster,
                                 struct wire_arena *arena);

/* Accepts any version whose document has this hash, which people were told by other means; its
 * signatures are not judged. Returns ERR_COMMIT if the hash is another, otherwise as
 * signed_roster_decode and roster_decode. On error *out is unchanged. */
MUST_CHECK enum err roster_anchor(struct bytes signed_roster, const uint8_t hash[HASH_BYTES],
                                  struct wire_arena *arena, struct roster *out);

/* Gives the next SignedRoster of a chain file, borrowed from it; *offset is 0 at first and moves
 * on. Returns ERR_NOT_FOUND at the end; ERR_TRUNCATED where the file ends early, ERR_FORMAT where
 * it is no chain, ERR_LIMIT for a version longer than ROSTER_BYTES_MAX: the file is damaged from
 * *offset on. On error nothing is changed. */
MUST_CHECK enum err roster_chain_next(struct bytes chain, size_t *offset,
                                      struct bytes *signed_roster);

/* Writes what is to be appended to a chain file for one more version. Returns its length, 0 if it
 * does not fit. */
size_t roster_chain_append(struct bytes signed_roster, uint8_t *out, size_t cap);

#endif
