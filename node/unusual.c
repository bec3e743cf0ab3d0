#include "node/unusual.h"

#include <stdlib.h>

#include "protocol/calendar.h"

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

uint64_t unusual_usual(const struct unusual_day *days, size_t count, uint32_t day)
{
    uint64_t people[UNUSUAL_DAYS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < count && n < UNUSUAL_DAYS_MAX; i++)
        if (days[i].day < day && (uint64_t)days[i].day + UNUSUAL_BEFORE >= day &&
            days[i].people > 0)
            people[n++] = days[i].people;
    if (n < UNUSUAL_USUAL_MIN)
        return 0;
    qsort(people, n, sizeof people[0], compare);
    return people[n / 2]; /* of an even number the upper one */
}

bool unusual_is(const struct unusual_day *days, size_t count, uint32_t day)
{
    for (size_t i = 0; i < count; i++)
        if (days[i].day == day)
            return days[i].people > UNUSUAL_PEOPLE_MIN &&
                   days[i].people / UNUSUAL_TIMES >= unusual_usual(days, count, day) &&
                   days[i].people > UNUSUAL_TIMES * unusual_usual(days, count, day);
    return false;
}

json_t *unusual_json(const struct unusual_day *days, size_t count, uint32_t today)
{
    json_t *list = json_array(), *last = json_null();
    uint64_t no_vacancy = 0;
    for (size_t i = 0; i < count; i++) {
        char text[DAY_TEXT_BYTES];
        if ((uint64_t)days[i].day + UNUSUAL_SHOWN <= today)
            continue;
        day_format((int32_t)days[i].day, text);
        no_vacancy += days[i].no_vacancy;
        if (days[i].no_vacancy > 0) {
            json_decref(last);
            last = json_string(text);
        }
        if (unusual_is(days, count, days[i].day))
            json_array_append_new(
                list, json_pack("{s:s,s:I,s:I}", "day", text, "people", (json_int_t)days[i].people,
                                "usual", (json_int_t)unusual_usual(days, count, days[i].day)));
    }
    return json_pack("{s:o,s:I,s:o}", "unusual", list, "no_vacancy", (json_int_t)no_vacancy,
                     "no_vacancy_last", last);
}
