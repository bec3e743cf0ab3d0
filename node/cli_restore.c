/*
 * cli_restore.c - restore, and feed resume.
 */
#include "node/cli_backup.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/text.h"
#include "node/words.h"

/* ---- restore ---- */

/* A machine whose settings are of another organisation is the wrong machine. */
static int check_settings(const struct cli_args *a, const struct backup_head *h)
{
    static struct config config;
    bool is_there = access(a->config, F_OK) == 0;
    if (!is_there && !cli_has(a, "data-only"))
        return CLI_DONE;
    if (!is_there) {
        cli_complain(_("%s is not there: with --data-only the settings stay where they are. Name "
                       "them with --config, or leave --data-only out."),
                     a->config);
        return CLI_FAILED;
    }
    if (cli_config(a, &config) != CLI_DONE)
        return CLI_FAILED;
    if (strcmp(config.org_id, h->org_id) == 0)
        return CLI_DONE;
    cli_complain(_("the settings in %s are those of %s, and the backup is of %s. Restore it on the "
                   "machine of that organisation, or name other settings with --config."),
                 a->config, config.org_id, h->org_id);
    return CLI_FAILED;
}

static void tell_restored(const struct cli_args *a, const struct backup_head *h)
{
    const char *into = cli_value(a, "into");
    char made[CLI_TIME_BYTES];
    cli_time(h->made_utc, made);
    if (cli_has(a, "json")) {
        cli_json(json_pack("{s:s,s:s,s:s,s:I,s:b}", "into", into, "org_id", h->org_id, "made", made,
                           "content_bytes", (json_int_t)h->content_bytes, "data_only",
                           cli_has(a, "data-only")));
        return;
    }
    printf(_("The node of %s is in %s, as it was on %s.\n"), h->org_id, into, made);
    puts(_("Make sure that the old node does not run any more, anywhere. Then start this one. It "
           "signs nothing before others have told it what it wrote since, and answers no consult "
           "before it knows what they erased since; see: seinpost status"));
    if (!cli_has(a, "data-only"))
        printf(_("Next: look through %s/seinpost.conf (addresses, passphrase_file), then: "
                 "seinpostd --config %s/seinpost.conf\n"),
               into, into);
}

static int run_restore(const struct cli_args *a)
{
    struct problem problem = {""};
    struct backup_reader *r = NULL;
    struct cli_lock lock = {.passphrase = NULL};
    struct backup_target to = {cli_value(a, "into"), cli_has(a, "data-only"), (int64_t)time(NULL)};
    enum err e = cli_backup_read(a->word[0], &r, &problem);
    if (e == OK)
        e = backup_version_check(backup_reader_head(r), &problem);
    int status = e == OK ? check_settings(a, backup_reader_head(r)) : CLI_DONE;
    if (e == OK && status == CLI_DONE)
        e = cli_lock_open(a, &lock, &problem);
    if (e == OK && status == CLI_DONE)
        e = backup_reader_open(r, &lock.lock, &problem);
    if (e == OK && status == CLI_DONE)
        e = backup_restore(r, &to, &problem);
    if (e == OK && status == CLI_DONE)
        tell_restored(a, backup_reader_head(r));
    cli_lock_clear(&lock);
    backup_reader_free(&r);
    return e != OK ? cli_failed(&problem, e) : status;
}

/* clang-format off */
static const struct cli_option restore_options[] = {
    {"into", "FOLDER", N_("new or empty folder for settings and data"), true, false},
    {"passphrase-file", "FILE", N_("file with the passphrase of the backup or, with "
                                   "--recovery-key, of that key"), false, false},
    {"recovery-key", "FILE", N_("the recovery key that the backup is sealed with"), false, false},
    {"data-only", NULL, N_("the folder is the data folder of settings that lie elsewhere"), false, false},
    {"json", NULL, N_("output for programs: one object"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_restore = {
    .name = "restore",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .help = N_("put a node back from a backup, into a new folder"),
    .more = N_("Either everything is put back or nothing: a backup that is damaged, cut short or "
               "of a newer version, or a passphrase that does not open it, changes nothing. An "
               "empty folder keeps its owner, who then owns what is put into it.\n\n"
               "The old node must not run any more: two nodes with one key stop each other."),
    .options = restore_options,
    .run = run_restore,
};

/* ---- feed resume ---- */

static void no_line(void *ctx, const json_t *line)
{
    (void)ctx;
    (void)line;
}

static bool is_sure(const struct cli_args *a)
{
    char answer[16];
    if (cli_has(a, "yes"))
        return true;
    cli_wrap(stderr, 0,
             _("This node will sign although too few others confirm what it wrote last. If it "
               "wrote more before, or another machine did, with this key, it contradicts itself: "
               "every other node then refuses this organisation until the stewards give it a new "
               "key. Do it only if the others cannot be reached for long and you are certain that "
               "nothing newer of this node exists anywhere. It is recorded."));
    fprintf(stderr, "%s ", _("Go on? (yes/no)"));
    if (!isatty(STDIN_FILENO) || fgets(answer, sizeof answer, stdin) == NULL)
        return false;
    answer[strcspn(answer, "\n")] = '\0';
    return strcmp(answer, "yes") == 0 || strcmp(answer, _("yes")) == 0;
}

static void resume_refused(const json_t *end)
{
    const char *error = words_text(end, "error");
    if (strcmp(error, "duplicate") == 0)
        cli_complain(_("this node may sign already; there is nothing to do."));
    else if (strcmp(error, "stale") == 0)
        cli_complain(_("this node knows that it wrote more than it holds. It must get that back "
                       "from the others; signing now would contradict it."));
    else if (strcmp(error, "fork") == 0)
        cli_complain(_("this node's key is used elsewhere, or was. No leave helps there; see: "
                       "seinpost status"));
    else if (strcmp(error, "stranger") == 0)
        cli_complain(_("this organisation is not in a member list here yet."));
    else
        words_refusal(end);
}

static int run_resume(const struct cli_args *a)
{
    json_t *end = NULL;
    if (!cli_has(a, "alone"))
        return cli_misuse(a, _("write --alone: the node then signs although others do not confirm "
                               "what it wrote last. Where they can be reached it resumes by "
                               "itself."));
    if (!is_sure(a)) {
        fputc('\n', stderr);
        cli_complain(_("nothing was changed. Without a terminal the line needs --yes."));
        return CLI_FAILED;
    }
    int status = cli_ask(a, json_pack("{s:s}", "do", "resume-alone"), no_line, NULL, &end);
    if (status != CLI_DONE)
        return status;
    if (json_is_true(json_object_get(end, "ok"))) {
        printf(
            _("This node signs from now on until its next start, although %lld of %lld always-on "
              "nodes have confirmed what it wrote last. That is recorded.\n"),
            words_number(end, "answered"), words_number(end, "needed"));
    } else {
        resume_refused(end);
        status = CLI_FAILED;
    }
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option resume_options[] = {
    {"alone", NULL, N_("sign although too few others confirm what this node wrote last"), false, false},
    {"yes", NULL, N_("do not ask whether you are sure"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_feed_resume = {
    .group = "feed",
    .name = "resume",
    .help = N_("let a node sign that too few others confirm, at your own risk"),
    .more = N_("After every start a node asks the always-on nodes what it wrote last, and signs "
               "only when most of them have answered. Where they are gone for long an operator may "
               "let it sign all the same, until its next start. If anything newer of this node "
               "exists anywhere, the organisation then contradicts itself and is refused "
               "everywhere until the stewards give it a new key. Who did it and when is recorded, "
               "and shown by seinpost status and seinpost doctor."),
    .options = resume_options,
    .run = run_resume,
};
