/*
 * feed.h - one small feed from beginning to end: the author of an org_id, tags, a signal and the
 * entry that erases it, their headers and leaves, and the two checkpoints that sign them. In
 * hexadecimal. The specification quotes it. Computed with a second implementation, written from the
 * layouts alone with another library's SHA-256, BLAKE2b and Ed25519.
 */
#ifndef TESTS_VECTORS_FEED_H
#define TESTS_VECTORS_FEED_H

#include <stdint.h>

static const char feed_org_id[] = "NL-KVK-41198677";
static const char feed_author[] =
    "3e75f1165ed5c8b35938a8bda6df386ed616c34644ec48aa648297b72c5a25a2";

/* N, for which any group element serves: the generator of ristretto255 (RFC 9496). */
static const char feed_n[] = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";
static const struct {
    uint32_t epoch;
    uint8_t kind, counter;
    const char *tag;
} feed_tags[] = {
    {1,         1,   0, "6177b546296e01a76117790810a62d4f"},
    {1,         1,   1, "e3ad8f984b0a56ecf1a10756c97ce32d"},
    {1,         1,   3, "dab365203050faffe819053ce619f5ed"},
    {1,         2,   0, "aed4a6828c636f2e566d8491db8344fd"},
    {2,         1,   0, "d40a06b94ea29c0915d4e078a515bc00"},
    {0x1020304, 255, 2, "6da210eae8e71d9e2ae59cecbad13efc"},
};

/* clang-format off */
/* Two entries. A body is given without its padding: zeros to 256 bytes. */
enum { FEED_BODY_BYTES = 256 };
static const struct {
    uint8_t type;
    uint32_t day, expires_day;
    uint64_t ref_plus_one;
    const char *salt, *payload, *body, *header, *leaf;
} feed_entries[] = {
    /* a signal with the tags of kinds 1 and 2, until day 22279 */
    {.type = 1,
     .day = 20454,
     .expires_day = 22279,
     .ref_plus_one = 0,
     .salt =
         "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     .payload =
         "01026177b546296e01a76117790810a62d4faed4a6828c636f2e566d8491db83"
         "44fd",
     .body =
         "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
         "0100000000004fe60000000000000000"
         "01026177b546296e01a76117790810a62d4faed4a6828c636f2e566d8491db83"
         "44fd",
     .header =
         "01000001000057070000000000000000"
         "b5ec3af14da1a576441c6b963a5f25458207a330862ff6dc858e263a7ef65def",
     .leaf =
         "243f2a95847df11225a2b1b119178907ae0438c347b6758fa2e7e535f6e6dadc"},
    /* erases entry 0 */
    {.type = 5,
     .day = 20455,
     .expires_day = 0,
     .ref_plus_one = 1,
     .salt =
         "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
     .payload =
         "01",
     .body =
         "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
         "0500000000004fe70000000000000001"
         "01",
     .header =
         "01000001000000000000000000000001"
         "8e65dabd7d95679da1178c54d7d57b3b6beb43f4d2e66df8e74750f149b2cb34",
     .leaf =
         "abf6a4d5d921b8f81369464c0a787c0f99a5305545b9140a7f5a27b7903d7984"},
};

/* clang-format on */

/* The feed key: its Ed25519 seed (RFC 8032) and public key. */
static const char feed_seed[] = "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
static const char feed_key[] = "2543b92ff1095511476adc8369db6ddc933665a11978dda1404ee1066ca9559d";

/* What the second checkpoint has seen: sequence number 7 of the organisation XI-IATI-EXAMPLE, in
 * feed_epoch 1, whose hash is here that of nothing. The first has seen nobody. */
static const char feed_seen_row[] =
    "9d283461a977d8585b53573d58dfca517b3386630739c64e6b3d8ff09a45e805"
    "000000010000000000000007"
    "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
/* clang-format off */
static const struct {
    uint64_t seq, size, time_utc;
    const char *root, *previous, *seen;
    const char *checkpoint; /* signed; 236 bytes */
    const char *hash;
} feed_checkpoints[] = {
    {.seq = 1,
     .size = 1,
     .time_utc = 1767225600,
     .root =
         "243f2a95847df11225a2b1b119178907ae0438c347b6758fa2e7e535f6e6dadc",
     .previous =
         "0000000000000000000000000000000000000000000000000000000000000000",
     .seen =
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     .checkpoint =
         "7365696e706f73742f76312f636b7074"
         "3e75f1165ed5c8b35938a8bda6df386ed616c34644ec48aa648297b72c5a25a2"
         "0000000100000000000000010000000000000001"
         "243f2a95847df11225a2b1b119178907ae0438c347b6758fa2e7e535f6e6dadc"
         "0000000000000000000000000000000000000000000000000000000000000000"
         "000000006955b900"
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
         "c769f51295ab9fe363afb565f97ef1550f8f5a499da5f45cb04a628f86b4f4f5"
         "8073a12575aa6628c33897165231a47ef90267100b2615afa709b9a1a4a05e0a",
     .hash =
         "1b0118699b4d9a61633334c2d1c721bd0bd3e41e8c530296200a0e7547f1fd13"},
    {.seq = 2,
     .size = 2,
     .time_utc = 1767315600,
     .root =
         "aeb5c7c68fa98c2b62160e2f30660ca971114713325a4a588ddbe2a14cb27bcb",
     .previous =
         "1b0118699b4d9a61633334c2d1c721bd0bd3e41e8c530296200a0e7547f1fd13",
     .seen =
         "fab8157f15271a3b08fa6bb0338ba0d33e2b9ea13723f122f418517127a869a5",
     .checkpoint =
         "7365696e706f73742f76312f636b7074"
         "3e75f1165ed5c8b35938a8bda6df386ed616c34644ec48aa648297b72c5a25a2"
         "0000000100000000000000020000000000000002"
         "aeb5c7c68fa98c2b62160e2f30660ca971114713325a4a588ddbe2a14cb27bcb"
         "1b0118699b4d9a61633334c2d1c721bd0bd3e41e8c530296200a0e7547f1fd13"
         "0000000069571890"
         "fab8157f15271a3b08fa6bb0338ba0d33e2b9ea13723f122f418517127a869a5"
         "187d4c6d2c00b61d6bf9ffbc52b8770d1e797798f82fcbc5760f4197e4b906f6"
         "50c038d14993179ca88ec3465120152a8aeb8cd02e64501d2fca63f5763d220a",
     .hash =
         "5a29dffb0c129815b7064c072dc1942e0616ebf1644ae5e6fdbb9514d8227341"},
};
/* clang-format on */

#endif
