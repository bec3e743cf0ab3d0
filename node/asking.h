/*
 * asking.h - the record of one evaluation that this node had made: what it was for, and what
 * keyholders saw of it. Kept sealed; nothing in it says about whom it was.
 *
 * Sealed as post_seal.h says, in the place named by the first 16 bytes of its commitment:
 *
 *     version u8 = 2 | state u8 | salt[32] | seed[32] | kind u8 | elements u32 | points u32
 *     | needed u8 | request[16] | points_hash[32] | length u8 | purpose | length u8 | vacancy;
 * zeros
 */
#ifndef NODE_ASKING_H
#define NODE_ASKING_H

#include <jansson.h>

#include "federation/effect.h"
#include "protocol/account.h"

enum asking_state {
    ASKING_BEGUN = 1, /* committed to, and not sent yet */
    ASKING_SENT,
    ASKING_ANSWERED,
    ASKING_FAILED, /* too few keyholders answered; some may have */
};

struct asking {
    enum asking_state state;
    struct account_record record;
    uint8_t seed[32]; /* of the blinds; never leaves the node */
    uint8_t commitment[HASH_BYTES];
    uint8_t request[REQUEST_BYTES];
    uint8_t points_hash[HASH_BYTES];
    uint32_t points; /* padding included */
    uint32_t needed; /* keyholders */
    uint32_t day;    /* on which it was begun; stands beside it */
};

enum {
    ASKING_BYTES =
        2 + 64 + 1 + 4 + 4 + 1 + REQUEST_BYTES + HASH_BYTES + 2 * (1 + REFERENCE_BYTES_MAX)
};

void asking_encode(const struct asking *a, uint8_t out[ASKING_BYTES]);
/* ERR_VERSION for a record of older software, of which nothing can be shown; ERR_FORMAT. */
MUST_CHECK enum err asking_decode(struct bytes plain, struct asking *out);

/* What an auditor may see of it: everything but the seed. */
json_t *asking_json(const struct asking *a);

#endif
