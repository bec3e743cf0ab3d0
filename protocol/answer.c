#include "protocol/answer.h"

#include "protocol/matchkey.h"

#include <assert.h>

/* clang-format off */
static const struct weight {
    unsigned weight;
    const char *reason;
} weights[KIND_END] = {
    [KIND_DOCUMENT]    = {WEIGHT_CONFIRMED, "An issuer gives a number to one person only."},
    [KIND_EMAIL]       = {WEIGHT_CONFIRMED, "An e-mail address belongs to one person, or to few who share it."},
    [KIND_PHONE]       = {WEIGHT_CONFIRMED, "A phone number belongs to one person, or to few who share it."},
    [KIND_NAME_BORN]   = {WEIGHT_POSSIBLE,  "Several people share a name and a date of birth, spelt alike."},
    [KIND_NAMES]       = {WEIGHT_POSSIBLE,  "Both names sound alike and the date is the same or one slip away: "
                                            "it takes both to be chance."},
    [KIND_NAMES_MONTH] = {WEIGHT_POSSIBLE,  "Both names have the same consonants, and year and month agree: "
                                            "a day is easily written wrong, and both names must agree."},
    [KIND_NAMES_DAY]   = {WEIGHT_POSSIBLE,  "Both names have the same consonants, and year and day agree: "
                                            "the month is the part that is most often wrong."},
    [KIND_NAME_START]  = {1,                "Many people born on one day have a name that begins so: "
                                            "it takes a second of the four ends of the names."},
    [KIND_NAME_END]    = {1,                "Many people born on one day have a name that ends so: "
                                            "it takes a second of the four ends of the names."},
};
/* clang-format on */

unsigned answer_weight(unsigned kind)
{
    return kind < KIND_END ? weights[kind].weight : 0;
}

const char *answer_reason(unsigned kind)
{
    bool is_known = kind < KIND_END && weights[kind].reason != NULL;
    return is_known ? weights[kind].reason : "This kind of detail is not known.";
}

enum answer answer_weigh(unsigned weight)
{
    return weight >= WEIGHT_CONFIRMED  ? ANSWER_CONFIRMED
           : weight >= WEIGHT_POSSIBLE ? ANSWER_POSSIBLE
                                       : ANSWER_NO_MATCH;
}

enum answer answer_decide(unsigned gaps, enum answer best)
{
    if (best == ANSWER_CONFIRMED || best == ANSWER_POSSIBLE)
        return best; /* what was found is said, whatever was left out */
    /* What was not looked at may hold a match. */
    return gaps != 0 ? ANSWER_CANNOT_SAY : ANSWER_NO_MATCH;
}

const char *answer_name(enum answer a)
{
    switch (a) {
    case ANSWER_NO_MATCH:
        return "no match";
    case ANSWER_POSSIBLE:
        return "possible";
    case ANSWER_CONFIRMED:
        return "confirmed";
    case ANSWER_CANNOT_SAY:
        return "cannot say";
    }
    return "unknown";
}

const char *answer_text(enum answer a)
{
    switch (a) {
    case ANSWER_NO_MATCH:
        return "No registration in force of any member matches these details. This is not a "
               "clearance.";
    case ANSWER_POSSIBLE:
        return "A registration has a similar name and date of birth. Other people can share these: "
               "ask the member who made it.";
    case ANSWER_CONFIRMED:
        return "A registration has the same document, e-mail address or phone number. Ask the "
               "member who made it.";
    case ANSWER_CANNOT_SAY:
        return "Nothing was found, but not everything could be looked at. Do not read this as no "
               "match.";
    }
    return "unknown";
}

const char *gap_name(unsigned gap)
{
    switch (gap) {
#define GAP_NAME(code, bit, name, text)                                                            \
    case code:                                                                                     \
        return name;
        GAP_TABLE(GAP_NAME)
#undef GAP_NAME
    default:
        return "unknown";
    }
}

const char *gap_text(unsigned gap)
{
    switch (gap) {
#define GAP_TEXT(code, bit, name, text)                                                            \
    case code:                                                                                     \
        return text;
        GAP_TABLE(GAP_TEXT)
#undef GAP_TEXT
    default:
        return "something could not be looked at";
    }
}
