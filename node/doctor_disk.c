/*
 * doctor_disk.c - the checks of doctor.h that look at files and folders of a node.
 */
#include "node/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "node/keyring.h"
#include "node/list_json.h"
#include "node/passphrase.h"
#include "node/ringname.h"
#include "node/text.h"
#include "node/words.h"

enum {
    MODE_FOLDER = S_IRWXO | S_IRGRP | S_IWGRP, /* a group may pass through, to the local socket */
    MODE_KEY = S_IRWXG | S_IRWXO,
    ROOM_MB_MIN = 1024, /* the store grows by the feeds of all members */
};

/* ---- The data folder ---- */

static void check_room(struct doctor *d, const struct config *c)
{
    struct statvfs v;
    if (statvfs(c->data_dir, &v) != 0)
        return;
    unsigned long long mb = (unsigned long long)v.f_bavail * v.f_frsize / (1024 * 1024);
    if (mb >= ROOM_MB_MIN) {
        doctor_well(d, "disk", _("The disk of %s has %llu MB left."), c->data_dir, mb);
        return;
    }
    doctor_todo(d, "disk",
                _("The disk of %s has only %llu MB left; a node whose disk is full takes "
                  "in nothing more."),
                c->data_dir, mb);
    doctor_step(d, _("Make room on the disk of %s, at least %d MB."), c->data_dir, ROOM_MB_MIN);
}

/* Whose folder it is, by name where there is one. */
static const char *owner_name(uid_t uid, char out[32])
{
    const struct passwd *p = getpwuid(uid);
    if (p != NULL)
        return p->pw_name;
    snprintf(out, 32, "%u", (unsigned)uid);
    return out;
}

/* False where it is not there, or not this person's to look into. */
static bool check_folder(struct doctor *d, const struct config *c)
{
    struct stat st;
    char room[32];
    if (stat(c->data_dir, &st) != 0 && errno == EACCES) {
        doctor_note(d, "folder",
                    _("You may not look into %s; keys and disk were not checked. The "
                      "node's own user may."),
                    c->data_dir);
        return false;
    }
    if (stat(c->data_dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
        doctor_todo(d, "folder", _("The data folder %s is not there."), c->data_dir);
        doctor_step(d, _("Put the folder back from a backup, or correct data_dir in %s."), c->file);
        return false;
    }
    if (geteuid() != 0 && st.st_uid != geteuid()) {
        doctor_note(d, "folder",
                    _("The data folder %s is that of the user %s; keys and disk were "
                      "not checked."),
                    c->data_dir, owner_name(st.st_uid, room));
        return false;
    }
    if ((st.st_mode & MODE_FOLDER) != 0) {
        doctor_todo(d, "folder", _("Other users may look into the data folder %s."), c->data_dir);
        doctor_step(d, "chmod 700 %s", c->data_dir);
    } else {
        doctor_well(d, "folder", _("The data folder %s is closed to other users."), c->data_dir);
    }
    return true;
}

/* ---- Keys ---- */

/* DATA/keys/NAME; false if that is too long. */
static bool key_path(const struct config *c, const char *name, char out[PATH_MAX])
{
    return snprintf(out, PATH_MAX, "%s/%s/%s", c->data_dir, RINGNAME_KEYS_FOLDER, name) < PATH_MAX;
}

/* Reads a public half as hexadecimal digits; false with a finding if the file is not in order. */
static bool read_public(struct doctor *d, const struct config *c, const char *name, char hex[65])
{
    uint8_t key[32];
    char path[PATH_MAX], file[RINGNAME_BYTES + 8];
    struct problem problem = {""};
    snprintf(file, sizeof file, "%s.key", name);
    if (!key_path(c, file, path) || keyfile_public(path, name, key, sizeof key, &problem) != OK) {
        doctor_todo(d, "keys", "%s", problem.text);
        return false;
    }
    sodium_bin2hex(hex, 65, key, sizeof key);
    return true;
}

static bool is_there(const struct config *c, const char *file)
{
    char path[PATH_MAX];
    return key_path(c, file, path) && access(path, F_OK) == 0;
}

/* The public halves of all keys of a kind; 0 with a finding if one is not in order. */
static size_t read_generations(struct doctor *d, const struct config *c, const char *kind,
                               char hex[RINGNAME_GENERATIONS_MAX][65])
{
    size_t count = 0;
    char name[RINGNAME_BYTES], file[RINGNAME_BYTES + 8];
    while (count < RINGNAME_GENERATIONS_MAX) {
        ringname_generation(kind, (unsigned)count + 1, name);
        snprintf(file, sizeof file, "%s.key", name);
        if (!is_there(c, file))
            break;
        if (!read_public(d, c, name, hex[count]))
            return 0;
        count++;
    }
    return count;
}

/* Any file of the ring that others may read. */
static bool check_modes(struct doctor *d, const struct config *c)
{
    char folder[PATH_MAX], path[PATH_MAX];
    struct stat st;
    bool is_well = true;
    if (!key_path(c, "", folder))
        return false;
    DIR *dir = opendir(folder);
    for (const struct dirent *f; dir != NULL && is_well && (f = readdir(dir)) != NULL;) {
        if (!key_path(c, f->d_name, path) || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
            (st.st_mode & MODE_KEY) == 0)
            continue;
        is_well = false;
        doctor_todo(d, "keys", _("Other users may read the key file %s."), path);
        doctor_step(d, "chmod 600 %s", path);
    }
    if (dir != NULL)
        closedir(dir);
    return is_well;
}

static bool check_keys(struct doctor *d, const struct config *c, struct doctor_keys *keys)
{
    static const char *const files[] = {"ring", RINGNAME_FEED ".key", RINGNAME_TRANSPORT ".key",
                                        RINGNAME_DESK ".key"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (is_there(c, files[i]))
            continue;
        doctor_todo(d, "keys", _("The key file %s is missing from %s/%s."), files[i], c->data_dir,
                    RINGNAME_KEYS_FOLDER);
        doctor_step(d, _("Put the key files back from a backup. Without one the organisation needs "
                         "a new node, and the stewards must put its new keys into the member "
                         "list."));
        return false;
    }
    if (!check_modes(d, c))
        return false;
    keys->feeds = read_generations(d, c, RINGNAME_FEED, keys->feed);
    keys->transports = read_generations(d, c, RINGNAME_TRANSPORT, keys->transport);
    if (keys->feeds == 0 || keys->transports == 0) {
        doctor_step(d, _("Put the key files back from a backup."));
        return false;
    }
    doctor_well(d, "keys", _("The key files are there, and closed to other users."));
    return true;
}

/* ---- The passphrase ---- */

/* Opens the keys with what the settings or the service manager hand over; a person is not asked. */
static void check_passphrase(struct doctor *d, const struct config *c)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    struct problem problem = {""};
    struct passphrase *pass = NULL;
    struct keyring *ring = NULL;
    char folder[PATH_MAX];
    if (c->passphrase_file[0] == '\0' && (credentials == NULL || credentials[0] == '\0')) {
        doctor_note(d, "passphrase",
                    _("The settings name no passphrase_file: the node asks for "
                      "the passphrase, or takes it from the service manager."));
        return;
    }
    if (!key_path(c, "", folder))
        return;
    enum err e = passphrase_get(c->passphrase_file, PASSPHRASE_OPEN, _("the keys of this node"),
                                &pass, &problem);
    bool is_read = e == OK;
    if (e == OK)
        e = keyring_open(folder, passphrase_bytes(pass), &ring, &problem);
    passphrase_free(&pass);
    keyring_free(&ring);
    if (e == OK) {
        doctor_well(d, "passphrase", _("The passphrase opens the keys."));
        return;
    }
    const char *source = c->passphrase_file[0] != '\0' ? c->passphrase_file : credentials;
    doctor_todo(d, "passphrase", "%s", problem.text);
    if (e == ERR_UNAUTHORISED)
        doctor_step(d, "chmod 600 %s", source);
    else if (is_read)
        doctor_step(d, _("Write the passphrase that the keys were made with into %s."), source);
    else
        doctor_step(d,
                    _("Write the passphrase into %s as one line, with mode 600, or correct "
                      "passphrase_file in %s."),
                    source, c->file);
}

bool doctor_disk(struct doctor *d, const struct config *c, struct doctor_keys *keys)
{
    memset(keys, 0, sizeof *keys);
    if (!check_folder(d, c))
        return false;
    check_room(d, c);
    if (check_keys(d, c, keys))
        check_passphrase(d, c);
    return true;
}

/* ---- Shares ---- */

/* Whether a share of these numbers, and this commitment where it is known, is among those that the
 * node holds. */
static bool is_held(const json_t *held, const json_t *wanted)
{
    size_t i;
    const json_t *s;
    json_array_foreach(held, i, s)
    {
        const char *commitment = words_text(s, "commitment");
        if (words_number(s, "key") == words_number(wanted, "key") &&
            words_number(s, "period") == words_number(wanted, "period") &&
            words_number(s, "refresh") == words_number(wanted, "refresh") &&
            (commitment[0] == '\0' || strcmp(commitment, words_text(wanted, "commitment")) == 0))
            return true;
    }
    return false;
}

/* The same of the files with keys. */
static bool is_in_ring(const struct config *c, const json_t *wanted)
{
    char name[RINGNAME_BYTES], file[RINGNAME_BYTES + 8], path[PATH_MAX], hex[65];
    uint8_t commitment[SHARE_PUBLIC_BYTES];
    struct problem problem = {""};
    ringname_share((uint32_t)words_number(wanted, "key"), (uint32_t)words_number(wanted, "period"),
                   (uint32_t)words_number(wanted, "refresh"), name);
    snprintf(file, sizeof file, "%s.key", name);
    if (!key_path(c, file, path) ||
        keyfile_public(path, name, commitment, sizeof commitment, &problem) != OK)
        return false;
    sodium_bin2hex(hex, sizeof hex, commitment, sizeof commitment);
    return strcmp(hex, words_text(wanted, "commitment")) == 0;
}

void doctor_shares(struct doctor *d, const struct config *c, const json_t *self, const json_t *held,
                   int64_t now_utc)
{
    size_t i;
    const json_t *s;
    json_array_foreach(json_object_get(self, "shares"), i, s)
    {
        int64_t until = list_time_read(json_object_get(s, "until"));
        if (until != 0 && until < now_utc)
            continue; /* it is to be gone */
        if (is_held(held, s) || is_in_ring(c, s)) {
            doctor_well(d, "share", _("This node holds its key share for period %lld."),
                        words_number(s, "period"));
            continue;
        }
        doctor_todo(d, "share",
                    _("The member list makes this organisation a key holder, but its share for "
                      "period %lld is not among this node's keys."),
                    words_number(s, "period"));
        doctor_step(d,
                    _("Take the share that the dealer sent, then start the node again: %s keys "
                      "take FILE. If it came from a key ceremony it is lost: restore a backup, or "
                      "propose %s keys reshare"),
                    d->program, d->program);
    }
}
