/*
 * cli_post.c - messages between two organisations: send, inbox, outbox.
 */
#include "node/cli_commands.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/plain_file.h"
#include "node/table.h"
#include "node/text.h"
#include "node/words.h"
#include "proto/utf8.h"
#include "protocol/letter.h"

static bool is_done(const json_t *end)
{
    return json_is_true(json_object_get(end, "ok"));
}

static void no_line(void *ctx, const json_t *line)
{
    (void)ctx;
    (void)line;
}

/* Prints the object that a line has under "row" or "message", for programs. */
static void on_json_line(void *ctx, const json_t *line)
{
    json_t *row = json_object_get(line, "row"), *message = json_object_get(line, "message");
    (void)ctx;
    if (row != NULL || message != NULL)
        cli_json(json_incref(row != NULL ? row : message));
}

static void organisation(const json_t *row, char *out, size_t cap)
{
    const char *name = words_text(row, "name");
    if (name[0] != '\0')
        snprintf(out, cap, "%s (%s)", name, words_text(row, "org_id"));
    else
        snprintf(out, cap, "%s", words_text(row, "org_id"));
}

/* ---- send ---- */

/* The text of the line, of a file or of standard input; to be freed. */
static int read_text(const struct cli_args *a, uint8_t **text, size_t *len)
{
    const char *given = cli_value(a, "text"), *file = cli_value(a, "file");
    struct problem problem = {""};
    if (given != NULL && file != NULL)
        return cli_misuse(a, _("give the text by --text, or by --file; not both."));
    if (given != NULL) {
        *len = strlen(given);
        *text = (uint8_t *)strdup(given);
        return *text != NULL ? CLI_DONE : CLI_FAILED;
    }
    if (file == NULL && isatty(STDIN_FILENO))
        fputs(_("Write the message; end it with Ctrl-D on a line of its own.\n"), stderr);
    enum err e = plain_file_read(file != NULL ? file : "-", (size_t)LETTER_TEXT_BYTES_MAX + 1, text,
                                 len, &problem);
    if (e == ERR_LIMIT) {
        *len = (size_t)LETTER_TEXT_BYTES_MAX + 1;
        return CLI_DONE;
    }
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

static int check_text(const struct cli_args *a, struct bytes subject, struct bytes text)
{
    if (subject.len == 0 || subject.len > SUBJECT_BYTES_MAX || !utf8_is_line(subject))
        return cli_misuse(a,
                          _("--subject is one line of 1 to %d bytes, without control "
                            "characters."),
                          SUBJECT_BYTES_MAX);
    if (text.len == 0) {
        cli_complain(_("the message is empty; nothing was sent."));
        return CLI_FAILED;
    }
    if (text.len > LETTER_TEXT_BYTES_MAX) {
        cli_complain(_("the message is too long: %d bytes at most. Shorten it, or send it in "
                       "parts."),
                     LETTER_TEXT_BYTES_MAX);
        return CLI_FAILED;
    }
    if (!utf8_is_text(text)) {
        cli_complain(_("the message is not readable as text (UTF-8). Only text can be sent."));
        return CLI_FAILED;
    }
    return CLI_DONE;
}

static void send_refused(const char *to, const json_t *end)
{
    const char *error = words_text(end, "error");
    if (strcmp(error, "unknown-organisation") == 0)
        cli_complain(_("nothing was sent: the member list has no active organisation %s; see: "
                       "seinpost roster show"),
                     to);
    else if (strcmp(error, "no-prekey") == 0)
        cli_complain(_("nothing was sent: %s has published no key that messages can be sealed to "
                       "this week. Its node has not been running for more than a week, or does not "
                       "receive messages. Ask there, and try again."),
                     to);
    else if (strcmp(error, "self") == 0)
        cli_complain(_("nothing was sent: that is this organisation itself."));
    else if (strcmp(error, "outbox-full") == 0)
        cli_complain(_("nothing was sent: too many messages wait to be delivered; see: seinpost "
                       "outbox"));
    else if (strcmp(error, "roster-stale") == 0)
        cli_complain(_("nothing was sent: the member list is past its date. Ask the stewards for "
                       "a newer one; see: seinpost status"));
    else
        words_refusal(end);
}

static int send_letter(const struct cli_args *a, struct bytes subject, struct bytes text)
{
    json_t *end;
    json_t *request = json_pack("{s:s,s:s,s:s%,s:s%}", "do", "send", "to", a->word[0], "subject",
                                (const char *)subject.data, subject.len, "text",
                                (const char *)text.data, text.len);
    int status = cli_ask(a, request, no_line, NULL, &end);
    if (status != CLI_DONE)
        return status;
    if (!is_done(end)) {
        send_refused(a->word[0], end);
        status = CLI_FAILED;
    } else if (cli_has(a, "json")) {
        cli_json(json_pack("{s:I,s:s,s:s}", "number", (json_int_t)words_number(end, "number"),
                           "org_id", a->word[0], "expires", words_text(end, "expires")));
    } else {
        printf(_("Message %lld to %s is on its way. Whether it has arrived says: seinpost outbox. "
                 "It is given up after %s.\n"),
               words_number(end, "number"), a->word[0], words_text(end, "expires"));
    }
    json_decref(end);
    return status;
}

static int run_send(const struct cli_args *a)
{
    uint8_t *text = NULL;
    size_t len = 0;
    const char *given = cli_value(a, "subject");
    struct bytes subject = bytes_of(given, strlen(given));
    if (!utf8_is_line(bytes_of(a->word[0], strlen(a->word[0]))))
        return cli_misuse(a, _("that is not the identifier of an organisation; see: seinpost "
                               "roster show"));
    int status = read_text(a, &text, &len);
    if (status == CLI_DONE)
        status = check_text(a, subject, bytes_of(text, len));
    if (status == CLI_DONE)
        status = send_letter(a, subject, bytes_of(text, len));
    if (text != NULL && len <= LETTER_TEXT_BYTES_MAX)
        sodium_memzero(text, len);
    free(text);
    return status;
}

/* clang-format off */
static const struct cli_option send_options[] = {
    {"subject", "TEXT", N_("what it is about, in one line; it is sealed too"), true, false},
    {"text", "TEXT", N_("the message itself"), false, false},
    {"file", "FILE", N_("read the message from a text file; - is standard input, as without "
                        "--text and --file"), false, false},
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_send = {
    .name = "send",
    .words = "ORG-ID",
    .words_min = 1,
    .words_max = 1,
    .help = N_("send a sealed message to one other organisation"),
    .more = N_("Only that organisation can open it. The others see that a message of roughly this "
               "size was written, not to whom nor what. A relay, where that organisation needs "
               "one, learns who writes to whom.\n\nIt waits here until that organisation can be "
               "reached."),
    .options = send_options,
    .run = run_send,
};

/* ---- inbox ---- */

static void on_inbox_line(void *ctx, const json_t *line)
{
    const json_t *row = json_object_get(line, "row");
    char number[32], bytes[32], from[256];
    if (row == NULL)
        return;
    snprintf(number, sizeof number, "%lld", words_number(row, "number"));
    snprintf(bytes, sizeof bytes, "%lld", words_number(row, "bytes"));
    organisation(row, from, sizeof from);
    const char *subject = json_is_true(json_object_get(row, "readable"))
                              ? words_text(row, "subject")
                              : _("(of a kind that needs a newer version of Seinpost)");
    table_add(ctx, (const char *const[]){number, from, words_text(row, "received"),
                                         words_text(row, "expires"), bytes, subject});
}

/* Text of somebody else on this terminal: what could move the cursor, or turn the direction of
 * writing, is shown as a replacement character. */
static void print_text(const char *text)
{
    struct bytes rest = bytes_of(text, strlen(text));
    uint32_t c;
    while (rest.len > 0) {
        struct bytes one = rest;
        if (!utf8_next(&rest, &c))
            return;
        one.len -= rest.len;
        if (c == '\n' || c == '\t' || utf8_is_line(one))
            fwrite(one.data, 1, one.len, stdout);
        else if (c != '\r')
            fputs("\xef\xbf\xbd", stdout);
    }
}

static void on_message_line(void *ctx, const json_t *line)
{
    const json_t *m = json_object_get(line, "message");
    char from[256];
    (void)ctx;
    if (m == NULL)
        return;
    organisation(m, from, sizeof from);
    printf(_("From:     %s\n"), from);
    printf(_("Written:  %s, received %s, kept until %s\n"), words_text(m, "written"),
           words_text(m, "received"), words_text(m, "expires"));
    if (!json_is_true(json_object_get(m, "readable"))) {
        puts(_("This message is of a kind that needs a newer version of Seinpost."));
        return;
    }
    printf(_("Subject:  %s\n\n"), words_text(m, "subject"));
    print_text(words_text(m, "text"));
    putchar('\n');
}

static int inbox_list(const struct cli_args *a)
{
    const char *const heads[] = {_("Message"), _("From"),    _("Received"), _("Kept until"),
                                 _("Bytes"),   _("Subject"), NULL};
    bool is_json = cli_has(a, "json");
    struct table *t = table_new(heads);
    json_t *end;
    int status = cli_ask(a, json_pack("{s:s}", "do", "inbox"),
                         is_json ? on_json_line : on_inbox_line, t, &end);
    if (status == CLI_DONE && !is_done(end)) {
        words_refusal(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE && !is_json && table_rows(t) == 0) {
        puts(_("There is no message."));
    }
    if (status == CLI_DONE)
        table_print(t, stdout);
    table_free(&t);
    json_decref(end);
    return status;
}

static bool is_sure(void)
{
    char answer[16];
    fputs(_("This cannot be undone: the message is deleted here. Go on? (yes/no) "), stderr);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return false;
    answer[strcspn(answer, "\n")] = '\0';
    return strcmp(answer, "yes") == 0 || strcmp(answer, _("yes")) == 0;
}

static int inbox_one(const struct cli_args *a, bool is_delete, long long number)
{
    json_t *end;
    if (is_delete && !cli_has(a, "yes") && isatty(STDIN_FILENO) && !is_sure()) {
        cli_complain(_("nothing was deleted."));
        return CLI_FAILED;
    }
    json_t *request = json_pack("{s:s,s:I}", "do", is_delete ? "inbox-delete" : "inbox", "number",
                                (json_int_t)number);
    int status =
        cli_ask(a, request, cli_has(a, "json") ? on_json_line : on_message_line, NULL, &end);
    if (status == CLI_DONE && !is_done(end)) {
        if (strcmp(words_text(end, "error"), "not-found") == 0)
            cli_complain(_("there is no such message; see: seinpost inbox"));
        else
            words_refusal(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE && is_delete && !cli_has(a, "json")) {
        printf(_("Message %lld is deleted.\n"), number);
    }
    json_decref(end);
    return status;
}

static int run_inbox(const struct cli_args *a)
{
    const char *what = a->word_count > 0 ? a->word[0] : "list";
    bool is_show = strcmp(what, "show") == 0, is_delete = strcmp(what, "delete") == 0;
    if (strcmp(what, "list") == 0 && a->word_count < 2)
        return inbox_list(a);
    if ((!is_show && !is_delete) || a->word_count < 2)
        return cli_misuse(a, _("write list, show NUMBER or delete NUMBER."));
    char *after;
    errno = 0;
    long long number = strtoll(a->word[1], &after, 10);
    if (*after != '\0' || after == a->word[1] || number < 0 || errno != 0)
        return cli_misuse(a, _("that is not the number of a message; see: seinpost inbox"));
    return inbox_one(a, is_delete, number);
}

/* clang-format off */
static const struct cli_option inbox_options[] = {
    {"yes", NULL, N_("do not ask whether you are sure"), false, false},
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_inbox = {
    .name = "inbox",
    .words = "[list | show NUMBER | delete NUMBER]",
    .words_max = 2,
    .help = N_("list, read or delete the messages that this organisation received"),
    .more = N_("Messages are kept sealed, and are deleted by themselves after the day that list "
               "shows."),
    .options = inbox_options,
    .run = run_inbox,
};

/* ---- outbox ---- */

static const char *state_word(const char *state)
{
    static const struct {
        const char *code, *text;
    } rows[] = {
        {"waiting",    N_("waits until it can be delivered")         },
        {"at-relay",   N_("a relay keeps it")                        },
        {"delivered",  N_("delivered")                               },
        {"unreadable", N_("could not be opened there; send it again")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].code, state) == 0)
            return _(rows[i].text);
    return state;
}

static void on_outbox_line(void *ctx, const json_t *line)
{
    const json_t *row = json_object_get(line, "row");
    char number[32], to[256];
    if (row == NULL)
        return;
    snprintf(number, sizeof number, "%lld", words_number(row, "number"));
    organisation(row, to, sizeof to);
    table_add(ctx, (const char *const[]){
                       number, to, words_text(row, "written"), words_text(row, "expires"),
                       state_word(words_text(row, "state")), words_text(row, "subject")});
}

static int run_outbox(const struct cli_args *a)
{
    const char *const heads[] = {_("Message"), _("To"),      _("Written"), _("Until"),
                                 _("State"),   _("Subject"), NULL};
    bool is_json = cli_has(a, "json");
    struct table *t = table_new(heads);
    json_t *end;
    int status = cli_ask(a, json_pack("{s:s}", "do", "outbox"),
                         is_json ? on_json_line : on_outbox_line, t, &end);
    if (status == CLI_DONE && !is_done(end)) {
        words_refusal(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE && !is_json && table_rows(t) == 0) {
        puts(_("No message was sent."));
    }
    if (status == CLI_DONE)
        table_print(t, stdout);
    table_free(&t);
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option outbox_options[] = {
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_outbox = {
    .name = "outbox",
    .help = N_("list the messages that were sent, and what became of them"),
    .more = N_("Delivered means that the other organisation's node has opened it and keeps it on "
               "disk, and has signed that."),
    .options = outbox_options,
    .run = run_outbox,
};
