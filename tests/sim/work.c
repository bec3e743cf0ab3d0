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
#include "protocol/evaluation.h"
#include "protocol/tag.h"
#include "tests/sim/look.h"
#include "tests/sim/story.h"

enum {
    DAYS_MIN = 5,
    IMPORT_MAX = 320,
    IMPORT_MS = 10000,
    DAYS_MAX = 400,
    CONSULT_MS = 60000,
    CONSULT_ENDS_MS = 25000, /* a consult is over by then, with an answer or without */
};

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

static void publish_some(struct story *s, size_t node, size_t count)
{
    static uint8_t payloads[IMPORT_MAX][SIGNAL_BYTES_MAX];
    struct draft drafts[IMPORT_MAX];
    uint32_t number = s->numbers + 1, expires[IMPORT_MAX];
    memset(drafts, 0, sizeof drafts);
    for (size_t i = 0; i < count; i++) {
        expires[i] = today(s, node) + (uint32_t)dice_from(&s->work, DAYS_MIN, DAYS_MAX);
        drafts[i] = look_signal(number + (uint32_t)i, expires[i], payloads[i]);
    }
    s->numbers += (uint32_t)count;
    uint64_t first = 0;
    if (append(s, node, drafts, count, &first, "register somebody") != OK)
        return;
    for (size_t i = 0; i < count; i++) {
        struct deed d = {.index = first + i,
                         .number = number + (uint32_t)i,
                         .expires_day = expires[i],
                         .type = ENTRY_SIGNAL};
        note(s, node, &d);
    }
}

static void publish(struct story *s, size_t node)
{
    publish_some(s, node, dice_is(&s->work, 150) ? (size_t)dice_from(&s->work, 2, 64) : 1);
}

/* A whole file at once: more than a batch holds. */
static void import(struct story *s, size_t node)
{
    if (s->has_imported || s->plan.nodes > 7)
        return;
    s->has_imported = true;
    publish_some(s, node, (size_t)dice_from(&s->work, 100, IMPORT_MAX));
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
        (struct letter){.from = node,
                        .to = to,
                        .index = index,
                        .life = s->lives[node],
                        .is_pending = world_disk(s->w, node) == DISK_STALLED,
                        .number = s->numbers,
                        .day = s->days};
}

/* Whoever is not sure that a letter left writes it again, under its old number: it is one letter.
 */
static void write_again(struct story *s, size_t node)
{
    if (s->letter_count == 0 || s->letter_count == LETTERS_MAX)
        return;
    struct letter l = s->letters[dice_below(&s->work, s->letter_count)];
    if (l.from != node ||
        world_send(s->w, node, l.to, l.number, BYTES_LITERAL(canary), &l.index) != OK)
        return;
    story_say(s, "%c      people: write to %c once more, entry %u", world_letter(node),
              world_letter(l.to), (unsigned)l.index);
    l.life = s->lives[node];
    l.is_pending = world_disk(s->w, node) == DISK_STALLED;
    l.day = s->days;
    s->letters[s->letter_count++] = l;
}

/* Two people take the same registration back. */
static void erase_again(struct story *s, size_t node)
{
    struct book *b = &s->books[node];
    struct deed *target = b->count > 0 ? &b->deeds[dice_below(&s->work, b->count)] : NULL;
    if (target == NULL || !target->is_erased || target->is_pending)
        return;
    uint8_t payload[1];
    uint64_t first = 0;
    struct draft d = {.type = ENTRY_ERASE, .ref_plus_one = target->index + 1};
    d.payload = bytes_of(payload, erase_encode(payload));
    if (append(s, node, &d, 1, &first, "erase a registration once more") == OK)
        note(s, node, &(struct deed){.index = first, .type = ENTRY_ERASE});
}

/* Somebody whom this node has asked about. */
static void publish_person(struct story *s, size_t node)
{
    struct consult *c = NULL;
    for (size_t i = 0; i < s->consult_count; i++)
        if (s->consults[i].node == node && s->consults[i].is_answered && dice_is(&s->work, 500))
            c = &s->consults[i];
    if (c == NULL)
        return;
    struct deed deed = {.expires_day =
                            today(s, node) + (uint32_t)dice_from(&s->work, DAYS_MIN, DAYS_MAX),
                        .type = ENTRY_SIGNAL,
                        .person_plus_one = c->person + 1,
                        .epoch = c->epoch};
    deed.counter = s->books[node].counters[c->person];
    uint8_t tag[TAG_BYTES], payload[SIGNAL_BYTES_MAX];
    if (deed.counter >= COUNTERS || !work_tag(s, node, &deed, tag))
        return;
    struct signal signal = {1, tag};
    struct draft d = {.type = ENTRY_SIGNAL, .expires_day = deed.expires_day};
    d.payload = bytes_of(payload, signal_encode(&signal, payload));
    s->books[node].counters[c->person]++; /* also where a crash takes the entry: it may be there */
    if (append(s, node, &d, 1, &deed.index, "register somebody who was asked about") == OK)
        note(s, node, &deed);
}

void work_truth(const struct story *s, uint32_t person, uint32_t epoch, uint8_t n[32])
{
    char subject[32];
    uint8_t input[EVALUATION_SUBJECT_BYTES_MAX], element[POINT_BYTES];
    size_t len;
    int used = snprintf(subject, sizeof subject, "CANARY person %u", person);
    evaluation_subject(1, bytes_of(subject, (size_t)used), input, &len);
    voprf_hash_to_group(VOPRF_VOPRF, bytes_of(input, len), element);
    enum err e = point_mul(world_secret_of(s->w, epoch), element, n);
    assert(e == OK);
}

bool work_tag(const struct story *s, size_t author, const struct deed *d, uint8_t tag[16])
{
    uint8_t n[32];
    if (d->person_plus_one == 0 && d->number == 0)
        return false;
    if (d->person_plus_one == 0) {
        world_tag(d->number, tag);
        return true;
    }
    work_truth(s, d->person_plus_one - 1, d->epoch, n);
    tag_derive(n, d->epoch, world_author(s->w, author), 1, d->counter, tag);
    return true;
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
    s->consults[s->consult_count++] = (struct consult){.node = node,
                                                       .ticket = ticket,
                                                       .life = s->lives[node],
                                                       .person = person,
                                                       .is_over = !world_is_running(s->w, node),
                                                       .asked_ms = world_now_ms(s->w)};
}

void work_one(struct story *s)
{
    static void (*const works[])(struct story *, size_t) = {
        publish,        publish,     publish,      publish, retract,     erase,
        amend,          raise_alert, write_letter, consult, write_again, erase_again,
        publish_person, consult,     consult,      import};
    size_t count = s->plan.edition == EDITION_FIRST ? 10 : sizeof works / sizeof works[0];
    size_t node = somebody(s);
    size_t at = (size_t)dice_below(&s->work, count);
    if (node != SIZE_MAX)
        works[at](s, node);
    work_look(s);
}

/* Whoever asks about one person gets the one pseudonym, whichever keyholders answered. */
static void take_answer(struct story *s, struct consult *c, const struct world_answer *a)
{
    c->is_over = true;
    story_say(s, "%c      people: the consult about person %u ends: %s", world_letter(c->node),
              c->person, err_name(a->result));
    if (a->result != OK)
        return;
    uint8_t truth[32];
    c->epoch = a->epoch;
    work_truth(s, c->person, c->epoch, truth);
    c->is_answered = memcmp(truth, a->n[0], 32) == 0;
    if (!c->is_answered)
        story_fail(s, "%c got a pseudonym of person %u that is not the one", world_letter(c->node),
                   c->person);
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
        else if (world_now_ms(s->w) - c->asked_ms > CONSULT_ENDS_MS)
            story_fail(s, "I7: a consult of %c goes on for %u s", world_letter(c->node),
                       (unsigned)((world_now_ms(s->w) - c->asked_ms) / 1000));
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

/* In some seeds somebody imports a file when all is calm, which leaves no connection that falls to
 * put right what stands still. */
void work_last_import(struct story *s)
{
    size_t node = 0;
    if (s->plan.edition == EDITION_FIRST || s->plan.nodes > 7 || !dice_is(&s->work, 250))
        return;
    while (node < s->plan.nodes &&
           (!story_is_in(s, node) || !plan_is_member(&s->plan, node) || s->books[node].is_exempt))
        node++;
    if (node == s->plan.nodes)
        return;
    publish_some(s, node, (size_t)dice_from(&s->work, IMPORT_MAX - 40, IMPORT_MAX));
    world_run(s->w, IMPORT_MS);
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
