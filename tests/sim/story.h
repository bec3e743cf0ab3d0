/*
 * story.h - one run of the simulator: what a seed's plan says, done to a world of unchanged cores.
 *
 * Safety: faults come, people work, and after every step what must never happen has not happened.
 * Liveness: faults stop, and all honest nodes come to hold the same. A run that fails says why on
 * standard error and ends the process; campaign.h runs each seed where that does no harm.
 */
#ifndef TESTS_SIM_STORY_H
#define TESTS_SIM_STORY_H

#include "tests/sim/plan.h"

enum { CONSULTS_MAX = 64, DUES_MAX = 2048, LETTERS_MAX = 64, PERSONS = 4 };

/* An entry that somebody's own people were told is there. */
struct deed {
    uint64_t index;
    uint32_t number; /* of its tag; 0 none */
    uint32_t expires_day;
    uint8_t type;
    bool is_pending; /* the commit did not return yet */
    bool is_retracted, is_erased;
    bool is_unsure; /* a crash may have taken that back */
    /* Of somebody who is asked about: whose tag it is. */
    uint32_t person_plus_one, epoch;
    uint8_t counter;
};

/* All that is known of one author. */
struct book {
    struct deed *deeds;
    size_t count;
    uint8_t (*commits[2])[32]; /* of the entries of a feed_epoch, as some honest node stored them */
    size_t commit_count[2];
    size_t commit_room[2];
    bool is_exempt;    /* it runs twice with one key: it may contradict itself */
    bool is_suspended; /* by the newest member list */
    bool has_new_key;
    bool has_second;   /* a second key of it is ready */
    bool is_shortened; /* a list ended its feed: what came after need not be there */
    bool was_restored;
    bool may_jump, has_jumped;
    uint8_t counters[PERSONS]; /* used for tags */
    bool was_behind;           /* its clock was years behind */
};

struct consult {
    size_t node;
    uint64_t ticket;
    uint64_t life; /* starts of the node when it asked */
    uint32_t person;
    bool is_over;
    uint64_t asked_ms;
    bool is_answered;
    uint32_t epoch; /* of the pseudonym that it got */
};

struct letter {
    size_t from, to;
    uint64_t index, life;
    bool is_pending;
    uint32_t number; /* of its id */
    uint64_t day;    /* days that had passed when it was written */
};

/* What a node asked about its own head since it started, and who has answered that. */
struct heard {
    uint64_t life;
    uint8_t nonce[32];
    bool has_answered[WORLD_NODES_MAX];
};

/* How many questions of one connection were answered in a minute. */
struct answers {
    uint32_t link, count;
    uint64_t since_ms;
};

/* Something that was begun, and ends then. */
struct due {
    uint64_t at_ms;
    enum fault what;
    size_t a, b;
    uint32_t left; /* of a flap */
    bool is_on;    /* of a flap: apart now */
};

struct story {
    struct plan plan;
    struct world *w;
    struct dice work, bad;
    struct book books[PLAN_NODES_MAX];
    struct consult consults[CONSULTS_MAX];
    size_t consult_count;
    struct letter letters[LETTERS_MAX];
    size_t letter_count;
    struct due dues[DUES_MAX];
    size_t due_count;
    uint8_t parted[WORLD_NODES_MAX][WORLD_NODES_MAX]; /* how often */
    uint64_t lives[WORLD_NODES_MAX];                  /* starts so far */
    struct heard heard[WORLD_NODES_MAX];
    uint64_t up_ms[WORLD_NODES_MAX]
                  [PLAN_NODES_MAX]; /* when a connection with that one came up last */
    /* In this life: when a proof against that one was stored; 0 not. */
    uint64_t proof_ms[WORLD_NODES_MAX][PLAN_NODES_MAX];
    bool has_imported;
    struct answers answered[WORLD_NODES_MAX][PLAN_NODES_MAX];
    uint64_t days;                   /* that passed in leaps */
    uint32_t numbers;                /* drawn for tags */
    struct shelf *backup;            /* of a node, taken earlier */
    size_t backup_of, twin, twin_of; /* SIZE_MAX: none */
    size_t rosters;
    bool is_rival_open; /* two lists of one version are about, and none that names both */
    size_t suspended;   /* now; SIZE_MAX: nobody */
    size_t jumped;
    bool is_calm; /* faults have stopped */
    uint64_t fault_count;
    uint64_t acked;
};

/* What a run was. */
struct story_result {
    uint8_t sum[32];
    uint64_t virtual_ms, steps, faults, acked, consults;
    uint64_t fault[FAULT_COUNT];
};

/* Runs a plan from the beginning to the end; is_told: with the whole trace on standard output. */
void story_run(const struct plan *p, bool is_told, struct story_result *out);

/* Ends the process: what was promised did not hold. */
_Noreturn void story_fail(const struct story *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void story_say(const struct story *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An honest node of the plan; not a twin. */
bool story_is_honest(const struct story *s, size_t node);
/* The same, and in the newest member list as active. */
bool story_is_in(const struct story *s, size_t node);
/* Whose feed a node writes. */
size_t story_author(const struct story *s, size_t node);

/* ---- work.c: what people do ---- */
void work_one(struct story *s);
/* The pseudonym of a person in a key period, from the key that no node has. */
void work_truth(const struct story *s, uint32_t person, uint32_t epoch, uint8_t n[32]);
/* The tag that an entry was published with; false if it has none. */
bool work_tag(const struct story *s, size_t author, const struct deed *d, uint8_t tag[16]);
/* Answers that came; what a commit returned for, or a crash took. */
void work_look(struct story *s);
void work_committed(struct story *s, size_t node);
void work_lost(struct story *s, size_t node);
void work_last_import(struct story *s);
/* After the faults: every honest member registers something. */
void work_last(struct story *s);
/* One consult each of some members, to the end. */
void work_last_consults(struct story *s);

/* ---- faults.c: what goes wrong ---- */
void fault_one(struct story *s, uint64_t count[FAULT_COUNT]);
void fault_dues(struct story *s);
/* Everything that is wrong is put right. */
void fault_stop(struct story *s);
/* When all is calm: stewards sign two lists, and everybody comes to know. */
void fault_rival_in_calm(struct story *s);

/* ---- judge.c: what must hold ---- */
/* From now on after every step. */
void judge_begin(struct story *s);
/* judge_acts.c: what a node may do in one step, by what came and what it has on disk. */
void judge_acts(struct story *s, size_t node, const struct event *ev, const struct effects *out);
/* Whether proofs came to those who were there. */
void judge_told(struct story *s);
/* All that can be looked at in the middle of things. */
void judge_now(struct story *s);
/* Whether all honest nodes hold the same and nothing is under way; if not, why says what. */
bool judge_is_calm(struct story *s, char *why, size_t cap);
/* What must hold at the end. */
void judge_end(struct story *s);
/* A list ends an author's feed with what node at holds of it. */
void judge_new_chapter(struct story *s, size_t author, size_t at);

#endif
