/*
 * punycode.h - the letters of an internationalised domain label, from its ASCII form.
 *
 * People copy an address as xn--bcher-kva.example from one program and as bücher.example from
 * another. Only decoding is needed, since keys hold letters; a library for IDNA is not used, since
 * its tables change with its version and a key may not.
 *
 * Source: RFC 3492 sections 5 and 6.2; RFC 5890 section 2.3.2.1 (the prefix). Pure.
 */
#ifndef PROTOCOL_PUNYCODE_H
#define PROTOCOL_PUNYCODE_H

#include "proto/bytes.h"
#include "proto/err.h"

enum { PUNYCODE_BYTES_MAX = 63, PUNYCODE_UTF8_BYTES_MAX = 4 * PUNYCODE_BYTES_MAX };

/* Decodes what stands behind "xn--", in small letters, and writes it as UTF-8. ERR_FORMAT if it is
 * not Punycode, holds nothing but ASCII, or gives what is no code point; ERR_LIMIT for more than
 * PUNYCODE_BYTES_MAX bytes or if it does not fit. Nothing is written on error. */
MUST_CHECK enum err punycode_decode(struct bytes label, struct pack *out);

#endif
