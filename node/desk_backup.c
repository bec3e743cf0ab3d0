/*
 * desk_backup.c - a copy of the store for a backup, and an operator's leave to sign unconfirmed.
 *
 * The node makes a copy of its store beside it, some pages in each turn of the loop, and says where
 * it is; the command line, run by the node's own user, reads and seals it, and takes the copy away.
 * Copies that were left behind are taken away at the start and before the next one.
 */
#include "node/desk_job.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/log.h"
#include "node/store_snapshot.h"

#define SNAPSHOT_PREFIX "copy-for-backup."

enum { TELL_STEPS = 8 };

struct desk_backup {
    uint64_t client;
    bool is_abandoned;
    struct store_snapshot *copy;
    int64_t made_utc;
    unsigned steps;
    char path[CONFIG_PATH_BYTES_MAX + 64];
};

static void sweep(const struct desk *d)
{
    char path[PATH_MAX + NAME_MAX + 2];
    const char *dir = d->node->config.data_dir;
    DIR *list = opendir(dir);
    for (const struct dirent *f; list != NULL && (f = readdir(list)) != NULL;) {
        if (strncmp(f->d_name, SNAPSHOT_PREFIX, strlen(SNAPSHOT_PREFIX)) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
        unlink(path);
    }
    if (list != NULL)
        closedir(list);
}

/* Only the node's own user and root may: the copy is as closed as the data folder. */
static bool may_have(const struct desk *d, uint64_t client)
{
    int64_t uid = control_uid(d->node->control, client);
    return uid == 0 || uid == (int64_t)geteuid();
}

static void end_with(struct desk *d, const char *error, const char *why)
{
    struct desk_backup *b = d->backup;
    log_line(LEVEL_WARNING, "backup-failed", log_text("error", error), log_text("why", why));
    desk_end(d, b->client,
             json_pack("{s:{s:b,s:s,s:s}}", "end", "ok", 0, "error", error, "why", why));
    (void)store_snapshot_end(&b->copy, NULL);
    free(b);
    d->backup = NULL;
}

void backup_sweep(struct desk *d)
{
    sweep(d);
}

void backup_request(struct desk *d, uint64_t client)
{
    if (!may_have(d, client) || d->backup != NULL) {
        desk_refuse(d, client, d->backup != NULL ? "busy" : "unauthorised");
        return;
    }
    struct problem problem = {""};
    struct desk_backup *b = calloc(1, sizeof *b);
    if (b == NULL) {
        desk_refuse(d, client, "full");
        return;
    }
    d->backup = b;
    b->client = client;
    b->made_utc = node_now_utc();
    sweep(d);
    snprintf(b->path, sizeof b->path, "%s/" SNAPSHOT_PREFIX "%lld", d->node->config.data_dir,
             (long long)b->made_utc);
    enum err e = store_snapshot_begin(d->node->store, b->path, &b->copy, &problem);
    if (e != OK)
        end_with(d, desk_error_name(e), problem.text);
}

static void tell_progress(struct desk *d, const struct desk_backup *b)
{
    uint64_t done, all;
    store_snapshot_progress(b->copy, &done, &all);
    desk_line(
        d, b->client,
        json_pack("{s:{s:I,s:I}}", "progress", "done", (json_int_t)done, "all", (json_int_t)all));
}

static void finish(struct desk *d)
{
    struct desk_backup *b = d->backup;
    struct problem problem = {""};
    uint64_t done, all;
    store_snapshot_progress(b->copy, &done, &all);
    enum err e = store_snapshot_end(&b->copy, &problem);
    if (e != OK) {
        end_with(d, desk_error_name(e), problem.text);
        return;
    }
    log_line(LEVEL_INFO, "backup-copied", log_u64("bytes", all));
    desk_end(d, b->client,
             json_pack("{s:{s:b,s:s,s:I,s:I,s:i}}", "end", "ok", 1, "path", b->path, "bytes",
                       (json_int_t)all, "made_utc", (json_int_t)b->made_utc, "layout",
                       STORE_SCHEMA));
    free(b);
    d->backup = NULL;
}

void backup_work(struct desk *d)
{
    struct desk_backup *b = d->backup;
    struct problem problem = {""};
    if (b == NULL)
        return;
    if (b->is_abandoned) {
        end_with(d, "unavailable", "the command ended");
        return;
    }
    enum err e = store_snapshot_step(b->copy, &problem);
    if (e == ERR_UNAVAILABLE)
        return; /* after the next commit */
    if (e != OK)
        end_with(d, desk_error_name(e), problem.text);
    else if (store_snapshot_is_done(b->copy))
        finish(d);
    else if (++b->steps % TELL_STEPS == 0)
        tell_progress(d, b);
}

void backup_client_gone(struct desk *d, uint64_t client)
{
    if (d->backup != NULL && d->backup->client == client)
        d->backup->is_abandoned = true;
}

void backup_stop(struct desk *d)
{
    if (d->backup == NULL)
        return;
    (void)store_snapshot_end(&d->backup->copy, NULL);
    free(d->backup);
    d->backup = NULL;
}

/* ---- Signing unconfirmed ---- */

void resume_request(struct desk *d, uint64_t client)
{
    int64_t uid = control_uid(d->node->control, client);
    struct event ev = {.type = EVENT_ALONE};
    ev.alone.who = uid >= 0 ? (uint64_t)uid : UINT32_MAX;
    d->appended = ERR_UNAVAILABLE;
    node_step(d->node, &ev);
    struct standing s;
    federation_standing(d->node->core, &s);
    if (d->appended == OK)
        log_line(LEVEL_ERROR, "signing-alone", log_u64("uid", ev.alone.who),
                 log_u64("answered", s.answered), log_u64("needed", s.needed));
    json_t *end = json_pack("{s:b,s:I,s:I}", "ok", d->appended == OK, "answered",
                            (json_int_t)s.answered, "needed", (json_int_t)s.needed);
    if (d->appended != OK)
        json_object_set_new(end, "error", json_string(desk_error_name(d->appended)));
    desk_end_committed(d, client, json_pack("{s:o}", "end", end));
}
