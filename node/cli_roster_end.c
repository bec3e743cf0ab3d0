/*
 * cli_roster_end.c - commands by which an organisation's feed ends, or goes on with a new key:
 * head, suspend, remove, rekey, unfreeze.
 *
 * All but the first need to know up to where the feed counts. That is what a node of the federation
 * holds of it: asked directly where the settings of one are at hand, or brought in a file, since
 * stewards keep their lists where no node runs.
 */
#include "node/cli_commands.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/client.h"
#include "node/roster_draft.h"
#include "node/text.h"
#include "node/words.h"

static void no_line(void *ctx, const json_t *line)
{
    (void)ctx;
    (void)line;
}

/* ---- head ---- */

static int run_head(const struct cli_args *a)
{
    json_t *end;
    int status =
        cli_ask(a, json_pack("{s:s,s:s}", "do", "head", "org", a->word[0]), no_line, NULL, &end);
    if (status == CLI_DONE && !json_is_true(json_object_get(end, "ok"))) {
        cli_complain(_("%s is not in the member list of this node."), a->word[0]);
        status = CLI_FAILED;
    }
    if (status == CLI_DONE)
        cli_json(json_pack("{s:s,s:O,s:O,s:O}", "org_id", a->word[0], "feed_epoch",
                           json_object_get(end, "feed_epoch"), "size", json_object_get(end, "size"),
                           "root", json_object_get(end, "root")));
    json_decref(end);
    return status;
}

static const struct cli_option no_options[] = {{0}};

const struct cli_command cli_roster_head = {
    .group = "roster",
    .name = "head",
    .words = "ORG-ID",
    .words_min = 1,
    .words_max = 1,
    .help = N_("print how much of an organisation's feed this node holds"),
    .more = N_("For stewards: suspend, remove, rekey and unfreeze say up to where the feed of an "
               "organisation counts. Ask a node that is connected, and keep what is printed in a "
               "file for --head."),
    .options = no_options,
    .run = run_head,
};

/* ---- What a change says of the end of a feed ---- */

/* From the file of --head, or from the node of the settings. */
static enum err find_end(const struct cli_args *a, const char *org_id, struct accepted *out,
                         struct problem *problem)
{
    const char *file = cli_value(a, "head");
    if (file != NULL)
        return roster_draft_head(file, org_id, out, problem);
    static struct config config;
    struct problem ignored;
    json_t *end = NULL;
    enum err e = ERR_NOT_FOUND;
    if (cli_config(a, &config) == CLI_DONE)
        e = client_ask(&config, json_pack("{s:s,s:s}", "do", "head", "org", org_id), no_line, NULL,
                       &end, &ignored);
    if (e == OK && end != NULL && json_is_true(json_object_get(end, "ok"))) {
        json_object_set_new(end, "org_id", json_string(org_id));
        e = roster_draft_head_of(end, org_id, out);
    } else if (e == OK) {
        e = ERR_NOT_FOUND;
    }
    json_decref(end);
    if (e != OK)
        problem_set(problem,
                    _("No node could be asked where the feed of %s ends. On a machine with a node: "
                      "seinpost roster head %s > FILE. Then give --head FILE here."),
                    org_id, org_id);
    return e;
}

/* The end must be of the chapter that ends here. */
static enum err put_end(const struct cli_args *a, struct organisation *o, struct problem *problem)
{
    struct accepted end;
    enum err e = find_end(a, o->org_id, &end, problem);
    if (e != OK)
        return e;
    if (end.feed_epoch != o->feed_epoch || end.size < o->accepted.size) {
        problem_set(problem,
                    _("What is known of the feed of %s is not from the present member list. Ask a "
                      "node that has it."),
                    o->org_id);
        return ERR_EPOCH;
    }
    o->accepted = end;
    return OK;
}

static void say_end(const struct organisation *o)
{
    printf(_("Of the feed of %s its first %llu entries count.\n"), o->org_id,
           (unsigned long long)o->accepted.size);
}

/* ---- suspend and remove ---- */

static int run_end(const struct cli_args *a, enum org_status status)
{
    struct problem problem = {""};
    struct roster_file *f = NULL;
    struct organisation *o = NULL;
    enum err e = roster_draft_open(a, &f, &problem);
    if (e == OK) {
        o = roster_draft_find(roster_file_last(f), cli_value(a, "org-id"), &problem);
        e = o != NULL ? OK : ERR_NOT_FOUND;
    }
    if (e == OK && (o->status == ORG_ACTIVE || o->accepted.feed_epoch == 0))
        e = put_end(a, o, &problem);
    if (e == OK) {
        o->status = status;
        e = roster_draft_save(a, f, &problem);
    }
    if (e == OK) {
        say_end(o);
        roster_draft_say_done(f);
    }
    roster_file_free(&f);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

static int run_suspend(const struct cli_args *a)
{
    return run_end(a, ORG_SUSPENDED);
}

static int run_remove(const struct cli_args *a)
{
    return run_end(a, ORG_LEFT);
}

/* clang-format off */
static const struct cli_option end_options[] = {
    {"roster", "FILE", N_("file of the member list"), true, false},
    {"org-id", "ID", N_("organisation that takes no part any more"), true, false},
    {"head", "FILE", N_("where its feed ends, as \"seinpost roster head\" prints it"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_suspend = {
    .group = "roster",
    .name = "suspend",
    .help = N_("let an organisation take no part for now"),
    .more = N_("Once the list is signed and imported its connections end within a second, "
               "wherever the list is known, and its registrations match no more. It can come "
               "back: seinpost roster change --status active.\n\n"
               "Without --head the node of the settings is asked where its feed ends."),
    .options = end_options,
    .run = run_suspend,
};

const struct cli_command cli_roster_remove = {
    .group = "roster",
    .name = "remove",
    .help = N_("let an organisation leave the federation"),
    .more = N_("It stays in the list as one that has left, so that everything can still be "
               "verified; its registrations match no more.\n\n"
               "Without --head the node of the settings is asked where its feed ends."),
    .options = end_options,
    .run = run_remove,
};

/* ---- rekey and unfreeze ---- */

/* A new feed key begins a new chapter of the feed; the old one ends where the nodes agree. */
static enum err take_feed_key(const struct cli_args *a, const struct card *card,
                              struct organisation *o, struct problem *problem)
{
    enum err e = put_end(a, o, problem);
    if (e != OK)
        return e;
    o->feed_epoch++;
    o->status = ORG_ACTIVE;
    memcpy(o->feed_key, card->feed_key, KEY_BYTES);
    say_end(o);
    return OK;
}

static void take_transport_key(const struct cli_args *a, const struct card *card,
                               struct organisation *o, int64_t now_utc)
{
    memset(o->old_transport_key, 0, KEY_BYTES);
    o->old_transport_until_utc = 0;
    if (!cli_has(a, "stolen")) {
        memcpy(o->old_transport_key, o->transport_key, KEY_BYTES);
        o->old_transport_until_utc = now_utc + OLD_TRANSPORT_SECONDS_MAX;
    }
    memcpy(o->transport_key, card->transport_key, KEY_BYTES);
}

static enum err rekey(const struct cli_args *a, const struct card *card, struct roster_file *f,
                      bool needs_feed_key, struct problem *problem)
{
    struct roster *r = roster_file_last(f);
    struct organisation *o = roster_draft_find(r, card->org_id, problem);
    if (o == NULL)
        return ERR_NOT_FOUND;
    bool has_feed_key = memcmp(o->feed_key, card->feed_key, KEY_BYTES) != 0;
    bool has_transport_key = memcmp(o->transport_key, card->transport_key, KEY_BYTES) != 0;
    if (!has_feed_key && (needs_feed_key || !has_transport_key)) {
        problem_set(problem,
                    _("The card of %s has no new key. At its node: seinpost keys renew --feed, and "
                      "then seinpost card."),
                    card->org_id);
        return ERR_DUPLICATE;
    }
    enum err e = has_feed_key ? take_feed_key(a, card, o, problem) : OK;
    if (e == OK && has_transport_key)
        take_transport_key(a, card, o, r->issued_utc);
    return e;
}

static int run_rekey_as(const struct cli_args *a, bool needs_feed_key)
{
    struct problem problem = {""};
    struct roster_file *f = NULL;
    struct card card;
    enum err e = roster_draft_card(cli_value(a, "card"), &card, &problem);
    if (e == OK)
        e = roster_draft_open(a, &f, &problem);
    if (e == OK)
        e = rekey(a, &card, f, needs_feed_key, &problem);
    if (e == OK)
        e = roster_draft_save(a, f, &problem);
    if (e == OK) {
        char fingerprint[FINGERPRINT_CHARS];
        card_fingerprint(&card, fingerprint);
        roster_draft_say_done(f);
        printf(_("Compare the fingerprint of the card by telephone before anyone signs:\n%s\n"),
               fingerprint);
    }
    roster_file_free(&f);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

static int run_rekey(const struct cli_args *a)
{
    return run_rekey_as(a, false);
}

static int run_unfreeze(const struct cli_args *a)
{
    return run_rekey_as(a, true);
}

/* clang-format off */
static const struct cli_option rekey_options[] = {
    {"roster", "FILE", N_("file of the member list"), true, false},
    {"card", "FILE", N_("the organisation's card with its new keys; - is standard input"), true, false},
    {"head", "FILE", N_("where its feed ends, as \"seinpost roster head\" prints it"), false, false},
    {"stolen", NULL, N_("the old connection key is not let in any more, not even for 30 days"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_rekey = {
    .group = "roster",
    .name = "rekey",
    .help = N_("give an organisation new keys, from its new card"),
    .more = N_("With a new feed key its feed goes on from where all nodes agree; what the old key "
               "signs later counts nowhere. Its old connection key is let in for 30 days more, so "
               "that its node can be restarted in peace; give --stolen where others may have "
               "it.\n\n"
               "Without --head the node of the settings is asked where its feed ends."),
    .options = rekey_options,
    .run = run_rekey,
};

const struct cli_command cli_roster_unfreeze = {
    .group = "roster",
    .name = "unfreeze",
    .help = N_("let an organisation go on that had signed two different histories"),
    .more = N_("It needs a new feed key: at its node, seinpost keys renew --feed, and then its new "
               "card. Decide with it which entries count; --head says up to where.\n\n"
               "Without --head the node of the settings is asked where its feed ends."),
    .options = rekey_options,
    .run = run_unfreeze,
};
