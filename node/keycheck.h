/*
 * keycheck.h - whether the files of a node's ring are as they were written.
 *
 * Each ends with a sum of everything before (keyfile.h). One flipped bit is found by trying each,
 * and turned back; of more only a backup knows. No secret is opened for that.
 */
#ifndef NODE_KEYCHECK_H
#define NODE_KEYCHECK_H

#include "proto/err.h"

enum keycheck { KEYCHECK_RIGHT, KEYCHECK_MENDED, KEYCHECK_DAMAGED };

/* Looks at each file of the folder (ring, *.key); found is called for those that were not right.
 * ERR_NOT_FOUND if the folder cannot be read. */
MUST_CHECK enum err keycheck_folder(const char *dir,
                                    void (*found)(void *ctx, const char *name, enum keycheck what),
                                    void *ctx);

#endif
