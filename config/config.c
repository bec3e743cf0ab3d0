#include "config/config.h"

#include "config/value.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char no_port[] = "none"; /* the value of listen for a node that only dials */

enum { LINE_BYTES_MAX = 2047, SHOWN_BYTES = 64, NEAR_ENOUGH = 3 };

/* clang-format off */
static const struct config_key keys[CONFIG_KEYS] = {
    [CONFIG_ORG_ID] = {
        "org_id", CONFIG_TYPE_ORG_ID, true, false, NULL, 0, CONFIG_ORG_ID_BYTES_MAX, NULL,
        "NL-KVK-41198677", "identifier of the organisation, as in the member list",
        offsetof(struct config, org_id)},
    [CONFIG_DATA_DIR] = {
        "data_dir", CONFIG_TYPE_PATH, true, false, NULL, 0, CONFIG_PATH_BYTES_MAX, NULL,
        "/var/lib/seinpost", "folder of the database and the keys",
        offsetof(struct config, data_dir)},
    [CONFIG_LISTEN] = {
        "listen", CONFIG_TYPE_LISTEN, false, false, NULL, 0, CONFIG_ENDPOINT_BYTES_MAX, NULL,
        "tcp://0.0.0.0:5700", "address and port on which other nodes reach this one; none: no open port",
        offsetof(struct config, listen)},
    [CONFIG_ADVERTISE] = {
        "advertise", CONFIG_TYPE_DIAL, false, false, NULL, 0, CONFIG_ENDPOINT_BYTES_MAX, NULL,
        "tcp://post.example.org:5700", "address that other nodes dial to reach this one",
        offsetof(struct config, advertise)},
    [CONFIG_PEER] = {
        "peer", CONFIG_TYPE_PEER, false, true, NULL, 0, CONFIG_PEERS_MAX, NULL,
        "NL-KVK-41198677 tcp://post.example.org:5700", "a member to contact first; one a line", 0},
    [CONFIG_RELAY] = {
        "relay", CONFIG_TYPE_RELAY, false, true, NULL, 0, CONFIG_RELAYS_MAX, NULL,
        "NL-KVK-41198677", "a member that passes on for a node that cannot be dialled; one a line",
        0},
    [CONFIG_SOCKET] = {
        "socket", CONFIG_TYPE_PATH, false, false, NULL, 0, CONFIG_SOCKET_BYTES_MAX, NULL,
        "/run/seinpost/seinpost.sock", "local socket for the command line (data_dir/seinpost.sock)",
        offsetof(struct config, socket)},
    [CONFIG_SOCKET_GROUP] = {
        "socket_group", CONFIG_TYPE_WORD, false, false, "seinpost", 0, CONFIG_GROUP_BYTES_MAX, NULL,
        "seinpost", "system group whose users may use the local socket",
        offsetof(struct config, socket_group)},
    [CONFIG_PASSPHRASE_FILE] = {
        "passphrase_file", CONFIG_TYPE_PATH, false, false, NULL, 0, CONFIG_PATH_BYTES_MAX, NULL,
        "/etc/seinpost/passphrase", "file with the passphrase; nobody else may be able to read it",
        offsetof(struct config, passphrase_file)},
    [CONFIG_LOG_LEVEL] = {
        "log_level", CONFIG_TYPE_CHOICE, false, false, "info", 0, 0, "error warning info debug",
        "info", "how much to log", offsetof(struct config, log_level)},
    [CONFIG_IO_THREADS] = {
        "io_threads", CONFIG_TYPE_NUMBER, false, false, "1", 1, 8, NULL,
        "1", "threads for the network", offsetof(struct config, io_threads)},
    [CONFIG_CONNECTIONS_PER_SOURCE] = {
        "connections_per_source", CONFIG_TYPE_NUMBER, false, false, "128", 8, 1000, NULL,
        "128", "connections that one address may have to this node at a time",
        offsetof(struct config, connections_per_source)},
    [CONFIG_RESERVE_MB] = {
        "reserve_mb", CONFIG_TYPE_NUMBER, false, false, "32", 0, 4096, NULL,
        "32", "room on the disk, in megabytes, kept back for what must be possible when it is full",
        offsetof(struct config, reserve_mb)},
    [CONFIG_SCRUB_HOURS] = {
        "scrub_hours", CONFIG_TYPE_NUMBER, false, false, "24", 1, 720, NULL,
        "24", "hours in which all that is stored is gone over once, for damage",
        offsetof(struct config, scrub_hours)},
    [CONFIG_LOCALE] = {
        "locale", CONFIG_TYPE_WORD, false, false, NULL, 0, CONFIG_LOCALE_BYTES_MAX, NULL,
        "nl_NL.UTF-8", "language of messages, instead of the one of the environment",
        offsetof(struct config, locale)},
    [CONFIG_ORGID_LISTS] = {
        "orgid_lists", CONFIG_TYPE_PATH, false, false, NULL, 0, CONFIG_PATH_BYTES_MAX, NULL,
        "/etc/seinpost/org-id-lists.tsv", "file with the registers of organisations, from org-id.guide",
        offsetof(struct config, orgid_lists)},
};
/* clang-format on */

const struct config_key *config_keys(void)
{
    return keys;
}

/* Appends one sentence; line 0 stands for the file as a whole, key NULL for no key. */
static void complain(struct config_errors *errors, const char *file, unsigned line, const char *key,
                     const char *format, va_list args)
{
    if (errors->count == CONFIG_ERRORS_MAX) {
        errors->unheld++;
        return;
    }
    char *at = errors->text[errors->count++];
    size_t left = CONFIG_ERROR_BYTES;
    char number[16] = "";
    if (line > 0)
        snprintf(number, sizeof number, ":%u", line);
    int used = snprintf(at, left, "%s%s: %s%s", file, number, key != NULL ? key : "",
                        key != NULL ? ": " : "");
    if (used >= 0 && (size_t)used < left)
        vsnprintf(at + used, left - (size_t)used, format, args);
}

void config_complain(const struct config *c, enum config_id id, struct config_errors *errors,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    unsigned line = c->line[id] > 0 ? c->line[id] : c->lines;
    complain(errors, c->file, line, keys[id].name, format, args);
    va_end(args);
}

/* State of one reading. */
struct reader {
    struct config c;
    const char *dir;
    struct config_errors *errors;
};

__attribute__((format(printf, 3, 4))) static void wrong(struct reader *r, const char *key,
                                                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(r->errors, r->c.file, r->c.lines, key, format, args);
    va_end(args);
}

/* A value as repeated in a message: cut between characters where it is long. */
struct shown {
    char text[SHOWN_BYTES];
};

static struct shown shown(const char *s)
{
    struct shown out = {""};
    size_t len = strlen(s);
    if (len < SHOWN_BYTES) {
        memcpy(out.text, s, len);
        return out;
    }
    len = SHOWN_BYTES - 4;
    while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
        len--;
    memcpy(out.text, s, len);
    memcpy(out.text + len, "...", 3);
    return out;
}

/* Joins a path with the folder of the file. False with a message when it grows too long. */
static bool path_join(struct reader *r, const struct config_key *k, const char *value, char *out)
{
    bool is_joined = value[0] != '/' && r->dir[0] != '\0';
    size_t len = strlen(value) + (is_joined ? strlen(r->dir) + 1 : 0);
    if (len > CONFIG_PATH_BYTES_MAX) {
        wrong(r, k->name, "the path is %zu bytes long and may be at most %d; choose a shorter one",
              len, CONFIG_PATH_BYTES_MAX);
        return false;
    }
    snprintf(out, CONFIG_PATH_BYTES_MAX + 1, "%s%s%s", is_joined ? r->dir : "",
             is_joined ? "/" : "", value);
    return true;
}

/* What is wrong with a value by its type alone, NULL if nothing is. */
static const char *type_fault(const struct config_key *k, const char *value)
{
    switch (k->type) {
    case CONFIG_TYPE_ORG_ID:
    case CONFIG_TYPE_RELAY:
        return value_is_org_id(value) ? NULL : "is not an organisation identifier";
    case CONFIG_TYPE_LISTEN:
        if (strcmp(value, no_port) == 0)
            return NULL;
        __attribute__((fallthrough));
    case CONFIG_TYPE_DIAL:
        if (strncmp(value, "tcp://", 6) != 0)
            return "is not a tcp:// address";
        if (k->type == CONFIG_TYPE_DIAL)
            return value_is_dial(value) ? NULL : "is not a host and a port from 1 to 65535";
        return value_is_listen(value) ? NULL
                                      : "is not a numeric address and a port from 1 to 65535";
    case CONFIG_TYPE_WORD:
        return value_is_word(value) ? NULL : "may hold only letters, digits and . _ @ -";
    case CONFIG_TYPE_CHOICE:
        return value_choice(k->choices, value) >= 0 ? NULL : "is not one of the choices";
    case CONFIG_TYPE_NUMBER:
    case CONFIG_TYPE_PATH:
    case CONFIG_TYPE_PEER:
        break;
    }
    return NULL;
}

static void peer_read(struct reader *r, const struct config_key *k, const char *value)
{
    struct config_peer p = {.line = r->c.lines};
    size_t id_len = strcspn(value, " \t");
    const char *endpoint = value + id_len + strspn(value + id_len, " \t");
    if (r->c.peer_count == CONFIG_PEERS_MAX) {
        wrong(r, k->name, "there are more than %d of these lines; keep the first contacts only",
              CONFIG_PEERS_MAX);
        return;
    }
    if (id_len < sizeof p.org_id && strlen(endpoint) < sizeof p.endpoint) {
        memcpy(p.org_id, value, id_len);
        memcpy(p.endpoint, endpoint, strlen(endpoint));
    }
    if (!value_is_org_id(p.org_id) || !value_is_dial(p.endpoint)) {
        wrong(r, k->name,
              "'%s' is not an organisation identifier and a tcp:// address; write for example %s",
              shown(value).text, k->example);
        return;
    }
    r->c.peers[r->c.peer_count++] = p;
}

static void relay_read(struct reader *r, const struct config_key *k, const char *value)
{
    struct config_relay *relay = &r->c.relays[r->c.relay_count];
    if (r->c.relay_count == CONFIG_RELAYS_MAX) {
        wrong(r, k->name, "there are more than %d of these lines; keep the nearest relays only",
              CONFIG_RELAYS_MAX);
        return;
    }
    memcpy(relay->org_id, value, strlen(value) + 1);
    relay->line = r->c.lines;
    r->c.relay_count++;
}

static void value_read(struct reader *r, const struct config_key *k, const char *value)
{
    void *field = (char *)&r->c + k->offset;
    size_t len = strlen(value);
    const char *fault = type_fault(k, value);
    if (k->type == CONFIG_TYPE_PEER) {
        peer_read(r, k, value);
    } else if (k->type == CONFIG_TYPE_PATH) {
        (void)path_join(r, k, value, field);
    } else if (k->type == CONFIG_TYPE_NUMBER) {
        int n = value_number(value);
        if (n < k->min || n > k->max)
            wrong(r, k->name, "'%s' is not a whole number from %d to %d; write for example %s",
                  shown(value).text, k->min, k->max, k->example);
        else
            memcpy(field, &n, sizeof n);
    } else if (fault != NULL && k->type == CONFIG_TYPE_CHOICE) {
        wrong(r, k->name, "'%s' is not one of the words: %s; write for example %s",
              shown(value).text, k->choices, k->example);
    } else if (fault != NULL) {
        wrong(r, k->name, "'%s' %s; write for example %s", shown(value).text, fault, k->example);
    } else if (k->type == CONFIG_TYPE_CHOICE) {
        int place = value_choice(k->choices, value);
        memcpy(field, &place, sizeof place);
    } else if (k->type == CONFIG_TYPE_RELAY) {
        relay_read(r, k, value);
    } else if (len > (size_t)k->max) {
        wrong(r, k->name, "'%s' is %zu bytes long and may be at most %d; write for example %s",
              shown(value).text, len, k->max, k->example);
    } else if (k->type == CONFIG_TYPE_LISTEN && strcmp(value, no_port) == 0) {
        memset(field, 0, 1);
    } else {
        memcpy(field, value, len + 1);
    }
}

static void unknown_key(struct reader *r, const char *name)
{
    unsigned best = NEAR_ENOUGH + 1;
    const char *nearest = NULL;
    char all[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        size_t len = strlen(name);
        bool is_start = len >= 3 && strncmp(name, keys[i].name, len) == 0;
        unsigned d = is_start ? 1 : value_distance(name, keys[i].name);
        if (d < best) {
            best = d;
            nearest = keys[i].name;
        }
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "",
                                 keys[i].name);
    }
    if (nearest != NULL)
        wrong(r, shown(name).text, "is not a known key; did you mean %s?", nearest);
    else
        wrong(r, shown(name).text, "is not a known key; the keys are %s", all);
}

static void setting_read(struct reader *r, const char *name, const char *value)
{
    size_t i = 0;
    while (i < CONFIG_KEYS && strcmp(name, keys[i].name) != 0)
        i++;
    if (i == CONFIG_KEYS) {
        unknown_key(r, name);
        return;
    }
    if (value[0] == '\0')
        wrong(r, name, "has no value; write for example %s = %s", name, keys[i].example);
    else if (r->c.line[i] > 0 && !keys[i].is_list)
        wrong(r, name, "was given in line %u already; keep one of the two", r->c.line[i]);
    else
        value_read(r, &keys[i], value);
    if (r->c.line[i] == 0 || keys[i].is_list)
        r->c.line[i] = r->c.lines;
}

/* Ends s before its comment and its trailing blanks; returns its first character that is not blank.
 */
static char *line_trim(char *s)
{
    for (char *p = s; *p != '\0'; p++) {
        if (*p == '#' && (p == s || p[-1] == ' ' || p[-1] == '\t')) {
            *p = '\0';
            break;
        }
    }
    s += strspn(s, " \t");
    size_t len = strlen(s);
    while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
        s[--len] = '\0';
    return s;
}

static void line_read(struct reader *r, const char *text, size_t len)
{
    char line[LINE_BYTES_MAX + 1];
    if (len > 0 && text[len - 1] == '\r')
        len--;
    if (len > LINE_BYTES_MAX) {
        wrong(r, NULL, "the line is longer than %d bytes; shorten it", LINE_BYTES_MAX);
        return;
    }
    if (!value_is_text(text, len)) {
        wrong(r, NULL,
              "the line is not plain UTF-8 text; save the file as UTF-8 and "
              "remove control characters");
        return;
    }
    memcpy(line, text, len);
    line[len] = '\0';
    char *key = line_trim(line);
    if (key[0] == '\0')
        return;
    char *equals = strchr(key, '=');
    if (equals == NULL || equals == key) {
        wrong(r, NULL, "the line is not a setting; write key = value, or # before a comment");
        return;
    }
    *equals = '\0';
    setting_read(r, line_trim(key), line_trim(equals + 1));
}

static void defaults_fill(struct reader *r)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const struct config_key *k = &keys[i];
        if (r->c.line[i] > 0)
            continue;
        if (k->is_required)
            wrong(r, k->name, "is missing; add a line such as %s = %s", k->name, k->example);
        else if (k->fallback != NULL)
            value_read(r, k, k->fallback);
    }
    if (r->c.line[CONFIG_SOCKET] == 0 && r->c.data_dir[0] != '\0' &&
        snprintf(r->c.socket, sizeof r->c.socket, "%s/seinpost.sock", r->c.data_dir) >=
            (int)sizeof r->c.socket)
        wrong(r, "data_dir", "the path is too long to hold the local socket; choose a shorter one");
}

static void check_peers(const struct config *c, struct config_errors *errors)
{
    for (size_t i = 0; i < c->peer_count; i++) {
        const struct config_peer *p = &c->peers[i];
        struct config at = {.lines = p->line}; /* places the message at this peer's own line */
        memcpy(at.file, c->file, sizeof at.file);
        if (strcmp(p->org_id, c->org_id) == 0)
            config_complain(&at, CONFIG_PEER, errors,
                            "'%s' is this node's own org_id; remove the line", p->org_id);
        if (value_is_unspecified(p->endpoint))
            config_complain(&at, CONFIG_PEER, errors,
                            "'%s' cannot be dialled; write the address at which the member is "
                            "reached",
                            p->endpoint);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(p->org_id, c->peers[j].org_id) == 0 &&
                strcmp(p->endpoint, c->peers[j].endpoint) == 0) {
                config_complain(&at, CONFIG_PEER, errors, "repeats line %u; remove one of the two",
                                c->peers[j].line);
                break;
            }
        }
    }
}

static void check_relays(const struct config *c, struct config_errors *errors)
{
    for (size_t i = 0; i < c->relay_count; i++) {
        const struct config_relay *relay = &c->relays[i];
        struct config at = {.lines = relay->line};
        memcpy(at.file, c->file, sizeof at.file);
        if (strcmp(relay->org_id, c->org_id) == 0)
            config_complain(&at, CONFIG_RELAY, errors,
                            "'%s' is this node's own org_id; remove the line", relay->org_id);
        for (size_t j = 0; j < i; j++)
            if (strcmp(relay->org_id, c->relays[j].org_id) == 0)
                config_complain(&at, CONFIG_RELAY, errors, "repeats line %u; remove one of the two",
                                c->relays[j].line);
    }
}

enum err config_check(const struct config *c, struct config_errors *errors)
{
    size_t before = errors->count + errors->unheld;
    size_t len = strlen(c->socket);
    if (len > CONFIG_SOCKET_BYTES_MAX && c->line[CONFIG_SOCKET] > 0)
        config_complain(c, CONFIG_SOCKET, errors,
                        "the path is %zu bytes long and a socket's may be at most %d; write for "
                        "example %s",
                        len, CONFIG_SOCKET_BYTES_MAX, keys[CONFIG_SOCKET].example);
    else if (len > CONFIG_SOCKET_BYTES_MAX)
        config_complain(
            c, CONFIG_DATA_DIR, errors,
            "the local socket in it would have a path of %zu bytes, and %d is the most; "
            "add for example socket = %s",
            len, CONFIG_SOCKET_BYTES_MAX, keys[CONFIG_SOCKET].example);
    if (value_is_unspecified(c->advertise))
        config_complain(c, CONFIG_ADVERTISE, errors,
                        "'%s' cannot be dialled; write the address at which others reach this node",
                        c->advertise);
    if (c->advertise[0] != '\0' && c->listen[0] == '\0')
        config_complain(c, CONFIG_ADVERTISE, errors,
                        "nobody would answer there, since this node has no open port; remove the "
                        "line, or add for example listen = %s",
                        keys[CONFIG_LISTEN].example);
    check_peers(c, errors);
    check_relays(c, errors);
    return errors->count + errors->unheld == before ? OK : ERR_FORMAT;
}

enum err config_parse(const char *name, const char *dir, const char *text, size_t len,
                      struct config *out, struct config_errors *errors)
{
    struct reader r = {.dir = dir, .errors = errors};
    size_t before = errors->count + errors->unheld;
    snprintf(r.c.file, sizeof r.c.file, "%s", name);
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t n = end != NULL ? (size_t)(end - text) : len;
        r.c.lines++;
        line_read(&r, text, n);
        size_t step = end != NULL ? n + 1 : n;
        text += step;
        len -= step;
    }
    defaults_fill(&r);
    if (config_check(&r.c, errors) != OK || errors->count + errors->unheld != before)
        return ERR_FORMAT;
    *out = r.c;
    return OK;
}

__attribute__((format(printf, 3, 4))) static void refuse(struct config_errors *errors,
                                                         const char *path, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(errors, path, 0, NULL, format, args);
    va_end(args);
}

/* The absolute folder of a file, or as it was written where the system cannot resolve it. */
static void folder_of(const char *path, char out[PATH_MAX])
{
    char written[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (len > 0) {
        memcpy(written, path, len);
        written[len] = '\0';
    }
    if (realpath(written, out) == NULL)
        memcpy(out, written, sizeof written);
}

enum err config_load(const char *path, struct config *out, struct config_errors *errors)
{
    if (strlen(path) > CONFIG_PATH_BYTES_MAX) {
        refuse(errors, path, "the path is longer than %d bytes; choose a shorter one",
               CONFIG_PATH_BYTES_MAX);
        return ERR_LIMIT;
    }
    FILE *f = fopen(path, "rbe");
    if (f == NULL) {
        enum err e = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
        refuse(errors, path, "cannot be opened (%s); name the settings file of this node",
               strerror(errno));
        return e;
    }
    char text[CONFIG_FILE_BYTES_MAX + 1];
    size_t len = fread(text, 1, sizeof text, f);
    int fault = ferror(f) ? errno : 0;
    fclose(f);
    if (fault != 0) {
        refuse(errors, path, "cannot be read (%s); name the settings file of this node",
               strerror(fault));
        return ERR_IO;
    }
    if (len > CONFIG_FILE_BYTES_MAX) {
        refuse(errors, path, "is larger than %d bytes; name the settings file of this node",
               CONFIG_FILE_BYTES_MAX);
        return ERR_LIMIT;
    }
    char dir[PATH_MAX];
    folder_of(path, dir);
    return config_parse(path, dir, text, len, out, errors);
}
