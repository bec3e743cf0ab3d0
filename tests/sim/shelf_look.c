/*
 * Goal: let tests see what a node keeps, and take a body away from it.
 * Method: lookups in the arrays. The digest covers the order in which things came, too: two shelves
 * with the same content by different ways need not have the same.
 */
#include "protocol/entry.h"
#include "protocol/retag.h"
#include "tests/sim/shelf_internal.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct bytes shelf_fork(const struct shelf *s, const uint8_t author[32], uint32_t feed_epoch)
{
    const struct fork_note *n = shelf_fork_note(s, author, feed_epoch);
    return n == NULL ? bytes_of(NULL, 0) : bytes_of(n->proof, n->len);
}

size_t shelf_witnessed(const struct shelf *s, const uint8_t author[32], struct checkpoint *newest)
{
    size_t count = 0;
    for (size_t i = 0; i < s->witnessed_count; i++) {
        if (memcmp(s->witnessed[i].checkpoint.author, author, 32) != 0)
            continue;
        *newest = s->witnessed[i].checkpoint;
        count++;
    }
    return count;
}

struct bytes shelf_peer_seen(const struct shelf *s, const uint8_t author[32])
{
    struct bytes rows = bytes_of(NULL, 0);
    for (size_t i = 0; i < s->seen_count; i++)
        if (!s->seen[i].is_own && memcmp(s->seen[i].author, author, 32) == 0)
            rows = bytes_of(s->seen[i].rows, s->seen[i].len);
    return rows;
}

/* Whether the retag at index of a lane counts: what it names is in force and held, and it is the
 * newest for its key period. */
static bool retag_counts(const struct shelf *s, const struct lane *l, uint64_t index)
{
    struct body b, target;
    struct retag r, later;
    const struct item *it = &l->items[index];
    const uint8_t *tags;
    if (body_decode(bytes_of(it->body, it->body_len), &b) != OK || !retag_of(&b, &r))
        return false;
    const struct item *named = &l->items[b.ref_plus_one - 1];
    if (named->state != STATE_HELD || it->correction.retracted_plus_one != 0 ||
        body_decode(bytes_of(named->body, named->body_len), &target) != OK ||
        target.type == ENTRY_RETAG || entry_tags(&target, &tags) == 0 ||
        shelf_force(s, l->rec.author, b.ref_plus_one - 1) != FORCE_YES)
        return false;
    for (uint64_t i = index + 1; i < l->count; i++) {
        struct body other;
        if (l->items[i].state == STATE_HELD &&
            body_decode(bytes_of(l->items[i].body, l->items[i].body_len), &other) == OK &&
            retag_of(&other, &later) && other.ref_plus_one == b.ref_plus_one &&
            later.epoch == r.epoch)
            return false;
    }
    return true;
}

static bool counts(const struct shelf *s, const struct lane *l, uint64_t index)
{
    struct body b;
    const struct item *it = &l->items[index];
    if (body_decode(bytes_of(it->body, it->body_len), &b) == OK && b.type == ENTRY_RETAG)
        return retag_counts(s, l, index);
    return shelf_force(s, l->rec.author, index) == FORCE_YES;
}

size_t shelf_find_tag(const struct shelf *s, const uint8_t tag[16], uint32_t day)
{
    size_t hits = 0;
    for (size_t i = 0; i < s->lane_count; i++)
        for (size_t k = 0; k < s->lanes[i].count; k++) {
            const struct item *it = &s->lanes[i].items[k];
            bool is_found = false;
            for (size_t t = 0; t < it->tag_count; t++)
                is_found = is_found || memcmp(it->tags + t * TAG_BYTES, tag, 16) == 0;
            hits += is_found && it->expires_day >= day && counts(s, &s->lanes[i], k);
        }
    return hits;
}

void shelf_lose_body(struct shelf *s, const uint8_t author[32], uint64_t index)
{
    struct item *it = shelf_item(s, author, index);
    assert(it != NULL);
    free(it->body);
    it->body = NULL;
    it->body_len = 0;
    it->tag_count = 0;
    it->state = STATE_OWED;
    shelf_lane(s, author)->rec.owed++;
}

size_t shelf_receipts(const struct shelf *s, uint64_t index)
{
    size_t n = 0;
    for (size_t i = 0; i < s->receipt_count; i++)
        n += s->receipts[i].index == index;
    return n;
}

uint32_t shelf_charged(const struct shelf *s, const uint8_t member[32])
{
    uint32_t points = 0;
    for (size_t i = 0; i < s->charged_count; i++)
        if (s->charged[i].factor_epoch == 0 && memcmp(s->charged[i].member, member, 32) == 0)
            points += s->charged[i].points;
    return points;
}

uint32_t shelf_charged_on(const struct shelf *s, const uint8_t member[32], uint32_t day)
{
    uint32_t points = 0;
    for (size_t i = 0; i < s->charged_count; i++)
        if (s->charged[i].day == day && memcmp(s->charged[i].member, member, 32) == 0)
            points += s->charged[i].points;
    return points;
}

uint64_t shelf_list_version(const struct shelf *s)
{
    uint64_t newest = 0;
    for (size_t i = 0; i < s->paper_count; i++)
        if (!s->papers[i].is_rival && s->papers[i].version > newest)
            newest = s->papers[i].version;
    return newest;
}

bool shelf_has_receipt(const struct shelf *s, const uint8_t peer[32], uint64_t index)
{
    for (size_t i = 0; i < s->receipt_count; i++)
        if (s->receipts[i].index == index && memcmp(s->receipts[i].author, peer, 32) == 0)
            return true;
    return false;
}

size_t shelf_past(const struct shelf *s, const uint8_t author[32], uint32_t day)
{
    const struct lane *l = shelf_lane(s, author);
    size_t past = 0;
    for (size_t i = 0; l != NULL && i < l->count; i++)
        past += l->items[i].body_len > 0 && l->items[i].expires_day != 0 &&
                l->items[i].expires_day < day;
    return past;
}

bool shelf_is_charged_once(const struct shelf *s)
{
    for (size_t i = 0; i < s->charged_count; i++)
        for (size_t k = 0; k < i; k++)
            if (s->charged[i].is_request && s->charged[k].is_request &&
                memcmp(s->charged[i].member, s->charged[k].member, 32) == 0 &&
                memcmp(s->charged[i].request, s->charged[k].request, 16) == 0)
                return false;
    return true;
}

uint64_t shelf_size(const struct shelf *s, const uint8_t author[32])
{
    const struct lane *l = shelf_lane(s, author);
    return l == NULL ? 0 : l->count;
}

size_t shelf_receipts_due(const struct shelf *s)
{
    return s->due_count;
}

const struct feed_record *shelf_record(const struct shelf *s, const uint8_t author[32])
{
    const struct lane *l = shelf_lane(s, author);
    return l == NULL ? NULL : &l->rec;
}

struct bytes shelf_tags(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = shelf_item(s, author, index);
    return it == NULL ? bytes_of(NULL, 0) : bytes_of(it->tags, it->tag_count * TAG_BYTES);
}

struct bytes shelf_body(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = shelf_item(s, author, index);
    return it == NULL ? bytes_of(NULL, 0) : bytes_of(it->body, it->body_len);
}

enum entry_state shelf_state(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = shelf_item(s, author, index);
    return it == NULL ? STATE_NONE : it->state;
}

bool shelf_is_alert(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = shelf_item(s, author, index);
    return it != NULL && it->is_alert;
}

struct correction shelf_correction(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = shelf_item(s, author, index);
    return it == NULL ? (struct correction){0} : it->correction;
}

enum force shelf_force(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = shelf_item(s, author, index);
    struct body b;
    enum err e = it == NULL ? ERR_NOT_FOUND : body_decode(bytes_of(it->body, it->body_len), &b);
    assert(e == OK);
    struct lineage l = correction_lineage(index, &b);
    struct correction original = shelf_correction(s, author, l.original);
    struct correction previous = shelf_correction(s, author, l.previous);
    return correction_judge(index, &it->correction, &original, &previous);
}

enum err shelf_reason(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = shelf_item(s, author, index);
    return it == NULL ? OK : it->reason;
}

void shelf_digest(const struct shelf *s, uint8_t out[32])
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, 32);
    for (size_t i = 0; i < s->lane_count; i++) {
        const struct lane *l = &s->lanes[i];
        crypto_generichash_update(&st, (const uint8_t *)&l->rec, sizeof l->rec);
        for (size_t k = 0; k < l->count; k++) {
            const struct item *it = &l->items[k];
            uint8_t state[2] = {(uint8_t)it->state, (uint8_t)it->reason};
            crypto_generichash_update(&st, it->header, HEADER_BYTES);
            crypto_generichash_update(&st, state, sizeof state);
            crypto_generichash_update(&st, it->body, it->body_len);
            crypto_generichash_update(&st, it->tags, it->tag_count * TAG_BYTES);
            uint64_t by[2] = {it->correction.retracted_plus_one, it->correction.erased_plus_one};
            crypto_generichash_update(&st, (const uint8_t *)by, sizeof by);
        }
    }
    crypto_generichash_update(&st, (const uint8_t *)s->charged,
                              s->charged_count * sizeof *s->charged);
    crypto_generichash_update(&st, (const uint8_t *)s->surged, s->surged_count * sizeof *s->surged);
    crypto_generichash_update(&st, (const uint8_t *)s->due, s->due_count * sizeof *s->due);
    crypto_generichash_update(&st, (const uint8_t *)s->receipts,
                              s->receipt_count * sizeof *s->receipts);
    for (size_t i = 0; i < s->paper_count; i++)
        crypto_generichash_update(&st, s->papers[i].hash, 32);
    crypto_generichash_update(&st, (const uint8_t *)s->marks, sizeof s->marks);
    crypto_generichash_update(&st, (const uint8_t *)s->forks, s->fork_count * sizeof s->forks[0]);
    uint8_t pouch[32];
    pouch_digest(&s->pouch, pouch);
    crypto_generichash_update(&st, pouch, sizeof pouch);
    crypto_generichash_final(&st, out, 32);
}

struct pouch *shelf_pouch(struct shelf *s)
{
    return &s->pouch;
}
