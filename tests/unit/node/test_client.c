#include "node/client.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static char root[] = "/tmp/seinpost-client-XXXXXX";
static struct config config;
static struct problem problem;

static int enter_folder(void **state)
{
    (void)state;
    client_init();
    snprintf(config.file, sizeof config.file, "the.conf");
    snprintf(config.socket_group, sizeof config.socket_group, "helpers");
    if (mkdtemp(root) == NULL || chdir(root) != 0)
        return -1;
    snprintf(config.socket, sizeof config.socket, "%s/s", root);
    return 0;
}

static int leave_folder(void **state)
{
    (void)state;
    unlink(config.socket);
    return rmdir(root);
}

/* A node in a process of its own that reads up to want bytes or a line, sends the answer and
 * leaves. */
static pid_t node(const char *answer, size_t want)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, config.socket, strlen(config.socket) + 1);
    unlink(config.socket);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 4), 0);
    pid_t pid = fork();
    if (pid != 0) {
        close(fd);
        return pid;
    }
    int client = accept(fd, NULL, NULL);
    char c = 0;
    for (size_t i = 0; i < want && c != '\n'; i++)
        if (read(client, &c, 1) != 1)
            break;
    (void)!write(client, answer, strlen(answer));
    _exit(0);
}

static void count_line(void *ctx, const json_t *line)
{
    size_t *count = ctx;
    assert_true(json_is_object(line));
    ++*count;
}

/* Goal: what a node answers is taken as it is, and anything but a whole answer is an error.
 * Method: one row is one answer. */
static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        enum err want;
        size_t lines;
    } rows[] = {
        {"{\"end\":{\"ok\":true}}\n",                              OK,            0},
        {"{\"row\":{}}\n{\"row\":{}}\n{\"end\":{\"ok\":false}}\n", OK,            2},
        {"{\"end\":{}}\n{\"row\":{}}\n",                           OK,            0},
        {"{\"row\":{}}\n",                                         ERR_TRUNCATED, 1},
        {"{\"end\":{\"ok\":true}}",                                ERR_TRUNCATED, 0},
        {"",                                                       ERR_TRUNCATED, 0},
        {"{\"row\":\n",                                            ERR_FORMAT,    0},
        {"[]\n",                                                   ERR_FORMAT,    0},
        {"{\"end\":5}\n",                                          ERR_FORMAT,    0},
        {"\n",                                                     ERR_FORMAT,    0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t lines = 0;
        json_t *end = (json_t *)&lines;
        pid_t pid = node(rows[i].answer, 1000);
        problem.text[0] = '\0';
        enum err got = client_ask(&config, json_pack("{s:s}", "do", "status"), count_line, &lines,
                                  &end, &problem);
        waitpid(pid, NULL, 0);
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].answer, err_name(got));
        assert_int_equal(lines, rows[i].lines);
        assert_int_equal(end != NULL, got == OK);
        assert_int_equal(problem.text[0] != '\0', got != OK);
        json_decref(end);
    }
}

/* Goal: a node that refuses a long request before it is read is heard.
 * Method: it reads ten bytes, answers and leaves; the request has a million. */
static void test_early_refusal(void **state)
{
    (void)state;
    size_t lines = 0;
    json_t *end;
    char *text = malloc(1000001);
    assert_non_null(text);
    memset(text, 'x', 1000000);
    text[1000000] = '\0';
    pid_t pid = node("{\"end\":{\"ok\":false,\"error\":\"limit\"}}\n", 10);
    enum err e =
        client_ask(&config, json_pack("{s:s}", "do", text), count_line, &lines, &end, &problem);
    waitpid(pid, NULL, 0);
    free(text);
    /* The system may throw the answer away with what was not read; it is then no success. */
    assert_true(e == OK || e == ERR_TRUNCATED);
    if (e == OK)
        assert_string_equal(json_string_value(json_object_get(end, "error")), "limit");
    json_decref(end);
}

/* Goal: who has no node, or may not speak to it, is told what to do. */
static void test_no_node(void **state)
{
    (void)state;
    size_t lines = 0;
    json_t *end;
    unlink(config.socket);
    assert_false(client_is_running(&config));
    assert_int_equal(client_ask(&config, json_object(), count_line, &lines, &end, &problem),
                     ERR_NOT_FOUND);
    assert_null(end);
    assert_non_null(strstr(problem.text, config.socket));
    assert_non_null(strstr(problem.text, "seinpostd --config the.conf"));
    pid_t pid = node("", 0); /* a socket that nobody listens on any more */
    assert_true(client_is_running(&config));
    waitpid(pid, NULL, 0);
    assert_false(client_is_running(&config));
    assert_int_equal(client_ask(&config, json_object(), count_line, &lines, &end, &problem),
                     ERR_NOT_FOUND);
}

/* Goal: a request that the node would not read is not sent; one that is no text neither. */
static void test_request(void **state)
{
    (void)state;
    size_t lines = 0;
    json_t *end;
    char *text = malloc(CLIENT_BYTES_MAX + 1);
    assert_non_null(text);
    memset(text, 'x', CLIENT_BYTES_MAX);
    text[CLIENT_BYTES_MAX] = '\0';
    assert_int_equal(
        client_ask(&config, json_pack("{s:s}", "do", text), count_line, &lines, &end, &problem),
        ERR_LIMIT);
    free(text);
    assert_int_equal(
        client_ask(&config, json_pack("{s:s}", "do", "\xff"), count_line, &lines, &end, &problem),
        ERR_FORMAT);
}

/* Goal: a person outside the group is told which group it is.
 * Method: as another user, where the test may become one. */
static void test_not_allowed(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    size_t lines = 0;
    json_t *end;
    pid_t pid = node("", 1000);
    chmod(root, 0755);
    assert_int_equal(chmod(config.socket, 0600), 0);
    assert_int_equal(seteuid(65534), 0);
    enum err e = client_ask(&config, json_object(), count_line, &lines, &end, &problem);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(e, ERR_UNAUTHORISED);
    assert_non_null(strstr(problem.text, "helpers"));
    assert_true(client_is_running(&config)); /* lets the process end */
    waitpid(pid, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),     cmocka_unit_test(test_early_refusal),
        cmocka_unit_test(test_no_node),     cmocka_unit_test(test_request),
        cmocka_unit_test(test_not_allowed),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
