#include "node/reserve.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What the file really has: after a power loss its length may say more. */
static uint64_t blocks_of(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < 0)
        return 0;
    uint64_t blocks = (uint64_t)st.st_blocks * 512, length = (uint64_t)st.st_size;
    return blocks < length ? blocks : length;
}

void reserve_open(struct reserve *r, const char *database)
{
    memset(r, 0, sizeof *r);
    r->fd = -1;
    if (snprintf(r->path, sizeof r->path, "%s-reserve", database) >= (int)sizeof r->path) {
        r->path[0] = '\0';
        return;
    }
    r->fd = open(r->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (r->fd >= 0)
        r->held = blocks_of(r->fd);
}

void reserve_close(struct reserve *r)
{
    if (r->path[0] != '\0' && r->fd >= 0)
        close(r->fd);
    memset(r, 0, sizeof *r);
    r->fd = -1;
}

void reserve_want(struct reserve *r, uint64_t bytes)
{
    r->wanted = bytes;
}

static void look_at_disk(struct reserve *r)
{
    struct statvfs v;
    char folder[RESERVE_PATH_BYTES];
    snprintf(folder, sizeof folder, "%s", r->path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    if (statvfs(slash != NULL ? folder : ".", &v) == 0)
        r->free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
}

/* Cuts the file to a length; what was beyond it is free. */
static bool cut(struct reserve *r, uint64_t bytes)
{
    if (r->fd < 0 || ftruncate(r->fd, (off_t)bytes) != 0)
        return false;
    r->held = bytes;
    return true;
}

/* All of what is wanted or nothing more than before. */
static void fill(struct reserve *r)
{
    if (r->fd < 0)
        r->fd = open(r->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (r->fd < 0)
        return;
    if (posix_fallocate(r->fd, 0, (off_t)r->wanted) == 0)
        r->held = r->wanted;
    else
        (void)cut(r, r->held);
}

bool reserve_review(struct reserve *r)
{
    if (r->path[0] == '\0')
        return false;
    if (r->wanted == 0 && r->fd >= 0) {
        close(r->fd);
        unlink(r->path);
        r->fd = -1;
        r->held = 0;
    }
    if (r->held > r->wanted)
        (void)cut(r, r->wanted);
    look_at_disk(r);
    if (r->held < r->wanted && r->free_bytes >= r->wanted - r->held + RESERVE_EASY_BYTES) {
        fill(r);
        look_at_disk(r);
    }
    uint64_t needed = r->is_tight ? RESERVE_EASY_BYTES : RESERVE_TIGHT_BYTES;
    r->is_tight = r->held < r->wanted || r->free_bytes < needed;
    return r->is_tight;
}

bool reserve_give(struct reserve *r)
{
    r->is_tight = true;
    if (r->held == 0)
        return false;
    return cut(r, r->held > RESERVE_STEP_BYTES ? r->held - RESERVE_STEP_BYTES : 0);
}
