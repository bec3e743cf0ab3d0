/*
 * config.h - the settings of one node, read from seinpost.conf.
 *
 * The file has one setting a line, `key = value`. Blank lines are skipped. A comment runs from a
 * `#` at the start of a line, or after a blank, to the end of that line. The file is UTF-8; a byte
 * order mark and CRLF line ends are tolerated. A key is given once, except a list key (peer,
 * relay), which gives one item a line.
 *
 * One table (config_keys) says for each key its type, limits, default and meaning; reader, help and
 * example follow it. Every mistake is collected, up to CONFIG_ERRORS_MAX, as one sentence that
 * names file, line, key, what is wrong and the mend. A value under an unknown key is never repeated
 * in an error, since it may be a passphrase in the wrong place.
 *
 * A leaf: knows proto/err.h and libc only.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    CONFIG_FILE_BYTES_MAX = 64 * 1024,
    CONFIG_ORG_ID_BYTES_MAX = 63,
    CONFIG_ENDPOINT_BYTES_MAX = 127,
    CONFIG_PATH_BYTES_MAX = 1023,
    CONFIG_SOCKET_BYTES_MAX = 107, /* sun_path of a local socket, without its zero */
    CONFIG_GROUP_BYTES_MAX = 31,
    CONFIG_LOCALE_BYTES_MAX = 31,
    CONFIG_PEERS_MAX = 64,
    CONFIG_RELAYS_MAX = 4,
    CONFIG_ERRORS_MAX = 20,
    CONFIG_ERROR_BYTES = 2048, /* a path and a sentence */
};

/* The keys, in the order of the table. */
enum config_id {
    CONFIG_ORG_ID,
    CONFIG_DATA_DIR,
    CONFIG_LISTEN,
    CONFIG_ADVERTISE,
    CONFIG_PEER,
    CONFIG_RELAY,
    CONFIG_SOCKET,
    CONFIG_SOCKET_GROUP,
    CONFIG_PASSPHRASE_FILE,
    CONFIG_LOG_LEVEL,
    CONFIG_IO_THREADS,
    CONFIG_CONNECTIONS_PER_SOURCE,
    CONFIG_RESERVE_MB,
    CONFIG_SCRUB_HOURS,
    CONFIG_LOCALE,
    CONFIG_ORGID_LISTS,
    CONFIG_KEYS
};

enum config_log_level {
    CONFIG_LOG_ERROR,
    CONFIG_LOG_WARNING,
    CONFIG_LOG_INFO,
    CONFIG_LOG_DEBUG,
};

struct config_peer {
    char org_id[CONFIG_ORG_ID_BYTES_MAX + 1];
    char endpoint[CONFIG_ENDPOINT_BYTES_MAX + 1];
    unsigned line;
};

struct config_relay {
    char org_id[CONFIG_ORG_ID_BYTES_MAX + 1];
    unsigned line;
};

/* Strings end in a zero; an optional one that was not given is empty. Paths are joined with the
 * folder of the file, so they are absolute wherever that folder could be resolved. */
struct config {
    char file[CONFIG_PATH_BYTES_MAX + 1]; /* as the caller named it; for messages */
    unsigned line[CONFIG_KEYS];           /* where each key stands (its last line); 0 not given */
    unsigned lines;                       /* lines in the file */

    char org_id[CONFIG_ORG_ID_BYTES_MAX + 1];
    char data_dir[CONFIG_PATH_BYTES_MAX + 1];
    char listen[CONFIG_ENDPOINT_BYTES_MAX + 1];    /* empty: no open port, this node only dials */
    char advertise[CONFIG_ENDPOINT_BYTES_MAX + 1]; /* optional */
    struct config_peer peers[CONFIG_PEERS_MAX];
    size_t peer_count;
    struct config_relay relays[CONFIG_RELAYS_MAX]; /* in the order in which others try them */
    size_t relay_count;
    char socket[CONFIG_PATH_BYTES_MAX + 1]; /* at most CONFIG_SOCKET_BYTES_MAX bytes */
    char socket_group[CONFIG_GROUP_BYTES_MAX + 1];
    char passphrase_file[CONFIG_PATH_BYTES_MAX + 1]; /* optional */
    int log_level;                                   /* an enum config_log_level */
    int io_threads;
    int connections_per_source;
    int reserve_mb; /* 0 none */
    int scrub_hours;
    char locale[CONFIG_LOCALE_BYTES_MAX + 1];    /* optional */
    char orgid_lists[CONFIG_PATH_BYTES_MAX + 1]; /* optional */
};

struct config_errors {
    size_t count;  /* sentences held, at most CONFIG_ERRORS_MAX */
    size_t unheld; /* further mistakes that found no room */
    char text[CONFIG_ERRORS_MAX][CONFIG_ERROR_BYTES];
};

enum config_type {
    CONFIG_TYPE_ORG_ID,
    CONFIG_TYPE_PATH,   /* joined with the folder of the file unless absolute */
    CONFIG_TYPE_LISTEN, /* tcp://ADDRESS:PORT with a numeric address, or the word none */
    CONFIG_TYPE_DIAL,   /* tcp://HOST:PORT */
    CONFIG_TYPE_PEER,   /* ORG_ID tcp://HOST:PORT */
    CONFIG_TYPE_RELAY,  /* ORG_ID, a list of them */
    CONFIG_TYPE_WORD,   /* letters, digits and . _ @ - */
    CONFIG_TYPE_CHOICE, /* one of the words in choices, stored as its place from 0 */
    CONFIG_TYPE_NUMBER, /* decimal, min to max */
};

/* One row of the table. */
struct config_key {
    const char *name;
    enum config_type type;
    bool is_required;
    bool is_list;
    const char *fallback; /* value when the key is not given; NULL none */
    int min, max;         /* of a number; of a string max is its bytes; of a list its items */
    const char *choices;  /* words between blanks, for CONFIG_TYPE_CHOICE; else NULL */
    const char *example;  /* a value that is right, for mends */
    const char *help;     /* one line for people */
    size_t offset;        /* of the value in struct config; lists have none */
};

/* The table, CONFIG_KEYS rows in the order of enum config_id. Valid for ever. */
const struct config_key *config_keys(void);

/* Reads the text of a settings file. name is the file's name for messages and dir the folder that
 * relative paths start from. Returns OK, or ERR_FORMAT with at least one sentence in *errors: show
 * them all and stop. On error *out is unchanged. */
MUST_CHECK enum err config_parse(const char *name, const char *dir, const char *text, size_t len,
                                 struct config *out, struct config_errors *errors);

/* Reads a settings file from disk. Returns OK, ERR_NOT_FOUND when there is no such file, ERR_IO
 * when it cannot be read, ERR_LIMIT when it or its path is longer than the limits above, or
 * ERR_FORMAT as config_parse does; *errors then says why: show it and stop. On error *out is
 * unchanged. */
MUST_CHECK enum err config_load(const char *path, struct config *out, struct config_errors *errors);

/* Checks what no single value shows: that nothing contradicts something else. config_parse has done
 * so already; call it again after changing a value. Returns OK, or ERR_FORMAT with a sentence for
 * each contradiction appended to *errors. What needs the machine (modes, groups) the node checks.
 */
MUST_CHECK enum err config_check(const struct config *c, struct config_errors *errors);

/* Appends "FILE:LINE: KEY: ..." for a key of c; for the node's own checks. A key that was not given
 * is placed at the last line. */
void config_complain(const struct config *c, enum config_id id, struct config_errors *errors,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
