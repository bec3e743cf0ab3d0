#include "node/roster_draft.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/plain_file.h"
#include "node/text.h"

enum { HEAD_FILE_BYTES_MAX = 4096 };

enum err roster_draft_open(const struct cli_args *a, struct roster_file **f,
                           struct problem *problem)
{
    enum err e = roster_file_open(cli_value(a, "roster"), f, problem);
    if (e != OK)
        return e;
    size_t dropped = roster_file_edit(*f, (int64_t)time(NULL));
    if (dropped > 0)
        fprintf(stderr,
                _n("The draft changes: its %zu signature is taken off; ask for it again.\n",
                   "The draft changes: its %zu signatures are taken off; ask for them again.\n",
                   (unsigned long)dropped),
                dropped);
    return OK;
}

enum err roster_draft_save(const struct cli_args *a, struct roster_file *f, struct problem *problem)
{
    return roster_file_save(f, cli_value(a, "roster"), false, problem);
}

struct organisation *roster_draft_find(struct roster *r, const char *org_id,
                                       struct problem *problem)
{
    for (size_t i = 0; i < r->organisation_count; i++)
        if (strcmp(r->organisations[i].org_id, org_id) == 0)
            return &r->organisations[i];
    problem_set(problem, _("%s is not in the member list. See: seinpost roster show FILE"), org_id);
    return NULL;
}

enum err roster_draft_card(const char *path, struct card *card, struct problem *problem)
{
    uint8_t *text;
    size_t len;
    enum err e = plain_file_read(path, CARD_FILE_BYTES_MAX, &text, &len, problem);
    if (e == OK)
        e = card_parse(bytes_of(text, len), path, card, problem);
    free(text);
    return e;
}

void roster_draft_say_done(struct roster_file *f)
{
    printf(_("The change is in the draft of version %llu. It counts once enough stewards have "
             "signed it and it is imported.\n"),
           (unsigned long long)roster_file_last(f)->version);
}

static bool head_parse(const json_t *head, const char *org_id, struct accepted *out)
{
    const char *of = json_string_value(json_object_get(head, "org_id"));
    const char *root = json_string_value(json_object_get(head, "root"));
    const json_t *epoch = json_object_get(head, "feed_epoch");
    const json_t *size = json_object_get(head, "size");
    struct accepted a = {0};
    size_t len = 0;
    bool is_sound = of != NULL && root != NULL && strcmp(of, org_id) == 0 &&
                    json_is_integer(epoch) && json_is_integer(size) &&
                    json_integer_value(epoch) > 0 && json_integer_value(epoch) <= UINT32_MAX &&
                    json_integer_value(size) >= 0 &&
                    sodium_hex2bin(a.root, HASH_BYTES, root, strlen(root), NULL, &len, NULL) == 0 &&
                    len == HASH_BYTES;
    if (!is_sound)
        return false;
    a.feed_epoch = (uint32_t)json_integer_value(epoch);
    a.size = (uint64_t)json_integer_value(size);
    *out = a;
    return true;
}

enum err roster_draft_head_of(const json_t *head, const char *org_id, struct accepted *out)
{
    return head_parse(head, org_id, out) ? OK : ERR_FORMAT;
}

enum err roster_draft_head(const char *path, const char *org_id, struct accepted *out,
                           struct problem *problem)
{
    uint8_t *text;
    size_t len;
    enum err e = plain_file_read(path, HEAD_FILE_BYTES_MAX, &text, &len, problem);
    if (e != OK)
        return e;
    json_t *head = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    bool is_sound = head_parse(head, org_id, out);
    json_decref(head);
    if (!is_sound)
        problem_set(problem,
                    _("%s does not say where the feed of %s ends. Have a node of the federation "
                      "write it: seinpost roster head %s > FILE"),
                    path, org_id, org_id);
    return is_sound ? OK : ERR_FORMAT;
}
