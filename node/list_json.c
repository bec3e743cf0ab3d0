#include "node/list_json.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "protocol/calendar.h"
#include "protocol/roster_fingerprint.h"

json_t *list_time_json(int64_t utc)
{
    char text[UTC_TEXT_BYTES];
    if (utc <= 0)
        return json_null();
    utc_format(utc, text);
    return json_string(text);
}

int64_t list_time_read(const json_t *value)
{
    const char *text = json_string_value(value);
    int32_t day;
    unsigned hour, minute, second;
    int end = 0;
    if (text == NULL || strlen(text) != UTC_TEXT_BYTES - 1 ||
        !day_parse(bytes_of(text, DAY_TEXT_BYTES - 1), &day) ||
        sscanf(text + DAY_TEXT_BYTES - 1, "T%2u:%2u:%2uZ%n", &hour, &minute, &second, &end) != 3 ||
        end == 0)
        return 0;
    return (int64_t)day * DAY_SECONDS + (int64_t)(hour * 3600 + minute * 60 + second);
}

json_t *list_roles_json(uint32_t roles)
{
    json_t *list = json_array();
    for (uint32_t bit = 1; bit <= ROLES_ALL; bit <<= 1)
        if (roles & bit)
            json_array_append_new(list, json_string(role_name(bit)));
    return list;
}

static json_t *hex_json(const uint8_t key[KEY_BYTES])
{
    char hex[2 * KEY_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, key, KEY_BYTES);
    return json_string(hex);
}

json_t *list_roster_json(const struct roster *r)
{
    char fingerprint[FINGERPRINT_CHARS];
    const struct roster_key *k = roster_threshold_key(r, KEY_PSEUDONYMS);
    roster_fingerprint(r->hash, fingerprint);
    return json_pack("{s:I,s:s,s:o,s:I,s:I,s:b}", "version", (json_int_t)r->version, "fingerprint",
                     fingerprint, "fresh_until", list_time_json(r->fresh_until_utc), "threshold",
                     (json_int_t)(k != NULL ? k->threshold : 0), "coverage_seconds",
                     (json_int_t)r->policy.coverage_seconds, "rival", r->has_rival);
}

/* The shares that an organisation should hold, by all sharings that the list has. */
static json_t *shares_json(const struct roster *r, const uint8_t author[AUTHOR_BYTES])
{
    json_t *list = json_array();
    for (size_t n = 0; n < r->key_count; n++) {
        const struct roster_key *k = &r->keys[n];
        for (size_t i = 0; i < k->share_count; i++)
            if (memcmp(k->holder[i], author, AUTHOR_BYTES) == 0)
                json_array_append_new(
                    list,
                    json_pack("{s:I,s:I,s:I,s:o,s:o}", "key", (json_int_t)k->key, "period",
                              (json_int_t)k->epoch, "refresh", (json_int_t)k->refresh, "commitment",
                              hex_json(k->commitment[i]), "until", list_time_json(k->until_utc)));
    }
    return list;
}

json_t *list_self_json(const struct roster *r, const uint8_t author[AUTHOR_BYTES])
{
    const struct organisation *org = roster_find(r, author);
    if (org == NULL)
        return json_null();
    return json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "name", org->name, "status",
                     org_status_name(org->status), "roles", list_roles_json(org->roles), "feed_key",
                     hex_json(org->feed_key), "transport_key", hex_json(org->transport_key),
                     "basis_expires", list_time_json(org->basis_expires_utc), "shares",
                     shares_json(r, author));
}
