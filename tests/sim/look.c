#include "tests/sim/look.h"

#include <assert.h>
#include <string.h>

#include "proto/wire.h"

struct feed_status look_feed(struct world *w, size_t at, size_t of)
{
    struct federation *f = world_core(w, at);
    struct feed_status s;
    for (size_t i = 0; i < federation_feed_count(f); i++) {
        federation_feed_status(f, i, &s);
        if (memcmp(s.author, world_author(w, of), AUTHOR_BYTES) == 0)
            return s;
    }
    memset(&s, 0, sizeof s);
    return s;
}

enum entry_state look_state(struct world *w, size_t at, size_t of, uint64_t index)
{
    struct archive a = shelf_archive(world_shelf(w, at));
    return a.state(a.ctx, world_author(w, of), index);
}

struct body_copy {
    uint8_t *out;
    size_t len;
};

static bool copy_body(void *ctx, const struct archive_row *row)
{
    struct body_copy *c = ctx;
    c->len = row->body.len;
    if (row->body.len > 0)
        memcpy(c->out, row->body.data, row->body.len);
    return true;
}

size_t look_body(struct world *w, size_t at, size_t of, uint64_t index, uint8_t *out)
{
    struct archive a = shelf_archive(world_shelf(w, at));
    struct body_copy c = {out, 0};
    a.read(a.ctx, world_author(w, of), index, 1, copy_body, &c);
    return c.len;
}

struct audit {
    const uint8_t *author;
    struct merkle_frontier tree;
    bool is_sound;
};

static bool audit_row(void *ctx, const struct archive_row *row)
{
    struct audit *a = ctx;
    uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    struct header h;
    merkle_leaf(bytes_of(row->header, HEADER_BYTES), leaf);
    merkle_append(&a->tree, leaf, &levels, tile);
    if (header_decode(row->header, &h) != OK || h.index != row->index)
        a->is_sound = false;
    else if (row->body.len > 0 && body_check(a->author, &h, row->body) != OK)
        a->is_sound = false;
    return true;
}

/* Slot of a feed in the core; SIZE_MAX if it is not known. */
static size_t slot(struct world *w, size_t at, size_t of)
{
    struct federation *f = world_core(w, at);
    struct feed_status s;
    for (size_t i = 0; i < federation_feed_count(f); i++) {
        federation_feed_status(f, i, &s);
        if (memcmp(s.author, world_author(w, of), AUTHOR_BYTES) == 0)
            return i;
    }
    return SIZE_MAX;
}

bool look_verifies(struct world *w, size_t at, size_t of)
{
    uint8_t raw[CHECKPOINT_SIGNED_BYTES], root[HASH_BYTES];
    struct checkpoint cp;
    size_t i = slot(w, at, of);
    if (i == SIZE_MAX || !federation_feed_checkpoint(world_core(w, at), i, raw) ||
        checkpoint_read(bytes_of(raw, sizeof raw), &cp) != OK)
        return false;
    struct archive a = shelf_archive(world_shelf(w, at));
    struct audit audit = {.author = world_author(w, of), .is_sound = true};
    merkle_frontier_init(&audit.tree);
    size_t rows = a.read(a.ctx, world_author(w, of), 0, (size_t)cp.size, audit_row, &audit);
    merkle_root(&audit.tree, root);
    return audit.is_sound && rows == cp.size && memcmp(root, cp.root, HASH_BYTES) == 0;
}

static bool is_same(struct world *w, size_t at, size_t of)
{
    uint8_t here[CHECKPOINT_SIGNED_BYTES], there[CHECKPOINT_SIGNED_BYTES];
    uint8_t a[BODY_BYTES_MAX], b[BODY_BYTES_MAX];
    struct feed_status s = look_feed(w, at, of), own = look_feed(w, of, of);
    if (s.size != own.size || s.seq != own.seq || s.owed != 0 || !look_verifies(w, at, of))
        return false;
    if (!federation_feed_checkpoint(world_core(w, at), slot(w, at, of), here) ||
        !federation_feed_checkpoint(world_core(w, of), slot(w, of, of), there) ||
        memcmp(here, there, sizeof here) != 0)
        return false;
    for (uint64_t i = 0; i < s.size; i++) {
        size_t len = look_body(w, at, of, i, a);
        if (look_state(w, at, of, i) != look_state(w, of, of, i) ||
            look_body(w, of, of, i, b) != len || memcmp(a, b, len) != 0)
            return false;
    }
    return true;
}

bool look_equal(struct world *w, size_t nodes)
{
    for (size_t at = 0; at < nodes; at++)
        for (size_t of = 0; of < nodes; of++)
            if (world_is_running(w, at) && world_is_running(w, of) && !is_same(w, at, of))
                return false;
    return true;
}

unsigned look_gaps(struct world *w, size_t at)
{
    struct coverage c;
    federation_coverage(world_core(w, at), world_clock(w, at), &c);
    return c.gaps;
}

struct draft look_signal(uint32_t number, uint32_t expires_day, uint8_t *payload)
{
    uint8_t tag[TAG_BYTES];
    world_tag(number, tag);
    struct signal s = {1, tag};
    struct draft d = {.type = ENTRY_SIGNAL, .expires_day = expires_day};
    d.payload = bytes_of(payload, signal_encode(&s, payload));
    return d;
}

size_t look_matches(struct world *w, size_t at, uint32_t number, uint32_t day)
{
    uint8_t tag[TAG_BYTES];
    world_tag(number, tag);
    return shelf_find_tag(world_shelf(w, at), tag, day);
}

size_t look_body_batch(const uint8_t author[AUTHOR_BYTES], uint64_t index, struct bytes body,
                       uint8_t *out, size_t cap)
{
    Seinpost__BodyBatch b = SEINPOST__BODY_BATCH__INIT;
    b.author = (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)author};
    b.n_index = 1;
    b.index = &index;
    b.bodies = (ProtobufCBinaryData){body.len, (uint8_t *)(uintptr_t)body.data};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BODY_BATCH;
    m.body_batch = &b;
    size_t len = message_encode(&m, out, cap);
    assert(len > 0);
    return len;
}

const struct pouch *look_pouch(struct world *w, size_t node)
{
    return shelf_pouch(world_shelf(w, node));
}

enum parcel_state look_parcel(struct world *w, size_t at, size_t author, uint64_t index)
{
    struct parcel_record r;
    return pouch_parcel(look_pouch(w, at), world_author(w, author), index, &r)
               ? r.state
               : (enum parcel_state)0;
}

bool look_has_mail(struct world *w, size_t at, size_t from, struct bytes content)
{
    const struct pouch *p = look_pouch(w, at);
    for (size_t i = 0; i < p->mail_count; i++)
        if (memcmp(p->mails[i].sender, world_author(w, from), 32) == 0 &&
            bytes_equal(bytes_of(p->mails[i].content, p->mails[i].len), content))
            return true;
    return false;
}
