/*
 * limits.h - every limit of the protocol, in one place.
 *
 * A limit that peers must agree on is part of the specification (protocol/README.md); the others
 * bound the memory of this implementation and say so.
 */
#ifndef PROTO_LIMITS_H
#define PROTO_LIMITS_H

/* Agreed between peers. */
enum {
    PROTOCOL_VERSION_MIN = 1,
    PROTOCOL_VERSION_MAX = 1,

    FRAME_BYTES_MAX = 1024 * 1024, /* any message */
    FRAME_BYTES_SMALL = 64 * 1024, /* any message but a batch of a feed, and rows of seen */
    SOCKET_BYTES_MAX = FRAME_BYTES_MAX + 4096, /* ZMQ_MAXMSGSIZE; counts CURVE's 33 bytes */
    BATCH_ENTRIES_MAX = 4096,
    BATCH_BYTES_MAX = 1000000, /* headers, bodies and proof of one batch */
    WIRE_DEPTH_MAX = 8,
    WIRE_FIELDS_MAX = 256, /* fields in one object, repeated ones counted one by one */

    BODY_UNIT_BYTES = 256,
    BODY_BYTES_MAX = 16 * 1024,            /* a body for all members */
    ADDRESSED_BODY_BYTES_MAX = 256 * 1024, /* a body for one addressee */

    SIGNAL_TAGS_MAX = 12,
    COUNTERS = 4, /* counter values 0..3 */
    EVALUATION_POINTS_MAX = 256,
    CONSULT_POINTS = 32, /* a single consult or publication always evaluates this many */

    ORGANISATIONS_MAX = 1024,
    PEERS_MAX = 1000,
    KEYHOLDERS_MAX = 31,
    STEWARDS_MAX = 31,
    THRESHOLD_KEYS_MAX = 8, /* sharings of one member list */
    SHARES_MAX = 8,         /* that one node holds, those of sharings to come included */
    ROSTER_BYTES_MAX = 1024 * 1024, /* one signed document */
    ROSTER_CHUNK_BYTES = 48 * 1024,

    ORG_ID_BYTES_MAX = 63,
    NAME_BYTES_MAX = 127,
    REFERENCE_BYTES_MAX = 127,
    ENDPOINT_BYTES_MAX = 127,
    ENDPOINTS_MAX = 4,
    PROFILE_RELAYS_MAX = 4,
    PREKEYS_MAX = 8,    /* of one profile */
    CONTACTS_MAX = 200, /* of one opening */
    MATCH_KEY_BYTES_MAX = 512,

    COVER_MULTIPLE = 16, /* every feed grows daily to the next multiple of this */
    DAILY_SEQ = 65536,   /* and a checkpoint whose number is a multiple of this closes the day */
};

#endif
