#include "node/keycheck.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/keyfile.h"

enum { SUM_BYTES = 16 };

static bool is_right(const uint8_t *file, size_t len)
{
    uint8_t sum[SUM_BYTES];
    crypto_generichash(sum, sizeof sum, file, len - SUM_BYTES, NULL, 0);
    return memcmp(sum, file + len - SUM_BYTES, SUM_BYTES) == 0;
}

/* The byte that was wrong is written back; len where one bit does not account for it. */
static size_t mend(uint8_t *file, size_t len)
{
    for (size_t bit = 0; bit < 8 * len; bit++) {
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (is_right(file, len))
            return bit / 8;
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    return len;
}

static enum keycheck check(int fd)
{
    uint8_t file[KEYFILE_BYTES_MAX + 1];
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    ssize_t got = pread(fd, file, sizeof file, 0);
    size_t len = got > 0 ? (size_t)got : 0;
    if (len <= SUM_BYTES || len > KEYFILE_BYTES_MAX)
        return KEYCHECK_DAMAGED;
    if (is_right(file, len))
        return KEYCHECK_RIGHT;
    size_t at = mend(file, len);
    bool is_written = at < len && pwrite(fd, file + at, 1, (off_t)at) == 1 && fsync(fd) == 0;
    return is_written ? KEYCHECK_MENDED : KEYCHECK_DAMAGED;
}

static bool is_of_ring(const char *name)
{
    size_t len = strlen(name);
    return strcmp(name, "ring") == 0 || (len > 4 && strcmp(name + len - 4, ".key") == 0);
}

enum err keycheck_folder(const char *dir,
                         void (*found)(void *ctx, const char *name, enum keycheck what), void *ctx)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return ERR_NOT_FOUND;
    for (const struct dirent *f = readdir(d); f != NULL; f = readdir(d)) {
        char path[PATH_MAX];
        if (!is_of_ring(f->d_name) ||
            snprintf(path, sizeof path, "%s/%s", dir, f->d_name) >= (int)sizeof path)
            continue;
        int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        enum keycheck what = fd >= 0 ? check(fd) : KEYCHECK_DAMAGED;
        if (fd >= 0)
            close(fd);
        if (what != KEYCHECK_RIGHT)
            found(ctx, f->d_name, what);
    }
    closedir(d);
    return OK;
}
