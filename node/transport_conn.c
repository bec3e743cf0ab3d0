/*
 * Connections as the kernel sees them: how many, from where, and how much they have sent.
 *
 * libzmq accepts whoever connects, tells nothing of those who have not spoken, and gathers a
 * message of many frames without end. Its monitors name the descriptor of each connection, so that
 * we can count and end them ourselves.
 *
 * 1. Crowds. Connections are counted by source. One that comes too soon after others of its source
 * is ended at once, so that a handshake, which costs some curve arithmetic, is not to be had at
 * will. One above the limit ends the oldest of that source
 * that has not spoken, or itself. Those that have not spoken, from anywhere, are limited too; there
 * one more ends the oldest of them all, since an honest peer speaks within milliseconds. Whoever
 * does not speak in CONNS_SILENT_MS is ended. (libzmq itself ends unfinished handshakes.)
 *
 * 2. Descriptors. The kernel gives out the lowest free one, so the number of a new connection tells
 * how many are left. When it is among the last ones that connection is ended, so that these stay
 * free, and the oldest that has not spoken with it, so that the next one finds a lower number.
 * While no descriptor is left at all libzmq tries to accept again and again; that lasts until we
 * have read of the connections that took them.
 *
 * 3. Endless messages. What libzmq has read of a connection since its last whole message must not
 * exceed a frame, and some room. It is measured only where bytes come in (an epoll tells, once for
 * each connection until we have looked), every CONNS_LOOK_MS. While there are messages that we have
 * not read yet, as many as libzmq may hold are allowed for; where there are none, excess must be
 * seen twice, in case one came in between.
 *
 * An end is reported before the descriptor is closed, and each monitor is read to its end before
 * anything is judged, so a record is never that of an older connection for long. tcp.h sees to the
 * rest: another inode is another connection.
 */
#include <assert.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "node/transport_parts.h"

enum {
    SILENCE_LOOK_MS = 1000,
    HEARTBEAT_BYTES_PER_S = 64, /* several times what heartbeats amount to */
    EVENTS_MAX = 64,
    RESERVE_MIN = 8,
};

enum err conns_open(struct transport *t)
{
    t->moves = -1;
    enum err e = tcp_hand_open(&t->hand);
    if (e != OK)
        return e;
    t->moves = epoll_create1(EPOLL_CLOEXEC);
    return t->moves >= 0 ? OK : ERR_IO;
}

void conns_close(struct transport *t)
{
    if (t->moves >= 0)
        close(t->moves);
    t->moves = -1;
    tcp_hand_close(&t->hand);
}

/* ---- records ---- */

static struct conn *conn_find(struct transport *t, int fd, enum conn_kind kind)
{
    bool is_known = fd >= 0 && fd < CONNS_MAX && t->conns[fd].kind == kind;
    return is_known ? &t->conns[fd] : NULL;
}

static struct conn *conn_find_dialled(struct transport *t, const struct tcp_ref *ref)
{
    struct conn *c = ref->inode != 0 ? conn_find(t, ref->fd, CONN_OUT) : NULL;
    return c && c->ref.inode == ref->inode ? c : NULL;
}

/* Neither ended by us nor about to be. */
static bool conn_stays(const struct conn *c)
{
    return c->kind == CONN_IN && !c->is_doomed && !c->is_shut;
}

static bool conn_is_silent(const struct conn *c)
{
    return conn_stays(c) && !c->has_spoken;
}

/* To be called before whatever ends the silence. */
static void conn_leave_silent(struct transport *t, const struct conn *c)
{
    if (conn_is_silent(c))
        t->conns_silent--;
}

static void conn_set_still(struct transport *t, struct conn *c)
{
    if (c->is_moving)
        t->conns_moving--;
    c->is_moving = false;
}

static void conn_clear(struct transport *t, struct conn *c)
{
    conn_leave_silent(t, c);
    conn_set_still(t, c);
    if (c->is_doomed)
        t->conns_doomed--;
    if (c->kind == CONN_IN)
        t->conns_in--;
    *c = (struct conn){.kind = CONN_NONE};
    while (t->conns_used > 0 && t->conns[t->conns_used - 1].kind == CONN_NONE)
        t->conns_used--;
}

static void conn_set_watch(struct transport *t, int fd)
{
    struct epoll_event want = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = fd};
    if (epoll_ctl(t->moves, EPOLL_CTL_MOD, fd, &want) != 0)
        (void)epoll_ctl(t->moves, EPOLL_CTL_ADD, fd, &want); /* fails where it has gone */
}

static struct conn *conn_add(struct transport *t, enum conn_kind kind, const struct tcp_ref *ref)
{
    struct conn *c = &t->conns[ref->fd];
    conn_clear(t, c);
    *c = (struct conn){
        .kind = kind,
        .ref = *ref,
        .order = t->conns_order++,
        .reads = t->reads,
        .since_ms = t->now_ms,
        .whole_ms = t->now_ms,
    };
    if ((size_t)ref->fd >= t->conns_used)
        t->conns_used = (size_t)ref->fd + 1;
    conn_set_watch(t, ref->fd);
    return c;
}

static void conn_shut_known(struct transport *t, struct conn *c)
{
    if (c->is_shut)
        return;
    conn_leave_silent(t, c);
    if (c->is_doomed)
        t->conns_doomed--;
    c->is_doomed = false;
    c->is_shut = true;
    conn_set_still(t, c);
    (void)tcp_shut(&t->hand, &c->ref); /* false: it has ended by itself, which is as good */
}

/* ---- crowds and descriptors ---- */

/* The first descriptor of those that are kept free, count times over. */
static int reserve_begin(int count)
{
    struct rlimit files;
    int limit = CONNS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < CONNS_MAX)
        limit = (int)files.rlim_cur;
    int reserve = limit / 8;
    reserve = reserve > CONNS_RESERVE_MAX ? CONNS_RESERVE_MAX : reserve;
    reserve = reserve < RESERVE_MIN ? RESERVE_MIN : reserve;
    return limit - count * reserve;
}

bool conns_are_scarce(const struct transport *t)
{
    int next = fcntl(t->hand.rest, F_DUPFD_CLOEXEC, 0);
    if (next >= 0)
        close(next);
    return next < 0 || next >= reserve_begin(2); /* twice, so that some are left to accept with */
}

static size_t conns_from(const struct transport *t, const uint8_t *source)
{
    size_t count = 0;
    for (size_t i = 0; i < t->conns_used; i++)
        count +=
            conn_stays(&t->conns[i]) && memcmp(t->conns[i].source, source, TCP_SOURCE_BYTES) == 0;
    return count;
}

/* source NULL: of any. */
static struct conn *conns_oldest_silent(struct transport *t, const uint8_t *source)
{
    struct conn *oldest = NULL;
    for (size_t i = 0; i < t->conns_used; i++) {
        struct conn *c = &t->conns[i];
        if (conn_is_silent(c) && (!oldest || c->order < oldest->order) &&
            (!source || memcmp(c->source, source, TCP_SOURCE_BYTES) == 0))
            oldest = c;
    }
    return oldest;
}

/* Whether this address connects too often. One that has another's place begins anew: that an
 * address is forgotten costs less than that it pays for others. */
static bool source_is_hasty(struct transport *t, const uint8_t source[TCP_SOURCE_BYTES])
{
    const uint64_t most = 1000ull * TRANSPORT_CONNECTS_AT_ONCE;
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, source, TCP_SOURCE_BYTES, t->rate_key);
    struct rate *r = &t->rates[(hash[0] | (size_t)hash[1] << 8) % RATES];
    if (r->since_ms == 0 || memcmp(r->source, source, TCP_SOURCE_BYTES) != 0) {
        memcpy(r->source, source, TCP_SOURCE_BYTES);
        r->milli = most;
    } else {
        r->milli += (t->now_ms - r->since_ms) * t->config.connects_per_second;
    }
    r->since_ms = t->now_ms;
    r->milli = r->milli > most ? most : r->milli;
    if (r->milli < 1000)
        return true;
    r->milli -= 1000;
    return false;
}

static void conn_doom(struct transport *t, struct conn *c)
{
    assert(conn_is_silent(c)); /* the newest is */
    t->conns_silent--;
    c->is_doomed = true;
    t->conns_doomed++;
    t->shuts.crowded++;
}

void conn_accepted(struct transport *t, int fd)
{
    struct tcp_ref ref;
    uint8_t source[TCP_SOURCE_BYTES];
    if (!tcp_find(&t->hand, fd, t->port, &ref, source))
        return; /* it has gone, and its end is reported */
    if (fd >= CONNS_MAX) {
        t->shuts.crowded += tcp_shut(&t->hand, &ref);
        return;
    }
    struct conn *c = conn_add(t, CONN_IN, &ref);
    memcpy(c->source, source, TCP_SOURCE_BYTES);
    t->conns_in++;
    t->conns_silent++;
    bool is_scarce = fd >= reserve_begin(1);
    if (source_is_hasty(t, source))
        conn_doom(t, c);
    else if (conns_from(t, source) > t->config.connections_per_source)
        conn_doom(t, conns_oldest_silent(t, source));
    else if (t->conns_silent > CONNS_SILENT_MAX || is_scarce)
        conn_doom(t, conns_oldest_silent(t, NULL));
    if (is_scarce && conn_is_silent(c))
        conn_doom(t, c);
}

void conns_enforce(struct transport *t)
{
    for (size_t i = t->conns_used; i > 0 && t->conns_doomed > 0; i--)
        if (t->conns[i - 1].is_doomed)
            conn_shut_known(t, &t->conns[i - 1]);
}

void conn_ended(struct transport *t, int fd)
{
    struct conn *c = conn_find(t, fd, CONN_IN);
    if (c)
        conn_clear(t, c);
}

uint64_t conns_settled(const struct transport *t)
{
    /* Where there is always something more to read: libzmq takes turns among the connections. Twice
     * what can be queued, since some that have ended have turns too. */
    uint64_t most = 2 * CONNS_QUEUED_FRAMES_MAX * (t->conns_in + 1);
    uint64_t past = t->reads > most ? t->reads - most : 0;
    return t->read_out > past ? t->read_out : past;
}

bool conn_may_begin(const struct transport *t, int fd)
{
    if (fd < 0 || fd >= CONNS_MAX)
        return false;
    const struct conn *c = &t->conns[fd];
    return c->kind == CONN_IN && !c->is_shut && c->reads < conns_settled(t);
}

void conn_heard(struct transport *t, int fd)
{
    struct conn *c = conn_find(t, fd, CONN_IN);
    if (!c)
        return;
    conn_leave_silent(t, c);
    c->has_spoken = true;
    c->has_delivered = true;
}

void conn_shut(struct transport *t, int fd)
{
    struct conn *c = conn_find(t, fd, CONN_IN);
    if (c)
        conn_shut_known(t, c);
}

/* ---- connections that we dialled ---- */

void conn_dialled(struct transport *t, int fd, struct tcp_ref *ref)
{
    uint8_t source[TCP_SOURCE_BYTES];
    bool is_found = tcp_find(&t->hand, fd, 0, ref, source) && fd < CONNS_MAX;
    /* One that is known already has the descriptor of ours, which has ended. */
    if (is_found && (t->conns[fd].kind == CONN_NONE || t->conns[fd].ref.inode != ref->inode))
        conn_add(t, CONN_OUT, ref);
    else
        ref->inode = 0;
}

void conn_dialled_heard(struct transport *t, const struct tcp_ref *ref)
{
    struct conn *c = conn_find_dialled(t, ref);
    if (c)
        c->has_delivered = true;
}

void conn_dialled_ended(struct transport *t, struct tcp_ref *ref)
{
    struct conn *c = conn_find_dialled(t, ref);
    if (c)
        conn_clear(t, c);
    ref->inode = 0;
}

/* ---- looking ---- */

static void conns_take_moves(struct transport *t)
{
    struct epoll_event ev[EVENTS_MAX];
    int count;
    do {
        count = epoll_wait(t->moves, ev, EVENTS_MAX, 0);
        for (int i = 0; i < count; i++) {
            struct conn *c = &t->conns[ev[i].data.fd];
            if (c->kind == CONN_NONE || c->is_shut || c->is_moving)
                continue;
            c->is_moving = true;
            t->conns_moving++;
        }
    } while (count == EVENTS_MAX);
}

static bool conn_is_endless(const struct transport *t, const struct conn *c, uint64_t read_bytes)
{
    uint64_t limit = CONNS_BYTES_MAX;
    if (!t->is_drained)
        limit = (uint64_t)CONNS_QUEUED_FRAMES_MAX * SOCKET_BYTES_MAX;
    limit += (t->now_ms - c->whole_ms) * HEARTBEAT_BYTES_PER_S / 1000;
    return read_bytes > c->whole_bytes && read_bytes - c->whole_bytes > limit;
}

static void conn_look(struct transport *t, struct conn *c)
{
    uint64_t read_bytes;
    if (!tcp_bytes_read(&t->hand, &c->ref, &read_bytes)) {
        conn_set_still(t, c);
        return;
    }
    bool was_suspect = c->is_suspect, has_moved = read_bytes != c->read_bytes;
    c->read_bytes = read_bytes;
    if (c->has_delivered) {
        c->has_delivered = false;
        c->whole_bytes = read_bytes;
        c->whole_ms = t->now_ms;
    }
    c->is_suspect = conn_is_endless(t, c, read_bytes);
    if (c->is_suspect && was_suspect) {
        conn_shut_known(t, c);
        t->shuts.endless++;
        return;
    }
    if (!has_moved && !c->is_suspect) {
        conn_set_still(t, c);
        conn_set_watch(t, c->ref.fd);
    }
}

void conns_end_silent(struct transport *t, uint64_t at_least_ms)
{
    for (size_t i = t->conns_used; i > 0 && t->conns_silent > 0; i--) {
        struct conn *c = &t->conns[i - 1];
        if (!conn_is_silent(c) || t->now_ms - c->since_ms < at_least_ms)
            continue;
        conn_shut_known(t, c);
        t->shuts.silent++;
    }
}

void conns_look(struct transport *t, bool is_drained)
{
    t->is_drained = is_drained;
    if (is_drained)
        t->drained_ms = t->now_ms;
    else if (t->now_ms - t->drained_ms < CONNS_LOOK_LATE_MS)
        return;
    conns_take_moves(t);
    if (is_drained && t->now_ms - t->silence_ms >= SILENCE_LOOK_MS) {
        t->silence_ms = t->now_ms;
        conns_end_silent(t, CONNS_SILENT_MS);
    }
    if (t->conns_moving == 0 || t->now_ms - t->look_ms < CONNS_LOOK_MS)
        return;
    t->look_ms = t->now_ms;
    for (size_t i = t->conns_used; i > 0; i--)
        if (t->conns[i - 1].is_moving)
            conn_look(t, &t->conns[i - 1]);
}

long conns_timeout_ms(const struct transport *t, uint64_t now_ms, long at_most)
{
    if (t->conns_moving == 0)
        return at_most;
    uint64_t due_ms = t->look_ms + CONNS_LOOK_MS;
    long left = due_ms > now_ms ? (long)(due_ms - now_ms) : 0;
    return at_most < 0 || left < at_most ? left : at_most;
}
