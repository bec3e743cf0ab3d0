#include "config/value.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const char scheme[] = "tcp://";

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Length in bytes of the character at s, 0 if it is not valid UTF-8. Table 3-7 of Unicode: only the
 * second byte has bounds that depend on the first. */
static size_t utf8_length(const unsigned char *s, size_t len)
{
    unsigned lead = s[0];
    if (lead < 0x80)
        return 1;
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || len < need)
        return 0;
    unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    return need;
}

bool value_is_text(const char *s, size_t len)
{
    const unsigned char *u = (const unsigned char *)s;
    for (size_t i = 0; i < len;) {
        size_t n = utf8_length(u + i, len - i);
        if (n == 0)
            return false;
        bool is_c0 = n == 1 && (u[i] < 0x20 || u[i] == 0x7f) && u[i] != '\t';
        bool is_c1 = n == 2 && u[i] == 0xc2 && u[i + 1] < 0xa0;
        if (is_c0 || is_c1)
            return false;
        i += n;
    }
    return true;
}

bool value_is_org_id(const char *s)
{
    if (s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z')
        return false;
    for (const char *p = s; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~')
            return false;
    }
    const char *dash = strchr(s, '-');
    return dash != NULL && dash[1] != '\0';
}

bool value_is_word(const char *s)
{
    if (s[0] == '\0' || s[0] == '-')
        return false;
    for (; *s != '\0'; s++) {
        if (!is_alnum(*s) && strchr("._@-", *s) == NULL)
            return false;
    }
    return true;
}

/* Splits tcp://HOST:PORT; host gets what stands before the last colon. */
static bool endpoint_split(const char *s, char *host, size_t cap, unsigned *port)
{
    if (strncmp(s, scheme, sizeof scheme - 1) != 0)
        return false;
    s += sizeof scheme - 1;
    const char *colon = strrchr(s, ':');
    if (colon == NULL || colon == s || (size_t)(colon - s) >= cap)
        return false;
    memcpy(host, s, (size_t)(colon - s));
    host[colon - s] = '\0';
    *port = 0;
    size_t digits = strlen(colon + 1);
    if (digits == 0 || digits > 5 || colon[1] == '0')
        return false;
    for (const char *p = colon + 1; *p != '\0'; p++) {
        if (!is_digit(*p))
            return false;
        *port = *port * 10 + (unsigned)(*p - '0');
    }
    return *port <= 65535;
}

static bool host_is_numeric(const char *host, bool *is_unspecified)
{
    struct in_addr four;
    struct in6_addr six;
    size_t len = strlen(host);
    if (host[0] != '[') {
        bool is_four = inet_pton(AF_INET, host, &four) == 1;
        *is_unspecified = is_four && four.s_addr == INADDR_ANY;
        return is_four;
    }
    char inner[INET6_ADDRSTRLEN];
    if (host[len - 1] != ']' || len - 2 >= sizeof inner)
        return false;
    memcpy(inner, host + 1, len - 2);
    inner[len - 2] = '\0';
    bool is_six = inet_pton(AF_INET6, inner, &six) == 1;
    *is_unspecified = is_six && memcmp(&six, &in6addr_any, sizeof six) == 0;
    return is_six;
}

/* A host name: labels of letters, digits and dashes between dots; not all digits and dots, which
 * would be a mistyped address. */
static bool host_is_name(const char *host)
{
    bool has_letter = false;
    char before = '.';
    for (const char *p = host; *p != '\0'; before = *p++) {
        bool is_edge = before == '.' || p[1] == '.' || p[1] == '\0';
        if (!is_alnum(*p) && !(*p == '-' && !is_edge) && !(*p == '.' && before != '.'))
            return false;
        has_letter = has_letter || !(is_digit(*p) || *p == '.');
    }
    return has_letter && before != '.';
}

bool value_is_listen(const char *s)
{
    char host[256];
    unsigned port;
    bool is_unspecified;
    return endpoint_split(s, host, sizeof host, &port) && host_is_numeric(host, &is_unspecified);
}

bool value_is_dial(const char *s)
{
    char host[256];
    unsigned port;
    bool is_unspecified;
    return endpoint_split(s, host, sizeof host, &port) &&
           (host_is_numeric(host, &is_unspecified) || host_is_name(host));
}

bool value_is_unspecified(const char *s)
{
    char host[256];
    unsigned port;
    bool is_unspecified = false;
    return endpoint_split(s, host, sizeof host, &port) && host_is_numeric(host, &is_unspecified) &&
           is_unspecified;
}

int value_choice(const char *choices, const char *word)
{
    size_t len = strlen(word);
    int place = 0;
    while (*choices != '\0') {
        size_t n = strcspn(choices, " ");
        if (n == len && memcmp(choices, word, n) == 0)
            return place;
        choices += n + strspn(choices + n, " ");
        place++;
    }
    return -1;
}

int value_number(const char *s)
{
    size_t digits = strspn(s, "0123456789");
    if (digits == 0 || digits > 9 || s[digits] != '\0')
        return -1;
    return (int)strtol(s, NULL, 10);
}

unsigned value_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > VALUE_DISTANCE_BYTES_MAX || b_len > VALUE_DISTANCE_BYTES_MAX)
        return VALUE_DISTANCE_BYTES_MAX;
    unsigned row[VALUE_DISTANCE_BYTES_MAX + 1]; /* distances from a[0..i) to each b[0..j) */
    for (size_t j = 0; j <= b_len; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            best = best < row[j] + 1 ? best : row[j] + 1;
            row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
        }
    }
    return row[b_len];
}
