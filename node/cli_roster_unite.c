/*
 * cli_roster_unite.c - commands about the list as a whole: how many stewards must sign, and one
 * list after two of one version.
 */
#include "node/cli_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "node/roster_draft.h"
#include "node/text.h"

/* ---- quorum ---- */

static int run_quorum(const struct cli_args *a)
{
    struct problem problem = {""};
    struct roster_file *f = NULL;
    char *after;
    errno = 0;
    unsigned long quorum = strtoul(a->word[0], &after, 10);
    if (*after != '\0' || after == a->word[0] || errno != 0 || quorum < 1 || quorum > STEWARDS_MAX)
        return cli_misuse(a, _("write how many stewards must sign, as a number from 1 to %d."),
                          STEWARDS_MAX);
    enum err e = roster_draft_open(a, &f, &problem);
    struct roster *r = e == OK ? roster_file_last(f) : NULL;
    if (e == OK && quorum > r->stewards.count) {
        problem_set(&problem, _("There are only %zu stewards."), r->stewards.count);
        e = ERR_RANGE;
    }
    if (e == OK) {
        r->stewards.quorum = (uint32_t)quorum;
        e = roster_draft_save(a, f, &problem);
    }
    if (e == OK) {
        printf(_("From the version after this one on %lu of %zu stewards must sign.\n"), quorum,
               r->stewards.count);
        roster_draft_say_done(f);
    }
    roster_file_free(&f);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

/* clang-format off */
static const struct cli_option quorum_options[] = {
    {"roster", "FILE", N_("file of the member list"), true, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_quorum = {
    .group = "roster",
    .name = "quorum",
    .words = "NUMBER",
    .words_min = 1,
    .words_max = 1,
    .help = N_("change how many stewards must sign the member list"),
    .more = N_("This version itself is signed by as many as before."),
    .options = quorum_options,
    .run = run_quorum,
};

/* ---- unite ---- */

/* Takes over what the other list ended: whoever is suspended or gone there is here too. */
static size_t take_ends(struct roster *r, const struct roster *other)
{
    size_t count = 0;
    for (size_t i = 0; i < r->organisation_count; i++) {
        struct organisation *o = &r->organisations[i];
        const struct organisation *there =
            roster_find_org_id(other, bytes_of(o->org_id, strlen(o->org_id)));
        if (there == NULL || o->status != ORG_ACTIVE || there->status == ORG_ACTIVE ||
            there->feed_epoch != o->feed_epoch)
            continue;
        o->status = there->status;
        o->accepted = there->accepted;
        count++;
    }
    return count;
}

static enum err unite(const struct cli_args *a, struct roster_file *f, size_t *count,
                      struct problem *problem)
{
    struct roster_file *g = NULL;
    enum err e = roster_file_open(cli_value(a, "other"), &g, problem);
    const struct roster *base = roster_file_in_force(f);
    const struct roster *other = e == OK ? roster_file_in_force(g) : NULL;
    if (e == OK && (base == NULL || other == NULL || other->version != base->version ||
                    memcmp(other->hash, base->hash, HASH_BYTES) == 0)) {
        problem_set(problem,
                    _("The two files do not end with two different lists of one version that are "
                      "both signed. See: seinpost roster show FILE"));
        e = ERR_SEQUENCE;
    }
    if (e == OK) {
        struct roster *r = roster_file_last(f);
        memcpy(r->also, other->hash, HASH_BYTES);
        *count = take_ends(r, other);
    }
    roster_file_free(&g);
    return e;
}

static int run_unite(const struct cli_args *a)
{
    struct problem problem = {""};
    struct roster_file *f = NULL;
    size_t count = 0;
    enum err e = roster_draft_open(a, &f, &problem);
    if (e == OK)
        e = unite(a, f, &count, &problem);
    if (e == OK)
        e = roster_draft_save(a, f, &problem);
    if (e == OK) {
        printf(_("The draft follows both lists. %zu organisations that the other one suspended or "
                 "removed take no part in it either; change that before anyone signs, if need "
                 "be.\n"),
               count);
        roster_draft_say_done(f);
    }
    roster_file_free(&f);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

/* clang-format off */
static const struct cli_option unite_options[] = {
    {"roster", "FILE", N_("file that ends with the one list"), true, false},
    {"other", "FILE", N_("file that ends with the other list of the same version"), true, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_unite = {
    .group = "roster",
    .name = "unite",
    .help = N_("begin one list after stewards signed two of one version"),
    .more = N_("Until such a list is in force every node that knows both lets nobody take part "
               "whom either of them suspends or does not have. If nobody remembers signing one of "
               "them, a steward's key was stolen: take it out of the list."),
    .options = unite_options,
    .run = run_unite,
};
