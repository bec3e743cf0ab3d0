#include "node/store_swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool store_swap_name(const char *path, const char *ending, char out[STORE_PATH_BYTES])
{
    return snprintf(out, STORE_PATH_BYTES, "%s%s", path, ending) < STORE_PATH_BYTES;
}

static bool drop(const char *path, const char *ending)
{
    char name[STORE_PATH_BYTES];
    return store_swap_name(path, ending, name) && (unlink(name) == 0 || errno == ENOENT);
}

bool store_swap_begin(const char *path, char fresh[STORE_PATH_BYTES])
{
    if (!store_swap_name(path, "-new", fresh) || !drop(path, "-new") || !drop(path, "-new-wal") ||
        !drop(path, "-new-journal") || !drop(path, "-new-first"))
        return false;
    int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat old;
    bool is_made = fd >= 0;
    if (is_made && stat(path, &old) == 0 && old.st_uid != geteuid())
        is_made = fchown(fd, old.st_uid, old.st_gid) == 0; /* it stays whose it was */
    if (fd >= 0)
        close(fd);
    return is_made;
}

static bool sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return is_synced;
}

static bool sync_folder(const char *path)
{
    char folder[STORE_PATH_BYTES];
    if (!store_swap_name(path, "", folder))
        return false;
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        return sync_path(".", O_DIRECTORY);
    slash[slash == folder ? 1 : 0] = '\0';
    return sync_path(folder, O_DIRECTORY);
}

bool store_swap_finish(const char *path)
{
    char ready[STORE_PATH_BYTES];
    struct stat st;
    if (!store_swap_name(path, "-ready", ready))
        return false;
    if (stat(ready, &st) != 0)
        return errno == ENOENT;
    return drop(path, "-wal") && drop(path, "-journal") && drop(path, "-first") &&
           sync_folder(path) && rename(ready, path) == 0 && sync_folder(path);
}

bool store_swap_in(const char *path)
{
    char fresh[STORE_PATH_BYTES], ready[STORE_PATH_BYTES];
    return store_swap_name(path, "-new", fresh) && store_swap_name(path, "-ready", ready) &&
           sync_path(fresh, 0) && drop(path, "-new-first") && rename(fresh, ready) == 0 &&
           sync_folder(path) && store_swap_finish(path);
}
