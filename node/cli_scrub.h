/* cli_scrub.h - what was found damaged, in words. */
#ifndef NODE_CLI_SCRUB_H
#define NODE_CLI_SCRUB_H

#include <jansson.h>

#include "node/table.h"

/* A table for findings, and a row of it from one that a node tells. */
struct table *scrub_table_new(void);
void scrub_table_add(struct table *t, const json_t *finding);

/* Says in a sentence or two what a status tells of damage; nothing where there is none. */
void scrub_show(const json_t *status);

#endif
