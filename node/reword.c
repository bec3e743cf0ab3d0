#include "node/reword.h"

#include "node/text.h"

#include <stdio.h>
#include <string.h>

enum { VALUES_MAX = 4 };

/* Every form of a sentence in config/config.c, and the more exact before the less. */
static const char *const forms[] = {
    N_("the path is %zu bytes long and may be at most %d; choose a shorter one"),
    N_("there are more than %d of these lines; keep the first contacts only"),
    N_("there are more than %d of these lines; keep the nearest relays only"),
    N_("nobody would answer there, since this node has no open port; remove the line, or add for "
       "example listen = %s"),
    N_("'%s' is not an organisation identifier and a tcp:// address; write for example %s"),
    N_("'%s' is not a whole number from %d to %d; write for example %s"),
    N_("'%s' is not one of the words: %s; write for example %s"),
    N_("'%s' is not an organisation identifier; write for example %s"),
    N_("'%s' is not a tcp:// address; write for example %s"),
    N_("'%s' is not a host and a port from 1 to 65535; write for example %s"),
    N_("'%s' is not a numeric address and a port from 1 to 65535; write for example %s"),
    N_("'%s' may hold only letters, digits and . _ @ -; write for example %s"),
    N_("'%s' is %zu bytes long and may be at most %d; write for example %s"),
    N_("is not a known key; did you mean %s?"),
    N_("is not a known key; the keys are %s"),
    N_("has no value; write for example %s = %s"),
    N_("was given in line %u already; keep one of the two"),
    N_("the line is longer than %d bytes; shorten it"),
    N_("the line is not plain UTF-8 text; save the file as UTF-8 and remove control characters"),
    N_("the line is not a setting; write key = value, or # before a comment"),
    N_("is missing; add a line such as %s = %s"),
    N_("the path is too long to hold the local socket; choose a shorter one"),
    N_("'%s' is this node's own org_id; remove the line"),
    N_("'%s' cannot be dialled; write the address at which the member is reached"),
    N_("repeats line %u; remove one of the two"),
    N_("the path is %zu bytes long and a socket's may be at most %d; write for example %s"),
    N_("the local socket in it would have a path of %zu bytes, and %d is the most; add for example "
       "socket = %s"),
    N_("'%s' cannot be dialled; write the address at which others reach this node"),
    N_("the path is longer than %d bytes; choose a shorter one"),
    N_("cannot be opened (%s); name the settings file of this node"),
    N_("cannot be read (%s); name the settings file of this node"),
    N_("is larger than %d bytes; name the settings file of this node"),
};

struct value {
    const char *at;
    size_t len;
};

/* Bytes of the conversion at s, 0 if there is none. */
static size_t conversion(const char *s)
{
    if (strncmp(s, "%zu", 3) == 0)
        return 3;
    return s[0] == '%' && s[1] != '\0' && strchr("sdu", s[1]) != NULL ? 2 : 0;
}

/* Bytes of the plain text at the front of a form. */
static size_t plain(const char *form)
{
    size_t len = 0;
    while (form[len] != '\0' && conversion(form + len) == 0)
        len++;
    return len;
}

/* Finds the values that make a form the sentence; false if none do. */
static bool match(const char *sentence, const char *form, struct value values[VALUES_MAX])
{
    size_t count = 0;
    for (;;) {
        size_t len = plain(form);
        if (strncmp(sentence, form, len) != 0)
            return false;
        sentence += len;
        form += len;
        if (*form == '\0')
            return *sentence == '\0';
        if (count == VALUES_MAX)
            return false;
        form += conversion(form);
        /* The value goes to the first place where the next plain text stands; at the end of the
         * form, to the end of the sentence less that text. */
        size_t next = plain(form), left = strlen(sentence);
        const char *end = sentence + left;
        if (left >= next && form[next] == '\0')
            end -= next;
        else
            for (end = sentence; strncmp(end, form, next) != 0; end++)
                if (*end == '\0')
                    return false;
        values[count++] = (struct value){sentence, (size_t)(end - sentence)};
        sentence = end;
    }
}

bool reword(const char *sentence, const char *form, const char *other, char *out, size_t cap)
{
    struct value values[VALUES_MAX] = {
        {NULL, 0}
    };
    size_t used = 0, count = 0;
    if (cap == 0 || !match(sentence, form, values))
        return false;
    while (*other != '\0') {
        size_t skip = conversion(other);
        struct value v = {other, 1};
        if (skip > 0 && count < VALUES_MAX)
            v = values[count++];
        other += skip > 0 ? skip : 1;
        size_t len = v.len < cap - 1 - used ? v.len : cap - 1 - used;
        if (len > 0)
            memcpy(out + used, v.at, len);
        used += len;
    }
    out[used] = '\0';
    return true;
}

void reword_config(const char *error, const char *file, char *out, size_t cap)
{
    size_t file_len = strlen(file);
    bool is_placed = strncmp(error, file, file_len) == 0;
    snprintf(out, cap, "%s", error);
    /* The sentence begins after the file, or after its line, or after the key. */
    for (const char *at = is_placed ? error + file_len : error; (at = strstr(at, ": ")) != NULL;) {
        at += 2;
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
            size_t place = (size_t)(at - error);
            if (place < cap && reword(at, forms[i], _(forms[i]), out + place, cap - place))
                return;
        }
    }
}
