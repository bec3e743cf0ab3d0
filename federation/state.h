/*
 * state.h - what a federation core knows: its feeds, connections, questions and parcels.
 *
 * Only federation/ and the tests of its state include this, through core.h, which has the
 * functions.
 */
#ifndef FEDERATION_STATE_H
#define FEDERATION_STATE_H

#include "federation/access.h"
#include "federation/ceremony.h"
#include "federation/federation.h"
#include "proto/seinpost.pb-c.h"
#include "proto/wire.h"
#include "protocol/fork.h"
#include "protocol/roster_chain.h"

enum {
    LINKS_MAX = 2048,
    USELESS_A_MINUTE = 64, /* messages of one connection that nobody asked for, before it is told */
    USELESS_A_MINUTE_FEED = 64, /* and so many more for each feed */
    ASKS_A_MINUTE = 600,        /* questions of one connection that are answered */
    ASKS_A_MINUTE_FEED = 64,    /* and so many more for each feed */
    LINKS_EACH_MAX = 4, /* to one organisation: two, and two that are about to be found dead */
    FOLLOWERS_MAX = 8192,
    FOLLOWERS_OWN = LINKS_MAX, /* places that only those who follow our own feed may take */
    OUTSTANDING_MAX = 4,

    TICK_MS = 1000,
    ANNOUNCE_MS = 1000, /* between openings that tell nothing but places */
    LIVE_CREDIT_BYTES = 64 * 1024,
    BULK_CREDIT_BYTES = 2 * (BATCH_BYTES_MAX + 40000), /* two full batches under way */
    PULL_CREDIT_BYTES_MAX = 8 * 1024 * 1024,           /* bulk credit given out at one time */
    SERVE_BYTES_MAX = 4 * 1024 * 1024, /* under way to one connection, whatever it asks */
    STALL_MS = 10000,                  /* no progress from a source although behind: try another */
    RELAY_ROTATE_MS = 60000, /* a relay is not trusted to be complete for longer than this */
    WATCH_MS = 3000,         /* whom to ask for checkpoints beside a relay: another each time */
    AHEAD_MS = 1500,         /* somebody knows more: how long the source may take to follow */
    WATCH_CREDIT_BYTES = 1,  /* too little for a batch with entries */
    FOLLOW_AGAIN_MS = 60000, /* a quiet feed's cursor is told again */
    OWED_RETRY_MS = 5000,
    OWED_ASK_MAX = 64,
    HEAD_RETRY_MS = 5000,
    TWIN_ASK_MS = 3000,      /* between questions that look for a second node with our key */
    TWIN_APART_MS = 2000,    /* a second report counts when it comes so long after the first */
    TWIN_FORGET_MS = 60000,  /* and no later than this */
    REJOIN_HOLD_MS = 8000,   /* a restored node first sees whether the old one still runs */
    REJOIN_QUIET_MS = 10000, /* a feed brings nothing more for so long: it is caught up */
    REJOIN_LONG_MS = 600000, /* a restored node waits for all feeds no longer than this */
    ASK_HEDGE_MS = 2000,     /* a keyholder is silent: ask one more */
    ASK_TIMEOUT_MS = 15000,
    ASK_SHUN_MS = 60000, /* a keyholder that was silent or wrong is asked last for so long */
    INQUIRY_MS = 10000,  /* a keyholder says nothing of what it charged */
    SWEEP_MS = 30000,    /* between looks for expired entries */
    SWEEP_MAX = 256,
    OFFER_MS = 10000, /* between showing others what we newly hold of a feed */
    OFFER_AGAIN_MS = 60000,
    OFFERS_OF_NEWS = 3,    /* connections that are shown it */
    OFFERS_AT_START = 256, /* feeds that a new connection is shown */
    FORK_CHANGES_MAX =
        16,             /* proofs against one author, each in place of the last, since the start */
    PARCELS_MAX = 1024, /* envelopes on their way from here, or kept here for others */
    PARCELS_KEPT_EACH = 64,              /* of one author that are kept here for others */
    PARCEL_PACE_MS = 20,                 /* between looks at what can be handed over */
    MAIL_BYTES_A_DAY = 16 * 1024 * 1024, /* that one author's envelopes for us may have */
    PARCEL_RETRY_MS = 10000,             /* handed over, and nothing was said of it */
    PARCEL_ASK_MS = 60000,               /* a relay has it: ask what became of it */
    PARCEL_PATH_MS = 600000,             /* a relay has it for so long: try the next one too */
    PARCEL_SILENT_MS = 60000, /* nobody on this path says anything of it: try another path */
    PREKEYS_KEPT = 3,         /* the last week's, this week's and the next one's */
};

struct link {
    uint32_t id; /* 0: unused */
    uint8_t transport_key[KEY_BYTES];
    uint8_t author[AUTHOR_BYTES];
    bool is_outbound;
    bool is_ready;           /* openings exchanged */
    bool is_apart;           /* its opening shares no protocol version with us; it was told ours */
    uint32_t version;        /* of the protocol, the highest that both have; 0 until ready */
    uint64_t number;         /* in the order in which they came up */
    uint64_t roster_version; /* that it says it has; 0 once it did not give it */
    uint8_t rival[HASH_BYTES]; /* another list of our version that it knows; zeros likewise */
    uint64_t under_way;        /* bytes of batches sent and not yet acknowledged */
    uint64_t minute_ms;        /* when the counts of this minute begin */
    uint32_t useless, asks;    /* in it */
    uint64_t handed_ms; /* when an envelope was handed over that was not answered yet; 0 none */
    bool has_asked;     /* for its author's head, with: */
    uint8_t nonce[32];
};

struct feed {
    struct feed_record rec;
    struct checkpoint held; /* decoded; seq 0: none */
    struct checkpoint seen;
    struct accepted accepted; /* where the member list says that a chapter of it ends */
    /* pulling */
    uint32_t source;      /* link that we follow it from; 0 none */
    uint32_t credit;      /* given to that source */
    uint64_t source_ms;   /* when it was chosen */
    bool is_renamed;      /* its profile changed since: others may be relays now */
    uint64_t progress_ms; /* the same, or when it last sent something new */
    uint32_t watch;       /* link that is asked for checkpoints alone; 0 none */
    uint64_t watch_ms;    /* since when */
    uint32_t ahead;       /* link that showed a newer checkpoint than the source did; 0 none */
    uint64_t ahead_seq;
    uint64_t ahead_ms;
    uint64_t owed_ms;   /* when owed bodies were last asked for */
    uint32_t owed_link; /* of whom */
    uint64_t owed_from;
    uint64_t reread_next; /* opaque entries before it were judged anew since the start */
    bool is_reread;
    /* entries that are missing: the first stretch of them; past 0: none */
    uint64_t hole_first, hole_past;
    uint64_t owed_swept; /* where the next look for expired ones among them begins */
    /* showing others what we hold of it */
    uint64_t offered_ms;
    uint64_t offered_seq;
    uint32_t fork_epoch;
    uint32_t fork_changes; /* proofs taken against its author in that feed_epoch */
    bool is_fork_due;      /* the proof against its author did not reach everybody yet */
    /* its author as a peer */
    uint64_t held_size; /* how much of our feed it acknowledged */
    uint64_t told_size; /* of how many entries of ours it has the headers at least */
    uint32_t mail_day;
    uint32_t mail_bytes; /* of envelopes for us, on that day and since the start */
    struct profile profile;
    uint32_t budget_day;
    uint32_t budget_used; /* by this member, at us as a keyholder */
    /* by it, of factors: the signals of it that we hold, when they were last counted */
    uint64_t signals;
    uint64_t signals_ms;
    bool has_signals;
    uint32_t asked_day;
    uint32_t asked_points; /* by us, at it as a keyholder */
    uint64_t failed_ms;    /* when it last failed us as one; see has_failed */
    bool has_failed;
    char hint[ENDPOINT_BYTES_MAX + 1]; /* where a peer says it can be dialled; "" if none did */
    /* The newest checkpoint of it that closes a day, and whether it is known what that has seen. */
    struct checkpoint daily; /* seq 0: none */
    uint8_t daily_signed[CHECKPOINT_SIGNED_BYTES];
    bool has_rows;
    uint64_t rows_asked_ms;
    uint32_t offers_min, offers_max; /* versions that its last opening offered and we do not have */
    bool head_answered;
    /* its author says that another node asks with our key */
    uint32_t twin_reports;
    uint64_t twin_ms;       /* the last of them */
    uint64_t twin_asked_ms; /* when it was asked because of that */
    bool is_caught_up;      /* since the start, of a restored node */
    bool is_dialled;
    char dialled[ENDPOINT_BYTES_MAX + 1];
    uint8_t dialled_key[KEY_BYTES];
};

/* Somebody who follows a feed from us. */
struct follower {
    uint32_t link; /* 0: unused */
    uint32_t feed; /* slot */
    uint64_t acked;
    uint64_t sent;
    uint64_t sent_seq;
    uint32_t credit;
    struct {
        uint64_t end;
        uint32_t bytes;
    } outstanding[OUTSTANDING_MAX];
    size_t outstanding_count;
};

enum ask_state { ASK_IDLE, ASK_SENT, ASK_DONE, ASK_FAILED };

struct job {
    bool is_used;
    uint64_t ticket;
    uint64_t started_ms;
    uint8_t request[16];
    uint8_t purpose[HASH_BYTES];
    uint8_t seed[32];
    size_t count;  /* subjects or elements */
    size_t padded; /* points sent */
    uint8_t points[EVALUATION_POINTS_MAX * POINT_BYTES];
    uint32_t key;
    uint32_t epoch; /* asked for; 0: the one in use */
    /* The sharing that is asked now. */
    uint32_t key_epoch;
    uint32_t key_refresh;
    uint64_t begun_ms;
    size_t holders;
    uint32_t order[KEYHOLDERS_MAX]; /* in which keyholders are asked */
    enum ask_state state[KEYHOLDERS_MAX];
    enum err reason[KEYHOLDERS_MAX];
    uint64_t sent_ms[KEYHOLDERS_MAX];
    uint32_t link[KEYHOLDERS_MAX];     /* over which it was sent */
    uint64_t again_ms[KEYHOLDERS_MAX]; /* not to be asked before */
    uint8_t evaluated[KEYHOLDERS_MAX][EVALUATION_POINTS_MAX * POINT_BYTES];
};

/* A page of an account that was asked for. */
struct inquiry {
    uint64_t ticket; /* 0: unused */
    uint64_t asked_ms;
    struct account_page page; /* whose, of whom, of when, after what */
};

struct parcel {
    bool is_used;
    struct parcel_record rec;
    uint64_t tried_ms;  /* when it was last handed over, or asked about; 0: not since the start */
    uint64_t path_ms;   /* when the relay of this turn took it */
    size_t relay;       /* whose turn it is, of those that the addressee's profile names */
    bool is_taken;      /* that relay has it */
    uint64_t relay_ms;  /* when it was first handed to that relay; 0: not yet */
    uint32_t direct;    /* connection to the addressee over which it was handed; 0 none */
    uint64_t direct_ms; /* when first */
};

struct kept_share {
    struct held_share held;
    uint8_t commitment[POINT_BYTES]; /* share * G */
};

struct own_prekey {
    bool is_used;
    uint32_t week;
    struct envelope_key key;
};

/* Assembling one roster document from chunks. */
struct roster_fetch {
    uint32_t link; /* 0: none under way */
    uint64_t version;
    uint8_t hash[HASH_BYTES]; /* of a rival of ours; zeros: the version after ours */
    uint32_t total;
    uint32_t have;
    uint64_t started_ms;
    uint64_t asked_ms;
    uint8_t data[ROSTER_BYTES_MAX];
};

struct federation {
    struct federation_config config;
    struct archive archive;
    struct rng rng;
    uint64_t now_ms;
    int64_t now_utc;

    struct roster rosters[2]; /* the one in force, and room for the next */
    unsigned roster_at;
    bool has_roster;

    struct link links[LINKS_MAX];
    size_t link_count; /* highest used slot plus one */
    uint64_t link_number;
    struct feed feeds[ORGANISATIONS_MAX];
    size_t feed_count;
    struct follower followers[FOLLOWERS_MAX];
    size_t follower_count; /* highest used slot plus one */
    bool is_serving;       /* somebody may be waiting for something that we have */
    size_t serve_next;     /* whose turn it is */
    uint32_t bulk_credit;  /* given out beyond live credit */

    struct kept_share shares[SHARES_MAX];
    size_t share_count;
    struct own_prekey prekeys[PREKEYS_KEPT];
    struct parcel parcels[PARCELS_MAX];
    size_t parcel_count; /* highest used slot plus one */
    bool is_delivering;  /* something may be handed over now */
    size_t deliver_next;
    uint64_t pumped_ms;   /* when that was last looked at */
    uint32_t parcels_day; /* for which what has expired was dropped */
    size_t plain_bytes;   /* of plain below, to be wiped */

    uint8_t head_nonce[32];
    bool may_sign;
    bool is_behind;
    bool is_twin;          /* another node works with our key */
    int64_t confirmed_utc; /* when we were first allowed to sign, by our clock; 0 not yet */
    uint64_t enough_ms;    /* since when enough have answered; 0: they have not */
    uint64_t rejoin_ms;    /* since when a restored node may sign */
    bool is_braked;        /* no room to store more of others */
    uint64_t head_asked_ms;
    bool is_announce_due; /* places were learnt that others may not know */
    uint64_t announced_ms;

    uint64_t marks[MARK_COUNT];
    bool is_profile_due;
    uint64_t swept_ms;
    uint64_t signed_ms; /* the own feed, last; 0: not since the start */
    uint64_t ticked_ms;

    struct ceremonies ceremonies;
    struct job jobs[EVALUATIONS_MAX];
    struct inquiry inquiries[INQUIRIES_MAX];
    uint32_t noticed_day; /* on which allowances were last looked at */
    struct roster_fetch fetch;

    struct wire_arena wire; /* the message in hand */
    uint8_t wire_bytes[WIRE_ARENA_BYTES];
    struct wire_arena roster_wire; /* a roster document being read */
    uint8_t roster_wire_bytes[ROSTER_ARENA_BYTES];
    /* Scratch of one step. */
    uint8_t headers[BATCH_ENTRIES_MAX * HEADER_BYTES];
    uint8_t bodies[BATCH_BYTES_MAX + BODY_BYTES_MAX];
    uint8_t absent[BATCH_ENTRIES_MAX / 8];
    uint8_t proof[MERKLE_PROOF_MAX][HASH_BYTES];
    uint8_t roster_bytes[ROSTER_BYTES_MAX];
    uint8_t plain[ENVELOPE_BYTES_MAX]; /* an opened envelope, until the next step */
};

#endif
