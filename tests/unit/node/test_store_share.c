/*
 * Goal: the shares of keys and what members used of factors are kept as they were put, also over a
 * start; a share that is deleted or replaced is in neither file any more.
 * Method: rows of marked bytes; the files are searched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store_share.h"
#include "tests/unit/node/store_sample.h"

struct rows {
    size_t count;
    uint8_t id[4][SHARE_ID_BYTES];
    uint8_t first[4];
    size_t len[4];
};

static bool take(void *ctx, const uint8_t id[SHARE_ID_BYTES], struct bytes sealed)
{
    struct rows *r = ctx;
    memcpy(r->id[r->count], id, SHARE_ID_BYTES);
    r->first[r->count] = sealed.data[0];
    r->len[r->count++] = sealed.len;
    return r->count < 4;
}

static bool is_in_files(const struct folder *f, const uint8_t *mark, size_t len)
{
    const char *const files[] = {f->file, f->log};
    bool is_there = false;
    for (size_t n = 0; n < 2; n++) {
        size_t size = 0;
        if (access(files[n], F_OK) != 0)
            continue;
        uint8_t *bytes = file_bytes(files[n], &size);
        for (size_t i = 0; i + len <= size && !is_there; i++)
            is_there = memcmp(bytes + i, mark, len) == 0;
        free(bytes);
    }
    return is_there;
}

static void shares(void **state)
{
    const struct folder *f = *state;
    struct store *s = NULL;
    struct problem problem;
    uint8_t id[2][SHARE_ID_BYTES] =
        {
            {0, 0, 0, 1},
            {0, 0, 0, 3}
    },
            sealed[3][80];
    for (size_t i = 0; i < 3; i++)
        randombytes_buf(sealed[i], sizeof sealed[i]);
    assert_int_equal(store_open(&s, f->file, &problem), OK);
    assert_int_equal(store_share_put(s, id[1], bytes_of(sealed[1], sizeof sealed[1])), OK);
    assert_int_equal(store_share_put(s, id[0], bytes_of(sealed[0], sizeof sealed[0])), OK);
    assert_int_equal(store_commit(s), OK);
    store_close(&s);
    assert_true(is_in_files(f, sealed[0], 32) && is_in_files(f, sealed[1], 32));
    assert_int_equal(store_open(&s, f->file, &problem), OK);
    struct rows rows = {0};
    assert_int_equal(store_shares(s, take, &rows), OK);
    assert_int_equal(rows.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_memory_equal(rows.id[i], id[i], SHARE_ID_BYTES);
        assert_int_equal(rows.first[i], sealed[i][0]);
        assert_int_equal(rows.len[i], sizeof sealed[i]);
    }
    assert_int_equal(store_share_put(s, id[0], bytes_of(sealed[2], sizeof sealed[2])), OK);
    assert_int_equal(store_share_delete(s, id[1]), OK);
    assert_int_equal(store_share_delete(s, id[1]), OK); /* none there */
    assert_int_equal(store_commit(s), OK);
    rows.count = 0;
    assert_int_equal(store_shares(s, take, &rows), OK);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.first[0], sealed[2][0]);
    assert_false(is_in_files(f, sealed[0], 32) || is_in_files(f, sealed[1], 32));
    store_close(&s);
}

static struct effect factored(const uint8_t member[AUTHOR_BYTES], uint32_t epoch, uint32_t used,
                              uint8_t request)
{
    struct effect e = {.type = EFFECT_PERSIST_FACTORED};
    memcpy(e.author, member, AUTHOR_BYTES);
    e.factored.epoch = epoch;
    e.factored.used = used;
    e.factored.day = 7;
    e.factored.points = 32;
    e.factored.request[0] = request;
    e.factored.points_hash[0] = request;
    return e;
}

static void factors(void **state)
{
    const struct folder *f = *state;
    struct store *s = NULL;
    struct problem problem;
    uint8_t member[2][AUTHOR_BYTES], request[16] = {2}, hash[HASH_BYTES];
    sample_author(0, member[0]);
    sample_author(1, member[1]);
    assert_int_equal(store_open(&s, f->file, &problem), OK);
    struct effect e[] = {factored(member[0], 2, 32, 1), factored(member[0], 2, 64, 2),
                         factored(member[0], 3, 32, 3), factored(member[1], 2, 96, 1)};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(store_apply(s, &e[i]), OK);
    assert_int_equal(store_commit(s), OK);
    store_close(&s);
    assert_int_equal(store_open(&s, f->file, &problem), OK);
    struct archive a = store_archive(s);
    assert_int_equal(a.factored(a.ctx, member[0], 2), 64);
    assert_int_equal(a.factored(a.ctx, member[0], 3), 32);
    assert_int_equal(a.factored(a.ctx, member[0], 4), 0);
    assert_int_equal(a.factored(a.ctx, member[1], 2), 96);
    assert_true(a.request(a.ctx, member[0], request, hash));
    assert_int_equal(hash[0], 2);
    assert_false(a.request(a.ctx, member[1], request, hash));
    assert_int_equal(a.signals(a.ctx, member[0]), 0); /* nothing is known of its feed */
    store_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shares, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(factors, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
