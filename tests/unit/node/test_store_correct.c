/*
 * test_store_correct.c - what was taken back no longer matches, whatever came first and after a
 * restart; alerts are found among the entries and go with their bodies; the watch-list leaves
 * nothing behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/node/store_sample.h"

enum { LATER = SAMPLE_DAY + 50 };

static const uint8_t tags[3][1][TAG_BYTES] = {{{0x11}}, {{0x22}}, {{0x33}}};

static enum err correct(struct store *s, enum entry_type what, uint64_t target, uint64_t by)
{
    struct effect e = {.type = EFFECT_PERSIST_CORRECTION};
    sample_author(0, e.author);
    e.correction.what = what;
    e.correction.target = target;
    e.correction.by = by;
    return store_apply(s, &e);
}

static enum err erase(struct store *s, struct feed_record *record, uint64_t target, uint64_t by)
{
    struct effect e = {.type = EFFECT_PERSIST_GONE};
    sample_author(0, e.author);
    e.gone.index = target;
    e.gone.state = STATE_ERASED;
    e.gone.by_plus_one = by + 1;
    e.gone.feed = record;
    return store_apply(s, &e);
}

/* An amendment, of a signal with this tag or of an alert. */
static void sample_amend(struct sample *e, uint64_t index, uint64_t original, uint64_t previous,
                         const uint8_t *tag)
{
    uint8_t payload[AMEND_BYTES_MAX], inner[ALERT_BYTES_MAX], salt[SALT_BYTES];
    struct alert alert = {.kind = 1, .basis = 1, .partner = "GB-CHC-1234567"};
    struct signal signal = {1, tag};
    struct amend a = {.type = tag != NULL ? ENTRY_SIGNAL : ENTRY_ALERT, .previous = previous};
    a.payload =
        bytes_of(inner, tag != NULL ? signal_encode(&signal, inner) : alert_encode(&alert, inner));
    struct body b = {.type = ENTRY_AMEND,
                     .day = SAMPLE_DAY,
                     .ref_plus_one = original + 1,
                     .payload = bytes_of(payload, amend_encode(&a, payload))};
    uint8_t author[AUTHOR_BYTES];
    sample_author(0, author);
    sample_random(0, index, salt, sizeof salt);
    assert_int_equal(body_encode(&b, AUDIENCE_ALL, salt, e->body, sizeof e->body, &e->body_len),
                     OK);
    struct header h = {.version = HEADER_VERSION,
                       .body_units = (uint16_t)(e->body_len / BODY_UNIT_BYTES),
                       .expires_day = LATER,
                       .index = index};
    body_commit(author, index, bytes_of(e->body, e->body_len), h.commit);
    header_encode(&h, e->header);
    e->entry = (struct effect_entry){.index = index,
                                     .header = e->header,
                                     .body = bytes_of(e->body, e->body_len),
                                     .state = STATE_HELD,
                                     .type = ENTRY_AMEND,
                                     .expires_day = LATER,
                                     .is_alert = tag == NULL};
    struct body got;
    assert_int_equal(body_decode(e->entry.body, &got), OK);
    e->entry.tag_count = (uint8_t)entry_tags(&got, &e->entry.tags);
}

static void sample_alert(struct sample *e, uint64_t index)
{
    uint8_t payload[ALERT_BYTES_MAX], salt[SALT_BYTES];
    struct alert alert = {.kind = 1, .basis = 1, .partner = "GB-CHC-1234567"};
    sample_random(0, index, salt, sizeof salt);
    sample_encode(e, 0, index, salt, ENTRY_ALERT, bytes_of(payload, alert_encode(&alert, payload)),
                  LATER);
    e->entry.is_alert = true;
}

static size_t hits(struct store *s, unsigned which, struct tag_hit *hit)
{
    struct tag_hit found[8];
    size_t count = store_find_tag(s, tags[which][0], SAMPLE_DAY, found, 8);
    if (count > 0 && hit != NULL)
        *hit = found[0];
    return count;
}

static struct store *reopened(struct folder *f, struct store *s)
{
    must(s, store_commit(s));
    store_close(&s);
    assert_consistent(f);
    return must_open(f);
}

/* Goal: amended, retracted, in either order, and the same after a restart. */
static void taken_back(void **state)
{
    struct folder *f = *state;
    struct store *s = must_open(f);
    static struct sample room[3];
    struct feed_record record = {0};
    struct tag_hit hit = {{0}, 0, 0, 0};
    uint8_t author[AUTHOR_BYTES];
    sample_author(0, author);
    sample_signal(&room[0], 0, 0, tags[0], 1, 100, LATER);
    sample_signal(&room[1], 0, 1, tags[1], 1, 100, LATER);
    sample_amend(&room[2], 2, 0, 0, tags[2][0]);
    must(s, sample_put(s, 0, &record, room, 3));
    assert_int_equal(hits(s, 0, &hit), 1);
    assert_int_equal(hit.original, 0);
    assert_int_equal(hits(s, 2, &hit), 1);
    assert_int_equal(hit.index, 2);
    assert_int_equal(hit.original, 0);

    must(s, erase(s, &record, 0, 3)); /* what was replaced */
    must(s, correct(s, ENTRY_RETRACT, 1, 9));
    must(s, correct(s, ENTRY_RETRACT, 1, 4));
    must(s, correct(s, ENTRY_RETRACT, 1, 7));
    must(s, correct(s, ENTRY_ERASE, 0, 12));
    s = reopened(f, s);
    assert_int_equal(hits(s, 0, NULL), 0);
    assert_int_equal(hits(s, 1, NULL), 0);
    assert_int_equal(hits(s, 2, NULL), 1);
    struct correction c = store_correction(s, author, 1);
    assert_int_equal(c.retracted_plus_one, 5);
    assert_int_equal(c.erased_plus_one, 0);
    c = store_correction(s, author, 0);
    assert_int_equal(c.retracted_plus_one, 0);
    assert_int_equal(c.erased_plus_one, 4);

    must(s, correct(s, ENTRY_ERASE, 0, 1)); /* it had been erased before it was amended */
    assert_int_equal(hits(s, 2, NULL), 0);
    must(s, correct(s, ENTRY_RETRACT, 0, 6));
    assert_int_equal(hits(s, 2, NULL), 0);
    c = store_correction(s, author, 2);
    assert_int_equal(c.retracted_plus_one + c.erased_plus_one, 0);
    sample_author(1, author);
    c = store_correction(s, author, 0); /* a feed that is not known */
    assert_int_equal(c.retracted_plus_one + c.erased_plus_one, 0);
    store_close(&s);
}

/* Goal: what a cut takes away takes nothing back any longer. */
static void cut_back(void **state)
{
    struct folder *f = *state;
    struct store *s = must_open(f);
    static struct sample room[3];
    struct feed_record record = {0};
    uint8_t author[AUTHOR_BYTES];
    sample_author(0, author);
    for (unsigned i = 0; i < 3; i++)
        sample_signal(&room[i], 0, i, tags[i], 1, 100, LATER);
    must(s, sample_put(s, 0, &record, room, 3));
    must(s, correct(s, ENTRY_RETRACT, 0, 1));
    must(s, correct(s, ENTRY_RETRACT, 1, 2));
    must(s, correct(s, ENTRY_RETRACT, 2, 3));
    assert_int_equal(hits(s, 0, NULL) + hits(s, 1, NULL) + hits(s, 2, NULL), 0);
    struct effect e = {.type = EFFECT_PERSIST_CUT_BACK};
    record.tree.size = 2;
    memcpy(e.author, author, AUTHOR_BYTES);
    e.cut_back.feed = &record;
    must(s, store_apply(s, &e));
    s = reopened(f, s);
    assert_int_equal(hits(s, 0, NULL), 0);
    assert_int_equal(hits(s, 1, NULL), 1); /* its retraction is gone */
    struct correction c = store_correction(s, author, 2);
    assert_int_equal(c.retracted_plus_one, 0);
    store_close(&s);
}

struct seen {
    size_t count;
    uint64_t index[8];
    uint32_t expires_day;
};

static bool see_alert(void *ctx, const struct alert_row *r)
{
    struct seen *seen = ctx;
    struct alert alert;
    struct body b;
    assert_int_equal(body_decode(r->body, &b), OK);
    assert_true(entry_is_alert(&b, &alert));
    seen->index[seen->count++] = r->index;
    seen->expires_day = r->expires_day;
    return seen->count < 8;
}

static bool see_correction(void *ctx, uint64_t index, const struct correction *c)
{
    struct seen *seen = ctx;
    assert_true(c->erased_plus_one + c->retracted_plus_one > 0);
    seen->index[seen->count++] = index;
    return true;
}

/* Goal: alerts are listed while their bodies are here, also those in amendments and those whose
 * bodies came late. */
static void alerts(void **state)
{
    struct folder *f = *state;
    struct store *s = must_open(f);
    static struct sample room[4];
    struct feed_record record = {0};
    uint8_t author[AUTHOR_BYTES];
    sample_author(0, author);
    sample_alert(&room[0], 0);
    sample_signal(&room[1], 0, 1, tags[1], 1, 100, LATER);
    sample_amend(&room[2], 2, 0, 0, NULL);
    sample_alert(&room[3], 3);
    struct sample late = room[3];
    late.entry.body = bytes_of(late.body, late.body_len);
    late.entry.header = late.header;
    sample_empty(&room[3], STATE_OWED);
    room[3].entry.is_alert = false;
    must(s, sample_put(s, 0, &record, room, 4));
    struct seen seen = {0};
    must(s, store_alerts(s, see_alert, &seen));
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.index[1], 2);
    assert_int_equal(seen.expires_day, LATER);
    must(s, sample_body(s, 0, &record, &late));
    must(s, erase(s, &record, 0, 4));
    s = reopened(f, s);
    seen = (struct seen){0};
    must(s, store_alerts(s, see_alert, &seen));
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.index[0], 2);
    assert_int_equal(seen.index[1], 3);
    seen = (struct seen){0};
    must(s, store_corrections(s, author, see_correction, &seen));
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.index[0], 0);
    sample_author(5, author);
    must(s, store_corrections(s, author, see_correction, &seen));
    assert_int_equal(seen.count, 1);
    store_close(&s);
}

/* Goal: what became of an own entry is remembered when nothing else tells it. */
static void versions(void **state)
{
    struct folder *f = *state;
    struct store *s = must_open(f);
    struct store_version v = {10, VERSION_REPLACED}, got = {0};
    assert_false(store_version(s, 20, &got));
    must(s, store_version_put(s, 20, &v));
    v = (struct store_version){11, VERSION_ALERT_REPLACED};
    must(s, store_version_put(s, 30, &v));
    s = reopened(f, s);
    assert_true(store_version(s, 20, &got));
    assert_int_equal(got.original, 10);
    assert_int_equal(got.became, VERSION_REPLACED);
    assert_true(store_version(s, 30, &got));
    assert_int_equal(got.original, 11);
    assert_int_equal(got.became, VERSION_ALERT_REPLACED);
    assert_false(store_version(s, 10, &got));
    must(s, store_desk_cut(s, 25));
    assert_true(store_version(s, 20, &got));
    assert_false(store_version(s, 30, &got));
    store_close(&s);
}

static bool see_watch(void *ctx, int64_t id, struct bytes sealed)
{
    struct seen *seen = ctx;
    assert_int_equal(sealed.len, 40);
    seen->index[seen->count++] = (uint64_t)id;
    return true;
}

/* Goal: what was watched is kept, and gone from the files once it is not. */
static void watches(void **state)
{
    struct folder *f = *state;
    struct store *s = must_open(f);
    uint8_t sealed[3][40];
    for (unsigned i = 0; i < 3; i++) {
        sample_random(77, i, sealed[i], sizeof sealed[i]);
        must(s, store_watch_put(s, (int64_t)i + 1, bytes_of(sealed[i], sizeof sealed[i])));
    }
    must(s, store_commit(s));
    must(s, store_watch_delete(s, 2));
    must(s, store_watch_delete(s, 9)); /* none there */
    s = reopened(f, s);
    struct seen seen = {0};
    must(s, store_watches(s, see_watch, &seen));
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.index[1], 3);
    store_close(&s);
    size_t len, found[3] = {0};
    uint8_t *file = file_bytes(f->file, &len);
    for (unsigned i = 0; i < 3; i++)
        found[i] = memmem(file, len, sealed[i], sizeof sealed[i]) != NULL;
    free(file);
    assert_int_equal(found[0] + found[2], 2);
    assert_int_equal(found[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(taken_back, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(cut_back, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(alerts, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(versions, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(watches, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
