/*
 * desk_share.c - shares of threshold keys at rest.
 *
 * A share that was dealt came as a file into the ring (keys take), sealed under the passphrase. One
 * that comes out of a ceremony, or of which there is more to note, is a row of the store, sealed
 * under the desk key, which is in the ring: it becomes durable with everything else of its step. A
 * row counts more than a file with the same numbers. What is wiped is wiped in both places.
 *
 * The record:
 *     version u8 = 1 | index u32 | scalar[32] | received u64 | was_listed u8
 */
#include "node/desk_job.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/log.h"
#include "node/post_seal.h"
#include "node/ringname.h"
#include "node/secret.h"
#include "node/store_share.h"

enum { RECORD_VERSION = 1, RECORD_BYTES = 1 + 4 + SCALAR_BYTES + 8 + 1 };

static struct post_context context_of(const struct held_share *s)
{
    struct post_context c = {{0}};
    struct pack p = pack_of(c.bytes, sizeof c.bytes);
    pack_u32(&p, s->key);
    pack_u32(&p, s->epoch);
    pack_u32(&p, s->refresh);
    return c;
}

static enum err put(struct desk *d, const struct held_share *s)
{
    uint8_t plain[RECORD_BYTES], sealed[RECORD_BYTES + POST_SEAL_BYTES];
    struct post_context id = context_of(s);
    struct pack p = pack_of(plain, sizeof plain);
    pack_u8(&p, RECORD_VERSION);
    pack_u32(&p, s->share.index);
    pack_copy(&p, s->share.scalar, SCALAR_BYTES);
    pack_u64(&p, (uint64_t)s->received_utc);
    pack_u8(&p, s->was_listed);
    post_seal(d->key, POST_SHARE, id, bytes_of(plain, sizeof plain), sealed);
    sodium_memzero(plain, sizeof plain);
    return store_share_put(d->node->store, id.bytes, bytes_of(sealed, sizeof sealed));
}

/* Overwrites a file of the ring and takes it away; one that is not there is nothing. Whether it is
 * gone. */
static bool wipe_file(const char *path)
{
    static const uint8_t zeros[4096];
    struct stat st;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT;
    size_t left = fstat(fd, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0;
    while (left > 0) {
        ssize_t n = write(fd, zeros, left < sizeof zeros ? left : sizeof zeros);
        if (n <= 0)
            break;
        left -= (size_t)n;
    }
    bool is_done = fsync(fd) == 0 && left == 0;
    close(fd);
    return unlink(path) == 0 && is_done;
}

static enum err forget(struct desk *d, const struct held_share *s)
{
    char name[RINGNAME_BYTES], path[PATH_MAX];
    ringname_share(s->key, s->epoch, s->refresh, name);
    int len = snprintf(path, sizeof path, "%s/%s/%s.key", d->node->config.data_dir,
                       RINGNAME_KEYS_FOLDER, name);
    bool is_gone = len > 0 && (size_t)len < sizeof path && wipe_file(path);
    log_line(is_gone ? LEVEL_INFO : LEVEL_ERROR, is_gone ? "share-wiped" : "share-not-wiped",
             log_text("share", name));
    return store_share_delete(d->node->store, context_of(s).bytes);
}

enum err desk_on_share(struct desk *d, const struct effect *e)
{
    return e->type == EFFECT_PERSIST_SHARE ? put(d, &e->share) : forget(d, &e->share);
}

/* ---- Back into the core ---- */

struct loading {
    struct desk *desk;
    enum err result;
};

static enum err read_record(struct desk *d, const uint8_t id[SHARE_ID_BYTES], struct bytes sealed,
                            struct held_share *out)
{
    uint8_t plain[RECORD_BYTES];
    struct post_context context;
    struct unpack n = unpack_of(bytes_of(id, SHARE_ID_BYTES));
    memcpy(context.bytes, id, SHARE_ID_BYTES);
    if (sealed.len != sizeof plain + POST_SEAL_BYTES)
        return ERR_FORMAT;
    enum err e = post_unseal(d->key, POST_SHARE, context, sealed, plain);
    struct unpack u = unpack_of(bytes_of(plain, sizeof plain));
    if (e == OK && unpack_u8(&u) != RECORD_VERSION)
        e = ERR_VERSION;
    if (e == OK) {
        out->key = unpack_u32(&n);
        out->epoch = unpack_u32(&n);
        out->refresh = unpack_u32(&n);
        out->share.index = unpack_u32(&u);
        unpack_copy(&u, out->share.scalar, SCALAR_BYTES);
        out->received_utc = (int64_t)unpack_u64(&u);
        out->was_listed = unpack_u8(&u) != 0;
    }
    sodium_memzero(plain, sizeof plain);
    return e;
}

static bool load_row(void *ctx, const uint8_t id[SHARE_ID_BYTES], struct bytes sealed)
{
    struct loading *l = ctx;
    struct held_share s = {0};
    l->result = read_record(l->desk, id, sealed, &s);
    if (l->result == OK)
        l->result = federation_load_share(l->desk->node->core, &s);
    sodium_memzero(&s, sizeof s);
    return l->result == OK;
}

enum err desk_load_shares(struct desk *d, const struct node_secrets *s)
{
    struct loading l = {d, OK};
    enum err e = store_shares(d->node->store, load_row, &l);
    for (size_t i = 0; i < s->share_count && e == OK && l.result == OK; i++) {
        enum err r = federation_load_share(d->node->core, &s->shares[i]);
        if (r != OK && r != ERR_DUPLICATE)
            log_line(LEVEL_ERROR, "share-not-used", log_u64("period", s->shares[i].epoch),
                     log_err("why", r));
    }
    return e != OK ? e : l.result;
}
