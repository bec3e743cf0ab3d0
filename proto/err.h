/*
 * err.h - the one list of ways in which somebody else's input can be wrong.
 *
 * Codes name what was found, not who is to blame; the caller knows where the input came from. Our
 * own bugs are assertions, never codes. Codes are stable numbers: they appear in the control
 * protocol and in logs, so new ones go at the end.
 */
#ifndef PROTO_ERR_H
#define PROTO_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))

/* clang-format off */
#define ERR_TABLE(X)                                                                                   \
    X(OK,               "ok",               "done")                                                    \
    X(ERR_TRUNCATED,    "truncated",        "ends before it is complete")                              \
    X(ERR_FORMAT,       "format",           "is not in the expected form")                             \
    X(ERR_RANGE,        "range",            "holds a number outside the permitted range")              \
    X(ERR_LIMIT,        "limit",            "is larger than the limit allows")                         \
    X(ERR_FULL,         "full",             "there is no room left; try again later")                  \
    X(ERR_VERSION,      "version",          "needs another version of the software")                   \
    X(ERR_SIGNATURE,    "signature",        "the signature does not verify")                           \
    X(ERR_PROOF,        "proof",            "the proof does not verify")                               \
    X(ERR_POINT,        "point",            "holds something that is not a usable group element")      \
    X(ERR_SCALAR,       "scalar",           "holds something that is not a canonical scalar")          \
    X(ERR_COMMIT,       "commit",           "the body is not the one that the header commits to")      \
    X(ERR_SEQUENCE,     "sequence",         "does not follow what is already held")                    \
    X(ERR_STALE,        "stale",            "is older than what is already held")                      \
    X(ERR_DUPLICATE,    "duplicate",        "is already there")                                        \
    X(ERR_NOT_FOUND,    "not-found",        "is not there")                                            \
    X(ERR_FORK,         "fork",             "contradicts what the same author signed before")          \
    X(ERR_QUORUM,       "quorum",           "lacks valid signatures of enough stewards")               \
    X(ERR_STRANGER,     "stranger",         "comes from someone who is not in the member list")        \
    X(ERR_UNAUTHORISED, "unauthorised",     "comes from a member that may not do this")                \
    X(ERR_BUDGET,       "budget",           "the daily allowance is used up")                          \
    X(ERR_EPOCH,        "epoch",            "belongs to another key period")                           \
    X(ERR_PASSPHRASE,   "passphrase",       "the passphrase does not open this file")                  \
    X(ERR_IO,           "io",               "could not be read or written")                            \
    X(ERR_UNAVAILABLE,  "unavailable",      "not enough of the others can be reached")
/* clang-format on */

enum err {
#define ERR_ENUM(code, name, text) code,
    ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
        ERR_COUNT
};

/* The short name of a code, as used in logs and JSON ("truncated"); "unknown" outside the list. */
const char *err_name(enum err e);

/* What a code says of its subject, in plain English ("ends before it is complete"); the screen
 * layer translates it. */
const char *err_text(enum err e);

#endif
