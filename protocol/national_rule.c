#include "protocol/national_rule.h"

#include <assert.h>
#include <string.h>

static int digit(const struct document_number *n, size_t at)
{
    return n->text[at] - '0';
}

static int weight(char sign)
{
    return sign == '-' ? -1 : sign >= 'A' ? sign - 'A' + 10 : sign - '0';
}

/* The weighted sum of the first count signs modulo m, 0 to m - 1. */
static int weighted(const struct document_number *n, const char *weights, size_t count, int m)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weight(weights[i]) * digit(n, i);
    return (sum % m + m) % m;
}

/* The digits from and up to a place as a number, modulo m. */
static int modulo(const struct document_number *n, size_t from, size_t to, int m)
{
    int rest = 0;
    for (size_t i = from; i < to; i++)
        rest = (10 * rest + digit(n, i)) % m;
    return rest;
}

static int last(const struct document_number *n)
{
    return digit(n, n->len - 1);
}

bool national_rule_sum10(struct document_number *n, const char *weights)
{
    return weighted(n, weights, n->len, 10) == 0;
}

bool national_rule_sum11(struct document_number *n, const char *weights)
{
    return weighted(n, weights, n->len, 11) == 0;
}

bool national_rule_mod11_zero(struct document_number *n, const char *weights)
{
    return last(n) == weighted(n, weights, n->len - 1, 11) % 10;
}

bool national_rule_mod11_one(struct document_number *n, const char *weights)
{
    int r = weighted(n, weights, n->len - 1, 11);
    return last(n) == (r == 10 ? 1 : r);
}

static int minus11(int r)
{
    return r < 2 ? 0 : 11 - r;
}

bool national_rule_minus11_zero(struct document_number *n, const char *weights)
{
    return last(n) == minus11(weighted(n, weights, n->len - 1, 11));
}

bool national_rule_iran(struct document_number *n, const char *weights)
{
    int r = weighted(n, weights, n->len - 1, 11);
    return last(n) == (r < 2 ? r : 11 - r);
}

bool national_rule_thailand(struct document_number *n, const char *weights)
{
    return last(n) == (11 - weighted(n, weights, n->len - 1, 11)) % 10;
}

bool national_rule_chile(struct document_number *n, const char *weights)
{
    int r = (11 - weighted(n, weights, n->len - 1, 11)) % 11;
    return n->text[n->len - 1] == (r == 10 ? 'K' : '0' + r);
}

bool national_rule_china(struct document_number *n, const char *weights)
{
    return n->text[n->len - 1] == "10X98765432"[weighted(n, weights, n->len - 1, 11)];
}

bool national_rule_twice11(struct document_number *n, const char *weights)
{
    int r = weighted(n, weights, n->len - 1, 11);
    if (r == 10)
        r = weighted(n, weights + n->len - 1, n->len - 1, 11);
    return last(n) == r % 10;
}

bool national_rule_brazil(struct document_number *n, const char *weights)
{
    return digit(n, n->len - 2) == minus11(weighted(n, weights + 1, n->len - 2, 11)) &&
           last(n) == minus11(weighted(n, weights, n->len - 1, 11));
}

bool national_rule_russia_tax(struct document_number *n, const char *weights)
{
    return digit(n, n->len - 2) == weighted(n, weights + 1, n->len - 2, 11) % 10 &&
           last(n) == weighted(n, weights, n->len - 1, 11) % 10;
}

static bool is_luhn(const struct document_number *n, size_t from)
{
    int sum = 0;
    for (size_t i = from; i < n->len; i++) {
        int d = digit(n, i);
        bool is_doubled = (n->len - 1 - i) % 2 == 1;
        sum += !is_doubled ? d : 2 * d > 9 ? 2 * d - 9 : 2 * d;
    }
    return sum % 10 == 0;
}

bool national_rule_luhn(struct document_number *n, const char *weights)
{
    (void)weights;
    return is_luhn(n, 0);
}

bool national_rule_luhn_last10(struct document_number *n, const char *weights)
{
    (void)weights;
    assert(n->len >= 10);
    if (!is_luhn(n, n->len - 10))
        return false;
    memmove(n->text, n->text + n->len - 10, 10);
    n->len = 10;
    return true;
}

bool national_rule_mod11_10(struct document_number *n, const char *weights)
{
    (void)weights;
    int p = 10;
    for (size_t i = 0; i + 1 < n->len; i++) {
        int s = (p + digit(n, i)) % 10;
        p = (s == 0 ? 10 : s) * 2 % 11;
    }
    return (p + last(n)) % 10 == 1;
}

/* The product in the dihedral group of ten elements. */
static int dihedral(int a, int b)
{
    if (a < 5)
        return b < 5 ? (a + b) % 5 : 5 + (a + b) % 5;
    return b < 5 ? 5 + (a - b) % 5 : (a - b + 5) % 5;
}

bool national_rule_verhoeff(struct document_number *n, const char *weights)
{
    static const int permutation[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    (void)weights;
    int check = 0;
    for (size_t i = 0; i < n->len; i++) {
        int d = digit(n, n->len - 1 - i);
        for (size_t turn = 0; turn < i % 8; turn++)
            d = permutation[d];
        check = dihedral(check, d);
    }
    return check == 0;
}

bool national_rule_belgium(struct document_number *n, const char *weights)
{
    (void)weights;
    int first = modulo(n, 0, 9, 97);
    int check = modulo(n, 9, 11, 97);
    int later = (first + 2 * (1000000000 % 97)) % 97; /* born from 2000 on: a 2 goes before */
    int pair = 10 * digit(n, 9) + digit(n, 10);
    return pair >= 1 && pair <= 97 && ((first + check) % 97 == 0 || (later + check) % 97 == 0);
}

bool national_rule_czechia(struct document_number *n, const char *weights)
{
    (void)weights;
    return modulo(n, 0, 10, 11) == 0 || (modulo(n, 0, 9, 11) == 10 && last(n) == 0);
}

/* DDMMYY, with or without a letter for the century, NNN and the check sign. */
bool national_rule_finland(struct document_number *n, const char *weights)
{
    (void)weights;
    int rest = modulo(n, 0, 6, 31);
    for (size_t i = n->len - 4; i < n->len - 1; i++)
        rest = (10 * rest + digit(n, i)) % 31;
    return n->text[n->len - 1] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[rest];
}

/* The key of the first 13 signs; A and B of Corsica's departments 2A and 2B count as 19 and 18.
 * -1 if it has a letter elsewhere. */
static int france_key(const struct document_number *n)
{
    int rest = 0;
    for (size_t i = 0; i < 13; i++) {
        uint8_t c = n->text[i];
        bool is_corsica = i == 6 && (c == 'A' || c == 'B') && n->text[5] == '2';
        if (!is_corsica && (c < '0' || c > '9'))
            return -1;
        if (is_corsica)
            rest = (10 * rest - 10 + (c == 'A' ? 9 : 8)) % 97; /* 2A is 19, 2B is 18 */
        else
            rest = (10 * rest + digit(n, i)) % 97;
    }
    return 97 - (rest + 97) % 97;
}

bool national_rule_france(struct document_number *n, const char *weights)
{
    (void)weights;
    return france_key(n) == 10 * digit(n, 13) + digit(n, 14);
}

/* Without its key, which is put behind it. */
bool national_rule_france_short(struct document_number *n, const char *weights)
{
    (void)weights;
    int key = france_key(n);
    if (key < 0)
        return false;
    n->text[n->len++] = (uint8_t)('0' + key / 10);
    n->text[n->len++] = (uint8_t)('0' + key % 10);
    return true;
}

/* Seven digits, a check letter, and maybe a second letter; older second letters did not count. */
bool national_rule_ireland(struct document_number *n, const char *weights)
{
    static const char letters[] = "WABCDEFGHIJKLMNOPQRSTUV";
    int sum = weighted(n, weights, 7, 23);
    const char *second = n->len == 9 ? strchr(letters, n->text[8]) : NULL;
    if (n->text[7] == (uint8_t)letters[sum])
        return n->len == 8 || second != NULL || strchr("TXYZ", n->text[8]) != NULL;
    return second != NULL && n->text[7] == (uint8_t)letters[(sum + 9 * (second - letters)) % 23];
}

/* 16 signs, the last a check letter; digits may have become letters where two people collide. */
bool national_rule_italy(struct document_number *n, const char *weights)
{
    static const int odd[26] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    (void)weights;
    int sum = 0;
    for (size_t i = 0; i < 15; i++) {
        uint8_t c = n->text[i];
        int value = c <= '9' ? c - '0' : c - 'A';
        sum += i % 2 == 0 ? odd[value] : value;
    }
    return n->text[15] == 'A' + sum % 26;
}

/* Nine digits and two for their sum, weighted 9 to 1, modulo 101. */
bool national_rule_russia_social(struct document_number *n, const char *weights)
{
    int sum = 0;
    for (size_t i = 0; i < 9; i++)
        sum += weight(weights[i]) * digit(n, i);
    return 10 * digit(n, 9) + digit(n, 10) == sum % 101 % 100;
}

/* A letter for the series, seven digits, a check letter. */
bool national_rule_singapore(struct document_number *n, const char *weights)
{
    uint8_t series = n->text[0];
    int sum = series == 'T' || series == 'G' ? 4 : 0;
    for (size_t i = 0; i < 7; i++)
        sum += weight(weights[i]) * digit(n, i + 1);
    if (series == 'S' || series == 'T')
        return n->text[8] == (uint8_t) "JZIHGFEDCBA"[sum % 11];
    return (series == 'F' || series == 'G') && n->text[8] == (uint8_t) "XWUTRQPNMLK"[sum % 11];
}

static uint8_t spain_letter(const struct document_number *n, size_t from)
{
    int rest = from == 0 ? 0 : n->text[0] - 'X';
    for (size_t i = from; i < 8; i++)
        rest = (10 * rest + digit(n, i)) % 23;
    return (uint8_t) "TRWAGMYFPDXBNJZSQVHLCKE"[rest];
}

/* Eight digits and a letter, or X, Y or Z and seven digits and a letter (foreigners). */
bool national_rule_spain(struct document_number *n, const char *weights)
{
    (void)weights;
    bool is_foreigner = n->text[0] >= 'X' && n->text[0] <= 'Z';
    if (!is_foreigner && n->text[0] > '9')
        return false;
    return n->text[8] == spain_letter(n, is_foreigner ? 1 : 0);
}

/* Eight digits without their letter, which is put behind them. */
bool national_rule_spain_short(struct document_number *n, const char *weights)
{
    (void)weights;
    n->text[n->len++] = spain_letter(n, 0);
    return true;
}

bool national_rule_turkey(struct document_number *n, const char *weights)
{
    (void)weights;
    int odd = digit(n, 0) + digit(n, 2) + digit(n, 4) + digit(n, 6) + digit(n, 8);
    int even = digit(n, 1) + digit(n, 3) + digit(n, 5) + digit(n, 7);
    int tenth = ((7 * odd - even) % 10 + 10) % 10;
    return digit(n, 0) != 0 && digit(n, 9) == tenth && last(n) == (odd + even + tenth) % 10;
}

/* No check digit: areas 000 and 666, group 00 and serial 0000 are never given out. */
bool national_rule_usa(struct document_number *n, const char *weights)
{
    (void)weights;
    int area = modulo(n, 0, 3, 1000);
    return area != 0 && area != 666 && modulo(n, 3, 5, 1000) != 0 && modulo(n, 5, 9, 10000) != 0;
}
