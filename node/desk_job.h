/*
 * desk_job.h - shared by the parts of the desk alone.
 *
 *     desk.c          requests, member lists
 *     desk_list.c     the list of what was registered
 *     desk_correct.c  amending, retracting, erasing
 *     desk_alert.c    alerts about partners; desk_watch.c  the private watch-list
 *     desk_job.c      one bulk of people: reading rows, evaluating them chunk by chunk
 *     desk_publish.c  what becomes of an evaluated publication
 *     desk_consult.c  what becomes of an evaluated consult
 *     desk_ceremony.c what the core remembers of key ceremonies; desk_keys.c  requests about them
 *     desk_account.c  records of asking, and what keyholders say of it
 *     desk_allowance.c  what is asked beyond the daily budget
 *     desk_carry.c    registrations carried over to a new key period
 *     desk_post.c     messages to and from other organisations
 *     desk_witness.c  daily checkpoints, and who saw the same
 *     desk_evidence.c proofs of contradictions, and whole feeds, as files
 *     desk_backup.c   a copy of the store for a backup; leave to sign unconfirmed
 *
 * A job: rows are read and checked; chunks of up to EVALUATION_POINTS_MAX match keys go to the
 * core, a few at a time; when all are back the job finishes, a slice of rows in each turn of the
 * loop.
 */
#ifndef NODE_DESK_JOB_H
#define NODE_DESK_JOB_H

#include "node/asking.h"
#include "node/desk_seal.h"
#include "node/node.h"
#include "protocol/correction.h"
#include "protocol/matchkey.h"

enum {
    DESK_JOBS_MAX = 8,
    DESK_ROWS_MAX = 100000,
    CHUNKS_MAX = 3, /* of one job under way at a time */
    CONSULT_SLICE = 128,
    PERIODS_MAX = 4, /* key periods that are answered at one time */
};

enum job_kind { JOB_PUBLISH = 1, JOB_CONSULT, JOB_AMEND };

/* What a registration or an alert began with, and the version of it that is there now. */
struct desk_target {
    uint64_t original, current;
};

/* An own entry. */
struct desk_entry {
    struct store *store;
    const uint8_t *author;
    enum entry_state state;
    uint32_t expires_day;
    /* where it is held */
    uint8_t type;
    bool is_alert;
    uint32_t written_day;
    struct lineage lineage;
    enum force force;
};

/* One person. */
struct row {
    json_int_t line;
    const char *ref; /* borrowed from the request */
    json_t *fields;  /* borrowed likewise; gone once evaluated */
    uint32_t expires_day;
    bool is_bad;                  /* left out */
    enum err result[PERIODS_MAX]; /* of the evaluation in each key period of the job */
    size_t count;                 /* match keys */
    uint8_t *kinds;
    uint8_t (*n)[32];                /* count of the first key period, then count of the next */
    struct field_problems *problems; /* consult: shown as warnings */
    /* publish: what was chosen */
    uint64_t index;
    uint8_t *counters; /* COUNTERS: left out */
};

struct chunk {
    uint64_t ticket; /* 0: unused */
    size_t first, rows;
    struct asking asking;
    size_t pass; /* which key period */
};

/* Key periods in which registrations can match, the one in use first. */
struct periods {
    size_t count;
    uint32_t epoch[PERIODS_MAX];
};

struct desk_job {
    enum job_kind kind; /* 0: unused */
    uint64_t client;
    bool is_abandoned; /* the client went away */
    bool skip_bad;
    json_t *request;
    struct row *rows;
    size_t row_count;
    struct periods periods; /* those it is evaluated in; to publish, the one in use alone */
    size_t pass, next;      /* first row not handed out yet, of which key period */
    bool has_failed[PERIODS_MAX];
    struct chunk chunks[CHUNKS_MAX];
    enum err failure; /* publish: what made it fail as a whole */
    char detail[512];
    size_t bad;
    struct desk_target target; /* JOB_AMEND */
    uint32_t written_day;      /* JOB_AMEND: of what is amended */
    size_t slice;              /* consult: next row to answer */
    size_t totals[4];
    json_t *after_commit; /* lines that may go only once everything is durable */
};

struct carry;

struct desk {
    struct node *node;
    struct carry *carry;
    uint8_t *key; /* locked memory */
    uint64_t next_ticket;
    struct desk_job jobs[DESK_JOBS_MAX];
    /* answers of the core to a step that the desk is in */
    enum err appended;
    uint64_t appended_first;
    uint64_t roster_client; /* 0: nobody waits */
    enum err roster_result;
    struct verify *verify;      /* NULL: none under way */
    struct desk_backup *backup; /* likewise */
    struct desk_audit *audit;   /* likewise */
    /* lines of small requests that wait for the commit */
    struct {
        uint64_t client;
        json_t *line;
    } waiting[CONTROL_CLIENTS_MAX];
    size_t waiting_count;
};

/* ---- desk.c ---- */
void desk_line(struct desk *d, uint64_t client, json_t *line);
/* {"end": {"ok": false, "error": ...}}, and the connection closes. */
void desk_refuse(struct desk *d, uint64_t client, const char *error);
/* A line, then the end of the connection. */
void desk_end(struct desk *d, uint64_t client, json_t *line);
/* The same, after the next commit. */
void desk_end_committed(struct desk *d, uint64_t client, json_t *line);
/* Appends entries in the current turn; they are durable at the next commit. */
enum err desk_append(struct desk *d, const struct draft *drafts, size_t count, uint64_t *first);
/* An error code as the control protocol names it. */
const char *desk_error_name(enum err e);

/* ---- desk_job.c ---- */
void job_start(struct desk *d, enum job_kind kind, uint64_t client, json_t *request);
void job_work(struct desk *d, struct desk_job *j);
/* Whether job_work can do something before anything else happens. */
bool job_is_busy(const struct desk *d, const struct desk_job *j);
void job_close(struct desk_job *j);
/* Text of a field of a row; empty if it is not there. */
struct bytes row_field(const struct row *r, const char *name);
/* {"field", "fault", "position"} of one problem. */
json_t *problem_json(const struct field_problem *p);
/* The key period in use, in which everything new is registered; 0 if there is none. */
uint32_t desk_epoch(const struct desk *d);
/* All that are answered now: while one takes the place of another, both. */
struct periods desk_periods(const struct desk *d);
bool periods_have(const struct periods *p, uint32_t epoch);
/* How many evaluations of the desk are under way. */
size_t desk_in_flight(const struct desk *d);

/* A job that amends the target with the one person of the request. Takes request. */
void job_amend(struct desk *d, uint64_t client, json_t *request, const struct desk_target *t,
               uint32_t written_day);

/* ---- desk_account.c ---- */
/* Draws the blinds' seed, commits to what is asked for, and keeps a record of it. */
MUST_CHECK enum err account_begin(struct desk *d, const struct desk_job *j, size_t elements,
                                  struct event *ev, struct asking *a);
/* What became of it; wipes *a. */
/* The same for what is carried over to a new key period: salt and seed follow from what is asked.
 */
MUST_CHECK enum err account_begin_carry(struct desk *d, size_t elements, const uint8_t salt[32],
                                        const uint8_t seed[32], struct event *ev, struct asking *a);
MUST_CHECK enum err account_end(struct desk *d, struct asking *a, enum err result);
/* Counts the people of a consult; warns the first time that a day becomes unusual. */
void account_asked(struct desk *d, const struct desk_job *j);
void audit_records(struct desk *d, uint64_t client, const json_t *request);
void audit_totals(struct desk *d, uint64_t client, const json_t *request);
void audit_alarms(struct desk *d, uint64_t client);
void audit_work(struct desk *d);
bool audit_is_busy(const struct desk *d);
void audit_client_gone(struct desk *d, uint64_t client);

/* ---- desk_allowance.c ---- */
/* The requests allowance-WHAT. */
void desk_allowance(struct desk *d, uint64_t client, const char *what, const json_t *request);

/* ---- desk_post.c ---- */
void post_send(struct desk *d, uint64_t client, const json_t *request);
void post_inbox(struct desk *d, uint64_t client, const json_t *request);
void post_inbox_delete(struct desk *d, uint64_t client, const json_t *request);
void post_outbox(struct desk *d, uint64_t client);

/* ---- desk_keys.c ---- */
/* The requests ceremonies, ceremony-WHAT and shares. */
void keys_shares(struct desk *d, uint64_t client);
void keys_list(struct desk *d, uint64_t client);
void keys_request(struct desk *d, uint64_t client, const char *what, const json_t *request);

/* ---- desk_list.c ---- */
void desk_list(struct desk *d, uint64_t client, const json_t *request);
struct desk_entry desk_look(struct desk *d, uint64_t index);

/* ---- desk_correct.c ---- */
void desk_erase(struct desk *d, uint64_t client, const json_t *request);
void desk_retract(struct desk *d, uint64_t client, const json_t *request);
/* Takes request. */
void desk_amend(struct desk *d, uint64_t client, json_t *request);
/* The own registration that a request names by index or reference. On failure the client has its
 * answer. */
bool desk_find_target(struct desk *d, uint64_t client, const json_t *request,
                      struct desk_target *out);
/* Why it cannot be amended, as the control protocol names it; NULL if it can. */
const char *desk_why_not_amend(struct desk *d, const struct desk_target *t, bool is_alert);
/* Retracts with the reason that the request names; answers the client. */
void desk_retract_target(struct desk *d, uint64_t client, const json_t *request,
                         const struct desk_target *t, bool is_alert);
/* Writes the new version at *first, *count entries in all, and after it the erasure of the one that
 * it replaces, with the tags that were made of that for a later key period. */
enum err desk_append_amended(struct desk *d, const struct desk_target *t, uint8_t type,
                             struct bytes content, uint32_t expires_day, uint64_t *first,
                             size_t *count);
/* The desk's record of an own entry; one with dates alone where there is none. The caller wipes it.
 */
void desk_record_of(struct desk *d, uint64_t index, struct desk_record *out);
/* The tags that a record's pseudonyms give, ascending; out has room for record->count. */
void desk_record_tags(const struct desk_record *record, const uint8_t author[AUTHOR_BYTES],
                      uint8_t *out);
/* The error of an append as the control protocol names it. */
const char *desk_append_error(enum err e);

/* ---- desk_alert.c, desk_watch.c ---- */
/* The requests alert-WHAT and watch-WHAT. */
void desk_alert(struct desk *d, uint64_t client, const char *what, const json_t *request);
void desk_watch(struct desk *d, uint64_t client, const char *what, const json_t *request);
/* The watched identifiers, as a JSON object of which they are the keys; NULL if the store failed.
 */
json_t *desk_watched(struct desk *d);
/* Checks the partner that a request names; on failure the client has its answer, and NULL. */
const char *desk_partner(struct desk *d, uint64_t client, const json_t *request);

/* ---- verify.c ---- */
void verify_request(struct desk *d, uint64_t client);
void verify_work(struct desk *d);

/* ---- desk_witness.c ---- */
void witness_request(struct desk *d, uint64_t client, const json_t *request);

/* ---- desk_evidence.c ---- */
void evidence_proofs(struct desk *d, uint64_t client, const json_t *request);
void evidence_feed(struct desk *d, uint64_t client, const json_t *request);

/* ---- desk_backup.c ---- */
void backup_request(struct desk *d, uint64_t client);
void backup_client_gone(struct desk *d, uint64_t client);
/* Ends a copy that is under way. */
void backup_stop(struct desk *d);
/* Takes away copies that were left behind. */
void backup_sweep(struct desk *d);
void resume_request(struct desk *d, uint64_t client);

/* ---- desk_publish.c ---- */
/* Checks the expiry date and, of a row that is not bad already, whether anything can be looked for;
 * reports to the client. */
bool publish_check(struct desk *d, struct desk_job *j, struct row *r);
/* Checks the date "expires" of a request. On failure the client has its answer. */
bool desk_check_expires(struct desk *d, uint64_t client, const json_t *request, uint32_t *day);
void publish_finish(struct desk *d, struct desk_job *j);
void publish_committed(struct desk *d, struct desk_job *j);

/* ---- desk_carry.c ---- */
struct carry *carry_new(void);
void carry_free(struct carry **c);
/* The requests "carry" and "carry-status". */
void carry_request(struct desk *d, uint64_t client, bool is_looking_only);
void carry_work(struct desk *d);
bool carry_is_busy(const struct desk *d);
/* Takes an evaluation that was asked for here; false if it is another's. */
bool carry_on_evaluated(struct desk *d, const struct effect *e);
void carry_client_gone(struct desk *d, uint64_t client);
size_t carry_in_flight(const struct desk *d);
/* The record of the evaluation with that ticket; NULL if it was not asked for here. */
struct asking *carry_asking(struct desk *d, uint64_t ticket);

/* ---- desk_consult.c ---- */
/* Answers the next slice; true when all rows are answered. */
bool consult_finish(struct desk *d, struct desk_job *j);

#endif
