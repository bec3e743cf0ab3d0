/*
 * extract.h - what is handed on as a file, to be checked without a node.
 *
 * Both kinds of file begin with an extract of the member list: whose key it is, by the word of
 * whoever wrote the file. So a file is complete in itself; but a reader who wants more than "the
 * holder of this key" compares the key with the member list, or with what was told by telephone.
 *
 *     proof file   "seinpost/v1/proof" | extract | proof (fork.h) | sum[32]
 *     feed file    "seinpost/v1/feed" | extract | signed checkpoint[236] | entries | sum[32]
 *     extract      org_id lp | name lp | feed_key[32] | roster_version u64 | roster_hash[32]
 *     entry        header[48] | state u8 | body, where the state is 0
 *
 * sum is BLAKE2b-256 of everything before it: it finds damage, and proves nothing. A feed file has
 * the entries that its checkpoint covers, all of them, in order.
 *
 * Pure: no I/O, no clock, no allocation, no globals.
 */
#ifndef PROTOCOL_EXTRACT_H
#define PROTOCOL_EXTRACT_H

#include "protocol/fork.h"

struct extract {
    char org_id[ORG_ID_BYTES_MAX + 1];
    char name[NAME_BYTES_MAX + 1];
    uint8_t feed_key[KEY_BYTES];
    uint64_t roster_version; /* of the member list that it was taken from; 0: of none */
    uint8_t roster_hash[HASH_BYTES];
};

enum {
    EXTRACT_SUM_BYTES = HASH_BYTES,
    EXTRACT_BYTES_MAX = 2 + ORG_ID_BYTES_MAX + 2 + NAME_BYTES_MAX + KEY_BYTES + 8 + HASH_BYTES,
    PROOF_FILE_BYTES_MAX = 17 + EXTRACT_BYTES_MAX + FORK_BYTES_MAX + EXTRACT_SUM_BYTES,
    FEED_FILE_HEAD_MAX = 16 + EXTRACT_BYTES_MAX + CHECKPOINT_SIGNED_BYTES,
    FEED_FILE_ENTRY_MAX = HEADER_BYTES + 1 + BODY_BYTES_MAX,
};

/* What stands in place of a body. */
enum feed_file_state {
    FILE_BODY = 0,      /* the body follows */
    FILE_MISSING = 1,   /* whoever wrote the file lacks it, and nothing accounts for that */
    FILE_ADDRESSED = 2, /* it is for one addressee */
    FILE_ERASED = 3,    /* its author erased it */
    FILE_EXPIRED = 4,   /* its time has passed */
};

/* The sum of a file's bytes before it. */
void extract_sum(struct bytes file, uint8_t out[EXTRACT_SUM_BYTES]);

/* Writes a proof file to out of PROOF_FILE_BYTES_MAX; returns its length. */
size_t proof_file_encode(const struct extract *who, struct bytes proof, uint8_t *out);

/* Reads one; *proof is borrowed from it, and is not judged. Returns ERR_TRUNCATED if it ends early,
 * ERR_FORMAT if it is no proof file, is damaged (its sum is another), or names the organisation in
 * no proper way. On error the outputs are unchanged. */
MUST_CHECK enum err proof_file_decode(struct bytes file, struct extract *who, struct bytes *proof);

/* A feed file as read. Borrowed from its bytes. */
struct feed_file {
    struct extract who;
    struct checkpoint checkpoint;
    const uint8_t *signed_checkpoint; /* CHECKPOINT_SIGNED_BYTES */
    struct bytes entries;
};

struct feed_file_entry {
    const uint8_t *header; /* HEADER_BYTES */
    enum feed_file_state state;
    struct bytes body; /* empty unless the state is FILE_BODY */
};

/* Writes what comes before the entries to out of FEED_FILE_HEAD_MAX; returns its length. */
size_t feed_file_head(const struct extract *who, const uint8_t checkpoint[CHECKPOINT_SIGNED_BYTES],
                      uint8_t *out);

/* Writes one entry to out of FEED_FILE_ENTRY_MAX; returns its length. Its body is at most
 * BODY_BYTES_MAX long. */
size_t feed_file_entry_encode(const struct feed_file_entry *e, uint8_t *out);

/* Reads the head. Returns ERR_TRUNCATED and ERR_FORMAT as proof_file_decode; ERR_RANGE for numbers
 * in the checkpoint that nobody may sign; ERR_STRANGER if it is of another organisation than the
 * extract. On error *out is unchanged. */
MUST_CHECK enum err feed_file_decode(struct bytes file, struct feed_file *out);

/* Reads the entry at the front of *rest and moves on. Returns ERR_NOT_FOUND at the end,
 * ERR_TRUNCATED; ERR_VERSION or ERR_RANGE for a header or state that is not in order. */
MUST_CHECK enum err feed_file_next(struct bytes *rest, struct feed_file_entry *out);

/* What is in a feed file that holds. */
struct feed_file_summary {
    uint64_t entries;
    uint64_t bodies;
    uint64_t erased;
    uint64_t unconfirmed; /* of the erased: no entry in the file erases them */
    uint64_t expired;
    uint64_t addressed;
    uint64_t missing;
};

/* Checks every commitment, the tree and the signature against feed_key. marks has room for one bit
 * for each entry that the checkpoint covers, and is zeroed. Returns OK with *out filled in, or,
 * with *at the entry where it fails (the number of entries where it is the whole): ERR_SIGNATURE
 * the key did not sign the checkpoint ERR_TRUNCATED, ERR_VERSION, ERR_RANGE  as feed_file_next
 *   ERR_SEQUENCE   an entry has another number than its place, or there are more or fewer entries
 *                  than the checkpoint covers
 *   ERR_COMMIT     a body is not the one that its header commits to
 *   ERR_FORMAT     a state that the header does not bear out: expired without an end, addressed
 *                  though for all members
 *   ERR_PROOF      the entries are not those that were signed */
MUST_CHECK enum err feed_file_check(const struct feed_file *f, const uint8_t feed_key[KEY_BYTES],
                                    uint8_t *marks, struct feed_file_summary *out, uint64_t *at);

#endif
