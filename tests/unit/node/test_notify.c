#include "node/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A manager's socket under a name; '@' stands for the zero of a name without a file. */
static int manager_open(const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(a.sun_path, name, len);
    if (name[0] == '@')
        a.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&a,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    return fd;
}

/* Goal: a manager gets the message as it is, on both kinds of name.
 * Method: a real socket of each kind. */
static void reaches_the_manager(void **state)
{
    (void)state;
    char file[64], hidden[64];
    snprintf(file, sizeof file, "/tmp/seinpost-notify-%d", getpid());
    snprintf(hidden, sizeof hidden, "@seinpost-notify-%d", getpid());
    const char *const names[] = {file, hidden};
    for (size_t i = 0; i < 2; i++) {
        char got[64] = "";
        int fd = manager_open(names[i]);
        setenv("NOTIFY_SOCKET", names[i], 1);
        assert_true(notify_send("READY=1\nSTATUS=x"));
        assert_int_equal(recv(fd, got, sizeof got, 0), 16);
        assert_memory_equal(got, "READY=1\nSTATUS=x", 16);
        assert_int_equal(recv(fd, got, sizeof got, 0), -1); /* one message, no more */
        close(fd);
    }
    unlink(file);
}

/* Goal: without a manager, or with one that is gone or named wrongly, nothing happens.
 * Method: a row is a value of the variable. */
static void says_nothing_without_one(void **state)
{
    (void)state;
    char longest[200];
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    const char *const rows[] = {"",
                                "/",
                                "relative",
                                "vsock:2:1234",
                                "/tmp/seinpost-nobody-here",
                                "@seinpost-nobody-here",
                                longest};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setenv("NOTIFY_SOCKET", rows[i], 1);
        assert_false(notify_send("READY=1"));
    }
    unsetenv("NOTIFY_SOCKET");
    assert_false(notify_send("READY=1"));
}

/* Goal: a manager that does not read never holds the node up.
 * Method: send until its queue is full; the call returns false. */
static void never_blocks(void **state)
{
    (void)state;
    char hidden[64];
    snprintf(hidden, sizeof hidden, "@seinpost-notify-full-%d", getpid());
    int fd = manager_open(hidden);
    setenv("NOTIFY_SOCKET", hidden, 1);
    int sent = 0;
    while (sent < 100000 && notify_send("READY=1"))
        sent++;
    assert_true(sent > 0 && sent < 100000);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reaches_the_manager),
        cmocka_unit_test(says_nothing_without_one),
        cmocka_unit_test(never_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
