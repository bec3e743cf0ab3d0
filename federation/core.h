/*
 * core.h - what the parts of the core share. Only files of federation/ include it.
 *
 * The parts call one another only through the functions below. Every part changes the state in its
 * own corner; struct feed is shared by pull, ingest, serve and author.
 */
#ifndef FEDERATION_CORE_H
#define FEDERATION_CORE_H

#include "federation/state.h"

/* ---- core.c: shared by all parts ---- */
struct roster *core_roster(struct federation *f);
struct feed *core_feed(struct federation *f, const uint8_t author[AUTHOR_BYTES]);
struct feed *core_own_feed(struct federation *f);
uint32_t core_today(const struct federation *f);
/* The same, but no later than the day after the newest checkpoint of any other active member: a
 * clock that is far ahead must not make this node forget or renew anything. */
uint32_t core_sober_day(struct federation *f);
/* The same as a time: now, but at most a day after the newest checkpoint of any other active
 * member. */
int64_t core_sober_utc(struct federation *f);
/* Whether keyholders answer for a sharing now, by that time. False for NULL. */
bool core_key_serves(struct federation *f, const struct roster_key *k);
/* The median of the active members' newest checkpoint times; 0 for none. What is done for good is
 * done when this and the own clock are past its time: no single clock does it. */
int64_t core_median_utc(struct federation *f);
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

/* ---- shares.c ---- */
/* The share with these numbers, pending or active; NULL if there is none. Borrowed until a share is
 * put or dropped; secret. */
const struct held_share *shares_find(struct federation *f, uint32_t key, uint32_t epoch,
                                     uint32_t refresh);
/* The share that answers for a sharing of the member list in force, and our commitment to it there;
 * NULL (both) if we hold none. Borrowed likewise. */
const struct held_share *shares_active(struct federation *f, const struct roster_key *k,
                                       const uint8_t **commitment);
/* Keeps a share and has it persisted; received_utc 0 becomes now. It answers once the member list
 * has its sharing with our commitment to it, and replaces a pending one with its numbers. ERR_RANGE
 * or ERR_SCALAR for one that cannot be used; ERR_DUPLICATE where another one with these numbers
 * answers; ERR_FULL for more than SHARES_MAX, or where the effects have no room. Nothing is changed
 * then. */
MUST_CHECK enum err shares_put(struct federation *f, const struct held_share *share,
                               struct effects *out);
/* Wipes a pending share; one that answers stays, and one that is not there is nothing. */
void shares_drop(struct federation *f, uint32_t key, uint32_t epoch, uint32_t refresh,
                 struct effects *out);
/* Wipes what is over, and notes what came into the member list. */
void shares_review(struct federation *f, struct effects *out);

/* ---- allowance.c ---- */

/* Parts of a request that are charged to allowances. */
struct surge {
    size_t count;
    struct {
        uint64_t index;
        uint32_t elements;
    } part[ALLOWANCES_OPEN_MAX];
};
/* What a member's allowances come to on a day. */
void allowance_look(struct federation *f, const struct feed *member, uint32_t day,
                    struct allowance_status *out);
/* Which allowances give so many elements. ERR_BUDGET if they do not. Nothing is charged yet. */
MUST_CHECK enum err allowance_take(struct federation *f, const struct feed *member, uint32_t day,
                                   uint32_t count, struct surge *out);
void allowance_charge(const struct feed *member, uint32_t day, const struct surge *s,
                      struct effects *out);
/* Once a day: reports what is not explained, and lets go of old requests. */
void allowance_tick(struct federation *f, struct effects *out);

/* ---- totals.c ---- */
void totals_event(struct federation *f, const struct event *ev, struct effects *out);
void totals_on_ask(struct federation *f, struct link *l, const Seinpost__TotalsAsk *m,
                   struct effects *out);
void totals_on_answer(struct federation *f, struct link *l, const Seinpost__TotalsAnswer *m,
                      struct effects *out);
void totals_tick(struct federation *f, struct effects *out);

/* ---- factors.c ---- */
/* What is written down of a batch that is charged. */
struct charge {
    const uint8_t *request; /* 16 */
    const uint8_t *purpose; /* HASH_BYTES */
    uint8_t hash[HASH_BYTES];
    uint32_t count;
    struct surge surge; /* what of them is charged to allowances */
};
/* Whether a member may have so many elements more multiplied by the factor of a key period:
 * ERR_BUDGET if not. */
MUST_CHECK enum err factors_check(struct federation *f, struct feed *member, uint32_t epoch,
                                  uint32_t count);
void factors_charge(struct federation *f, const struct feed *member, uint32_t epoch,
                    const struct charge *c, struct effects *out);

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

/* ---- ceremony.c: the operator, and each second ---- */
void ceremony_event(struct federation *f, const struct event *ev, struct effects *out);
void ceremony_tick(struct federation *f, struct effects *out);
/* An entry of that type was taken into the archive, or is gone from it. */
void ceremony_note(struct federation *f);
/* Looks at all entries and judges them. */
void ceremony_review(struct federation *f);

/* ---- ceremony_facts.c ---- */
void ceremony_scan(struct federation *f);
/* NULL where there is none. */
struct ceremony *ceremony_find(struct federation *f, const uint8_t id[HASH_BYTES]);
struct ceremony_mind *ceremony_mind_of(struct federation *f, const uint8_t id[HASH_BYTES]);
/* Its place in the proposal; p.count if it has none. */
size_t ceremony_place_of(const struct ceremony *c, const uint8_t author[AUTHOR_BYTES]);
/* Whether one that this organisation proposed is under way. */
bool ceremony_has_open(struct federation *f, const uint8_t proposer[AUTHOR_BYTES]);

/* ---- ceremony_judge.c ---- */
void ceremony_judge(struct federation *f, struct ceremony *c);
bool ceremony_deals(const struct ceremony *c, size_t i);
bool ceremony_receives(const struct ceremony *c, size_t i);
enum dealing_kind ceremony_dealing_kind(const struct ceremony *c, size_t round);
struct dealing_place ceremony_dealing_place(const struct ceremony *c, size_t i, size_t round);
/* What a dealing of i is held against: out, or NULL where the kind has nothing. */
const struct dealing_base *ceremony_base(const struct ceremony *c, size_t i, size_t round,
                                         struct dealing_base *out);
/* The dealings of a round that count. */
void ceremony_set(const struct ceremony *c, size_t round, struct dealing_set *out);
/* How many complain of a dealer; and what became of one complaint: OK where there is none or the
 * answer fits, ERR_UNAVAILABLE without an answer, else what is wrong with it. */
size_t ceremony_complaints(const struct ceremony *c, size_t dealer, size_t round);
enum err ceremony_answered(const struct ceremony *c, size_t dealer, size_t receiver, size_t round);
/* Whether these are enough to go on with. */
bool ceremony_is_enough(const struct ceremony *c, const bool *is_in);
/* Whether a participant will not speak any more: it withdrew, or is not active. */
bool ceremony_is_gone(struct federation *f, const struct ceremony *c, size_t i);
/* Whether something of it is awaited now, and what. */
bool ceremony_awaits(const struct ceremony *c, size_t i, enum ceremony_step *what);

/* ---- ceremony_act.c ---- */
void ceremony_act(struct federation *f, struct ceremony *c, struct effects *out);
enum err ceremony_say(struct federation *f, const struct ceremony_entry *e, struct effects *out);
/* Persists a mind, or wipes it here and on disk. */
void ceremony_remember(struct federation *f, const struct ceremony_mind *m, struct effects *out);
void ceremony_forget(struct ceremony_mind *m, struct effects *out);
/* What this node's join commits to: zeros where it does not deal. */
void ceremony_promise(struct federation *f, const struct ceremony *c, const struct ceremony_mind *m,
                      uint8_t out[HASH_BYTES], enum err *result);

/* ---- ceremony_close.c ---- */
void ceremony_close(struct federation *f, struct ceremony *c, struct effects *out);

/* ---- asker.c ---- */
void asker_event(struct federation *f, const struct event *ev, struct effects *out);
void asker_on_evaluated(struct federation *f, struct link *l, const Seinpost__Evaluated *m,
                        struct effects *out);
void asker_on_refusal(struct federation *f, struct link *l, const Seinpost__Refusal *m,
                      struct effects *out);
void asker_tick(struct federation *f, struct effects *out);
/* A connection fell: what was asked over it is asked again, of the same or another. */
void asker_link_down(struct federation *f, uint32_t link, struct effects *out);
/* The member list has changed: what is asked of sharings that are over begins again. */
void asker_review(struct federation *f, struct effects *out);

#endif
