/*
 * plain_file.h - files without secrets that commands read and write: member lists, cards, settings.
 *
 * Reading takes what is there; writing replaces the whole file or leaves it as it was, and has
 * reached the disk when it returns.
 */
#ifndef NODE_PLAIN_FILE_H
#define NODE_PLAIN_FILE_H

#include "node/problem.h"
#include "proto/bytes.h"
#include "proto/err.h"

/* Reads a whole file of at most cap bytes; "-" is standard input. *out is to be freed and ends in a
 * zero beyond its length. Returns OK, or with *problem set and *out NULL: ERR_NOT_FOUND, ERR_IO,
 * ERR_LIMIT when it is longer than cap. */
MUST_CHECK enum err plain_file_read(const char *path, size_t cap, uint8_t **out, size_t *len,
                                    struct problem *problem);

/* Writes a file, in place of one that is there; a new one has mode 0644 less the umask, an old one
 * keeps its mode. Returns OK once it is on disk, or with *problem set and nothing changed: ERR_IO,
 * ERR_LIMIT when the path is too long. */
MUST_CHECK enum err plain_file_write(const char *path, struct bytes content,
                                     struct problem *problem);

/* As plain_file_write, and ERR_DUPLICATE when there is a file of that name. */
MUST_CHECK enum err plain_file_create(const char *path, struct bytes content,
                                      struct problem *problem);

#endif
