/*
 * table.h - columns for people, aligned whatever script the names are written in.
 *
 * Widths are those of a terminal: two columns for a Chinese sign, none for a combining one. Cells
 * come from other organisations too, so that what could move a cursor or turn the direction of
 * writing becomes a question mark.
 */
#ifndef NODE_TABLE_H
#define NODE_TABLE_H

#include <stddef.h>
#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 8 };

struct table;

/* A table with the heads of its columns, translated; ends with NULL. Without memory the process
 * ends, as in secret.h. To be freed. */
struct table *table_new(const char *const *heads);

/* Adds a row of as many cells as there are heads; copies them. */
void table_add(struct table *t, const char *const *cells);

size_t table_rows(const struct table *t);

/* Prints heads and rows, two blanks between columns; nothing at all if there is no row. */
void table_print(const struct table *t, FILE *out);

/* *t becomes NULL. */
void table_free(struct table **t);

#endif
