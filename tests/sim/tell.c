#include "tests/sim/tell.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/wire.h"
#include "tests/sim/world.h"

static const char *report_name(enum report r)
{
    switch ((int)r) {
    case REPORT_LINK_REFUSED:
        return "refuses a connection";
    case REPORT_MESSAGE_REFUSED:
        return "refuses a message";
    case REPORT_ENTRY_REFUSED:
        return "refuses an entry";
    case REPORT_DISPUTE:
        return "finds a contradiction by";
    case REPORT_KEYHOLDER_WRONG:
        return "names a wrong keyholder:";
    case REPORT_HEAD_CONFIRMED:
        return "may sign";
    case REPORT_HEAD_BEHIND:
        return "is behind its own feed, says";
    case REPORT_VERSION:
        return "shares no version with";
    case REPORT_ROSTER_STALE:
        return "has a stale member list";
    case REPORT_WITNESS_CONFLICT:
        return "hears of another checkpoint by";
    case REPORT_ROSTER_RIVAL:
        return "has two member lists of one version";
    case REPORT_CUT_BACK:
        return "cuts back the feed of";
    case REPORT_ENVELOPE_UNREADABLE:
        return "cannot open an envelope of";
    case REPORT_ALONE:
        return "signs unconfirmed, by leave:";
    case REPORT_REJOINED:
        return "was restored, and has caught up";
    case REPORT_TWIN:
        return "has a twin, says";
    default:
        return "reports something of";
    }
}

static void tell_batch(const Seinpost__Batch *b, char *text, size_t cap)
{
    struct checkpoint cp = {0};
    (void)!checkpoint_read(bytes_of(b->checkpoint.data, b->checkpoint.len), &cp);
    size_t count = b->headers.len / HEADER_BYTES;
    snprintf(text, cap, "batch: %zu from %" PRIu64 ", checkpoint %" PRIu64 " of size %" PRIu64,
             count, b->first, cp.seq, cp.size);
}

bool tell_frame(struct bytes frame, char from, char to, char *out, size_t cap)
{
    static uint8_t storage[WIRE_ARENA_BYTES];
    struct wire_arena arena;
    wire_arena_init(&arena, storage, sizeof storage);
    Seinpost__Message *m;
    if (message_decode(frame, &arena, &m) != OK)
        return false;
    char text[128];
    switch ((int)m->body_case) {
    case SEINPOST__MESSAGE__BODY_OPENING:
        snprintf(text, sizeof text, "opening, member list %" PRIu64, m->opening->roster_version);
        break;
    case SEINPOST__MESSAGE__BODY_FOLLOW:
        snprintf(text, sizeof text,
                 "follow: holds %" PRIu64 ", checkpoint %" PRIu64 ", credit %" PRIu32,
                 m->follow->size, m->follow->seq, m->follow->credit);
        break;
    case SEINPOST__MESSAGE__BODY_BATCH:
        tell_batch(m->batch, text, sizeof text);
        break;
    default:
        snprintf(text, sizeof text, "%s", m->base.descriptor->fields[0].name);
        for (unsigned i = 0; i < m->base.descriptor->n_fields; i++)
            if (m->base.descriptor->fields[i].id == (uint32_t)m->body_case)
                snprintf(text, sizeof text, "%s", m->base.descriptor->fields[i].name);
        break;
    }
    snprintf(out, cap, "%c > %c  %s", from, to, text);
    return true;
}

bool tell_effect(const struct effect *e, char at, size_t author, char *out, size_t cap)
{
    char who = author == SIZE_MAX ? '-' : world_letter(author);
    switch ((int)e->type) {
    case EFFECT_PERSIST_ENTRIES:
        snprintf(out, cap,
                 "%c      keeps %zu of %c from %" PRIu64 ", checkpoint known, owed %" PRIu64, at,
                 e->entries.count, who, e->entries.feed->tree.size - e->entries.count,
                 e->entries.feed->owed);
        return true;
    case EFFECT_PERSIST_GONE:
        snprintf(out, cap, "%c      %s %" PRIu64 " of %c", at,
                 e->gone.state == STATE_ERASED ? "erases" : "lets expire", e->gone.index, who);
        return true;
    case EFFECT_PERSIST_CORRECTION:
        snprintf(out, cap, "%c      notes that %c took back %" PRIu64, at, who,
                 e->correction.target);
        return true;
    case EFFECT_PERSIST_RECEIPT:
        snprintf(out, cap, "%c      notes that %c erased %zu of its entries", at, who,
                 e->receipt.count);
        return true;
    case EFFECT_PERSIST_REQUEST:
        snprintf(out, cap, "%c      charges %c %" PRIu32 " points, %" PRIu32 " today", at, who,
                 e->request.points, e->request.used);
        return true;
    case EFFECT_EVALUATED:
        snprintf(out, cap, "%c      has its evaluation: %s", at, err_name(e->evaluated.result));
        return true;
    case EFFECT_CUT:
        snprintf(out, cap, "%c      cuts %c", at, who);
        return true;
    case EFFECT_REPORT:
        snprintf(out, cap, "%c      %s %c (%s)", at, report_name(e->report.what), who,
                 err_name(e->report.reason));
        return true;
    default:
        return false;
    }
}
