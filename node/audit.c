#include "node/audit.h"

#include <sodium.h>
#include <string.h>

#include "node/words.h"
#include "protocol/account.h"

static bool read_hex(const json_t *record, const char *name, uint8_t *out, size_t len)
{
    const char *hex = words_text(record, name);
    size_t got;
    return sodium_hex2bin(out, len, hex, strlen(hex), NULL, &got, NULL) == 0 && got == len;
}

static bool read_text(const json_t *record, const char *name, char out[REFERENCE_BYTES_MAX + 1])
{
    const char *text = words_text(record, name);
    if (strlen(text) > REFERENCE_BYTES_MAX)
        return false;
    strcpy(out, text);
    return true;
}

bool audit_commitment(const json_t *record, char out[2 * HASH_BYTES + 1])
{
    struct account_record r = {.kind = RECORD_PUBLICATION};
    uint8_t commitment[HASH_BYTES];
    long long elements = words_number(record, "elements");
    if (strcmp(words_text(record, "kind"), "consult") == 0)
        r.kind = RECORD_CONSULT;
    else if (strcmp(words_text(record, "kind"), "publication") != 0)
        return false;
    if (!read_hex(record, "salt", r.salt, sizeof r.salt) ||
        !read_hex(record, "seed_hash", r.seed_hash, sizeof r.seed_hash) ||
        !read_text(record, "purpose", r.purpose) || !read_text(record, "vacancy", r.vacancy) ||
        elements < 1 || elements > EVALUATION_POINTS_MAX)
        return false;
    r.elements = (uint32_t)elements;
    account_commit(&r, commitment);
    sodium_bin2hex(out, 2 * HASH_BYTES + 1, commitment, HASH_BYTES);
    return true;
}

static void differ(json_t *list, const char *what, const json_t *row, const json_t *record)
{
    const json_t *any = row != NULL ? row : record;
    json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s,s:s}", "what", what, "keyholder",
                                          row != NULL ? words_text(row, "keyholder") : "",
                                          "request", words_text(any, "request"), "day",
                                          words_text(any, "day"), "purpose",
                                          record != NULL ? words_text(record, "purpose") : ""));
}

/* One row beside the record with its commitment, or with its request's number. */
static void compare_row(json_t *list, const json_t *row, const json_t *by_commitment,
                        const json_t *by_request)
{
    const json_t *record = json_object_get(by_commitment, words_text(row, "commitment"));
    if (record == NULL) {
        record = json_object_get(by_request, words_text(row, "request"));
        differ(list, record != NULL ? "other-purpose" : "no-record", row, record);
        return;
    }
    if (strcmp(words_text(row, "points_hash"), words_text(record, "points_hash")) != 0)
        differ(list, "other-points", row, record);
    else if (words_number(row, "points") != words_number(record, "points") ||
             words_number(record, "elements") > words_number(record, "points"))
        differ(list, "other-count", row, record);
}

json_t *audit_compare(const json_t *records, const json_t *rows, size_t unheard)
{
    json_t *list = json_array(), *by_commitment = json_object(), *by_request = json_object();
    json_t *seen = json_object(), *value;
    size_t i;
    char commitment[2 * HASH_BYTES + 1];
    json_array_foreach(records, i, value)
    {
        if (!audit_commitment(value, commitment)) {
            differ(list, "no-record-form", NULL, value);
            continue;
        }
        json_object_set(by_commitment, commitment, value);
        json_object_set(by_request, words_text(value, "request"), value);
    }
    json_array_foreach(rows, i, value)
    {
        const char *key = words_text(value, "commitment");
        compare_row(list, value, by_commitment, by_request);
        json_object_set_new(seen, key, json_integer(1 + words_number(seen, key)));
    }
    const char *key;
    json_object_foreach(by_commitment, key, value)
    {
        bool is_answered = strcmp(words_text(value, "state"), "answered") == 0;
        long long found = words_number(seen, key) + (long long)unheard;
        if (is_answered && found < words_number(value, "needed"))
            differ(list, "no-request", NULL, value);
    }
    json_decref(by_commitment);
    json_decref(by_request);
    json_decref(seen);
    return list;
}
