/*
 * store_log.h - a look at the log of a closed store, before SQLite reads it.
 *
 * After a crash SQLite takes from the log what is whole, up to the first page that is not, and says
 * nothing of what lies behind: for a log that ends where the power failed that is right, for one in
 * which a bit was flipped it is a silent loss of what was committed. So the log is gone over first.
 * One flipped bit is turned back. Where more is wrong, pages behind that belong to the same log
 * prove that they were committed, and are lost; without any, power may have failed while the last
 * of it was being written, before anything was confirmed, or it was damaged: nobody can tell.
 *
 * Source: "Database File Format" of SQLite, section 4 (the write-ahead log).
 */
#ifndef NODE_STORE_LOG_H
#define NODE_STORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/err.h"

struct log_look {
    uint32_t frames;  /* whole ones, from the beginning on */
    uint32_t mended;  /* flipped bits that were turned back */
    uint32_t lost;    /* pages behind the damage; 0 none */
    bool is_doubtful; /* the last page is torn or damaged */
};

/* Goes over the log at this path and mends it. No log: OK, with nothing in *out. ERR_IO. */
MUST_CHECK enum err store_log_look(const char *path, struct log_look *out);

#endif
