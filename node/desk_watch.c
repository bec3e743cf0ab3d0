/*
 * desk_watch.c - the partners that this organisation keeps an eye on.
 *
 * The list never leaves the node: every alert comes to everybody, and is compared with the list at
 * home. On disk each identifier is sealed under the desk key, padded to one length:
 *
 *     nonce[24] || XChaCha20-Poly1305(key, length u8 | identifier | zeros to 64 bytes, associated
 *     data "seinpost/v1/watch" || id u64)
 */
#include "node/desk_job.h"

#include <sodium.h>
#include <string.h>

#include "node/orgid_list.h"
#include "node/store_read.h"
#include "node/store_write.h"

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    PLAIN_BYTES = 64,
    SEALED_BYTES = NONCE_BYTES + PLAIN_BYTES + 16,
    WATCH_MAX = 10000,
};

static size_t associated(int64_t id, uint8_t out[32])
{
    struct pack p = pack_of(out, 32);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/watch"));
    pack_u64(&p, (uint64_t)id);
    return pack_len(&p);
}

static void seal(const uint8_t key[32], int64_t id, const char *partner, uint8_t out[SEALED_BYTES])
{
    uint8_t plain[PLAIN_BYTES] = {0}, ad[32];
    plain[0] = (uint8_t)strlen(partner);
    memcpy(plain + 1, partner, plain[0]);
    randombytes_buf(out, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_BYTES, NULL, plain, sizeof plain, ad,
                                               associated(id, ad), NULL, out, key);
    sodium_memzero(plain, sizeof plain);
}

static bool unseal(const uint8_t key[32], int64_t id, struct bytes sealed,
                   char partner[ORG_ID_BYTES_MAX + 1])
{
    uint8_t plain[PLAIN_BYTES], ad[32];
    if (sealed.len != SEALED_BYTES ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed.data + NONCE_BYTES,
                                                   sealed.len - NONCE_BYTES, ad, associated(id, ad),
                                                   sealed.data, key) != 0 ||
        plain[0] > ORG_ID_BYTES_MAX)
        return false;
    memcpy(partner, plain + 1, plain[0]);
    partner[plain[0]] = '\0';
    sodium_memzero(plain, sizeof plain);
    return true;
}

struct watching {
    struct desk *desk;
    json_t *ids; /* identifier -> its id in the store */
    int64_t highest;
};

static bool take_watch(void *ctx, int64_t id, struct bytes sealed)
{
    struct watching *w = ctx;
    char partner[ORG_ID_BYTES_MAX + 1];
    if (id > w->highest)
        w->highest = id;
    if (unseal(w->desk->key, id, sealed, partner))
        json_object_set_new(w->ids, partner, json_integer(id));
    return true;
}

static bool read_all(struct desk *d, struct watching *w)
{
    *w = (struct watching){d, json_object(), 0};
    if (store_watches(d->node->store, take_watch, w) == OK)
        return true;
    json_decref(w->ids);
    w->ids = NULL;
    return false;
}

json_t *desk_watched(struct desk *d)
{
    struct watching w;
    return read_all(d, &w) ? w.ids : NULL;
}

const char *desk_partner(struct desk *d, uint64_t client, const json_t *request)
{
    const char *partner = json_string_value(json_object_get(request, "partner"));
    if (partner == NULL) {
        desk_refuse(d, client, "format");
        return NULL;
    }
    enum err e =
        orgid_list_check(d->node->config.orgid_lists, bytes_of(partner, strlen(partner)), NULL);
    if (e == OK)
        return partner;
    desk_refuse(d, client, e == ERR_IO || e == ERR_RANGE ? "registers" : "partner");
    return NULL;
}

static void add(struct desk *d, uint64_t client, const json_t *request, const struct watching *w)
{
    const char *partner = desk_partner(d, client, request);
    uint8_t sealed[SEALED_BYTES];
    if (partner == NULL)
        return;
    if (json_object_get(w->ids, partner) != NULL) {
        desk_refuse(d, client, "already");
        return;
    }
    if (json_object_size(w->ids) >= WATCH_MAX) {
        desk_refuse(d, client, "full");
        return;
    }
    seal(d->key, w->highest + 1, partner, sealed);
    enum err e = store_watch_put(d->node->store, w->highest + 1, bytes_of(sealed, sizeof sealed));
    if (e != OK)
        desk_refuse(d, client, desk_error_name(e));
    else
        desk_end_committed(d, client, json_pack("{s:{s:b}}", "end", "ok", 1));
}

static void remove_one(struct desk *d, uint64_t client, const json_t *request,
                       const struct watching *w)
{
    const char *partner = json_string_value(json_object_get(request, "partner"));
    const json_t *id = partner != NULL ? json_object_get(w->ids, partner) : NULL;
    if (id == NULL) {
        desk_refuse(d, client, "not-found");
        return;
    }
    enum err e = store_watch_delete(d->node->store, (int64_t)json_integer_value(id));
    if (e != OK)
        desk_refuse(d, client, desk_error_name(e));
    else
        desk_end_committed(d, client, json_pack("{s:{s:b}}", "end", "ok", 1));
}

static void list(struct desk *d, uint64_t client, const struct watching *w)
{
    const char *partner;
    json_t *id;
    json_object_foreach(w->ids, partner, id)
        desk_line(d, client, json_pack("{s:{s:s}}", "row", "partner", partner));
    desk_end(
        d, client,
        json_pack("{s:{s:b,s:I}}", "end", "ok", 1, "count", (json_int_t)json_object_size(w->ids)));
}

void desk_watch(struct desk *d, uint64_t client, const char *what, const json_t *request)
{
    struct watching w;
    if (!read_all(d, &w)) {
        desk_refuse(d, client, "io");
        return;
    }
    if (strcmp(what, "add") == 0)
        add(d, client, request, &w);
    else if (strcmp(what, "remove") == 0)
        remove_one(d, client, request, &w);
    else if (strcmp(what, "list") == 0)
        list(d, client, &w);
    else
        desk_refuse(d, client, "format");
    json_decref(w.ids);
}
