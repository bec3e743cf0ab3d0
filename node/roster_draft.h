/*
 * roster_draft.h - what the commands share that change a member list: opening its file for a
 * change, finding an organisation in it, and reading what the changes are made from.
 */
#ifndef NODE_ROSTER_DRAFT_H
#define NODE_ROSTER_DRAFT_H

#include <jansson.h>

#include "node/card.h"
#include "node/cli.h"
#include "node/roster_file.h"

/* Opens the file that --roster names, ready to be changed, and says on stderr how many signatures a
 * draft loses by it. Errors as roster_file_open. */
MUST_CHECK enum err roster_draft_open(const struct cli_args *a, struct roster_file **f,
                                      struct problem *problem);

/* Writes it back. Errors as roster_file_save. */
MUST_CHECK enum err roster_draft_save(const struct cli_args *a, struct roster_file *f,
                                      struct problem *problem);

/* The organisation, to be changed; NULL with *problem set if it is not in the list. */
struct organisation *roster_draft_find(struct roster *r, const char *org_id,
                                       struct problem *problem);

/* Reads a card from a file. Errors as plain_file_read and card_parse. */
MUST_CHECK enum err roster_draft_card(const char *path, struct card *card, struct problem *problem);

/* Says that the change counts once stewards have signed it. */
void roster_draft_say_done(struct roster_file *f);

/* The end of a feed as a node holds it: one JSON object with org_id, feed_epoch, size and root.
 * The first takes it as it is, the second reads it from a file; both check that it is of this
 * organisation. ERR_FORMAT, or errors of plain_file_read, with *problem set. */
MUST_CHECK enum err roster_draft_head_of(const json_t *head, const char *org_id,
                                         struct accepted *out);
MUST_CHECK enum err roster_draft_head(const char *path, const char *org_id, struct accepted *out,
                                      struct problem *problem);

#endif
