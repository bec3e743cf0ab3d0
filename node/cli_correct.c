/*
 * cli_correct.c - putting right and taking back what was registered: amend, retract, erase.
 */
#include "node/cli_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/cli_people.h"
#include "node/text.h"
#include "node/words.h"
#include "proto/utf8.h"
#include "protocol/correction.h"

static void no_line(void *ctx, const json_t *line)
{
    (void)ctx;
    (void)line;
}

static bool is_done(const json_t *end)
{
    return json_is_true(json_object_get(end, "ok"));
}

static bool is_sure(const struct cli_args *a, const char *question)
{
    char answer[16];
    if (cli_has(a, "yes") || !isatty(STDIN_FILENO))
        return true;
    fprintf(stderr, "%s ", question);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return false;
    answer[strcspn(answer, "\n")] = '\0';
    return strcmp(answer, "yes") == 0 || strcmp(answer, _("yes")) == 0;
}

int cli_confirm(const struct cli_args *a, int status, const char *question, const char *nothing)
{
    if (status != CLI_DONE || is_sure(a, question))
        return status;
    cli_complain("%s", nothing);
    return CLI_FAILED;
}

void cli_correct_refused(const json_t *end, const char *where)
{
    const char *error = words_text(end, "error");
    if (strcmp(error, "not-found") == 0)
        cli_complain(_("there is no such entry of this organisation in force; see: seinpost %s"),
                     where);
    else if (strcmp(error, "already") == 0)
        cli_complain(_("it has been erased, or has expired, already."));
    else if (strcmp(error, "retracted") == 0)
        cli_complain(_("it has been retracted, and stays so. If it was right after all, publish it "
                       "anew."));
    else if (strcmp(error, "not-here") == 0)
        cli_complain(_("its content is not here, or not usable; it can only be erased. See: "
                       "seinpost status"));
    else if (strcmp(error, "ambiguous") == 0) {
        char numbers[512] = "";
        size_t i, used = 0;
        const json_t *index;
        json_array_foreach(json_object_get(end, "indexes"), i,
                           index) if (used + 24 < sizeof numbers) used +=
            (size_t)snprintf(numbers + used, sizeof numbers - used, "%s%lld", i > 0 ? ", " : "",
                             (long long)json_integer_value(index));
        cli_complain(_("several registrations have this reference: %s. Name one by its number."),
                     numbers);
    } else {
        words_refusal(end);
    }
}

int cli_target(const struct cli_args *a, const char *text, const char *where, json_t *request)
{
    char *after;
    errno = 0;
    long long number = strtoll(text, &after, 10);
    if (*after != '\0' || after == text || number < 0 || errno != 0)
        return cli_misuse(a, _("that is not the number of an entry; see: seinpost %s"), where);
    json_object_set_new(request, "index", json_integer(number));
    return CLI_DONE;
}

/* Adds which registration the line names. */
static int registration(const struct cli_args *a, json_t *request)
{
    const char *ref = cli_value(a, "ref");
    if ((ref != NULL) == (a->word_count == 1))
        return cli_misuse(a, _("name the registration by its number, or by --ref."));
    if (ref == NULL)
        return cli_target(a, a->word[0], "list", request);
    if (!utf8_is_text(bytes_of(ref, strlen(ref))))
        return cli_misuse(a, _("--%s is not readable as text (UTF-8)."), "ref");
    json_object_set_new(request, "ref", json_string(ref));
    return CLI_DONE;
}

/* Sends the request, which it takes, and says what became of it; done has one place for the
 * number. */
static int carry_out(const struct cli_args *a, json_t *request, const char *done)
{
    json_t *end;
    int status = cli_ask(a, request, no_line, NULL, &end);
    if (status == CLI_DONE && !is_done(end)) {
        cli_correct_refused(end, "list");
        status = CLI_FAILED;
    } else if (status == CLI_DONE) {
        printf(done, words_number(end, "index"));
    }
    json_decref(end);
    return status;
}

/* ---- erase ---- */

static int run_erase(const struct cli_args *a)
{
    json_t *request = json_pack("{s:s}", "do", "erase");
    int status = registration(a, request);
    status = cli_confirm(a, status,
                         _("This cannot be undone: the registration is erased at every "
                           "organisation. Go on? (yes/no)"),
                         _("nothing was erased."));
    if (status != CLI_DONE) {
        json_decref(request);
        return status;
    }
    return carry_out(a, request,
                     _("Registration %lld is erased here. Every other organisation erases it as "
                       "soon as it hears of it, and confirms that within a day or so; see: "
                       "seinpost list --all\n"));
}

/* clang-format off */
static const struct cli_option erase_options[] = {
    {"ref", "REF", N_("your own reference of the case"), false, false},
    {"yes", NULL, N_("do not ask whether you are sure"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_erase = {
    .name = "erase",
    .words = "[NUMBER]",
    .words_max = 1,
    .help = N_("erase a registration, here and at every other organisation"),
    .more = N_(
        "NUMBER is the registration's, as list shows it. Only the fact that there was an "
        "entry stays, so that everything can still be verified.\n\n"
        "Three things that are not the same. Amend corrects a registration and keeps it in force. "
        "Retract says to everybody that it should not have been: it stays visible as retracted "
        "until its "
        "last day, and matches nobody. Erase removes its content at every organisation (GDPR, "
        "article 17), "
        "and list --all shows who has confirmed that."),
    .options = erase_options,
    .run = run_erase,
};

/* ---- retract ---- */

int cli_reason(const struct cli_args *a, json_t *request)
{
    const char *name = cli_value(a, "reason");
    uint8_t reason;
    char names[512] = "";
    if (retract_reason_find(name, &reason)) {
        json_object_set_new(request, "reason", json_string(name));
        return CLI_DONE;
    }
    for (size_t i = 0; retract_reason_at(i) != NULL; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i > 0 ? ", " : "",
                 retract_reason_at(i));
    return cli_misuse(a, _("--%s is one of: %s."), "reason", names);
}

static int run_retract(const struct cli_args *a)
{
    json_t *request = json_pack("{s:s}", "do", "retract");
    int status = registration(a, request);
    if (status == CLI_DONE)
        status = cli_reason(a, request);
    status =
        cli_confirm(a, status,
                    _("This cannot be undone: everybody sees the registration as retracted. Go "
                      "on? (yes/no)"),
                    _("nothing was retracted."));
    if (status != CLI_DONE) {
        json_decref(request);
        return status;
    }
    return carry_out(a, request,
                     _("Registration %lld is retracted: it matches nobody any more, here and, as "
                       "soon as they hear of it, at every other organisation.\n"));
}

/* clang-format off */
static const struct cli_option retract_options[] = {
    {"ref", "REF", N_("your own reference of the case"), false, false},
    {"reason", "REASON", N_("mistaken-identity, overturned, entered-in-error, not-proportionate, "
                            "no-legal-basis or settled"), true, false},
    {"yes", NULL, N_("do not ask whether you are sure"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_retract = {
    .name = "retract",
    .words = "[NUMBER]",
    .words_max = 1,
    .help = N_("say to everybody that a registration should not have been"),
    .more = N_(
        "NUMBER is the registration's, as list shows it. Everybody learns the "
        "reason.\n\n"
        "Three things that are not the same. Amend corrects a registration and keeps it in force. "
        "Retract says to everybody that it should not have been: it stays visible as retracted "
        "until its "
        "last day, and matches nobody. Erase removes its content at every organisation (GDPR, "
        "article 17), "
        "and list --all shows who has confirmed that."),
    .options = retract_options,
    .run = run_retract,
};

/* ---- amend ---- */

/* What was gathered while a line was carried out. */
struct amending {
    struct people people;
    long long number;
};

static void on_amend_line(void *ctx, const json_t *line)
{
    struct amending *m = ctx;
    const struct people *p = &m->people;
    if (json_object_get(line, "row") != NULL)
        m->number = words_number(json_object_get(line, "row"), "index");
    json_t *bad = json_object_get(line, "bad");
    if (bad != NULL)
        people_complain(p, bad, bad);
    if (bad != NULL && cli_has(p->args, "json"))
        cli_json(json_incref(bad));
}

/* Whether the line gives details of the person, and not only a new end. */
static bool has_person(const struct cli_args *a)
{
    static const char *const names[] = {"csv",      "given-name", "family-name", "born",
                                        "document", "email",      "phone"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (cli_has(a, names[i]))
            return true;
    return false;
}

/* Adds the person of the line, and its new end. */
static int add_content(const struct cli_args *a, struct people *p, json_t *request)
{
    const char *expires = cli_value(a, "expires");
    *p = (struct people){.args = a, .has_expires = true};
    if (!has_person(a) && expires == NULL)
        return cli_misuse(a, _("say what is to change: details of the person, or --expires."));
    if (expires != NULL && !utf8_is_text(bytes_of(expires, strlen(expires))))
        return cli_misuse(a, _("--%s is not readable as text (UTF-8)."), "expires");
    if (expires != NULL)
        json_object_set_new(request, "expires", json_string(expires));
    if (!has_person(a))
        return CLI_DONE;
    int status = people_read(p, a, false);
    if (status != CLI_DONE)
        return status;
    if (p->unreadable > 0 || json_array_size(p->rows) != 1) {
        json_decref(p->rows);
        cli_complain(_("nothing was amended: the file must hold one person, who can be read."));
        return CLI_FAILED;
    }
    json_object_set_new(request, "rows", p->rows);
    return CLI_DONE;
}

static int run_amend(const struct cli_args *a)
{
    struct amending m = {.number = 0};
    json_t *end, *request = json_pack("{s:s}", "do", "amend");
    int status = registration(a, request);
    if (status == CLI_DONE)
        status = add_content(a, &m.people, request);
    status = cli_confirm(a, status,
                         _("The details that it is found by, and its last day, are replaced at "
                           "every organisation. Go on? (yes/no)"),
                         _("nothing was amended."));
    if (status != CLI_DONE) {
        json_decref(request);
        return status;
    }
    status = cli_ask(a, request, on_amend_line, &m, &end);
    if (status == CLI_DONE && !is_done(end)) {
        if (strcmp(words_text(end, "error"), "bad-rows") == 0)
            cli_complain(_("nothing was amended."));
        else
            cli_correct_refused(end, "list");
        status = CLI_FAILED;
    } else if (status == CLI_DONE) {
        long long number =
            json_object_get(end, "index") != NULL ? words_number(end, "index") : m.number;
        if (cli_has(a, "json"))
            cli_json(json_pack("{s:I}", "index", (json_int_t)number));
        else
            printf(
                _("Registration %lld is amended and stays in force under its number. Every other "
                  "organisation drops the version before as soon as it hears of it; see: seinpost "
                  "list --all\n"),
                number);
    }
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option amend_options[] = {
    {"expires", "DATE", N_("new last day of the registration, YYYY-MM-DD"), false, false},
    PEOPLE_OPTIONS,
    {"yes", NULL, N_("do not ask whether you are sure"), false, false},
    {"json", NULL, N_("output for programs: an object a line; with \"index\" it is the "
                      "registration, with \"fault\" something that is wrong"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_amend = {
    .name = "amend",
    .words = "[NUMBER]",
    .words_max = 1,
    .help = N_("correct a registration and keep it in force"),
    .more = N_(
        "NUMBER is the registration's, as list shows it; --ref names it by your own "
        "reference. Details of the person replace all those by which it was found before; "
        "without any, only its last day changes.\n\n"
        "Three things that are not the same. Amend corrects a registration and keeps it in force. "
        "Retract says to everybody that it should not have been: it stays visible as retracted "
        "until its "
        "last day, and matches nobody. Erase removes its content at every organisation (GDPR, "
        "article 17), "
        "and list --all shows who has confirmed that."),
    .options = amend_options,
    .run = run_amend,
};
