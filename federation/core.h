/*
 * core.h - what the parts of the core share. Only files of federation/ include it.
 *
 * The parts call one another only through the functions below. Every part changes the state in its
 * own corner; struct feed is shared by pull, ingest, serve and author.
 */
#ifndef FEDERATION_CORE_H
#define FEDERATION_CORE_H

#include "federation/access.h"
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
    SWEEP_MS = 30000, /* between looks for expired entries */
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
    uint32_t asked_day;
    uint32_t asked_points;             /* by us, at it as a keyholder */
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
    uint64_t asked_ms;
    uint8_t request[16];
    uint8_t purpose[HASH_BYTES];
    uint8_t seed[32];
    size_t count;  /* subjects */
    size_t padded; /* points sent */
    uint8_t points[EVALUATION_POINTS_MAX * POINT_BYTES];
    uint32_t key_epoch;
    uint32_t key_refresh;
    size_t holders;
    uint32_t order[KEYHOLDERS_MAX]; /* in which keyholders are asked */
    enum ask_state state[KEYHOLDERS_MAX];
    enum err reason[KEYHOLDERS_MAX];
    uint8_t evaluated[KEYHOLDERS_MAX][EVALUATION_POINTS_MAX * POINT_BYTES];
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

    struct job jobs[EVALUATIONS_MAX];
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

/* ---- core.c: shared by all parts ---- */
struct roster *core_roster(struct federation *f);
struct feed *core_feed(struct federation *f, const uint8_t author[AUTHOR_BYTES]);
struct feed *core_own_feed(struct federation *f);
uint32_t core_today(const struct federation *f);
/* The same, but no later than the day after the newest checkpoint of any other active member: a
 * clock that is far ahead must not make this node forget or renew anything. */
uint32_t core_sober_day(struct federation *f);
uint64_t core_budget_day(struct federation *f, struct effects *out);
void core_report(struct effects *out, const uint8_t *author, enum report what, enum err reason,
                 uint64_t number);
/* Queues the record of a feed alone. */
/* The own feed's secret key (64 bytes) that belongs to the member list in force; NULL: we have it
 * not, or are not in the list. */
const uint8_t *core_feed_secret(const struct federation *f);
void core_persist_feed(struct feed *feed, struct effects *out);
/* Writes down, once, that a feed's author signed things that contradict each other; seq is that of
 * the checkpoint that showed it. */
void core_dispute(struct feed *feed, uint64_t seq, struct effects *out);
void core_mark(struct federation *f, enum mark mark, uint64_t value, struct effects *out);
/* Encodes and queues a message; false when there was no room, which only batches may meet. */
bool core_send(struct federation *f, uint32_t link, const Seinpost__Message *m,
               struct effects *out);
/* Sorts out feeds for every organisation of a new roster; what left is kept and no longer matched.
 */
void core_roster_changed(struct federation *f, struct effects *out);

/* ---- links.c ---- */
void links_up(struct federation *f, const struct event *ev, struct effects *out);
void links_down(struct federation *f, uint32_t link, struct effects *out);
void links_frame(struct federation *f, uint32_t link, struct bytes frame, struct effects *out);
void links_cut(struct federation *f, struct link *l, struct effects *out);
/* Cuts whoever is not admitted any more and dials whoever can be. */
void links_review(struct federation *f, struct effects *out);
/* Tells every ready connection which member list we have now, by an opening. */
void links_announce(struct federation *f, struct effects *out);
/* Tells places that were learnt, at most once in ANNOUNCE_MS. */
void links_tick(struct federation *f, struct effects *out);
struct link *links_find(struct federation *f, uint32_t id);
/* Counts a question of this connection. False where there were too many in this minute: it is not
 * answered, and whose it is told once. */
bool links_may_ask(struct federation *f, struct link *l, struct effects *out);
/* Counts a message that was asked for by nobody, or was there before. That happens to the honest;
 * but whoever sends so many in a minute repeats what it heard, or floods: it is told once. */
void links_useless(struct federation *f, struct link *l, struct effects *out);
/* The ready connection to an organisation, preferring one that we dialled; of several that it
 * dialled the newest: an older one may be dead without a sign, as behind a router that forgot it.
 * NULL if there is none. */
struct link *links_to(struct federation *f, const uint8_t author[AUTHOR_BYTES]);

/* ---- trees.c ---- */
/* The stored tree of one author, as a source of proofs. */
struct stored_tree {
    struct federation *f;
    const uint8_t *author;
};
struct merkle_source trees_source(struct stored_tree *t);
/* The peaks of its first size leaves; false where the archive cannot tell. */
bool trees_frontier(struct stored_tree *t, uint64_t size, struct merkle_frontier *out);

/* ---- rosters.c ---- */
void rosters_event(struct federation *f, struct bytes signed_roster, struct effects *out);
void rosters_on_opening(struct federation *f, struct link *l, uint64_t version,
                        struct effects *out);
/* Notes which other list of our version a peer says that it knows; before rosters_on_opening. */
void rosters_on_rival(struct federation *f, struct link *l, const Seinpost__Opening *o);
void rosters_on_ask(struct federation *f, struct link *l, const Seinpost__RosterAsk *m,
                    struct effects *out);
void rosters_on_chunk(struct federation *f, struct link *l, const Seinpost__RosterChunk *m,
                      struct effects *out);
void rosters_tick(struct federation *f, struct effects *out);
void rosters_link_down(struct federation *f, uint32_t link);

/* ---- pull.c ---- */
void pull_choose(struct federation *f, struct effects *out);
/* Follows this feed anew, from whomever: it was cut back, or a new chapter begins. */
void pull_restart(struct federation *f, struct feed *feed);
/* Stops following this feed; from whom and where it goes on is chosen anew. */
void pull_leave(struct federation *f, struct feed *feed, struct effects *out);
/* Follows anew what is followed over this link: the peer has another member list now. */
void pull_link_renewed(struct federation *f, uint32_t link);
void pull_link_down(struct federation *f, uint32_t link);
void pull_on_batch(struct federation *f, struct link *l, const Seinpost__Batch *m,
                   struct effects *out);

/* ---- source.c ---- */
/* Whom to follow a feed from whose author is not connected, or stalls: another than now if there is
 * a choice, relays that the author names before others; 0 if there is nobody. */
uint32_t source_next(struct federation *f, const struct feed *feed);
/* Whether the source is a relay that the author names. */
bool source_is_named(struct federation *f, const struct feed *feed);
/* A connection other than the source showed a checkpoint that is newer than the newest known, or
 * for which entries are missing. */
void source_note(struct federation *f, struct feed *feed, const struct link *l, uint64_t seq);
/* Whether feed->ahead ought to be the source from now on. */
bool source_is_ahead(struct federation *f, const struct feed *feed);
/* Whom to watch after feed->watch; 0 if there is nobody beside the source. */
uint32_t source_watch(struct federation *f, const struct feed *feed);

/* ---- ingest.c ---- */
/* Entries that were verified, on their way into the archive. headers and bodies are borrowed. */
struct batch {
    uint64_t first;
    size_t count;
    const uint8_t *headers;
    const struct bytes *bodies;  /* empty where absent */
    struct merkle_frontier tree; /* after them */
    struct effect_tile tiles[BATCH_ENTRIES_MAX / 128];
    size_t tile_count;
    struct checkpoint checkpoint; /* the newest, which covers them */
    const uint8_t *signed_checkpoint;
    struct bytes proof; /* where the checkpoint is larger than the tree */
    bool is_mended;     /* closes a hole: the feed's tree has these entries already */
};
/* The counts that a record keeps of entries in states that somebody has to see to: one more, and
 * one fewer. */
void ingest_count_in(struct feed_record *r, enum entry_state state);
void ingest_count_out(struct feed_record *r, enum entry_state state);
/* Fills in the tree and its tiles: the base, grown by the batch's headers. */
void ingest_grow(const struct merkle_frontier *base, struct batch *b);
/* Room that a batch of count entries needs in the effects. */
bool ingest_has_room(const struct effects *out, size_t count);
/* Gives each entry its meaning, updates the feed and emits everything. Cannot fail. */
void ingest_commit(struct federation *f, struct feed *feed, const struct batch *b,
                   struct effects *out);
/* The body of an envelope that is kept for its addressee, verified against its header; judged too.
 */
void ingest_kept(struct federation *f, struct feed *feed, const uint8_t *header, struct bytes body,
                 struct effects *out);
/* Deletes a body, which leaves the entry in this state. */
void ingest_gone(struct federation *f, struct feed *feed, uint64_t index, enum entry_state state,
                 struct effects *out);
/* A body for an entry that was stored without it (was: owed), or without its meaning (was: opaque
 * or newer): verified against its header. Nothing changes where its meaning stays what it was. */
void ingest_body(struct federation *f, struct feed *feed, const uint8_t *header, struct bytes body,
                 enum entry_state was, struct effects *out);
/* Applies expiry to what the archive still holds. */
void ingest_sweep(struct federation *f, struct effects *out);

/* ---- chapters.c ---- */
/* Brings a feed into line with what a new member list says of its author. */
void chapters_review(struct federation *f, struct feed *feed, const struct organisation *org,
                     struct effects *out);
/* Whether the feed has fewer entries than the member list says it must have. */
bool chapters_is_short(const struct feed *feed);
/* What stands for a checkpoint where the member list says how a feed ends: seq 0, no signature. */
void chapters_goal(const struct federation *f, const struct feed *feed, struct checkpoint *out);
/* ERR_PROOF if the feed, grown by the batch (its tree is filled in), passes that end with another
 * root than it has. */
MUST_CHECK enum err chapters_check(const struct feed *feed, const struct batch *b);

/* ---- mend.c ---- */
/* Whether entries of the feed are missing. */
bool mend_is_needed(const struct feed *feed);
/* Asks the archive where: at the start, and from an index on. */
void mend_load(struct federation *f, struct feed *feed);
void mend_look(struct federation *f, struct feed *feed, uint64_t from);
/* The feed was cut back to its size. */
void mend_cut_back(struct feed *feed);
/* The tree of what lies before the hole; false where the archive cannot tell. */
bool mend_base(struct federation *f, const struct feed *feed, struct merkle_frontier *out);
/* ERR_PROOF if the batch, which continues the base before the hole, leads to another tree than the
 * feed's. */
MUST_CHECK enum err mend_check(struct federation *f, const struct feed *feed,
                               const struct merkle_frontier *base, const struct batch *b);
/* Takes of the batch what is missing. */
void mend_take(struct federation *f, struct feed *feed, struct batch *b, struct effects *out);
void mend_event(struct federation *f, const struct event *ev, struct effects *out);

/* ---- reread.c ---- */
/* Judges what was opaque anew, some at a time, once after a start. */
void reread_tick(struct federation *f, struct effects *out);

/* ---- serve.c ---- */
/* Whoever follows this feed begins again: it was cut back, or a new chapter begins. */
void serve_feed_cut(struct federation *f, const struct feed *feed);
void serve_on_follow(struct federation *f, struct link *l, const Seinpost__Follow *m,
                     struct effects *out);
void serve_pump(struct federation *f, struct effects *out);
void serve_link_down(struct federation *f, uint32_t link);
/* Forgets whoever may not follow any more under the member list in force. */
void serve_review(struct federation *f);

/* ---- witness.c ---- */
/* What an organisation may be given of this feed: everything of its own. */
enum access core_access(struct federation *f, const uint8_t author[AUTHOR_BYTES],
                        const struct feed *feed);
/* Whether this node may have nothing of this feed but daily checkpoints. */
bool core_is_witnessed(const struct federation *f, const struct feed *feed);
/* A verified checkpoint whose feed contains what is known of it already: kept if it is daily. */
void witness_note(struct federation *f, struct feed *feed, const struct checkpoint *cp,
                  const uint8_t *raw, struct effects *out);
/* What a daily checkpoint that an observer takes must continue: returns the size, and gives the
 * root where that is not 0. */
uint64_t witness_base(const struct feed *feed, uint8_t root[HASH_BYTES]);
/* A batch for an observer, whose checkpoint was checked. Errors as specified in section 13.4. */
enum err witness_accept(struct federation *f, struct feed *feed, const Seinpost__Batch *m,
                        const struct checkpoint *cp, struct effects *out);
void witness_on_ask(struct federation *f, struct link *l, const Seinpost__SeenAsk *m,
                    struct effects *out);
void witness_on_answer(struct federation *f, struct link *l, const Seinpost__SeenAnswer *m,
                       struct effects *out);
void witness_tick(struct federation *f, struct effects *out);
/* ---- forks.c ---- */
/* The signed checkpoint of the feed that a verified one contradicts; NULL if there is none. */
const uint8_t *forks_rival(const struct feed *feed, const struct checkpoint *cp);
/* Two verified signed checkpoints of a feed's author contradict each other: proves it. */
void forks_prove(struct federation *f, struct feed *feed, const uint8_t *one, const uint8_t *other,
                 struct effects *out);
/* Keeps a proof that was judged, freezes its author and tells the others; but is the connection
 * that it came from, 0 if we found it. */
void forks_take(struct federation *f, struct feed *feed, struct bytes proof,
                const struct fork *fork, uint32_t but, struct effects *out);
/* The feed of somebody who is listed as active, with the feed_epoch of the member list; else NULL,
 * and *e says why not: ERR_STRANGER, or ERR_EPOCH, also where its author takes no part now. */
struct feed *forks_judge(struct federation *f, const uint8_t *author, uint32_t feed_epoch,
                         const struct organisation **org, enum err *e);
/* Reports what does not hold; a key period that is over, or of which we have not heard yet, is
 * nobody's offence. */
void forks_refuse(const struct link *l, enum err e, struct effects *out);
/* Where the feed's author is in dispute and there is a proof: gives it, and returns true. */
bool forks_answer(struct federation *f, const struct link *l, const struct feed *feed,
                  struct effects *out);
void forks_on_proof(struct federation *f, struct link *l, const Seinpost__ForkProof *m,
                    struct effects *out);
/* Also when a connection tells of a newer member list: its node may know now how to judge a proof
 * that it could not. */
void forks_link_ready(struct federation *f, struct link *l, struct effects *out);
void forks_tick(struct federation *f, struct effects *out);

/* ---- evidence.c ---- */
/* Shows a peer a signed checkpoint of somebody else's, to be compared with what it has; false where
 * there is none (NULL) or no room. */
bool evidence_show(struct federation *f, const struct link *l, const uint8_t *checkpoint,
                   struct effects *out);
/* A peer has a checkpoint with that many entries which do not go on from ours: begins to look for
 * the first that differs. */
void evidence_compare(struct federation *f, const struct link *l, struct feed *feed, uint64_t size,
                      struct effects *out);
void evidence_on_shown(struct federation *f, struct link *l, const Seinpost__Evidence *m,
                       struct effects *out);
void evidence_link_ready(struct federation *f, struct link *l, struct effects *out);
void evidence_tick(struct federation *f, struct effects *out);

/* ---- bodies.c ---- */
void bodies_on_ask(struct federation *f, struct link *l, const Seinpost__BodyAsk *m,
                   struct effects *out);
void bodies_on_batch(struct federation *f, struct link *l, const Seinpost__BodyBatch *m,
                     struct effects *out);
void bodies_tick(struct federation *f, struct effects *out);

/* ---- prekeys.c ---- */
/* Draws and wipes prekeys as the weeks pass, and puts the public ones into the own profile. */
void prekeys_tick(struct federation *f, struct effects *out);
/* The key to which an envelope to that role of an organisation is sealed now; NULL if there is
 * none. */
const uint8_t *prekeys_of(struct federation *f, const struct feed *feed, uint8_t role);

/* ---- parcels.c ---- */
void parcels_event(struct federation *f, const struct event *ev, struct effects *out);
void parcels_tick(struct federation *f, struct effects *out);
/* Entries of this feed from index size on are gone. */
void parcels_cut_back(struct federation *f, const struct feed *feed, uint64_t size);
/* Hands over what can go now. Reads the archive, as serve_pump does. */
void parcels_pump(struct federation *f, struct effects *out);
/* The list: one that may still have to be handed on; a free place, NULL if there is none; into it;
 * out of it. */
struct parcel *parcels_find(struct federation *f, const uint8_t author[AUTHOR_BYTES],
                            uint64_t index);
struct parcel *parcels_free(struct federation *f);
void parcels_take(struct federation *f, struct parcel *p, const struct parcel_record *rec);
void parcels_drop(struct federation *f, struct parcel *p);
void parcels_persist(const struct parcel_record *rec, struct effects *out);
/* A message about one, to be filled in further, which borrows from rec. */
enum delivery_what { WHAT_BODY = 1, WHAT_KEEP, WHAT_ASK, WHAT_RECEIPT };
Seinpost__Delivery parcels_about(enum delivery_what what, const struct parcel_record *rec);
bool parcels_send(struct federation *f, uint32_t link, Seinpost__Delivery *d, struct effects *out);

/* ---- deliveries.c ---- */
void deliveries_on_message(struct federation *f, struct link *l, const Seinpost__Delivery *m,
                           struct effects *out);

/* ---- author.c ---- */
enum err author_append(struct federation *f, const struct draft *drafts, size_t count,
                       uint64_t *first, struct effects *out);
void author_event(struct federation *f, const struct event *ev, struct effects *out);
void author_tick(struct federation *f, struct effects *out);

/* ---- standing.c ---- */
void standing_on_ask(struct federation *f, struct link *l, const Seinpost__HeadAsk *m,
                     struct effects *out);
void standing_on_answer(struct federation *f, struct link *l, const Seinpost__HeadAnswer *m,
                        struct effects *out);
void standing_link_ready(struct federation *f, struct link *l, struct effects *out);
void standing_answer(struct federation *f, const struct link *l, const uint8_t nonce[32],
                     struct effects *out);
void standing_ask(struct federation *f, const struct link *l, struct effects *out);
/* The operator lets the node sign; answers. */
void standing_alone(struct federation *f, const struct event *ev, struct effects *out);
/* Whether what this organisation says of our head counts: an always-on one, not ourselves; where
 * there is none, any that keeps everything. */
bool standing_counts(const struct federation *f, const struct organisation *org);
/* How many of those there are. */
uint32_t standing_others(const struct federation *f);
void standing_review(struct federation *f, struct effects *out);
void standing_tick(struct federation *f, struct effects *out);
/* A verified checkpoint of ours that a peer knows. */
void standing_take_head(struct federation *f, struct feed *own, const struct checkpoint *cp,
                        const uint8_t *raw, const struct link *l, struct effects *out);

/* ---- twins.c ---- */
/* A peer asked for its head, over this connection, with this nonce: tells its other connections
 * where another one was used. */
void twins_on_ask(struct federation *f, struct link *l, const uint8_t nonce[32],
                  struct effects *out);
/* A peer answers a question that we did not ask. */
void twins_on_report(struct federation *f, const struct link *l, const uint8_t nonce[32],
                     struct effects *out);
/* Draws the nonce of this start, where there is none of the feed key in force yet. */
void twins_nonce(struct federation *f);
void twins_tick(struct federation *f, struct effects *out);
/* A newer checkpoint of ours came that we did not sign. */
void twins_on_head(struct federation *f, const struct checkpoint *cp, const struct link *l,
                   struct effects *out);

/* ---- rejoin.c ---- */
/* Whether the node was restored and does not know yet what the others know. */
bool rejoin_is_open(const struct federation *f);
/* Whether this peer may be given nothing of this feed but proofs now. */
bool rejoin_withholds(const struct federation *f, const struct link *l, const struct feed *feed);
void rejoin_start(struct federation *f, struct effects *out);
void rejoin_tick(struct federation *f, struct effects *out);

/* ---- keyholder.c ---- */
/* Answers a batch, or says why not. On OK *evaluated and *proof lie in the effects' arena. proof is
 * NULL where this node asks itself, which needs none. */
enum err keyholder_answer(struct federation *f, const uint8_t member[AUTHOR_BYTES],
                          const uint8_t request[16], uint32_t key, uint32_t epoch, uint32_t refresh,
                          struct bytes points, const uint8_t purpose[HASH_BYTES],
                          uint8_t **evaluated, uint8_t **proof, struct effects *out);
void keyholder_on_evaluate(struct federation *f, struct link *l, const Seinpost__Evaluate *m,
                           struct effects *out);
/* What a refusal signs: "seinpost/v1/refusal" || request || reason u32 || day u32. */
enum { REFUSAL_TEXT_BYTES = 19 + 16 + 4 + 4 };
void core_refusal_text(const uint8_t request[16], uint32_t reason, uint32_t day,
                       uint8_t out[REFUSAL_TEXT_BYTES]);
void keyholder_spend_today(struct federation *f, struct effects *out);

/* ---- asker.c ---- */
void asker_event(struct federation *f, const struct event *ev, struct effects *out);
void asker_on_evaluated(struct federation *f, struct link *l, const Seinpost__Evaluated *m,
                        struct effects *out);
void asker_on_refusal(struct federation *f, struct link *l, const Seinpost__Refusal *m,
                      struct effects *out);
void asker_tick(struct federation *f, struct effects *out);
/* A connection to this organisation fell: what it was asked is asked again. */
void asker_link_down(struct federation *f, const uint8_t author[AUTHOR_BYTES]);

#endif
