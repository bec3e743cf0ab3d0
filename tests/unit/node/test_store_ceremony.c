/*
 * Goal: the entries of key ceremonies, and no others, are listed feed by feed in their order,
 * while their bodies are here; a listing that was damaged is put right from the entries; and what a
 * node keeps secret of a ceremony is in neither file once it is gone.
 * Method: a few entries of two feeds, in every state, then each way in which an entry goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store_ceremony.h"
#include "node/store_replay.h"
#include "tests/unit/node/store_sample.h"

enum { LATER = SAMPLE_DAY + 50 };

static void sample_ceremony(struct sample *e, unsigned n, uint64_t index)
{
    uint8_t payload[60], salt[SALT_BYTES];
    sample_random(n, index, payload, sizeof payload);
    sample_random(n, index + 1000, salt, sizeof salt);
    sample_encode(e, n, index, salt, ENTRY_CEREMONY, bytes_of(payload, sizeof payload), LATER);
}

static void sample_other(struct sample *e, unsigned n, uint64_t index)
{
    static const uint8_t tag[1][TAG_BYTES] = {{0x11}};
    sample_signal(e, n, index, tag, 1, 100, LATER);
}

struct seen {
    size_t count, max;
    unsigned feed[16];
    uint64_t index[16];
};

static bool see(void *ctx, const uint8_t author[AUTHOR_BYTES], const struct archive_row *r)
{
    struct seen *s = ctx;
    uint8_t first[AUTHOR_BYTES];
    struct header h;
    struct body b;
    sample_author(0, first);
    assert_int_equal(header_decode(r->header, &h), OK);
    assert_int_equal(h.index, r->index);
    assert_int_equal(r->state, STATE_HELD);
    assert_int_equal(body_check(author, &h, r->body), OK);
    assert_int_equal(body_decode(r->body, &b), OK);
    assert_int_equal(b.type, ENTRY_CEREMONY);
    s->feed[s->count] = memcmp(author, first, AUTHOR_BYTES) == 0 ? 0 : 1;
    s->index[s->count++] = r->index;
    return s->count < s->max;
}

/* The list is these: feed * 100 + index, up to a negative number. */
static void assert_listed(struct store *s, const int *want)
{
    struct seen seen = {.max = 16};
    struct archive a = store_archive(s);
    a.ceremonies(a.ctx, see, &seen);
    size_t count = 0;
    for (; want[count] >= 0; count++) {
        assert_true(count < seen.count);
        assert_int_equal(seen.feed[count] * 100 + seen.index[count], want[count]);
    }
    assert_int_equal(seen.count, count);
}

static struct store *reopened(struct folder *f, struct store *s)
{
    must(s, store_commit(s));
    store_close(&s);
    assert_consistent(f);
    return must_open(f);
}

/* Feed 0 has ceremonies at 0, 2, 4 and a refused one at 3; feed 1 at 1, and one that is owed, which
 * late holds, at 2. */
static struct store *filled(struct folder *f, struct feed_record rec[2], struct sample *late)
{
    struct store *s = must_open(f);
    static struct sample room[2][5];
    for (unsigned i = 0; i < 5; i++)
        sample_ceremony(&room[0][i], 0, i);
    sample_other(&room[0][1], 0, 1);
    sample_refuse(&room[0][3], ERR_FORMAT);
    sample_other(&room[1][0], 1, 0);
    sample_ceremony(&room[1][1], 1, 1);
    sample_ceremony(&room[1][2], 1, 2);
    sample_ceremony(late, 1, 2);
    sample_empty(&room[1][2], STATE_OWED);
    must(s, sample_put(s, 0, &rec[0], room[0], 3));
    must(s, sample_put(s, 1, &rec[1], room[1], 3));
    must(s, sample_put(s, 0, &rec[0], room[0] + 3, 2));
    return s;
}

static void test_listed(void **state)
{
    struct folder *f = *state;
    static struct sample late;
    struct feed_record rec[2] = {{.feed_epoch = 0}};
    struct store *s = filled(f, rec, &late);
    assert_listed(s, (int[]){0, 2, 4, 101, -1});
    s = reopened(f, s);
    struct seen one = {.max = 1};
    struct archive a = store_archive(s);
    a.ceremonies(a.ctx, see, &one);
    assert_int_equal(one.count, 1);
    must(s, sample_body(s, 1, &rec[1], &late));
    assert_listed(s, (int[]){0, 2, 4, 101, 102, -1});
    must(s, sample_gone(s, 0, &rec[0], 2, STATE_EXPIRED));
    assert_listed(s, (int[]){0, 4, 101, 102, -1});

    struct effect cut = {.type = EFFECT_PERSIST_CUT_BACK};
    sample_author(1, cut.author);
    rec[1].tree.size = 2;
    cut.cut_back.feed = &rec[1];
    must(s, store_apply(s, &cut));
    assert_listed(s, (int[]){0, 4, 101, -1});
    s = reopened(f, s);

    struct effect lost = {.type = EFFECT_PERSIST_LOST};
    sample_author(0, lost.author);
    lost.lost.first = 3;
    lost.lost.count = 2;
    lost.lost.feed = &rec[0];
    must(s, store_apply(s, &lost));
    assert_listed(s, (int[]){0, 101, -1});
    must(s, store_commit(s));
    store_close(&s);
}

/* Goal: what a listing lost comes back, and what it has too much goes, from the entries alone. */
static void test_replay(void **state)
{
    struct folder *f = *state;
    static struct sample late;
    struct feed_record rec[2] = {{.feed_epoch = 0}};
    struct store *s = filled(f, rec, &late);
    s = reopened(f, s);
    store_close(&s);
    outside(f, "DELETE FROM ceremony_entry WHERE entry IN (SELECT id FROM entry WHERE type=11"
               " ORDER BY id LIMIT 2)");
    outside(f, "INSERT INTO ceremony_entry SELECT id FROM entry WHERE type=1");
    outside(f, "INSERT INTO ceremony_entry SELECT id FROM entry WHERE state=2");
    s = must_open(f);
    uint64_t missing[REPLAY_TABLES] = {0}, spare = 0;
    uint8_t author[AUTHOR_BYTES];
    for (unsigned n = 0; n < 2; n++) {
        sample_author(n, author);
        for (uint64_t i = 0; i < rec[n].tree.size; i++)
            must(s, store_replay_entry(s, author, i, missing));
    }
    assert_int_equal(missing[REPLAY_CEREMONY], 2);
    struct replay_cursor at = {0};
    for (bool is_over = false; !is_over;)
        must(s, store_replay_rows(s, REPLAY_CEREMONY, &at, 2, &spare, &is_over));
    assert_int_equal(spare, 3);
    assert_listed(s, (int[]){0, 2, 4, 101, -1});
    assert_string_equal(replay_name(REPLAY_CEREMONY), "ceremony_entry");
    must(s, store_commit(s));
    store_close(&s);
}

struct kept {
    size_t count, max;
    uint8_t id[4][HASH_BYTES];
    uint8_t sealed[4][64];
};

static bool keep(void *ctx, const uint8_t id[HASH_BYTES], struct bytes sealed)
{
    struct kept *k = ctx;
    assert_int_equal(sealed.len, 64);
    memcpy(k->id[k->count], id, HASH_BYTES);
    memcpy(k->sealed[k->count++], sealed.data, 64);
    return k->count < k->max;
}

static bool is_in_files(const struct folder *f, const uint8_t what[64])
{
    const char *const paths[] = {f->file, f->log};
    bool is_found = false;
    for (size_t i = 0; i < 2; i++) {
        size_t len = 0;
        uint8_t *all = file_bytes(paths[i], &len);
        is_found = is_found || memmem(all, len, what, 64) != NULL;
        free(all);
    }
    return is_found;
}

static void test_secrets(void **state)
{
    struct folder *f = *state;
    struct store *s = must_open(f);
    uint8_t id[2][HASH_BYTES] = {{1}, {2}}, sealed[3][64];
    struct kept kept = {.max = 4};
    for (unsigned i = 0; i < 3; i++)
        sample_random(9, i, sealed[i], sizeof sealed[i]);
    must(s, store_ceremony_put(s, id[1], bytes_of(sealed[0], 64)));
    must(s, store_ceremony_put(s, id[0], bytes_of(sealed[1], 64)));
    must(s, store_commit(s));
    assert_true(is_in_files(f, sealed[0]));
    must(s, store_ceremony_put(s, id[1], bytes_of(sealed[2], 64)));
    s = reopened(f, s);
    assert_false(is_in_files(f, sealed[0]));
    must(s, store_ceremonies(s, keep, &kept));
    assert_int_equal(kept.count, 2);
    assert_memory_equal(kept.id, id, sizeof id);
    assert_memory_equal(kept.sealed[0], sealed[1], 64);
    assert_memory_equal(kept.sealed[1], sealed[2], 64);
    kept = (struct kept){.max = 1};
    must(s, store_ceremonies(s, keep, &kept));
    assert_int_equal(kept.count, 1);
    must(s, store_ceremony_delete(s, id[0]));
    must(s, store_ceremony_delete(s, id[0])); /* none there */
    s = reopened(f, s);
    assert_false(is_in_files(f, sealed[1]));
    assert_true(is_in_files(f, sealed[2]));
    store_close(&s);
    outside(f, "INSERT INTO ceremony VALUES(x'00', x'00')");
    s = must_open(f);
    assert_int_equal(store_ceremonies(s, keep, &kept), ERR_FORMAT);
    store_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_listed, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_replay, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_secrets, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
