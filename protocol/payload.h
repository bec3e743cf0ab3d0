/*
 * payload.h - what every payload begins and ends with: a version byte, and padding of zeros.
 *
 * Pure.
 */
#ifndef PROTOCOL_PAYLOAD_H
#define PROTOCOL_PAYLOAD_H

#include "proto/bytes.h"
#include "proto/err.h"

enum { PAYLOAD_VERSION = 1 };

/* Reads the version byte. Returns ERR_TRUNCATED where there is none, ERR_VERSION for another than
 * PAYLOAD_VERSION: the entry is then kept as opaque. */
MUST_CHECK enum err payload_start(struct unpack *u);

/* After the fields: ERR_TRUNCATED if a read ran short, ERR_FORMAT if what is left is not zero. */
MUST_CHECK enum err payload_end(const struct unpack *u);

/* Whether all bytes are zero; of none, yes. */
bool payload_is_padding(struct bytes rest);

#endif
