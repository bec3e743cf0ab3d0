/*
 * trees.c - roots of perfect subtrees of what the archive holds: stored tiles joined, or the
 * headers themselves below the lowest tile.
 */
#include "federation/core.h"

#include <string.h>

static bool fold_row(void *ctx, const struct archive_row *row)
{
    struct merkle_frontier *tree = ctx;
    uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    merkle_leaf(bytes_of(row->header, HEADER_BYTES), leaf);
    merkle_append(tree, leaf, &levels, tile);
    return true;
}

/* The root that a tile should hold, from the headers: it was damaged. */
static bool fold(const struct stored_tree *t, unsigned tile, uint64_t position,
                 uint8_t out[HASH_BYTES])
{
    const struct archive *a = &t->f->archive;
    struct merkle_frontier tree;
    unsigned level = MERKLE_TILE_LEVEL * (tile + 1);
    size_t count = (size_t)1 << level;
    merkle_frontier_init(&tree);
    if (a->read(a->ctx, t->author, position << level, count, fold_row, &tree) != count)
        return false;
    memcpy(out, tree.peak[level], HASH_BYTES);
    return true;
}

static bool subtree(void *ctx, unsigned level, uint64_t position, uint8_t out[HASH_BYTES])
{
    const struct stored_tree *t = ctx;
    const struct archive *a = &t->f->archive;
    struct merkle_frontier tree;
    merkle_frontier_init(&tree);
    if (level < MERKLE_TILE_LEVEL) {
        size_t count = (size_t)1 << level;
        if (a->read(a->ctx, t->author, position << level, count, fold_row, &tree) != count)
            return false;
        memcpy(out, tree.peak[level], HASH_BYTES);
        return true;
    }
    unsigned tile = level < 2 * MERKLE_TILE_LEVEL ? 0 : 1;
    unsigned above = level - MERKLE_TILE_LEVEL * (tile + 1);
    for (uint64_t i = 0; i < (uint64_t)1 << above; i++) {
        uint8_t root[HASH_BYTES], unused[2][HASH_BYTES];
        unsigned levels;
        if (!a->tile(a->ctx, t->author, tile, (position << above) + i, root) &&
            !fold(t, tile, (position << above) + i, root))
            return false;
        merkle_append(&tree, root, &levels, unused);
    }
    memcpy(out, tree.peak[above], HASH_BYTES);
    return true;
}

struct merkle_source trees_source(struct stored_tree *t)
{
    return (struct merkle_source){t, subtree};
}

bool trees_frontier(struct stored_tree *t, uint64_t size, struct merkle_frontier *out)
{
    uint64_t at = 0;
    merkle_frontier_init(out);
    out->size = size;
    for (unsigned level = MERKLE_LEVELS_MAX; level-- > 0;) {
        if ((size >> level & 1) == 0)
            continue;
        if (!subtree(t, level, at >> level, out->peak[level]))
            return false;
        at += (uint64_t)1 << level;
    }
    return true;
}
