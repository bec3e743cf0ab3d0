/*
 * store.h - the one file in which a node keeps everything: node.db, an SQLite database.
 *
 * What the core asks to persist goes in by store_write.h; what the core and the desk ask comes out
 * by store_read.h. Writes gather in one transaction, which the first of them opens, until
 * store_commit makes them durable together (group commit): the caller applies the PERSIST effects
 * of many steps, commits once, and only then lets the SENDs go. Reads see what is not committed
 * yet.
 *
 * Failure. The first error of SQLite or the disk ends the store: it is remembered, everything after
 * it returns ERR_IO and changes nothing, and store_error_text says what happened. A commit whose
 * fsync failed is not repeated, since a second fsync may succeed although the data is lost. The
 * caller therefore treats any ERR_IO of the store as fatal: exit, start again, compare with peers.
 * Reads that have no way to report an error answer "nothing there" and make the next store_commit
 * fail, so nothing that was concluded from such an answer gets out.
 *
 * A full disk is a failure only when the reserve is used up (reserve.h).
 *
 * Erasure. A commit that erased a body checkpoints and empties the log at once; with store_scrub.h
 * nothing of the body is then left in either file. (Blocks that a file system or a disk gave up on
 * its own are beyond reach.)
 *
 * One connection, one thread: no function may be called while another one runs, nor from within a
 * callback of store_read.h, except the reads that say so.
 */
#ifndef NODE_STORE_H
#define NODE_STORE_H

#include "node/problem.h"
#include "proto/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    STORE_SCHEMA = 4,               /* version of the tables; user_version of the file */
    STORE_APPLICATION = 0x53505354, /* "SPST"; application_id of the file */
    STORE_CACHE_KIB = 16 * 1024,
    STORE_LOG_PAGES = 2048,     /* log length (16 MiB) at which a commit copies it into the file */
    STORE_LOG_PAGES_TIGHT = 64, /* the same where room on the disk is tight */
    STORE_LOG_BYTES_KEPT = 32 * 1024 * 1024,  /* a longer log file is cut back */
    STORE_CHECK_BYTES_MAX = 64 * 1024 * 1024, /* a file up to this size is checked at open */
};

/* What became of a version of something that this organisation registered; RETAG: the tags that
 * were made of one for a later key period went with it. */
enum version_end { VERSION_ERASED = 1, VERSION_REPLACED, VERSION_ALERT_REPLACED, VERSION_RETAG };
struct store_version {
    uint64_t original; /* index of the entry with which it began */
    enum version_end became;
};

struct store;

/* Opens the file, or creates it with mode 0600, finishes what a crash left in the log, brings
 * tables of an older version up to this one, and holds the file until store_close; no other program
 * can open it meanwhile. Returns OK, or with *problem set for the person and *out NULL: ERR_VERSION
 * a newer version of Seinpost wrote it: install that one ERR_FORMAT   it is not a store, or a
 * damaged one: restore a backup, or move it away ERR_IO       it cannot be read or written, or
 * another program has it open. A file that is refused is left as it was. */
MUST_CHECK enum err store_open(struct store **out, const char *path, struct problem *problem);

/* Drops what was not committed, empties the log into the file, closes. Accepts NULL inside. */
void store_close(struct store **s);

/* Opens the transaction if none is open; writes do so by themselves. ERR_IO: fatal. */
MUST_CHECK enum err store_begin(struct store *s);

/* Whether there is something to commit. */
bool store_is_dirty(const struct store *s);

/* Returns OK once everything written so far is on disk (fsync), erased bodies are gone from file
 * and log, and no read has failed. ERR_IO: fatal, see above. */
MUST_CHECK enum err store_commit(struct store *s);

/* Copies the whole log into the file and empties it. Not inside a transaction. store_commit calls
 * it after an erasure. ERR_IO: fatal. */
MUST_CHECK enum err store_scrub_wal(struct store *s);

/* The path that it was opened with. */
const char *store_path(const struct store *s);

/* Whether something failed, a read too: nothing that was concluded since may leave. */
bool store_has_failed(const struct store *s);

/* The room on the disk under the store, and whether it is tight (reserve.h): then the caller takes
 * in nothing that can wait. reserve_bytes says how much the store is to keep back from now on. To
 * be called again and again, in or out of a transaction. */
struct store_room {
    uint64_t free_bytes;                  /* beside the reserve */
    uint64_t reserve_bytes, reserve_held; /* what is to be kept back, and what is */
    bool is_tight;
};
struct store_room store_room_review(struct store *s, uint64_t reserve_bytes);

/* As the last review left it, but for what writes took from the reserve since. */
struct store_room store_room(const struct store *s);

/* What failed first, for the person; empty if nothing did. Lives as long as the store. */
const char *store_error_text(const struct store *s);

#endif
