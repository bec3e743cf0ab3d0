/*
 * fuzz.h - what the fuzz targets share.
 *
 * A target is one file, fuzz_NAME.c, with LLVMFuzzerTestOneInput: it gives bytes of others to one
 * decoder, or a few of one shape, and checks what their headers promise. Linked with libFuzzer it
 * is a fuzzer (`make fuzz`), linked with replay.c a test that goes over corpus/NAME (`make check`).
 *
 * Many targets begin with a byte that chooses, and read what follows as a script: what is not there
 * reads as zeros, so that every input means something.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/bytes.h"
#include "proto/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
/* Where a target makes something once; weak, so that those without one need none. */
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

/* A property; a failure ends the process, in every build. */
#define CHECK(property) ((property) ? (void)0 : fuzz_fail(#property, __FILE__, __LINE__))

_Noreturn static inline void fuzz_fail(const char *property, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
    abort();
}

/* Fills an output before a call, and tells afterwards whether it is as it was. */
enum { FUZZ_MARK = 0xa5 };
#define MARK(out) memset((out), FUZZ_MARK, sizeof *(out))
#define IS_UNTOUCHED(out) fuzz_is_filled((out), FUZZ_MARK, sizeof *(out))

static inline bool fuzz_is_filled(const void *data, uint8_t value, size_t len)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

/* Whether a view lies within another. */
static inline bool fuzz_is_within(struct bytes part, struct bytes whole)
{
    return part.len == 0 ||
           (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

/* A copy with a zero at its end, for what reads C strings; to be freed. */
static inline char *fuzz_string(struct bytes b)
{
    char *s = calloc(1, b.len + 1);
    CHECK(s != NULL);
    if (b.len > 0)
        memcpy(s, b.data, b.len);
    return s;
}

/* 32 bytes that follow from a number: keys and seeds of a target's own. */
static inline void fuzz_seed(uint8_t number, uint8_t out[32])
{
    memset(out, 0x40 + number, 32);
}

/* The seed of the feed key of the golden vectors (tests/vectors/feed.h), whose signatures therefore
 * hold in targets that use it. */
static inline void fuzz_feed_seed(uint8_t out[32])
{
    for (uint8_t i = 0; i < 32; i++)
        out[i] = (uint8_t)(0x40 + i);
}

#endif
