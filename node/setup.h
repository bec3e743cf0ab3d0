/*
 * setup.h - the folder of a new node: settings, data folder, keys, and what its card says.
 *
 * All or nothing: everything is made in DIR.part, which becomes DIR in one step when it is
 * complete. What an interrupted attempt left in DIR.part is removed by the next one. An existing
 * DIR is never written to, unless it is empty.
 */
#ifndef NODE_SETUP_H
#define NODE_SETUP_H

#include "config/config.h"
#include "node/keyring.h"
#include "proto/limits.h"

struct setup {
    const char *org_id;
    const char *name;
    const char *country; /* two capitals */
    const char *dir;
    const char *listen;    /* "none" for a node without an open port */
    const char *advertise; /* NULL for none */
    const char *peers[CONFIG_PEERS_MAX];
    size_t peer_count;
    const char
        *relays[CONFIG_RELAYS_MAX + 1]; /* org-ids; one too many is refused with the settings */
    size_t relay_count;
    const char *socket;          /* for the command line; NULL for the usual place in the data */
    const char *passphrase_file; /* absolute, for the settings; NULL for none */
};

/* Makes it. The values have been checked one by one. Returns OK, or with *problem set and nothing
 * left behind: ERR_DUPLICATE when DIR is there and not empty, ERR_UNAVAILABLE when somebody else is
 * making it, ERR_FORMAT when the settings contradict each other, ERR_LIMIT when a path is too long,
 * ERR_IO. */
MUST_CHECK enum err setup_create(const struct setup *s, struct bytes passphrase,
                                 enum keyfile_cost cost, struct problem *problem);

/* What the card says of the organisation beside its keys. */
struct setup_card {
    char name[NAME_BYTES_MAX + 1];
    char country[3];
};

/* Reads it from a data folder. Returns OK, or with *problem set ERR_NOT_FOUND, ERR_IO, ERR_LIMIT or
 * ERR_FORMAT. */
MUST_CHECK enum err setup_card_read(const char *data_dir, struct setup_card *out,
                                    struct problem *problem);

#endif
