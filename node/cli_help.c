#include "node/cli_help.h"

#include "node/text.h"
#include "proto/limits.h"

#include <assert.h>
#include <string.h>
#include <utf8proc.h>

enum { LINE_COLUMNS = 79, COLUMN_HELP = 28 };

static const char program_version[] = "0.1.0";

/* The next character of a text and how many columns it takes; text moves on. Bytes that are no text
 * count as one each. */
static int character_width(const char **text)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)*text, (utf8proc_ssize_t)strlen(*text), &c);
    *text += n > 0 ? n : 1;
    return n > 0 ? utf8proc_charwidth(c) : 1;
}

int cli_width(const char *text)
{
    int width = 0;
    while (*text != '\0')
        width += character_width(&text);
    return width;
}

/* Columns of the first len bytes. */
static int width_of(const char *text, size_t len)
{
    int width = 0;
    for (const char *at = text; at < text + len;)
        width += character_width(&at);
    return width;
}

/* Writes text from column on (0: the line is empty), wrapped, each line from column indent on. */
static void wrap(FILE *out, int column, int indent, const char *text)
{
    bool is_first = true; /* of its line */
    while (*text != '\0') {
        size_t len = strcspn(text, " \n");
        int width = width_of(text, len);
        if (!is_first && len > 0 && column + 1 + width > LINE_COLUMNS) {
            fputc('\n', out);
            column = 0;
            is_first = true;
        }
        if (len > 0) {
            int blanks = !is_first ? 1 : column < indent ? indent - column : 0;
            fprintf(out, "%*s%.*s", blanks, "", (int)len, text);
            column += blanks + width;
            is_first = false;
        }
        text += len;
        for (; *text == '\n'; text++) {
            fputc('\n', out);
            column = 0;
            is_first = true;
        }
        text += strspn(text, " ");
    }
    if (!is_first)
        fputc('\n', out);
}

void cli_wrap(FILE *out, int indent, const char *text)
{
    wrap(out, 0, indent, text);
}

void cli_item(FILE *out, int indent, const char *text)
{
    fprintf(out, "%*s- ", indent, "");
    wrap(out, indent + 2, indent + 2, text);
}

/* A name and what it means, the latter from COLUMN_HELP on. */
static void row(FILE *out, const char *name, const char *help)
{
    int column = fprintf(out, "  %s", name);
    if (column + 2 > COLUMN_HELP) {
        fputc('\n', out);
        column = 0;
    }
    wrap(out, column, COLUMN_HELP, help);
}

/* "Use: seinpost init --org-id ID ... [OPTIONS]", wrapped. */
static void usage(FILE *out, const struct cli_command *c)
{
    char text[1024];
    bool has_others = false;
    int used = snprintf(text, sizeof text, "seinpost %s%s%s%s%s", c->group != NULL ? c->group : "",
                        c->group != NULL ? " " : "", c->name, c->words != NULL ? " " : "",
                        c->words != NULL ? c->words : "");
    for (const struct cli_option *o = c->options; o->name != NULL; o++) {
        if (o->is_needed)
            used += snprintf(text + used, sizeof text - (size_t)used, " --%s %s%s", o->name,
                             o->value, o->is_many ? "..." : "");
        has_others = has_others || !o->is_needed;
    }
    assert(used > 0 && (size_t)used + 64 < sizeof text); /* tables of ours */
    if (has_others)
        snprintf(text + used, sizeof text - (size_t)used, " [%s]", _("OPTIONS"));
    const char *use = _("Use: ");
    fputs(use, out);
    wrap(out, cli_width(use), cli_width(use), text);
}

void cli_help_command(FILE *out, const struct cli_command *c)
{
    usage(out, c);
    fputc('\n', out);
    cli_wrap(out, 0, _(c->help));
    if (c->more != NULL) {
        fputc('\n', out);
        cli_wrap(out, 0, _(c->more));
    }
    fputs(_("\nOptions:\n"), out);
    for (const struct cli_option *o = c->options; o->name != NULL; o++) {
        char name[128];
        snprintf(name, sizeof name, "--%s%s%s%s", o->name, o->value != NULL ? " " : "",
                 o->value != NULL ? o->value : "", o->is_many ? "..." : "");
        row(out, name, _(o->help));
    }
    row(out, "--config FILE", _("settings of the node"));
    row(out, "--help", _("this text"));
}

void cli_help_list(FILE *out, const struct cli_command *const *commands, const char *group)
{
    fprintf(out, "%sseinpost [--config FILE] %s%sCOMMAND [%s]\n", _("Use: "),
            group != NULL ? group : "", group != NULL ? " " : "", _("OPTIONS"));
    fputs(_("\nCommands:\n"), out);
    for (; *commands != NULL; commands++) {
        const struct cli_command *c = *commands;
        char name[64];
        if (group != NULL && (c->group == NULL || strcmp(c->group, group) != 0))
            continue;
        snprintf(name, sizeof name, "%s%s%s", c->group != NULL ? c->group : "",
                 c->group != NULL ? " " : "", c->name);
        row(out, name, _(c->help));
    }
    if (group == NULL) {
        row(out, "help [COMMAND]", _("say more of a command; so does COMMAND --help"));
        fputc('\n', out);
        cli_wrap(out, 0,
                 _("The settings are those of --config FILE, else of $SEINPOST_CONFIG, else of "
                   "/etc/seinpost/seinpost.conf. The status is 0 when it is done, 1 when it "
                   "failed, 2 when the line was not understood."));
    }
}

void cli_help_version(void)
{
    printf(_("Seinpost %s, protocol version %d\n"), program_version, PROTOCOL_VERSION_MAX);
}
