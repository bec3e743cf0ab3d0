/*
 * stat_suppress.h - which cells are hidden, so that no small one follows from those that are shown.
 *
 * Primary: cells with too few contributors. Then, as sums between cells are public knowledge
 * (stat_schema_relations), anyone can subtract: whatever follows from what is shown is a linear
 * combination of the relations. A combination gives something away where it holds cells that are
 * shown and, of those that are hidden, primary ones alone. So cells with enough contributors are
 * hidden as well (secondary), one by one, until every combination that says something of primary
 * cells has a secondary one in it, or holds all primary cells of which a shown cell is the sum:
 * then what can be computed is about at least the minimum of contributors. A combination of hidden
 * cells alone is the bare relation, which says nothing.
 *
 * The rule sees flags and the structure of the tables, never a value: it is carried out before
 * anything is decrypted, and everyone who repeats it gets the same.
 *
 * Pure: no I/O, no clock, no allocation, no globals, no randomness.
 */
#ifndef PROTOCOL_STAT_SUPPRESS_H
#define PROTOCOL_STAT_SUPPRESS_H

#include "protocol/stat_schema.h"

enum stat_state { STAT_SHOWN, STAT_PRIMARY, STAT_SECONDARY };

/* Working memory, of the caller's. */
struct stat_suppress {
    struct stat_relation relation[STAT_RELATIONS_MAX];
    uint32_t matrix[STAT_RELATIONS_MAX][STAT_CELLS_MAX]; /* modulo 2^31 - 1 */
    uint16_t column[STAT_CELLS_MAX];                     /* cells in the order of elimination */
};

/* The rule, exact to the cell:
 *
 * 1. Every cell that is below becomes primary, every other is shown.
 * 2. The relations are rows, total 1 and parts -1, in the order of stat_schema_relations, over the
 *    integers modulo 2^31 - 1. Columns: secondary cells, then primary ones, then shown ones, each
 *    ascending by number. The matrix is brought to reduced row echelon form.
 * 3. Of the rows whose first entry is a primary cell, those with a shown cell are looked at. Such a
 *    row is harmless if it has one shown cell, -1, and is 1 at every other cell that it has, and if
 *    no other row whose first entry is a primary cell has a primary cell in common with it. Of the
 *    first that is not harmless, the shown cell of most dimensions, and of those the one with the
 *    highest number, becomes secondary; then step 2 again, until all are.
 * 4. Each secondary cell, ascending by number, is shown again if then all rows of step 3 are
 *    harmless all the same.
 *
 * below[i] is whether cell i has too few contributors. states has room for all cells. */
void stat_suppress(const struct stat_schema *s, const bool *below, struct stat_suppress *work,
                   enum stat_state *states);

#endif
