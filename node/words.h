/*
 * words.h - what the codes of the control protocol say to people.
 *
 * The node sends codes, never sentences; here they become sentences in the person's language. Where
 * another module holds the English text in a table, that text is what is translated.
 */
#ifndef NODE_WORDS_H
#define NODE_WORDS_H

#include <jansson.h>
#include <stdint.h>

#include "protocol/identifier.h"

/* Results are borrowed for ever. An unknown code gives a general text, or itself. */

/* What is wrong with a field, going on from its name; for faults of the control protocol. */
const char *words_fault(const char *fault);

/* The short stable name of a fault ("document-form"); out, cut at cap. */
const char *words_fault_name(enum field_fault fault, char *out, size_t cap);

/* Why a consult did not see everything, as a clause. */
const char *words_gap(const char *gap);

/* What an error says of its subject ("lacks valid signatures of enough stewards"). */
const char *words_error(const char *error);

/* "document", "name and date of birth" ... */
const char *words_kind(const char *kind);

/* The answer of a consult, a role and a status of the member list, each by its stable name. */
const char *words_answer(const char *answer);
const char *words_role(const char *role);
const char *words_status(const char *status);

/* The kinds of one match or registration, with commas between them; what goes without saying is
 * left out: a name as spelt that agrees sounds alike too. */
void words_kinds(const json_t *kinds, char *out, size_t cap);

/* Several of them with commas between them: names is a JSON array of stable names. */
void words_list(const json_t *names, const char *(*word)(const char *name), char *out, size_t cap);

/* For such a list of what is no code: itself. */
const char *words_same(const char *text);

/* "NL-KVK-1: cannot be reached, NL-KVK-2: ..." of a detail "NL-KVK-1=unavailable NL-KVK-2=...". */
void words_detail(const char *detail, char *out, size_t cap);

/* Says on stderr why the node did nothing, and the mend; end is its last answer. */
void words_refusal(const json_t *end);

/* Members of a JSON object; "" and 0 where they are missing. */
const char *words_text(const json_t *object, const char *name);
long long words_number(const json_t *object, const char *name);

/* How much must be freed, of the object "disk" of a status, until the disk is no longer full. */
long long words_room_needed(const json_t *disk);

#endif
