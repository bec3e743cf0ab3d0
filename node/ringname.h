/*
 * ringname.h - what lies in a node's data folder, and how the keys in its ring are called.
 *
 *   data_dir/node.db     the store
 *   data_dir/card.json   name and country of the organisation, for its card
 *   data_dir/keys/       the ring:
 *
 *   name                            public half            secret
 *   feed, feed-2, feed-3 ...        32: Ed25519            64: Ed25519, libsodium's form
 *   transport, transport-2 ...      32: Curve25519         32: Curve25519
 *   desk                            none                   32: seals the desk's records
 *   share-KEY-PERIOD-REFRESH        32: commitment K_j     36: index u32 big-endian || scalar[32]
 *
 * The file in which a share travels to its keyholder is a key alone (keyfile.h) with the same label
 * and halves. A renewed feed or transport key gets the next number; the older ones stay, since it
 * is the member list that says from when the new one counts. Pure: names and layouts only, no file
 * is touched here.
 */
#ifndef NODE_RINGNAME_H
#define NODE_RINGNAME_H

#include "proto/bytes.h"
#include "protocol/threshold.h"

#define RINGNAME_FEED "feed"
#define RINGNAME_TRANSPORT "transport"
#define RINGNAME_DESK "desk"

/* Files and folders in data_dir. */
#define RINGNAME_STORE_FILE "node.db"
#define RINGNAME_CARD_FILE "card.json"
#define RINGNAME_KEYS_FOLDER "keys"

enum {
    FEED_PUBLIC_BYTES = 32,
    FEED_SECRET_BYTES = 64,
    TRANSPORT_PUBLIC_BYTES = 32,
    TRANSPORT_SECRET_BYTES = 32,
    DESK_SECRET_BYTES = 32,
    SHARE_PUBLIC_BYTES = POINT_BYTES,
    SHARE_SECRET_BYTES = 4 + SCALAR_BYTES,
    RINGNAME_BYTES = 32, /* the longest name and its zero */
};

enum { RINGNAME_GENERATIONS_MAX = 99 };

/* The name of the n-th key of a kind: RINGNAME_FEED or RINGNAME_TRANSPORT as it is for 1. */
void ringname_generation(const char *kind, unsigned n, char out[RINGNAME_BYTES]);

/* Writes "share-KEY-PERIOD-REFRESH", all three in decimal. */
void ringname_share(uint32_t key, uint32_t epoch, uint32_t refresh, char out[RINGNAME_BYTES]);

/* Reads such a name. False, with nothing changed, if it is another, or not written as
 * ringname_share writes it. */
bool ringname_share_parse(const char *name, uint32_t *key, uint32_t *epoch, uint32_t *refresh);

/* A share as the secret of its key, and back; secret data on both sides, the caller wipes it. */
void ringname_pack(const struct share *share, uint8_t out[SHARE_SECRET_BYTES]);
void ringname_unpack(const uint8_t in[SHARE_SECRET_BYTES], struct share *out);

#endif
