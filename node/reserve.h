/*
 * reserve.h - room on the disk that the store keeps back, for when the disk is full.
 *
 * A file of zeros beside the database, NODE.DB-reserve, whose blocks are really there. A write that
 * finds the disk full takes a piece of it (the file becomes shorter by that much) and is tried
 * again, so that a commit under way does not fail. From then on the disk is tight: the node takes
 * in nothing that can wait, and what is left of the reserve is there for what cannot: erasing,
 * retracting, counting what was asked. Once there is room again the file is filled up, and the disk
 * is no longer tight.
 *
 * The disk is tight before it is full, too: what is under way must still fit. On a disk that many
 * share, another program may take what the reserve gave before the store does; then the reserve is
 * used up sooner.
 */
#ifndef NODE_RESERVE_H
#define NODE_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RESERVE_STEP_BYTES = 1024 * 1024,       /* what one write takes */
    RESERVE_TIGHT_BYTES = 16 * 1024 * 1024, /* with less free than this, the disk is tight ... */
    RESERVE_EASY_BYTES = 32 * 1024 * 1024,  /* ... until more than this is */
    RESERVE_PATH_BYTES = 4096 + 16,
};

struct reserve {
    int fd; /* -1: there is none */
    char path[RESERVE_PATH_BYTES];
    uint64_t held, wanted; /* bytes */
    uint64_t free_bytes;   /* on the disk, for this user, beside what is held */
    bool is_tight;
};

/* Takes hold of the reserve beside a database, if there is one; makes none. */
void reserve_open(struct reserve *r, const char *database);
void reserve_close(struct reserve *r);

/* How large it is to be; 0 does away with it. Takes effect with the next review. */
void reserve_want(struct reserve *r, uint64_t bytes);

/* Looks at the disk, fills up or cuts back the reserve, and says whether the disk is tight. */
bool reserve_review(struct reserve *r);

/* Gives up one step; false if there is nothing left to give. */
bool reserve_give(struct reserve *r);

#endif
