/*
 * verify.c - goes over everything that is stored and checks it against what its authors signed.
 *
 * For each feed: every header into a tree, the tree's root against the newest signed checkpoint
 * that it reaches, the signature against the member list, every body that is here against its
 * header. A slice of entries in each turn of the loop, so that the node goes on working; what
 * arrives meanwhile is beyond the size at which a feed's check began.
 */
#include "node/node.h"

#include <stdlib.h>
#include <string.h>

#include "node/desk_job.h"
#include "node/store_read.h"

enum { VERIFY_SLICE = 4096 };

struct verify {
    uint64_t client;
    size_t feed;
    bool has_begun;
    struct feed_status status;
    struct checkpoint checkpoint; /* seq 0: nothing is signed yet */
    struct merkle_frontier tree;
    uint64_t bodies, gone, owed, opaque, bad;
    uint64_t first_bad;
    size_t feeds_bad;
};

static bool check_row(void *ctx, const struct archive_row *row)
{
    struct verify *v = ctx;
    uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    struct header h;
    merkle_leaf(bytes_of(row->header, HEADER_BYTES), leaf);
    merkle_append(&v->tree, leaf, &levels, tile);
    bool is_bad = header_decode(row->header, &h) != OK || h.index != row->index;
    if (row->body.len > 0) {
        v->bodies++;
        v->opaque += row->state == STATE_OPAQUE || row->state == STATE_NEWER;
        is_bad = is_bad || body_check(v->status.author, &h, row->body) != OK;
    } else if (row->state == STATE_OWED && v->status.owed > 0) {
        v->owed++;
    } else {
        v->gone++;
    }
    if (is_bad && v->bad++ == 0)
        v->first_bad = row->index;
    return true;
}

/* The signed checkpoint in force when this feed's check begins. */
static void begin_feed(struct desk *d, struct verify *v)
{
    uint8_t held[CHECKPOINT_SIGNED_BYTES];
    federation_feed_status(d->node->core, v->feed, &v->status);
    const struct roster *r = federation_roster(d->node->core);
    const struct organisation *org = r != NULL ? roster_find(r, v->status.author) : NULL;
    memset(&v->checkpoint, 0, sizeof v->checkpoint);
    merkle_frontier_init(&v->tree);
    v->bodies = v->gone = v->owed = v->opaque = v->bad = v->first_bad = 0;
    v->has_begun = true;
    if (!federation_feed_checkpoint(d->node->core, v->feed, held))
        return;
    if (org == NULL ||
        checkpoint_verify(bytes_of(held, sizeof held), org->feed_key, &v->checkpoint) != OK)
        v->bad++;
}

static void end_feed(struct desk *d, struct verify *v)
{
    uint8_t root[HASH_BYTES];
    merkle_root(&v->tree, root);
    bool is_signed = v->checkpoint.seq != 0;
    if (is_signed &&
        (v->tree.size != v->checkpoint.size || memcmp(root, v->checkpoint.root, HASH_BYTES) != 0) &&
        v->bad++ == 0)
        v->first_bad = v->tree.size;
    v->feeds_bad += v->bad > 0;
    desk_line(d, v->client,
              json_pack("{s:{s:s,s:I,s:I,s:I,s:I,s:I,s:b,s:I}}", "row", "org_id",
                        node_org_id(d->node, v->status.author), "size",
                        (json_int_t)v->checkpoint.size, "bodies", (json_int_t)v->bodies, "gone",
                        (json_int_t)v->gone, "owed", (json_int_t)v->owed, "opaque",
                        (json_int_t)v->opaque, "ok", v->bad == 0, "first_bad",
                        (json_int_t)v->first_bad));
    v->feed++;
    v->has_begun = false;
}

void verify_request(struct desk *d, uint64_t client)
{
    if (d->verify != NULL) {
        desk_refuse(d, client, "full");
        return;
    }
    d->verify = calloc(1, sizeof *d->verify);
    if (d->verify == NULL)
        desk_refuse(d, client, "full");
    else
        d->verify->client = client;
}

void verify_work(struct desk *d)
{
    struct verify *v = d->verify;
    if (v == NULL)
        return;
    if (v->feed == federation_feed_count(d->node->core)) {
        desk_end(d, v->client,
                 json_pack("{s:{s:b,s:I,s:I}}", "end", "ok", v->feeds_bad == 0, "feeds",
                           (json_int_t)v->feed, "feeds_bad", (json_int_t)v->feeds_bad));
        free(v);
        d->verify = NULL;
        return;
    }
    if (!v->has_begun)
        begin_feed(d, v);
    struct archive a = store_archive(d->node->store);
    uint64_t left = v->checkpoint.size - v->tree.size;
    size_t count = left < VERIFY_SLICE ? (size_t)left : VERIFY_SLICE;
    size_t got = count > 0 ? a.read(a.ctx, v->status.author, v->tree.size, count, check_row, v) : 0;
    if (got < count || v->tree.size == v->checkpoint.size)
        end_feed(d, v);
}
