#include "protocol/stat_suppress.h"

#include <assert.h>
#include <string.h>

enum { MODULUS = 2147483647 };

static uint32_t times(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % MODULUS);
}

/* a - b. */
static uint32_t less(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + MODULUS - b) % MODULUS);
}

/* 1 / a = a^(p - 2), by Fermat. */
static uint32_t inverse(uint32_t a)
{
    uint32_t out = 1;
    for (uint32_t exponent = MODULUS - 2; exponent > 0; exponent >>= 1) {
        if (exponent & 1)
            out = times(out, a);
        a = times(a, a);
    }
    return out;
}

static void fill(struct stat_suppress *w, size_t rows)
{
    memset(w->matrix, 0, sizeof w->matrix);
    for (size_t r = 0; r < rows; r++) {
        const struct stat_relation *relation = &w->relation[r];
        w->matrix[r][relation->total] = 1;
        for (size_t i = 0; i < relation->count; i++)
            w->matrix[r][relation->part[i]] = MODULUS - 1;
    }
}

static void order(struct stat_suppress *w, size_t cells, const enum stat_state *states)
{
    static const enum stat_state turns[] = {STAT_SECONDARY, STAT_PRIMARY, STAT_SHOWN};
    size_t at = 0;
    for (size_t turn = 0; turn < 3; turn++)
        for (size_t i = 0; i < cells; i++)
            if (states[i] == turns[turn])
                w->column[at++] = (uint16_t)i;
}

static void swap_rows(struct stat_suppress *w, size_t a, size_t b)
{
    uint32_t room[STAT_CELLS_MAX];
    if (a == b)
        return;
    memcpy(room, w->matrix[a], sizeof room);
    memcpy(w->matrix[a], w->matrix[b], sizeof room);
    memcpy(w->matrix[b], room, sizeof room);
}

/* Takes the column's cell out of every row but the pivot's, which gets a 1 there. */
static void eliminate(struct stat_suppress *w, size_t rows, size_t cells, size_t pivot, size_t cell)
{
    const uint32_t factor = inverse(w->matrix[pivot][cell]);
    for (size_t i = 0; i < cells; i++)
        w->matrix[pivot][i] = times(w->matrix[pivot][i], factor);
    for (size_t r = 0; r < rows; r++) {
        const uint32_t by = w->matrix[r][cell];
        if (r == pivot || by == 0)
            continue;
        for (size_t i = 0; i < cells; i++)
            w->matrix[r][i] = less(w->matrix[r][i], times(by, w->matrix[pivot][i]));
    }
}

static size_t count_state(const uint32_t *row, size_t cells, const enum stat_state *states,
                          enum stat_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < cells; i++)
        count += row[i] != 0 && states[i] == state;
    return count;
}

/* Whether a row says no more than that one shown cell is the sum of primary ones. */
static bool is_plain_sum(const uint32_t *row, size_t cells, const enum stat_state *states)
{
    for (size_t i = 0; i < cells; i++) {
        const uint32_t want = states[i] == STAT_SHOWN ? MODULUS - 1 : 1;
        if (row[i] != 0 && row[i] != want)
            return false;
    }
    return count_state(row, cells, states, STAT_SHOWN) == 1;
}

/* Whether two rows have a primary cell in common. */
static bool do_meet(const uint32_t *a, const uint32_t *b, size_t cells,
                    const enum stat_state *states)
{
    for (size_t i = 0; i < cells; i++)
        if (a[i] != 0 && b[i] != 0 && states[i] == STAT_PRIMARY)
            return true;
    return false;
}

/* The shown cell of a row that is to be hidden. */
static size_t choose(const struct stat_schema *s, const uint32_t *row,
                     const enum stat_state *states)
{
    size_t best = s->cell_count;
    int best_ways = -1;
    for (size_t i = 0; i < s->cell_count; i++) {
        const int ways = (s->cell[i].dimension[0] != 0) + (s->cell[i].dimension[1] != 0);
        if (row[i] == 0 || states[i] != STAT_SHOWN || ways < best_ways)
            continue;
        best = i;
        best_ways = ways;
    }
    return best;
}

/* Brings the matrix to reduced row echelon form. Rows from *first to *end have a primary cell first
 * of all. */
static void reduce(struct stat_suppress *w, size_t rows, size_t cells,
                   const enum stat_state *states, size_t *first, size_t *end)
{
    size_t pivot = 0;
    *first = *end = 0;
    fill(w, rows);
    order(w, cells, states);
    for (size_t c = 0; c < cells && pivot < rows; c++) {
        const size_t cell = w->column[c];
        size_t r = pivot;
        while (r < rows && w->matrix[r][cell] == 0)
            r++;
        if (r == rows)
            continue;
        swap_rows(w, pivot, r);
        eliminate(w, rows, cells, pivot, cell);
        pivot++;
        if (states[cell] == STAT_SECONDARY)
            *first = *end = pivot;
        if (states[cell] == STAT_PRIMARY)
            *end = pivot;
    }
}

/* The first row that gives something away, or the count of rows. */
static size_t find_leak(struct stat_suppress *w, size_t rows, size_t cells,
                        const enum stat_state *states)
{
    size_t first, end;
    reduce(w, rows, cells, states, &first, &end);
    for (size_t r = first; r < end; r++) {
        if (count_state(w->matrix[r], cells, states, STAT_SHOWN) == 0)
            continue; /* a relation of hidden cells */
        bool is_harmless = is_plain_sum(w->matrix[r], cells, states);
        for (size_t other = first; is_harmless && other < end; other++)
            is_harmless = other == r || !do_meet(w->matrix[r], w->matrix[other], cells, states);
        if (!is_harmless)
            return r;
    }
    return rows;
}

void stat_suppress(const struct stat_schema *s, const bool *below, struct stat_suppress *work,
                   enum stat_state *states)
{
    const size_t cells = s->cell_count;
    size_t rows = 0, leak;
    enum err e = stat_schema_relations(s, work->relation, &rows);
    assert(e == OK); /* a decoded schema has no more than there is room for */
    (void)e;
    for (size_t i = 0; i < cells; i++)
        states[i] = below[i] ? STAT_PRIMARY : STAT_SHOWN;
    while ((leak = find_leak(work, rows, cells, states)) < rows) {
        const size_t hidden = choose(s, work->matrix[leak], states);
        assert(hidden < cells);
        states[hidden] = STAT_SECONDARY;
    }
    for (size_t i = 0; i < cells; i++) { /* what turns out not to be needed */
        if (states[i] != STAT_SECONDARY)
            continue;
        states[i] = STAT_SHOWN;
        if (find_leak(work, rows, cells, states) < rows)
            states[i] = STAT_SECONDARY;
    }
}
