#include "protocol/slip.h"

#include "protocol/calendar.h"
#include "protocol/fold.h"

#include <sodium.h>
#include <string.h>

enum { TEXT_MAX = 64, GROUPS_MAX = 3 };

/* Runs of digits in a text; count is one more than fits if there are more. */
struct groups {
    struct {
        unsigned value;
        size_t digits;
    } at[GROUPS_MAX];
    size_t count;
};

static void read_groups(struct bytes text, struct groups *g)
{
    bool is_inside = false;
    g->count = 0;
    for (size_t i = 0; i < text.len && g->count <= GROUPS_MAX; i++) {
        bool is_digit = text.data[i] >= '0' && text.data[i] <= '9';
        if (is_digit && !is_inside) {
            g->count++;
            if (g->count <= GROUPS_MAX)
                memset(&g->at[g->count - 1], 0, sizeof g->at[0]);
        }
        if (is_digit && g->count <= GROUPS_MAX && g->at[g->count - 1].digits < 9) {
            g->at[g->count - 1].value = g->at[g->count - 1].value * 10 + text.data[i] - '0';
            g->at[g->count - 1].digits++;
        }
        is_inside = is_digit;
    }
}

static bool parts_of(const struct groups *g, struct born *out)
{
    if (g->count == 1 && g->at[0].digits == 8) {
        unsigned v = g->at[0].value;
        *out = (struct born){(int)(v / 10000), (int)(v / 100 % 100), (int)(v % 100)};
        return true;
    }
    if (g->count != 3 || g->at[1].digits > 2)
        return false;
    if (g->at[0].digits == 4 && g->at[2].digits <= 2)
        *out = (struct born){(int)g->at[0].value, (int)g->at[1].value, (int)g->at[2].value};
    else if (g->at[2].digits == 4 && g->at[0].digits <= 2)
        *out = (struct born){(int)g->at[2].value, (int)g->at[1].value, (int)g->at[0].value};
    else
        return false;
    return true;
}

bool slip_parts(struct bytes value, struct born *out)
{
    uint8_t text[TEXT_MAX];
    size_t len = 0;
    struct groups g;
    struct born parts = {0, 0, 0};
    if (value.len > TEXT_MAX || fold_code(value, text, sizeof text, &len) != OK)
        return false;
    read_groups(bytes_of(text, len), &g);
    bool is_read = parts_of(&g, &parts) && parts.year >= BORN_YEAR_MIN &&
                   parts.year <= BORN_YEAR_MAX && parts.month > 0 && parts.day > 0;
    sodium_memzero(text, sizeof text);
    sodium_memzero(&g, sizeof g);
    if (is_read)
        *out = parts;
    return is_read;
}

bool slip_is_date(const struct born *date)
{
    char text[11];
    int32_t day = 0;
    if (date->year < BORN_YEAR_MIN || date->year > BORN_YEAR_MAX || date->month < 1 ||
        date->month > 12 || date->day < 1 || date->day > 31)
        return false;
    unsigned digits = (unsigned)(date->year * 10000 + date->month * 100 + date->day);
    for (size_t i = 10; i-- > 0;) {
        bool is_dash = i == 4 || i == 7;
        text[i] = (char)(is_dash ? '-' : '0' + digits % 10);
        digits = is_dash ? digits : digits / 10;
    }
    return day_parse(bytes_of(text, 10), &day);
}

/* Adds a date if it is one, is not the one slipped from, and is not there. */
static void add_date(const struct born *from, struct born date, struct born *out, size_t *count)
{
    if (*count == DATE_SLIPS_MAX || !slip_is_date(&date) || memcmp(&date, from, sizeof date) == 0)
        return;
    for (size_t i = 0; i < *count; i++)
        if (memcmp(&out[i], &date, sizeof date) == 0)
            return;
    out[(*count)++] = date;
}

/* The date with the digits at place and place + 1 of YYYYMMDD exchanged. */
static struct born exchanged(const struct born *date, unsigned place)
{
    unsigned digits = (unsigned)(date->year * 10000 + date->month * 100 + date->day);
    unsigned unit = 1;
    for (unsigned i = place; i < 6; i++)
        unit *= 10;
    unsigned low = digits / unit % 10;
    unsigned high = digits / unit / 10 % 10;
    digits = digits - low * unit - high * unit * 10 + high * unit + low * unit * 10;
    return (struct born){(int)(digits / 10000), (int)(digits / 100 % 100), (int)(digits % 100)};
}

size_t slip_dates(const struct born *date, struct born out[DATE_SLIPS_MAX])
{
    static const int years[] = {-1, 1, -10, 10};
    size_t count = 0;
    add_date(date, (struct born){date->year, date->day, date->month}, out, &count);
    for (unsigned place = 0; place <= 6; place++)
        add_date(date, exchanged(date, place), out, &count);
    for (size_t i = 0; i < sizeof years / sizeof years[0]; i++)
        add_date(date, (struct born){date->year + years[i], date->month, date->day}, out, &count);
    return count;
}
