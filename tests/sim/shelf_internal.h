/* shelf_internal.h - what the files of the shelf share. Only shelf*.c include it. */
#ifndef TESTS_SIM_SHELF_INTERNAL_H
#define TESTS_SIM_SHELF_INTERNAL_H

#include "protocol/fork.h"
#include "protocol/tag.h"
#include "tests/sim/shelf.h"

enum { SHELF_PAPERS_MAX = 32 };

struct item {
    uint8_t header[HEADER_BYTES];
    uint8_t *body;
    size_t body_len;
    enum entry_state state;
    enum err reason;
    uint32_t expires_day;
    uint8_t tags[SIGNAL_TAGS_MAX * TAG_BYTES];
    size_t tag_count;
    bool is_alert;
    bool is_lost; /* missing; what takes it back is known */
    struct correction correction;
};

struct tile {
    uint8_t tile;
    uint64_t position;
    uint8_t root[HASH_BYTES];
};

struct lane {
    struct feed_record rec;
    struct item *items;
    size_t count;
    struct tile *tiles;
    size_t tile_count;
};

struct note {
    uint8_t author[32];
    uint64_t index;
};

struct charged {
    uint8_t member[32];
    uint8_t request[16];
    uint8_t hash[32];
    uint32_t day;
    uint32_t used;
    uint32_t points;
    uint8_t purpose[32];
    bool is_request;
    uint32_t factor_epoch; /* charged as use of that factor; 0: as use of that day's budget */
};

struct surged {
    uint8_t member[32];
    uint64_t index;
    uint32_t day;
    uint32_t elements;
};

struct witnessed {
    struct checkpoint checkpoint;
    uint8_t raw[CHECKPOINT_SIGNED_BYTES];
};

struct seen {
    uint8_t author[32]; /* whose; of the node itself where is_own */
    bool is_own;
    uint8_t hash[32];
    uint8_t *rows;
    size_t len;
};

struct paper {
    uint64_t version;
    uint8_t hash[32];
    uint8_t *data;
    size_t len;
    bool is_rival;
};

struct fork_note {
    uint8_t author[32];
    uint32_t feed_epoch;
    size_t len;
    uint8_t proof[FORK_BYTES_MAX];
};

struct shelf {
    struct pouch pouch;
    struct lane lanes[64];
    size_t lane_count;
    struct charged *charged;
    size_t charged_count;
    struct surged *surged;
    size_t surged_count;
    struct note *due;
    size_t due_count;
    struct note *receipts; /* author: who acknowledged; index: our entry */
    size_t receipt_count;
    struct paper papers[SHELF_PAPERS_MAX];
    size_t paper_count;
    uint64_t marks[MARK_COUNT];
    struct witnessed *witnessed;
    size_t witnessed_count;
    struct seen *seen;
    size_t seen_count;
    struct fork_note forks[64];
    size_t fork_count;
};

/* Room for one more; what is held is always room for the next power of two. */
void *shelf_grow(void *p, size_t count, size_t size);

/* A copy that shelf_grow can go on from; NULL if len is 0. */
void *shelf_duplicate(const void *p, size_t len);

/* Borrowed until the shelf changes; NULL if there is none. */
struct lane *shelf_lane(const struct shelf *s, const uint8_t author[32]);
struct item *shelf_item(const struct shelf *s, const uint8_t author[32], uint64_t index);
struct fork_note *shelf_fork_note(const struct shelf *s, const uint8_t author[32], uint32_t epoch);

#endif
