/*
 * private_file.h - small files that only their owner may read: keys and passphrases.
 *
 * Reading refuses a file that group or others may read, since whoever could read it may have done
 * so already. Writing is whole or not at all, reaches the disk before it is seen under its name,
 * and never replaces a file that is there.
 */
#ifndef NODE_PRIVATE_FILE_H
#define NODE_PRIVATE_FILE_H

#include "node/problem.h"
#include "proto/bytes.h"
#include "proto/err.h"

#include <stdbool.h>

/* Reads a whole file of at most cap bytes. is_guarded says that the folder keeps others out (as
 * systemd's credentials do), so that the file's own mode is not looked at. Returns OK, or with
 * *problem set for the person: ERR_NOT_FOUND, ERR_IO, ERR_UNAUTHORISED when group or others may
 * read or write it, ERR_FORMAT when it is not a plain file, ERR_LIMIT when it is longer than cap.
 * On error out is wiped and *len is 0. */
MUST_CHECK enum err private_file_read(const char *path, bool is_guarded, uint8_t *out, size_t cap,
                                      size_t *len, struct problem *problem);

/* Writes a new file with mode 0600, through a temporary neighbour. Returns OK once file and folder
 * are on disk, or with *problem set: ERR_DUPLICATE when the name is taken, ERR_LIMIT when the path
 * is too long, ERR_IO. On error nothing is left behind. */
MUST_CHECK enum err private_file_write(const char *path, struct bytes content,
                                       struct problem *problem);

#endif
