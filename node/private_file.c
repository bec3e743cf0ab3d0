#include "node/private_file.h"

#include "node/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Looks at an open file before anything is read from it. */
static enum err file_check(int fd, const char *path, bool is_guarded, struct problem *problem)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        problem_set(problem, _("%s: cannot be read (%s)."), path, strerror(errno));
        return ERR_IO;
    }
    if (!S_ISREG(st.st_mode)) {
        problem_set(problem, _("%s: is not a plain file. Name a file."), path);
        return ERR_FORMAT;
    }
    if (!is_guarded && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        problem_set(problem, _("%s: other users may read it. Run: chmod 600 %s"), path, path);
        return ERR_UNAUTHORISED;
    }
    return OK;
}

/* Reads up to cap + 1 bytes, the last of which only shows that the file is too long. */
static enum err file_read(int fd, const char *path, uint8_t *out, size_t cap, size_t *len,
                          struct problem *problem)
{
    size_t used = 0;
    uint8_t extra;
    for (;;) {
        bool is_whole = used == cap;
        ssize_t n = read(fd, is_whole ? &extra : out + used, is_whole ? 1 : cap - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            problem_set(problem, _("%s: cannot be read (%s)."), path, strerror(errno));
            return ERR_IO;
        }
        if (n == 0) {
            *len = used;
            return OK;
        }
        if (is_whole) {
            sodium_memzero(&extra, 1);
            problem_set(problem, _("%s: is longer than %zu bytes. Name the right file."), path,
                        cap);
            return ERR_LIMIT;
        }
        used += (size_t)n;
    }
}

enum err private_file_read(const char *path, bool is_guarded, uint8_t *out, size_t cap, size_t *len,
                           struct problem *problem)
{
    *len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        problem_set(problem, _("%s: cannot be opened (%s)."), path, strerror(errno));
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
    }
    enum err e = file_check(fd, path, is_guarded, problem);
    if (e == OK)
        e = file_read(fd, path, out, cap, len, problem);
    close(fd);
    if (e != OK)
        sodium_memzero(out, cap);
    return e;
}

static bool write_all(int fd, struct bytes b)
{
    while (b.len > 0) {
        ssize_t n = write(fd, b.data, b.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        b.data += n;
        b.len -= (size_t)n;
    }
    return true;
}

/* Puts the folder of a path on disk, so that a new name in it survives a crash. */
static bool folder_sync(const char *path)
{
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash != NULL) {
        size_t len = slash == path ? 1 : (size_t)(slash - path);
        memcpy(folder, path, len);
        folder[len] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_done = fsync(fd) == 0;
    close(fd);
    return is_done;
}

enum err private_file_write(const char *path, struct bytes content, struct problem *problem)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary) {
        problem_set(problem, _("%s: the path is too long. Choose a shorter one."), path);
        return ERR_LIMIT;
    }
    int fd = mkostemp(temporary, O_CLOEXEC); /* O_EXCL and mode 0600 */
    if (fd < 0) {
        problem_set(problem, _("%s: cannot be created (%s)."), path, strerror(errno));
        return ERR_IO;
    }
    bool is_written = write_all(fd, content) && fsync(fd) == 0;
    int fault = is_written ? 0 : errno;
    close(fd);
    if (is_written && renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0) {
        if (folder_sync(path))
            return OK;
        fault = errno;
        unlink(path);
    } else {
        fault = is_written ? errno : fault;
        unlink(temporary);
    }
    if (fault == EEXIST) {
        problem_set(problem, _("%s: is there already and is never replaced. Choose another name."),
                    path);
        return ERR_DUPLICATE;
    }
    problem_set(problem, _("%s: cannot be written (%s)."), path, strerror(fault));
    return ERR_IO;
}
