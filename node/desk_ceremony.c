/*
 * desk_ceremony.c - what the core has to remember of key ceremonies, sealed under the desk key.
 */
#include "node/desk_job.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

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
