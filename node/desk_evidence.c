/*
 * desk_evidence.c - what can be shown to others without a node: proofs against authors that
 * contradicted themselves, and whole feeds (protocol/extract.h).
 *
 * A feed is given out in parts, each the answer to a request of its own, so that nothing is kept
 * between them: the first part tells the size, and later ones name it again.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/desk_job.h"
#include "node/store_read.h"
#include "protocol/extract.h"

enum { PART_ENTRIES = 4096, PART_BYTES = 1000000 };

/* Bytes as base64; NULL without memory. */
static json_t *bytes_json(struct bytes b)
{
    size_t cap = sodium_base64_encoded_len(b.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(cap);
    if (text == NULL)
        return NULL;
    sodium_bin2base64(text, cap, b.data, b.len, sodium_base64_VARIANT_ORIGINAL);
    json_t *out = json_string(text);
    free(text);
    return out;
}

/* What a file says of whose key it is about. */
static struct extract extract_of(const struct node *n, const struct organisation *org)
{
    const struct roster *r = federation_roster(n->core);
    struct extract who;
    memset(&who, 0, sizeof who);
    memcpy(who.org_id, org->org_id, sizeof who.org_id);
    memcpy(who.name, org->name, sizeof who.name);
    memcpy(who.feed_key, org->feed_key, KEY_BYTES);
    who.roster_version = r->version;
    memcpy(who.roster_hash, r->hash, HASH_BYTES);
    return who;
}

/* ---- Proofs ---- */

struct listing {
    struct desk *desk;
    uint64_t client;
    const char *org_id; /* of the one that is wanted; NULL: all */
    size_t count;
};

static bool proof_row(void *ctx, const uint8_t author[AUTHOR_BYTES], uint32_t feed_epoch,
                      const uint8_t feed_key[KEY_BYTES], struct bytes proof)
{
    struct listing *l = ctx;
    const struct organisation *org = roster_find(federation_roster(l->desk->node->core), author);
    struct extract who;
    struct fork fork;
    uint8_t file[PROOF_FILE_BYTES_MAX];
    if (org == NULL || proof.len > FORK_BYTES_MAX || fork_read(proof, &fork) != OK ||
        (l->org_id != NULL && strcmp(l->org_id, org->org_id) != 0))
        return true;
    who = extract_of(l->desk->node, org);
    memcpy(who.feed_key, feed_key, KEY_BYTES);
    json_t *row = json_pack("{s:s,s:s,s:I,s:i,s:I,s:b}", "org_id", who.org_id, "name", who.name,
                            "key_number", (json_int_t)feed_epoch, "kind", (int)fork.kind, "entry",
                            (json_int_t)fork.index, "in_dispute", org->feed_epoch == feed_epoch);
    json_object_set_new(row, "file",
                        bytes_json(bytes_of(file, proof_file_encode(&who, proof, file))));
    desk_line(l->desk, l->client, json_pack("{s:o}", "row", row));
    l->count++;
    return true;
}

void evidence_proofs(struct desk *d, uint64_t client, const json_t *request)
{
    struct listing l = {d, client, json_string_value(json_object_get(request, "org_id")), 0};
    if (federation_roster(d->node->core) == NULL) {
        desk_refuse(d, client, "unavailable");
        return;
    }
    enum err e = store_forks(d->node->store, proof_row, &l);
    if (e != OK) {
        desk_refuse(d, client, desk_error_name(e));
        return;
    }
    desk_end(d, client, json_pack("{s:{s:b,s:I}}", "end", "ok", 1, "count", (json_int_t)l.count));
}

/* ---- Feeds ---- */

/* One part in the making. */
struct part {
    uint8_t *out; /* PART_BYTES and one entry more */
    size_t len;
    size_t count;
};

/* What a body that is not given out is, in a file. */
static enum feed_file_state state_of(const struct archive_row *row, const struct header *h)
{
    if (h->audience == AUDIENCE_ADDRESSED)
        return FILE_ADDRESSED; /* also where it is here: a file is for anybody */
    if (row->body.len > 0)
        return FILE_BODY;
    return row->state == STATE_ERASED    ? FILE_ERASED
           : row->state == STATE_EXPIRED ? FILE_EXPIRED
                                         : FILE_MISSING;
}

static bool part_row(void *ctx, const struct archive_row *row)
{
    struct part *p = ctx;
    struct header h;
    if (p->len >= PART_BYTES || header_decode(row->header, &h) != OK)
        return false;
    struct feed_file_entry e = {row->header, state_of(row, &h), row->body};
    if (e.state == FILE_BODY && e.body.len > BODY_BYTES_MAX)
        return false;
    p->len += feed_file_entry_encode(&e, p->out + p->len);
    p->count++;
    return true;
}

/* The signed checkpoint of a feed whose entries are all here; false if there is none. */
static bool checkpoint_of(const struct node *n, const uint8_t author[AUTHOR_BYTES],
                          uint8_t raw[CHECKPOINT_SIGNED_BYTES], struct checkpoint *cp)
{
    for (size_t i = 0; i < federation_feed_count(n->core); i++) {
        struct feed_status s;
        federation_feed_status(n->core, i, &s);
        if (memcmp(s.author, author, AUTHOR_BYTES) == 0)
            return federation_feed_checkpoint(n->core, i, raw) &&
                   checkpoint_read(bytes_of(raw, CHECKPOINT_SIGNED_BYTES), cp) == OK;
    }
    return false;
}

static void send_head(struct desk *d, uint64_t client, const struct organisation *org,
                      const uint8_t *raw, const struct checkpoint *cp)
{
    struct extract who = extract_of(d->node, org);
    uint8_t head[FEED_FILE_HEAD_MAX];
    size_t len = feed_file_head(&who, raw, head);
    desk_line(d, client,
              json_pack("{s:{s:s,s:s,s:I,s:o}}", "feed", "org_id", org->org_id, "name", org->name,
                        "size", (json_int_t)cp->size, "head", bytes_json(bytes_of(head, len))));
}

static void send_part(struct desk *d, uint64_t client, const uint8_t *author, uint64_t first,
                      uint64_t size)
{
    struct part p = {.out = malloc(PART_BYTES + FEED_FILE_ENTRY_MAX)};
    struct archive a = store_archive(d->node->store);
    uint64_t left = size - first;
    size_t count = left < PART_ENTRIES ? (size_t)left : PART_ENTRIES;
    if (p.out == NULL) {
        desk_refuse(d, client, "full");
        return;
    }
    if (count > 0)
        a.read(a.ctx, author, first, count, part_row, &p);
    if (p.count > 0)
        desk_line(d, client, json_pack("{s:o}", "entries", bytes_json(bytes_of(p.out, p.len))));
    free(p.out);
    desk_end(d, client,
             json_pack("{s:{s:b,s:I}}", "end", "ok", 1, "next", (json_int_t)(first + p.count)));
}

void evidence_feed(struct desk *d, uint64_t client, const json_t *request)
{
    const char *org_id = json_string_value(json_object_get(request, "org_id"));
    json_int_t first = json_integer_value(json_object_get(request, "first"));
    json_int_t size = json_integer_value(json_object_get(request, "size"));
    const struct roster *r = federation_roster(d->node->core);
    const struct organisation *org = r != NULL && org_id != NULL
                                         ? roster_find_org_id(r, bytes_of(org_id, strlen(org_id)))
                                         : NULL;
    uint8_t raw[CHECKPOINT_SIGNED_BYTES];
    struct checkpoint cp;
    if (org == NULL || first < 0 || size < first) {
        desk_refuse(d, client, org == NULL ? "stranger" : "format");
        return;
    }
    if (!checkpoint_of(d->node, org->author, raw, &cp) || (first > 0 && cp.size < (uint64_t)size)) {
        desk_refuse(d, client, "not-found"); /* nothing signed yet, or cut back meanwhile */
        return;
    }
    if (first == 0) {
        send_head(d, client, org, raw, &cp);
        size = (json_int_t)cp.size;
    }
    send_part(d, client, org->author, (uint64_t)first, (uint64_t)size);
}
