/*
 * cli_scrub.c - going over everything that is stored, for damage: scrub.
 */
#include "node/cli_scrub.h"

#include <stdio.h>
#include <string.h>

#include "node/cli_commands.h"
#include "node/text.h"
#include "node/words.h"

struct word {
    const char *name, *text;
};

static const char *word_of(const struct word *words, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].name, name) == 0)
            return _(words[i].text);
    return name;
}

static const char *what_text(const char *what)
{
    static const struct word words[] = {
        {"pages",   N_("pages of the store")      },
        {"log",     N_("pages of its log")        },
        {"entries", N_("entries")                 },
        {"bodies",  N_("contents of entries")     },
        {"feed",    N_("what was known of a feed")},
        {"table",   N_("what only this node has") },
        {"lookup",  N_("what finds entries")      },
        {"file",    N_("key file")                },
    };
    return word_of(words, sizeof words / sizeof words[0], what);
}

static const char *fate_text(const char *fate)
{
    static const struct word words[] = {
        {"mended",   N_("put right")                                            },
        {"fetching", N_("being fetched from the others")                        },
        {"lost",     N_("LOST; a backup may have it")                           },
        {"doubtful", N_("perhaps lost, perhaps never confirmed (power failure)")},
    };
    return word_of(words, sizeof words / sizeof words[0], fate);
}

static const char *place_text(const char *place)
{
    static const struct word words[] = {
        {"desk",     N_("details of own registrations")         },
        {"version",  N_("what became of own registrations")     },
        {"outbox",   N_("messages sent")                        },
        {"inbox",    N_("messages received")                    },
        {"prekey",   N_("keys that open messages")              },
        {"share",    N_("shares of keys for matching")          },
        {"factored", N_("what members carried over")            },
        {"parcel",   N_("messages on their way")                },
        {"watch",    N_("watched partners")                     },
        {"purpose",  N_("recorded purposes of consults")        },
        {"budget",   N_("what members used today, taken as all")},
        {"request",  N_("questions answered as a keyholder")    },
        {"mark",     N_("small notes of this node")             },
        {"roster",   N_("member lists")                         },
        {"fork",     N_("proofs of contradictions")             },
        {"witness",  N_("daily checkpoints")                    },
        {"seen",     N_("what own checkpoints rest on")         },
        {"receipt",  N_("confirmations of erasures")            },
    };
    return word_of(words, sizeof words / sizeof words[0], place);
}

struct table *scrub_table_new(void)
{
    const char *const heads[] = {_("Found"), _("What"),   _("Where"), _("From"),
                                 _("Count"), _("Became"), NULL};
    return table_new(heads);
}

void scrub_table_add(struct table *t, const json_t *f)
{
    char first[32], count[32];
    snprintf(first, sizeof first, "%lld", words_number(f, "first"));
    snprintf(count, sizeof count, "%lld", words_number(f, "count"));
    table_add(t, (const char *const[]){words_text(f, "found"), what_text(words_text(f, "what")),
                                       place_text(words_text(f, "place")), first,
                                       words_number(f, "count") > 0 ? count : "?",
                                       fate_text(words_text(f, "fate"))});
}

void scrub_show(const json_t *status)
{
    const json_t *s = json_object_get(status, "scrub");
    if (words_number(s, "fetching") > 0)
        puts(_("Something stored was found damaged, and is being fetched from the others; see: "
               "seinpost scrub --list"));
    if (words_number(s, "lost") > 0)
        puts(_("SOMETHING STORED WAS FOUND DAMAGED, AND NO OTHER NODE HAS IT; see: seinpost scrub "
               "--list"));
    else if (words_number(s, "mended") + words_number(s, "doubtful") > 0)
        puts(_("Damage was found in what is stored; see: seinpost scrub --list. Look after the "
               "disk."));
}

/* ---- scrub ---- */

struct showing {
    struct table *table;
    size_t count;
    bool is_json, is_list;
};

static void show_finding(struct showing *s, json_t *finding)
{
    s->count++;
    if (s->is_json)
        cli_json(json_incref(finding));
    else
        scrub_table_add(s->table, finding);
}

static void on_line(void *ctx, const json_t *line)
{
    struct showing *s = ctx;
    json_t *row = json_object_get(line, "row"), *progress = json_object_get(line, "progress");
    json_t *all =
        json_object_get(json_object_get(json_object_get(line, "status"), "scrub"), "findings");
    json_t *finding;
    size_t i;
    if (row != NULL)
        show_finding(s, row);
    if (progress != NULL && s->is_json)
        cli_json(json_pack("{s:O}", "progress", progress));
    else if (progress != NULL)
        fprintf(stderr, _("%lld pages, %lld entries gone over ...\n"),
                words_number(progress, "pages"), words_number(progress, "entries"));
    json_array_foreach(all, i, finding) show_finding(s, finding);
}

static void show_end(const struct showing *s, json_t *end)
{
    if (s->is_json) {
        cli_json(json_pack("{s:O}", "end", end));
        return;
    }
    printf(_("Gone over: %lld pages, %lld entries, %lld contents. Put right: %lld. Being fetched: "
             "%lld. Lost: %lld.\n"),
           words_number(end, "pages"), words_number(end, "entries"), words_number(end, "bodies"),
           words_number(end, "mended"), words_number(end, "fetching"), words_number(end, "lost"));
}

static json_t *request_of(const struct cli_args *a)
{
    if (cli_has(a, "list"))
        return json_pack("{s:s}", "do", "status");
    return json_pack("{s:s,s:b}", "do", "scrub", "forget", cli_has(a, "forget"));
}

static int run_scrub(const struct cli_args *a)
{
    struct showing s = {.is_json = cli_has(a, "json"), .is_list = cli_has(a, "list")};
    json_t *end;
    s.table = scrub_table_new();
    int status = cli_ask(a, request_of(a), on_line, &s, &end);
    if (s.count > 0 && !s.is_json)
        table_print(s.table, stdout);
    table_free(&s.table);
    bool is_done = status == CLI_DONE && json_is_true(json_object_get(end, "ok"));
    if (status == CLI_DONE && !is_done) {
        words_refusal(end);
        status = CLI_FAILED;
    } else if (is_done && !cli_has(a, "forget") && !s.is_list) {
        show_end(&s, end);
        status = words_number(end, "lost") > 0 ? CLI_FAILED : CLI_DONE;
    } else if (is_done && s.is_list && s.count == 0 && !s.is_json) {
        puts(_("Nothing was found damaged."));
    }
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option scrub_options[] = {
    {"list", NULL, N_("show what was found so far, and go over nothing now"), false, false},
    {"forget", NULL, N_("forget what was found and is put right or lost: it is seen to"), false, false},
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_scrub = {
    .name = "scrub",
    .help = N_("go over everything stored, find damage and repair it"),
    .more = N_("The node does this by itself, in the time that scrub_hours sets; with this command "
               "it does so at once. Flipped bits are turned back, entries and their contents "
               "fetched from the others. What no other node has and cannot be put right is named: "
               "put a backup in place, or register it again."),
    .options = scrub_options,
    .run = run_scrub,
};
