/*
 * cli_keys_deal.c - keys deal: one dealer makes the key behind matches and its shares.
 */
#include "node/cli_commands.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/passphrase.h"
#include "node/ringname.h"
#include "node/roster_file.h"
#include "node/secret.h"
#include "node/text.h"
#include "protocol/threshold.h"

static const char dealer_knows[] =
    N_("Whoever runs this knows the whole key for a moment, and could try names with it. It is "
       "meant for tests, and for small federations that trust one dealer.");

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

/* "OUT-DIR/share-ORG-ID.key"; what could be a path in an identifier becomes an underscore. False if
 * it grows too long. */
static bool share_path(const struct cli_args *a, const struct organisation *o, char out[PATH_MAX])
{
    char name[ORG_ID_BYTES_MAX + 1];
    memcpy(name, o->org_id, sizeof name);
    for (char *c = name; *c != '\0'; c++)
        if (*c == '/')
            *c = '_';
    return snprintf(out, PATH_MAX, "%s/share-%s.key", cli_value(a, "out-dir"), name) < PATH_MAX;
}

static const struct organisation *holder(const struct roster *r, const uint8_t author[AUTHOR_BYTES])
{
    /* A draft is not sorted, so that roster_find does not serve. */
    for (size_t i = 0; i < r->organisation_count; i++)
        if (memcmp(r->organisations[i].author, author, AUTHOR_BYTES) == 0)
            return &r->organisations[i];
    return NULL;
}

/* Writes share i of k in a file of its own, under a passphrase, for its key holder to take. */
static enum err write_share(const struct cli_args *a, const struct roster *r,
                            const struct roster_key *k, size_t i, const struct share *share,
                            struct bytes passphrase, struct problem *problem)
{
    const struct organisation *o = holder(r, k->holder[i]);
    char path[PATH_MAX], name[RINGNAME_BYTES];
    if (o == NULL || !share_path(a, o, path)) {
        problem_set(problem, _("%s: the path is too long. Choose a shorter one."),
                    cli_value(a, "out-dir"));
        return ERR_LIMIT;
    }
    uint8_t *secret = secret_new(SHARE_SECRET_BYTES);
    ringname_share(k->key, k->epoch, k->refresh, name);
    ringname_pack(share, secret);
    enum err e =
        keyfile_write(path, name, bytes_of(k->commitment[i], POINT_BYTES),
                      bytes_of(secret, SHARE_SECRET_BYTES), passphrase, COST_NORMAL, problem);
    secret_free(secret);
    return e;
}

static void remove_shares(const struct cli_args *a, const struct roster *r,
                          const struct roster_key *k, size_t count)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < count; i++)
        if (share_path(a, holder(r, k->holder[i]), path))
            unlink(path);
}

/* All shares, or none; on success they stay to be removed if saving the list fails. */
static enum err write_shares(const struct cli_args *a, const struct roster *r,
                             const struct dealing *d, struct problem *problem)
{
    const struct roster_key *k = &r->keys[r->key_count - 1];
    const char *dir = cli_value(a, "out-dir");
    struct passphrase *pass;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        problem_set(problem, _("%s: cannot be made (%s)."), dir, strerror(errno));
        return ERR_IO;
    }
    enum err e = passphrase_get(cli_value(a, "passphrase-file"), PASSPHRASE_CREATE, _("the shares"),
                                &pass, problem);
    size_t done = 0;
    while (e == OK && done < k->share_count) {
        e = write_share(a, r, k, done, &d->shares[done], passphrase_bytes(pass), problem);
        done += e == OK;
    }
    passphrase_free(&pass);
    if (e != OK)
        remove_shares(a, r, k, done);
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

/* Deals into the draft; says what is wrong where that cannot be. */
static enum err deal_into(struct roster *r, int threshold, int epoch, struct dealing *d,
                          struct problem *problem)
{
    uint32_t period = epoch > 0 ? (uint32_t)epoch : next_epoch(r);
    if (r->key_count == THRESHOLD_KEYS_MAX) {
        problem_set(problem, _("The member list has all the %d keys that it can hold."),
                    THRESHOLD_KEYS_MAX);
        return ERR_FULL;
    }
    for (size_t i = 0; i < r->key_count; i++) {
        if (r->keys[i].key == KEY_PSEUDONYMS && r->keys[i].epoch == period) {
            problem_set(problem,
                        _("The member list has a key for period %u already. Leave "
                          "--epoch out, or give a higher one."),
                        period);
            return ERR_DUPLICATE;
        }
    }
    enum err e = deal(r, (size_t)threshold, period, d);
    if (e == ERR_RANGE)
        problem_set(problem, _("--threshold is larger than the number of key holders in the list. "
                               "Add organisations with the role keyholder first."));
    else if (e == ERR_LIMIT)
        problem_set(problem, _("The list has more than %d key holders; that is the most."),
                    KEYHOLDERS_MAX);
    return e;
}

static void say_dealt(const struct cli_args *a, const struct roster *r)
{
    const struct roster_key *k = &r->keys[r->key_count - 1];
    for (size_t i = 0; i < k->share_count; i++) {
        char path[PATH_MAX];
        const struct organisation *o = holder(r, k->holder[i]);
        if (share_path(a, o, path))
            printf(_("Share for %s (%s): %s\n"), o->name, o->org_id, path);
    }
    printf(_("The key for period %u is in the draft of version %llu; %u of its %zu key holders "
             "will be needed. Send each share to its key holder, and the passphrase by another "
             "way; then delete the files here.\n"),
           k->epoch, (unsigned long long)r->version, k->threshold, k->share_count);
}

static int run_deal(const struct cli_args *a)
{
    struct problem problem = {""};
    struct roster_file *f;
    int threshold, epoch;
    int status = cli_number(a, "threshold", 1, KEYHOLDERS_MAX, 1, &threshold);
    if (status == CLI_DONE)
        status = cli_number(a, "epoch", 1, 1000000, 0, &epoch);
    if (status != CLI_DONE)
        return status;
    enum err e = roster_file_open(cli_value(a, "roster"), &f, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    cli_wrap(stderr, 0, _(dealer_knows));
    struct dealing *d = secret_new(sizeof *d);
    roster_file_edit(f, (int64_t)time(NULL));
    struct roster *r = roster_file_last(f);
    e = deal_into(r, threshold, epoch, d, &problem);
    if (e == OK) {
        e = write_shares(a, r, d, &problem);
        if (e == OK) {
            e = roster_file_save(f, cli_value(a, "roster"), false, &problem);
            if (e != OK)
                remove_shares(a, r, &r->keys[r->key_count - 1],
                              r->keys[r->key_count - 1].share_count);
        }
    }
    secret_free(d);
    if (e == OK)
        say_dealt(a, r);
    roster_file_free(&f);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

/* clang-format off */
static const struct cli_option deal_options[] = {
    {"roster", "FILE", N_("file of the member list"), true, false},
    {"threshold", "T", N_("how many key holders are needed for an answer"), true, false},
    {"out-dir", "DIR", N_("folder for the files with the shares"), true, false},
    {"passphrase-file", "FILE", N_("file with the passphrase on its first line"), false, false},
    {"epoch", "N", N_("number of the key period; the next one if not given"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_keys_deal = {
    .group = "keys",
    .name = "deal",
    .help = N_("make the key behind matches and deal its shares (tests and small federations)"),
    .more = dealer_knows,
    .options = deal_options,
    .run = run_deal,
};
