/*
 * desk_ceremony.c - what the core has to remember of key ceremonies, sealed under the desk key.
 */
#include "node/desk_job.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "node/log.h"
#include "node/post_seal.h"
#include "node/secret.h"
#include "node/store_ceremony.h"

enum err desk_on_ceremony(struct desk *d, const struct effect *e)
{
    if (e->ceremony.is_gone)
        return store_ceremony_delete(d->node->store, e->ceremony.id);
    uint8_t *sealed = malloc(e->ceremony.secret.len + POST_SEAL_BYTES);
    assert(sealed != NULL);
    post_seal(d->key, POST_CEREMONY, post_context_id(e->ceremony.id), e->ceremony.secret, sealed);
    enum err r = store_ceremony_put(d->node->store, e->ceremony.id,
                                    bytes_of(sealed, e->ceremony.secret.len + POST_SEAL_BYTES));
    free(sealed);
    return r;
}

struct loading {
    struct desk *desk;
    enum err result;
};

static bool load(void *ctx, const uint8_t id[HASH_BYTES], struct bytes sealed)
{
    struct loading *l = ctx;
    size_t len = sealed.len > POST_SEAL_BYTES ? sealed.len - POST_SEAL_BYTES : 0;
    uint8_t *secret = secret_new(len + 1);
    if (post_unseal(l->desk->key, POST_CEREMONY, post_context_id(id), sealed, secret) != OK)
        l->result = ERR_FORMAT;
    else if (federation_load_ceremony(l->desk->node->core, id, bytes_of(secret, len)) != OK)
        log_line(LEVEL_ERROR, "ceremony-forgotten",
                 log_text("do", "it ends without this node; see: seinpost keys status"));
    secret_free(secret);
    return l->result == OK;
}

enum err desk_load_ceremonies(struct desk *d)
{
    struct loading l = {d, OK};
    enum err e = store_ceremonies(d->node->store, load, &l);
    return e != OK ? e : l.result;
}
