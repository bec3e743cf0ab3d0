/*
 * federation.h - the core of a node: many feeds, many peers, one step function.
 *
 *     federation_step(event) -> effects
 *
 * The core decides everything that concerns other organisations: whom to follow and whom to serve,
 * what of a batch is accepted, whether this node may sign, who may have an evaluation, whether a
 * consult may say "no match". It has no socket, no file and no clock; see event.h, effect.h and
 * archive.h for its three seams. Its parts:
 *
 *     links     connections, openings, the member list on every message
 *     rosters   adopting member lists, and fetching newer ones
 *     chapters  where the member list ends a feed, and begins it again with a new key
 *     pull      following feeds: how much credit; accepting batches
 *     source    which relay, where the author is not connected
 *     ingest    what an accepted entry means
 *     mend      entries that the archive has lost: fetched again
 *     reread    after a start: what older software could not read
 *     serve     being followed
 *     bodies    owed bodies, asked for elsewhere
 *     access    who may be given what
 *     witness   daily checkpoints: for observers, and compared with what others saw
 *     prekeys   what others seal envelopes to, a new one each week
 *     parcels   envelopes on their way: to the addressee, or to a relay that keeps them for it
 *     deliveries envelopes that come in, and receipts for them
 *     author    the own feed: appending, receipts, cover, freshness
 *     standing  asking peers for the own newest checkpoint before signing
 *     twins     finding a second node with the own key
 *     rejoin    after a backup was restored: nothing is served before the others were heard
 *     shares    the shares of threshold keys that this node holds
 *     keyholder answering evaluations within budgets
 *     factors   how much of the factor of a key period a member may use
 *     allowance what members may have beyond them, for a time, and have to explain
 *     totals    what keyholders charged, told to whom it was charged and to auditors
 *     asker     collecting evaluations from a threshold of keyholders
 *     evidence  finding authors that contradict themselves
 *     forks     proofs of it: kept, told to everybody, the author frozen
 *     coverage  what a consult may conclude
 *
 * Start: federation_init, then federation_load_* with what the store holds, then EVENT_TICK.
 */
#ifndef FEDERATION_FEDERATION_H
#define FEDERATION_FEDERATION_H

#include "federation/archive.h"
#include "federation/effect.h"
#include "federation/event.h"
#include "protocol/entry.h"
#include "protocol/notice.h"
#include "protocol/roster.h"

struct federation;

/* A first contact, from the node's configuration. */
struct contact {
    uint8_t author[AUTHOR_BYTES];
    char endpoint[ENDPOINT_BYTES_MAX + 1];
};

struct federation_config {
    uint8_t author[AUTHOR_BYTES];
    uint8_t feed_secret[64];
    uint8_t next_feed_secret[64]; /* used once the member list has its public half; zeros: none */
    uint8_t seed[RNG_SEED_BYTES];
    struct profile profile; /* what the own profile entry should say */
    struct contact contacts[PEERS_MAX];
    size_t contact_count;
    /* Protocol versions to speak, 0 for those of this software; and what a later version makes of
     * an entry whose type or payload version 1 does not know: OK to hold it, ERR_VERSION to keep it
     * opaque, any other to refuse it. NULL: nothing is known beyond version 1. */
    uint32_t version_min, version_max;
    enum err (*judge_newer)(const struct header *h, const struct body *b);
    uint32_t receipt_seconds; /* at most one receipt entry in this time; normally a day */
};

/* Bytes of storage that a core needs. */
size_t federation_bytes(void);

/* Sets a core up in storage of federation_bytes bytes (16-aligned), which it uses until
 * federation_clear. Copies the configuration and the function table. */
struct federation *federation_init(void *storage, const struct federation_config *config,
                                   const struct archive *archive);

/* Wipes every secret. The storage is the caller's again. */
void federation_clear(struct federation *f);

/* What a restart puts back, before the first step. Rosters are given oldest first, and were
 * verified before they were stored: the first is the anchor. ERR_* as roster_anchor and
 * roster_accept say: then the store is damaged and the node does not start. */
MUST_CHECK enum err federation_load_roster(struct federation *f, struct bytes signed_roster,
                                           const uint8_t hash[HASH_BYTES]);
/* Another document of the newest version that was loaded, as EFFECT_PERSIST_RIVAL gave it. */
MUST_CHECK enum err federation_load_rival(struct federation *f, struct bytes signed_roster);
/* ERR_FORMAT if the stored checkpoints cannot be read, ERR_FULL if there are too many feeds. */
MUST_CHECK enum err federation_load_feed(struct federation *f, const struct feed_record *record);
/* A daily checkpoint, after its feed; of several the newest counts. ERR_* as checkpoint_read. */
MUST_CHECK enum err
federation_load_witness(struct federation *f,
                        const uint8_t signed_checkpoint[CHECKPOINT_SIGNED_BYTES]);
void federation_load_budget(struct federation *f, const uint8_t member[AUTHOR_BYTES], uint32_t day,
                            uint32_t used);
void federation_load_mark(struct federation *f, enum mark mark, uint64_t value);
/* The secret half of a prekey, of the week that begins on day week * PREKEY_DAYS. */
void federation_load_prekey(struct federation *f, uint32_t week, const uint8_t secret[KEY_BYTES]);
/* A share that this node holds, as EFFECT_PERSIST_SHARE gave it or as it was dealt; after the
 * member lists. ERR_RANGE or ERR_SCALAR for one that is none, ERR_FULL for too many, ERR_DUPLICATE
 * for another one with numbers that were loaded: the caller goes on without it. */
MUST_CHECK enum err federation_load_share(struct federation *f, const struct held_share *share);

/* An envelope that may still have to be handed on: PARCEL_WAITING or PARCEL_KEPT; others are passed
 * over. */
void federation_load_parcel(struct federation *f, const struct parcel_record *record);

/* What EFFECT_PERSIST_CEREMONY gave. ERR_FORMAT if it is not that: the caller goes on without; the
 * ceremony then ends without this node. */
MUST_CHECK enum err federation_load_ceremony(struct federation *f, const uint8_t id[HASH_BYTES],
                                             struct bytes secret);

/* While there is no room to store more, nothing more is asked of others, but what is missing of the
 * own feed; what is under way still comes. Takes effect with the next tick. */
void federation_brake(struct federation *f, bool is_braked);

/* Carries one event through. *out is cleared first; its contents live until the next step. */
void federation_step(struct federation *f, const struct event *ev, struct effects *out);

/* When the core wants EVENT_TICK at the latest, in monotonic milliseconds. */
uint64_t federation_deadline_ms(const struct federation *f);

/* ---- What the desk and the operator may read between steps ---- */

/* The member list in force; NULL before the first. Borrowed until the next step. */
const struct roster *federation_roster(const struct federation *f);

/* Reasons why a consult may not say "no match" now, as a set of enum coverage_gap; and how many
 * active member feeds there are and how many of them are covered. */
struct coverage {
    unsigned gaps;
    uint32_t feeds;
    uint32_t feeds_covered;
    int64_t
        oldest_heard_utc; /* the longest unheard of the active feeds; 0 if one was never heard */
    uint64_t owed;
};
void federation_coverage(const struct federation *f, int64_t now_utc, struct coverage *out);

/* One feed as status shows it. */
struct feed_status {
    uint8_t author[AUTHOR_BYTES];
    uint64_t size;      /* entries held */
    uint64_t seen_size; /* entries of the newest checkpoint known */
    uint64_t seq;
    int64_t heard_utc;
    int64_t
        signed_utc; /* when the newest checkpoint known was signed, by its author's clock; 0 none */
    uint64_t owed;
    uint64_t refused;
    uint64_t opaque;                 /* entries that need newer software to be read */
    uint64_t newer;                  /* those of them that could change what a consult answers */
    uint32_t version;                /* of the protocol, spoken with its author now; 0 none */
    uint32_t offers_min, offers_max; /* the versions that it offered, if they are none of ours */
    bool is_mending;                 /* entries that were here are missing */
    bool is_disputed;
    bool is_own;
    bool is_witnessed; /* nothing is held of it but checkpoints: this node is an observer */
    bool is_up;        /* a connection to its author is up */
    bool is_dialled;   /* one that we dialled */
    bool is_dialler;   /* one that it dialled */
    bool is_relayed;   /* it is followed from somebody else, via */
    uint8_t via[AUTHOR_BYTES];
    bool has_profile;   /* it said how it is reached; if not, the next three are 0 */
    bool has_endpoint;  /* where it can be dialled */
    size_t relay_count; /* whom it named as relays */
    uint8_t relay[PROFILE_RELAYS_MAX][AUTHOR_BYTES];
    uint64_t held_size; /* how much of the OWN feed this organisation says it holds durably */
};
size_t federation_feed_count(const struct federation *f);
void federation_feed_status(const struct federation *f, size_t i, struct feed_status *out);

/* Whether an organisation contradicted itself under the key that it has now: what it published may
 * not be the same everywhere. */
bool federation_is_disputed(const struct federation *f, const uint8_t author[AUTHOR_BYTES]);

/* The newest signed checkpoint of feed i whose entries are all here, copied to out; false if there
 * is none. */
bool federation_feed_checkpoint(const struct federation *f, size_t i,
                                uint8_t out[CHECKPOINT_SIGNED_BYTES]);

/* How much of this organisation's feed is here: feed_epoch, size and root of its tree. False if it
 * is not in the member list. */
bool federation_head(const struct federation *f, const uint8_t author[AUTHOR_BYTES],
                     struct accepted *out);

/* The own feed's size, and whether this node may sign: enough always-on nodes confirmed its head.
 */
struct standing {
    bool may_sign;
    bool is_behind;    /* somebody knows a newer checkpoint of ours */
    bool is_disputed;  /* our key signed two histories: it signs nothing more */
    bool is_twin;      /* another node works with our key */
    bool is_rejoining; /* restored: nothing is served or consulted yet */
    uint32_t needed;   /* always-on nodes that have to answer, this one counted if it is one */
    uint32_t answered;
    uint64_t size;
    uint64_t seq;
    uint32_t feed_epoch;
};
void federation_standing(const struct federation *f, struct standing *out);

/* A mark as it is now: what federation_load_mark gave, or what became of it. */
uint64_t federation_mark(const struct federation *f, enum mark mark);

/* How many peers hold entry index of the own feed durably. */
uint32_t federation_held_by(const struct federation *f, uint64_t index);

/* Evaluations this node has left today at a keyholder of its own, as that keyholder counts: the
 * budget minus what it was charged; for status. What others charged is known from their answers. */
struct budget_status {
    uint8_t keyholder[AUTHOR_BYTES];
    bool is_up;
    uint32_t asked_today; /* points this node sent there today */
    uint32_t budget;
};
size_t federation_budgets(const struct federation *f, int64_t now_utc, struct budget_status *out,
                          size_t max);

/* What the notices of a member say, and what this node charged, as a keyholder: the newest open
 * allowances first. */
enum { ALLOWANCES_OPEN_MAX = 8 }; /* of one member that are counted at one time */
struct allowance_status {
    size_t count;
    struct {
        uint64_t index; /* of the notice in the member's feed */
        uint32_t until_day;
        uint32_t left; /* elements, here */
        bool is_explained;
    } open[ALLOWANCES_OPEN_MAX];
    uint32_t cap_left; /* what the member list lets all of them have, still */
    uint32_t left;     /* that this node would evaluate now, beyond the budget of the day */
    uint32_t overdue;  /* allowances that should have been explained by now */
    uint64_t overdue_index;
    uint32_t overdue_day; /* until which the oldest of them should have been */
};
/* False if it is not in the member list. */
bool federation_allowance(struct federation *f, const uint8_t author[AUTHOR_BYTES],
                          struct allowance_status *out);

/* A share that this node holds, without what is secret of it. */
struct share_status {
    uint32_t key, epoch, refresh;
    uint32_t index;
    uint8_t commitment[POINT_BYTES]; /* share * G */
    int64_t received_utc;            /* 0: not known yet */
    bool is_listed;                  /* the member list has its sharing */
    bool is_active;                  /* and this share in it: it answers */
    int64_t until_utc;               /* is_listed: as the member list says */
};
size_t federation_share_count(const struct federation *f);
void federation_share_status(const struct federation *f, size_t i, struct share_status *out);

/* ---- Key ceremonies (ceremony.c) ---- */

enum { CEREMONIES_MAX = 8 }; /* that are known at one time */

enum ceremony_state {
    CEREMONY_OPEN = 1,  /* under way */
    CEREMONY_AGREED,    /* all confirmed one result */
    CEREMONY_ADOPTED,   /* and it is in the member list */
    CEREMONY_ENDED,     /* its proposer ended it */
    CEREMONY_OVER,      /* its time is over */
    CEREMONY_DISPUTED,  /* a closing is wrong, or a confirmation differs: it cannot end well */
    CEREMONY_IMPOSSIBLE /* too few are left, or the member list has changed */
};

/* One of those who take part, and why it is awaited or left out. */
struct ceremony_place {
    uint8_t author[AUTHOR_BYTES];
    bool is_in;                /* still takes part */
    bool is_awaited;           /* something of it is awaited now */
    enum ceremony_step awaits; /* what, if so */
    int64_t awaited_since_utc; /* since when, by this node's clock: its patience counts from then;
                                  0: not known */
    enum err reason; /* ERR_PROOF it said something wrong; ERR_UNAVAILABLE, and not is_in: it was
                        silent; else OK */
};

struct ceremony_status {
    uint8_t id[HASH_BYTES];
    uint8_t proposer[AUTHOR_BYTES];
    struct ceremony_proposal proposal;
    enum ceremony_state state;
    unsigned phase;   /* closings so far, up to ceremony_phases */
    bool is_joined;   /* this node takes part */
    bool is_ours;     /* this node is named in the proposal */
    bool is_left_out; /* it was, and the others go on without it */
    size_t count;
    struct ceremony_place place[CEREMONY_PEOPLE_MAX]; /* in the order of the proposal */
    bool has_result; /* agreed on, or so far as computed here: see confirmed */
    struct ceremony_result result;
    uint8_t transcript[HASH_BYTES];
    size_t confirmed; /* how many of those who take part confirmed this transcript */
    struct {
        uint8_t author[AUTHOR_BYTES];
        uint8_t signature[SIGNATURE_BYTES];
    } signer[CEREMONY_PEOPLE_MAX];
};
size_t federation_ceremony_count(const struct federation *f);
/* Fills in what is known of ceremony i, of those the newest last. */
void federation_ceremony_status(const struct federation *f, size_t i, struct ceremony_status *out);

#endif
