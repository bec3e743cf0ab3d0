/*
 * cli.h - what a command of `seinpost` is, and how its line is read.
 *
 * Each command is a row of a table: its name, its options, its help and the function that carries
 * it out. Reading, help, suggestions and exit statuses follow from the table. A word on the line
 * may be shown again in an error only if it is the name of an option or a command: values can be
 * details of a person.
 */
#ifndef NODE_CLI_H
#define NODE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit statuses. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

enum { CLI_GIVEN_MAX = 256, CLI_WORDS_MAX = 4 };

struct cli_option {
    const char *name;  /* without its dashes; NULL ends a table */
    const char *value; /* what help calls the value; NULL for an option that has none */
    const char *help;  /* untranslated, as everything in these tables */
    bool is_needed;
    bool
        is_many; /* may be repeated, and takes several values at once if the command has no words */
};

struct cli_args;

struct cli_command {
    const char *group; /* "roster"; NULL for a command of one word */
    const char *name;
    const char *words; /* what help calls the words that are not options; NULL for none */
    size_t words_min, words_max;
    const char *help; /* one line */
    const char *more; /* paragraphs with an empty line between them; NULL for none */
    const struct cli_option *options;
    int (*run)(const struct cli_args *a); /* returns an exit status */
};

/* A line that was read. Everything is borrowed from argv. */
struct cli_args {
    const struct cli_command *command;
    const char *config; /* path of the settings file */
    struct {
        const struct cli_option *option;
        const char *value; /* NULL for an option that has none */
    } given[CLI_GIVEN_MAX];
    size_t given_count;
    const char *word[CLI_WORDS_MAX];
    size_t word_count;
};

/* Reads the words after the command's name. Returns CLI_DONE, or CLI_USAGE with the reason on
 * stderr; config is what is used where the line has no --config. */
int cli_read(const struct cli_command *command, const char *config, int argc, char *const *argv,
             struct cli_args *out);

/* An option's value (its last), NULL if it was not given; whether it was given; and up to max of
 * all its values, in order, returning how many. The name is one in the command's table: another is
 * our bug. */
const char *cli_value(const struct cli_args *a, const char *name);
bool cli_has(const struct cli_args *a, const char *name);
size_t cli_values(const struct cli_args *a, const char *name, const char **out, size_t max);

/* A whole number from min to max (at most 9 digits) into *out, fallback where it was not given.
 * Returns CLI_DONE, or CLI_USAGE with the reason on stderr. */
int cli_number(const struct cli_args *a, const char *name, int min, int max, int fallback,
               int *out);

/* A time like 90s, 10m, 2h or 1d, in seconds, likewise. */
int cli_duration(const struct cli_args *a, const char *name, int64_t min, int64_t max,
                 int64_t fallback, int64_t *out);

/* The same of seconds (at least 0): in the largest unit that fits. */
enum { CLI_DURATION_CHARS = 32 };
void cli_duration_text(int64_t seconds, char out[CLI_DURATION_CHARS]);

/* Finds the command of a line and carries it out; answers help and --version itself. commands ends
 * with NULL. Returns the exit status. */
int cli_main(int argc, char *const *argv, const struct cli_command *const *commands);

/* One sentence on stderr. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As cli_complain, and how to get help; returns CLI_USAGE. */
int cli_misuse(const struct cli_args *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes a paragraph or several (empty lines stay), wrapped at 79 columns, each line after indent
 * blanks. */
void cli_wrap(FILE *out, int indent, const char *text);

/* As cli_wrap, one item of a list: a dash first, and later lines under the text. */
void cli_item(FILE *out, int indent, const char *text);

/* How many columns of a terminal a text takes. */
int cli_width(const char *text);

#endif
