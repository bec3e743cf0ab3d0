#include "protocol/born.h"

#include "protocol/fold.h"
#include "protocol/folded.h"

#include <sodium.h>
#include <string.h>

enum {
    PARTS_MAX = 3,
    PART_DIGITS_MAX = 8,
    STAND_IN_YEAR_MAX = 1901, /* the last year that stands for nothing known */
};

/* A run of digits or a month's name. digits counts how many were written; 0 for a name. Digits that
 * are not known ("XX") are 0 and two digits. */
struct part {
    int value;
    int digits;
};

/* What was written, before it is known to be a day: 0 for a part that is missing. */
struct written {
    int year;
    int month;
    int day;
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The names of the months in English, Dutch and French, and their customary abbreviations, as the
 * code fold leaves them: in capitals and without accents. No word stands for two months. */
static const char *const month_names[12] = {
    " JANUARY JANUARI JANVIER JAN JANV ",
    " FEBRUARY FEBRUARI FEVRIER FEB FEVR FEV ",
    " MARCH MAART MARS MAR MRT ",
    " APRIL AVRIL APR AVR ",
    " MAY MEI MAI ",
    " JUNE JUNI JUIN JUN ",
    " JULY JULI JUILLET JUL JUIL ",
    " AUGUST AUGUSTUS AOUT AUG ",
    " SEPTEMBER SEPTEMBRE SEPT SEP ",
    " OCTOBER OKTOBER OCTOBRE OCT OKT ",
    " NOVEMBER NOVEMBRE NOV ",
    " DECEMBER DECEMBRE DEC ",
};

static int month_of(struct bytes word)
{
    for (int i = 0; i < 12; i++)
        if (folded_is_listed(word, month_names[i]))
            return i + 1;
    return 0;
}

/* Takes the leading run of what is_in holds. */
static struct bytes take_run(struct bytes *text, bool (*is_in)(uint8_t c))
{
    struct bytes run = {text->data, 0};
    while (run.len < text->len && is_in(text->data[run.len]))
        run.len++;
    *text = bytes_of(text->data + run.len, text->len - run.len);
    return run;
}

static bool is_capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_space(uint8_t c)
{
    return c == ' ';
}

static bool is_unknown(uint8_t c)
{
    return c == 'X' || c == '?' || c == '<';
}

static bool take_digits(struct bytes *text, struct part *part)
{
    struct bytes run = take_run(text, is_digit);
    *part = (struct part){0, (int)run.len};
    if (run.len > PART_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < run.len; i++)
        part->value = 10 * part->value + (run.data[i] - '0');
    struct bytes rest = *text;
    if (folded_is_listed(take_run(&rest, is_capital), " ST ND RD TH ER E "))
        *text = rest; /* "1st" */
    return true;
}

static bool take_one(struct bytes *text, struct part *part)
{
    if (is_digit(text->data[0]))
        return take_digits(text, part);
    if (is_unknown(text->data[0])) {
        *part = (struct part){0, 2};
        return take_run(text, is_unknown).len <= 2;
    }
    struct bytes word = take_run(text, is_capital);
    *part = (struct part){word.len > 0 ? month_of(word) : 0, 0};
    return part->value != 0;
}

/* Takes what may stand between two parts: spaces, with at most one sign among them. */
static void take_gap(struct bytes *text)
{
    take_run(text, is_space);
    if (text->len > 0 && strchr("-/.,", text->data[0]) != NULL && text->data[0] != '\0')
        *text = bytes_of(text->data + 1, text->len - 1);
    take_run(text, is_space);
}

/* Divides a date into its one to three parts; 0 if it is none. */
static size_t divide(struct bytes text, struct part parts[PARTS_MAX])
{
    size_t count = 0;
    while (text.len > 0) {
        if (count == PARTS_MAX || !take_one(&text, &parts[count++]))
            return 0;
        size_t left = text.len;
        take_gap(&text);
        if (left > 0 && text.len == 0)
            return 0; /* a sign at the end */
    }
    return count;
}

static bool take_text(struct bytes *text, const char *expected)
{
    size_t len = strlen(expected);
    if (text->len < len || memcmp(text->data, expected, len) != 0)
        return false;
    *text = bytes_of(text->data + len, text->len - len);
    return true;
}

/* Takes midnight off the end: "T00:00", " 00:00:00.000Z". False if another time stands there: a
 * time zone may have moved its day. */
static bool drop_midnight(struct bytes *text)
{
    const uint8_t *colon = text->len > 0 ? memchr(text->data, ':', text->len) : NULL;
    if (colon == NULL)
        return true;
    size_t at = (size_t)(colon - text->data);
    if (at < 3 || (text->data[at - 3] != 'T' && text->data[at - 3] != ' '))
        return false;
    struct bytes time = bytes_of(text->data + at - 2, text->len - at + 2);
    if (!take_text(&time, "00:00"))
        return false;
    if (take_text(&time, ":00") && take_text(&time, "."))
        while (take_text(&time, "0"))
            continue;
    take_text(&time, "Z");
    *text = identifier_trim(bytes_of(text->data, at - 3));
    return time.len == 0;
}

static bool is_year(struct part p)
{
    return p.digits == 4;
}

static bool is_short(struct part p)
{
    return p.digits == 1 || p.digits == 2;
}

static bool is_name(struct part p)
{
    return p.digits == 0;
}

static enum field_fault one_part(struct part p, struct written *w)
{
    if (p.digits == PART_DIGITS_MAX)
        *w = (struct written){p.value / 10000, p.value / 100 % 100, p.value % 100};
    else if (is_year(p))
        *w = (struct written){p.value, 0, 0};
    else
        return FAULT_DATE;
    return FAULT_NONE;
}

static enum field_fault two_parts(struct part a, struct part b, struct written *w)
{
    struct part year = is_year(a) ? a : b;
    struct part month = is_year(a) ? b : a;
    if (is_name(month) && is_short(year))
        return FAULT_DATE_CENTURY;
    if (!is_year(year) || !(is_name(month) || is_short(month)))
        return FAULT_DATE;
    *w = (struct written){year.value, month.value, 0};
    return FAULT_NONE;
}

/* Two numbers before a year: which is the month. */
static enum field_fault day_and_month(int a, int b, struct written *w)
{
    if (a == 0 || b == 0) {
        w->day = a > b ? a : b; /* the other one may be either; the year alone counts */
        return FAULT_NONE;
    }
    if (a <= 12 && b <= 12 && a != b)
        return FAULT_DATE_ORDER;
    w->day = a > 12 ? a : b;
    w->month = a > 12 ? b : a;
    return FAULT_NONE;
}

static enum field_fault three_parts(const struct part p[PARTS_MAX], struct written *w)
{
    bool is_year_first = is_year(p[0]);
    struct part year = is_year_first ? p[0] : p[2];
    struct part a = is_year_first ? p[1] : p[0];
    struct part b = is_year_first ? p[2] : p[1];
    bool is_named = is_name(a) || is_name(b);
    if (!(is_short(a) || is_name(a)) || !(is_short(b) || is_name(b)) || (is_name(a) && is_name(b)))
        return FAULT_DATE;
    if (is_short(year))
        return FAULT_DATE_CENTURY;
    if (!is_year(year))
        return FAULT_DATE;
    w->year = year.value;
    if (!is_named && !is_year_first)
        return day_and_month(a.value, b.value, w);
    bool is_month_first = is_named ? is_name(a) : true;
    w->month = is_month_first ? a.value : b.value;
    w->day = is_month_first ? b.value : a.value;
    return FAULT_NONE;
}

static bool is_day(const struct written *w)
{
    static const int days[13] = {31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = w->year % 4 == 0 && (w->year % 100 != 0 || w->year % 400 == 0);
    return w->month <= 12 && w->day <= days[w->month] && (w->month != 2 || w->day != 29 || is_leap);
}

/* Whether a day is one of those that stand for its year, or is not known at all (born.h). */
static bool counts_as_year(const struct written *w)
{
    if (w->month == 0 || w->day == 0 || (w->month == 1 && w->day == 1))
        return true;
    return w->year > STAND_IN_YEAR_MAX &&
           ((w->month == 7 && w->day == 1) || (w->month == 12 && w->day == 31));
}

static enum field_fault judge(const struct written *w, struct born *out)
{
    if (w->year <= 1 || w->year == 1111 || w->year == 9999)
        return FAULT_PLACEHOLDER;
    if (w->year < BORN_YEAR_MIN || w->year > BORN_YEAR_MAX)
        return FAULT_YEAR;
    if (!is_day(w))
        return FAULT_DATE;
    bool is_year_only = counts_as_year(w);
    if (is_year_only && w->year <= STAND_IN_YEAR_MAX)
        return FAULT_PLACEHOLDER;
    *out = (struct born){w->year, is_year_only ? 0 : w->month, is_year_only ? 0 : w->day};
    return FAULT_NONE;
}

static enum field_fault read_folded(struct bytes text, struct born *out)
{
    struct part parts[PARTS_MAX];
    struct written w = {0, 0, 0};
    if (!drop_midnight(&text))
        return FAULT_DATE;
    size_t count = divide(text, parts);
    enum field_fault fault = count == 1   ? one_part(parts[0], &w)
                             : count == 2 ? two_parts(parts[0], parts[1], &w)
                             : count == 3 ? three_parts(parts, &w)
                                          : FAULT_DATE;
    if (fault == FAULT_NONE)
        fault = judge(&w, out);
    sodium_memzero(parts, sizeof parts);
    sodium_memzero(&w, sizeof w);
    return fault;
}

enum field_fault born_read(struct bytes value, struct born *out)
{
    struct folded f;
    enum field_fault fault = folded_make(&f, value, fold_code);
    if (fault == FAULT_NONE)
        fault = read_folded(folded_view(&f), out);
    folded_clear(&f);
    return fault;
}
