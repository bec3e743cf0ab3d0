/*
 * cli_keys.c - commands for the shares that this node holds: take, show.
 */
#include "node/cli_commands.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/client.h"
#include "node/passphrase.h"
#include "node/plain_file.h"
#include "node/ringname.h"
#include "node/roster_store.h"
#include "node/secret.h"
#include "node/text.h"
#include "node/words.h"
#include "protocol/threshold.h"

/* ---- take ---- */

/* A share on its way into the ring. */
struct taking {
    char name[RINGNAME_BYTES];
    uint32_t key, epoch, refresh;
    uint8_t commitment[SHARE_PUBLIC_BYTES];
    uint8_t *secret; /* SHARE_SECRET_BYTES, memory for secrets */
};

/* Which share a file holds: the label in it (keyfile.h). */
static enum err read_name(const char *path, struct taking *t, struct problem *problem)
{
    enum { LABEL_OFFSET = 44 };
    uint8_t *file;
    size_t len;
    enum err e = plain_file_read(path, KEYFILE_BYTES_MAX, &file, &len, problem);
    if (e != OK)
        return e;
    char name[RINGNAME_BYTES + 1] = "";
    if (len >= LABEL_OFFSET + RINGNAME_BYTES)
        memcpy(name, file + LABEL_OFFSET, RINGNAME_BYTES);
    free(file);
    if (!ringname_share_parse(name, &t->key, &t->epoch, &t->refresh)) {
        problem_set(problem,
                    _("%s: is not the file of a share. Name the file share-...key that "
                      "the dealer sent you."),
                    path);
        return ERR_FORMAT;
    }
    memcpy(t->name, name, sizeof t->name);
    return OK;
}

/* Opens the file and checks that the share is the one that its public half promises. */
static enum err read_share(const struct cli_args *a, struct taking *t, struct problem *problem)
{
    const char *path = a->word[0];
    struct passphrase *pass;
    struct keyfile_halves halves = {t->commitment, sizeof t->commitment, t->secret,
                                    SHARE_SECRET_BYTES};
    enum err e = read_name(path, t, problem);
    if (e == OK)
        e = passphrase_get(cli_value(a, "passphrase-file"), PASSPHRASE_OPEN, _("the share"), &pass,
                           problem);
    if (e != OK)
        return e;
    e = keyfile_read(path, t->name, passphrase_bytes(pass), &halves, problem);
    passphrase_free(&pass);
    if (e != OK)
        return e;
    struct share *share = secret_new(sizeof *share);
    uint8_t computed[POINT_BYTES];
    ringname_unpack(t->secret, share);
    if (threshold_commit(share, computed) != OK ||
        memcmp(computed, t->commitment, POINT_BYTES) != 0) {
        problem_set(problem,
                    _("%s: the share is not the one that its file names. Ask for it "
                      "again."),
                    path);
        e = ERR_PROOF;
    }
    secret_free(share);
    return e;
}

/* Whether the list gives this organisation that share. A list without such a key may be older than
 * the share, and says nothing. */
static enum err check_share(const struct config *c, const struct roster *r, const struct taking *t,
                            struct problem *problem)
{
    uint8_t author[AUTHOR_BYTES];
    author_of(bytes_of(c->org_id, strlen(c->org_id)), author);
    for (size_t i = 0; i < r->key_count; i++) {
        const struct roster_key *k = &r->keys[i];
        if (k->key != t->key || k->epoch != t->epoch || k->refresh != t->refresh)
            continue;
        for (size_t j = 0; j < k->share_count; j++)
            if (memcmp(k->holder[j], author, AUTHOR_BYTES) == 0 &&
                memcmp(k->commitment[j], t->commitment, POINT_BYTES) == 0)
                return OK;
        problem_set(problem,
                    _("The member list does not give this share to %s. Ask the dealer for "
                      "the file that is meant for you."),
                    c->org_id);
        return ERR_PROOF;
    }
    return OK;
}

/* Checks the share against the list in the store, where there is one and the node does not run. */
static enum err check_in_store(const struct config *c, const struct taking *t,
                               struct problem *problem)
{
    struct roster *r;
    if (client_is_running(c))
        return OK;
    enum err e = roster_store_read(c->data_dir, &r, problem);
    if (e == ERR_NOT_FOUND)
        return OK;
    if (e == OK)
        e = check_share(c, r, t, problem);
    free(r);
    return e;
}

static int run_take(const struct cli_args *a)
{
    static struct config config;
    struct problem problem = {""};
    struct keyring *ring = NULL;
    if (cli_config(a, &config) != CLI_DONE)
        return CLI_FAILED;
    struct taking t = {.secret = secret_new(SHARE_SECRET_BYTES)};
    enum err e = read_share(a, &t, &problem);
    if (e == OK)
        e = check_in_store(&config, &t, &problem);
    if (e == OK)
        e = cli_keyring(&config, &ring, &problem);
    if (e == OK)
        e = keyring_put(ring, t.name, bytes_of(t.commitment, sizeof t.commitment),
                        bytes_of(t.secret, SHARE_SECRET_BYTES), &problem);
    keyring_free(&ring);
    secret_free(t.secret);
    if (e != OK)
        return cli_failed(&problem, e);
    printf(_("The share for key period %u is among this node's keys. If the node runs, start it "
             "again so that it uses the share. Then delete %s.\n"),
           t.epoch, a->word[0]);
    return CLI_DONE;
}

/* clang-format off */
static const struct cli_option take_options[] = {
    {"passphrase-file", "FILE", N_("file with the passphrase of the share on its first line"),
     false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_keys_take = {
    .group = "keys",
    .name = "take",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .help = N_("take a dealt share into this node's keys"),
    .more = N_("The share is checked against what its file promises and, where the node does not "
               "run, against the member list."),
    .options = take_options,
    .run = run_take,
};

/* ---- show ---- */

struct shown {
    bool is_json;
    size_t count;
};

static const char *key_text(uint32_t key)
{
    return key == KEY_STATISTICS ? _("the key for statistics")
           : key == KEY_FACTOR   ? _("the step from the key period before")
                                 : _("the key behind matches");
}

static void show_share(struct shown *s, uint32_t key, uint32_t period, uint32_t refresh,
                       const char *commitment)
{
    s->count++;
    if (s->is_json)
        cli_json(json_pack("{s:I,s:I,s:I,s:s}", "key", (json_int_t)key, "period",
                           (json_int_t)period, "refresh", (json_int_t)refresh, "commitment",
                           commitment));
    else
        printf(_("A share of %s, key period %u, renewed %u times: %s\n"), key_text(key), period,
               refresh, commitment);
}

/* Shows one file of the ring if it is a share. */
static void show_file(struct shown *s, const char *dir, const char *file)
{
    char name[RINGNAME_BYTES] = "", path[PATH_MAX], hex[2 * SHARE_PUBLIC_BYTES + 1];
    uint8_t commitment[SHARE_PUBLIC_BYTES];
    size_t len = strlen(file);
    uint32_t key, epoch, refresh;
    struct problem problem;
    if (len > 4 && len - 4 < sizeof name && strcmp(file + len - 4, ".key") == 0)
        memcpy(name, file, len - 4);
    if (!ringname_share_parse(name, &key, &epoch, &refresh) ||
        snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path)
        return;
    if (keyfile_public(path, name, commitment, sizeof commitment, &problem) != OK) {
        cli_complain("%s", problem.text);
        s->count++;
        return;
    }
    sodium_bin2hex(hex, sizeof hex, commitment, sizeof commitment);
    show_share(s, key, epoch, refresh, hex);
}

/* Of a node that does not run: what its files say. */
static int show_files(const struct config *c, struct shown *s)
{
    char dir[PATH_MAX];
    snprintf(dir, sizeof dir, "%s/%s", c->data_dir, RINGNAME_KEYS_FOLDER);
    DIR *d = opendir(dir);
    if (d == NULL) {
        cli_complain(_("%s: cannot be opened (%s)."), dir, strerror(errno));
        return CLI_FAILED;
    }
    for (const struct dirent *f; (f = readdir(d)) != NULL;)
        show_file(s, dir, f->d_name);
    closedir(d);
    json_t *kept = roster_store_shares(c->data_dir);
    if (json_array_size(kept) > 0)
        cli_complain(_("this node keeps shares that came from key ceremonies, too: start it to see "
                       "them."));
    json_decref(kept);
    return CLI_DONE;
}

static void on_share(void *ctx, const json_t *line)
{
    const json_t *row = json_object_get(line, "row");
    if (row != NULL)
        show_share(ctx, (uint32_t)words_number(row, "key"), (uint32_t)words_number(row, "period"),
                   (uint32_t)words_number(row, "refresh"), words_text(row, "commitment"));
}

static int run_keys_show(const struct cli_args *a)
{
    static struct config config;
    struct shown s = {.is_json = cli_has(a, "json")};
    json_t *end = NULL;
    if (cli_config(a, &config) != CLI_DONE)
        return CLI_FAILED;
    int status = client_is_running(&config)
                     ? cli_ask(a, json_pack("{s:s}", "do", "shares"), on_share, &s, &end)
                     : show_files(&config, &s);
    json_decref(end);
    if (status == CLI_DONE && s.count == 0 && !s.is_json)
        puts(_("This node holds no share."));
    return status;
}

/* clang-format off */
static const struct cli_option keys_show_options[] = {
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_keys_show = {
    .group = "keys",
    .name = "show",
    .help = N_("show which shares this node holds; nothing secret"),
    .options = keys_show_options,
    .run = run_keys_show,
};
