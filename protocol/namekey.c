#include "protocol/namekey.h"

#include "protocol/born.h"
#include "protocol/fold.h"
#include "protocol/skeleton.h"
#include "protocol/slip.h"
#include "protocol/translit.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum {
    PAIR_POINTS_MAX = 24, /* of each name in a key of both */
    PART_POINTS = 2,      /* at the start and the end of one name */
    DATE_TEXT_MAX = 11,
};

/* One name of a person: its words, and what they are together. */
struct name {
    uint8_t text[TRANSLIT_BYTES_MAX];
    struct name_words words;
    uint8_t joined[TRANSLIT_BYTES_MAX];
    size_t joined_len; /* 0: not known */
    bool is_latin;     /* as it was written */
};

struct name_pair {
    struct name given, family;
    struct match_keys *keys;
    size_t max;
};

/* Whether every letter is of the Latin script, so that it can be read in two ways. */
static bool is_latin_text(struct bytes text)
{
    int32_t point = 0;
    while (fold_next(&text, &point))
        if (fold_is_letter(point) && point >= 0x0250 && (point < 0x1E00 || point > 0x1EFF))
            return false;
    return true;
}

static void read_name(struct bytes value, struct name *out)
{
    size_t len = 0;
    out->words.count = 0;
    out->joined_len = 0;
    if (value.len == 0 || translit_name(value, out->text, sizeof out->text, &len) != OK)
        return;
    name_words_of(bytes_of(out->text, len), &out->words);
    struct pack p = pack_of(out->joined, sizeof out->joined);
    for (size_t i = 0; i < out->words.count; i++)
        pack_bytes(&p, out->words.word[i]);
    out->joined_len = pack_len(&p);
    out->is_latin = is_latin_text(value);
}

static struct bytes joined(const struct name *n)
{
    return bytes_of(n->joined, n->joined_len);
}

/* Writes one field of a key: a length and the bytes. */
static void put_field(struct pack *p, struct bytes field)
{
    pack_u16(p, (uint16_t)field.len);
    pack_bytes(p, field);
}

/* The parts of a date that a key holds. */
enum date_part { DATE_ALL, DATE_MONTH, DATE_DAY, DATE_YEAR };

static size_t put_digits(char *out, unsigned value, size_t digits)
{
    for (size_t i = digits; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    return digits;
}

/* YYYY-MM-DD, YYYY-MM, YYYY--DD or YYYY; YYYY too where that is all there is. */
static void put_date(struct pack *p, const struct born *date, enum date_part part)
{
    char text[DATE_TEXT_MAX];
    size_t len = put_digits(text, (unsigned)date->year, 4);
    if (date->month != 0 && part != DATE_YEAR) {
        text[len++] = '-';
        if (part != DATE_DAY)
            len += put_digits(text + len, (unsigned)date->month, 2);
        if (part != DATE_MONTH) {
            text[len++] = '-';
            len += put_digits(text + len, (unsigned)date->day, 2);
        }
    }
    put_field(p, bytes_of(text, len));
    sodium_memzero(text, sizeof text);
}

static void end_key(struct name_pair *np, struct match_key *key, const struct pack *p)
{
    assert(!p->is_full);
    key->len = pack_len(p);
    (void)match_keys_insert(np->keys, np->max, key);
    sodium_memzero(key, sizeof *key);
}

/* A key of both names, whichever comes first, and a date. */
static void add_pair(struct name_pair *np, enum match_kind kind, const struct skeleton *one,
                     const struct skeleton *other, const struct born *date, enum date_part part)
{
    uint8_t text[2][4 * PAIR_POINTS_MAX];
    struct pack names[2] = {pack_of(text[0], sizeof text[0]), pack_of(text[1], sizeof text[1])};
    struct match_key key;
    struct pack p;
    skeleton_put(one, 0, PAIR_POINTS_MAX, &names[0]);
    skeleton_put(other, 0, PAIR_POINTS_MAX, &names[1]);
    size_t len[2] = {pack_len(&names[0]), pack_len(&names[1])};
    size_t common = len[0] < len[1] ? len[0] : len[1];
    int order = memcmp(text[0], text[1], common);
    size_t first = order > 0 || (order == 0 && len[0] > len[1]) ? 1 : 0;
    match_key_begin(&key, &p, kind);
    put_field(&p, bytes_of(text[first], len[first]));
    put_field(&p, bytes_of(text[1 - first], len[1 - first]));
    put_date(&p, date, part);
    end_key(np, &key, &p);
    sodium_memzero(text, sizeof text);
}

static void add_sounds(struct name_pair *np, struct bytes one, struct bytes other,
                       enum reading reading, const struct born *date, enum date_part part)
{
    struct skeleton a, b;
    skeleton_sound(one, reading, &a);
    skeleton_sound(other, reading, &b);
    add_pair(np, KIND_NAMES, &a, &b, date, part);
    sodium_memzero(&a, sizeof a);
    sodium_memzero(&b, sizeof b);
}

static bool has_both(const struct name_pair *np)
{
    return np->given.joined_len > 0 && np->family.joined_len > 0;
}

static void add_names(struct name_pair *np, const struct born *date, enum date_part part)
{
    if (has_both(np))
        add_sounds(np, joined(&np->given), joined(&np->family), READING_FIRST, date, part);
}

/* Either part of the date may be no part of a date: there is no key of that. */
static void add_partial(struct name_pair *np, const struct born *date)
{
    struct skeleton a, b;
    if (!has_both(np))
        return;
    skeleton_letters(joined(&np->given), &a);
    skeleton_letters(joined(&np->family), &b);
    if (date->month >= 1 && date->month <= 12)
        add_pair(np, KIND_NAMES_MONTH, &a, &b, date, DATE_MONTH);
    if (date->day >= 1 && date->day <= 31)
        add_pair(np, KIND_NAMES_DAY, &a, &b, date, DATE_DAY);
    sodium_memzero(&a, sizeof a);
    sodium_memzero(&b, sizeof b);
}

/* The start or the end of one name, and the date. */
static void add_part(struct name_pair *np, enum match_kind kind, const struct skeleton *s,
                     size_t from, const struct born *date)
{
    uint8_t text[4 * PART_POINTS];
    struct pack part = pack_of(text, sizeof text);
    struct match_key key;
    struct pack p;
    skeleton_put(s, from, PART_POINTS, &part);
    match_key_begin(&key, &p, kind);
    put_field(&p, bytes_of(text, pack_len(&part)));
    put_date(&p, date, DATE_ALL);
    end_key(np, &key, &p);
    sodium_memzero(text, sizeof text);
}

static void add_parts(struct name_pair *np, const struct name *name, const struct born *date)
{
    struct skeleton s;
    if (name->joined_len == 0)
        return;
    skeleton_letters(joined(name), &s);
    add_part(np, KIND_NAME_START, &s, 0, date);
    add_part(np, KIND_NAME_END, &s, s.count > PART_POINTS ? s.count - PART_POINTS : 0, date);
    sodium_memzero(&s, sizeof s);
}

/* Names as they are spelt. */
static void add_spelt(struct name_pair *np, const struct name_born *nb, const struct born *date,
                      enum date_part part)
{
    struct match_key key;
    struct pack p;
    if (nb->given.len == 0 || nb->family.len == 0)
        return;
    match_key_begin(&key, &p, KIND_NAME_BORN);
    if (identifier_name(nb->given, &p) != FAULT_NONE ||
        identifier_name(nb->family, &p) != FAULT_NONE)
        return;
    put_date(&p, date, part);
    end_key(np, &key, &p);
}

/* Of a name of several words the first given one with the first and with the last of the family:
 * the other papers of the person may have fewer. */
static void add_words(struct name_pair *np, const struct born *date)
{
    const struct name_words *g = &np->given.words;
    const struct name_words *f = &np->family.words;
    if (!has_both(np) || g->count + f->count < 3)
        return;
    add_sounds(np, g->word[0], f->word[f->count - 1], READING_FIRST, date, DATE_ALL);
    add_sounds(np, g->word[0], f->word[0], READING_FIRST, date, DATE_ALL);
}

static void begin(const struct name_born *nb, struct match_keys *keys, size_t max,
                  struct name_pair *np)
{
    read_name(nb->given, &np->given);
    read_name(nb->family, &np->family);
    np->keys = keys;
    np->max = max;
}

/* What both who publishes and who asks look at first. */
static void add_sure(struct name_pair *np, const struct name_born *nb, const struct born *date)
{
    bool is_day = date->month != 0;
    add_names(np, date, DATE_ALL);
    if (is_day) {
        add_parts(np, &np->given, date);
        add_parts(np, &np->family, date);
        add_partial(np, date);
    }
    add_spelt(np, nb, date, DATE_ALL);
}

void name_keys_derive(const struct name_born *nb, struct match_keys *keys)
{
    struct name_pair np;
    struct born date;
    if (born_read(nb->born, &date) != FAULT_NONE)
        return;
    begin(nb, keys, SIGNAL_TAGS_MAX, &np);
    add_sure(&np, nb, &date);
    add_words(&np, &date);
    sodium_memzero(&np, sizeof np);
}

/* Everything that was registered under another date, or under the year alone. */
static void ask_dates(struct name_pair *np, const struct born *date)
{
    struct born slips[DATE_SLIPS_MAX];
    size_t count = slip_dates(date, slips);
    for (size_t i = 0; i < count; i++)
        add_names(np, &slips[i], DATE_ALL);
    sodium_memzero(slips, sizeof slips);
}

/* Letters of a to z that are read otherwise. */
static void ask_second(struct name_pair *np, const struct born *date)
{
    if (has_both(np) && (np->given.is_latin || np->family.is_latin))
        add_sounds(np, joined(&np->given), joined(&np->family), READING_SECOND, date, DATE_ALL);
}

void name_keys_ask(const struct name_born *nb, struct match_keys *keys)
{
    struct name_pair np;
    struct born date;
    bool is_read = born_read(nb->born, &date) == FAULT_NONE;
    if (!is_read && !slip_parts(nb->born, &date))
        return;
    begin(nb, keys, CONSULT_POINTS, &np);
    if (is_read || slip_is_date(&date))
        add_sure(&np, nb, &date);
    else
        add_partial(&np, &date);
    if (is_read) {
        add_names(&np, &date, DATE_YEAR);
        add_spelt(&np, nb, &date, DATE_YEAR);
        add_words(&np, &date);
        ask_second(&np, &date);
    }
    if (date.month != 0)
        ask_dates(&np, &date);
    sodium_memzero(&np, sizeof np);
}
