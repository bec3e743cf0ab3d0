/*
 * control.c - the local socket: one JSON request a connection, answered with JSON lines.
 *
 * Whoever may open the socket (mode 0660, group from the configuration) may do what the desk does.
 * Nothing blocks; input and output are bounded; a client that stays silent holds nothing but its
 * place, and the oldest idle one gives way when all places are taken.
 */
#include "node/node.h"
#include "node/store.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/log.h"
#include "node/problem.h"
#include "node/store.h"
#include "node/text.h"

enum { CONTROL_BYTES_MAX = 32 << 20, READ_BYTES = 65536 };

struct buffer {
    char *data;
    size_t len, cap;
};

struct client {
    int fd; /* -1: free */
    uint64_t id;
    bool has_asked;
    bool has_ended;
    struct buffer in, out;
    size_t written;
};

struct control {
    struct node *node;
    int fd;
    char path[CONFIG_PATH_BYTES_MAX + 1];
    uint64_t next_id;
    struct client clients[CONTROL_CLIENTS_MAX];
    size_t places[CONTROL_CLIENTS_MAX]; /* which client each poll item belongs to */
};

/* Another node's socket is left alone; a dead one's is removed. */
static bool is_alive(const struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof *a) == 0;
    if (fd >= 0)
        close(fd);
    return alive;
}

static enum err bind_socket(struct control *c, const struct config *config, struct problem *problem)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(config->socket) >= sizeof a.sun_path)
        return ERR_LIMIT;
    memcpy(a.sun_path, config->socket, strlen(config->socket) + 1);
    if (is_alive(&a)) {
        problem_set(problem, _("%s is in use: this node is running already."), config->socket);
        return ERR_DUPLICATE;
    }
    unlink(config->socket);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t was = umask(0177); /* nobody else, until group and mode are right */
    int bound = c->fd < 0 ? -1 : bind(c->fd, (const struct sockaddr *)&a, sizeof a);
    umask(was);
    if (bound != 0 || listen(c->fd, CONTROL_CLIENTS_MAX) != 0) {
        problem_set(problem, _("Cannot make the local socket %s: %s."), config->socket,
                    strerror(errno));
        return ERR_IO;
    }
    const struct group *g = getgrnam(config->socket_group);
    if (g != NULL && chown(config->socket, (uid_t)-1, g->gr_gid) != 0)
        log_line(LEVEL_WARNING, "socket-group-kept", log_text("group", config->socket_group));
    if (chmod(config->socket, 0660) != 0) {
        problem_set(problem, _("Cannot set the mode of %s: %s."), config->socket, strerror(errno));
        return ERR_IO;
    }
    return OK;
}

enum err control_open(struct node *n, struct control **out, struct problem *problem)
{
    struct control *c = calloc(1, sizeof *c);
    *out = NULL;
    if (c == NULL)
        return ERR_FULL;
    c->node = n;
    c->fd = -1;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        c->clients[i].fd = -1;
    enum err e = bind_socket(c, &n->config, problem);
    if (e == OK)
        memcpy(c->path, n->config.socket, sizeof c->path);
    if (e != OK)
        control_free(&c);
    *out = c;
    return e;
}

static void drop(struct control *c, struct client *k)
{
    close(k->fd);
    free(k->in.data);
    free(k->out.data);
    uint64_t id = k->id;
    memset(k, 0, sizeof *k);
    k->fd = -1;
    if (c->node->desk != NULL)
        desk_client_gone(c->node->desk, id);
}

void control_free(struct control **pc)
{
    struct control *c = *pc;
    if (c == NULL)
        return;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (c->clients[i].fd >= 0)
            drop(c, &c->clients[i]);
    if (c->fd >= 0)
        close(c->fd);
    if (c->path[0] != '\0')
        unlink(c->path);
    free(c);
    *pc = NULL;
}

static bool append(struct buffer *b, const void *data, size_t len, size_t max)
{
    if (b->len + len > max)
        return false;
    if (b->len + len > b->cap) {
        size_t cap = b->cap == 0 ? READ_BYTES : b->cap;
        while (cap < b->len + len)
            cap *= 2;
        char *grown = realloc(b->data, cap);
        if (grown == NULL)
            return false;
        b->data = grown;
        b->cap = cap;
    }
    memcpy(b->data + b->len, data, len);
    b->len += len;
    return true;
}

static struct client *find(struct control *c, uint64_t id)
{
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (c->clients[i].fd >= 0 && c->clients[i].id == id)
            return &c->clients[i];
    return NULL;
}

void control_send(struct control *c, uint64_t client, json_t *line)
{
    struct client *k = c != NULL ? find(c, client) : NULL;
    char *text = k != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    if (text == NULL)
        return;
    bool fits = append(&k->out, text, strlen(text), CONTROL_BYTES_MAX) &&
                append(&k->out, "\n", 1, CONTROL_BYTES_MAX);
    free(text);
    if (!fits)
        drop(c, k);
}

int64_t control_uid(const struct control *c, uint64_t client)
{
    struct ucred who;
    socklen_t len = sizeof who;
    for (size_t i = 0; c != NULL && i < CONTROL_CLIENTS_MAX; i++)
        if (c->clients[i].fd >= 0 && c->clients[i].id == client &&
            getsockopt(c->clients[i].fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0)
            return who.uid;
    return -1;
}

void control_end(struct control *c, uint64_t client)
{
    struct client *k = c != NULL ? find(c, client) : NULL;
    if (k != NULL)
        k->has_ended = true;
}

size_t control_poll_items(struct control *c, zmq_pollitem_t *items)
{
    items[0] = (zmq_pollitem_t){.fd = c->fd, .events = ZMQ_POLLIN};
    size_t count = 1;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        const struct client *k = &c->clients[i];
        if (k->fd < 0)
            continue;
        short events = ZMQ_POLLIN;
        if (k->out.len > k->written || k->has_ended)
            events |= ZMQ_POLLOUT;
        c->places[count - 1] = i;
        items[count++] = (zmq_pollitem_t){.fd = k->fd, .events = events};
    }
    return count;
}

static void accept_client(struct control *c)
{
    int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    struct client *place = NULL, *idle = NULL;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct client *k = &c->clients[i];
        if (k->fd < 0)
            place = k;
        else if (!k->has_asked && (idle == NULL || k->id < idle->id))
            idle = k;
    }
    if (place == NULL && idle != NULL) {
        drop(c, idle);
        place = idle;
    }
    if (place == NULL) {
        close(fd);
        return;
    }
    place->fd = fd;
    place->id = ++c->next_id;
}

static void refuse(struct control *c, struct client *k, const char *error)
{
    k->has_asked = true;
    uint64_t id = k->id;
    control_send(c, id, json_pack("{s:{s:b,s:s}}", "end", "ok", 0, "error", error));
    control_end(c, id);
}

/* A whole line is here: one request. */
static void ask(struct control *c, struct client *k)
{
    json_error_t why;
    json_t *request = json_loadb(k->in.data, k->in.len, JSON_REJECT_DUPLICATES, &why);
    free(k->in.data);
    k->in = (struct buffer){0};
    if (!json_is_object(request)) {
        json_decref(request);
        refuse(c, k, "format");
        return;
    }
    k->has_asked = true;
    desk_request(c->node->desk, k->id, request);
}

static void read_client(struct control *c, struct client *k)
{
    char part[READ_BYTES];
    ssize_t got = read(k->fd, part, sizeof part);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        drop(c, k);
        return;
    }
    if (k->has_asked)
        return; /* one request a connection */
    const char *end = memchr(part, '\n', (size_t)got);
    size_t use = end != NULL ? (size_t)(end - part) : (size_t)got;
    if (!append(&k->in, part, use, CONTROL_BYTES_MAX))
        refuse(c, k, "limit");
    else if (end != NULL)
        ask(c, k);
}

static void write_client(struct control *c, struct client *k)
{
    if (store_has_failed(c->node->store))
        return; /* what is to be said may rest on what could not be read */
    while (k->written < k->out.len) {
        ssize_t put = write(k->fd, k->out.data + k->written, k->out.len - k->written);
        if (put < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (put <= 0) {
            drop(c, k);
            return;
        }
        k->written += (size_t)put;
    }
    k->out.len = k->written = 0;
    if (k->has_ended)
        drop(c, k);
}

void control_work(struct control *c, const zmq_pollitem_t *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct client *k = &c->clients[c->places[i - 1]];
        if (k->fd >= 0 && k->fd == items[i].fd && items[i].revents & (ZMQ_POLLIN | ZMQ_POLLERR))
            read_client(c, k);
        if (k->fd >= 0 && k->fd == items[i].fd && items[i].revents & ZMQ_POLLOUT)
            write_client(c, k);
    }
    if (items[0].revents & ZMQ_POLLIN)
        accept_client(c);
}
