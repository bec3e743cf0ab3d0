#include "node/doctor.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static void add(struct doctor *d, const char *check, enum finding_state state, const char *format,
                va_list args)
{
    if (d->count == FINDINGS_MAX)
        return;
    struct finding *f = &d->list[d->count++];
    f->check = check;
    f->state = state;
    f->step[0] = '\0';
    vsnprintf(f->text, sizeof f->text, format, args);
}

void doctor_well(struct doctor *d, const char *check, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(d, check, FINDING_WELL, format, args);
    va_end(args);
}

void doctor_note(struct doctor *d, const char *check, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(d, check, FINDING_NOTE, format, args);
    va_end(args);
}

void doctor_todo(struct doctor *d, const char *check, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(d, check, FINDING_TODO, format, args);
    va_end(args);
}

void doctor_step(struct doctor *d, const char *format, ...)
{
    va_list args;
    assert(d->count > 0);
    va_start(args, format);
    vsnprintf(d->list[d->count - 1].step, sizeof d->list[0].step, format, args);
    va_end(args);
}

const struct finding *doctor_next(const struct doctor *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].state == FINDING_TODO)
            return &d->list[i];
    return NULL;
}
