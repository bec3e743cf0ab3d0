#include "protocol/document_number.h"

#include "protocol/fold.h"

#include <string.h>

enum { RUN_DIGITS_MIN = 5 };

/* Capitals of other scripts that look like a Latin one, each before it. */
static const int32_t look_alikes[][2] = {
    {0x0391, 'A'},
    {0x0392, 'B'},
    {0x0395, 'E'},
    {0x0396, 'Z'},
    {0x0397, 'H'},
    {0x0399, 'I'},
    {0x039A, 'K'},
    {0x039C, 'M'},
    {0x039D, 'N'},
    {0x039F, 'O'},
    {0x03A1, 'P'},
    {0x03A4, 'T'},
    {0x03A5, 'Y'},
    {0x03A7, 'X'},
    {0x0405, 'S'},
    {0x0406, 'I'},
    {0x0408, 'J'},
    {0x0410, 'A'},
    {0x0412, 'B'},
    {0x0415, 'E'},
    {0x041A, 'K'},
    {0x041C, 'M'},
    {0x041D, 'H'},
    {0x041E, 'O'},
    {0x0420, 'P'},
    {0x0421, 'C'},
    {0x0422, 'T'},
    {0x0423, 'Y'},
    {0x0425, 'X'},
};

static int32_t latin(int32_t point)
{
    for (size_t i = 0; i < sizeof look_alikes / sizeof look_alikes[0]; i++)
        if (look_alikes[i][0] == point)
            return look_alikes[i][1];
    return point;
}

enum field_fault document_number_read(struct bytes folded, struct document_number *n)
{
    struct document_number read = {.len = 0};
    struct pack p = pack_of(read.text, sizeof read.text);
    int32_t point = 0;
    size_t count = 0;
    for (const uint8_t *from = folded.data; fold_next(&folded, &point); from = folded.data) {
        if (!fold_is_letter(point) && !fold_is_digit(point))
            return FAULT_DOCUMENT_SIGNS;
        if (latin(point) != point)
            pack_u8(&p, (uint8_t)latin(point));
        else
            pack_copy(&p, from, (size_t)(folded.data - from));
        count++;
    }
    if (count < DOCUMENT_NUMBER_MIN || count > DOCUMENT_NUMBER_MAX)
        return FAULT_DOCUMENT_LENGTH;
    read.len = pack_len(&p);
    *n = read;
    return FAULT_NONE;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Whether digits count up or down by one (9 and 0 are neighbours). */
static bool is_run(const struct document_number *n, int step)
{
    for (size_t i = 1; i < n->len; i++) {
        if (n->text[i] != '0' + (n->text[i - 1] - '0' + step + 10) % 10)
            return false;
    }
    return true;
}

static bool is_alike(struct bytes text)
{
    int32_t first = 0;
    int32_t point = 0;
    bool is_varied = false;
    if (!fold_next(&text, &first))
        return true;
    while (fold_next(&text, &point))
        is_varied = is_varied || point != first;
    return !is_varied;
}

/* Whether a number of digits only counts up or down. */
static bool is_count(const struct document_number *n)
{
    return n->len >= RUN_DIGITS_MIN && (is_run(n, 1) || is_run(n, -1));
}

static void drop_zeros(struct document_number *n)
{
    size_t zeros = 0;
    while (zeros < n->len && n->text[zeros] == '0')
        zeros++;
    n->len -= zeros;
    memmove(n->text, n->text + zeros, n->len);
}

enum field_fault document_number_fold(struct document_number *n)
{
    size_t digits = 0;
    bool has_digit = false;
    for (size_t i = 0; i < n->len; i++) {
        has_digit = has_digit || is_digit(n->text[i]);
        n->text[i] = n->text[i] == 'O' ? '0' : n->text[i] == 'I' ? '1' : n->text[i];
        digits += is_digit(n->text[i]);
    }
    if (!has_digit || is_alike(bytes_of(n->text, n->len)))
        return FAULT_PLACEHOLDER;
    if (digits < n->len)
        return FAULT_NONE;
    bool is_stand_in = is_count(n);
    drop_zeros(n);
    if (is_stand_in || is_count(n))
        return FAULT_PLACEHOLDER;
    if (n->len < DOCUMENT_NUMBER_MIN)
        return FAULT_DOCUMENT_LENGTH;
    return is_alike(bytes_of(n->text, n->len)) ? FAULT_PLACEHOLDER : FAULT_NONE;
}
