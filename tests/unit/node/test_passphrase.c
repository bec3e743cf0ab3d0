#include "node/passphrase.h"

#include <pty.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/seinpost-passphrase-XXXXXX";
static struct problem problem;

static int enter_folder(void **state)
{
    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    return sodium_init() < 0 || mkdtemp(root) == NULL ? -1 : chdir(root);
}

static int leave_folder(void **state)
{
    (void)state;
    return rmdir(root);
}

static void file_make(const char *path, const char *data, size_t len, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* Gets a passphrase and compares it; says nothing of it when there is none. */
static enum err get(const char *file, enum passphrase_use use, const char *want)
{
    struct passphrase *p;
    problem.text[0] = '\0';
    enum err e = passphrase_get(file, use, "the keys of this node", &p, &problem);
    assert_true((e == OK) == (p != NULL));
    if (e == OK) {
        struct bytes got = passphrase_bytes(p);
        assert_true(bytes_equal(got, bytes_of(want, strlen(want))));
    }
    passphrase_free(&p);
    assert_null(p);
    return e;
}

/* Goal: the first line of a private file counts, within the limits.
 * Method: a row is a file's content, the use, the code, and the passphrase or the sentence. */
static void from_a_file(void **state)
{
    (void)state;
#define SHORT                                                                                      \
    "p: the passphrase is shorter than 12 characters. Choose a longer one, for example five "      \
    "words that nobody would put together."
#define EMPTY "p: the passphrase is empty."
#define ZERO "p: the passphrase holds a zero byte. Write it as one line of text."
#define E2 "\xc3\xa9\xc3\xa9" /* two characters, four bytes */
    static const struct {
        const char *data;
        size_t len; /* 0: all of data */
        enum passphrase_use use;
        enum err want;
        const char *says;
    } rows[] = {
        {"short",                  0, PASSPHRASE_OPEN,   OK,         "short"       },
        {"short\n",                0, PASSPHRASE_OPEN,   OK,         "short"       },
        {" a b \r\nsecond line\n", 0, PASSPHRASE_OPEN,   OK,         " a b "       },
        {"twelve chars",           0, PASSPHRASE_CREATE, OK,         "twelve chars"},
        {"eleven char",            0, PASSPHRASE_CREATE, ERR_RANGE,  SHORT         },
        {E2 E2 E2,                 0, PASSPHRASE_CREATE, ERR_RANGE,  SHORT         },
        {"",                       0, PASSPHRASE_OPEN,   ERR_FORMAT, EMPTY         },
        {"\nsecond",               0, PASSPHRASE_OPEN,   ERR_FORMAT, EMPTY         },
        {"a\0b",                   3, PASSPHRASE_OPEN,   ERR_FORMAT, ZERO          },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = rows[i].len > 0 ? rows[i].len : strlen(rows[i].data);
        file_make("p", rows[i].data, len, 0600);
        assert_int_equal(get("p", rows[i].use, rows[i].says), rows[i].want);
        if (rows[i].want != OK)
            assert_string_equal(problem.text, rows[i].says);
    }
    char text[5000];
    memset(text, 'a', sizeof text);
    text[PASSPHRASE_BYTES_MAX] = '\0';
    file_make("p", text, PASSPHRASE_BYTES_MAX, 0600);
    assert_int_equal(get("p", PASSPHRASE_OPEN, text), OK);
    text[PASSPHRASE_BYTES_MAX] = 'a';
    file_make("p", text, PASSPHRASE_BYTES_MAX + 1, 0600);
    assert_int_equal(get("p", PASSPHRASE_OPEN, ""), ERR_LIMIT);
    assert_string_equal(problem.text,
                        "p: the passphrase is longer than 1023 bytes. Choose a shorter one.");
    file_make("p", text, sizeof text, 0600);
    assert_int_equal(get("p", PASSPHRASE_OPEN, ""), ERR_LIMIT);
    file_make("p", "short", 5, 0640);
    assert_int_equal(get("p", PASSPHRASE_OPEN, ""), ERR_UNAUTHORISED);
    assert_string_equal(problem.text, "p: other users may read it. Run: chmod 600 p");
    unlink("p");
    assert_int_equal(get("p", PASSPHRASE_OPEN, ""), ERR_NOT_FOUND);
    assert_int_equal(get(".", PASSPHRASE_OPEN, ""), ERR_FORMAT);
    assert_int_equal(symlink("p", "p"), 0);
    assert_int_equal(get("p", PASSPHRASE_OPEN, ""), ERR_IO);
    unlink("p");
}

/* Goal: systemd's credential is used when no file is named, with the mode that systemd gives it.
 * Method: a folder in its place. */
static void from_a_credential(void **state)
{
    (void)state;
    file_make("passphrase", "from systemd\n", 13, 0440);
    file_make("p", "from the file\n", 14, 0600);
    setenv("CREDENTIALS_DIRECTORY", root, 1);
    assert_int_equal(get(NULL, PASSPHRASE_OPEN, "from systemd"), OK);
    assert_int_equal(get("", PASSPHRASE_OPEN, "from systemd"), OK);
    assert_int_equal(get("p", PASSPHRASE_OPEN, "from the file"), OK);
    unsetenv("CREDENTIALS_DIRECTORY");
    unlink("passphrase");
    unlink("p");
}

/* In the child at its terminal: the code, 100 when the passphrase is not the expected one, 101 when
 * the terminal was not put back. */
static int ask(enum passphrase_use use, const char *want)
{
    struct passphrase *p;
    struct termios before, after;
    tcgetattr(STDIN_FILENO, &before);
    enum err e = passphrase_get(NULL, use, "the keys", &p, &problem);
    tcgetattr(STDIN_FILENO, &after);
    if (before.c_lflag != after.c_lflag || before.c_cc[VEOL] != after.c_cc[VEOL])
        return 101;
    if (e == OK && !bytes_equal(passphrase_bytes(p), bytes_of(want, strlen(want))))
        return 100;
    passphrase_free(&p);
    return (int)e;
}

/* Reads from the terminal until it shows what is waited for; adds all to seen. False at its end. */
static bool wait_for(int tty, char *seen, size_t cap, const char *text)
{
    size_t len = strlen(seen), from = len;
    while (strstr(seen + from, text) == NULL) {
        ssize_t n = read(tty, seen + len, cap - 1 - len);
        if (n <= 0)
            return false;
        len += (size_t)n;
        seen[len] = '\0';
    }
    return true;
}

/* Goal: at a terminal the passphrase is not shown, a new one is asked twice, and giving up leaves
 * the terminal as it was. Method: a row is what is typed at each prompt, played to a child on a
 * terminal of its own. */
static void from_a_terminal(void **state)
{
    (void)state;
    static const struct {
        enum passphrase_use use;
        const char *first, *second;
        enum err want;
    } rows[] = {
        {PASSPHRASE_OPEN,   "squeamish\n",       NULL,                OK        },
        {PASSPHRASE_OPEN,   "\n",                NULL,                ERR_FORMAT},
        {PASSPHRASE_OPEN,   "squeam\x03",        NULL,                ERR_IO    },
        {PASSPHRASE_OPEN,   "\x04",              NULL,                ERR_IO    },
        {PASSPHRASE_CREATE, "squeamish ossif\n", "squeamish ossif\n", OK        },
        {PASSPHRASE_CREATE, "squeamish ossif\n", "squeamish ossig\n", ERR_FORMAT},
        {PASSPHRASE_CREATE, "squeamish ossif\n", "\x03",              ERR_IO    },
        {PASSPHRASE_CREATE, "squeamish\n",       NULL,                ERR_RANGE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char want[32] = "", seen[4096] = "";
        memcpy(want, rows[i].first, strcspn(rows[i].first, "\n"));
        int tty;
        pid_t pid = forkpty(&tty, NULL, NULL, NULL);
        assert_true(pid >= 0);
        if (pid == 0)
            _exit(ask(rows[i].use, want));
        assert_true(wait_for(tty, seen, sizeof seen,
                             rows[i].use == PASSPHRASE_OPEN ? "Passphrase for the keys: "
                                                            : "New passphrase for the keys: "));
        assert_true(write(tty, rows[i].first, strlen(rows[i].first)) > 0);
        if (rows[i].second != NULL) {
            assert_true(wait_for(tty, seen, sizeof seen, "The same passphrase again: "));
            assert_true(write(tty, rows[i].second, strlen(rows[i].second)) > 0);
        }
        assert_false(wait_for(tty, seen, sizeof seen, "squeam"));
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), rows[i].want);
        assert_null(strstr(seen, "squeam"));
        close(tty);
    }
}

/* Goal: without a terminal the person is told what to set.
 * Method: a child in a session without one. */
static void without_a_terminal(void **state)
{
    (void)state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct passphrase *p;
        setsid();
        enum err e = passphrase_get(NULL, PASSPHRASE_OPEN, "the keys", &p, &problem);
        bool is_told = strstr(problem.text, "Set passphrase_file") != NULL;
        _exit(e == ERR_NOT_FOUND && is_told ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_a_file),
        cmocka_unit_test(from_a_credential),
        cmocka_unit_test(from_a_terminal),
        cmocka_unit_test(without_a_terminal),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
