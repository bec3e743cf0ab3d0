#include "tests/fuzz/disk.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { FILES = 8, PATH_BYTES = 256 };

static char folder[PATH_BYTES];
static pid_t owner;

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *at)
{
    (void)st, (void)what, (void)at;
    return remove(path);
}

static void remove_folder(void)
{
    if (getpid() == owner)
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *disk_folder(void)
{
    struct stat st;
    if (folder[0] != '\0')
        return folder;
    bool has_memory = stat("/dev/shm", &st) == 0 && access("/dev/shm", W_OK) == 0;
    snprintf(folder, sizeof folder, "%s/seinpost-fuzz-XXXXXX", has_memory ? "/dev/shm" : "/tmp");
    CHECK(mkdtemp(folder) != NULL);
    owner = getpid();
    CHECK(atexit(remove_folder) == 0);
    return folder;
}

const char *disk_write(const char *name, struct bytes content)
{
    static struct {
        char name[64], path[2 * PATH_BYTES];
        int fd;
    } files[FILES];
    size_t i = 0;
    while (i < FILES && files[i].name[0] != '\0' && strcmp(files[i].name, name) != 0)
        i++;
    CHECK(i < FILES);
    if (files[i].name[0] == '\0') {
        snprintf(files[i].name, sizeof files[i].name, "%s", name);
        snprintf(files[i].path, sizeof files[i].path, "%s/%s", disk_folder(), name);
        files[i].fd = open(files[i].path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        CHECK(files[i].fd >= 0);
    }
    CHECK(ftruncate(files[i].fd, 0) == 0);
    CHECK(pwrite(files[i].fd, content.data, content.len, 0) == (ssize_t)content.len);
    return files[i].path;
}
