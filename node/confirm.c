#include "node/confirm.h"

#include <stdlib.h>
#include <string.h>

#include "federation/access.h"
#include "node/store_read.h"

struct confirmation {
    uint64_t index;
    uint32_t count;
};

uint32_t confirm_peers(const struct node *n)
{
    const struct roster *r = federation_roster(n->core);
    uint32_t peers = 0;
    for (size_t i = 0; r != NULL && i < r->organisation_count; i++)
        peers += access_of(&r->organisations[i]) == ACCESS_EVERYTHING &&
                 memcmp(r->organisations[i].author, n->author, AUTHOR_BYTES) != 0;
    return peers;
}

static bool take_receipt(void *ctx, uint64_t index, const uint8_t peer[AUTHOR_BYTES])
{
    struct confirmations *c = ctx;
    const struct organisation *org = c->roster != NULL ? roster_find(c->roster, peer) : NULL;
    if (org == NULL || access_of(org) != ACCESS_EVERYTHING)
        return true;
    if (c->count == 0 || c->rows[c->count - 1].index != index) {
        if (c->count == c->cap) {
            size_t cap = c->cap == 0 ? 64 : 2 * c->cap;
            struct confirmation *grown = realloc(c->rows, cap * sizeof *grown);
            if (grown == NULL)
                return false;
            c->rows = grown;
            c->cap = cap;
        }
        c->rows[c->count++] = (struct confirmation){index, 0};
    }
    c->rows[c->count - 1].count++;
    return true;
}

enum err confirmations_load(struct node *n, struct confirmations *out)
{
    *out = (struct confirmations){.peers = confirm_peers(n), .roster = federation_roster(n->core)};
    return store_receipt_list(n->store, 0, take_receipt, out);
}

void confirmations_clear(struct confirmations *c)
{
    free(c->rows);
    *c = (struct confirmations){0};
}

static int by_index(const void *key, const void *row)
{
    uint64_t a = *(const uint64_t *)key, b = ((const struct confirmation *)row)->index;
    return (a > b) - (a < b);
}

uint32_t confirmations_of(const struct confirmations *c, uint64_t index)
{
    const struct confirmation *found =
        c->count == 0 ? NULL : bsearch(&index, c->rows, c->count, sizeof *c->rows, by_index);
    return found != NULL ? found->count : 0;
}

struct missing {
    const struct confirmations *confirmations;
    uint64_t count;
};

static bool count_missing(void *ctx, uint64_t index, const struct correction *c)
{
    struct missing *m = ctx;
    m->count += c->erased_plus_one != 0 &&
                confirmations_of(m->confirmations, index) < m->confirmations->peers;
    return true;
}

uint64_t confirm_missing(struct node *n)
{
    struct confirmations c;
    struct missing m = {&c, 0};
    if (confirmations_load(n, &c) == OK &&
        store_corrections(n->store, n->author, count_missing, &m) != OK)
        m.count = 0; /* the store failed: the next commit says so */
    confirmations_clear(&c);
    return m.count;
}
