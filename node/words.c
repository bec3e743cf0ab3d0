#include "node/words.h"

#include "node/cli.h"
#include "node/reserve.h"
#include "node/text.h"
#include "protocol/answer.h"
#include "protocol/identifier.h"

#include <string.h>

struct word {
    const char *code, *text;
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* The text of a code, translated; otherwise where there is none. */
static const char *find(const struct word *rows, size_t count, const char *code,
                        const char *otherwise)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].code, code) == 0)
            return _(rows[i].text);
    return otherwise;
}

const char *words_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

long long words_number(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

long long words_room_needed(const json_t *disk)
{
    long long missing = words_number(disk, "reserve_wanted_mb") - words_number(disk, "reserve_mb");
    long long needed = missing + (RESERVE_EASY_BYTES >> 20) + 1 - words_number(disk, "free_mb");
    return needed > 1 ? needed : 1;
}

/* Whether a fault's short name is that of its code: "document-form" of FAULT_DOCUMENT_FORM. */
static bool is_fault(const char *code, const char *name)
{
    code += strlen("FAULT_");
    for (; *code != '\0'; code++, name++)
        if ((*code == '_' ? '-' : *code | 0x20) != *name)
            return false;
    return *name == '\0';
}

const char *words_fault_name(enum field_fault fault, char *out, size_t cap)
{
    static const char *const codes[] = {
#define CODE(code, text) #code,
        FAULT_TABLE(CODE)
#undef CODE
    };
    const char *code = (unsigned)fault < FAULT_COUNT ? codes[fault] + strlen("FAULT_") : "UNKNOWN";
    size_t len = 0;
    for (; code[len] != '\0' && len + 1 < cap; len++)
        out[len] = (char)(code[len] == '_' ? '-' : code[len] | 0x20);
    out[len] = '\0';
    return out;
}

const char *words_fault(const char *fault)
{
    static const struct word rows[] = {
        {"expires-missing",  N_("is missing; every registration needs an end, written YYYY-MM-DD")         },
        {"expires-form",     N_("is not a date; write it as YYYY-MM-DD, for example 2027-12-31")           },
        {"expires-past",     N_("lies in the past; give a date from today on")                             },
        {"expires-beyond",   N_("is later than the member list allows")                                    },
        {"no-keys",          N_("has too few details to be found; give a document, an e-mail "
                       "address or a phone number, or both names and the date of birth")},
        {"too-many-entries", N_("has four registrations of yours already; amend one, or erase one "
                                "that is out of date")                         },
    };
    static const char *const codes[] = {
#define CODE(code, text) #code,
        FAULT_TABLE(CODE)
#undef CODE
    };
    for (int i = 0; i < FAULT_COUNT; i++)
        if (is_fault(codes[i], fault))
            return _(field_fault_text((enum field_fault)i));
    return find(rows, COUNT(rows), fault, _("is not in order"));
}

const char *words_gap(const char *gap)
{
    for (unsigned bit = 0; bit < GAP_COUNT; bit++)
        if (strcmp(gap_name(1u << bit), gap) == 0)
            return _(gap_text(1u << bit));
    return gap;
}

const char *words_error(const char *error)
{
    for (int e = 0; e < ERR_COUNT; e++)
        if (strcmp(err_name((enum err)e), error) == 0)
            return _(err_text((enum err)e));
    return error;
}

const char *words_kind(const char *kind)
{
    static const struct word rows[] = {
        {"document",    N_("document")                                 },
        {"email",       N_("e-mail address")                           },
        {"phone",       N_("phone number")                             },
        {"name-born",   N_("name and date of birth")                   },
        {"names",       N_("names that sound alike and date of birth") },
        {"names-month", N_("similar names and year and month of birth")},
        {"names-day",   N_("similar names and year and day of birth")  },
        {"name-start",  N_("start of a name and date of birth")        },
        {"name-end",    N_("end of a name and date of birth")          },
        {"name-parts",  N_("parts of a name and date of birth")        },
    };
    return find(rows, COUNT(rows), kind, kind);
}

static bool has(const json_t *names, const char *name)
{
    size_t i;
    const json_t *one;
    json_array_foreach(names, i, one)
    {
        const char *text = json_string_value(one);
        if (text != NULL && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

/* Whether a kind of the names goes without saying beside the others. */
static bool is_implied(const json_t *kinds, const char *kind)
{
    bool is_spelt = has(kinds, "name-born"), is_sound = has(kinds, "names");
    bool is_month = has(kinds, "names-month"), is_day = has(kinds, "names-day");
    if (strcmp(kind, "names") == 0)
        return is_spelt;
    if (strcmp(kind, "names-month") == 0 || strcmp(kind, "names-day") == 0)
        return is_spelt || (is_sound && is_month && is_day);
    if (strcmp(kind, "name-start") == 0 || strcmp(kind, "name-end") == 0)
        return is_spelt || is_sound || is_month || is_day;
    return false;
}

void words_kinds(const json_t *kinds, char *out, size_t cap)
{
    size_t i;
    const json_t *one;
    json_t *said = json_array();
    bool are_parts = has(kinds, "name-start") && has(kinds, "name-end");
    json_array_foreach(kinds, i, one)
    {
        const char *kind = json_string_value(one);
        if (kind != NULL && are_parts && strcmp(kind, "name-start") == 0)
            kind = is_implied(kinds, kind) ? NULL : "name-parts";
        else if (kind != NULL && are_parts && strcmp(kind, "name-end") == 0)
            kind = NULL;
        if (kind != NULL && !is_implied(kinds, kind))
            json_array_append_new(said, json_string(kind));
    }
    words_list(said, words_kind, out, cap);
    json_decref(said);
}

const char *words_answer(const char *answer)
{
    static const struct word rows[] = {
        {"no match",   N_("no match")  },
        {"possible",   N_("possible")  },
        {"confirmed",  N_("confirmed") },
        {"cannot say", N_("cannot say")},
    };
    return find(rows, COUNT(rows), answer, answer);
}

const char *words_role(const char *role)
{
    static const struct word rows[] = {
        {"member",       N_("member")      },
        {"keyholder",    N_("keyholder")   },
        {"relay",        N_("relay")       },
        {"observer",     N_("observer")    },
        {"auditor",      N_("auditor")     },
        {"ombudsperson", N_("ombudsperson")},
        {"authority",    N_("authority")   },
        {"steward",      N_("steward")     },
    };
    return find(rows, COUNT(rows), role, role);
}

const char *words_status(const char *status)
{
    static const struct word rows[] = {
        {"active",    N_("active")   },
        {"suspended", N_("suspended")},
        {"left",      N_("left")     },
    };
    return find(rows, COUNT(rows), status, status);
}

/* Appends to a text of cap bytes, cut where it is full. */
static void append(char *out, size_t cap, const char *text)
{
    size_t used = strlen(out);
    snprintf(out + used, cap - used, "%s", text);
}

void words_list(const json_t *names, const char *(*word)(const char *name), char *out, size_t cap)
{
    size_t i;
    const json_t *name;
    out[0] = '\0';
    json_array_foreach(names, i, name)
    {
        const char *text = json_string_value(name);
        if (i > 0)
            append(out, cap, ", ");
        append(out, cap, text != NULL ? word(text) : "?");
    }
}

const char *words_same(const char *text)
{
    return text;
}

/* What a keyholder did instead of answering. */
static const char *keyholder_word(const char *code)
{
    static const struct word rows[] = {
        {"unavailable",  N_("cannot be reached")                          },
        {"budget",       N_("today's allowance there is used up")         },
        {"epoch",        N_("works with another key period")              },
        {"proof",        N_("gave an answer that does not verify")        },
        {"point",        N_("gave an answer that does not verify")        },
        {"unauthorised", N_("does not answer this organisation")          },
        {"stranger",     N_("does not find this organisation in its list")},
        {"full",         N_("has too much to do; try again in a minute")  },
    };
    return find(rows, COUNT(rows), code, words_error(code));
}

void words_detail(const char *detail, char *out, size_t cap)
{
    out[0] = '\0';
    while (*detail != '\0') {
        char part[256] = "", *equals;
        size_t len = strcspn(detail, " ");
        if (len < sizeof part)
            memcpy(part, detail, len);
        detail += len + strspn(detail + len, " ");
        equals = strrchr(part, '='); /* an identifier may hold one too */
        if (equals == NULL)
            continue;
        *equals = '\0';
        if (out[0] != '\0')
            append(out, cap, ", ");
        append(out, cap, part);
        append(out, cap, ": ");
        append(out, cap, keyholder_word(equals + 1));
    }
}

void words_refusal(const json_t *end)
{
    const char *error = words_text(end, "error");
    char detail[1024];
    words_detail(words_text(end, "detail"), detail, sizeof detail);
    if (detail[0] == '\0')
        snprintf(detail, sizeof detail, "%s", _("the node names none"));
    if (strcmp(error, "damaged") == 0) {
        cli_complain(_("some of this organisation's own entries were found damaged here and are "
                       "being fetched from the others: the list would not show all. See: seinpost "
                       "status"));
        return;
    }
    if (strcmp(error, "not-ready") == 0)
        cli_complain(_("nothing was written: this node may not sign yet. %lld of the always-on "
                       "nodes must confirm what it wrote last, %lld have. Wait until they can be "
                       "reached; see: seinpost status"),
                     words_number(end, "needed"), words_number(end, "answered"));
    else if (strcmp(error, "restored") == 0)
        cli_complain(_("nothing was done: this node was restored from a backup, and has not taken "
                       "in yet what the others erased since. That takes a minute once they are "
                       "connected; see: seinpost status"));
    else if (strcmp(error, "budget") == 0)
        cli_complain(_("nothing was done: today's allowance of questions is used up (%s). Try "
                       "again tomorrow (UTC)."),
                     detail);
    else if (strcmp(error, "unavailable") == 0)
        cli_complain(_("nothing was done: too few key holders answered (%s). Try again when they "
                       "can be reached; see: seinpost status"),
                     detail);
    else if (strcmp(error, "epoch") == 0)
        cli_complain(_("nothing was done: the member list names no key that can be used now. See: "
                       "seinpost roster show"));
    else if (strcmp(error, "not-member") == 0)
        cli_complain(_("nothing was done: in the member list this organisation is no member. Only "
                       "members register people and consult. If it should be one, ask the "
                       "stewards; its roles are in: seinpost roster show"));
    else if (strcmp(error, "disk-full") == 0)
        cli_complain(_("nothing was done: the node's disk is full. What must be possible still is "
                       "(erasing, retracting, consulting). Make room on that disk; see: seinpost "
                       "status"));
    else if (strcmp(error, "format") == 0)
        cli_complain(_("nothing was done: the node did not understand the request. Are seinpost "
                       "and seinpostd of one version?"));
    else
        cli_complain(_("nothing was done (%s)."), words_error(error));
}
