#include "protocol/roster_fingerprint.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { SYMBOLS = 52, GROUP = 4, HASH_BITS = 8 * FINGERPRINT_HASH_BYTES };

/* The five bits of a hash from bit first on, zeros after its end. */
static unsigned bits_at(const uint8_t *hash, unsigned first)
{
    unsigned v = 0;
    for (unsigned bit = first; bit < first + 5; bit++)
        v = v << 1 | (bit < HASH_BITS ? (unsigned)hash[bit / 8] >> (7 - bit % 8) & 1 : 0);
    return v;
}

void roster_fingerprint(const uint8_t hash[FINGERPRINT_HASH_BYTES], char out[FINGERPRINT_CHARS])
{
    for (unsigned i = 0; i < SYMBOLS; i++) {
        if (i > 0 && i % GROUP == 0)
            *out++ = '-';
        *out++ = alphabet[bits_at(hash, 5 * i)];
    }
    *out = '\0';
}

/* The value of one character; -1 for one that is not used. */
static int symbol_value(uint8_t c)
{
    if (c >= 'a' && c <= 'z')
        c = (uint8_t)(c - 'a' + 'A');
    if (c == 'O')
        c = '0';
    if (c == 'I' || c == 'L')
        c = '1';
    const char *at = c == 0 ? NULL : strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

static bool is_separator(uint8_t c)
{
    return c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n';
}

enum err roster_fingerprint_decode(struct bytes text, uint8_t out[FINGERPRINT_HASH_BYTES])
{
    uint8_t hash[FINGERPRINT_HASH_BYTES + 1] = {0};
    unsigned count = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (is_separator(text.data[i]))
            continue;
        int v = symbol_value(text.data[i]);
        if (v < 0 || count == SYMBOLS)
            return ERR_FORMAT;
        for (unsigned b = 0; b < 5; b++) {
            unsigned bit = 5 * count + b;
            hash[bit / 8] |= (uint8_t)((v >> (4 - b) & 1) << (7 - bit % 8));
        }
        count++;
    }
    if (count < SYMBOLS)
        return ERR_TRUNCATED;
    if (hash[FINGERPRINT_HASH_BYTES] != 0)
        return ERR_FORMAT;
    memcpy(out, hash, FINGERPRINT_HASH_BYTES);
    return OK;
}
