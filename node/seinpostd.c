/*
 * seinpostd.c - starts a node: settings, passphrase, keys, then the loop.
 */
#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "node/keycheck.h"
#include "node/log.h"
#include "node/node.h"
#include "node/passphrase.h"
#include "node/reword.h"
#include "node/ringname.h"
#include "node/secret.h"
#include "node/text.h"

static void usage(FILE *out)
{
    fputs(_("Usage: seinpostd [--config FILE]\n"
            "Runs this organisation's node until it is told to stop (SIGTERM).\n"
            "The settings are read from FILE, $SEINPOST_CONFIG or /etc/seinpost/seinpost.conf.\n"),
          out);
}

/* No core dumps, and as many descriptors as there may be. */
static void harden(void)
{
    struct rlimit none = {0, 0}, files;
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static enum err get(const struct keyring *ring, const char *name, uint8_t *public_half,
                    size_t public_len, uint8_t *secret, size_t secret_len, struct problem *problem)
{
    struct keyfile_halves h = {public_half, public_len, secret, secret_len};
    return keyring_get(ring, name, &h, problem);
}

/* "share-1-2-0.key": key 1, key period 2, refresh 0. */
static bool parse_share_file(const char *file, char name[RINGNAME_BYTES], struct held_share *s)
{
    size_t len = strlen(file);
    if (len < 5 || len - 4 >= RINGNAME_BYTES || strcmp(file + len - 4, ".key") != 0)
        return false;
    memset(name, 0, RINGNAME_BYTES);
    memcpy(name, file, len - 4);
    return ringname_share_parse(name, &s->key, &s->epoch, &s->refresh);
}

/* Takes every share of the folder into the core's keeping. */
static enum err get_shares(const struct keyring *ring, const char *dir, struct node_secrets *s,
                           struct problem *problem)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return OK;
    enum err e = OK;
    for (const struct dirent *f = readdir(d); f != NULL && e == OK; f = readdir(d)) {
        struct held_share held = {0};
        struct stat st;
        char name[RINGNAME_BYTES];
        uint8_t commitment[SHARE_PUBLIC_BYTES], secret[SHARE_SECRET_BYTES];
        if (!parse_share_file(f->d_name, name, &held) || s->share_count == SHARES_MAX)
            continue;
        e = get(ring, name, commitment, sizeof commitment, secret, sizeof secret, problem);
        ringname_unpack(secret, &held.share);
        if (fstatat(dirfd(d), f->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            held.received_utc = st.st_mtim.tv_sec;
        if (e == OK)
            s->shares[s->share_count++] = held;
        sodium_memzero(secret, sizeof secret);
        sodium_memzero(&held, sizeof held);
    }
    closedir(d);
    return e;
}

/* The two newest keys of a kind, the newest last; a first and only one stands first. */
static enum err get_two(const struct keyring *ring, const char *kind, uint8_t public_half[2][32],
                        uint8_t *first, uint8_t *second, size_t len, struct problem *problem)
{
    unsigned newest = keyring_generations(ring, kind);
    char name[RINGNAME_BYTES];
    ringname_generation(kind, newest > 1 ? newest - 1 : 1, name);
    enum err e = get(ring, name, public_half[0], 32, first, len, problem);
    if (e != OK || newest < 2)
        return e;
    ringname_generation(kind, newest, name);
    return get(ring, name, public_half[1], 32, second, len, problem);
}

static enum err get_secrets(const struct config *c, struct node_secrets *s, struct problem *problem)
{
    struct passphrase *pass = NULL;
    struct keyring *ring = NULL;
    char dir[CONFIG_PATH_BYTES_MAX + 8];
    uint8_t feed_public[2][32];
    snprintf(dir, sizeof dir, "%s/keys", c->data_dir);
    enum err e = passphrase_get(c->passphrase_file, PASSPHRASE_OPEN, _("the keys of this node"),
                                &pass, problem);
    if (e == OK)
        e = keyring_open(dir, passphrase_bytes(pass), &ring, problem);
    passphrase_free(&pass);
    if (e == OK)
        e = get_two(ring, RINGNAME_FEED, feed_public, s->feed_secret, s->next_feed_secret, 64,
                    problem);
    if (e == OK)
        e = get_two(ring, RINGNAME_TRANSPORT, s->transport_public, s->transport_secret[0],
                    s->transport_secret[1], 32, problem);
    if (e == OK)
        e = get(ring, RINGNAME_DESK, NULL, 0, s->desk_key, 32, problem);
    if (e == OK)
        e = get_shares(ring, dir, s, problem);
    keyring_free(&ring);
    malloc_trim(0); /* what the passphrase took goes back to the system */
    return e;
}

/* A bit of a key that flipped is turned back before the keys are read. */
static void on_key_file(void *ctx, const char *name, enum keycheck what)
{
    (void)ctx;
    log_line(LEVEL_ERROR, "key-file-damaged", log_text("file", name),
             log_text("fate", what == KEYCHECK_MENDED ? "mended" : "lost"));
}

static void check_keys(const struct config *c)
{
    char dir[CONFIG_PATH_BYTES_MAX + 8];
    snprintf(dir, sizeof dir, "%s/keys", c->data_dir);
    (void)!keycheck_folder(dir, on_key_file, NULL); /* whoever reads them says that there is none */
}

/* Opens the node and runs it, once more where a part of its store was found damaged meanwhile: the
 * start repairs that. */
static enum err open_and_run(const struct config *config, const struct node_secrets *secrets,
                             struct node_secrets *room, struct problem *problem)
{
    struct node *n = NULL;
    enum err e;
    do {
        *room = *secrets;
        e = node_open(&n, config, room, problem);
        if (e != OK) {
            log_line(LEVEL_ERROR, "not-started", log_err("error", e),
                     log_text("why", problem->text));
            fprintf(stderr, "seinpostd: %s\n",
                    problem->text[0] != '\0' ? problem->text : err_text(e));
            return ERR_IO;
        }
        log_line(LEVEL_WARNING, "not-for-real-cases",
                 log_text("why", "the rules on who may publish what, and when, are not built yet"));
        e = node_run(n);
        node_close(&n);
    } while (e == ERR_FORMAT);
    return e;
}

static int run(const struct config *config)
{
    struct problem problem = {""};
    struct node_secrets *secrets = secret_new(sizeof *secrets);
    struct node_secrets *room = secret_new(sizeof *room);
    check_keys(config);
    enum err e = get_secrets(config, secrets, &problem);
    if (e != OK) {
        log_line(LEVEL_ERROR, "not-started", log_err("error", e), log_text("why", problem.text));
        fprintf(stderr, "seinpostd: %s\n", problem.text[0] != '\0' ? problem.text : err_text(e));
    } else {
        e = open_and_run(config, secrets, room, &problem);
    }
    secret_free(room);
    secret_free(secrets);
    return e == OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *path = getenv("SEINPOST_CONFIG");
    text_init();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            return 0;
        }
        if (strcmp(argv[i], "--config") != 0 || i + 1 == argc) {
            usage(stderr);
            return 2;
        }
        path = argv[++i];
    }
    if (sodium_init() < 0)
        return 1;
    harden();
    static struct config config;
    static struct config_errors errors;
    if (path == NULL)
        path = "/etc/seinpost/seinpost.conf";
    if (config_load(path, &config, &errors) != OK) {
        for (size_t i = 0; i < errors.count; i++) {
            char text[CONFIG_ERROR_BYTES * 2];
            reword_config(errors.text[i], path, text, sizeof text);
            fprintf(stderr, "%s\n", text);
        }
        return 1;
    }
    if (config.locale[0] != '\0')
        text_init_as(config.locale);
    log_start((enum log_level)config.log_level, 2);
    return run(&config);
}
