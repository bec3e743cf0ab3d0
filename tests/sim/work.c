/*
 * work.c - what people do at their nodes while all that goes wrong: they register, correct, take
 * back, write letters, consult. What they were told is there goes into a book, which is the measure
 * of what must never be lost and of what must not match.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/correction.h"
#include "tests/sim/look.h"
#include "tests/sim/story.h"

enum { DAYS_MIN = 5, DAYS_MAX = 400, CONSULT_MS = 60000 };

static const char canary[] = "CANARY letter of Ayşe Özgür-Meijer, +31 6 5550 0199";

static uint32_t today(const struct story *s, size_t node)
{
    int64_t utc = world_clock(s->w, node);
    return utc > 0 ? (uint32_t)(utc / 86400) : 0;
}

/* A node whose people can work now; SIZE_MAX if this try found none. */
static size_t somebody(struct story *s)
{
    size_t node = (size_t)dice_below(&s->work, s->plan.nodes);
    return world_is_running(s->w, node) && plan_is_member(&s->plan, node) ? node : SIZE_MAX;
}

static void note(struct story *s, size_t node, const struct deed *d)
{
    struct book *b = &s->books[node];
    bool is_ending = b->has_new_key && world_standing(s->w, node).feed_epoch < 2;
    if (plan_is_byzantine(&s->plan, node) || b->is_exempt || is_ending)
        return; /* what it writes need not last */
    b->deeds = realloc(b->deeds, (b->count + 1) * sizeof *b->deeds);
    assert(b->deeds != NULL);
    b->deeds[b->count] = *d;
    b->deeds[b->count++].is_pending = world_disk(s->w, node) == DISK_STALLED;
    s->acked++;
}

static enum err append(struct story *s, size_t node, const struct draft *drafts, size_t count,
                       uint64_t *first, const char *what)
{
    enum err e = world_append(s->w, node, drafts, count, first);
    if (e == OK)
        story_say(s, "%c      people: %s, entry %u", world_letter(node), what, (unsigned)*first);
    if (e != OK && e != ERR_UNAVAILABLE && e != ERR_IO && e != ERR_STRANGER &&
        e != ERR_UNAUTHORISED && e != ERR_STALE)
        story_fail(s, "%c could not write (%s): %s", world_letter(node), what, err_name(e));
    return e;
}

static void publish(struct story *s, size_t node)
{
    static uint8_t payloads[64][SIGNAL_BYTES_MAX];
    struct draft drafts[64];
    size_t count = dice_is(&s->work, 150) ? (size_t)dice_from(&s->work, 2, 64) : 1;
    uint32_t number = s->numbers + 1, expires[64];
    for (size_t i = 0; i < count; i++) {
        expires[i] = today(s, node) + (uint32_t)dice_from(&s->work, DAYS_MIN, DAYS_MAX);
        drafts[i] = look_signal(number + (uint32_t)i, expires[i], payloads[i]);
    }
    s->numbers += (uint32_t)count;
    uint64_t first = 0;
    if (append(s, node, drafts, count, &first, "register somebody") != OK)
        return;
    for (size_t i = 0; i < count; i++) {
        struct deed d = {
            first + i, number + (uint32_t)i, expires[i], ENTRY_SIGNAL, false, false, false, false};
        note(s, node, &d);
    }
}

static void raise_alert(struct story *s, size_t node)
{
    struct alert a = {.kind = 1, .basis = 1, .action_count = 1};
    a.action[0] = (struct alert_action){1, ACTION_OPEN, today(s, node) + 30};
    strcpy(a.partner, "NL-KVK-12345678");
    uint8_t payload[ALERT_BYTES_MAX];
    struct draft d = {.type = ENTRY_ALERT, .expires_day = today(s, node) + DAYS_MAX};
    d.payload = bytes_of(payload, alert_encode(&a, payload));
    uint64_t first = 0;
    if (append(s, node, &d, 1, &first, "raise an alert") != OK)
        return;
    struct deed deed = {.index = first, .expires_day = d.expires_day, .type = ENTRY_ALERT};
    note(s, node, &deed);
}

/* Something of its own that is still in force and was committed; NULL if this try found nothing. */
static struct deed *pick(struct story *s, size_t node)
{
    struct book *b = &s->books[node];
    if (b->count == 0)
        return NULL;
    struct deed *d = &b->deeds[dice_below(&s->work, b->count)];
    bool is_live = d->type == ENTRY_SIGNAL && !d->is_pending && !d->is_retracted && !d->is_erased &&
                   d->expires_day >= today(s, node);
    /* a chapter that ended may have taken it away */
    return is_live && look_state(s->w, node, node, d->index) == STATE_HELD ? d : NULL;
}

static void retract(struct story *s, size_t node)
{
    struct deed *target = pick(s, node);
    if (target == NULL)
        return;
    uint8_t payload[RETRACT_BYTES];
    uint64_t index = target->index, first = 0;
    struct draft d = {.type = ENTRY_RETRACT, .ref_plus_one = index + 1};
    d.payload = bytes_of(payload, retract_encode(1, payload));
    if (append(s, node, &d, 1, &first, "take a registration back") != OK)
        return;
    target->is_unsure = world_disk(s->w, node) == DISK_STALLED;
    target->is_retracted = true;
    note(s, node, &(struct deed){.index = first, .type = ENTRY_RETRACT});
}

static void erase(struct story *s, size_t node)
{
    struct deed *target = pick(s, node);
    if (target == NULL)
        return;
    uint8_t payload[1];
    uint64_t first = 0;
    struct draft d = {.type = ENTRY_ERASE, .ref_plus_one = target->index + 1};
    d.payload = bytes_of(payload, erase_encode(payload));
    if (append(s, node, &d, 1, &first, "erase a registration") != OK)
        return;
    target->is_unsure = world_disk(s->w, node) == DISK_STALLED;
    target->is_erased = true;
    note(s, node, &(struct deed){.index = first, .type = ENTRY_ERASE});
}

/* As our software amends: the new version, and the end of the old one. */
static void amend(struct story *s, size_t node)
{
    struct deed *target = pick(s, node);
    if (target == NULL)
        return;
    uint8_t signal[SIGNAL_BYTES_MAX], payload[AMEND_BYTES_MAX], end[1];
    uint32_t number = ++s->numbers, expires = today(s, node) + DAYS_MAX;
    struct amend a = {.type = ENTRY_SIGNAL, .previous = target->index};
    a.payload = look_signal(number, expires, signal).payload;
    struct draft d[2] = {
        {.type = ENTRY_AMEND, .expires_day = expires, .ref_plus_one = target->index + 1},
        {.type = ENTRY_ERASE,                   .ref_plus_one = target->index + 1                      }
    };
    d[0].payload = bytes_of(payload, amend_encode(&a, payload));
    d[1].payload = bytes_of(end, erase_encode(end));
    uint64_t first = 0;
    if (append(s, node, d, 2, &first, "amend a registration") != OK)
        return;
    target->is_unsure = world_disk(s->w, node) == DISK_STALLED;
    target->is_erased = true;
    note(s, node,
         &(struct deed){
             .index = first, .number = number, .expires_day = expires, .type = ENTRY_AMEND});
    note(s, node, &(struct deed){.index = first + 1, .type = ENTRY_ERASE});
}

static void write_letter(struct story *s, size_t node)
{
    size_t to = (size_t)dice_below(&s->work, s->plan.nodes);
    uint64_t index = 0;
    if (to == node || !plan_is_member(&s->plan, to) || s->letter_count == LETTERS_MAX)
        return;
    enum err e = world_send(s->w, node, to, ++s->numbers, BYTES_LITERAL(canary), &index);
    if (e != OK)
        return;
    story_say(s, "%c      people: write to %c, entry %u", world_letter(node), world_letter(to),
              (unsigned)index);
    s->letters[s->letter_count++] =
        (struct letter){node, to, index, s->lives[node], world_disk(s->w, node) == DISK_STALLED};
}

static void consult(struct story *s, size_t node)
{
    if (s->consult_count >= s->plan.consults_max || s->consult_count == CONSULTS_MAX)
        return;
    uint32_t person = (uint32_t)dice_below(&s->work, PERSONS);
    char subject[32];
    snprintf(subject, sizeof subject, "CANARY person %u", person);
    story_say(s, "%c      people: consult about person %u", world_letter(node), person);
    uint64_t ticket = world_ask(s->w, node, subject, 1);
    s->consults[s->consult_count++] =
        (struct consult){node, ticket, s->lives[node], person, !world_is_running(s->w, node)};
}

void work_one(struct story *s)
{
    static void (*const works[])(struct story *,
                                 size_t) = {publish, publish, publish,     publish,      retract,
                                            erase,   amend,   raise_alert, write_letter, consult};
    size_t node = somebody(s);
    size_t at = (size_t)dice_below(&s->work, sizeof works / sizeof works[0]);
    if (node != SIZE_MAX)
        works[at](s, node);
    work_look(s);
}

/* Whoever asks about one person gets one pseudonym, whichever keyholders answered. */
static void take_answer(struct story *s, struct consult *c, const struct world_answer *a)
{
    c->is_over = true;
    story_say(s, "%c      people: the consult about person %u ends: %s", world_letter(c->node),
              c->person, err_name(a->result));
    if (a->result != OK)
        return;
    if (!s->has_answer[c->person])
        memcpy(s->answer[c->person], a->n[0], 32);
    s->has_answer[c->person] = true;
    if (memcmp(s->answer[c->person], a->n[0], 32) != 0)
        story_fail(s, "%c got another pseudonym of person %u than others did",
                   world_letter(c->node), c->person);
}

void work_look(struct story *s)
{
    for (size_t i = 0; i < s->consult_count; i++) {
        struct consult *c = &s->consults[i];
        if (c->is_over || plan_is_byzantine(&s->plan, c->node))
            continue;
        const struct world_answer *a = world_answer(s->w, c->node, c->ticket);
        if (a->is_there)
            take_answer(s, c, a);
        else if (c->life != s->lives[c->node] || !world_is_running(s->w, c->node))
            c->is_over = true; /* it ended with its node */
    }
}

void work_committed(struct story *s, size_t node)
{
    for (size_t i = 0; node < s->plan.nodes && i < s->books[node].count; i++)
        s->books[node].deeds[i].is_pending = false;
    for (size_t i = 0; i < s->letter_count; i++)
        s->letters[i].is_pending = s->letters[i].is_pending && s->letters[i].from != node;
}

void work_lost(struct story *s, size_t node)
{
    if (node >= s->plan.nodes)
        return;
    struct book *b = &s->books[node];
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++)
        if (!b->deeds[i].is_pending)
            b->deeds[kept++] = b->deeds[i];
    b->count = kept;
    kept = 0;
    for (size_t i = 0; i < s->letter_count; i++)
        if (!s->letters[i].is_pending || s->letters[i].from != node)
            s->letters[kept++] = s->letters[i];
    s->letter_count = kept;
}

void work_last(struct story *s)
{
    for (size_t node = 0; node < s->plan.nodes; node++) {
        if (!story_is_in(s, node) || !plan_is_member(&s->plan, node) || s->books[node].is_exempt)
            continue;
        uint8_t payload[SIGNAL_BYTES_MAX];
        struct deed deed = {
            .number = ++s->numbers, .expires_day = today(s, node) + DAYS_MAX, .type = ENTRY_SIGNAL};
        struct draft d = look_signal(deed.number, deed.expires_day, payload);
        enum err e = world_append(s->w, node, &d, 1, &deed.index);
        if (e != OK)
            story_fail(s, "after the faults %c cannot write: %s", world_letter(node), err_name(e));
        note(s, node, &deed);
    }
}

void work_last_consults(struct story *s)
{
    size_t asked = 0;
    for (size_t node = 0; node < s->plan.nodes && asked < 2; node++) {
        if (!story_is_in(s, node) || !plan_is_member(&s->plan, node))
            continue;
        asked++;
        enum err e = world_evaluate(s->w, node, "CANARY person 0", CONSULT_MS, NULL);
        if (e != OK && e != ERR_BUDGET)
            story_fail(s, "after the faults %c has no answer to a consult: %s", world_letter(node),
                       err_name(e));
    }
}
