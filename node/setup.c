#include "node/setup.h"

#include "node/iso_country.h"
#include "node/plain_file.h"
#include "node/reword.h"
#include "node/ringname.h"
#include "node/secret.h"
#include "node/text.h"
#include "proto/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETTINGS_BYTES_MAX = 32 * 1024, CARD_BYTES_MAX = 4096 };

static const char settings_name[] = "seinpost.conf";
static const char data_name[] = "data";

/* ---- Paths ---- */

/* Joins two or, where c is not NULL, three parts of a path; false if it grows too long. */
static bool join(char out[PATH_MAX], const char *a, const char *b, const char *c)
{
    int len = snprintf(out, PATH_MAX, "%s/%s%s%s", a, b, c != NULL ? "/" : "", c != NULL ? c : "");
    return len > 0 && len < PATH_MAX;
}

/* The folder in which everything is made, without a slash at its end. */
static bool part_path(const char *dir, char out[PATH_MAX])
{
    size_t len = strlen(dir);
    while (len > 1 && dir[len - 1] == '/')
        len--;
    int n = snprintf(out, PATH_MAX, "%.*s.part", (int)len, dir);
    /* Room for the longest name inside. */
    return len > 0 && n > 0 && n < PATH_MAX - 128;
}

/* ---- Removing an incomplete folder ---- */

/* Removes the files of one folder whose names begin with prefix. */
static void files_remove(const char *folder, const char *prefix)
{
    char name[PATH_MAX];
    DIR *d = opendir(folder);
    if (d == NULL)
        return;
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        if (strncmp(e->d_name, prefix, strlen(prefix)) == 0 && join(name, folder, e->d_name, NULL))
            unlink(name); /* fails for folders, as it should */
    closedir(d);
}

/* Empties the folder of what is made here; what else lies in it stays. */
static void part_empty(const char *part)
{
    char path[PATH_MAX];
    if (join(path, part, data_name, RINGNAME_KEYS_FOLDER)) {
        files_remove(path, "");
        rmdir(path);
    }
    if (join(path, part, data_name, NULL)) {
        files_remove(path, RINGNAME_CARD_FILE);
        rmdir(path);
    }
    files_remove(part, settings_name);
}

/* ---- The settings ---- */

static void setting(FILE *out, const char *comment, const char *key, const char *value)
{
    fprintf(out, "# %s\n%s = %s\n\n", comment, key, value);
}

/* The text of the settings file; comments are those of the table of settings. Returns its length, 0
 * if it does not fit. */
static size_t settings_text(const struct setup *s, char out[SETTINGS_BYTES_MAX])
{
    const struct config_key *keys = config_keys();
    FILE *f = fmemopen(out, SETTINGS_BYTES_MAX, "w");
    if (f == NULL)
        return 0;
    fputs("# Settings of this Seinpost node: one a line, key = value. Paths that do not start\n"
          "# with / are taken from the folder of this file.\n\n",
          f);
    setting(f, keys[CONFIG_ORG_ID].help, "org_id", s->org_id);
    setting(f, keys[CONFIG_DATA_DIR].help, "data_dir", data_name);
    setting(f, keys[CONFIG_LISTEN].help, "listen", s->listen);
    if (s->advertise != NULL)
        setting(f, keys[CONFIG_ADVERTISE].help, "advertise", s->advertise);
    for (size_t i = 0; i < s->peer_count; i++)
        setting(f, keys[CONFIG_PEER].help, "peer", s->peers[i]);
    for (size_t i = 0; i < s->relay_count; i++)
        setting(f, keys[CONFIG_RELAY].help, "relay", s->relays[i]);
    if (s->socket != NULL)
        setting(f, keys[CONFIG_SOCKET].help, "socket", s->socket);
    if (s->passphrase_file != NULL)
        setting(f, keys[CONFIG_PASSPHRASE_FILE].help, "passphrase_file", s->passphrase_file);
    long len = ftell(f);
    bool is_whole = fflush(f) == 0 && len > 0 && len < SETTINGS_BYTES_MAX - 1;
    fclose(f);
    return is_whole ? (size_t)len : 0;
}

static enum err settings_make(const struct setup *s, const char *part, struct problem *problem)
{
    static struct config_errors errors;
    static struct config config;
    char text[SETTINGS_BYTES_MAX], path[PATH_MAX], dir[PATH_MAX];
    memset(&errors, 0, sizeof errors);
    size_t len = settings_text(s, text);
    if (len == 0 || !join(path, s->dir, settings_name, NULL) || realpath(part, dir) == NULL) {
        problem_set(problem, _("%s: the settings do not fit. Give fewer peers."), s->dir);
        return ERR_LIMIT;
    }
    dir[strlen(dir) - strlen(".part")] = '\0'; /* where it will be: paths may grow too long */
    if (config_parse(path, dir, text, len, &config, &errors) != OK) {
        char sentence[CONFIG_ERROR_BYTES];
        reword_config(errors.text[0], path, sentence, sizeof sentence);
        problem_set(problem, "%s", sentence);
        return ERR_FORMAT;
    }
    if (!join(path, part, settings_name, NULL))
        return ERR_LIMIT;
    return plain_file_create(path, bytes_of(text, len), problem);
}

/* ---- Keys ---- */

struct pair {
    uint8_t public_half[32];
    uint8_t secret[64];
};

/* Draws the node's keys and puts them into its ring. pair is memory for secrets. */
static enum err keys_draw(const struct keyring *ring, struct pair *pair, struct problem *problem)
{
    crypto_sign_keypair(pair->public_half, pair->secret);
    enum err e = keyring_put(ring, RINGNAME_FEED, bytes_of(pair->public_half, FEED_PUBLIC_BYTES),
                             bytes_of(pair->secret, FEED_SECRET_BYTES), problem);
    if (e != OK)
        return e;
    crypto_box_keypair(pair->public_half, pair->secret);
    e = keyring_put(ring, RINGNAME_TRANSPORT, bytes_of(pair->public_half, TRANSPORT_PUBLIC_BYTES),
                    bytes_of(pair->secret, TRANSPORT_SECRET_BYTES), problem);
    if (e != OK)
        return e;
    randombytes_buf(pair->secret, DESK_SECRET_BYTES);
    return keyring_put(ring, RINGNAME_DESK, bytes_of(NULL, 0),
                       bytes_of(pair->secret, DESK_SECRET_BYTES), problem);
}

static enum err keys_make(const char *part, struct bytes passphrase, enum keyfile_cost cost,
                          struct problem *problem)
{
    char path[PATH_MAX];
    struct keyring *ring;
    if (!join(path, part, data_name, RINGNAME_KEYS_FOLDER))
        return ERR_LIMIT;
    enum err e = keyring_create(path, passphrase, cost, &ring, problem);
    if (e != OK)
        return e;
    struct pair *pair = secret_new(sizeof *pair);
    e = keys_draw(ring, pair, problem);
    secret_free(pair);
    keyring_free(&ring);
    return e;
}

/* ---- The card ---- */

static enum err card_make(const struct setup *s, const char *part, struct problem *problem)
{
    char path[PATH_MAX];
    json_t *card =
        json_pack("{s:s, s:s, s:s}", "org_id", s->org_id, "name", s->name, "country", s->country);
    char *text = card != NULL ? json_dumps(card, JSON_INDENT(2)) : NULL;
    json_decref(card);
    enum err e = ERR_IO;
    if (text == NULL || !join(path, part, data_name, RINGNAME_CARD_FILE))
        problem_set(problem, _("%s: there is not enough memory to write it."), s->dir);
    else
        e = plain_file_create(path, bytes_of(text, strlen(text)), problem);
    free(text);
    return e;
}

enum err setup_card_read(const char *data_dir, struct setup_card *out, struct problem *problem)
{
    char path[PATH_MAX];
    uint8_t *text;
    size_t len;
    if (!join(path, data_dir, RINGNAME_CARD_FILE, NULL)) {
        problem_set(problem, _("%s: the path is too long. Choose a shorter one."), data_dir);
        return ERR_LIMIT;
    }
    enum err e = plain_file_read(path, CARD_BYTES_MAX, &text, &len, problem);
    if (e != OK)
        return e;
    const char *name = NULL, *country = NULL;
    json_t *card = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    bool is_right =
        card != NULL && json_unpack(card, "{s:s, s:s}", "name", &name, "country", &country) == 0 &&
        strlen(name) <= NAME_BYTES_MAX && name[0] != '\0' &&
        utf8_is_line(bytes_of(name, strlen(name))) && iso_country_read(country, out->country);
    if (is_right)
        memcpy(out->name, name, strlen(name) + 1);
    else
        problem_set(problem,
                    _("%s: does not say the name and the country. Write for example "
                      "{\"name\": \"Invented Relief\", \"country\": \"NL\"}"),
                    path);
    json_decref(card);
    return is_right ? OK : ERR_FORMAT;
}

/* ---- The whole ---- */

/* Makes the names in a folder durable. */
static enum err folder_sync(const char *folder, struct problem *problem)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = fd >= 0 && fsync(fd) == 0;
    if (!is_done)
        problem_set(problem, _("%s: cannot be written (%s)."), folder, strerror(errno));
    if (fd >= 0)
        close(fd);
    return is_done ? OK : ERR_IO;
}

/* The same for the folder in which a path, without a slash at its end, stands. */
static enum err parent_sync(const char *path, struct problem *problem)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
    memcpy(folder, slash == NULL ? "." : path, len);
    folder[len] = '\0';
    return folder_sync(folder, problem);
}

static enum err fill(const struct setup *s, const char *part, struct bytes passphrase,
                     enum keyfile_cost cost, struct problem *problem)
{
    char data[PATH_MAX];
    if (!join(data, part, data_name, NULL))
        return ERR_LIMIT;
    if (mkdir(data, 0700) != 0) {
        problem_set(problem, _("%s: cannot be made (%s)."), data, strerror(errno));
        return ERR_IO;
    }
    enum err e = settings_make(s, part, problem);
    if (e == OK)
        e = card_make(s, part, problem);
    if (e == OK)
        e = keys_make(part, passphrase, cost, problem);
    if (e == OK)
        e = folder_sync(data, problem); /* the folder of the keys is new in it */
    return e;
}

/* Whether nothing is there, or an empty folder. */
static bool is_free(const char *dir)
{
    struct stat st;
    if (lstat(dir, &st) != 0)
        return errno == ENOENT;
    DIR *d = S_ISDIR(st.st_mode) ? opendir(dir) : NULL;
    if (d == NULL)
        return false;
    size_t count = 0;
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count == 2; /* itself and its parent */
}

/* Makes and locks DIR.part, emptied of what an earlier attempt left. *fd is then to be closed. */
static enum err part_open(const char *part, int *fd, struct problem *problem)
{
    if (mkdir(part, 0755) != 0 && errno != EEXIST) {
        problem_set(problem, _("%s: cannot be made (%s)."), part, strerror(errno));
        return ERR_IO;
    }
    *fd = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) == 0) {
        part_empty(part);
        if (is_free(part))
            return OK;
    }
    if (*fd >= 0)
        close(*fd);
    problem_set(problem,
                _("%s: is in use or cannot be emptied. If nobody else is making a node "
                  "there, remove it."),
                part);
    return ERR_UNAVAILABLE;
}

static enum err taken(const char *dir, struct problem *problem)
{
    problem_set(problem,
                _("%s: is there already and not empty. Nothing was changed; choose "
                  "another folder."),
                dir);
    return ERR_DUPLICATE;
}

enum err setup_create(const struct setup *s, struct bytes passphrase, enum keyfile_cost cost,
                      struct problem *problem)
{
    char part[PATH_MAX];
    int lock = -1;
    if (!part_path(s->dir, part)) {
        problem_set(problem, _("%s: the path is too long. Choose a shorter one."), s->dir);
        return ERR_LIMIT;
    }
    if (!is_free(s->dir))
        return taken(s->dir, problem);
    enum err e = part_open(part, &lock, problem);
    if (e != OK)
        return e;
    e = fill(s, part, passphrase, cost, problem);
    if (e == OK && rename(part, s->dir) != 0) {
        if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
            e = taken(s->dir, problem);
        else
            e = ERR_IO;
        if (e == ERR_IO)
            problem_set(problem, _("%s: cannot be made (%s)."), s->dir, strerror(errno));
    }
    bool is_made = e == OK;
    if (is_made)
        e = parent_sync(part, problem);
    if (!is_made) {
        part_empty(part);
        rmdir(part);
    }
    close(lock);
    return e;
}
