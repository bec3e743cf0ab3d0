/*
 * carry.c - carries out the effects of the core.
 *
 * PERSIST effects go into the store's open transaction. From the first of them until the commit,
 * every SEND waits in the outbox, copied, in order; so what a peer hears is always durable here.
 * One commit serves all steps of one turn of the loop.
 *
 * A connection takes only so many frames at once; a node that begins to follow a hundred feeds
 * sends more. What does not fit stays in the outbox, in order, and is tried again every turn. A
 * peer that takes nothing for long, or owes too much, is cut: it comes back and goes on from its
 * cursor.
 */
#include "node/node.h"

#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/store_post.h"
#include "node/store_write.h"

enum {
    SLOW_MS_MAX = 10000,
    SLOW_BYTES_MAX = 6 * FRAME_BYTES_MAX, /* more than the core has under way to one connection */
};

struct letter {
    uint32_t link;
    size_t len;
    uint8_t *frame;
};

/* A connection that had no room for its next letter. */
struct slow {
    uint32_t link;
    uint64_t since_ms;
    size_t bytes;
    bool is_full; /* in this pass; its later letters wait too */
};

struct dialled {
    uint8_t author[AUTHOR_BYTES];
    uint8_t transport_key[KEY_BYTES];
};

struct outbox {
    struct letter *letters;
    size_t count, cap;
    size_t bytes; /* that came since the last commit */
    struct slow slow[TRANSPORT_LINKS_MAX];
    size_t slow_count;
    struct dialled dialled[PEERS_MAX];
    size_t dialled_count;
};

struct outbox *outbox_new(void)
{
    return calloc(1, sizeof(struct outbox));
}

void outbox_free(struct outbox **o)
{
    if (*o == NULL)
        return;
    for (size_t i = 0; i < (*o)->count; i++)
        free((*o)->letters[i].frame);
    free((*o)->letters);
    free(*o);
    *o = NULL;
}

size_t outbox_bytes(const struct outbox *o)
{
    return o->bytes;
}

bool outbox_is_waiting(const struct outbox *o)
{
    return o->count > 0;
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

static void send_or_enqueue(struct node *n, uint32_t link, struct bytes frame)
{
    bool is_held = store_is_dirty(n->store) || n->outbox->count > 0;
    if (is_held || transport_send(n->transport, link, frame) == ERR_FULL)
        enqueue(n, link, frame);
}

static struct slow *find_slow(struct outbox *o, uint32_t link)
{
    for (size_t i = 0; i < o->slow_count; i++)
        if (o->slow[i].link == link)
            return &o->slow[i];
    return NULL;
}

/* Sends a letter, or says that it has to wait. */
static bool must_wait(struct node *n, const struct letter *l)
{
    struct outbox *o = n->outbox;
    struct slow *s = find_slow(o, l->link);
    if (s == NULL || !s->is_full) {
        if (transport_send(n->transport, l->link, bytes_of(l->frame, l->len)) != ERR_FULL)
            return false;
        if (s == NULL && o->slow_count == TRANSPORT_LINKS_MAX)
            return false; /* lost with its connection: there are no more than these */
        if (s == NULL) {
            s = &o->slow[o->slow_count++];
            *s = (struct slow){.link = l->link, .since_ms = node_now_ms()};
        }
        s->is_full = true;
    }
    s->bytes += l->len;
    return true;
}

static void drop_letters(struct outbox *o, uint32_t link)
{
    size_t kept = 0;
    for (size_t i = 0; i < o->count; i++) {
        if (o->letters[i].link == link)
            free(o->letters[i].frame); /* NOLINT: each frame stands in one letter */
        else
            o->letters[kept++] = o->letters[i];
    }
    o->count = kept;
}

/* Forgets those that took everything, and cuts those that are too slow. */
static void review_slow(struct node *n)
{
    struct outbox *o = n->outbox;
    for (size_t i = o->slow_count; i-- > 0;) {
        struct slow *s = &o->slow[i];
        bool is_too_slow =
            s->is_full && (s->bytes > SLOW_BYTES_MAX || node_now_ms() - s->since_ms > SLOW_MS_MAX);
        if (is_too_slow) {
            log_line(LEVEL_WARNING, "peer-too-slow", log_u64("link", s->link));
            transport_cut(n->transport, s->link);
            drop_letters(o, s->link);
        }
        if (is_too_slow || !s->is_full)
            *s = o->slow[--o->slow_count];
    }
}

static void deliver(struct node *n)
{
    struct outbox *o = n->outbox;
    size_t kept = 0;
    for (size_t i = 0; i < o->slow_count; i++) {
        o->slow[i].is_full = false;
        o->slow[i].bytes = 0;
    }
    for (size_t i = 0; i < o->count; i++) {
        if (must_wait(n, &o->letters[i]))
            o->letters[kept++] = o->letters[i];
        else
            free(o->letters[i].frame);
    }
    o->count = kept;
    o->bytes = 0;
    review_slow(n);
}

enum err carry_commit(struct node *n)
{
    enum err e = store_commit(n->store); /* also fails where a read did, of which nobody knows */
    if (e != OK)
        return e;
    deliver(n);
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
        [REPORT_LINK_REFUSED] = {LEVEL_WARNING, "connection-refused"      },
        [REPORT_MESSAGE_REFUSED] = {LEVEL_WARNING, "message-refused"         },
        [REPORT_ENTRY_REFUSED] = {LEVEL_WARNING, "entry-refused"           },
        [REPORT_DISPUTE] = {LEVEL_ERROR,   "author-in-dispute"       },
        [REPORT_KEYHOLDER_WRONG] = {LEVEL_ERROR,   "keyholder-wrong"         },
        [REPORT_HEAD_CONFIRMED] = {LEVEL_INFO,    "may-sign"                },
        [REPORT_HEAD_BEHIND] = {LEVEL_ERROR,   "own-feed-behind"         },
        [REPORT_VERSION] = {LEVEL_WARNING, "version-not-shared"      },
        [REPORT_ROSTER_STALE] = {LEVEL_ERROR,   "member-list-stale"       },
        [REPORT_WITNESS_CONFLICT] = {LEVEL_ERROR,   "witnesses-disagree"      },
        [REPORT_ROSTER_RIVAL] = {LEVEL_ERROR,   "member-list-twice"       },
        [REPORT_CUT_BACK] = {LEVEL_WARNING, "feed-cut-back"           },
        [REPORT_LOST] = {LEVEL_ERROR,   "entries-damaged"         },
        [REPORT_MENDED] = {LEVEL_INFO,    "entries-whole"           },
        [REPORT_ENVELOPE_UNREADABLE] = {LEVEL_WARNING, "message-not-opened"      },
        [REPORT_ALONE] = {LEVEL_ERROR,   "signing-unconfirmed"     },
        [REPORT_REJOINED] = {LEVEL_INFO,    "rejoined"                },
        [REPORT_TWIN] = {LEVEL_ERROR,   "second-node-with-our-key"},
        [REPORT_UNEXPLAINED] = {LEVEL_WARNING, "allowance-not-explained" },
        [REPORT_CEREMONY_PROPOSED] = {LEVEL_INFO,    "ceremony-proposed"       },
        [REPORT_CEREMONY_WRONG] = {LEVEL_ERROR,   "ceremony-wrong"          },
        [REPORT_CEREMONY_LEFT_OUT] = {LEVEL_WARNING, "ceremony-left-out"       },
        [REPORT_CEREMONY_ENDED] = {LEVEL_WARNING, "ceremony-ended"          },
        [REPORT_CEREMONY_DONE] = {LEVEL_INFO,    "ceremony-done"           },
    };
    log_line(rows[e->report.what].level, rows[e->report.what].event,
             log_text("org", node_org_id(n, e->author)), log_err("reason", e->report.reason),
             log_u64("number", e->report.number));
}

/* An own registration that was cut off is not in force, and its index will be another's. */
static enum err cut_back(struct node *n, const struct effect *e)
{
    enum err r = store_apply(n->store, e);
    if (r == OK && memcmp(e->author, n->author, AUTHOR_BYTES) == 0)
        r = store_desk_cut(n->store, e->cut_back.ended);
    if (r == OK && memcmp(e->author, n->author, AUTHOR_BYTES) == 0)
        r = store_outbox_cut(n->store, e->cut_back.ended);
    return r;
}

/* Of an own registration that was erased the desk keeps nothing: after a restore it may hold a
 * record that was erased with it. */
static enum err gone(struct node *n, const struct effect *e)
{
    enum err r = store_apply(n->store, e);
    bool is_own = memcmp(e->author, n->author, AUTHOR_BYTES) == 0;
    if (r == OK && is_own && e->gone.state == STATE_ERASED)
        r = store_desk_delete(n->store, e->gone.index);
    return r;
}

/* A new key for connections is taken up by a restart; till then, for 30 days, the old one does. */
static void warn_of_old_key(const struct node *n)
{
    const struct organisation *org = roster_find(federation_roster(n->core), n->author);
    if (org != NULL && memcmp(org->transport_key, n->transport_key, KEY_BYTES) != 0)
        log_line(LEVEL_WARNING, "old-connection-key",
                 log_text("do", "restart the node: the member list has a new key for it"));
}

static enum err carry_one(struct node *n, const struct effect *e)
{
    switch (e->type) {
    case EFFECT_SEND:
        send_or_enqueue(n, e->link, e->frame);
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
    case EFFECT_PERSIST_FEED:
    case EFFECT_PERSIST_ROSTER:
    case EFFECT_PERSIST_RIVAL:
    case EFFECT_PERSIST_REQUEST:
    case EFFECT_PERSIST_BUDGET:
    case EFFECT_PERSIST_FACTORED:
    case EFFECT_PERSIST_RECEIPT:
    case EFFECT_PERSIST_RECEIPTS_SENT:
    case EFFECT_PERSIST_SEEN:
    case EFFECT_PERSIST_WITNESS:
    case EFFECT_PERSIST_PEER_SEEN:
    case EFFECT_PERSIST_CORRECTION:
    case EFFECT_PERSIST_PARCEL:
    case EFFECT_PERSIST_POST_PAST:
    case EFFECT_PERSIST_LOST:
    case EFFECT_PERSIST_MARK:
    case EFFECT_PERSIST_FORK:
    case EFFECT_PERSIST_SURGE:
    case EFFECT_PERSIST_ACCOUNT_PAST:
        return store_apply(n->store, e);
    case EFFECT_PERSIST_GONE:
        return gone(n, e);
    case EFFECT_PERSIST_CUT_BACK:
        return cut_back(n, e);
    case EFFECT_PERSIST_PREKEY:
        return desk_on_prekey(n->desk, e);
    case EFFECT_PERSIST_SHARE:
    case EFFECT_FORGET_SHARE:
        return desk_on_share(n->desk, e);
    case EFFECT_PERSIST_CEREMONY:
        return desk_on_ceremony(n->desk, e);
    case EFFECT_MESSAGE:
        return desk_on_message(n->desk, e);
    case EFFECT_ASKED:
        return desk_on_asked(n->desk, e);
    case EFFECT_TOTALS:
        desk_on_totals(n->desk, e);
        return OK;
    case EFFECT_APPENDED:
        desk_on_appended(n->desk, e);
        return OK;
    case EFFECT_EVALUATED:
        desk_on_evaluated(n->desk, e);
        return OK;
    case EFFECT_ROSTER_ADOPTED:
        log_line(LEVEL_INFO, "member-list-adopted", log_u64("version", e->roster.version));
        warn_of_old_key(n);
        transport_cut_silent(n->transport); /* who was let in by the old list, and never spoke */
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
