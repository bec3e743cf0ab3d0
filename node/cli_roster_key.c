/*
 * cli_roster_key.c - roster key: the result of a key ceremony into the member list, and sharings
 * whose time is over out of it.
 *
 * Old and new shares are answered side by side for a while that the list announces, so that nobody
 * has to change at one moment; then the old ones are wiped everywhere.
 */
#include "node/cli_commands.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/plain_file.h"
#include "node/roster_draft.h"
#include "node/text.h"
#include "protocol/calendar.h"
#include "protocol/ceremony_file.h"

enum {
    OVERLAP_SECONDS = 7 * 86400,
    OVERLAP_ROTATION_SECONDS = 30 * 86400, /* publishers carry their registrations over */
    OVERLAP_SECONDS_MAX = 365 * 86400,
};

/* ---- What is wrong with a file ---- */

static const char *org_of(const struct roster *r, const uint8_t author[AUTHOR_BYTES])
{
    const struct organisation *o = roster_find(r, author);
    return o != NULL ? o->org_id : _("somebody who is not in the member list");
}

/* Of those errors that are about one organisation. */
static void set_who(enum err e, const char *path, const char *org, struct problem *problem)
{
    switch ((int)e) {
    case ERR_QUORUM:
        problem_set(problem, _("%s: %s has not signed the result. Ask for a new file once it has."),
                    path, org);
        break;
    case ERR_SIGNATURE:
        problem_set(problem,
                    _("%s: the signature of %s is not one under this result. Do not use the file; "
                      "ask another key holder for it."),
                    path, org);
        break;
    default:
        problem_set(problem,
                    _("%s: the part that %s has in it is not what was proposed. Do not use the "
                      "file; ask another key holder for it."),
                    path, org);
    }
}

static void set_problem(enum err e, const char *path, struct problem *problem)
{
    switch ((int)e) {
    case ERR_EPOCH:
    case ERR_NOT_FOUND:
        problem_set(problem,
                    _("%s: the result does not follow what this member list has: it was made for "
                      "another version, or is in the list already."),
                    path);
        break;
    case ERR_STRANGER:
    case ERR_UNAUTHORISED:
        problem_set(problem,
                    _("%s: somebody who took part is no key holder by this member list. Is it the "
                      "newest version? Otherwise the ceremony is to be held again."),
                    path);
        break;
    case ERR_PROOF:
        problem_set(problem,
                    _("%s: it is another key than the one in the list, though it should be the "
                      "same. Do not use the file, and tell the others."),
                    path);
        break;
    default:
        problem_set(problem,
                    _("%s: is not the result of a key ceremony, or a damaged one (%s). Ask for the "
                      "file again: seinpost keys result"),
                    path, _(err_text(e)));
    }
}

static enum err read_result(const char *path, const struct roster *in_force,
                            struct ceremony_file *out, struct problem *problem)
{
    uint8_t *file = NULL, who[AUTHOR_BYTES] = {0};
    size_t len = 0;
    enum err e = plain_file_read(path, CEREMONY_FILE_BYTES_MAX, &file, &len, problem);
    if (e != OK)
        return e;
    e = ceremony_file_decode(bytes_of(file, len), out);
    free(file);
    if (e == OK)
        e = ceremony_file_verify(out, in_force, who);
    if (e != OK && !sodium_is_zero(who, AUTHOR_BYTES))
        set_who(e, path, org_of(in_force, who), problem);
    else if (e != OK)
        set_problem(e, path, problem);
    return e;
}

/* ---- Into the draft ---- */

static void drop_key(struct roster *r, size_t at)
{
    for (size_t i = at; i + 1 < r->key_count; i++)
        r->keys[i] = r->keys[i + 1];
    r->key_count--;
}

/* Takes out the sharings whose time is over; returns how many. */
static size_t tidy(struct roster *r, int64_t now_utc)
{
    size_t count = 0;
    for (size_t i = r->key_count; i-- > 0;) {
        const struct roster_key *k = &r->keys[i];
        if (k->until_utc == 0 || k->until_utc >= now_utc)
            continue;
        drop_key(r, i);
        count++;
    }
    return count;
}

/* Whether the new sharing takes the place of k. */
static bool is_older(const struct roster_key *k, const struct roster_key *fresh)
{
    if (k->key == KEY_FACTOR && fresh->key == KEY_PSEUDONYMS)
        return k->epoch < fresh->epoch;
    return k->key == fresh->key &&
           (k->epoch < fresh->epoch || (k->epoch == fresh->epoch && k->refresh < fresh->refresh));
}

/* Lets what is older end with the overlap, or at once. */
static void end_older(struct roster *r, const struct roster_key *fresh, int64_t overlap_end_utc)
{
    for (size_t i = r->key_count; i-- > 0;) {
        struct roster_key *k = &r->keys[i];
        if (!is_older(k, fresh))
            continue;
        if (overlap_end_utc == 0)
            drop_key(r, i);
        else if (k->until_utc == 0 || k->until_utc > overlap_end_utc)
            k->until_utc = overlap_end_utc;
    }
}

static enum err add_keys(struct roster *r, const struct ceremony_file *f, int64_t overlap_end_utc,
                         struct problem *problem)
{
    const struct roster_key *fresh = &f->result.key[0];
    for (size_t i = 0; i < r->key_count; i++) {
        if (r->keys[i].key != fresh->key || r->keys[i].epoch != fresh->epoch ||
            r->keys[i].refresh != fresh->refresh)
            continue;
        problem_set(problem, _("The draft has this result already."));
        return ERR_DUPLICATE;
    }
    end_older(r, fresh, overlap_end_utc);
    if (r->key_count + f->result.count > THRESHOLD_KEYS_MAX) {
        problem_set(problem, _("The member list has all the %d keys that it can hold."),
                    THRESHOLD_KEYS_MAX);
        return ERR_FULL;
    }
    for (size_t i = 0; i < f->result.count; i++) {
        struct roster_key *k = &r->keys[r->key_count++];
        *k = f->result.key[i];
        k->until_utc = k->key == KEY_FACTOR ? overlap_end_utc : 0;
    }
    return OK;
}

/* ---- The command ---- */

static void say_taken(const struct roster *r, const struct ceremony_file *f,
                      int64_t overlap_end_utc)
{
    const struct roster_key *k = &f->result.key[0];
    char until[UTC_TEXT_BYTES];
    printf(_("All %zu who took part signed this result. Key period %u: %u of %zu key holders are "
             "needed.\n"),
           f->signer_count, k->epoch, k->threshold, k->share_count);
    for (size_t i = 0; i < k->share_count; i++)
        printf("  %s\n", org_of(r, k->holder[i]));
    if (f->proposal.base_epoch == 0)
        return;
    utc_format(overlap_end_utc, until);
    if (overlap_end_utc == 0)
        puts(_("The shares of before count no more as soon as the list is in force."));
    else
        printf(_("The shares of before are answered until %s, and wiped then.\n"), until);
}

static enum err take(const struct cli_args *a, struct roster_file *f, int64_t now_utc,
                     int64_t overlap, struct ceremony_file *result, int64_t *overlap_end_utc,
                     struct problem *problem)
{
    const struct roster *in_force = roster_file_in_force(f);
    if (in_force == NULL) {
        problem_set(problem,
                    _("The first version of the list is not signed yet. Who takes part is checked "
                      "against a version in force: sign it first."));
        return ERR_NOT_FOUND;
    }
    enum err e = read_result(cli_value(a, "take"), in_force, result, problem);
    if (e != OK)
        return e;
    if (!cli_has(a, "overlap") && result->proposal.kind == CEREMONY_ROTATE)
        overlap = OVERLAP_ROTATION_SECONDS;
    *overlap_end_utc = overlap > 0 ? now_utc + overlap : 0;
    return add_keys(roster_file_last(f), result, *overlap_end_utc, problem);
}

static int run_key(const struct cli_args *a)
{
    struct problem problem = {""};
    struct roster_file *f = NULL;
    int64_t now_utc = (int64_t)time(NULL), overlap, overlap_end_utc = 0;
    int status = cli_duration(a, "overlap", 0, OVERLAP_SECONDS_MAX, OVERLAP_SECONDS, &overlap);
    if (status == CLI_DONE && !cli_has(a, "take") && !cli_has(a, "tidy"))
        return cli_misuse(a, _("say what to do: --take FILE, or --tidy."));
    if (status != CLI_DONE)
        return status;
    struct ceremony_file *result = calloc(1, sizeof *result);
    enum err e = result == NULL ? ERR_FULL : roster_draft_open(a, &f, &problem);
    size_t dropped = e == OK ? tidy(roster_file_last(f), now_utc) : 0;
    if (e == OK && cli_has(a, "take"))
        e = take(a, f, now_utc, overlap, result, &overlap_end_utc, &problem);
    else if (e == OK && dropped == 0) {
        problem_set(&problem, _("There is nothing in the list whose time is over."));
        e = ERR_NOT_FOUND;
    }
    if (e == OK)
        e = roster_draft_save(a, f, &problem);
    if (e == OK && cli_has(a, "take"))
        say_taken(roster_file_last(f), result, overlap_end_utc);
    if (e == OK && dropped > 0)
        printf(_("Sets of shares that are taken out, since their time is over: %zu.\n"), dropped);
    if (e == OK)
        roster_draft_say_done(f);
    roster_file_free(&f);
    free(result);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

/* clang-format off */
static const struct cli_option key_options[] = {
    {"roster", "FILE", N_("file of the member list"), true, false},
    {"take", "RESULT", N_("file that \"seinpost keys result\" wrote"), false, false},
    {"overlap", "TIME", N_("how long shares of before are answered still: 7d if not given, 30d for "
     "the next key period; 0d takes them out"), false, false},
    {"tidy", NULL, N_("only take out shares whose time is over"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_key = {
    .group = "roster",
    .name = "key",
    .help = N_("put the result of a key ceremony into the member list"),
    .more = N_("It is checked that everybody who took part signed the same result, with the keys "
               "that the list has of them. No node is asked."),
    .options = key_options,
    .run = run_key,
};
