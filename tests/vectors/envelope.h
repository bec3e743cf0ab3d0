/*
 * envelope.h - one sealed letter and one receipt, in hexadecimal. The specification quotes them.
 * Computed with a second implementation, written from the layouts and the RFCs alone.
 */
#ifndef TESTS_VECTORS_ENVELOPE_H
#define TESTS_VECTORS_ENVELOPE_H

#include <stdint.h>

enum { VECTOR_INDEX = 7, VECTOR_EXPIRES = 20544, VECTOR_CREATED = 1767315600, VECTOR_BYTES = 4048 };

static const char vector_sender[] =
    "3e75f1165ed5c8b35938a8bda6df386ed616c34644ec48aa648297b72c5a25a2";
static const char vector_recipient[] =
    "9d283461a977d8585b53573d58dfca517b3386630739c64e6b3d8ff09a45e805";
static const char vector_feed_seed[] =
    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
static const char vector_prekey_secret[] =
    "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";
static const char vector_prekey[] =
    "605a725d2a4adfeeb1a29e17edd621c1b7593ee8cdbc44ac6c4ab6e2f805d23c";
static const char vector_ephemeral_secret[] =
    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf";
static const char vector_nonce[] = "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7";
static const char vector_id[] = "101112131415161718191a1b1c1d1e1f";
static const char vector_subject[] = "Question";
static const char vector_text[] = "Do you know more? Groetjes, Zo\xc3\xab";

/* Of the payload: its beginning, its end, and BLAKE2b-256 of all of it. */
static const char vector_first[] =
    "01dc2cca31e8e43bbd91dff7e475cca3347eb478107d5bd765aba4ae4a30c35d44"
    "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7"
    "00f79e09c9395fdfc6ffc5e2fad2400e7582e83d657a221720e313a579bcbdf351a59652a43b07";
static const char vector_last[] =
    "0b29ce46552a381cac6761442d4102f5330695b2156f562233d4d421a6ad2e10";
static const char vector_hash[] =
    "6635dc003d577456a96b04f80b4145d0d13bad60163f09a8ca247ac2e8e045c0";

/* The recipient's receipt for it: delivered. */
static const char vector_receipt_seed[] =
    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f";
static const char vector_receipt[] =
    "813fbd3a3abd3760498ba0c210fa00dfb76f0536330b82e33b3274e602101763"
    "1a972ceea82129837ed4969bc16009beb45a7fe920e66bffb40d68fc83c2db01";

#endif
