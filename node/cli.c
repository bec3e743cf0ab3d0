#include "node/cli.h"

#include "config/value.h"
#include "node/cli_help.h"
#include "node/cli_man.h"
#include "node/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_ENOUGH = 2 };

static const char default_config[] = "/etc/seinpost/seinpost.conf";

static void complain(const char *format, va_list args)
{
    fflush(stdout);
    fputs("seinpost: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void cli_complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(format, args);
    va_end(args);
}

int cli_misuse(const struct cli_args *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(format, args);
    va_end(args);
    bool has_group = a->command->group != NULL;
    fprintf(stderr, _("See: seinpost %s%s%s --help\n"), has_group ? a->command->group : "",
            has_group ? " " : "", a->command->name);
    return CLI_USAGE;
}

/* The row of an option of the command; NULL if there is none. */
static const struct cli_option *option_find(const struct cli_command *c, const char *name,
                                            size_t len)
{
    for (const struct cli_option *o = c->options; o->name != NULL; o++)
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

/* The option whose name is nearest to what was written; NULL if none is near. */
static const struct cli_option *option_near(const struct cli_command *c, const char *name)
{
    const struct cli_option *best = NULL;
    unsigned best_distance = NEAR_ENOUGH + 1;
    for (const struct cli_option *o = c->options; o->name != NULL; o++) {
        unsigned d = value_distance(o->name, name);
        if (d < best_distance) {
            best_distance = d;
            best = o;
        }
    }
    return best;
}

static int unknown_option(const struct cli_args *a, const char *name, size_t len)
{
    char shown[VALUE_DISTANCE_BYTES_MAX + 1] = "";
    if (len < sizeof shown)
        memcpy(shown, name, len);
    const struct cli_option *near = shown[0] != '\0' ? option_near(a->command, shown) : NULL;
    if (near != NULL)
        return cli_misuse(a, _("--%s is not an option of this command; did you mean --%s?"), shown,
                          near->name);
    return cli_misuse(a, _("--%s is not an option of this command."), shown);
}

static int give(struct cli_args *a, const struct cli_option *o, const char *value)
{
    if (a->given_count == CLI_GIVEN_MAX)
        return cli_misuse(a, _("there are more than %d options; leave some out."), CLI_GIVEN_MAX);
    if (!o->is_many && cli_has(a, o->name))
        return cli_misuse(a, _("--%s is there twice; keep one."), o->name);
    a->given[a->given_count].option = o;
    a->given[a->given_count++].value = value;
    return CLI_DONE;
}

static bool is_option(const char *s)
{
    return s[0] == '-' && s[1] != '\0';
}

/* Reads the option at argv[*i] and its value; *i moves to the last word that belongs to it. */
static int option_read(struct cli_args *a, int argc, char *const *argv, int *i)
{
    const char *name = argv[*i] + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    bool is_config = len == 6 && memcmp(name, "config", 6) == 0;
    const struct cli_option *o = option_find(a->command, name, len);
    if (o == NULL && !is_config)
        return unknown_option(a, name, len);
    bool takes_value = is_config || o->value != NULL;
    if (!takes_value && value != NULL)
        return cli_misuse(a, _("--%s takes no value."), o->name);
    if (takes_value && value == NULL) {
        if (*i + 1 >= argc || strncmp(argv[*i + 1], "--", 2) == 0)
            return cli_misuse(a, _("--%s needs a value: --%s %s"), is_config ? "config" : o->name,
                              is_config ? "config" : o->name, is_config ? "FILE" : o->value);
        value = argv[++*i];
    }
    if (is_config) {
        a->config = value;
        return CLI_DONE;
    }
    int status = give(a, o, value);
    bool is_greedy = o->is_many && a->command->words_max == 0;
    while (status == CLI_DONE && is_greedy && *i + 1 < argc && !is_option(argv[*i + 1]))
        status = give(a, o, argv[++*i]);
    return status;
}

static int needed_check(const struct cli_args *a)
{
    for (const struct cli_option *o = a->command->options; o->name != NULL; o++)
        if (o->is_needed && !cli_has(a, o->name))
            return cli_misuse(a, _("--%s is missing: --%s %s"), o->name, o->name, o->value);
    if (a->word_count < a->command->words_min)
        return cli_misuse(a, _("something is missing: %s"), a->command->words);
    return CLI_DONE;
}

int cli_read(const struct cli_command *command, const char *config, int argc, char *const *argv,
             struct cli_args *out)
{
    bool is_end = false; /* "--" was seen */
    memset(out, 0, sizeof *out);
    out->command = command;
    out->config = config;
    for (int i = 0; i < argc; i++) {
        int status = CLI_DONE;
        if (!is_end && strcmp(argv[i], "--") == 0)
            is_end = true;
        else if (!is_end && strncmp(argv[i], "--", 2) == 0)
            status = option_read(out, argc, argv, &i);
        else if (!is_end && is_option(argv[i]))
            status = cli_misuse(out, _("options of one letter are not known here; write them in "
                                       "full, with two dashes."));
        else if (out->word_count == command->words_max)
            status = cli_misuse(out, _("there is a word too many on the line. A value with blanks "
                                       "in it goes between quotation marks."));
        else
            out->word[out->word_count++] = argv[i];
        if (status != CLI_DONE)
            return status;
    }
    return needed_check(out);
}

const char *cli_value(const struct cli_args *a, const char *name)
{
    const char *found = NULL;
    assert(option_find(a->command, name, strlen(name)) != NULL);
    for (size_t i = 0; i < a->given_count; i++)
        if (strcmp(a->given[i].option->name, name) == 0)
            found = a->given[i].value;
    return found;
}

bool cli_has(const struct cli_args *a, const char *name)
{
    assert(option_find(a->command, name, strlen(name)) != NULL);
    for (size_t i = 0; i < a->given_count; i++)
        if (strcmp(a->given[i].option->name, name) == 0)
            return true;
    return false;
}

size_t cli_values(const struct cli_args *a, const char *name, const char **out, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < a->given_count && count < max; i++)
        if (strcmp(a->given[i].option->name, name) == 0)
            out[count++] = a->given[i].value;
    return count;
}

int cli_number(const struct cli_args *a, const char *name, int min, int max, int fallback, int *out)
{
    const char *text = cli_value(a, name);
    int value = text == NULL ? fallback : value_number(text);
    if (text != NULL && (value < min || value > max))
        return cli_misuse(a, _("--%s is not a whole number from %d to %d."), name, min, max);
    *out = value;
    return CLI_DONE;
}

void cli_duration_text(int64_t seconds, char out[CLI_DURATION_CHARS])
{
    static const struct {
        int64_t unit;
        char letter;
    } units[] = {
        {86400, 'd'},
        {3600,  'h'},
        {60,    'm'},
        {1,     's'}
    };
    size_t i = 0;
    while (seconds % units[i].unit != 0)
        i++;
    snprintf(out, CLI_DURATION_CHARS, "%lld%c", (long long)(seconds / units[i].unit),
             units[i].letter);
}

/* -1 for what is no such time. */
static int64_t duration_read(const char *text)
{
    static const char letters[] = "smhd";
    static const int64_t units[] = {1, 60, 3600, 86400};
    char number[16] = "";
    size_t len = strlen(text);
    const char *letter = len > 1 ? strchr(letters, text[len - 1]) : NULL;
    if (letter == NULL || len > sizeof number)
        return -1;
    memcpy(number, text, len - 1);
    int value = value_number(number);
    return value < 0 ? -1 : value * units[letter - letters];
}

int cli_duration(const struct cli_args *a, const char *name, int64_t min, int64_t max,
                 int64_t fallback, int64_t *out)
{
    const char *text = cli_value(a, name);
    int64_t value = text == NULL ? fallback : duration_read(text);
    if (text != NULL && (value < min || value > max)) {
        char from[CLI_DURATION_CHARS], to[CLI_DURATION_CHARS];
        cli_duration_text(min, from);
        cli_duration_text(max, to);
        return cli_misuse(a,
                          _("--%s is not a time from %s to %s; write it like 90s, 10m, 2h or 1d."),
                          name, from, to);
    }
    *out = value;
    return CLI_DONE;
}

/* The command that a line begins with; *used is how many words name it. NULL if there is none. */
static const struct cli_command *command_find(const struct cli_command *const *commands, int argc,
                                              char *const *argv, int *used)
{
    for (; argc > 0 && *commands != NULL; commands++) {
        const struct cli_command *c = *commands;
        *used = c->group == NULL ? 1 : 2;
        bool is_group = c->group == NULL || strcmp(c->group, argv[0]) == 0;
        if (is_group && argc >= *used && strcmp(c->name, argv[*used - 1]) == 0)
            return c;
    }
    return NULL;
}

static bool is_group(const struct cli_command *const *commands, const char *name)
{
    for (; *commands != NULL; commands++)
        if ((*commands)->group != NULL && strcmp((*commands)->group, name) == 0)
            return true;
    return false;
}

/* Says that there is no such command, and which is near. */
static int unknown_command(const struct cli_command *const *commands, const char *group,
                           const char *name)
{
    const char *best = NULL;
    unsigned best_distance = NEAR_ENOUGH + 1;
    for (; *commands != NULL; commands++) {
        const struct cli_command *c = *commands;
        bool is_same_group = group != NULL && c->group != NULL && strcmp(group, c->group) == 0;
        const char *candidate = group == NULL && c->group != NULL ? c->group : c->name;
        if (group != NULL && !is_same_group)
            continue;
        unsigned d = value_distance(candidate, name);
        if (d < best_distance) {
            best_distance = d;
            best = candidate;
        }
    }
    if (best != NULL)
        cli_complain(_("there is no such command; did you mean: seinpost %s%s%s"),
                     group != NULL ? group : "", group != NULL ? " " : "", best);
    else
        cli_complain(_("there is no such command."));
    fputs(_("See: seinpost help\n"), stderr);
    return CLI_USAGE;
}

static bool asks_help(int argc, char *const *argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* Help for what the words name: a command, a group, or everything. */
static int help_for(const struct cli_command *const *commands, int argc, char *const *argv)
{
    int used;
    const struct cli_command *c = command_find(commands, argc, argv, &used);
    if (c != NULL)
        cli_help_command(stdout, c);
    else if (argc > 0 && strcmp(argv[0], "--roff") == 0)
        cli_man(stdout, commands);
    else if (argc > 0 && is_group(commands, argv[0]) && (argc == 1 || is_option(argv[1])))
        cli_help_list(stdout, commands, argv[0]);
    else if (argc > 0 && is_group(commands, argv[0]))
        return unknown_command(commands, argv[0], argv[1]);
    else if (argc > 0 && !is_option(argv[0]))
        return unknown_command(commands, NULL, argv[0]);
    else
        cli_help_list(stdout, commands, NULL);
    return CLI_DONE;
}

/* Carries out what the words say, which begin with the command's name. */
static int dispatch(const struct cli_command *const *commands, const char *config, int argc,
                    char *const *argv)
{
    struct cli_args args;
    int used;
    if (strcmp(argv[0], "help") == 0)
        return help_for(commands, argc - 1, argv + 1);
    if (asks_help(argc, argv))
        return help_for(commands, argc, argv);
    const struct cli_command *c = command_find(commands, argc, argv, &used);
    if (c == NULL && is_group(commands, argv[0]) && argc > 1 && !is_option(argv[1]))
        return unknown_command(commands, argv[0], argv[1]);
    if (c == NULL && is_group(commands, argv[0])) {
        cli_help_list(stderr, commands, argv[0]);
        return CLI_USAGE;
    }
    if (c == NULL)
        return unknown_command(commands, NULL, argv[0]);
    int status = cli_read(c, config, argc - used, argv + used, &args);
    return status == CLI_DONE ? c->run(&args) : status;
}

/* Reads the options before the command, then goes on with it. */
static int begin(int argc, char *const *argv, const struct cli_command *const *commands)
{
    const char *config = getenv("SEINPOST_CONFIG");
    int i = 1;
    if (config == NULL || config[0] == '\0')
        config = default_config;
    for (; i < argc && is_option(argv[i]); i++) {
        if (strcmp(argv[i], "--version") == 0) {
            cli_help_version();
            return CLI_DONE;
        }
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return help_for(commands, 0, NULL);
        if (strncmp(argv[i], "--config=", 9) == 0) {
            config = argv[i] + 9;
        } else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            config = argv[++i];
        } else {
            cli_complain(_("before the command only --config FILE, --version and --help are "
                           "known."));
            fputs(_("See: seinpost help\n"), stderr);
            return CLI_USAGE;
        }
    }
    if (i == argc) {
        cli_help_list(stderr, commands, NULL);
        return CLI_USAGE;
    }
    return dispatch(commands, config, argc - i, argv + i);
}

int cli_main(int argc, char *const *argv, const struct cli_command *const *commands)
{
    int status = begin(argc, argv, commands);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_complain(_("the output could not be written."));
        return status == CLI_DONE ? CLI_FAILED : status;
    }
    return status;
}
