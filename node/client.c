#include "node/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/text.h"

enum { LINE_BYTES_MAX = 32 << 20 };

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
        json_t *got = len > LINE_BYTES_MAX ? NULL : json_loadb(text, (size_t)len, 0, NULL);
        if (!json_is_object(got))
            e = ERR_FORMAT;
        else if (json_object_get(got, "end") != NULL) {
            *end = json_incref(json_object_get(got, "end"));
            e = OK;
        } else
            line(ctx, got);
        json_decref(got);
    }
    free(text);
    return e;
}

enum err client_ask(const struct config *c, json_t *request,
                    void (*line)(void *ctx, const json_t *line), void *ctx, json_t **end,
                    struct problem *problem)
{
    *end = NULL;
    char *text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    int fd = dial(c);
    if (fd < 0 || text == NULL) {
        free(text);
        return no_node(c, problem);
    }
    if (strlen(text) >= LINE_BYTES_MAX) {
        free(text);
        close(fd);
        problem_set(problem, _("This is too much at once. Divide the file in two."));
        return ERR_LIMIT;
    }
    bool sent = send_all(fd, text, strlen(text)) && send_all(fd, "\n", 1);
    free(text);
    FILE *in = fdopen(fd, "r");
    if (in == NULL) {
        close(fd);
        return ERR_IO;
    }
    enum err e = sent ? read_answer(in, line, ctx, end) : ERR_TRUNCATED;
    fclose(in);
    if (e != OK)
        problem_set(problem,
                    _("The node stopped before its answer was complete. See its log; start it "
                      "again, look at the list, and repeat what is not there."));
    return e;
}
