#include "node/explain.h"

#include "node/explain_parts.h"
#include "node/secret.h"
#include "node/words.h"
#include "protocol/answer.h"
#include "protocol/born.h"
#include "protocol/slip.h"

#include <string.h>

/* ---- Which keys agree ---- */

/* What a consult does with one registration: different keys that agree, added up. */
static json_t *way(const struct match_keys *published, const struct match_keys *asked,
                   int registered)
{
    unsigned weight = 0, kinds = 0;
    json_t *list = json_array();
    for (size_t i = 0; i < asked->count; i++)
        for (size_t k = 0; k < published->count; k++) {
            const struct match_key *a = &asked->key[i], *b = &published->key[k];
            if (!bytes_equal(bytes_of(a->bytes, a->len), bytes_of(b->bytes, b->len)))
                continue;
            weight += answer_weight(a->kind);
            kinds |= 1u << a->kind;
        }
    for (unsigned kind = 0; kind < KIND_END; kind++)
        if (kinds >> kind & 1)
            json_array_append_new(list, json_string(match_kind_name(kind)));
    return json_pack("{s:i,s:i,s:s,s:o}", "registered", registered, "asked", 3 - registered,
                     "answer", answer_name(answer_weigh(weight)), "kinds", list);
}

/* ---- Which details agree ---- */

static bool is_same_skeleton(const struct skeleton *a, const struct skeleton *b)
{
    return a->count > 0 && a->count == b->count &&
           memcmp(a->points, b->points, a->count * sizeof a->points[0]) == 0;
}

/* The names of two people: given and family of the first, of the second. */
struct names {
    struct spelling of[2][2];
};

static bool is_alike(const struct spelling *a, const struct spelling *b)
{
    return is_same_skeleton(&a->sound, &b->sound) || is_same_skeleton(&a->letters, &b->letters);
}

static const char *compare_name(const struct names *n, int part)
{
    const struct spelling *a = &n->of[0][part], *b = &n->of[1][part];
    if (a->text_len > 0 &&
        bytes_equal(bytes_of(a->text, a->text_len), bytes_of(b->text, b->text_len)))
        return "same";
    if (is_alike(a, b))
        return "alike";
    if (is_alike(a, &n->of[1][1 - part]))
        return "crossed";
    return "no";
}

static bool is_same_day(const struct born *a, const struct born *b)
{
    return a->year == b->year && a->month == b->month && a->day == b->day;
}

static const char *compare_dates(struct bytes first, struct bytes second)
{
    struct born a, b, slips[DATE_SLIPS_MAX];
    if (born_read(first, &a) != FAULT_NONE || born_read(second, &b) != FAULT_NONE)
        return "no";
    if (is_same_day(&a, &b))
        return "same";
    if (a.month == 0 || b.month == 0)
        return a.year == b.year ? "alike" : "no";
    size_t count = slip_dates(&a, slips);
    for (size_t i = 0; i < count; i++)
        if (is_same_day(&slips[i], &b))
            return "alike";
    return a.year == b.year && (a.month == b.month || a.day == b.day) ? "alike" : "no";
}

/* Whether a key of one kind is in both registrations. */
static const char *compare_kind(const struct explained *x, enum match_kind kind)
{
    const struct match_keys *one = &x[0].published, *other = &x[1].published;
    for (size_t i = 0; i < one->count; i++)
        for (size_t k = 0; k < other->count && one->key[i].kind == kind; k++)
            if (bytes_equal(bytes_of(one->key[i].bytes, one->key[i].len),
                            bytes_of(other->key[k].bytes, other->key[k].len)))
                return "same";
    return "no";
}

static const char *compare(const struct explained *x, const struct names *names,
                           enum person_field field, struct bytes first, struct bytes second)
{
    switch (field) {
    case FIELD_GIVEN_NAME:
        return compare_name(names, 0);
    case FIELD_FAMILY_NAME:
        return compare_name(names, 1);
    case FIELD_BORN:
        return compare_dates(first, second);
    case FIELD_DOCUMENT:
        return compare_kind(x, KIND_DOCUMENT);
    case FIELD_EMAIL:
        return compare_kind(x, KIND_EMAIL);
    case FIELD_PHONE:
        return compare_kind(x, KIND_PHONE);
    }
    return "no";
}

json_t *explain_pair(const json_t *first, const json_t *second)
{
    const json_t *const row[2] = {first, second};
    struct explained *x = secret_new(2 * sizeof *x);
    struct names *names = secret_new(sizeof *names);
    json_t *details = json_array();
    for (int i = 0; i < 2; i++) {
        explain_derive(row[i], &x[i]);
        explain_spell(explain_field(row[i], FIELD_GIVEN_NAME), &names->of[i][0]);
        explain_spell(explain_field(row[i], FIELD_FAMILY_NAME), &names->of[i][1]);
    }
    for (int f = FIELD_GIVEN_NAME; f <= FIELD_PHONE; f++) {
        enum person_field field = (enum person_field)f;
        struct bytes a = explain_field(first, field), b = explain_field(second, field);
        if (a.len == 0 && b.len == 0)
            continue;
        bool is_one = a.len == 0 || b.len == 0;
        const char *agrees = is_one ? "one" : compare(x, names, field, a, b);
        json_array_append_new(
            details, json_pack("{s:s,s:s}", "field", person_field_name(field), "agrees", agrees));
    }
    json_t *out =
        json_pack("{s:o,s:[o,o]}", "details", details, "ways", way(&x[0].published, &x[1].asked, 1),
                  way(&x[1].published, &x[0].asked, 2));
    secret_free(x);
    secret_free(names);
    return out;
}
