#include "tests/sim/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/correction.h"

/* A feed as replayed from what is stored of it. */
struct replay {
    const struct shelf *shelf;
    struct archive archive;
    const uint8_t *author;
    struct merkle_frontier tree;
    struct checkpoint held; /* seq 0: none */
    uint8_t held_root[HASH_BYTES];
    uint64_t owed, refused, opaque, newer, profile_plus_one;
    struct correction *corrections;  /* of each entry, from what was replayed */
    crypto_generichash_state digest; /* of what all nodes have alike */
};

static void replay_tiles(struct replay *r, unsigned levels, uint8_t tile[2][HASH_BYTES])
{
    for (unsigned which = 0; which < 2; which++) {
        if (!(levels >> which & 1))
            continue;
        uint8_t stored[HASH_BYTES];
        uint64_t position = (r->tree.size >> (8 * (which + 1))) - 1;
        assert_true(r->archive.tile(r->archive.ctx, r->author, which, position, stored));
        assert_memory_equal(stored, tile[which], HASH_BYTES);
    }
}

/* An erasure that is held took effect. */
static void replay_erase(const struct replay *r, const struct body *b)
{
    assert_true(b->ref_plus_one > 0);
    assert_int_equal(r->archive.state(r->archive.ctx, r->author, b->ref_plus_one - 1),
                     STATE_ERASED);
}

static void replay_body(struct replay *r, const struct archive_row *row, const struct header *h)
{
    struct body b;
    struct alert alert;
    const uint8_t *tag = NULL;
    size_t count = 0;
    bool is_alert = false;
    assert_int_equal(body_check(r->author, h, row->body), OK);
    if (row->state == STATE_HELD) {
        assert_int_equal(body_decode(row->body, &b), OK);
        count = entry_tags(&b, &tag);
        is_alert = entry_is_alert(&b, &alert);
        bool is_newer = b.payload.len > 0 && b.payload.data[0] != PAYLOAD_VERSION;
        assert_true(count > 0 || is_alert || is_newer ||
                    (b.type != ENTRY_SIGNAL && b.type != ENTRY_AMEND));
        if (b.type == ENTRY_ERASE || b.type == ENTRY_RETRACT)
            correction_add(&r->corrections[b.ref_plus_one - 1], (enum entry_type)b.type,
                           row->index);
        if (b.type == ENTRY_ERASE)
            replay_erase(r, &b);
        if (b.type == ENTRY_PROFILE)
            r->profile_plus_one = row->index + 1;
    }
    struct bytes tags = shelf_tags(r->shelf, r->author, row->index);
    assert_true(bytes_equal(tags, bytes_of(tag, count * TAG_BYTES)));
    assert_int_equal(shelf_is_alert(r->shelf, r->author, row->index), is_alert);
}

static bool replay_row(void *ctx, const struct archive_row *row)
{
    struct replay *r = ctx;
    struct header h;
    uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES], state = (uint8_t)row->state;
    unsigned levels;
    assert_int_equal(header_decode(row->header, &h), OK);
    assert_int_equal(h.index, r->tree.size);
    bool is_here = state_has_body(row->state);
    assert_int_equal(is_here, row->body.len > 0);
    if (is_here)
        replay_body(r, row, &h);
    else
        assert_int_equal(shelf_tags(r->shelf, r->author, row->index).len, 0);
    r->owed += row->state == STATE_OWED;
    r->refused += row->state == STATE_REFUSED;
    r->opaque += row->state == STATE_OPAQUE || row->state == STATE_NEWER;
    r->newer += row->state == STATE_NEWER;
    merkle_leaf(bytes_of(row->header, HEADER_BYTES), leaf);
    merkle_append(&r->tree, leaf, &levels, tile);
    replay_tiles(r, levels, tile);
    if (r->tree.size == r->held.size)
        merkle_root(&r->tree, r->held_root);
    crypto_generichash_update(&r->digest, row->header, HEADER_BYTES);
    if (h.audience == AUDIENCE_ADDRESSED)
        return true; /* who has its body, and for how long, differs */
    crypto_generichash_update(&r->digest, &state, 1);
    crypto_generichash_update(&r->digest, row->body.data, row->body.len);
    return true;
}

static void check_record(const struct replay *r, const struct feed_record *rec)
{
    struct checkpoint seen = {0};
    uint8_t stored[HASH_BYTES], replayed[HASH_BYTES];
    assert_int_equal(rec->tree.size, r->tree.size);
    merkle_root(&rec->tree, stored);
    merkle_root(&r->tree, replayed);
    assert_memory_equal(stored, replayed, HASH_BYTES);
    assert_int_equal(rec->owed, r->owed);
    assert_int_equal(rec->refused, r->refused);
    assert_int_equal(rec->opaque, r->opaque);
    assert_int_equal(rec->newer, r->newer);
    if (r->profile_plus_one != 0)
        assert_int_equal(rec->profile_plus_one, r->profile_plus_one);
    if (r->held.seq != 0 && r->held.size > 0)
        assert_memory_equal(r->held.root, r->held_root, HASH_BYTES);
    assert_true(r->held.size <= r->tree.size);
    if (r->held.seq != 0) {
        assert_int_equal(checkpoint_read(bytes_of(rec->seen, sizeof rec->seen), &seen), OK);
        assert_true(seen.seq >= r->held.seq);
    }
    if (seen.size > r->tree.size)
        assert_int_equal(
            merkle_verify_consistency(r->tree.size, replayed, seen.size, seen.root,
                                      bytes_of(rec->proof, rec->proof_hashes * (size_t)HASH_BYTES)),
            rec->proof_hashes > 0 || r->tree.size == 0 ? OK : ERR_PROOF);
}

bool check_feed(struct world *w, size_t node, size_t of, uint8_t digest[32])
{
    struct shelf *shelf = world_shelf(w, node);
    const uint8_t *author = world_author(w, of);
    const struct feed_record *rec = shelf_record(shelf, author);
    struct replay r = {.shelf = shelf, .archive = shelf_archive(shelf), .author = author};
    crypto_generichash_init(&r.digest, NULL, 0, 32);
    merkle_frontier_init(&r.tree);
    if (rec != NULL && !sodium_is_zero(rec->held, sizeof rec->held)) {
        struct bytes held = bytes_of(rec->held, sizeof rec->held);
        assert_int_equal(checkpoint_read(held, &r.held), OK);
        const uint8_t *key = world_feed_key(w, of, r.held.feed_epoch);
        assert_int_equal(checkpoint_verify(held, key, &r.held), OK);
    }
    uint64_t size = shelf_size(shelf, author);
    r.corrections = calloc((size_t)size + 1, sizeof *r.corrections);
    assert_non_null(r.corrections);
    r.archive.read(r.archive.ctx, author, 0, SIZE_MAX, replay_row, &r);
    for (uint64_t i = 0; i < size; i++) {
        struct correction c = shelf_correction(shelf, author, i);
        assert_memory_equal(&c, &r.corrections[i], sizeof c);
    }
    free(r.corrections);
    if (rec != NULL)
        check_record(&r, rec);
    crypto_generichash_final(&r.digest, digest, 32);
    return rec != NULL;
}

static bool prefix_row(void *ctx, const struct archive_row *row)
{
    uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    merkle_leaf(bytes_of(row->header, HEADER_BYTES), leaf);
    merkle_append(ctx, leaf, &levels, tile);
    return true;
}

void check_prefix(struct world *w, size_t node, size_t of, uint64_t size,
                  struct merkle_frontier *out)
{
    struct archive a = shelf_archive(world_shelf(w, node));
    merkle_frontier_init(out);
    a.read(a.ctx, world_author(w, of), 0, (size_t)size, prefix_row, out);
}

void check_explain(struct world *w, size_t one, size_t other, size_t of, char *out, size_t cap)
{
    const struct shelf *a = world_shelf(w, one), *b = world_shelf(w, other);
    const uint8_t *author = world_author(w, of);
    for (uint64_t i = 0; i < shelf_size(a, author); i++) {
        enum entry_state here = shelf_state(a, author, i), there = shelf_state(b, author, i);
        if (here == there || here == STATE_ADDRESSED || there == STATE_ADDRESSED)
            continue;
        snprintf(out, cap, " (entry %u: state %d %s, and %d %s)", (unsigned)i, (int)here,
                 err_name(shelf_reason(a, author, i)), (int)there,
                 err_name(shelf_reason(b, author, i)));
        return;
    }
}

void check_node(struct world *w, size_t node)
{
    uint8_t digest[32];
    for (size_t of = 0; of < world_nodes(w); of++)
        (void)check_feed(w, node, of, digest);
}

void check_equal(struct world *w)
{
    for (size_t of = 0; of < world_nodes(w); of++) {
        uint8_t first[32], digest[32];
        size_t seen = 0;
        for (size_t node = 0; node < world_nodes(w); node++) {
            if (!world_is_running(w, node))
                continue;
            (void)check_feed(w, node, of, seen == 0 ? first : digest);
            if (seen++ > 0 && memcmp(digest, first, 32) != 0)
                fail_msg("%c holds another feed of %c: %d entries", (char)('A' + node),
                         (char)('A' + of),
                         (int)shelf_size(world_shelf(w, node), world_author(w, of)));
        }
    }
}

struct snapshot check_snapshot(struct world *w, size_t node)
{
    struct snapshot s;
    shelf_digest(world_shelf(w, node), s.digest);
    return s;
}

bool check_is_unchanged(struct world *w, size_t node, const struct snapshot *then)
{
    struct snapshot now = check_snapshot(w, node);
    return memcmp(now.digest, then->digest, sizeof now.digest) == 0;
}
