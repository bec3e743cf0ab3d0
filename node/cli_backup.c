/*
 * cli_backup.c - backup, backup verify, backup key.
 */
#include "node/cli_backup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/client.h"
#include "node/ringname.h"
#include "node/secret.h"
#include "node/store_snapshot.h"
#include "node/text.h"
#include "node/words.h"

/* ---- Shared ---- */

void cli_time(uint64_t utc, char out[CLI_TIME_BYTES])
{
    time_t t = (time_t)utc;
    struct tm tm;
    if (gmtime_r(&t, &tm) == NULL || strftime(out, CLI_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(out, CLI_TIME_BYTES, "?");
}

static void meter_tell(void *ctx, uint64_t done, uint64_t all)
{
    struct cli_meter *m = ctx;
    int percent = all == 0 ? 100 : (int)(done * 100 / all);
    if (percent == m->last || !isatty(STDERR_FILENO))
        return;
    m->last = percent;
    fprintf(stderr, "\r%s %3d %%", m->doing, percent);
    fflush(stderr);
}

struct backup_progress cli_meter_progress(struct cli_meter *m)
{
    m->last = -1;
    return (struct backup_progress){meter_tell, m};
}

void cli_meter_end(struct cli_meter *m)
{
    if (m->last >= 0)
        fputs("\r\033[K", stderr);
}

enum err cli_backup_read(const char *path, struct backup_reader **out, struct problem *problem)
{
    struct cli_meter meter = {.doing = _("Checking")};
    struct backup_progress progress = cli_meter_progress(&meter);
    enum err e = backup_reader_new(path, &progress, out, problem);
    cli_meter_end(&meter);
    return e;
}

enum err cli_lock_open(const struct cli_args *a, struct cli_lock *l, struct problem *problem)
{
    const char *key = cli_value(a, "recovery-key");
    *l = (struct cli_lock){.passphrase = NULL};
    enum err e = passphrase_get(cli_value(a, "passphrase-file"), PASSPHRASE_OPEN,
                                key != NULL ? _("the recovery key") : _("this backup"),
                                &l->passphrase, problem);
    if (e == OK && key != NULL) {
        l->recovery = secret_new(2 * RECOVERY_KEY_BYTES);
        struct keyfile_halves halves = {l->recovery, RECOVERY_KEY_BYTES,
                                        l->recovery + RECOVERY_KEY_BYTES, RECOVERY_KEY_BYTES};
        e = keyfile_read(key, BACKUP_RECOVERY_LABEL, passphrase_bytes(l->passphrase), &halves,
                         problem);
        l->lock.recovery = l->recovery;
    } else if (e == OK) {
        l->lock.passphrase = passphrase_bytes(l->passphrase);
    }
    return e;
}

void cli_lock_clear(struct cli_lock *l)
{
    passphrase_free(&l->passphrase);
    secret_free(l->recovery);
    *l = (struct cli_lock){.passphrase = NULL};
}

/* ---- backup: what it is sealed with ---- */

static int read_recovery(const struct cli_args *a, uint8_t key[RECOVERY_KEY_BYTES], bool *is_given)
{
    const char *hex = cli_value(a, "recovery");
    size_t len = 0;
    *is_given = hex != NULL;
    if (hex == NULL ||
        (sodium_hex2bin(key, RECOVERY_KEY_BYTES, hex, strlen(hex), NULL, &len, NULL) == 0 &&
         len == RECOVERY_KEY_BYTES))
        return CLI_DONE;
    return cli_misuse(a, _("--recovery is not a public key of 64 hexadecimal digits, as \"seinpost "
                           "backup key\" prints it."));
}

/* ---- backup: where to ---- */

/* The name of the file: as given, or made of organisation and time where that is a folder. */
static enum err choose_target(const char *word, const char *org_id, char out[PATH_MAX],
                              struct problem *problem)
{
    struct stat st;
    char id[ORG_ID_BYTES_MAX + 1], when[CLI_TIME_BYTES];
    time_t now = time(NULL);
    struct tm tm;
    int len;
    if (stat(word, &st) != 0 || !S_ISDIR(st.st_mode)) {
        len = snprintf(out, PATH_MAX, "%s", word);
    } else {
        snprintf(id, sizeof id, "%s", org_id);
        for (char *c = id; *c != '\0'; c++)
            if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", *c) ==
                NULL)
                *c = '_';
        gmtime_r(&now, &tm);
        strftime(when, sizeof when, "%Y%m%d-%H%M%S", &tm);
        len = snprintf(out, PATH_MAX, "%s/%s-%s.seinpost-backup", word, id, when);
    }
    if (len >= PATH_MAX - 8) {
        problem_set(problem, _("%s: the path is too long. Choose a shorter one."), word);
        return ERR_LIMIT;
    }
    if (access(out, F_OK) == 0) {
        problem_set(problem, _("%s: is there already and is never replaced. Choose another name."),
                    out);
        return ERR_DUPLICATE;
    }
    return OK;
}

/* ---- backup: the copy of the store ---- */

struct copying {
    struct cli_meter meter;
    struct backup_progress progress;
    struct backup_head head;
    int fd; /* of the copy, which has no name any more */
};

static void on_line(void *ctx, const json_t *line)
{
    struct copying *c = ctx;
    const json_t *p = json_object_get(line, "progress");
    if (p != NULL)
        c->progress.tell(c->progress.ctx, (uint64_t)words_number(p, "done"),
                         (uint64_t)words_number(p, "all"));
}

/* Opens the copy and takes its name away, so that it goes with this program. */
static enum err take_copy(struct copying *c, const char *path, struct problem *problem)
{
    c->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (c->fd >= 0 && unlink(path) == 0)
        return OK;
    problem_set(problem,
                _("%s: cannot be read (%s). A backup is made by the node's own user, or "
                  "by root."),
                path, strerror(errno));
    return ERR_IO;
}

static enum err copy_refused(const json_t *end, struct problem *problem)
{
    const char *error = words_text(end, "error"), *why = words_text(end, "why");
    if (why[0] != '\0')
        problem_set(problem, "%s", why);
    else if (strcmp(error, "busy") == 0)
        problem_set(problem, _("Another backup of this node is under way. Wait until it is done."));
    else if (strcmp(error, "unauthorised") == 0)
        problem_set(problem, _("A backup is made by the node's own user, or by root."));
    else
        problem_set(problem, _("The node made no copy of its store (%s)."), words_error(error));
    return ERR_UNAVAILABLE;
}

/* Asks the node, which goes on working. */
static enum err copy_by_node(struct copying *c, const struct config *config,
                             struct problem *problem)
{
    json_t *end = NULL;
    enum err e = client_ask(config, json_pack("{s:s}", "do", "backup"), on_line, c, &end, problem);
    if (e == OK && !json_is_true(json_object_get(end, "ok")))
        e = copy_refused(end, problem);
    if (e == OK) {
        c->head.made_utc = (uint64_t)words_number(end, "made_utc");
        c->head.store_layout = (uint32_t)words_number(end, "layout");
        e = take_copy(c, words_text(end, "path"), problem);
    }
    json_decref(end);
    return e;
}

/* Of a node that does not run. */
static enum err copy_here(struct copying *c, const struct config *config, struct problem *problem)
{
    char path[CONFIG_PATH_BYTES_MAX + 32], copy[CONFIG_PATH_BYTES_MAX + 64];
    struct store *s = NULL;
    struct store_snapshot *snapshot = NULL;
    snprintf(path, sizeof path, "%s/" RINGNAME_STORE_FILE, config->data_dir);
    if (access(path, F_OK) != 0) {
        problem_set(problem, _("%s: is not there; there is nothing yet to make a backup of."),
                    path);
        return ERR_NOT_FOUND;
    }
    c->head.made_utc = (uint64_t)time(NULL);
    c->head.store_layout = STORE_SCHEMA;
    snprintf(copy, sizeof copy, "%s/copy-for-backup.%d", config->data_dir, (int)getpid());
    enum err e = store_open(&s, path, problem);
    if (e == OK)
        e = store_snapshot_begin(s, copy, &snapshot, problem);
    while (e == OK && !store_snapshot_is_done(snapshot)) {
        uint64_t done, all;
        e = store_snapshot_step(snapshot, problem);
        store_snapshot_progress(snapshot, &done, &all);
        c->progress.tell(c->progress.ctx, done, all);
    }
    enum err ended = store_snapshot_end(&snapshot, e == OK ? problem : NULL);
    store_close(&s);
    if (e == OK)
        e = ended;
    return e == OK ? take_copy(c, copy, problem) : e;
}

/* ---- backup ---- */

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void tell_made(const struct cli_args *a, const char *path, const struct backup_head *h,
                      uint64_t bytes, double seconds)
{
    char made[CLI_TIME_BYTES];
    cli_time(h->made_utc, made);
    if (cli_has(a, "json")) {
        cli_json(json_pack("{s:s,s:s,s:s,s:I,s:I,s:i,s:f,s:b}", "file", path, "org_id", h->org_id,
                           "made", made, "bytes", (json_int_t)bytes, "content_bytes",
                           (json_int_t)h->content_bytes, "layout", (int)h->store_layout, "seconds",
                           seconds, "verified", 1));
        return;
    }
    printf(_("The backup of %s is in %s: %.1f MB, as the node was on %s. It was read again and is "
             "whole.\n"),
           h->org_id, path, (double)bytes / 1e6, made);
    puts(_("Keep it on another machine, and not longer than your organisation has laid down: it "
           "holds what is erased later."));
}

static enum err make(const struct cli_args *a, const struct config *config, const char *target,
                     const struct backup_lock *lock, struct problem *problem)
{
    struct timespec start;
    struct copying c = {.meter = {.doing = _("Copying")}, .fd = -1};
    uint64_t bytes = 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    c.progress = cli_meter_progress(&c.meter);
    snprintf(c.head.org_id, sizeof c.head.org_id, "%s", config->org_id);
    enum err e = client_is_running(config) ? copy_by_node(&c, config, problem)
                                           : copy_here(&c, config, problem);
    c.meter.doing = _("Sealing");
    struct backup_source source = {a->config, config->data_dir, c.fd};
    if (e == OK)
        e = backup_make(target, &c.head, lock, &source, &c.progress, &bytes, problem);
    cli_meter_end(&c.meter);
    if (c.fd >= 0)
        close(c.fd);
    if (e == OK)
        tell_made(a, target, &c.head, bytes, seconds_since(&start));
    return e;
}

static int run_backup(const struct cli_args *a)
{
    static struct config config;
    struct problem problem = {""};
    struct passphrase *pass = NULL;
    uint8_t recovery[RECOVERY_KEY_BYTES];
    char target[PATH_MAX];
    bool has_recovery;
    const char *file = cli_value(a, "passphrase-file");
    int status = read_recovery(a, recovery, &has_recovery);
    if (status == CLI_DONE)
        status = cli_config(a, &config);
    if (status != CLI_DONE)
        return status;
    enum err e = choose_target(a->word[0], config.org_id, target, &problem);
    if (e == OK && (!has_recovery || file != NULL))
        e = passphrase_get(file, PASSPHRASE_CREATE, _("this backup"), &pass, &problem);
    struct backup_lock lock = {.cost = COST_NORMAL, .recovery = has_recovery ? recovery : NULL};
    if (pass != NULL)
        lock.passphrase = passphrase_bytes(pass);
    if (e == OK)
        e = make(a, &config, target, &lock, &problem);
    passphrase_free(&pass);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

/* clang-format off */
static const struct cli_option backup_options[] = {
    {"passphrase-file", "FILE", N_("file with a passphrase for this backup on its first line"), false, false},
    {"recovery", "KEY", N_("public half of a recovery key, which opens the backup too; without a "
                           "passphrase nothing else does"), false, false},
    {"json", NULL, N_("output for programs: one object"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_backup = {
    .name = "backup",
    .words = "FILE|FOLDER",
    .words_min = 1,
    .words_max = 1,
    .help = N_("write everything of this node to one sealed file, while it runs"),
    .more = N_("In a folder the file gets a name of organisation and time. It is sealed with a "
               "passphrase, with a recovery key, or with either of both; the node's keys stay "
               "under their own passphrase inside. It is read again before it gets its name, and "
               "nothing is written over. The node's own user or root may do it.\n\n"
               "A backup holds what is erased after it was made. Do not keep it longer than your "
               "organisation has laid down, 30 days at most; a restored node takes in what was "
               "erased meanwhile before it gives anything to anybody."),
    .options = backup_options,
    .run = run_backup,
};

/* ---- verify ---- */

static void tell_verified(const struct cli_args *a, const struct backup_head *h, bool is_opened,
                          size_t keys)
{
    char made[CLI_TIME_BYTES];
    cli_time(h->made_utc, made);
    if (cli_has(a, "json")) {
        cli_json(json_pack("{s:b,s:s,s:s,s:I,s:I,s:i,s:b,s:b,s:b,s:I}", "whole", 1, "org_id",
                           h->org_id, "made", made, "bytes",
                           (json_int_t)backup_file_bytes(h->content_bytes), "content_bytes",
                           (json_int_t)h->content_bytes, "layout", (int)h->store_layout,
                           "passphrase", h->has_passphrase, "recovery", h->has_recovery, "opened",
                           is_opened, "keys", (json_int_t)keys));
        return;
    }
    printf(_("%s is whole: the backup of %s as it was on %s.\n"), a->word[0], h->org_id, made);
    if (h->has_passphrase)
        puts(_("It opens with a passphrase."));
    if (h->has_recovery) {
        char hex[2 * RECOVERY_KEY_BYTES + 1];
        sodium_bin2hex(hex, sizeof hex, h->recovery, sizeof h->recovery);
        printf(_("It opens with the recovery key %s\n"), hex);
    }
    if (is_opened)
        printf(_("It was opened, and everything in it is in order (%zu keys).\n"), keys);
    else
        puts(_("It was not opened: with --passphrase-file or --recovery-key everything in it is "
               "checked too."));
}

static int run_verify(const struct cli_args *a)
{
    struct problem problem = {""};
    struct backup_reader *r = NULL;
    struct cli_lock lock = {.passphrase = NULL};
    size_t keys = 0;
    bool is_opened = cli_has(a, "passphrase-file") || cli_has(a, "recovery-key");
    enum err e = cli_backup_read(a->word[0], &r, &problem);
    if (e == OK && is_opened)
        e = cli_lock_open(a, &lock, &problem);
    if (e == OK && is_opened)
        e = backup_reader_open(r, &lock.lock, &problem);
    if (e == OK && is_opened)
        e = backup_check(r, &keys, &problem);
    if (e == OK)
        tell_verified(a, backup_reader_head(r), is_opened, keys);
    cli_lock_clear(&lock);
    backup_reader_free(&r);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

/* clang-format off */
static const struct cli_option verify_options[] = {
    {"passphrase-file", "FILE", N_("file with the passphrase of the backup or, with "
                                   "--recovery-key, of that key"), false, false},
    {"recovery-key", "FILE", N_("the recovery key that the backup is sealed with"), false, false},
    {"json", NULL, N_("output for programs: one object"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_backup_verify = {
    .group = "backup",
    .name = "verify",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .help = N_("check that a backup is whole, and whose it is"),
    .more = N_("Without a passphrase or a key it is checked against its own sum; with one it is "
               "opened, and every byte in it was sealed there. Nothing is written. This needs no "
               "node and no settings."),
    .options = verify_options,
    .run = run_verify,
};

/* ---- key ---- */

static int run_key(const struct cli_args *a)
{
    struct problem problem = {""};
    struct passphrase *pass = NULL;
    char hex[2 * RECOVERY_KEY_BYTES + 1];
    uint8_t public_key[RECOVERY_KEY_BYTES];
    uint8_t *secret = secret_new(RECOVERY_KEY_BYTES);
    enum err e = passphrase_get(cli_value(a, "passphrase-file"), PASSPHRASE_CREATE,
                                _("the recovery key"), &pass, &problem);
    if (e == OK) {
        crypto_box_keypair(public_key, secret);
        e = keyfile_write(
            a->word[0], BACKUP_RECOVERY_LABEL, bytes_of(public_key, sizeof public_key),
            bytes_of(secret, RECOVERY_KEY_BYTES), passphrase_bytes(pass), COST_NORMAL, &problem);
    }
    secret_free(secret);
    passphrase_free(&pass);
    if (e != OK)
        return cli_failed(&problem, e);
    sodium_bin2hex(hex, sizeof hex, public_key, sizeof public_key);
    fprintf(stderr,
            _("The recovery key is in %s. Its public half, for: seinpost backup "
              "--recovery\n"),
            a->word[0]);
    puts(hex);
    return CLI_DONE;
}

/* clang-format off */
static const struct cli_option key_options[] = {
    {"passphrase-file", "FILE", N_("file with a passphrase for the key on its first line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_backup_key = {
    .group = "backup",
    .name = "key",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .help = N_("make a recovery key, with which backups are opened"),
    .more = N_("The node's machine needs its public half alone, and can then make backups that it "
               "cannot open. Keep the file and its passphrase elsewhere, in two places."),
    .options = key_options,
    .run = run_key,
};
