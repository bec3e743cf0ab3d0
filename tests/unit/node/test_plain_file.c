#include "node/plain_file.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/seinpost-plain-XXXXXX";
static struct problem problem;

static int enter_folder(void **state)
{
    (void)state;
    umask(022);
    return mkdtemp(root) == NULL ? -1 : chdir(root);
}

static int leave_folder(void **state)
{
    (void)state;
    return rmdir(root); /* fails if a test left anything behind */
}

static void check_content(const char *path, const char *want)
{
    uint8_t *data;
    size_t len;
    assert_int_equal(plain_file_read(path, 100, &data, &len, &problem), OK);
    assert_int_equal(len, strlen(want));
    assert_string_equal((const char *)data, want);
    free(data);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

/* Goal: a new file has the usual mode, a replaced one keeps its own, and create never replaces. */
static void test_writing(void **state)
{
    (void)state;
    assert_int_equal(plain_file_create("a", BYTES_LITERAL("one"), &problem), OK);
    assert_int_equal(mode_of("a"), 0644);
    assert_int_equal(plain_file_create("a", BYTES_LITERAL("two"), &problem), ERR_DUPLICATE);
    check_content("a", "one");
    assert_int_equal(chmod("a", 0640), 0);
    assert_int_equal(plain_file_write("a", BYTES_LITERAL("three"), &problem), OK);
    assert_int_equal(mode_of("a"), 0640);
    check_content("a", "three");
    assert_int_equal(plain_file_write("b", BYTES_LITERAL(""), &problem), OK);
    check_content("b", "");
    unlink("a");
    unlink("b");
}

/* Goal: each way to fail has its code and a sentence that begins with the file's name. */
static void test_failures(void **state)
{
    (void)state;
    uint8_t *data;
    size_t len;
    char path[5000];
    assert_int_equal(plain_file_read("none", 100, &data, &len, &problem), ERR_NOT_FOUND);
    assert_null(data);
    assert_int_equal(strncmp(problem.text, "none: ", 6), 0);
    assert_int_equal(plain_file_read("none/x", 100, &data, &len, &problem), ERR_NOT_FOUND);
    assert_int_equal(plain_file_read(".", 100, &data, &len, &problem), ERR_IO);
    assert_int_equal(plain_file_create("a", BYTES_LITERAL("12345"), &problem), OK);
    assert_int_equal(plain_file_read("a", 4, &data, &len, &problem), ERR_LIMIT);
    assert_null(data);
    assert_int_equal(plain_file_read("a", 5, &data, &len, &problem), OK);
    free(data);
    assert_int_equal(plain_file_write("none/x", BYTES_LITERAL("x"), &problem), ERR_IO);
    assert_int_equal(plain_file_write(".", BYTES_LITERAL("x"), &problem), ERR_IO);
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(plain_file_write(path, BYTES_LITERAL("x"), &problem), ERR_LIMIT);
    unlink("a");
}

/* Goal: a write that fails halfway leaves the old file and nothing else.
 * Method: the system allows files of 2 bytes only. */
static void test_full_disk(void **state)
{
    (void)state;
    struct rlimit few = {2, RLIM_INFINITY}, before;
    assert_int_equal(plain_file_create("a", BYTES_LITERAL("1"), &problem), OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    few.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    enum err written = plain_file_write("a", BYTES_LITERAL("123456"), &problem);
    enum err created = plain_file_create("b", BYTES_LITERAL("123456"), &problem);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(written, ERR_IO);
    assert_int_equal(created, ERR_IO);
    check_content("a", "1");
    unlink("a");
    DIR *d = opendir(".");
    size_t count = 0;
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    assert_int_equal(count, 2);
}

/* Goal: a file of many blocks comes whole, from a pipe too. */
static void test_long(void **state)
{
    (void)state;
    enum { LEN = 100000 };
    uint8_t *in = malloc(LEN), *data;
    size_t len;
    assert_non_null(in);
    for (size_t i = 0; i < LEN; i++)
        in[i] = (uint8_t)(i * 7);
    assert_int_equal(plain_file_create("a", bytes_of(in, LEN), &problem), OK);
    int kept = dup(STDIN_FILENO);
    assert_non_null(freopen("a", "r", stdin));
    assert_int_equal(plain_file_read("-", LEN, &data, &len, &problem), OK);
    dup2(kept, STDIN_FILENO);
    close(kept);
    assert_int_equal(len, LEN);
    assert_memory_equal(data, in, LEN);
    free(data);
    free(in);
    unlink("a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
