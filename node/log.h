/*
 * log.h - what the node says of itself: one line of key=value an event, on stderr.
 *
 *   time=2026-11-24T05:23:52Z level=info event=peer-up org=NL-KVK-1 n=5
 *
 * A value with anything but plain characters is quoted, and what could end a line, move a cursor or
 * reverse text is escaped, so that no input can forge a line. Values are text, numbers and error
 * codes; there is no way to log bytes. Names of people, tags and keys never go here.
 *
 * Each event name may appear LOG_EVENTS_A_MINUTE times a minute. What is beyond is counted, and the
 * count is logged once the minute is over: event=log-suppressed of=peer-up suppressed=n.
 *
 * One log a process, safe to use from several threads.
 */
#ifndef NODE_LOG_H
#define NODE_LOG_H

#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of the setting log_level. */
enum log_level {
    LEVEL_ERROR,
    LEVEL_WARNING,
    LEVEL_INFO,
    LEVEL_DEBUG,
};

enum {
    LOG_LINE_BYTES_MAX = 2048,
    LOG_VALUE_BYTES_MAX = 200, /* of a text before escaping; a longer one ends in ... */
    LOG_EVENTS_A_MINUTE = 20,
    LOG_EVENT_NAMES_MAX = 64, /* names counted apart; further ones share one count */
    LOG_EVENT_BYTES_MAX = 31,
};

/* One key=value. Keys are literals of the program: lower case, digits, dashes. */
struct log_field {
    const char *key;
    enum { LOG_FIELD_TEXT, LOG_FIELD_U64, LOG_FIELD_I64 } type;
    const char *text;
    uint64_t number;
};

/* value is borrowed until the line is written; NULL counts as "". */
struct log_field log_text(const char *key, const char *value);
struct log_field log_u64(const char *key, uint64_t value);
struct log_field log_i64(const char *key, int64_t value);
/* The short name of an error code. */
struct log_field log_err(const char *key, enum err value);

/* Sets the highest level that is written and the file descriptor that is written to. Before the
 * first call they are LEVEL_INFO and 2. */
void log_start(enum log_level max, int fd);

/* Writes one event: log_line(LEVEL_INFO, "peer-up", log_text("org", id), log_u64("n", 5)). */
#define log_line(level, event, ...)                                                                \
    log_fields((level), (event), (const struct log_field[]){__VA_ARGS__},                          \
               sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

/* Writes an event without fields. */
#define log_event(level, event) log_fields((level), (event), NULL, 0)

void log_fields(enum log_level level, const char *event, const struct log_field *fields,
                size_t count);

/* Writes the counts of suppressed lines without waiting for the minute to end; call it at the end.
 */
void log_flush(void);

/* The line of an event, ended by a newline and a zero. Fields that do not fit are left out, and the
 * line then ends in cut=yes. Returns its length without the zero. */
size_t log_format(char out[LOG_LINE_BYTES_MAX], int64_t now_utc, enum log_level level,
                  const char *event, const struct log_field *fields, size_t count);

/* How often each event was written in its current minute. All zeros is a fresh one. */
struct log_limit {
    struct log_limit_row {
        char event[LOG_EVENT_BYTES_MAX + 1]; /* empty: free */
        uint64_t start_ms;
        uint64_t written;
        uint64_t suppressed;
    } rows[LOG_EVENT_NAMES_MAX];
};

/* Counts one event; returns whether it may be written. */
bool log_limit_take(struct log_limit *l, const char *event, uint64_t now_ms);

/* Finds a row whose minute is over (any row, if is_end) and that suppressed lines. Copies it to
 * *out, frees it and returns true; false when there is none. */
bool log_limit_due(struct log_limit *l, uint64_t now_ms, bool is_end, struct log_limit_row *out);

#endif
