#include "node/backup.h"

#include "node/ringname.h"
#include "node/store_scrub.h"
#include "node/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ITEMS_MAX = 512, SMALL_BYTES_MAX = 64 * 1024, PART_BYTES = 65536 };

#define SETTINGS_NAME "seinpost.conf"
#define KEYS_PREFIX "data/" RINGNAME_KEYS_FOLDER "/"
#define RING_NAME KEYS_PREFIX "ring"
#define STORE_NAME "data/" RINGNAME_STORE_FILE

/* ---- Names ---- */

static bool is_key_name(const char *name)
{
    size_t prefix = strlen(KEYS_PREFIX);
    if (strncmp(name, KEYS_PREFIX, prefix) != 0)
        return false;
    size_t len = strspn(name + prefix, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len > 0 && strcmp(name + prefix + len, ".key") == 0;
}

/* What must be there, one bit each. */
static unsigned needed_bit(const char *name)
{
    return strcmp(name, SETTINGS_NAME) == 0 ? 1
           : strcmp(name, RING_NAME) == 0   ? 2
           : strcmp(name, STORE_NAME) == 0  ? 4
                                            : 0;
}

static bool is_name(const char *name)
{
    return needed_bit(name) != 0 || strcmp(name, "data/" RINGNAME_CARD_FILE) == 0 ||
           is_key_name(name);
}

/* ---- What goes in ---- */

/* A small file, whole; the store has no data, and comes last. */
struct item {
    char name[BACKUP_NAME_BYTES];
    uint64_t size;
    uint8_t *data;
};

struct items {
    struct item list[ITEMS_MAX];
    size_t count;
};

static void items_free(struct items **pi)
{
    struct items *items = *pi;
    *pi = NULL;
    for (size_t i = 0; items != NULL && i < items->count; i++)
        free(items->list[i].data);
    free(items);
}

static enum err unreadable(const char *path, struct problem *problem)
{
    problem_set(problem,
                _("%s: cannot be read (%s). A backup is made by the node's own user, or "
                  "by root."),
                path, strerror(errno));
    return ERR_IO;
}

static enum err add_file(struct items *items, const char *name, const char *path,
                         struct problem *problem)
{
    if (items->count == ITEMS_MAX - 1) {
        problem_set(problem, _("%s: there are too many key files."), path);
        return ERR_LIMIT;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct item *item = &items->list[items->count];
    uint8_t *data = fd >= 0 ? malloc(SMALL_BYTES_MAX + 1) : NULL;
    ssize_t len = data != NULL ? read(fd, data, SMALL_BYTES_MAX + 1) : -1;
    enum err e = len < 0 || len > SMALL_BYTES_MAX ? unreadable(path, problem) : OK;
    if (fd >= 0)
        close(fd);
    if (e != OK) {
        free(data);
        return e;
    }
    snprintf(item->name, sizeof item->name, "%s", name);
    item->size = (uint64_t)len;
    item->data = data;
    items->count++;
    return OK;
}

/* Settings, card, ring and keys. */
static enum err add_small(struct items *items, const struct backup_source *s,
                          struct problem *problem)
{
    char path[PATH_MAX], name[BACKUP_NAME_BYTES + 256];
    enum err e = add_file(items, SETTINGS_NAME, s->settings, problem);
    snprintf(path, sizeof path, "%s/" RINGNAME_CARD_FILE, s->data_dir);
    if (e == OK && access(path, F_OK) == 0)
        e = add_file(items, "data/" RINGNAME_CARD_FILE, path, problem);
    snprintf(path, sizeof path, "%s/" RINGNAME_KEYS_FOLDER, s->data_dir);
    DIR *d = e == OK ? opendir(path) : NULL;
    if (e == OK && d == NULL)
        return unreadable(path, problem);
    for (const struct dirent *f; e == OK && (f = readdir(d)) != NULL;) {
        snprintf(name, sizeof name, KEYS_PREFIX "%s", f->d_name);
        bool is_ours = strlen(name) < BACKUP_NAME_BYTES && is_name(name);
        snprintf(path, sizeof path, "%s/" RINGNAME_KEYS_FOLDER "/%s", s->data_dir, f->d_name);
        if (is_ours)
            e = add_file(items, name, path, problem);
    }
    if (d != NULL)
        closedir(d);
    return e;
}

static enum err gather(const struct backup_source *s, struct items **out, struct problem *problem)
{
    struct items *items = calloc(1, sizeof *items);
    struct stat st;
    *out = items;
    if (items == NULL)
        return ERR_IO;
    enum err e = add_small(items, s, problem);
    if (e == OK && fstat(s->snapshot, &st) != 0)
        e = unreadable(s->data_dir, problem);
    if (e != OK)
        return e;
    struct item *store = &items->list[items->count++];
    snprintf(store->name, sizeof store->name, "%s", STORE_NAME);
    store->size = (uint64_t)st.st_size;
    return OK;
}

static uint64_t content_bytes(const struct items *items)
{
    uint64_t bytes = 1;
    for (size_t i = 0; i < items->count; i++)
        bytes += 1 + 1 + strlen(items->list[i].name) + 8 + items->list[i].size;
    return bytes;
}

/* ---- Writing ---- */

static enum err write_store(struct backup_writer *w, const struct backup_source *s, uint64_t size,
                            const struct backup_progress *progress, struct problem *problem)
{
    uint8_t *part = malloc(PART_BYTES);
    enum err e = part == NULL ? ERR_IO : OK;
    for (uint64_t at = 0; e == OK && at < size;) {
        size_t want = size - at < PART_BYTES ? (size_t)(size - at) : PART_BYTES;
        ssize_t n = pread(s->snapshot, part, want, (off_t)at);
        if (n <= 0) {
            e = unreadable(s->data_dir, problem);
            break;
        }
        e = backup_write(w, bytes_of(part, (size_t)n), problem);
        at += (uint64_t)n;
        if (progress != NULL && at / PART_BYTES % 16 == 0)
            progress->tell(progress->ctx, at, size);
    }
    free(part);
    return e;
}

static enum err write_items(struct backup_writer *w, const struct items *items,
                            const struct backup_source *s, const struct backup_progress *progress,
                            struct problem *problem)
{
    static const uint8_t zero[1];
    enum err e = OK;
    for (size_t i = 0; i < items->count && e == OK; i++) {
        const struct item *item = &items->list[i];
        uint8_t head[2 + BACKUP_NAME_BYTES + 8];
        struct pack p = pack_of(head, sizeof head);
        pack_u8(&p, 1);
        pack_u8(&p, (uint8_t)strlen(item->name));
        pack_copy(&p, item->name, strlen(item->name));
        pack_u64(&p, item->size);
        e = backup_write(w, bytes_of(head, pack_len(&p)), problem);
        if (e == OK && item->data != NULL)
            e = backup_write(w, bytes_of(item->data, (size_t)item->size), problem);
        else if (e == OK)
            e = write_store(w, s, item->size, progress, problem);
    }
    if (e == OK)
        e = backup_write(w, bytes_of(zero, 1), problem);
    return e == OK ? backup_writer_end(w, problem) : e;
}

/* Reads what was written from its neighbour's name. */
static enum err recheck(const char *path, const struct backup_writer *w, struct problem *problem)
{
    struct backup_reader *r = NULL;
    size_t keys;
    enum err e = backup_reader_new(path, NULL, &r, problem);
    if (e == OK)
        e = backup_reader_recheck(r, w, problem);
    if (e == OK)
        e = backup_check(r, &keys, problem);
    backup_reader_free(&r);
    return e;
}

static bool folder_sync(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
    memcpy(folder, slash == NULL ? "." : path, len);
    folder[len] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return is_done;
}

static enum err give_name(const char *neighbour, const char *target, struct problem *problem)
{
    if (renameat2(AT_FDCWD, neighbour, AT_FDCWD, target, RENAME_NOREPLACE) == 0) {
        if (folder_sync(target))
            return OK;
    } else if (errno == EEXIST) {
        problem_set(problem, _("%s: is there already and is never replaced. Choose another name."),
                    target);
        return ERR_DUPLICATE;
    }
    problem_set(problem, _("%s: cannot be written (%s)."), target, strerror(errno));
    return ERR_IO;
}

enum err backup_make(const char *target, struct backup_head *head, const struct backup_lock *lock,
                     const struct backup_source *source, const struct backup_progress *progress,
                     uint64_t *bytes, struct problem *problem)
{
    char neighbour[PATH_MAX];
    struct items *items = NULL;
    struct backup_writer *w = NULL;
    if (snprintf(neighbour, sizeof neighbour, "%s.XXXXXX", target) >= (int)sizeof neighbour) {
        problem_set(problem, _("%s: the path is too long. Choose a shorter one."), target);
        return ERR_LIMIT;
    }
    enum err e = gather(source, &items, problem);
    int fd = e == OK ? mkostemp(neighbour, O_CLOEXEC) : -1; /* mode 0600 */
    if (e == OK && fd < 0) {
        problem_set(problem, _("%s: cannot be written (%s)."), target, strerror(errno));
        e = ERR_IO;
    }
    if (e == OK) {
        head->content_bytes = content_bytes(items);
        *bytes = backup_file_bytes(head->content_bytes);
        e = backup_writer_new(fd, target, head, lock, &w, problem);
    }
    if (e == OK)
        e = write_items(w, items, source, progress, problem);
    if (e == OK && fsync(fd) != 0) {
        problem_set(problem, _("%s: cannot be written (%s)."), target, strerror(errno));
        e = ERR_IO;
    }
    if (e == OK)
        e = recheck(neighbour, w, problem);
    if (e == OK)
        e = give_name(neighbour, target, problem);
    if (fd >= 0)
        close(fd);
    if (e != OK && fd >= 0)
        unlink(neighbour);
    backup_writer_free(&w);
    items_free(&items);
    return e;
}

/* ---- Reading ---- */

static enum err strange(struct problem *problem)
{
    problem_set(problem, _("The backup holds something that no version of Seinpost puts there. "
                           "Nothing of it is used; take another copy or an older backup."));
    return ERR_FORMAT;
}

static enum err walk_data(struct backup_reader *r, uint64_t size, const struct backup_visitor *v,
                          struct problem *problem)
{
    uint8_t *part = malloc(PART_BYTES);
    enum err e = part == NULL ? ERR_IO : OK;
    while (e == OK && size > 0) {
        size_t len = size < PART_BYTES ? (size_t)size : PART_BYTES;
        e = backup_read(r, part, len, problem);
        if (e == OK)
            e = v->data(v->ctx, bytes_of(part, len), problem);
        size -= len;
    }
    free(part);
    return e;
}

/* The names that came already, since each may come once. */
struct names {
    char list[ITEMS_MAX][BACKUP_NAME_BYTES];
    size_t count;
};

static bool names_add(struct names *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->list[i], name) == 0)
            return false;
    if (n->count == ITEMS_MAX)
        return false;
    memcpy(n->list[n->count++], name, strlen(name) + 1); /* walk_item has looked at its length */
    return true;
}

static enum err walk_item(struct backup_reader *r, const struct backup_visitor *v, struct names *n,
                          unsigned *have, struct problem *problem)
{
    uint8_t len, size[8];
    char name[UINT8_MAX + 1] = "";
    enum err e = backup_read(r, &len, 1, problem);
    if (e == OK)
        e = backup_read(r, (uint8_t *)name, len, problem);
    if (e == OK)
        e = backup_read(r, size, sizeof size, problem);
    if (e != OK)
        return e;
    if (strlen(name) != len || len >= BACKUP_NAME_BYTES || !is_name(name) || !names_add(n, name))
        return strange(problem);
    *have |= needed_bit(name);
    struct unpack u = unpack_of(bytes_of(size, sizeof size));
    uint64_t bytes = unpack_u64(&u);
    if (needed_bit(name) == needed_bit(STORE_NAME) && bytes < STORE_PAGE_BYTES)
        return strange(problem);
    e = v->item(v->ctx, name, bytes, problem);
    if (e == OK)
        e = walk_data(r, bytes, v, problem);
    return e == OK ? v->end(v->ctx, problem) : e;
}

enum err backup_walk(struct backup_reader *r, const struct backup_visitor *v,
                     struct problem *problem)
{
    struct names *names = calloc(1, sizeof *names);
    unsigned have = 0;
    uint8_t kind = 1;
    enum err e = names == NULL ? ERR_IO : OK;
    while (e == OK && kind != 0) {
        e = backup_read(r, &kind, 1, problem);
        if (e == OK && kind > 1)
            e = strange(problem);
        else if (e == OK && kind == 1)
            e = walk_item(r, v, names, &have, problem);
    }
    free(names);
    if (e == OK && have != 7)
        e = strange(problem);
    return e == OK ? backup_reader_end(r, problem) : e;
}

static enum err count_item(void *ctx, const char *name, uint64_t size, struct problem *problem)
{
    (void)size, (void)problem;
    *(size_t *)ctx += is_key_name(name);
    return OK;
}

static enum err skip_data(void *ctx, struct bytes part, struct problem *problem)
{
    (void)ctx, (void)part, (void)problem;
    return OK;
}

static enum err skip_end(void *ctx, struct problem *problem)
{
    (void)ctx, (void)problem;
    return OK;
}

enum err backup_check(struct backup_reader *r, size_t *keys, struct problem *problem)
{
    const struct backup_visitor v = {count_item, skip_data, skip_end, keys};
    *keys = 0;
    return backup_walk(r, &v, problem);
}
