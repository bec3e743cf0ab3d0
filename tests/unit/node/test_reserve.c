/*
 * Goal: a write that finds the disk full is carried out from the reserve, and the commit holds; a
 * reserve that is used up ends the store with a sentence that says so, and nothing committed is
 * lost; there being room again, the reserve is filled up.
 * Method: a real store whose writes fail as those of a full disk do, a given number of times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "node/reserve.h"
#include "tests/unit/node/store_sample.h"

enum { MIB = 1024 * 1024 };

/* How many of the next writes fail, and with what. SQLite calls this one. */
static int writes_to_fail;
static int fault;

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at);

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    if (writes_to_fail > 0) {
        writes_to_fail--;
        errno = fault;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, data, len, at);
}

static uint64_t room_bytes(const struct folder *f)
{
    struct stat st;
    char path[112];
    snprintf(path, sizeof path, "%s-reserve", f->file);
    return stat(path, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

static enum err mark(struct store *s, uint64_t value)
{
    struct effect e = {
        .type = EFFECT_PERSIST_MARK, .mark = {MARK_COVER_DAY, value}
    };
    enum err r = store_apply(s, &e);
    return r == OK ? store_commit(s) : r;
}

/* Goal: see above, for both ways in which a disk can be full. */
static void test_write(void **state)
{
    const struct folder *f = *state;
    static const struct {
        int fault, fails, reserve_mb, left_mb;
        enum err want;
    } rows[] = {
        {ENOSPC, 0, 4, 4, OK    },
        {ENOSPC, 1, 4, 3, OK    },
        {ENOSPC, 3, 4, 1, OK    },
        {EDQUOT, 3, 4, 1, OK    },
        {ENOSPC, 4, 4, 0, OK    },
        {ENOSPC, 5, 4, 0, ERR_IO},
        {EDQUOT, 9, 4, 0, ERR_IO},
        {EIO,    1, 4, 4, ERR_IO},
        {ENOSPC, 1, 0, 0, ERR_IO},
    };
    uint64_t kept = 1;
    struct store *s = must_open(f);
    must(s, mark(s, kept));
    store_close(&s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        s = must_open(f);
        struct store_room r = store_room_review(s, (uint64_t)rows[i].reserve_mb * MIB);
        assert_false(r.is_tight);
        assert_int_equal(r.reserve_held, rows[i].reserve_mb * MIB);
        assert_int_equal(room_bytes(f), r.reserve_held);
        fault = rows[i].fault;
        writes_to_fail = rows[i].fails;
        assert_int_equal(mark(s, kept + 1), rows[i].want);
        writes_to_fail = 0;
        r = store_room(s);
        assert_int_equal(r.reserve_held, rows[i].left_mb * MIB);
        assert_int_equal(room_bytes(f), r.reserve_held);
        assert_int_equal(r.is_tight, rows[i].fails > 0 && rows[i].fault != EIO &&
                                         (rows[i].reserve_mb > 0 || rows[i].want != OK));
        if (rows[i].want == OK)
            kept++;
        else if (rows[i].fault == ENOSPC)
            assert_non_null(strstr(store_error_text(s), "The disk is full"));
        store_close(&s);
        s = must_open(f);
        assert_int_equal(store_mark(s, MARK_COVER_DAY), kept);
        store_close(&s);
    }
}

/* Goal: what was given is taken back once there is room, and 0 does away with the file. */
static void test_review(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    assert_int_equal(room_bytes(f), 0);
    assert_int_equal(store_room_review(s, 4 * MIB).reserve_held, 4 * MIB);
    fault = ENOSPC;
    writes_to_fail = 2;
    must(s, mark(s, 5));
    assert_int_equal(store_room(s).reserve_held, 2 * MIB);
    assert_true(store_room(s).is_tight);
    struct store_room r = store_room_review(s, 4 * MIB);
    assert_int_equal(r.reserve_held, 4 * MIB);
    assert_false(r.is_tight);
    assert_true(r.free_bytes > 0);
    assert_int_equal(store_room_review(s, 2 * MIB).reserve_held, 2 * MIB);
    assert_int_equal(room_bytes(f), 2 * MIB);
    store_close(&s);
    s = must_open(f);
    assert_int_equal(store_room(s).reserve_held, 2 * MIB);
    assert_int_equal(store_room_review(s, 0).reserve_held, 0);
    char path[112];
    snprintf(path, sizeof path, "%s-reserve", f->file);
    assert_int_equal(access(path, F_OK), -1);
    store_close(&s);
}

/* Goal: only what the file really takes up counts, and more than there is cannot be kept back: the
 * disk is tight then, and nothing half-made stays. */
static void test_blocks(void **state)
{
    const struct folder *f = *state;
    char path[112];
    snprintf(path, sizeof path, "%s-reserve", f->file);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0 && ftruncate(fd, 8 * MIB) == 0);
    close(fd);
    struct reserve r;
    reserve_open(&r, f->file);
    assert_int_equal(r.held, 0);
    assert_false(reserve_give(&r));
    assert_true(r.is_tight);
    reserve_want(&r, UINT64_C(1) << 60);
    assert_true(reserve_review(&r));
    assert_int_equal(r.held, 0);
    reserve_want(&r, 3 * MIB);
    assert_false(reserve_review(&r));
    assert_int_equal(room_bytes(f), 3 * MIB);
    for (int left = 2; left >= 0; left--) {
        assert_true(reserve_give(&r));
        assert_int_equal(r.held, left * MIB);
    }
    assert_false(reserve_give(&r));
    reserve_close(&r);
    assert_int_equal(r.fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_review, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_blocks, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
