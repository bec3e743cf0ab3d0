/*
 * ceremony.c - key ceremonies: what the operator asks for.
 */
#include "federation/core.h"

void ceremony_event(struct federation *f, const struct event *ev, struct effects *out)
{
    struct effect *e = effects_add(out, EFFECT_APPENDED);
    e->appended.ticket = ev->ceremony.ticket;
    e->appended.result = f->may_sign ? ERR_NOT_FOUND : ERR_UNAVAILABLE;
}
