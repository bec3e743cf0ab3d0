/*
 * hex.h - hexadecimal of the vectors to bytes, for the unit tests.
 */
#ifndef TESTS_UNIT_HEX_H
#define TESTS_UNIT_HEX_H

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* Writes what hex says to out, which has room for cap bytes, and returns how many bytes that is. */
static inline size_t hex_bytes(const char *hex, void *out, size_t cap)
{
    size_t len = 0;
    const char *end = NULL;
    int failed = sodium_hex2bin(out, cap, hex, strlen(hex), NULL, &len, &end);
    assert(!failed && *end == '\0');
    (void)failed;
    return len;
}

#endif
