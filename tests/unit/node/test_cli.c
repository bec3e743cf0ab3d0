#include "node/cli.h"
#include "node/cli_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* clang-format off */
static const struct cli_option options[] = {
    {"name", "NAME", "a name", true, false},
    {"steward", "KEY", "a key", false, true},
    {"count", "N", "a number", false, false},
    {"json", NULL, "for programs", false, false},
    {0},
};
static const struct cli_option word_options[] = {
    {"peer", "P", "a peer", false, true},
    {"yes", NULL, "do not ask", false, false},
    {0},
};
/* clang-format on */

/* What the commands of this test were called with. */
static struct {
    const char *command, *config, *word;
    int calls;
} called;

static int note(const struct cli_args *a)
{
    called.command = a->command->name;
    called.config = a->config;
    called.word = a->word_count > 0 ? a->word[0] : NULL;
    called.calls++;
    return 7;
}

static const struct cli_command make = {
    .name = "make", .help = "make it", .options = options, .run = note};
static const struct cli_command list_show = {.group = "list",
                                             .name = "show",
                                             .words = "[FILE]",
                                             .words_max = 1,
                                             .help = "show it",
                                             .more = "More of it.",
                                             .options = word_options,
                                             .run = note};
static const struct cli_command list_take = {.group = "list",
                                             .name = "take",
                                             .words = "FILE",
                                             .words_min = 1,
                                             .words_max = 1,
                                             .help = "take it",
                                             .options = word_options,
                                             .run = note};
static const struct cli_command *const commands[] = {&make, &list_show, &list_take, NULL};

enum { WORDS_MAX = 12 };

/* Splits a line at its blanks; a ~ in it stands for one that does not split. */
static int split(char *line, char **out)
{
    int count = 0;
    for (char *s = strtok(line, " "); s != NULL && count < WORDS_MAX; s = strtok(NULL, " "))
        out[count++] = s;
    for (int i = 0; i < count; i++)
        for (char *c = out[i]; *c != '\0'; c++)
            *c = *c == '~' ? ' ' : *c;
    return count;
}

/* Goal: a line is read as its table says, and each way to be wrong is a wrong line.
 * Method: one row is the words after "make". */
static void test_read(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int want;
        const char *name, *steward; /* the last one */
        size_t stewards;
    } rows[] = {
        {"--name x",                         CLI_DONE,  "x",         NULL, 0},
        {"--name=x",                         CLI_DONE,  "x",         NULL, 0},
        {"--name=",                          CLI_DONE,  "",          NULL, 0},
        {"--name=a=b",                       CLI_DONE,  "a=b",       NULL, 0},
        {"--name -",                         CLI_DONE,  "-",         NULL, 0},
        {"--name -x",                        CLI_DONE,  "-x",        NULL, 0},
        {"--name two~words",                 CLI_DONE,  "two words", NULL, 0},
        {"--name x --steward a --steward b", CLI_DONE,  "x",         "b",  2},
        {"--steward a b c --name x",         CLI_DONE,  "x",         "c",  3},
        {"--steward=a b --json --name x",    CLI_DONE,  "x",         "b",  2},
        {"--json --name x",                  CLI_DONE,  "x",         NULL, 0},
        {"",                                 CLI_USAGE, NULL,        NULL, 0},
        {"--name",                           CLI_USAGE, NULL,        NULL, 0},
        {"--name --json",                    CLI_USAGE, NULL,        NULL, 0},
        {"--name x --name y",                CLI_USAGE, NULL,        NULL, 0},
        {"--name x --json=yes",              CLI_USAGE, NULL,        NULL, 0},
        {"--name x word",                    CLI_USAGE, NULL,        NULL, 0},
        {"--name x -n",                      CLI_USAGE, NULL,        NULL, 0},
        {"--name x --nane y",                CLI_USAGE, NULL,        NULL, 0},
        {"--name x --",                      CLI_DONE,  "x",         NULL, 0},
        {"--name x -- --json",               CLI_USAGE, NULL,        NULL, 0},
        {"--name x --config",                CLI_USAGE, NULL,        NULL, 0},
        {"--nam x",                          CLI_USAGE, NULL,        NULL, 0},
        {"--names x",                        CLI_USAGE, NULL,        NULL, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[128], *argv[WORDS_MAX];
        const char *stewards[8];
        struct cli_args a;
        snprintf(line, sizeof line, "%s", rows[i].line);
        int got = cli_read(&make, "default", split(line, argv), argv, &a);
        if (got != rows[i].want)
            fail_msg("%s: %d", rows[i].line, got);
        if (got != CLI_DONE)
            continue;
        assert_string_equal(cli_value(&a, "name"), rows[i].name);
        assert_string_equal(a.config, "default");
        assert_int_equal(cli_values(&a, "steward", stewards, 8), rows[i].stewards);
        assert_int_equal(cli_has(&a, "steward"), rows[i].stewards > 0);
        if (rows[i].steward != NULL)
            assert_string_equal(cli_value(&a, "steward"), rows[i].steward);
        assert_int_equal(cli_has(&a, "json"), strstr(rows[i].line, "--json") != NULL);
        assert_int_equal(cli_values(&a, "steward", stewards, 1), rows[i].stewards > 0);
    }
}

/* Goal: numbers are whole, and within their limits. */
static void test_number(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int want, number;
    } rows[] = {
        {"--name x",                     CLI_DONE,  5 },
        {"--name x --count 1",           CLI_DONE,  1 },
        {"--name x --count 10",          CLI_DONE,  10},
        {"--name x --count 0",           CLI_USAGE, 77},
        {"--name x --count 11",          CLI_USAGE, 77},
        {"--name x --count -1",          CLI_USAGE, 77},
        {"--name x --count 2.5",         CLI_USAGE, 77},
        {"--name x --count=",            CLI_USAGE, 77},
        {"--name x --count many",        CLI_USAGE, 77},
        {"--name x --count 99999999999", CLI_USAGE, 77},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[128], *argv[WORDS_MAX];
        struct cli_args a;
        int number = 77;
        snprintf(line, sizeof line, "%s", rows[i].line);
        assert_int_equal(cli_read(&make, "c", split(line, argv), argv, &a), CLI_DONE);
        assert_int_equal(cli_number(&a, "count", 1, 10, 5, &number), rows[i].want);
        assert_int_equal(number, rows[i].number);
    }
}

/* Goal: a time has a unit, is within its limits, and is shown as it would be written. */
static void test_duration(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int want;
        int64_t seconds;
    } rows[] = {
        {"--name x",                       CLI_DONE,  86400    },
        {"--name x --count 1s",            CLI_DONE,  1        },
        {"--name x --count 10m",           CLI_DONE,  600      },
        {"--name x --count 2h",            CLI_DONE,  7200     },
        {"--name x --count 7d",            CLI_DONE,  7 * 86400},
        {"--name x --count 8d",            CLI_USAGE, 77       },
        {"--name x --count 0s",            CLI_USAGE, 77       },
        {"--name x --count 10",            CLI_USAGE, 77       },
        {"--name x --count m",             CLI_USAGE, 77       },
        {"--name x --count 1.5h",          CLI_USAGE, 77       },
        {"--name x --count 1y",            CLI_USAGE, 77       },
        {"--name x --count -1d",           CLI_USAGE, 77       },
        {"--name x --count 1dd",           CLI_USAGE, 77       },
        {"--name x --count 999999999999d", CLI_USAGE, 77       },
    };
    static const struct {
        int64_t seconds;
        const char *text;
    } shown[] = {
        {0,     "0d" },
        {1,     "1s" },
        {59,    "59s"},
        {600,   "10m"},
        {5400,  "90m"},
        {7200,  "2h" },
        {86400, "1d" }
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[128], *argv[WORDS_MAX];
        struct cli_args a;
        int64_t seconds = 77;
        snprintf(line, sizeof line, "%s", rows[i].line);
        assert_int_equal(cli_read(&make, "c", split(line, argv), argv, &a), CLI_DONE);
        assert_int_equal(cli_duration(&a, "count", 1, 7 * 86400, 86400, &seconds), rows[i].want);
        assert_int_equal(seconds, rows[i].seconds);
    }
    for (size_t i = 0; i < COUNT(shown); i++) {
        char text[CLI_DURATION_CHARS];
        cli_duration_text(shown[i].seconds, text);
        assert_string_equal(text, shown[i].text);
    }
}

/* Goal: a line finds its command, and the settings that it names before or after it.
 * Method: one row is a whole line; 7 is what the commands return. Output goes to /dev/null. */
static void test_main(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int want;
        const char *command, *config, *word; /* NULL: nothing was called */
    } rows[] = {
        {"make --name x",                       7,         "make", "from-env", NULL    },
        {"--config a make --name x",            7,         "make", "a",        NULL    },
        {"--config=a make --name x",            7,         "make", "a",        NULL    },
        {"--config=a make --name x --config b", 7,         "make", "b",        NULL    },
        {"list show",                           7,         "show", "from-env", NULL    },
        {"list show f --yes",                   7,         "show", "from-env", "f"     },
        {"list take -- --yes",                  7,         "take", "from-env", "--yes" },
        {"list take --peer a f",                7,         "take", "from-env", "f"     },
        {"list take",                           CLI_USAGE, NULL,   NULL,       NULL    },
        {"list take a b",                       CLI_USAGE, NULL,   NULL,       NULL    },
        {"list",                                CLI_USAGE, NULL,   NULL,       NULL    },
        {"list sow",                            CLI_USAGE, NULL,   NULL,       NULL    },
        {"list nothing-like-it",                CLI_USAGE, NULL,   NULL,       NULL    },
        {"show",                                CLI_USAGE, NULL,   NULL,       NULL    },
        {"mak",                                 CLI_USAGE, NULL,   NULL,       NULL    },
        {"",                                    CLI_USAGE, NULL,   NULL,       NULL    },
        {"--config",                            CLI_USAGE, NULL,   NULL,       NULL    },
        {"--config a",                          CLI_USAGE, NULL,   NULL,       NULL    },
        {"--verbose make --name x",             CLI_USAGE, NULL,   NULL,       NULL    },
        {"--version",                           CLI_DONE,  NULL,   NULL,       NULL    },
        {"--help",                              CLI_DONE,  NULL,   NULL,       NULL    },
        {"help",                                CLI_DONE,  NULL,   NULL,       NULL    },
        {"help make",                           CLI_DONE,  NULL,   NULL,       NULL    },
        {"help list",                           CLI_DONE,  NULL,   NULL,       NULL    },
        {"help list show",                      CLI_DONE,  NULL,   NULL,       NULL    },
        {"help lst",                            CLI_USAGE, NULL,   NULL,       NULL    },
        {"make --help",                         CLI_DONE,  NULL,   NULL,       NULL    },
        {"make --name x -h",                    CLI_DONE,  NULL,   NULL,       NULL    },
        {"list --help",                         CLI_DONE,  NULL,   NULL,       NULL    },
        {"list take -- --help",                 7,         "take", "from-env", "--help"},
    };
    setenv("SEINPOST_CONFIG", "from-env", 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[128], program[] = "seinpost", *argv[WORDS_MAX + 1] = {program};
        snprintf(line, sizeof line, "%s", rows[i].line);
        memset(&called, 0, sizeof called);
        fflush(stdout);
        int kept = dup(STDOUT_FILENO);
        assert_non_null(freopen("/dev/null", "w", stdout));
        int got = cli_main(1 + split(line, argv + 1), argv, commands);
        fflush(stdout);
        dup2(kept, STDOUT_FILENO);
        close(kept);
        if (got != rows[i].want)
            fail_msg("%s: %d", rows[i].line, got);
        assert_int_equal(called.calls, rows[i].command != NULL);
        if (rows[i].command == NULL)
            continue;
        assert_string_equal(called.command, rows[i].command);
        assert_string_equal(called.config, rows[i].config);
        assert_true(rows[i].word == NULL ? called.word == NULL
                                         : strcmp(called.word, rows[i].word) == 0);
    }
}

/* Goal: more options than there is room for are an error, not an overflow. */
static void test_many(void **state)
{
    (void)state;
    static char *argv[2 + CLI_GIVEN_MAX];
    char name[] = "--name=x", steward[] = "--steward", key[] = "k";
    struct cli_args a;
    argv[0] = name;
    argv[1] = steward;
    for (size_t i = 2; i < COUNT(argv); i++)
        argv[i] = key;
    assert_int_equal(cli_read(&make, "c", (int)COUNT(argv) - 1, argv, &a), CLI_DONE);
    assert_int_equal(a.given_count, CLI_GIVEN_MAX);
    assert_int_equal(cli_read(&make, "c", (int)COUNT(argv), argv, &a), CLI_USAGE);
}

/* Goal: help is wrapped at 79 columns, paragraphs stay, and width counts columns, not bytes. */
static void test_wrap(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int indent;
        const char *want;
    } rows[] = {
        {"one two",                                                                                                                                                        0, "one two\n"       },
        {"one two",                                                                                                                                                        4, "    one two\n"   },
        {"one\n\ntwo",                                                                                                                                                     2, "  one\n\n  two\n"},
        {"one  two\n",                                                                                                                                                     0, "one two\n"       },
        {"",                                                                                                                                                               0, ""                },
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb cc",                                                                             0,
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\ncc\n"                                                                                                },
        {"ééééééééééééééééééééééééééééééééééééééé éééééééééééééééééééééééééééééééééééééé é", 0,
         "ééééééééééééééééééééééééééééééééééééééé éééééééééééééééééééééééééééééééééééééé\né\n"                    },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[1024] = "";
        FILE *f = fmemopen(out, sizeof out, "w");
        assert_non_null(f);
        cli_wrap(f, rows[i].indent, rows[i].text);
        fclose(f);
        assert_string_equal(out, rows[i].want);
    }
    assert_int_equal(cli_width("abc"), 3);
    assert_int_equal(cli_width("é"), 1);
    assert_int_equal(cli_width("e\xcc\x81"), 1);
    assert_int_equal(cli_width("漢字"), 4);
    assert_int_equal(cli_width("\xff\xfe"), 2);
    assert_int_equal(cli_width(""), 0);
}

/* Goal: help names every option and every command of the tables. */
static void test_help(void **state)
{
    (void)state;
    char out[4096] = "";
    FILE *f = fmemopen(out, sizeof out, "w");
    assert_non_null(f);
    cli_help_command(f, &make);
    cli_help_command(f, &list_show);
    cli_help_list(f, commands, NULL);
    cli_help_list(f, commands, "list");
    fclose(f);
    static const char *const wanted[] = {
        "--name NAME", "--steward KEY...", "--count N",   "--json",    "--config FILE",
        "--help",      "More of it.",      "list show",   "list take", "make it",
        "[FILE]",      "--name NAME",      "list COMMAND"};
    for (size_t i = 0; i < COUNT(wanted); i++)
        if (strstr(out, wanted[i]) == NULL)
            fail_msg("no %s in help", wanted[i]);
    for (const char *line = out; *line != '\0'; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 79);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read), cmocka_unit_test(test_number), cmocka_unit_test(test_duration),
        cmocka_unit_test(test_main), cmocka_unit_test(test_many),   cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
