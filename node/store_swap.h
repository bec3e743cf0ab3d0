/*
 * store_swap.h - puts a newly written store in the place of the old one, whole or not at all.
 *
 * The new file is written beside the old one, closed, and made durable. From then on it is the
 * store, whatever happens: the old log must not be read with the new file, so it goes first, and
 * whoever opens the store finishes what was begun.
 */
#ifndef NODE_STORE_SWAP_H
#define NODE_STORE_SWAP_H

#include <stdbool.h>
#include <stddef.h>

enum { STORE_PATH_BYTES = 4096 + 16 };

/* PATH-new, made empty for its owner alone; what lay there is deleted. False if it cannot be. */
bool store_swap_begin(const char *path, char fresh[STORE_PATH_BYTES]);

/* The new file is complete and closed, the old one closed: puts it in its place. False, with the
 * old one still there or the new one to be found by store_swap_finish. */
bool store_swap_in(const char *path);

/* Finishes a swap that was begun. False where that cannot be done. */
bool store_swap_finish(const char *path);

/* PATH and an ending, and whether that fits. */
bool store_swap_name(const char *path, const char *ending, char out[STORE_PATH_BYTES]);

#endif
