#include "protocol/answer.h"

#include <assert.h>

enum condition { NO, YES, ANY };

/* The first row that fits decides; together they cover every case. */
static const struct {
    enum condition strong, weak, gaps;
    enum answer answer;
} rows[] = {
    {YES, ANY, ANY, ANSWER_CONFIRMED }, /* a detail that belongs to one person is the same */
    {NO,  YES, ANY, ANSWER_POSSIBLE  }, /* several people can share a name and a date of birth */
    {NO,  NO,  YES, ANSWER_CANNOT_SAY}, /* what was not looked at may hold a match */
    {NO,  NO,  NO,  ANSWER_NO_MATCH  }, /* everything was looked at, nothing is the same */
};

static bool fits(enum condition c, bool fact)
{
    return c == ANY || (c == YES) == fact;
}

enum answer answer_decide(unsigned gaps, unsigned strong_kinds_matched, unsigned weak_kinds_matched)
{
    size_t i = 0;
    while (!fits(rows[i].strong, strong_kinds_matched > 0) ||
           !fits(rows[i].weak, weak_kinds_matched > 0) || !fits(rows[i].gaps, gaps != 0)) {
        i++;
        assert(i < sizeof rows / sizeof rows[0]);
    }
    return rows[i].answer;
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
        return "A registration has the same name and date of birth. Other people can share these: "
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
