/*
 * fuzz_account.c - notices, pages of what keyholders charged, and the desk's records of asking.
 *
 * The first byte chooses. A notice that decodes is written again to the same bytes; a page is
 * signed by nobody, so that its check comes to rows only where the signature is made here; a record
 * that decodes is written again to the same bytes but for zeros.
 */
#include <sodium.h>

#include "node/asking.h"
#include "protocol/account.h"
#include "protocol/entry.h"
#include "protocol/notice.h"
#include "tests/fuzz/fuzz.h"

static void try_notice(struct bytes in)
{
    struct notice n;
    uint8_t again[NOTICE_BYTES_MAX];
    MARK(&n);
    if (notice_decode(in, &n) != OK) {
        CHECK(IS_UNTOUCHED(&n));
        return;
    }
    size_t len = notice_encode(&n, again);
    CHECK(len <= in.len && memcmp(in.data, again, len) == 0);
    CHECK(payload_is_padding(bytes_of(in.data + len, in.len - len)));
}

static void try_judge(struct bytes in)
{
    struct unpack u = unpack_of(in);
    struct header h = {.expires_day = unpack_u8(&u), .index = unpack_u8(&u)};
    struct body b = {.type = ENTRY_NOTICE, .day = unpack_u32(&u), .ref_plus_one = unpack_u8(&u)};
    b.payload = bytes_of(u.at, u.left);
    struct notice n;
    if (notice_judge(&h, &b) == OK)
        CHECK(notice_decode(b.payload, &n) == OK && h.expires_day == 0);
}

static void try_page(struct bytes in)
{
    struct unpack u = unpack_of(in);
    uint8_t seed[32], public_key[32], secret[64], text[ACCOUNT_TEXT_BYTES];
    struct account_page p = {.month = unpack_u32(&u)};
    struct account_row row;
    uint32_t first, last;
    unpack_copy(&u, p.after, REQUEST_BYTES);
    p.rows = bytes_of(u.at, u.left);
    fuzz_seed(1, seed);
    crypto_sign_seed_keypair(public_key, secret, seed);
    CHECK(account_page_check(&p, public_key) != OK);
    account_page_text(&p, text);
    crypto_sign_detached(p.signature, NULL, text, sizeof text, secret);
    if (account_page_check(&p, public_key) != OK)
        return;
    CHECK(account_month_days(p.month, &first, &last) == OK);
    for (size_t i = 0; i < p.rows.len / ACCOUNT_ROW_BYTES; i++) {
        uint8_t again[ACCOUNT_ROW_BYTES];
        account_row_decode(p.rows, i, &row);
        account_row_encode(&row, again);
        CHECK(memcmp(again, p.rows.data + i * ACCOUNT_ROW_BYTES, sizeof again) == 0);
        CHECK(row.day >= first && row.day <= last);
    }
}

static void try_asking(struct bytes in)
{
    struct asking a;
    uint8_t again[ASKING_BYTES];
    MARK(&a);
    if (asking_decode(in, &a) != OK) {
        CHECK(IS_UNTOUCHED(&a));
        return;
    }
    CHECK(strlen(a.record.purpose) <= REFERENCE_BYTES_MAX);
    CHECK(strlen(a.record.vacancy) <= REFERENCE_BYTES_MAX);
    asking_encode(&a, again);
    CHECK(in.len > 2 && memcmp(in.data, again, 2 + 64 + 1 + 4 + 4 + 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static void (*const tries[])(struct bytes) = {try_notice, try_judge, try_page, try_asking};
    if (len == 0)
        return 0;
    tries[data[0] % (sizeof tries / sizeof tries[0])](bytes_of(data + 1, len - 1));
    return 0;
}
