/* A fleet's nodes as processes, and what is asked of them over their local sockets. */
#include "tests/bench/fleet.h"

#include "tests/bench/figure.h"
#include "tests/bench/rows.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_SECONDS = 30, READY_SECONDS = 60 };

static void run_node(const struct fleet *f, size_t node)
{
    const char *folder = getenv("SEINPOST_BIN");
    char program[1024], log[512], settings[512];
    snprintf(program, sizeof program, "%s/seinpostd", folder != NULL ? folder : "build/gcc");
    snprintf(log, sizeof log, "%s/log.%zu", f->dir, node);
    snprintf(settings, sizeof settings, "%s", fleet_path(f, node, "seinpost.conf"));
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int in = open("/dev/null", O_RDONLY);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (out < 0 || in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(127);
    execl(program, "seinpostd", "--config", settings, (char *)NULL);
    fprintf(stderr, "%s cannot be started\n", program);
    _exit(127);
}

/* A connection to the node's local socket, or -1. */
static int dial(const struct fleet *f, size_t node)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", fleet_path(f, node, "seinpost.sock"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void show_log(const struct fleet *f, size_t node)
{
    char command[600];
    snprintf(command, sizeof command, "tail -n 5 '%s/log.%zu' >&2", f->dir, node);
    if (system(command) != 0)
        fprintf(stderr, "and node %zu has no log\n", node);
}

static bool has_ended(struct fleet_member *m)
{
    if (m->pid == 0 || waitpid(m->pid, NULL, WNOHANG) == 0)
        return m->pid == 0;
    m->pid = 0;
    return true;
}

void fleet_start(struct fleet *f, size_t node)
{
    struct fleet_member *m = &f->member[node];
    double until = rows_clock() + START_SECONDS;
    m->pid = fork();
    figure_need(m->pid >= 0, "no process can be made");
    if (m->pid == 0)
        run_node(f, node);
    for (;;) {
        int fd = dial(f, node);
        if (fd >= 0) {
            close(fd);
            return;
        }
        if (has_ended(m) || rows_clock() > until) {
            show_log(f, node);
            figure_need(false, "node %zu does not start", node);
        }
        usleep(500);
    }
}

void fleet_stop(struct fleet *f, size_t node)
{
    struct fleet_member *m = &f->member[node];
    if (m->pid == 0)
        return;
    kill(m->pid, SIGTERM);
    waitpid(m->pid, NULL, 0);
    m->pid = 0;
}

/* Everything that is answered until the node closes, to be freed. */
static char *exchange(int fd, const char *text, size_t len)
{
    size_t cap = 1 << 16, got = 0;
    char *answer = malloc(cap);
    for (size_t sent = 0; sent < len;) {
        ssize_t put = write(fd, text + sent, len - sent);
        figure_need(put > 0, "the local socket takes no request");
        sent += (size_t)put;
    }
    for (;;) {
        if (answer == NULL)
            return NULL;
        ssize_t n = read(fd, answer + got, cap - got - 1);
        figure_need(n >= 0, "the local socket gives no answer");
        if (n == 0)
            break;
        got += (size_t)n;
        if (cap - got < 1 << 15)
            answer = realloc(answer, cap *= 2);
    }
    answer[got] = '\0';
    return answer;
}

json_t *fleet_ask(const struct fleet *f, size_t node, json_t *request)
{
    int fd = dial(f, node);
    char *text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    figure_need(fd >= 0 && text != NULL, "node %zu cannot be asked", node);
    size_t len = strlen(text);
    text[len] = '\n'; /* in place of the zero: exchange needs none */
    char *answer = exchange(fd, text, len + 1), *rest = NULL;
    free(text);
    close(fd);
    figure_need(answer != NULL, "no memory");
    json_t *lines = json_array();
    for (char *line = strtok_r(answer, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        json_array_append_new(lines, json_loads(line, 0, NULL));
    free(answer);
    figure_need(json_array_size(lines) > 0, "node %zu did not answer", node);
    return lines;
}

json_t *fleet_status(const struct fleet *f, size_t node)
{
    json_t *lines = fleet_ask(f, node, json_pack("{s:s}", "do", "status"));
    json_t *status = json_incref(json_object_get(json_array_get(lines, 0), "status"));
    json_decref(lines);
    return status;
}

static bool is_ready(const json_t *status)
{
    const json_t *signing = json_object_get(status, "signing");
    const json_t *gaps = json_object_get(json_object_get(status, "coverage"), "gaps");
    const json_t *budgets = json_object_get(status, "budgets");
    bool is_up = true;
    for (size_t i = 0; i < json_array_size(budgets); i++)
        is_up = is_up && json_is_true(json_object_get(json_array_get(budgets, i), "up"));
    return is_up && json_is_true(json_object_get(signing, "may_sign")) &&
           json_array_size(gaps) == 0;
}

void fleet_await(const struct fleet *f, size_t node)
{
    double until = rows_clock() + READY_SECONDS;
    for (;;) {
        json_t *status = fleet_status(f, node);
        bool done = is_ready(status);
        if (!done && rows_clock() > until) {
            show_log(f, node);
            json_object_del(status, "peers");
            json_dumpf(status, stderr, JSON_COMPACT);
            figure_need(false, "node %zu is not ready", node);
        }
        json_decref(status);
        if (done)
            return;
        usleep(100000);
    }
}

void fleet_reset_peak(const struct fleet *f, size_t node)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/clear_refs", (int)f->member[node].pid);
    FILE *out = fopen(path, "w");
    if (out == NULL || fputs("5", out) < 0 || fclose(out) != 0)
        fprintf(stderr, "note: the peak of node %zu counts the unlocking of its keys too\n", node);
}

double fleet_peak_mib(const struct fleet *f, size_t node)
{
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)f->member[node].pid);
    FILE *in = fopen(path, "r");
    figure_need(in != NULL, "%s cannot be read", path);
    while (fgets(line, sizeof line, in) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtod(line + 6, NULL);
    fclose(in);
    return kib / 1024;
}
