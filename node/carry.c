/*
 * carry.c - carries out the effects of the core.
 *
 * PERSIST effects go into the store's open transaction. From the first of them until the commit,
 * every SEND waits in the outbox, copied, in order; so what a peer hears is always durable here.
 * One commit serves all steps of one turn of the loop.
 */
#include "node/node.h"

#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/store_write.h"

struct letter {
    uint32_t link;
    size_t len;
    uint8_t *frame;
};

struct dialled {
    uint8_t author[AUTHOR_BYTES];
    uint8_t transport_key[KEY_BYTES];
};

struct outbox {
    struct letter *letters;
    size_t count, cap;
    size_t bytes;
    struct dialled dialled[PEERS_MAX];
    size_t dialled_count;
};

struct outbox *outbox_new(void)
{
    return calloc(1, sizeof(struct outbox));
}

static void clear(struct outbox *o)
{
    for (size_t i = 0; i < o->count; i++)
        free(o->letters[i].frame);
    o->count = 0;
    o->bytes = 0;
}

void outbox_free(struct outbox **o)
{
    if (*o == NULL)
        return;
    clear(*o);
    free((*o)->letters);
    free(*o);
    *o = NULL;
}

size_t outbox_bytes(const struct outbox *o)
{
    return o->bytes;
}

/* Sends, or ends a connection that takes nothing: its peer comes back and goes on from its cursor.
 */
static void send_now(struct node *n, uint32_t link, struct bytes frame)
{
    enum err e = transport_send(n->transport, link, frame);
    if (e == ERR_FULL) {
        log_line(LEVEL_WARNING, "peer-too-slow", log_u64("link", link));
        transport_cut(n->transport, link);
    }
}

static void enqueue(struct node *n, uint32_t link, struct bytes frame)
{
    struct outbox *o = n->outbox;
    if (o->count == o->cap) {
        size_t cap = o->cap == 0 ? 64 : o->cap * 2;
        struct letter *grown = realloc(o->letters, cap * sizeof *grown);
        if (grown == NULL)
            return; /* unsent is as good as lost: the peer asks again */
        o->letters = grown;
        o->cap = cap;
    }
    struct letter l = {link, frame.len, malloc(frame.len + 1)};
    if (l.frame == NULL)
        return;
    memcpy(l.frame, frame.data, frame.len);
    o->letters[o->count++] = l;
    o->bytes += frame.len;
}

enum err carry_commit(struct node *n)
{
    if (store_is_dirty(n->store)) {
        enum err e = store_commit(n->store);
        if (e != OK)
            return e;
    }
    struct outbox *o = n->outbox;
    for (size_t i = 0; i < o->count; i++)
        send_now(n, o->letters[i].link, bytes_of(o->letters[i].frame, o->letters[i].len));
    clear(o);
    desk_on_committed(n->desk);
    return OK;
}

static struct dialled *find_dialled(struct outbox *o, const uint8_t author[AUTHOR_BYTES])
{
    for (size_t i = 0; i < o->dialled_count; i++)
        if (memcmp(o->dialled[i].author, author, AUTHOR_BYTES) == 0)
            return &o->dialled[i];
    return NULL;
}

static void hang_up(struct node *n, const uint8_t author[AUTHOR_BYTES])
{
    struct outbox *o = n->outbox;
    struct dialled *d = find_dialled(o, author);
    if (d == NULL)
        return;
    transport_hangup(n->transport, d->transport_key);
    *d = o->dialled[--o->dialled_count];
}

static void dial(struct node *n, const struct effect *e)
{
    struct outbox *o = n->outbox;
    struct dialled *d = find_dialled(o, e->author);
    if (d != NULL && memcmp(d->transport_key, e->dial.transport_key, KEY_BYTES) != 0)
        hang_up(n, e->author);
    enum err r = o->dialled_count == PEERS_MAX
                     ? ERR_FULL
                     : transport_dial(n->transport, e->dial.transport_key, e->dial.endpoint);
    log_line(r == OK ? LEVEL_DEBUG : LEVEL_WARNING, "dial",
             log_text("org", node_org_id(n, e->author)), log_text("endpoint", e->dial.endpoint),
             log_err("result", r));
    if (r != OK || find_dialled(o, e->author) != NULL)
        return;
    d = &o->dialled[o->dialled_count++];
    memcpy(d->author, e->author, AUTHOR_BYTES);
    memcpy(d->transport_key, e->dial.transport_key, KEY_BYTES);
}

static void tell(struct node *n, const struct effect *e)
{
    static const struct {
        enum log_level level;
        const char *event;
    } rows[] = {
        [REPORT_LINK_REFUSED] = {LEVEL_WARNING, "connection-refused"},
        [REPORT_MESSAGE_REFUSED] = {LEVEL_WARNING, "message-refused"   },
        [REPORT_ENTRY_REFUSED] = {LEVEL_WARNING, "entry-refused"     },
        [REPORT_DISPUTE] = {LEVEL_ERROR,   "author-in-dispute" },
        [REPORT_KEYHOLDER_WRONG] = {LEVEL_ERROR,   "keyholder-wrong"   },
        [REPORT_HEAD_CONFIRMED] = {LEVEL_INFO,    "may-sign"          },
        [REPORT_HEAD_BEHIND] = {LEVEL_ERROR,   "own-feed-behind"   },
        [REPORT_VERSION] = {LEVEL_WARNING, "version-not-shared"},
        [REPORT_ROSTER_STALE] = {LEVEL_ERROR,   "member-list-stale" },
    };
    log_line(rows[e->report.what].level, rows[e->report.what].event,
             log_text("org", node_org_id(n, e->author)), log_err("reason", e->report.reason),
             log_u64("number", e->report.number));
}

static enum err carry_one(struct node *n, const struct effect *e)
{
    switch (e->type) {
    case EFFECT_SEND:
        if (store_is_dirty(n->store) || n->outbox->count > 0)
            enqueue(n, e->link, e->frame);
        else
            send_now(n, e->link, e->frame);
        return OK;
    case EFFECT_CUT:
        transport_cut(n->transport, e->link);
        return OK;
    case EFFECT_DIAL:
        dial(n, e);
        return OK;
    case EFFECT_HANGUP:
        hang_up(n, e->author);
        return OK;
    case EFFECT_PERSIST_ENTRIES:
    case EFFECT_PERSIST_BODY:
    case EFFECT_PERSIST_GONE:
    case EFFECT_PERSIST_FEED:
    case EFFECT_PERSIST_ROSTER:
    case EFFECT_PERSIST_REQUEST:
    case EFFECT_PERSIST_BUDGET:
    case EFFECT_PERSIST_RECEIPT:
    case EFFECT_PERSIST_RECEIPTS_SENT:
    case EFFECT_PERSIST_SEEN:
    case EFFECT_PERSIST_MARK:
        return store_apply(n->store, e);
    case EFFECT_APPENDED:
        desk_on_appended(n->desk, e);
        return OK;
    case EFFECT_EVALUATED:
        desk_on_evaluated(n->desk, e);
        return OK;
    case EFFECT_ROSTER_ADOPTED:
        log_line(LEVEL_INFO, "member-list-adopted", log_u64("version", e->roster.version));
        desk_on_roster(n->desk, OK, e->roster.version);
        return OK;
    case EFFECT_ROSTER_REFUSED:
        desk_on_roster(n->desk, e->refused.result, 0);
        return OK;
    case EFFECT_REPORT:
        tell(n, e);
        return OK;
    }
    return OK;
}

enum err carry_out(struct node *n, const struct effects *out)
{
    for (size_t i = 0; i < out->count; i++) {
        enum err e = carry_one(n, &out->list[i]);
        if (e != OK)
            return e;
    }
    return OK;
}
