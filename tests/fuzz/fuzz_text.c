/*
 * fuzz_text.c - small texts with one form: days, times, org-ids, endpoints, countries,
 * fingerprints, names of roles and of keys, values of settings.
 *
 * The first byte chooses the reader. What is read, written again, is the text or its one form;
 * what is refused leaves the output as it was.
 */
#include "config/value.h"
#include "node/curve.h"
#include "node/iso_country.h"
#include "node/list_json.h"
#include "node/lookup.h"
#include "node/ringname.h"
#include "protocol/calendar.h"
#include "protocol/country.h"
#include "protocol/entry.h"
#include "protocol/orgid.h"
#include "protocol/roster_fingerprint.h"
#include "tests/fuzz/fuzz.h"

static void try_day(struct bytes in)
{
    int32_t day;
    char again[DAY_TEXT_BYTES];
    MARK(&day);
    if (!day_parse(in, &day)) {
        CHECK(IS_UNTOUCHED(&day));
        return;
    }
    CHECK(day >= DAY_MIN && day <= DAY_MAX);
    day_format(day, again);
    CHECK(bytes_equal(in, bytes_of(again, strlen(again))));
    struct date d = day_date(day);
    CHECK(d.year >= 1 && d.year <= 9999 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
          d.day <= 31);
}

static void try_time(struct bytes in)
{
    char *text = fuzz_string(in), again[UTC_TEXT_BYTES];
    json_t *value = json_string(text);
    int64_t utc = value != NULL ? list_time_read(value) : 0;
    if (utc > 0) {
        utc_format(utc, again);
        CHECK(list_time_read(value) == utc && strlen(again) == UTC_TEXT_BYTES - 1);
        CHECK(day_of_utc(utc) <= (uint32_t)DAY_MAX);
    }
    json_decref(value);
    free(text);
}

static void try_org_id(struct bytes in)
{
    enum err e = orgid_check(in);
    bool has_form = orgid_is_list_form(in);
    CHECK(e == (in.len > ORG_ID_BYTES_MAX ? ERR_LIMIT : has_form ? OK : ERR_FORMAT));
    for (size_t i = 0; has_form && i < in.len; i++)
        CHECK(in.data[i] > ' ' && in.data[i] < 0x7f);
    char *text = fuzz_string(in);
    if (e == OK)
        CHECK(value_is_org_id(text)); /* who may be a member can be named in the settings */
    free(text);
}

/* Three judges of one form: what the settings accept, a profile can tell and libzmq can dial. */
static void try_endpoint(struct bytes in)
{
    char *text = fuzz_string(in);
    bool is_whole = strlen(text) == in.len;
    bool is_valid = endpoint_is_valid(in);
    CHECK(!is_valid || (is_whole && in.len <= ENDPOINT_BYTES_MAX));
    if (is_whole) {
        bool can_dial = curve_endpoint_check(text, false);
        if (can_dial)
            (void)lookup_is_needed(text);
        CHECK(!can_dial || strlen(text) <= ENDPOINT_BYTES_MAX);
        CHECK(!can_dial || curve_endpoint_check(text, true));
        CHECK(!value_is_listen(text) || value_is_dial(text));
        if (value_is_listen(text))
            (void)value_is_unspecified(text);
    }
    free(text);
}

static void try_country(struct bytes in)
{
    char *text = fuzz_string(in), out[3], again[3];
    MARK(&out);
    if (iso_country_read(text, out))
        CHECK(strlen(out) == 2 && iso_country_read(out, again) && strcmp(out, again) == 0);
    else
        CHECK(IS_UNTOUCHED(&out));
    if (country_is_known(in))
        CHECK(in.len == COUNTRY_BYTES && in.data[0] >= 'A' && in.data[0] <= 'Z');
    free(text);
}

static void try_fingerprint(struct bytes in)
{
    uint8_t hash[FINGERPRINT_HASH_BYTES], again[FINGERPRINT_HASH_BYTES];
    char text[FINGERPRINT_CHARS];
    MARK(&hash);
    if (roster_fingerprint_decode(in, hash) != OK) {
        CHECK(IS_UNTOUCHED(&hash));
        return;
    }
    roster_fingerprint(hash, text);
    CHECK(strlen(text) == FINGERPRINT_CHARS - 1);
    CHECK(roster_fingerprint_decode(bytes_of(text, strlen(text)), again) == OK);
    CHECK(memcmp(hash, again, sizeof hash) == 0);
}

static void try_names(struct bytes in)
{
    char *text = fuzz_string(in), again[RINGNAME_BYTES];
    uint32_t numbers[3];
    MARK(&numbers);
    if (ringname_share_parse(text, &numbers[0], &numbers[1], &numbers[2])) {
        ringname_share(numbers[0], numbers[1], numbers[2], again);
        CHECK(strcmp(text, again) == 0);
    } else {
        CHECK(IS_UNTOUCHED(&numbers));
    }
    uint32_t role = role_of_name(in);
    if (role != 0)
        CHECK(bytes_equal(in, bytes_of(role_name(role), strlen(role_name(role)))));
    if (in.len == SHARE_SECRET_BYTES) {
        struct share share;
        uint8_t packed[SHARE_SECRET_BYTES];
        ringname_unpack(in.data, &share);
        ringname_pack(&share, packed);
        CHECK(memcmp(packed, in.data, sizeof packed) == 0);
    }
    free(text);
}

static void try_values(struct bytes in)
{
    char *text = fuzz_string(in);
    size_t half = strlen(text) / 2;
    int number = value_number(text);
    CHECK(number >= -1 && number <= 999999999);
    CHECK(value_choice("one two three", text) <= 2);
    CHECK(!value_is_word(text) || value_is_text(text, strlen(text)));
    (void)value_is_text((const char *)in.data, in.len);
    unsigned there = value_distance(text, text + half), back = value_distance(text + half, text);
    CHECK(there == back && there >= half * (strlen(text) <= VALUE_DISTANCE_BYTES_MAX));
    CHECK(value_distance(text, text) == 0 || strlen(text) > VALUE_DISTANCE_BYTES_MAX);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static void (*const tries[])(struct bytes) = {
        try_day,     try_time,        try_org_id, try_endpoint,
        try_country, try_fingerprint, try_names,  try_values,
    };
    if (len == 0 || len > 1024)
        return 0;
    tries[data[0] % (sizeof tries / sizeof tries[0])](bytes_of(data + 1, len - 1));
    return 0;
}
