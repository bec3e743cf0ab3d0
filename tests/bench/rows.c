#include "tests/bench/rows.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

static void fill_one(struct rows *r, size_t i, uint64_t index, const uint8_t *random)
{
    struct effect_entry *e = &r->entry[i];
    uint8_t *body = r->body[i];
    uint8_t *payload = body + BODY_FIXED_BYTES;
    struct pack p = pack_of(body, ROWS_BODY_BYTES);
    memset(body, 0, ROWS_BODY_BYTES);
    pack_copy(&p, random, SALT_BYTES);
    pack_u8(&p, ENTRY_SIGNAL);
    pack_u8(&p, 0);
    pack_u16(&p, 0);
    pack_u32(&p, ROWS_DAY);
    pack_u64(&p, 0);
    pack_u8(&p, 1);
    pack_u8(&p, ROWS_TAGS);
    pack_copy(&p, random + SALT_BYTES, (size_t)ROWS_TAGS * TAG_BYTES);
    uint32_t spread = (uint32_t)(random[0] | random[1] << 8 | random[2] << 16);
    struct header h = {.version = HEADER_VERSION,
                       .body_units = 1,
                       .expires_day = ROWS_DAY + 1 + spread % ROWS_DAYS,
                       .index = index};
    for (unsigned t = 0; t < ROWS_TAGS; t++) /* ascending, as in a signal */
        payload[2 + t * TAG_BYTES] = (uint8_t)((payload[2 + t * TAG_BYTES] & 0x3F) | t << 6);
    body_commit(r->author, index, bytes_of(body, ROWS_BODY_BYTES), h.commit);
    header_encode(&h, r->header[i]);
    *e = (struct effect_entry){.index = index,
                               .header = r->header[i],
                               .body = bytes_of(body, ROWS_BODY_BYTES),
                               .state = STATE_HELD,
                               .type = ENTRY_SIGNAL,
                               .expires_day = h.expires_day,
                               .tag_count = ROWS_TAGS,
                               .tags = payload + 2};
}

void rows_fill(struct rows *r, uint64_t first, size_t count)
{
    assert(count <= BATCH_ENTRIES_MAX);
    memset(r->author, 0xA1, AUTHOR_BYTES);
    r->count = count;
    for (size_t i = 0; i < count; i++) {
        uint8_t seed[randombytes_SEEDBYTES] = "rows";
        uint8_t random[SALT_BYTES + ROWS_TAGS * TAG_BYTES];
        struct pack p = pack_of(seed + 8, sizeof seed - 8);
        pack_u64(&p, first + i);
        randombytes_buf_deterministic(random, sizeof random, seed);
        fill_one(r, i, first + i, random);
    }
}

double rows_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
