#include "node/secret.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Goal: secret memory starts as zeros, takes what is written, and NULL can be freed.
 * Method: sizes around a page. */
static void memory(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 32, 4096, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *p = secret_new(sizes[i]);
        assert_true(sodium_is_zero(p, sizes[i]));
        memset(p, 0xaa, sizes[i]);
        secret_free(p);
    }
    secret_free(NULL);
}

/* Goal: without memory the process ends with an error, and not by a signal.
 * Method: a child that may not map any more. */
static void without_memory(void **state)
{
    (void)state;
    int status;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit none = {0, 0};
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(2);
        setrlimit(RLIMIT_AS, &none);
        secret_free(secret_new(1 << 20));
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
}

static int prepare(void **state)
{
    (void)state;
    return sodium_init() < 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
