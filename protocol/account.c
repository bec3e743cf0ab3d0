#include "protocol/account.h"

#include "protocol/calendar.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { MONTH_FIRST = 197001, MONTH_LAST = 999912 };

static void hash_two(struct bytes domain, struct bytes rest, uint8_t out[HASH_BYTES])
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, HASH_BYTES);
    crypto_generichash_update(&st, domain.data, domain.len);
    crypto_generichash_update(&st, rest.data, rest.len);
    crypto_generichash_final(&st, out, HASH_BYTES);
}

void account_seed_hash(const uint8_t seed[32], uint8_t out[HASH_BYTES])
{
    hash_two(BYTES_LITERAL("seinpost/v1/blind-seed"), bytes_of(seed, 32), out);
}

void account_points_hash(struct bytes points, uint8_t out[HASH_BYTES])
{
    hash_two(BYTES_LITERAL("seinpost/v1/points"), points, out);
}

void account_commit(const struct account_record *r, uint8_t out[HASH_BYTES])
{
    uint8_t room[19 + HASH_BYTES + 1 + 2 + 2 * (1 + REFERENCE_BYTES_MAX)];
    struct pack p = pack_of(room, sizeof room);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/purpose"));
    pack_copy(&p, r->seed_hash, HASH_BYTES);
    pack_u8(&p, r->kind);
    pack_u16(&p, (uint16_t)r->elements);
    pack_u8(&p, (uint8_t)strlen(r->purpose));
    pack_copy(&p, r->purpose, strlen(r->purpose));
    pack_u8(&p, (uint8_t)strlen(r->vacancy));
    pack_copy(&p, r->vacancy, strlen(r->vacancy));
    assert(!p.is_full);
    crypto_generichash(out, HASH_BYTES, room, pack_len(&p), r->salt, sizeof r->salt);
}

void account_row_encode(const struct account_row *r, uint8_t out[ACCOUNT_ROW_BYTES])
{
    struct pack p = pack_of(out, ACCOUNT_ROW_BYTES);
    pack_copy(&p, r->request, REQUEST_BYTES);
    pack_u32(&p, r->day);
    pack_u32(&p, r->points);
    pack_copy(&p, r->points_hash, HASH_BYTES);
    pack_copy(&p, r->purpose, HASH_BYTES);
}

void account_row_decode(struct bytes rows, size_t i, struct account_row *out)
{
    assert((i + 1) * ACCOUNT_ROW_BYTES <= rows.len);
    struct unpack u = unpack_of(bytes_of(rows.data + i * ACCOUNT_ROW_BYTES, ACCOUNT_ROW_BYTES));
    unpack_copy(&u, out->request, REQUEST_BYTES);
    out->day = unpack_u32(&u);
    out->points = unpack_u32(&u);
    unpack_copy(&u, out->points_hash, HASH_BYTES);
    unpack_copy(&u, out->purpose, HASH_BYTES);
}

void account_page_text(const struct account_page *page, uint8_t out[ACCOUNT_TEXT_BYTES])
{
    uint8_t hash[HASH_BYTES];
    crypto_generichash(hash, sizeof hash, page->rows.data, page->rows.len, NULL, 0);
    struct pack p = pack_of(out, ACCOUNT_TEXT_BYTES);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/totals"));
    pack_copy(&p, page->keyholder, AUTHOR_BYTES);
    pack_copy(&p, page->member, AUTHOR_BYTES);
    pack_u32(&p, page->month);
    pack_copy(&p, page->after, REQUEST_BYTES);
    pack_u64(&p, page->totals.requests);
    pack_u64(&p, page->totals.elements);
    pack_u64(&p, page->totals.surge);
    pack_u8(&p, page->has_more);
    pack_u64(&p, page->restored_utc);
    pack_copy(&p, hash, sizeof hash);
    assert(!p.is_full && pack_len(&p) == ACCOUNT_TEXT_BYTES);
}

static enum err check_rows(const struct account_page *p)
{
    uint32_t first, last;
    enum err e = account_month_days(p->month, &first, &last);
    if (e != OK)
        return e;
    const uint8_t *before = p->after;
    bool is_open = sodium_is_zero(p->after, REQUEST_BYTES) == 1; /* nothing comes before */
    for (size_t i = 0; i < p->rows.len / ACCOUNT_ROW_BYTES; i++) {
        struct account_row row;
        account_row_decode(p->rows, i, &row);
        if (row.day < first || row.day > last)
            return ERR_RANGE;
        if (!is_open && memcmp(row.request, before, REQUEST_BYTES) <= 0)
            return ERR_SEQUENCE;
        is_open = false;
        before = p->rows.data + i * ACCOUNT_ROW_BYTES;
    }
    return OK;
}

enum err account_page_check(const struct account_page *p, const uint8_t feed_key[KEY_BYTES])
{
    uint8_t text[ACCOUNT_TEXT_BYTES];
    if (p->rows.len % ACCOUNT_ROW_BYTES != 0)
        return ERR_FORMAT;
    if (p->rows.len / ACCOUNT_ROW_BYTES > ACCOUNT_ROWS_MAX)
        return ERR_LIMIT;
    account_page_text(p, text);
    if (crypto_sign_verify_detached(p->signature, text, sizeof text, feed_key) != 0)
        return ERR_SIGNATURE;
    return check_rows(p);
}

uint32_t account_month(uint32_t day)
{
    struct date d = day_date(day > (uint32_t)DAY_MAX ? DAY_MAX : (int32_t)day);
    return (uint32_t)(d.year * 100 + d.month);
}

static bool first_day(uint32_t month, int32_t *day)
{
    char text[DAY_TEXT_BYTES] = "0000-00-01";
    uint32_t rest = month;
    static const int places[] = {6, 5, 3, 2, 1, 0};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++, rest /= 10)
        text[places[i]] = (char)('0' + rest % 10);
    return day_parse(bytes_of(text, DAY_TEXT_BYTES - 1), day);
}

enum err account_month_days(uint32_t month, uint32_t *first, uint32_t *last)
{
    int32_t from, past = DAY_MAX + 1;
    if (month < MONTH_FIRST || month > MONTH_LAST || !first_day(month, &from))
        return ERR_RANGE;
    uint32_t next = month % 100 == 12 ? month + 89 : month + 1;
    if (month != MONTH_LAST && !first_day(next, &past))
        return ERR_RANGE;
    *first = (uint32_t)from;
    *last = (uint32_t)(past - 1);
    return OK;
}

uint32_t account_month_back(uint32_t month, uint32_t months)
{
    uint32_t count = month / 100 * 12 + month % 100 - 1;
    uint32_t lowest = MONTH_FIRST / 100 * 12;
    count = count > lowest + months ? count - months : lowest;
    return count / 12 * 100 + count % 12 + 1;
}
