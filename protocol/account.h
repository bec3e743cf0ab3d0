/*
 * account.h - what keyholders account for: who asked how much, and committed to which purpose.
 *
 * With every request a member commits to a record that it keeps: what the question was for. The
 * keyholder keeps that commitment, and the hash of the blinded points. In a page of an account it
 * gives both back, signed: to the member that asked, and to auditors. A member that opens its
 * records to an auditor can leave out none, and change none.
 *
 * A record has no name and no match key. The seed of the blinds stands in it as a hash alone: with
 * the seed somebody could try whether a person that he has in mind was asked about.
 *
 * Pure.
 */
#ifndef PROTOCOL_ACCOUNT_H
#define PROTOCOL_ACCOUNT_H

#include "proto/limits.h"
#include "protocol/feed.h"

enum {
    REQUEST_BYTES = 16,
    ACCOUNT_ROW_BYTES = REQUEST_BYTES + 4 + 4 + 2 * HASH_BYTES,
    ACCOUNT_ROWS_MAX = 500,   /* of one page */
    ACCOUNT_MONTHS_KEPT = 13, /* whole months before this one of which each request is kept */
    ACCOUNT_TEXT_BYTES = 18 + 2 * AUTHOR_BYTES + 4 + REQUEST_BYTES + 4 * 8 + 1 + HASH_BYTES,
};

enum record_kind { RECORD_CONSULT = 1, RECORD_PUBLICATION };

/* What a member commits to with one request. */
struct account_record {
    uint8_t salt[32];
    uint8_t seed_hash[HASH_BYTES]; /* account_seed_hash */
    uint8_t kind;                  /* enum record_kind */
    uint32_t elements;             /* that stand for something; the others are padding */
    char purpose[REFERENCE_BYTES_MAX + 1];
    char vacancy[REFERENCE_BYTES_MAX + 1]; /* "" if none was named */
};

/* BLAKE2b-256("seinpost/v1/blind-seed" || seed). */
void account_seed_hash(const uint8_t seed[32], uint8_t out[HASH_BYTES]);

/* BLAKE2b-256(key = salt, "seinpost/v1/purpose" || seed_hash[32] || kind u8 || elements u16
 * || length u8 || purpose || length u8 || vacancy). */
void account_commit(const struct account_record *r, uint8_t out[HASH_BYTES]);

/* BLAKE2b-256("seinpost/v1/points" || points). */
void account_points_hash(struct bytes points, uint8_t out[HASH_BYTES]);

/* One request, as a keyholder counted it:
 *     request[16] | day u32 | points u32 | points_hash[32] | purpose[32] */
struct account_row {
    uint8_t request[REQUEST_BYTES];
    uint32_t day;
    uint32_t points;
    uint8_t points_hash[HASH_BYTES];
    uint8_t purpose[HASH_BYTES];
};
void account_row_encode(const struct account_row *r, uint8_t out[ACCOUNT_ROW_BYTES]);
/* Row i of packed ones, which has to be there. */
void account_row_decode(struct bytes rows, size_t i, struct account_row *out);

/* What a keyholder charged to one member in one month. */
struct account_totals {
    uint64_t requests;
    uint64_t elements; /* of all of them */
    uint64_t surge;    /* those of them that were beyond the daily budgets, under an allowance */
};

/* One page. Rows ascend by request, and come after the request "after". */
struct account_page {
    uint8_t keyholder[AUTHOR_BYTES];
    uint8_t member[AUTHOR_BYTES];
    uint32_t month;               /* 202611 */
    uint8_t after[REQUEST_BYTES]; /* zeros: from the first on */
    struct account_totals totals; /* of the month, not of the page */
    bool has_more;
    uint64_t restored_utc; /* when the keyholder's store was put back from a backup; 0 never */
    struct bytes rows;
    uint8_t signature[SIGNATURE_BYTES];
};

/* "seinpost/v1/totals" || keyholder || member || month u32 || after[16] || requests u64
 * || elements u64 || surge u64 || more u8 || restored u64 || BLAKE2b-256(rows). */
void account_page_text(const struct account_page *p, uint8_t out[ACCOUNT_TEXT_BYTES]);

/* ERR_SIGNATURE unless it is signed with this feed key; ERR_LIMIT for too many rows; ERR_FORMAT for
 * rows that are cut short, ERR_SEQUENCE for rows that do not ascend, ERR_RANGE for a month that is
 * none, or rows of other days. The caller uses nothing of it then. */
MUST_CHECK enum err account_page_check(const struct account_page *p,
                                       const uint8_t feed_key[KEY_BYTES]);

/* Months are written 202611. Of a day; the first and the last day of one, ERR_RANGE if it is none;
 * the one so many months earlier, not before 197001. */
uint32_t account_month(uint32_t day);
MUST_CHECK enum err account_month_days(uint32_t month, uint32_t *first, uint32_t *last);
uint32_t account_month_back(uint32_t month, uint32_t months);

#endif
