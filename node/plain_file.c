#include "node/plain_file.h"

#include "node/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_BYTES = 16 * 1024 };

/* Reads to the end; on error there is nothing to free. */
static enum err read_all(int fd, const char *path, size_t cap, uint8_t **out, size_t *len,
                         struct problem *problem)
{
    size_t room = FIRST_BYTES, used = 0;
    uint8_t *data = malloc(room);
    enum err e = OK;
    while (data != NULL && e == OK) {
        if (used + 1 == room) {
            uint8_t *more = realloc(data, room *= 2);
            if (more == NULL)
                free(data);
            data = more;
            continue;
        }
        ssize_t n = read(fd, data + used, room - used - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            problem_set(problem, _("%s: cannot be read (%s)."), path, strerror(errno));
            e = ERR_IO;
        }
        if (n <= 0)
            break;
        used += (size_t)n;
        if (used > cap) {
            problem_set(problem, _("%s: is longer than %zu bytes. Name the right file."), path,
                        cap);
            e = ERR_LIMIT;
        }
    }
    if (data == NULL) {
        problem_set(problem, _("%s: there is not enough memory to read it."), path);
        return ERR_IO;
    }
    if (e != OK) {
        free(data);
        return e;
    }
    data[used] = '\0';
    *out = data;
    *len = used;
    return OK;
}

enum err plain_file_read(const char *path, size_t cap, uint8_t **out, size_t *len,
                         struct problem *problem)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    *out = NULL;
    *len = 0;
    if (fd < 0) {
        enum err e = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
        problem_set(problem, _("%s: cannot be opened (%s)."), path, strerror(errno));
        return e;
    }
    enum err e = read_all(fd, is_stdin ? _("standard input") : path, cap, out, len, problem);
    if (!is_stdin)
        close(fd);
    return e;
}

static bool write_all(int fd, struct bytes b)
{
    while (b.len > 0) {
        ssize_t n = write(fd, b.data, b.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        b = bytes_of(b.data + n, b.len - (size_t)n);
    }
    return true;
}

/* Makes a change of names in the folder of a path durable. */
static bool folder_sync(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    memcpy(folder, slash == NULL ? "." : path, len);
    folder[len] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return is_done;
}

/* The mode that a new file gets: that of the one it replaces, or the usual. */
static mode_t mode_for(const char *path)
{
    struct stat st;
    mode_t mask = umask(0);
    umask(mask);
    return stat(path, &st) == 0 ? st.st_mode & 0777 : 0644 & ~mask;
}

/* Writes through a neighbour. With is_new an existing file is an error (link, not rename). */
static enum err put(const char *path, bool is_new, struct bytes content, struct problem *problem)
{
    char neighbour[PATH_MAX];
    if (strlen(path) + sizeof ".XXXXXX" > sizeof neighbour) {
        problem_set(problem, _("%s: the path is too long. Choose a shorter one."), path);
        return ERR_LIMIT;
    }
    snprintf(neighbour, sizeof neighbour, "%s.XXXXXX", path);
    int fd = mkstemp(neighbour);
    if (fd < 0) {
        problem_set(problem, _("%s: cannot be written (%s)."), path, strerror(errno));
        return ERR_IO;
    }
    bool is_done = write_all(fd, content) && fchmod(fd, mode_for(path)) == 0 && fsync(fd) == 0;
    int fault = errno;
    close(fd);
    if (is_done) {
        is_done = (is_new ? link(neighbour, path) : rename(neighbour, path)) == 0;
        fault = errno;
    }
    if (!is_done || is_new)
        unlink(neighbour);
    if (is_done && folder_sync(path))
        return OK;
    if (!is_done && is_new && fault == EEXIST) {
        problem_set(problem, _("%s: is there already. Choose another name, or move it away."),
                    path);
        return ERR_DUPLICATE;
    }
    problem_set(problem, _("%s: cannot be written (%s)."), path, strerror(is_done ? errno : fault));
    return ERR_IO;
}

enum err plain_file_write(const char *path, struct bytes content, struct problem *problem)
{
    return put(path, false, content, problem);
}

enum err plain_file_create(const char *path, struct bytes content, struct problem *problem)
{
    return put(path, true, content, problem);
}
