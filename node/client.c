#include "node/client.h"

#include <errno.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/text.h"

static void wipe_and_free(void *p)
{
    if (p != NULL)
        sodium_memzero(p, malloc_usable_size(p));
    free(p);
}

void client_init(void)
{
    json_set_alloc_funcs(malloc, wipe_and_free);
}

static int dial(const struct config *c)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(c->socket) >= sizeof a.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(a.sun_path, c->socket, strlen(c->socket) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return -1;
}

bool client_is_running(const struct config *c)
{
    int fd = dial(c);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static enum err no_node(const struct config *c, struct problem *problem)
{
    if (errno == EACCES || errno == EPERM) {
        problem_set(
            problem,
            _("You may not use the node's socket %s. Ask its operator to add you to the group "
              "%s."),
            c->socket, c->socket_group);
        return ERR_UNAUTHORISED;
    }
    problem_set(
        problem,
        _("The node does not run: nobody answers at %s. Start it with: seinpostd --config %s"),
        c->socket, c->file);
    return ERR_NOT_FOUND;
}

static bool send_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = send(fd, text, len, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        text += put;
        len -= (size_t)put;
    }
    return true;
}

/* Reads lines until the one that ends the answer. */
static enum err read_answer(FILE *in, void (*line)(void *ctx, const json_t *line), void *ctx,
                            json_t **end)
{
    char *text = NULL;
    size_t cap = 0;
    enum err e = ERR_TRUNCATED;
    for (ssize_t len; e == ERR_TRUNCATED && (len = getline(&text, &cap, in)) > 0;) {
        if (text[len - 1] != '\n')
            break;
        json_t *got = len > CLIENT_BYTES_MAX ? NULL : json_loadb(text, (size_t)len, 0, NULL);
        json_t *last = json_object_get(got, "end");
        if (!json_is_object(got) || (last != NULL && !json_is_object(last))) {
            e = ERR_FORMAT;
        } else if (last != NULL) {
            *end = json_incref(last);
            e = OK;
        } else {
            line(ctx, got);
        }
        json_decref(got);
    }
    free(text);
    return e;
}

/* One conversation over a connection, which it closes. */
static enum err converse(int fd, const char *request, size_t len,
                         void (*line)(void *ctx, const json_t *line), void *ctx, json_t **end)
{
    FILE *in = fdopen(fd, "r");
    if (in == NULL) {
        close(fd);
        return ERR_TRUNCATED;
    }
    /* A node that refuses what it has read so far answers and stops reading: its answer counts. */
    (void)!(send_all(fd, request, len) && send_all(fd, "\n", 1));
    enum err e = read_answer(in, line, ctx, end);
    fclose(in);
    return e;
}

enum err client_ask(const struct config *c, json_t *request,
                    void (*line)(void *ctx, const json_t *line), void *ctx, json_t **end,
                    struct problem *problem)
{
    *end = NULL;
    char *text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    size_t len = text != NULL ? strlen(text) : 0;
    enum err e = text == NULL ? ERR_FORMAT : len >= CLIENT_BYTES_MAX ? ERR_LIMIT : OK;
    int fd = e == OK ? dial(c) : -1;
    if (e == OK && fd < 0)
        e = no_node(c, problem);
    else if (e == ERR_LIMIT)
        problem_set(problem, _("This is too much at once. Divide the file in two."));
    else if (e == OK)
        e = converse(fd, text, len, line, ctx, end);
    if (e == ERR_TRUNCATED)
        problem_set(problem, _("The node stopped before its answer was complete. See its log; "
                               "start it again, look at the list, and repeat what is not there."));
    if (e == ERR_FORMAT)
        problem_set(problem, _("The node's answer could not be read. Are seinpost and seinpostd of "
                               "one version?"));
    if (text != NULL)
        sodium_memzero(text, len);
    free(text);
    return e;
}
