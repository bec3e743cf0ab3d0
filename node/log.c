#include "node/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

enum { MINUTE_MS = 60 * 1000, CUT_BYTES = 16 /* room for " cut=yes\n" and the zero */ };

static struct {
    pthread_mutex_t lock;
    enum log_level max;
    int fd;
    struct log_limit limit;
} sink = {.lock = PTHREAD_MUTEX_INITIALIZER, .max = LEVEL_INFO, .fd = STDERR_FILENO};

struct log_field log_text(const char *key, const char *value)
{
    return (struct log_field){key, LOG_FIELD_TEXT, value != NULL ? value : "", 0};
}

struct log_field log_u64(const char *key, uint64_t value)
{
    return (struct log_field){key, LOG_FIELD_U64, NULL, value};
}

struct log_field log_i64(const char *key, int64_t value)
{
    return (struct log_field){key, LOG_FIELD_I64, NULL, (uint64_t)value};
}

struct log_field log_err(const char *key, enum err value)
{
    return log_text(key, err_name(value));
}

/* A line as it grows; once something did not fit nothing more is added. */
struct line {
    char *at;
    size_t len;
    size_t cap;
    bool is_full;
};

static void line_add(struct line *l, const char *s, size_t len)
{
    if (l->is_full || len > l->cap - l->len) {
        l->is_full = true;
        return;
    }
    memcpy(l->at + l->len, s, len);
    l->len += len;
}

static void line_string(struct line *l, const char *s)
{
    line_add(l, s, strlen(s));
}

/* Whether a value needs no quotes: letters, digits and the punctuation of ids and addresses. */
static bool is_bare(const char *s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "._:/@+-[]";
    return s[0] != '\0' && s[strspn(s, plain)] == '\0';
}

/* Whether a terminal or a log reader might obey the character instead of showing it: controls,
 * line and paragraph separators, marks that reverse the direction of text, the byte order mark. */
static bool is_dangerous(utf8proc_int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* One character of a quoted value, n bytes long. */
static void line_char(struct line *l, const char *s, size_t n, utf8proc_int32_t c)
{
    char escape[12];
    if (c == '\n' || c == '\t' || c == '"' || c == '\\') {
        escape[0] = '\\';
        escape[1] = c == '\n' ? 'n' : c == '\t' ? 't' : (char)c;
        line_add(l, escape, 2);
    } else if (is_dangerous(c)) {
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
        line_string(l, escape);
    } else {
        line_add(l, s, n);
    }
}

static void line_quoted(struct line *l, const char *s)
{
    size_t len = strnlen(s, LOG_VALUE_BYTES_MAX + 1);
    bool is_long = len > LOG_VALUE_BYTES_MAX;
    line_string(l, "\"");
    for (size_t i = 0; i < len;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s + i,
                                              (utf8proc_ssize_t)strnlen(s + i, 4), &c);
        size_t step = n > 0 ? (size_t)n : 1;
        if (is_long && i + step > LOG_VALUE_BYTES_MAX)
            break;
        if (n > 0) {
            line_char(l, s + i, step, c);
        } else {
            char escape[8];
            snprintf(escape, sizeof escape, "\\x%02x", (unsigned)(unsigned char)s[i]);
            line_string(l, escape);
        }
        i += step;
    }
    line_string(l, is_long ? "...\"" : "\"");
}

static void line_field(struct line *l, const struct log_field *f)
{
    char number[24] = "";
    size_t before = l->len;
    line_string(l, " ");
    line_string(l, f->key);
    line_string(l, "=");
    switch (f->type) {
    case LOG_FIELD_TEXT:
        if (is_bare(f->text) && strlen(f->text) <= LOG_VALUE_BYTES_MAX)
            line_string(l, f->text);
        else
            line_quoted(l, f->text);
        break;
    case LOG_FIELD_U64:
        snprintf(number, sizeof number, "%" PRIu64, f->number);
        break;
    case LOG_FIELD_I64:
        snprintf(number, sizeof number, "%" PRId64, (int64_t)f->number);
        break;
    }
    line_string(l, number);
    if (l->is_full)
        l->len = before; /* a field is there whole or not at all */
}

size_t log_format(char out[LOG_LINE_BYTES_MAX], int64_t now_utc, enum log_level level,
                  const char *event, const struct log_field *fields, size_t count)
{
    static const char *const levels[] = {"error", "warning", "info", "debug"};
    struct line l = {.at = out, .cap = LOG_LINE_BYTES_MAX - CUT_BYTES};
    time_t seconds = (time_t)now_utc;
    struct tm tm;
    char when[40] = "unknown";
    if (gmtime_r(&seconds, &tm) != NULL)
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
    line_string(&l, "time=");
    line_string(&l, when);
    struct log_field head[] = {log_text("level", levels[level]), log_text("event", event)};
    line_field(&l, &head[0]);
    line_field(&l, &head[1]);
    for (size_t i = 0; i < count; i++)
        line_field(&l, &fields[i]);
    const char *end = l.is_full ? " cut=yes\n" : "\n";
    memcpy(out + l.len, end, strlen(end) + 1);
    return l.len + strlen(end);
}

/* The row that counts an event: its own, a free one, or the last, which the rest share. */
static struct log_limit_row *row_of(struct log_limit *l, const char *event, uint64_t now_ms)
{
    struct log_limit_row *spare = NULL;
    for (size_t i = 0; i < LOG_EVENT_NAMES_MAX - 1; i++) {
        struct log_limit_row *r = &l->rows[i];
        if (r->event[0] != '\0' && strncmp(r->event, event, LOG_EVENT_BYTES_MAX) == 0)
            return r;
        bool is_over = now_ms - r->start_ms >= MINUTE_MS && r->suppressed == 0;
        if (spare == NULL && (r->event[0] == '\0' || is_over))
            spare = r;
    }
    if (spare == NULL) {
        spare = &l->rows[LOG_EVENT_NAMES_MAX - 1];
        event = "other";
        if (spare->event[0] != '\0')
            return spare;
    }
    *spare = (struct log_limit_row){.start_ms = now_ms};
    memcpy(spare->event, event, strnlen(event, LOG_EVENT_BYTES_MAX));
    return spare;
}

bool log_limit_take(struct log_limit *l, const char *event, uint64_t now_ms)
{
    struct log_limit_row *r = row_of(l, event, now_ms);
    if (now_ms - r->start_ms >= MINUTE_MS) {
        r->start_ms = now_ms;
        r->written = 0;
    }
    if (r->written >= LOG_EVENTS_A_MINUTE) {
        r->suppressed++;
        return false;
    }
    r->written++;
    return true;
}

bool log_limit_due(struct log_limit *l, uint64_t now_ms, bool is_end, struct log_limit_row *out)
{
    for (size_t i = 0; i < LOG_EVENT_NAMES_MAX; i++) {
        struct log_limit_row *r = &l->rows[i];
        bool is_over = now_ms - r->start_ms >= MINUTE_MS;
        if (r->suppressed > 0 && (is_over || is_end)) {
            *out = *r;
            *r = (struct log_limit_row){0};
            return true;
        }
    }
    return false;
}

void log_start(enum log_level max, int fd)
{
    pthread_mutex_lock(&sink.lock);
    sink.max = max;
    sink.fd = fd;
    pthread_mutex_unlock(&sink.lock);
}

/* Writes a line in one piece; there is nobody to tell when that fails. */
static void sink_write(enum log_level level, const char *event, const struct log_field *fields,
                       size_t count)
{
    char line[LOG_LINE_BYTES_MAX];
    size_t len = log_format(line, (int64_t)time(NULL), level, event, fields, count);
    ssize_t written = write(sink.fd, line, len);
    (void)written;
}

static void sink_due(uint64_t now_ms, bool is_end)
{
    struct log_limit_row r;
    while (log_limit_due(&sink.limit, now_ms, is_end, &r)) {
        struct log_field f[] = {log_text("of", r.event), log_u64("suppressed", r.suppressed)};
        sink_write(LEVEL_WARNING, "log-suppressed", f, 2);
    }
}

static uint64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields,
                size_t count)
{
    pthread_mutex_lock(&sink.lock);
    if (level <= sink.max) {
        uint64_t now_ms = monotonic_ms();
        sink_due(now_ms, false);
        if (log_limit_take(&sink.limit, event, now_ms))
            sink_write(level, event, fields, count);
    }
    pthread_mutex_unlock(&sink.lock);
}

void log_flush(void)
{
    pthread_mutex_lock(&sink.lock);
    sink_due(monotonic_ms(), true);
    pthread_mutex_unlock(&sink.lock);
}
