/*
 * cli_keys.c - commands for the shares of the key behind pseudonyms: deal, take, show.
 */
#include "node/cli_commands.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/passphrase.h"
#include "node/ringname.h"
#include "node/roster_file.h"
#include "node/secret.h"
#include "node/text.h"
#include "protocol/threshold.h"

/* ---- deal ---- */

/* Everything secret of one dealing, in locked memory. */
struct dealing {
    uint8_t secret[SCALAR_BYTES];
    uint8_t coefficients[KEYHOLDERS_MAX * SCALAR_BYTES];
    struct share shares[KEYHOLDERS_MAX];
};

static void random_scalar(uint8_t out[SCALAR_BYTES])
{
    uint8_t wide[WIDE_BYTES];
    randombytes_buf(wide, sizeof wide);
    scalar_from_wide(wide, out);
    sodium_memzero(wide, sizeof wide);
}

/* Deals a fresh key to the keyholders of r and adds it to the list. */
static enum err deal(struct roster *r, size_t t, uint32_t epoch, struct dealing *d)
{
    struct roster_key *k = &r->keys[r->key_count];
    memset(k, 0, sizeof *k);
    for (size_t i = 0; i < r->organisation_count; i++) {
        const struct organisation *o = &r->organisations[i];
        if (o->status != ORG_ACTIVE || (o->roles & ROLE_KEYHOLDER) == 0)
            continue;
        if (k->share_count == KEYHOLDERS_MAX)
            return ERR_LIMIT;
        memcpy(k->holder[k->share_count++], o->author, AUTHOR_BYTES);
    }
    if (t > k->share_count)
        return ERR_RANGE;
    random_scalar(d->secret);
    for (size_t i = 0; i + 1 < t; i++)
        random_scalar(d->coefficients + i * SCALAR_BYTES);
    enum err e = threshold_deal(d->secret, d->coefficients, t, k->share_count, d->shares);
    if (e == OK)
        e = point_mul_base(d->secret, k->public_key);
    for (size_t i = 0; i < k->share_count && e == OK; i++) {
        k->index[i] = d->shares[i].index;
        e = threshold_commit(&d->shares[i], k->commitment[i]);
    }
    k->key = KEY_PSEUDONYMS;
    k->epoch = epoch;
    k->threshold = (uint32_t)t;
    if (e == OK)
        r->key_count++;
    return e;
}

/* One share in a file of its own, under a passphrase, for its keyholder to take. */
static enum err write_share(const struct cli_args *a, const struct roster *r, size_t i,
                            const struct dealing *d, struct bytes passphrase,
                            struct problem *problem)
{
    const struct roster_key *k = &r->keys[r->key_count - 1];
    const struct organisation *o = NULL;
    for (size_t n = 0; n < r->organisation_count; n++)
        if (memcmp(r->organisations[n].author, k->holder[i], AUTHOR_BYTES) == 0)
            o = &r->organisations[n];
    char path[PATH_MAX], name[RINGNAME_BYTES];
    uint8_t secret[SHARE_SECRET_BYTES];
    if (o == NULL || snprintf(path, sizeof path, "%s/share-%s.key", cli_value(a, "out-dir"),
                              o->org_id) >= (int)sizeof path)
        return ERR_LIMIT;
    ringname_share(k->key, k->epoch, k->refresh, name);
    ringname_pack(&d->shares[i], secret);
    enum err e = keyfile_write(path, name, bytes_of(k->commitment[i], POINT_BYTES),
                               bytes_of(secret, sizeof secret), passphrase, COST_NORMAL, problem);
    sodium_memzero(secret, sizeof secret);
    if (e == OK)
        printf(_("Share for %s: %s\n"), o->name, path);
    return e;
}

static uint32_t next_epoch(const struct roster *r)
{
    uint32_t epoch = 1;
    for (size_t i = 0; i < r->key_count; i++)
        if (r->keys[i].key == KEY_PSEUDONYMS && r->keys[i].epoch >= epoch)
            epoch = r->keys[i].epoch + 1;
    return epoch;
}

static int run_deal(const struct cli_args *a)
{
    struct problem problem = {""};
    struct passphrase *pass = NULL;
    struct roster_file *f = NULL;
    int threshold, epoch;
    int status = cli_number(a, "threshold", 1, KEYHOLDERS_MAX, 2, &threshold);
    if (status == CLI_DONE)
        status = cli_number(a, "epoch", 1, 1000000, 0, &epoch);
    if (status != CLI_DONE)
        return status;
    const char *path = cli_value(a, "roster"), *dir = cli_value(a, "out-dir");
    fputs(_("Whoever runs this knows the whole key for a moment, and could try names with it. It "
            "is meant for "
            "tests and small federations that trust one dealer.\n"),
          stderr);
    enum err e = roster_file_open(path, &f, &problem);
    struct dealing *d = secret_new(sizeof *d);
    struct roster *r = NULL;
    if (e == OK) {
        roster_file_edit(f);
        r = roster_file_last(f);
        if (r->key_count == THRESHOLD_KEYS_MAX) {
            problem_set(&problem, _("The member list has all the keys it can hold."));
            e = ERR_FULL;
        }
    }
    if (e == OK) {
        e = deal(r, (size_t)threshold, epoch > 0 ? (uint32_t)epoch : next_epoch(r), d);
        if (e == ERR_RANGE)
            problem_set(&problem,
                        _("--threshold is larger than the number of key holders in the list. Add "
                          "organisations with the role keyholder first."));
    }
    if (e == OK && mkdir(dir, 0700) != 0 && errno != EEXIST) {
        problem_set(&problem, _("Cannot make the folder %s: %s."), dir, strerror(errno));
        e = ERR_IO;
    }
    if (e == OK)
        e = passphrase_get(cli_value(a, "passphrase-file"), PASSPHRASE_CREATE, _("the shares"),
                           &pass, &problem);
    for (size_t i = 0; e == OK && i < r->keys[r->key_count - 1].share_count; i++)
        e = write_share(a, r, i, d, passphrase_bytes(pass), &problem);
    passphrase_free(&pass);
    secret_free(d);
    if (e == OK)
        e = roster_file_save(f, path, false, &problem);
    if (e == OK)
        printf(
            _("The key is in the draft of version %llu. Send each share to its key holder, and the "
              "passphrase by another way; then delete them here.\n"),
            (unsigned long long)r->version);
    roster_file_free(&f);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

static const struct cli_option deal_options[] = {
    {"roster",                                             "FILE", N_("file of the member list"), true, false},
    {"threshold",                       "T", N_("how many key holders are needed for an answer"), true, false},
    {"out-dir",                                               "DIR", N_("folder for the files with the shares"), true, false},
    {"passphrase-file",                                          "FILE", N_("file with the passphrase on its first line"), false, false},
    {"epoch", "N", N_("number of the key period; the next one if not given"), false, false},
    {0                                              },
};

const struct cli_command cli_keys_deal = {
    .group = "keys",
    .name = "deal",
    .help = N_("make the key behind matches and deal its shares (tests and small federations)"),
    .more = N_("Whoever runs this knows the whole key for a moment, and could try names with it."),
    .options = deal_options,
    .run = run_deal,
};

/* ---- take ---- */

/* The label of a share file, found by trying: "share-KEY-PERIOD-REFRESH". */
static enum err read_share(const char *path, struct bytes passphrase, char name[RINGNAME_BYTES],
                           struct keyfile_halves *halves, struct problem *problem)
{
    enum err e = ERR_FORMAT;
    for (uint32_t epoch = 1; epoch <= 64; epoch++) {
        uint8_t commitment[SHARE_PUBLIC_BYTES];
        ringname_share(KEY_PSEUDONYMS, epoch, 0, name);
        e = keyfile_public(path, name, commitment, sizeof commitment, problem);
        if (e == OK)
            return keyfile_read(path, name, passphrase, halves, problem);
        if (e != ERR_FORMAT)
            return e;
    }
    return e;
}

static int run_take(const struct cli_args *a)
{
    static struct config config;
    struct problem problem = {""};
    struct passphrase *pass = NULL;
    struct keyring *ring = NULL;
    char name[RINGNAME_BYTES];
    uint8_t commitment[SHARE_PUBLIC_BYTES], computed[POINT_BYTES];
    uint8_t *secret = secret_new(SHARE_SECRET_BYTES);
    struct keyfile_halves halves = {commitment, sizeof commitment, secret, SHARE_SECRET_BYTES};
    struct share share;
    int status = cli_config(a, &config);
    enum err e = status == CLI_DONE ? OK : ERR_IO;
    if (e == OK)
        e = passphrase_get(cli_value(a, "passphrase-file"), PASSPHRASE_OPEN, _("the share"), &pass,
                           &problem);
    if (e == OK)
        e = read_share(a->word[0], passphrase_bytes(pass), name, &halves, &problem);
    passphrase_free(&pass);
    if (e == OK) {
        ringname_unpack(secret, &share);
        if (threshold_commit(&share, computed) != OK ||
            memcmp(computed, commitment, POINT_BYTES) != 0) {
            problem_set(&problem,
                        _("%s does not hold together: the share is not the one that its file "
                          "names. Ask for it again."),
                        a->word[0]);
            e = ERR_PROOF;
        }
        sodium_memzero(&share, sizeof share);
    }
    if (e == OK)
        e = cli_keyring(&config, &ring, &problem);
    if (e == OK)
        e = keyring_put(ring, name, bytes_of(commitment, sizeof commitment),
                        bytes_of(secret, SHARE_SECRET_BYTES), &problem);
    keyring_free(&ring);
    secret_free(secret);
    if (status != CLI_DONE)
        return status;
    if (e != OK)
        return cli_failed(&problem, e);
    printf(_("The share is among this node's keys. If the node runs, start it again so that it "
             "uses the "
             "share. Then delete %s.\n"),
           a->word[0]);
    return CLI_DONE;
}

static const struct cli_option take_options[] = {
    {"passphrase-file",                                              "FILE", N_("file with the passphrase of the share on its first line"),
     false, false},
    {0},
};

const struct cli_command cli_keys_take = {
    .group = "keys",
    .name = "take",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .help = N_("take a dealt share into this node's keys"),
    .options = take_options,
    .run = run_take,
};

/* ---- show ---- */

static int run_keys_show(const struct cli_args *a)
{
    static struct config config;
    char dir[PATH_MAX];
    if (cli_config(a, &config) != CLI_DONE)
        return CLI_FAILED;
    snprintf(dir, sizeof dir, "%s/%s", config.data_dir, RINGNAME_KEYS_FOLDER);
    DIR *d = opendir(dir);
    size_t count = 0;
    for (const struct dirent *f; d != NULL && (f = readdir(d)) != NULL;) {
        char name[RINGNAME_BYTES] = "";
        size_t len = strlen(f->d_name);
        uint32_t key, epoch, refresh;
        if (len > 4 && len - 4 < sizeof name && strcmp(f->d_name + len - 4, ".key") == 0)
            memcpy(name, f->d_name, len - 4);
        if (!ringname_share_parse(name, &key, &epoch, &refresh))
            continue;
        count++;
        if (cli_has(a, "json"))
            cli_json(json_pack("{s:I,s:I,s:I}", "key", (json_int_t)key, "period", (json_int_t)epoch,
                               "refresh", (json_int_t)refresh));
        else
            printf(_("A share for key period %u\n"), epoch);
    }
    if (d != NULL)
        closedir(d);
    if (count == 0 && !cli_has(a, "json"))
        puts(_("This node holds no share."));
    return CLI_DONE;
}

static const struct cli_option keys_show_options[] = {
    {"json",                     NULL, N_("output for programs"), false, false},
    {0},
};

const struct cli_command cli_keys_show = {
    .group = "keys",
    .name = "show",
    .help = N_("show which shares this node holds"),
    .options = keys_show_options,
    .run = run_keys_show,
};
