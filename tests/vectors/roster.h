/*
 * roster.h - one member list from beginning to end: the genesis of three organisations, two
 * stewards who both must sign, and the 2-of-3 key of tests/vectors/pseudonym.h; and the Opening
 * with which the first organisation begins a connection under it. In hexadecimal. The specification
 * quotes it. Computed with a second implementation, written from protocol/README.md alone.
 */
#ifndef TESTS_VECTORS_ROSTER_H
#define TESTS_VECTORS_ROSTER_H

enum { ROSTER_VECTOR_STEWARDS = 2 };

/* Ed25519 seeds (RFC 8032), and what these stewards sign the document with. */
static const char *const roster_vector_seed[ROSTER_VECTOR_STEWARDS] = {
    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f",
    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
};
static const char *const roster_vector_signature[ROSTER_VECTOR_STEWARDS] = {
    "33df42a82cff7400737dd6c8faa387cce3d9058a9cd64307179d0f58caf14cda4e41519f49fe08c2"
    "fd46d3a0550b238c0de03130cc49ecb432e4c426c2d7650d",
    "a9013129dab8e6cd7798fba97cd646af9b4182d51b027f883b7509844d31715d9ed58e5cc7521fb9"
    "44e1858e38af641998408730e2c4efbb85eea73ebea00a0c",
};

static const char roster_vector_document[] =
    "08011a124578616d706c652066656465726174696f6e2080f2d6ca062880affacb063220174553b4"
    "56dddfc6908ecab1c101fe6ab21e2baa0617795b7d43a63482993fd53220cd14b37f956e953194ff"
    "7fb73b3d81dcc561d61a7538094b7c3e1a643ee5f3aa380242700a0f4e4c2d4b564b2d3431313938"
    "363737120f496e76656e7465642052656c6965661a024e4c22202543b92ff1095511476adc8369db"
    "6ddc933665a11978dda1404ee1066ca9559d2a20bc7c179bfd56a879f5b53d1fc4d8799b4fbc650e"
    "f77fcb44184830d1609c0393300338014001426c0a0f58492d494154492d4558414d504c45120b45"
    "78616d706c65204169641a024e4c22204fd099ccd47d7893dfe9ec24414ecb0d9b5420232aad30d9"
    "1c465be33cbe65c42a20c7d4f23da1f2dd7315639ba4b35ebd8852c290f13099e11d1bbad1ab8131"
    "4d13300338014001426b0a0e58492d494154492d53414d504c45120b53616d706c6520436172651a"
    "024e4c2220dde3bccec7f3a66a1115f45d720f4dc135c3ae7c4e22dca38fdb1efd6a495ff82a2062"
    "8c77e78ffa48e80e361620ec237c9308d61cd61f4076322ad875e3cc39221b3003380140014a8002"
    "0801100120022a207e106329c4b9a32f65faa255b14827564030f8d699d4d248d0c6d454c206924c"
    "3246080112203e75f1165ed5c8b35938a8bda6df386ed616c34644ec48aa648297b72c5a25a21a20"
    "f6546793f5e4359d00b0565f51b3d23533c2d77cc08c3664a4785a5804db5e463246080212209d28"
    "3461a977d8585b53573d58dfca517b3386630739c64e6b3d8ff09a45e8051a2058424c2c8a90e0ef"
    "d1ad2bdd47f4f0051fd925e847ad9cf76078f77ae5f3271f3246080312203f88c679d0b3075185da"
    "d52ff928bf61479b0ac92144c33c32b36f76e838c0381a204e63e3258ce7cef4f45ad288a6b38019"
    "2e51ad86bbdb95fab18243ecaee0157a520a08a20e1080201880a305";
static const char roster_vector_hash[] =
    "f55e48ec7c1d2d6122e320c39dca42da0fed41de31489e2ccad86360032c1944";
static const char roster_vector_fingerprint[] =
    "YNF4-HV3W-3MPP-28Q3-431S-VJJ2-V87Y-TGEY-6549-WB6A-V1HP-00SC-3520";

/* The whole frame. */
static const char roster_vector_opening[] =
    "0a6c080110011a20f55e48ec7c1d2d6122e320c39dca42da0fed41de31489e2ccad86360032c1944"
    "22203e75f1165ed5c8b35938a8bda6df386ed616c34644ec48aa648297b72c5a25a228013220f55e"
    "48ec7c1d2d6122e320c39dca42da0fed41de31489e2ccad86360032c1944";

#endif
