/*
 * The file is read whole, so that a row with an unclosed quotation mark, which swallows what
 * follows, can be given up and reading resumed at the line after its start. libcsv is fed one line
 * at a time; so the line of each row is known, and a row is over when its end was reported during a
 * line.
 */
#include "node/people_csv.h"

#include "node/text.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <utf8proc.h>

enum {
    LINE_BYTES_MAX = 20 * 1024, /* eight full fields, each byte a doubled mark, fit */
    /* The parser's buffer: a full field and a line. Set at once, so that it is never moved, which
     * would leave a copy behind. */
    FIELD_BUFFER_BYTES = 32 * 1024,
    FIRST_BUFFER_BYTES = 64 * 1024,
    SHOWN_BYTES = 40,
};

static const char *const names[PEOPLE_COLUMNS] = {
    [PEOPLE_REF] = "ref",
    [PEOPLE_GIVEN_NAME] = "given_name",
    [PEOPLE_FAMILY_NAME] = "family_name",
    [PEOPLE_BORN] = "born",
    [PEOPLE_DOCUMENT] = "document",
    [PEOPLE_EMAIL] = "email",
    [PEOPLE_PHONE] = "phone",
    [PEOPLE_EXPIRES] = "expires",
};
static const char all_names[] = "ref,given_name,family_name,born,document,email,phone,expires";

enum fault {
    FAULT_NONE,
    FAULT_QUOTE,
    FAULT_LONG,
    FAULT_UTF8,
    FAULT_CONTROL,
    FAULT_EMPTY,
    FAULT_COLUMNS,
};

struct reading {
    const char *path;
    struct csv_parser csv;

    /* The header. */
    bool is_header; /* the row in progress is the header */
    size_t columns;
    enum people_column order[PEOPLE_COLUMNS];
    bool is_there[PEOPLE_COLUMNS];
    char unknown[SHOWN_BYTES]; /* the first unknown name, cut short */
    bool has_unknown;
    const char *twice; /* a name that is there twice */

    /* The row in progress. */
    bool is_open;
    bool is_ended;
    unsigned line;
    size_t next; /* where the line after its first one starts */
    size_t fields;
    bool has_text;
    enum fault fault;
    char field[PEOPLE_COLUMNS][PEOPLE_CSV_FIELD_BYTES_MAX + 1];
};

static void buffer_free(uint8_t *data, size_t cap)
{
    if (data != NULL)
        sodium_memzero(data, cap);
    free(data);
}

/* Doubles a buffer, wiping the old one. False, with the old one as it was, when memory is short. */
static bool buffer_grow(uint8_t **data, size_t *cap)
{
    size_t more = *cap == 0 ? FIRST_BUFFER_BYTES : *cap * 2;
    uint8_t *bigger = malloc(more);
    if (bigger == NULL)
        return false;
    if (*cap > 0)
        memcpy(bigger, *data, *cap);
    buffer_free(*data, *cap);
    *data = bigger;
    *cap = more;
    return true;
}

/* Reads everything to the end of the file. On error there is nothing to free. */
static enum err file_read(const char *path, uint8_t **out, size_t *cap, size_t *len,
                          struct problem *problem)
{
    /* "-" is the descriptor itself: /dev/stdin would be opened anew, which another user's pipe
     * refuses. */
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                      : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        problem_set(problem, _("%s: cannot be opened (%s)."), path, strerror(errno));
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
    }
    enum err e = OK;
    *out = NULL;
    *cap = *len = 0;
    for (;;) {
        if (*len == *cap && !buffer_grow(out, cap)) {
            problem_set(problem, _("%s: there is not enough memory to read it."), path);
            e = ERR_IO;
            break;
        }
        ssize_t n = read(fd, *out + *len, *cap - *len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            problem_set(problem, _("%s: cannot be read (%s)."), path, strerror(errno));
            e = ERR_IO;
        }
        if (n <= 0)
            break;
        *len += (size_t)n;
        if (*len > PEOPLE_CSV_BYTES_MAX) {
            problem_set(problem, _("%s: is longer than %d bytes. Split it."), path,
                        PEOPLE_CSV_BYTES_MAX);
            e = ERR_LIMIT;
            break;
        }
    }
    close(fd);
    if (e != OK)
        buffer_free(*out, *cap);
    return e;
}

static enum fault text_fault(const uint8_t *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate(s + i, (utf8proc_ssize_t)(len - i), &c);
        if (n <= 0)
            return FAULT_UTF8;
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0))
            return FAULT_CONTROL;
        i += (size_t)n;
    }
    return FAULT_NONE;
}

static void header_field(struct reading *r, const char *s, size_t len)
{
    for (size_t i = 0; i < PEOPLE_COLUMNS; i++) {
        if (strlen(names[i]) != len || strncasecmp(names[i], s, len) != 0)
            continue;
        if (r->is_there[i])
            r->twice = names[i];
        else
            r->order[r->columns++] = (enum people_column)i;
        r->is_there[i] = true;
        return;
    }
    if (r->has_unknown)
        return;
    r->has_unknown = true;
    size_t shown = len < SHOWN_BYTES ? len : SHOWN_BYTES - 1;
    while (shown < len && shown > 0 && ((unsigned char)s[shown] & 0xc0) == 0x80)
        shown--;
    memcpy(r->unknown, s, shown);
}

/* libcsv: a field is complete. */
static void on_field(void *s, size_t len, void *ctx)
{
    struct reading *r = ctx;
    enum fault fault = len > PEOPLE_CSV_FIELD_BYTES_MAX ? FAULT_LONG : text_fault(s, len);
    if (r->fault == FAULT_NONE)
        r->fault = fault;
    if (fault == FAULT_NONE && r->is_header) {
        header_field(r, s, len);
    } else if (fault == FAULT_NONE && r->fields < r->columns) {
        char *field = r->field[r->order[r->fields]];
        memcpy(field, s, len);
        field[len] = '\0';
    }
    r->has_text = r->has_text || len > 0;
    r->fields++;
}

/* libcsv: a row is complete. */
static void on_row(int end, void *ctx)
{
    (void)end;
    struct reading *r = ctx;
    r->is_ended = true;
}

static void row_start(struct reading *r, unsigned line, size_t next)
{
    r->is_open = true;
    r->line = line;
    r->next = next;
    r->fields = 0;
    r->has_text = false;
    r->fault = FAULT_NONE;
    for (size_t i = 0; i < PEOPLE_COLUMNS; i++)
        r->field[i][0] = '\0';
}

/* Bytes of the line at s with its end: LF, CRLF or a lone CR. */
static size_t line_length(const uint8_t *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '\n')
            return i + 1;
        if (s[i] == '\r')
            return i + 1 < len && s[i + 1] == '\n' ? i + 2 : i + 1;
    }
    return len;
}

static bool is_blank(const uint8_t *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] != ' ' && s[i] != '\t' && s[i] != '\r' && s[i] != '\n')
            return false;
    }
    return true;
}

/* Drops the row in progress inside the parser. */
static void parser_reset(struct reading *r)
{
    csv_set_opts(&r->csv, 0);
    (void)csv_fini(&r->csv, NULL, NULL, NULL);
    csv_set_opts(&r->csv, CSV_STRICT | CSV_STRICT_FINI);
}

/* Reads the next row that is not blank. *at and *line move behind it. False at the end. */
static bool row_next(struct reading *r, const uint8_t *data, size_t len, size_t *at, unsigned *line)
{
    r->is_open = r->is_ended = false;
    while (*at < len) {
        size_t n = line_length(data + *at, len - *at);
        const uint8_t *s = data + *at;
        *at += n;
        ++*line;
        if (!r->is_open && is_blank(s, n))
            continue;
        if (!r->is_open)
            row_start(r, *line, *at);
        if (n > LINE_BYTES_MAX) {
            r->fault = FAULT_LONG;
            break;
        }
        if (csv_parse(&r->csv, s, n, on_field, on_row, r) != n) {
            r->fault = FAULT_QUOTE;
            break;
        }
        if (r->is_ended)
            return true;
        if (r->csv.entry_pos > PEOPLE_CSV_FIELD_BYTES_MAX + 1) {
            r->fault = FAULT_QUOTE;
            break;
        }
    }
    if (!r->is_open)
        return false;
    /* The last line has no end, or the row is given up. */
    bool is_given_up = r->fault == FAULT_QUOTE || (r->fault == FAULT_LONG && !r->is_ended);
    if (is_given_up || csv_fini(&r->csv, on_field, on_row, r) != 0) {
        parser_reset(r);
        r->fault = r->fault == FAULT_LONG ? FAULT_LONG : FAULT_QUOTE;
        *at = r->next;
        *line = r->line;
    }
    return true;
}

static enum err header_fault(struct reading *r, bool needs_expires, struct problem *problem)
{
    if (r->fault == FAULT_UTF8)
        problem_set(problem, _("%s:%u: is not UTF-8 text. Save the file as CSV UTF-8."), r->path,
                    r->line);
    else if (r->columns == 0 && strchr(r->unknown, ';') != NULL)
        problem_set(problem, _("%s:%u: a ; stands between the columns. Save the file with commas."),
                    r->path, r->line);
    else if (r->fault != FAULT_NONE || r->columns == 0)
        problem_set(problem,
                    _("%s:%u: does not name the columns. Start the file with the line: %s"),
                    r->path, r->line, all_names);
    else if (r->has_unknown)
        problem_set(problem, _("%s:%u: '%s' is not a known column. The columns are: %s"), r->path,
                    r->line, r->unknown, all_names);
    else if (r->twice != NULL)
        problem_set(problem, _("%s:%u: the column %s is named twice. Remove one."), r->path,
                    r->line, r->twice);
    else {
        size_t i = 0;
        while (i < PEOPLE_COLUMNS && (r->is_there[i] || (i == PEOPLE_EXPIRES && !needs_expires)))
            i++;
        if (i == PEOPLE_COLUMNS)
            return OK;
        problem_set(problem, _("%s:%u: the column %s is missing. Add it to the header line."),
                    r->path, r->line, names[i]);
    }
    return ERR_FORMAT;
}

/* The sentence for a wrong row, into out; returns NULL for one that is right. */
static const char *row_error(const struct reading *r, struct problem *out)
{
    switch (r->fault) {
    case FAULT_NONE:
        return NULL;
    case FAULT_QUOTE:
        problem_set(out,
                    _("%s:%u: a quotation mark is out of place or not closed. Put marks around the "
                      "whole field, and double a mark inside it."),
                    r->path, r->line);
        break;
    case FAULT_LONG:
        problem_set(out, _("%s:%u: a field is longer than %d bytes. Shorten it."), r->path, r->line,
                    PEOPLE_CSV_FIELD_BYTES_MAX);
        break;
    case FAULT_UTF8:
        problem_set(out, _("%s:%u: is not UTF-8 text. Save the file as CSV UTF-8."), r->path,
                    r->line);
        break;
    case FAULT_CONTROL:
        problem_set(out, _("%s:%u: a field holds control characters. Remove them."), r->path,
                    r->line);
        break;
    case FAULT_EMPTY:
        problem_set(out, _("%s:%u: the row is empty. Fill it in or remove it."), r->path, r->line);
        break;
    case FAULT_COLUMNS:
        problem_set(out,
                    _("%s:%u: the row has %zu columns and the header has %zu. Put quotation marks "
                      "around a field that holds a comma."),
                    r->path, r->line, r->fields, r->columns);
        break;
    }
    return out->text;
}

/* Gives the row in progress to the caller. */
static bool row_give(struct reading *r, bool (*row)(void *ctx, const struct people_row *),
                     void *ctx)
{
    struct problem problem;
    if (r->fault == FAULT_NONE && r->fields != r->columns)
        r->fault = FAULT_COLUMNS;
    if (r->fault == FAULT_NONE && !r->has_text)
        r->fault = FAULT_EMPTY;
    struct people_row out = {.line = r->line, .error = row_error(r, &problem)};
    for (size_t i = 0; i < PEOPLE_COLUMNS; i++)
        out.field[i] = out.error == NULL ? r->field[i] : "";
    return row(ctx, &out);
}

/* Reads the header, counts the rows, and only then gives them. */
static enum err rows_read(struct reading *r, const uint8_t *data, size_t len, bool needs_expires,
                          bool (*row)(void *ctx, const struct people_row *), void *ctx,
                          struct problem *problem)
{
    size_t at = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    unsigned line = 0;
    r->is_header = true;
    if (!row_next(r, data, len, &at, &line)) {
        problem_set(problem, _("%s: is empty. Start the file with the line: %s"), r->path,
                    all_names);
        return ERR_TRUNCATED;
    }
    enum err e = header_fault(r, needs_expires, problem);
    if (e != OK)
        return e;
    r->is_header = false;
    size_t first = at, rows = 0;
    unsigned first_line = line;
    while (rows <= PEOPLE_CSV_ROWS_MAX && row_next(r, data, len, &at, &line))
        rows++;
    if (rows > PEOPLE_CSV_ROWS_MAX) {
        problem_set(problem, _("%s: has more than %d rows. Split it."), r->path,
                    PEOPLE_CSV_ROWS_MAX);
        return ERR_LIMIT;
    }
    at = first;
    line = first_line;
    while (row_next(r, data, len, &at, &line) && row_give(r, row, ctx))
        continue;
    return OK;
}

enum err people_csv_read(const char *path, bool needs_expires,
                         bool (*row)(void *ctx, const struct people_row *r), void *ctx,
                         struct problem *problem)
{
    uint8_t *data;
    size_t cap, len;
    enum err e = file_read(path, &data, &cap, &len, problem);
    if (e != OK)
        return e;
    struct reading r = {.path = path};
    csv_init(&r.csv, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_blk_size(&r.csv, FIELD_BUFFER_BYTES);
    e = rows_read(&r, data, len, needs_expires, row, ctx, problem);
    if (r.csv.entry_buf != NULL)
        sodium_memzero(r.csv.entry_buf, r.csv.entry_size);
    csv_free(&r.csv);
    sodium_memzero(&r, sizeof r);
    buffer_free(data, cap);
    return e;
}
