#include "node/private_file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/seinpost-private-XXXXXX";
static struct problem problem;

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(root) == NULL ? -1 : chdir(root);
}

static int leave_folder(void **state)
{
    (void)state;
    return rmdir(root); /* fails if a test left anything behind */
}

static enum err read_it(const char *path, bool is_guarded)
{
    uint8_t out[8];
    size_t len = 99;
    memset(out, 0xee, sizeof out);
    problem.text[0] = '\0';
    enum err e = private_file_read(path, is_guarded, out, sizeof out, &len, &problem);
    if (e == OK) {
        assert_string_equal(problem.text, "");
        assert_int_equal(len, 8);
        assert_memory_equal(out, "12345678", 8);
    } else {
        uint8_t zeros[8] = {0};
        assert_int_equal(len, 0);
        if (e == ERR_LIMIT)
            assert_memory_equal(out, zeros, sizeof out);
    }
    return e;
}

/* Goal: a written file is private, whole, and never replaced.
 * Method: write, look, write again. */
static void writing(void **state)
{
    (void)state;
    struct stat st;
    umask(0);
    assert_int_equal(private_file_write("a", BYTES_LITERAL("12345678"), &problem), OK);
    assert_int_equal(stat("a", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(read_it("a", false), OK);
    assert_int_equal(private_file_write("a", BYTES_LITERAL("x"), &problem), ERR_DUPLICATE);
    assert_string_equal(problem.text,
                        "a: is there already and is never replaced. Choose another name.");
    assert_int_equal(read_it("a", false), OK);
    assert_int_equal(private_file_write("no/a", BYTES_LITERAL("x"), &problem), ERR_IO);
    assert_string_equal(problem.text, "no/a: cannot be created (No such file or directory).");
    static char path[5000];
    memset(path, 'a', sizeof path - 1);
    assert_int_equal(private_file_write(path, BYTES_LITERAL("x"), &problem), ERR_LIMIT);
    unlink("a");
}

/* Goal: a full disk leaves nothing behind.
 * Method: a limit on the size of files stands in for it. */
static void full_disk(void **state)
{
    (void)state;
    struct rlimit before, tiny;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tiny = before;
    tiny.rlim_cur = 4;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
    enum err e = private_file_write("a", BYTES_LITERAL("12345678"), &problem);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(e, ERR_IO);
    assert_string_equal(problem.text, "a: cannot be written (File too large).");
    assert_int_not_equal(access("a", F_OK), 0);
}

/* Goal: only what nobody else may touch is read, unless its folder keeps them out.
 * Method: a row is a mode, whether the folder is guarded, and the code. */
static void reading(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        bool is_guarded;
        enum err want;
    } rows[] = {
        {0600, false, OK              },
        {0400, false, OK              },
        {0640, false, ERR_UNAUTHORISED},
        {0604, false, ERR_UNAUTHORISED},
        {0620, false, ERR_UNAUTHORISED},
        {0440, true,  OK              },
    };
    assert_int_equal(private_file_write("a", BYTES_LITERAL("12345678"), &problem), OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(chmod("a", rows[i].mode), 0);
        assert_int_equal(read_it("a", rows[i].is_guarded), rows[i].want);
        if (rows[i].want == ERR_UNAUTHORISED)
            assert_string_equal(problem.text, "a: other users may read it. Run: chmod 600 a");
    }
    unlink("a");
    assert_int_equal(private_file_write("a", BYTES_LITERAL("123456789"), &problem), OK);
    assert_int_equal(read_it("a", false), ERR_LIMIT);
    assert_string_equal(problem.text, "a: is longer than 8 bytes. Name the right file.");
    unlink("a");
    assert_int_equal(read_it("a", false), ERR_NOT_FOUND);
    assert_string_equal(problem.text, "a: cannot be opened (No such file or directory).");
    assert_int_equal(symlink("a", "a"), 0);
    assert_int_equal(read_it("a", false), ERR_IO);
    unlink("a");
    assert_int_equal(mkfifo("a", 0600), 0);
    assert_int_equal(read_it("a", false), ERR_FORMAT);
    assert_string_equal(problem.text, "a: is not a plain file. Name a file.");
    unlink("a");
    assert_int_equal(read_it(".", false), ERR_FORMAT);
    assert_int_equal(read_it("a\nb\x1b", false), ERR_NOT_FOUND);
    assert_string_equal(problem.text, "a?b?: cannot be opened (No such file or directory).");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(reading),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
