#include "protocol/extract.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "proto/utf8.h"
#include "protocol/orgid.h"

static const char PROOF_PREFIX[] = "seinpost/v1/proof";
static const char FEED_PREFIX[] = "seinpost/v1/feed";

static_assert(sizeof PROOF_PREFIX - 1 == 17 && sizeof FEED_PREFIX - 1 == 16, "as the limits say");

void extract_sum(struct bytes file, uint8_t out[EXTRACT_SUM_BYTES])
{
    crypto_generichash(out, EXTRACT_SUM_BYTES, file.data, file.len, NULL, 0);
}

static void pack_text(struct pack *p, const char *text)
{
    pack_u16(p, (uint16_t)strlen(text));
    pack_copy(p, text, strlen(text));
}

static void pack_extract(struct pack *p, const struct extract *who)
{
    pack_text(p, who->org_id);
    pack_text(p, who->name);
    pack_copy(p, who->feed_key, KEY_BYTES);
    pack_u64(p, who->roster_version);
    pack_copy(p, who->roster_hash, HASH_BYTES);
}

/* A text of at most max bytes into out, which has room for one more. False if it is too long or not
 * fit to be shown. */
static bool unpack_text(struct unpack *u, size_t max, char *out)
{
    size_t len = unpack_u16(u);
    struct bytes text = unpack_view(u, len);
    if (u->is_short || len > max || !utf8_is_line(text))
        return false;
    memset(out, 0, max + 1);
    memcpy(out, text.data, len);
    return true;
}

static enum err unpack_extract(struct unpack *u, struct extract *who)
{
    bool is_sound =
        unpack_text(u, ORG_ID_BYTES_MAX, who->org_id) && unpack_text(u, NAME_BYTES_MAX, who->name);
    unpack_copy(u, who->feed_key, KEY_BYTES);
    who->roster_version = unpack_u64(u);
    unpack_copy(u, who->roster_hash, HASH_BYTES);
    if (u->is_short)
        return ERR_TRUNCATED;
    is_sound = is_sound && orgid_check(bytes_of(who->org_id, strlen(who->org_id))) == OK;
    return is_sound ? OK : ERR_FORMAT;
}

/* Takes the prefix off the front and the sum off the end. */
static enum err open_file(struct bytes file, const char *prefix, struct unpack *u)
{
    size_t prefix_len = strlen(prefix);
    uint8_t sum[EXTRACT_SUM_BYTES];
    size_t seen = file.len < prefix_len ? file.len : prefix_len;
    if (seen > 0 && memcmp(file.data, prefix, seen) != 0)
        return ERR_FORMAT;
    if (file.len < prefix_len + EXTRACT_SUM_BYTES)
        return ERR_TRUNCATED;
    struct bytes content = bytes_of(file.data, file.len - EXTRACT_SUM_BYTES);
    extract_sum(content, sum);
    if (memcmp(sum, file.data + content.len, EXTRACT_SUM_BYTES) != 0)
        return ERR_FORMAT;
    *u = unpack_of(content);
    (void)unpack_view(u, prefix_len);
    return OK;
}

size_t proof_file_encode(const struct extract *who, struct bytes proof, uint8_t *out)
{
    struct pack p = pack_of(out, PROOF_FILE_BYTES_MAX - EXTRACT_SUM_BYTES);
    pack_copy(&p, PROOF_PREFIX, sizeof PROOF_PREFIX - 1);
    pack_extract(&p, who);
    pack_bytes(&p, proof);
    assert(!p.is_full);
    extract_sum(bytes_of(out, pack_len(&p)), p.at);
    return pack_len(&p) + EXTRACT_SUM_BYTES;
}

enum err proof_file_decode(struct bytes file, struct extract *who, struct bytes *proof)
{
    struct unpack u;
    struct extract got;
    enum err e = open_file(file, PROOF_PREFIX, &u);
    if (e == OK)
        e = unpack_extract(&u, &got);
    if (e != OK)
        return e;
    *who = got;
    *proof = bytes_of(u.at, u.left);
    return OK;
}

size_t feed_file_head(const struct extract *who, const uint8_t checkpoint[CHECKPOINT_SIGNED_BYTES],
                      uint8_t *out)
{
    struct pack p = pack_of(out, FEED_FILE_HEAD_MAX);
    pack_copy(&p, FEED_PREFIX, sizeof FEED_PREFIX - 1);
    pack_extract(&p, who);
    pack_copy(&p, checkpoint, CHECKPOINT_SIGNED_BYTES);
    assert(!p.is_full);
    return pack_len(&p);
}

size_t feed_file_entry_encode(const struct feed_file_entry *e, uint8_t *out)
{
    struct pack p = pack_of(out, FEED_FILE_ENTRY_MAX);
    pack_copy(&p, e->header, HEADER_BYTES);
    pack_u8(&p, (uint8_t)e->state);
    if (e->state == FILE_BODY)
        pack_bytes(&p, e->body);
    assert(!p.is_full);
    return pack_len(&p);
}

enum err feed_file_decode(struct bytes file, struct feed_file *out)
{
    struct unpack u;
    struct feed_file got;
    enum err e = open_file(file, FEED_PREFIX, &u);
    if (e == OK)
        e = unpack_extract(&u, &got.who);
    if (e != OK)
        return e;
    struct bytes raw = unpack_view(&u, CHECKPOINT_SIGNED_BYTES);
    e = checkpoint_read(raw, &got.checkpoint);
    if (e != OK)
        return e;
    uint8_t author[AUTHOR_BYTES];
    author_of(bytes_of(got.who.org_id, strlen(got.who.org_id)), author);
    if (memcmp(author, got.checkpoint.author, AUTHOR_BYTES) != 0)
        return ERR_STRANGER;
    got.signed_checkpoint = raw.data;
    got.entries = bytes_of(u.at, u.left);
    *out = got;
    return OK;
}

enum err feed_file_next(struct bytes *rest, struct feed_file_entry *out)
{
    struct unpack u = unpack_of(*rest);
    struct feed_file_entry got = {0};
    struct header h;
    if (rest->len == 0)
        return ERR_NOT_FOUND;
    got.header = unpack_view(&u, HEADER_BYTES).data;
    uint8_t state = unpack_u8(&u);
    if (u.is_short)
        return ERR_TRUNCATED;
    enum err e = header_decode(got.header, &h);
    if (e != OK)
        return e;
    if (state > FILE_EXPIRED)
        return ERR_RANGE;
    got.state = (enum feed_file_state)state;
    if (got.state == FILE_BODY)
        got.body = unpack_view(&u, (size_t)h.body_units * BODY_UNIT_BYTES);
    if (u.is_short)
        return ERR_TRUNCATED;
    *rest = bytes_of(u.at, u.left);
    *out = got;
    return OK;
}

/* Marks what an entry erases. */
static void mark_erased(const struct feed_file_entry *e, uint64_t index, uint8_t *marks)
{
    struct body b;
    if (body_decode(e->body, &b) != OK || b.type != ENTRY_ERASE || b.ref_plus_one == 0 ||
        b.ref_plus_one - 1 >= index)
        return;
    uint64_t target = b.ref_plus_one - 1;
    marks[target / 8] |= (uint8_t)(1u << target % 8);
}

static enum err check_entry(const struct feed_file *f, const struct feed_file_entry *e,
                            uint64_t index, uint8_t *marks, struct feed_file_summary *sum)
{
    struct header h;
    enum err is_header = header_decode(e->header, &h);
    assert(is_header == OK);
    if (h.index != index)
        return ERR_SEQUENCE;
    switch (e->state) {
    case FILE_BODY:
        if (body_check(f->checkpoint.author, &h, e->body) != OK)
            return ERR_COMMIT;
        mark_erased(e, index, marks);
        sum->bodies++;
        return OK;
    case FILE_MISSING:
        sum->missing++;
        return OK;
    case FILE_ADDRESSED:
        sum->addressed++;
        return h.audience == AUDIENCE_ADDRESSED ? OK : ERR_FORMAT;
    case FILE_ERASED:
        sum->erased++;
        return OK;
    case FILE_EXPIRED:
        sum->expired++;
        return h.expires_day != 0 ? OK : ERR_FORMAT;
    }
    return ERR_RANGE;
}

/* Which of the erased entries nothing in the file erases. */
static uint64_t count_unconfirmed(const struct feed_file *f, const uint8_t *marks)
{
    struct bytes rest = f->entries;
    struct feed_file_entry e;
    uint64_t count = 0;
    for (uint64_t i = 0; feed_file_next(&rest, &e) == OK; i++)
        count += e.state == FILE_ERASED && (marks[i / 8] >> i % 8 & 1) == 0;
    return count;
}

enum err feed_file_check(const struct feed_file *f, const uint8_t feed_key[KEY_BYTES],
                         uint8_t *marks, struct feed_file_summary *out, uint64_t *at)
{
    struct bytes rest = f->entries;
    struct feed_file_summary sum = {0};
    struct feed_file_entry entry;
    struct merkle_frontier tree;
    struct checkpoint cp;
    uint8_t root[HASH_BYTES], leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    *at = f->checkpoint.size;
    enum err e =
        checkpoint_verify(bytes_of(f->signed_checkpoint, CHECKPOINT_SIGNED_BYTES), feed_key, &cp);
    if (e != OK)
        return e;
    merkle_frontier_init(&tree);
    while ((e = feed_file_next(&rest, &entry)) != ERR_NOT_FOUND) {
        *at = tree.size;
        if (e == OK && tree.size == cp.size)
            e = ERR_SEQUENCE;
        if (e == OK)
            e = check_entry(f, &entry, tree.size, marks, &sum);
        if (e != OK)
            return e;
        merkle_leaf(bytes_of(entry.header, HEADER_BYTES), leaf);
        merkle_append(&tree, leaf, &levels, tile);
    }
    *at = tree.size;
    if (tree.size != cp.size)
        return ERR_SEQUENCE;
    merkle_root(&tree, root);
    if (memcmp(root, cp.root, HASH_BYTES) != 0)
        return ERR_PROOF;
    sum.entries = cp.size;
    sum.unconfirmed = count_unconfirmed(f, marks);
    *out = sum;
    return OK;
}
