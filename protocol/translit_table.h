/*
 * translit_table.h - the frozen table of transliteration; translit.py made it, translit.h uses it.
 */
#ifndef PROTOCOL_TRANSLIT_TABLE_H
#define PROTOCOL_TRANSLIT_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct translit_row {
    uint32_t point;
    uint32_t next;      /* the code point that follows it, or 0 for any */
    uint8_t is_initial; /* only at the start of a word */
    char latin[6];      /* a to z, at most five; empty where the letter writes nothing */
};

/* In order of point, next and is_initial; no two alike. */
extern const struct translit_row translit_rows[];
extern const size_t translit_row_count;

#endif
