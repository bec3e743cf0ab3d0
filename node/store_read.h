/*
 * store_read.h - what comes out of the store.
 *
 * Bytes come out as they were stored: SQLite does not notice a flipped bit in a blob, so the caller
 * verifies what it uses. Pointers given to a callback live until it returns. Lists go on until
 * their callback returns false; within it only other kinds of reads may be called.
 */
#ifndef NODE_STORE_READ_H
#define NODE_STORE_READ_H

#include "federation/effect.h"
#include "node/store.h"
#include "protocol/correction.h"
#include "protocol/tag.h"

/* The answers of federation/archive.h, which is their contract; valid until store_close. Its read
 * may be asked again only after it returned. A roster longer than cap is answered with 0. */
struct archive store_archive(struct store *s);

struct tag_hit {
    uint8_t author[AUTHOR_BYTES];
    uint64_t index;       /* of a retag, the entry that it is for */
    uint64_t original;    /* of an amendment, the entry that it amends; else the same */
    uint32_t expires_day; /* 0 never */
};

/* Live entries that carry the tag: held, in force, and not expired before today. Returns how many
 * went to out (max at most), in order of feed and index. An author can publish any bytes as a tag,
 * also another author's; a hit counts only for the author whom the tag was derived for. */
size_t store_find_tag(struct store *s, const uint8_t tag[TAG_BYTES], uint32_t today,
                      struct tag_hit *out, size_t max);

/* The same among the entries of one author, so that no other's entries use up max. */
size_t store_find_tag_of(struct store *s, const uint8_t author[AUTHOR_BYTES],
                         const uint8_t tag[TAG_BYTES], uint32_t today, struct tag_hit *out,
                         size_t max);

/* What takes an entry back; zeros if nothing does. */
struct correction store_correction(struct store *s, const uint8_t author[AUTHOR_BYTES],
                                   uint64_t index);

/* Whether the held entry at index with this body is in force, apart from its expiry date. */
enum force store_force(struct store *s, const uint8_t author[AUTHOR_BYTES], uint64_t index,
                       const struct body *b);

/* Lists return OK, or ERR_FORMAT for a row that cannot be what was written, or ERR_IO; then the
 * store has failed (store.h). */

/* Every feed's record, in the order in which the feeds became known. */
MUST_CHECK enum err
store_feeds(struct store *s, bool (*row)(void *ctx, const struct feed_record *record), void *ctx);

/* Signed rosters from version first on, ascending. */
MUST_CHECK enum err store_rosters(struct store *s, uint64_t first,
                                  bool (*row)(void *ctx, uint64_t version,
                                              const uint8_t hash[HASH_BYTES],
                                              struct bytes signed_roster),
                                  void *ctx);

/* Other member lists of one version, which EFFECT_PERSIST_RIVAL brought. */
MUST_CHECK enum err store_rivals(struct store *s, uint64_t version,
                                 bool (*row)(void *ctx, struct bytes signed_roster), void *ctx);

/* Members' use on the highest day of which any use is recorded; *day is that day, 0 if none. */
MUST_CHECK enum err
store_budgets(struct store *s, uint32_t *day,
              bool (*row)(void *ctx, const uint8_t member[AUTHOR_BYTES], uint32_t used), void *ctx);

/* What became of an own entry, as it was noted; false if nothing was. */
bool store_version(struct store *s, uint64_t index, struct store_version *out);

/* The entries of a feed that were taken back, ascending. */
MUST_CHECK enum err
store_corrections(struct store *s, const uint8_t author[AUTHOR_BYTES],
                  bool (*row)(void *ctx, uint64_t index, const struct correction *c), void *ctx);

/* Held alerts of all feeds, and amendments of such, in force or not, in order of feed and index. */
struct alert_row {
    const uint8_t *author;
    uint64_t index;
    uint32_t expires_day;
    struct bytes body;
};
MUST_CHECK enum err store_alerts(struct store *s, bool (*row)(void *ctx, const struct alert_row *r),
                                 void *ctx);

/* The sealed entries of the watch-list, by ascending id. */
MUST_CHECK enum err
store_watches(struct store *s, bool (*row)(void *ctx, int64_t id, struct bytes sealed), void *ctx);

/* A mark; 0 if it was never set. */
uint64_t store_mark(struct store *s, enum mark mark);

/* How many peers acknowledged that they erased our entry. */
size_t store_receipts(struct store *s, uint64_t index);

/* Acknowledgements of our erasures, from our entry first on, by index and peer. */
MUST_CHECK enum err store_receipt_list(struct store *s, uint64_t first,
                                       bool (*row)(void *ctx, uint64_t index,
                                                   const uint8_t peer[AUTHOR_BYTES]),
                                       void *ctx);

/* Every proof that an author contradicted itself, by author and feed_epoch, with the key that it
 * was judged by. */
MUST_CHECK enum err store_forks(struct store *s,
                                bool (*row)(void *ctx, const uint8_t author[AUTHOR_BYTES],
                                            uint32_t feed_epoch, const uint8_t feed_key[KEY_BYTES],
                                            struct bytes proof),
                                void *ctx);

/* The rows that a "seen" hash commits to, copied to out. Returns their length; 0 if unknown or
 * longer than cap. */
size_t store_seen(struct store *s, const uint8_t hash[HASH_BYTES], uint8_t *out, size_t cap);

/* Daily checkpoints as they were signed, and the day on which each came: of one author, or of all
 * for NULL; oldest first within an author. */
MUST_CHECK enum err store_witness(
    struct store *s, const uint8_t *author,
    bool (*row)(void *ctx, const uint8_t signed_checkpoint[CHECKPOINT_SIGNED_BYTES], uint32_t day),
    void *ctx);

/* What the newest daily checkpoint of a peer, of which that is known, has seen. As store_seen. */
size_t store_peer_seen(struct store *s, const uint8_t author[AUTHOR_BYTES], uint8_t *out,
                       size_t cap);

/* The desk's sealed records, from own index first on, ascending. */
MUST_CHECK enum err store_desk_read(struct store *s, uint64_t first,
                                    bool (*row)(void *ctx, uint64_t index, struct bytes sealed),
                                    void *ctx);

#endif
