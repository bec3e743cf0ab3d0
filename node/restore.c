/*
 * restore.c - puts a backup back: backup_restore of backup.h.
 */
#include "node/backup.h"

#include "federation/effect.h"
#include "node/ringname.h"
#include "node/store.h"
#include "node/store_write.h"
#include "node/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETTINGS_BYTES_MAX = 64 * 1024 };

struct restoring {
    const struct backup_target *to;
    const char *org_id;
    uint64_t made_utc;
    char dir[PATH_MAX];  /* without a slash at its end */
    char part[PATH_MAX]; /* dir.part */
    char data[PATH_MAX]; /* the data folder in it */
    int fd;              /* of the item in hand; -1 none */
    bool is_settings;    /* it is kept in text until it ends */
    size_t used;
    char text[SETTINGS_BYTES_MAX + 1];
};

static enum err failed(const char *path, struct problem *problem)
{
    problem_set(problem, _("%s: cannot be written (%s)."), path, strerror(errno));
    return ERR_IO;
}

/* ---- The folder ---- */

/* Takes away what is made here, and nothing else: a folder with anything more in it stays. */
static void part_remove(const struct restoring *r)
{
    const char *const folders[] = {"/data/" RINGNAME_KEYS_FOLDER, "/" RINGNAME_KEYS_FOLDER, "/data",
                                   ""};
    char path[PATH_MAX + 512];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s%s", r->part, folders[i]);
        size_t len = strlen(path);
        DIR *d = opendir(path);
        for (const struct dirent *f; d != NULL && (f = readdir(d)) != NULL;) {
            snprintf(path + len, sizeof path - len, "/%s", f->d_name);
            unlink(path); /* fails for folders, as it should */
        }
        if (d != NULL)
            closedir(d);
        path[len] = '\0';
        rmdir(path);
    }
}

static bool is_empty(const char *dir)
{
    DIR *d = opendir(dir);
    size_t count = 0;
    if (d == NULL)
        return false;
    for (const struct dirent *f; (f = readdir(d)) != NULL;)
        count += strcmp(f->d_name, ".") != 0 && strcmp(f->d_name, "..") != 0;
    closedir(d);
    return count == 0;
}

static enum err folders_make(struct restoring *r, struct problem *problem)
{
    struct stat st;
    size_t len = strlen(r->to->dir);
    while (len > 1 && r->to->dir[len - 1] == '/')
        len--;
    if (len == 0 || len > PATH_MAX - 256) {
        problem_set(problem, _("%s: the path is too long. Choose a shorter one."), r->to->dir);
        return ERR_LIMIT;
    }
    memcpy(r->dir, r->to->dir, len);
    r->dir[len] = '\0';
    snprintf(r->part, sizeof r->part, "%.*s.part", (int)len, r->to->dir);
    snprintf(r->data, sizeof r->data, "%.*s.part%s", (int)len, r->to->dir,
             r->to->is_data_only ? "" : "/data");
    if (lstat(r->dir, &st) == 0 && !is_empty(r->dir)) {
        problem_set(problem,
                    _("%s: there is something in it already, and nothing is written over. Name a "
                      "folder that is new or empty, or move this one away first."),
                    r->dir);
        return ERR_DUPLICATE;
    }
    part_remove(r);
    char keys[PATH_MAX + 16];
    snprintf(keys, sizeof keys, "%s/" RINGNAME_KEYS_FOLDER, r->data);
    bool is_made = mkdir(r->part, 0700) == 0 &&
                   (r->to->is_data_only || mkdir(r->data, 0700) == 0) && mkdir(keys, 0700) == 0;
    return is_made ? OK : failed(r->part, problem);
}

/* ---- Items ---- */

static enum err begin_item(void *ctx, const char *name, uint64_t size, struct problem *problem)
{
    struct restoring *r = ctx;
    char path[PATH_MAX + BACKUP_NAME_BYTES];
    r->is_settings = strncmp(name, "data/", 5) != 0;
    if (r->is_settings) {
        r->used = 0;
        if (size <= SETTINGS_BYTES_MAX)
            return OK;
        problem_set(problem, _("The settings in the backup are too long."));
        return ERR_FORMAT;
    }
    snprintf(path, sizeof path, "%s/%s", r->data, name + 5);
    r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return r->fd >= 0 ? OK : failed(path, problem);
}

static enum err put(int fd, const char *data, size_t len, const char *path, struct problem *problem)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failed(path, problem);
        data += n;
        len -= (size_t)n;
    }
    return OK;
}

static enum err take_data(void *ctx, struct bytes part, struct problem *problem)
{
    struct restoring *r = ctx;
    if (!r->is_settings)
        return put(r->fd, (const char *)part.data, part.len, r->part, problem);
    memcpy(r->text + r->used, part.data, part.len);
    r->used += part.len;
    return OK;
}

static enum err close_item(struct restoring *r, struct problem *problem)
{
    bool is_done = fsync(r->fd) == 0;
    int fault = errno;
    close(r->fd);
    r->fd = -1;
    errno = fault;
    return is_done ? OK : failed(r->part, problem);
}

/* Whether a line of the settings gives this key. */
static bool is_line_of(const char *line, size_t len, const char *key)
{
    size_t blanks = 0, key_len = strlen(key);
    while (blanks < len && (line[blanks] == ' ' || line[blanks] == '\t'))
        blanks++;
    if (len - blanks < key_len || memcmp(line + blanks, key, key_len) != 0)
        return false;
    size_t after = blanks + key_len;
    return after == len || line[after] == ' ' || line[after] == '\t' || line[after] == '=';
}

/* Writes the settings, with the data folder beside them. */
static enum err settings_write(struct restoring *r, struct problem *problem)
{
    static const char data_line[] = "data_dir = data\n";
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/seinpost.conf", r->part);
    r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (r->fd < 0)
        return failed(path, problem);
    enum err e = OK;
    for (size_t at = 0; at < r->used && e == OK;) {
        const char *line = r->text + at;
        const char *end = memchr(line, '\n', r->used - at);
        size_t len = end != NULL ? (size_t)(end - line) : r->used - at;
        if (is_line_of(line, len, "data_dir"))
            e = put(r->fd, data_line, sizeof data_line - 1, path, problem);
        else
            e = put(r->fd, line, len + (end != NULL), path, problem);
        at += len + 1;
    }
    return e == OK ? close_item(r, problem) : e;
}

static enum err end_item(void *ctx, struct problem *problem)
{
    struct restoring *r = ctx;
    if (!r->is_settings)
        return close_item(r, problem);
    return r->to->is_data_only ? OK : settings_write(r, problem);
}

/* ---- The marks ---- */

static enum err mark(struct store *s, enum mark which, uint64_t value)
{
    struct effect *e = calloc(1, sizeof *e);
    if (e == NULL)
        return ERR_IO;
    e->type = EFFECT_PERSIST_MARK;
    e->mark.mark = which;
    e->mark.value = value;
    enum err result = store_apply(s, e);
    free(e);
    return result;
}

/* Opens the store as the node will, which looks through it, and writes down that it was put back.
 */
static enum err marks_write(const struct restoring *r, struct problem *problem)
{
    char path[PATH_MAX + 16];
    struct store *s = NULL;
    snprintf(path, sizeof path, "%s/" RINGNAME_STORE_FILE, r->data);
    enum err e = store_open(&s, path, problem);
    if (e != OK)
        return e;
    e = mark(s, MARK_RESTORED_UTC, r->to->now_utc > 0 ? (uint64_t)r->to->now_utc : 1);
    if (e == OK)
        e = mark(s, MARK_BACKUP_UTC, r->made_utc);
    if (e == OK)
        e = mark(s, MARK_REJOINED_UTC, 0);
    if (e == OK)
        e = store_commit(s);
    if (e != OK)
        problem_set(problem, "%s: %s", path, store_error_text(s));
    store_close(&s);
    return e;
}

/* ---- The name ---- */

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return is_done;
}

/* Gives a tree of ours to the owner of the folder whose place it takes. */
static bool give_away(const struct restoring *r, const struct stat *owner)
{
    const char *const folders[] = {"", "/data", "/data/" RINGNAME_KEYS_FOLDER,
                                   "/" RINGNAME_KEYS_FOLDER};
    char path[PATH_MAX + 512];
    bool is_done = true;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s%s", r->part, folders[i]);
        size_t len = strlen(path);
        DIR *d = opendir(path);
        for (const struct dirent *f; d != NULL && (f = readdir(d)) != NULL;) {
            snprintf(path + len, sizeof path - len, "/%s", f->d_name);
            if (strcmp(f->d_name, "..") != 0)
                is_done = lchown(path, owner->st_uid, owner->st_gid) == 0 && is_done;
        }
        if (d != NULL)
            closedir(d);
    }
    return is_done;
}

static enum err give_name(const struct restoring *r, struct problem *problem)
{
    char keys[PATH_MAX + 16], parent[PATH_MAX];
    struct stat owner;
    bool has_owner = stat(r->dir, &owner) == 0;
    snprintf(keys, sizeof keys, "%s/" RINGNAME_KEYS_FOLDER, r->data);
    if (has_owner && owner.st_uid != geteuid() && !give_away(r, &owner))
        return failed(r->part, problem);
    if (!sync_folder(keys) || !sync_folder(r->data) || !sync_folder(r->part))
        return failed(r->part, problem);
    /* An empty folder of that name is replaced; one that got something meanwhile is not. */
    if (rename(r->part, r->dir) != 0) {
        enum err e = errno == ENOTEMPTY || errno == EEXIST ? ERR_DUPLICATE : ERR_IO;
        (void)failed(r->dir, problem);
        return e;
    }
    snprintf(parent, sizeof parent, "%s", r->dir);
    char *slash = strrchr(parent, '/');
    if (slash == NULL)
        snprintf(parent, sizeof parent, ".");
    else
        slash[slash == parent] = '\0';
    return sync_folder(parent) ? OK : failed(r->dir, problem);
}

enum err backup_version_check(const struct backup_head *head, struct problem *problem)
{
    if (head->store_layout <= STORE_SCHEMA)
        return OK;
    problem_set(problem,
                _("A newer version of Seinpost made this backup (layout %u; this version knows "
                  "%d). Install that version, or a later one, and restore with it."),
                head->store_layout, STORE_SCHEMA);
    return ERR_VERSION;
}

enum err backup_restore(struct backup_reader *reader, const struct backup_target *to,
                        struct problem *problem)
{
    const struct backup_head *head = backup_reader_head(reader);
    enum err newer = backup_version_check(head, problem);
    if (newer != OK)
        return newer;
    struct restoring *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ERR_IO;
    *r = (struct restoring){.to = to, .org_id = head->org_id, .made_utc = head->made_utc, .fd = -1};
    const struct backup_visitor v = {begin_item, take_data, end_item, r};
    enum err e = folders_make(r, problem);
    bool is_begun = e == OK;
    if (e == OK)
        e = backup_walk(reader, &v, problem);
    if (e == OK)
        e = marks_write(r, problem);
    if (e == OK)
        e = give_name(r, problem);
    if (r->fd >= 0)
        close(r->fd);
    if (e != OK && is_begun)
        part_remove(r);
    free(r);
    return e;
}
