#include "node/text.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/seinpost-text-XXXXXX";
static const char folder[] = "nl/LC_MESSAGES";

/* A number of the catalogue, in this machine's byte order, as gettext accepts. */
static void put(FILE *f, uint32_t v)
{
    fwrite(&v, sizeof v, 1, f);
}

/* Writes a catalogue with a header, one sentence and one plural (layout: gettext manual, "MO
 * files"). */
static int make_catalogue(void **state)
{
    (void)state;
    static const struct {
        const char *id, *text;
        uint32_t id_len, text_len;
    } rows[] = {
#define ROW(id, text) {id, text, sizeof(id) - 1, sizeof(text) - 1}
        ROW("",
            "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n != 1;\n"),
        ROW("one\0many", "\xc3\xa9\xc3\xa9n\0veel"),
        ROW("yes", "ja"),
#undef ROW
    };
    char path[128];
    if (mkdtemp(root) == NULL || chdir(root) != 0 || mkdir("nl", 0700) != 0 ||
        mkdir(folder, 0700) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/seinpost.mo", folder);
    FILE *f = fopen(path, "w");
    if (f == NULL)
        return -1;
    put(f, 0x950412de);
    put(f, 0);
    put(f, 3);
    put(f, 28);
    put(f, 28 + 3 * 8);
    put(f, 0);
    put(f, 0);
    uint32_t at = 28 + 6 * 8;
    for (size_t i = 0; i < 3; at += rows[i++].id_len + 1) {
        put(f, rows[i].id_len);
        put(f, at);
    }
    for (size_t i = 0; i < 3; at += rows[i++].text_len + 1) {
        put(f, rows[i].text_len);
        put(f, at);
    }
    for (size_t i = 0; i < 3; i++)
        fwrite(rows[i].id, 1, rows[i].id_len + 1, f);
    for (size_t i = 0; i < 3; i++)
        fwrite(rows[i].text, 1, rows[i].text_len + 1, f);
    return fclose(f);
}

static int remove_catalogue(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/seinpost.mo", folder);
    return unlink(path) | rmdir(folder) | rmdir("nl") | rmdir(root);
}

/* Sets or, with NULL, removes a variable. */
static void env_set(const char *name, const char *value)
{
    if (value != NULL)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

/* Runs f in a process of its own, since a locale stays; returns whether it returned true. */
static bool apart(bool (*f)(const void *), const void *arg)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(f(arg) ? 0 : 1);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct surroundings {
    const char *lc_all, *lc_messages, *lang, *language;
    const char *as; /* the locale of the settings, NULL none */
    bool is_dutch;
};

static bool speaks_as_wanted(const void *arg)
{
    const struct surroundings *s = arg;
    char number[8];
    env_set("LC_ALL", s->lc_all);
    env_set("LC_MESSAGES", s->lc_messages);
    env_set("LANG", s->lang);
    env_set("LANGUAGE", s->language);
    env_set("SEINPOST_LOCALEDIR", root);
    if (s->as != NULL)
        text_init_as(s->as);
    else
        text_init();
    snprintf(number, sizeof number, "%.1f", 1.5);
    return strcmp(_("yes"), s->is_dutch ? "ja" : "yes") == 0 &&
           strcmp(_n("one", "many", 1), s->is_dutch ? "\xc3\xa9\xc3\xa9n" : "one") == 0 &&
           strcmp(_n("one", "many", 2), s->is_dutch ? "veel" : "many") == 0 &&
           strcmp(_("not there"), "not there") == 0 && strcmp(number, "1.5") == 0;
}

/* Goal: whoever asks for Dutch reads Dutch, also where no Dutch locale is installed, and nobody
 * else does. Method: a row is an environment and the locale of the settings, tried in a process of
 * its own. */
static void languages(void **state)
{
    (void)state;
    static const struct surroundings rows[] = {
        {NULL,          NULL,          NULL,          NULL, NULL,    false},
        {"C",           NULL,          NULL,          NULL, NULL,    false},
        {"POSIX",       NULL,          "nl_NL.UTF-8", NULL, NULL,    false},
        {"C.UTF-8",     NULL,          NULL,          NULL, NULL,    false},
        {"C.UTF-8",     NULL,          NULL,          "nl", NULL,    true },
        {"nl_NL.UTF-8", NULL,          NULL,          NULL, NULL,    true },
        {"nl_NL",       NULL,          NULL,          NULL, NULL,    true },
        {"nl",          NULL,          NULL,          NULL, NULL,    true },
        {"",            "nl_BE.UTF-8", "C.UTF-8",     NULL, NULL,    true },
        {NULL,          NULL,          "nl_NL.UTF-8", "",   NULL,    true },
        {NULL,          NULL,          "nl_NL.UTF-8", "xx", NULL,    false},
        {"xx_XX.UTF-8", NULL,          NULL,          NULL, NULL,    false},
        {"C.UTF-8",     NULL,          NULL,          NULL, "nl",    true },
        {"nl_NL.UTF-8", NULL,          NULL,          "nl", "xx_XX", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(apart(speaks_as_wanted, &rows[i]));
}

static bool survives_long_name(const void *arg)
{
    (void)arg;
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    text_init_as(name);
    return strcmp(_("yes"), "yes") == 0;
}

/* Goal: a locale with an absurd name is read as English.
 * Method: 299 letters. */
static void absurd_name(void **state)
{
    (void)state;
    assert_true(apart(survives_long_name, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(languages),
        cmocka_unit_test(absurd_name),
    };
    return cmocka_run_group_tests(tests, make_catalogue, remove_catalogue);
}
