/*
 * disk.h - a file for decoders that read from a path.
 *
 * One file a process, in memory where the system has such a folder, of mode 0600.
 */
#ifndef TESTS_FUZZ_DISK_H
#define TESTS_FUZZ_DISK_H

#include "proto/bytes.h"

/* The folder of this process, made at the first call and removed at its end. Valid for ever. */
const char *disk_folder(void);

/* Writes a file of that name there, in place of one that is there, and returns its path: borrowed
 * until the next call with the same name. */
const char *disk_write(const char *name, struct bytes content);

#endif
