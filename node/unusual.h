/*
 * unusual.h - when this organisation's data protection officer is told that asking is unusual.
 *
 * Judged from how many people were asked about on each day, and how many of them without naming a
 * vacancy; who they were is kept nowhere.
 *
 * A day is unusual when more than UNUSUAL_PEOPLE_MIN people were asked about, and more than
 * UNUSUAL_TIMES times as many as on a usual day: the median of the days of the UNUSUAL_BEFORE days
 * before it on which anybody was asked about. Why these numbers:
 * - Days on which nobody was asked about do not count: who recruits once a week would be told every
 *   week.
 * - The median, since one large day, which was explained, should not hide the next one.
 * - 28 days are four whole weeks, so that each weekday counts alike.
 * - Three times: a busy day of ordinary work is about twice a usual one; three times is something
 *   else: a campaign, or somebody who goes fishing.
 * - Ten people: below that a multiple says nothing (from one to four is one vacancy), and ten names
 *   are few enough to be looked through one by one.
 * - While there are fewer than UNUSUAL_USUAL_MIN such days nothing is usual yet, and more than ten
 *   people is unusual: an officer hears of the first large day.
 */
#ifndef NODE_UNUSUAL_H
#define NODE_UNUSUAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    UNUSUAL_PEOPLE_MIN = 10,
    UNUSUAL_TIMES = 3,
    UNUSUAL_BEFORE = 28,
    UNUSUAL_USUAL_MIN = 5,
    UNUSUAL_SHOWN = 28, /* days that an alarm is shown */
    UNUSUAL_DAYS_MAX = UNUSUAL_BEFORE + UNUSUAL_SHOWN,
};

struct unusual_day {
    uint32_t day;
    uint64_t people;
    uint64_t no_vacancy; /* of them */
};

/* What is usual before that day; 0 while nothing is. Days ascend; there may be gaps, and no more
 * than UNUSUAL_DAYS_MAX of them. */
uint64_t unusual_usual(const struct unusual_day *days, size_t count, uint32_t day);

/* Whether that day is unusual. */
bool unusual_is(const struct unusual_day *days, size_t count, uint32_t day);

/* {"unusual": [{"day", "people", "usual"}], "no_vacancy": people, "no_vacancy_last": "day" or null}
 * of the last UNUSUAL_SHOWN days. */
json_t *unusual_json(const struct unusual_day *days, size_t count, uint32_t today);

#endif
