#include "node/table.h"

#include "node/cli.h"
#include "node/text.h"
#include "proto/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct table {
    size_t columns;
    size_t rows; /* with that of the heads */
    size_t cap;
    char **cells; /* rows * columns */
};

static void *kept(void *p)
{
    if (p == NULL) {
        fputs(_("seinpost: there is not enough memory.\n"), stderr);
        exit(EXIT_FAILURE);
    }
    return p;
}

/* A copy that is safe to show: what is no plain character of a line becomes a question mark. */
static char *safe_copy(const char *text)
{
    struct bytes rest = bytes_of(text, strlen(text));
    char *out = kept(malloc(rest.len + 1));
    size_t used = 0;
    while (rest.len > 0) {
        struct bytes before = rest;
        uint32_t character;
        if (!utf8_next(&rest, &character))
            rest = bytes_of(rest.data + 1, rest.len - 1);
        size_t len = before.len - rest.len;
        if (!utf8_is_line(bytes_of(before.data, len))) {
            out[used++] = '?';
            continue;
        }
        memcpy(out + used, before.data, len);
        used += len;
    }
    out[used] = '\0';
    return out;
}

struct table *table_new(const char *const *heads)
{
    struct table *t = kept(calloc(1, sizeof *t));
    while (heads[t->columns] != NULL)
        t->columns++;
    assert(t->columns <= TABLE_COLUMNS_MAX);
    table_add(t, heads);
    return t;
}

void table_add(struct table *t, const char *const *cells)
{
    if (t->rows == t->cap) {
        t->cap = t->cap == 0 ? 16 : t->cap * 2;
        t->cells = kept(realloc(t->cells, t->cap * t->columns * sizeof t->cells[0]));
    }
    for (size_t i = 0; i < t->columns; i++)
        t->cells[t->rows * t->columns + i] = safe_copy(cells[i]);
    t->rows++;
}

size_t table_rows(const struct table *t)
{
    return t->rows - 1;
}

void table_print(const struct table *t, FILE *out)
{
    int width[TABLE_COLUMNS_MAX] = {0};
    if (t->rows == 1)
        return;
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        int w = cli_width(t->cells[i]);
        if (w > width[i % t->columns])
            width[i % t->columns] = w;
    }
    for (size_t row = 0; row < t->rows; row++) {
        int owed = 0; /* blanks that come before the next cell that holds something */
        for (size_t i = 0; i < t->columns; i++) {
            const char *cell = t->cells[row * t->columns + i];
            if (cell[0] != '\0') {
                fprintf(out, "%*s%s", owed, "", cell);
                owed = 0;
            }
            owed += width[i] - cli_width(cell) + 2;
        }
        fputc('\n', out);
    }
}

void table_free(struct table **t)
{
    if (*t == NULL)
        return;
    for (size_t i = 0; i < (*t)->rows * (*t)->columns; i++)
        free((*t)->cells[i]);
    free((*t)->cells);
    free(*t);
    *t = NULL;
}
