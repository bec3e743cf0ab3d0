#include "node/cli_man.h"

#include <string.h>

#include "node/text.h"

/* One line of text: what the formatter would take for its own is written so that it stays text. */
static void put(FILE *out, const char *text, size_t len)
{
    if (len > 0 && (text[0] == '.' || text[0] == '\''))
        fputs("\\&", out);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\\')
            fputs("\\e", out);
        else if (text[i] == '-')
            fputs("\\-", out);
        else if (text[i] == '"')
            fputs("\\(dq", out);
        else
            fputc(text[i], out);
    }
}

/* Paragraphs, with an empty line between them. */
static void put_text(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        put(out, text, len);
        fputs(len > 0 ? "\n" : ".PP\n", out);
        text += len + (text[len] == '\n');
    }
}

static void put_option(FILE *out, const struct cli_option *o)
{
    fputs(".TP\n\\fB\\-\\-", out);
    put(out, o->name, strlen(o->name));
    fputs("\\fR", out);
    if (o->value != NULL) {
        fputs(" \\fI", out);
        put(out, o->value, strlen(o->value));
        fputs(o->is_many ? "\\fR ...\n" : "\\fR\n", out);
    } else {
        fputc('\n', out);
    }
    put_text(out, _(o->help));
    if (o->is_needed)
        put_text(out, _("(needed)"));
}

/* ".SS seinpost roster add --roster FILE [OPTIONS]" */
static void put_head(FILE *out, const struct cli_command *c)
{
    bool has_others = false;
    fprintf(out, ".SS \"seinpost %s%s", c->group != NULL ? c->group : "",
            c->group != NULL ? " " : "");
    put(out, c->name, strlen(c->name));
    if (c->words != NULL) {
        fputc(' ', out);
        put(out, c->words, strlen(c->words));
    }
    for (const struct cli_option *o = c->options; o->name != NULL; o++) {
        has_others = has_others || !o->is_needed;
        if (!o->is_needed)
            continue;
        fputs(" \\-\\-", out);
        put(out, o->name, strlen(o->name));
        fputc(' ', out);
        put(out, o->value, strlen(o->value));
    }
    fprintf(out, has_others ? " [%s]\"\n" : "\"\n", _("OPTIONS"));
}

void cli_man(FILE *out, const struct cli_command *const *commands)
{
    for (; *commands != NULL; commands++) {
        const struct cli_command *c = *commands;
        put_head(out, c);
        put_text(out, _(c->help));
        if (c->more != NULL) {
            fputs(".PP\n", out);
            put_text(out, _(c->more));
        }
        for (const struct cli_option *o = c->options; o->name != NULL; o++)
            put_option(out, o);
    }
}
