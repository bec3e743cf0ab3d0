/*
 * pseudonym.h - one pseudonym from beginning to end: a key split 2-of-3, a match key of kind 1, the
 * subject, the blind of element 0, the answers and N. In hexadecimal; scalars and points in the
 * encodings of RFC 9496. The specification quotes it. Computed with a second implementation,
 * written from RFC 9380, RFC 9496 and RFC 9497 alone, that shares no code with this one.
 */
#ifndef TESTS_VECTORS_PSEUDONYM_H
#define TESTS_VECTORS_PSEUDONYM_H

enum { PSEUDONYM_T = 2, PSEUDONYM_N = 3, PSEUDONYM_KIND = 1 };

static const char pseudonym_public_key[] =
    "7e106329c4b9a32f65faa255b14827564030f8d699d4d248d0c6d454c206924c";

/* Of the keyholders with index 1, 2 and 3. */
static const char *const pseudonym_share[PSEUDONYM_N] = {
    "687006d890cfd82b62dde91d55584fb3e7d6a7acbce1ea4c9cb2eb2f2e72ee05",
    "8b73677161b12749e52d7615215d39a24567c14983f95a2559a53480fea26809",
    "ae76c80a32937666687e020ded612391a3f7dae64911cbfd15987dd0ced3e20c",
};
static const char *const pseudonym_commitment[PSEUDONYM_N] = {
    "f6546793f5e4359d00b0565f51b3d23533c2d77cc08c3664a4785a5804db5e46",
    "58424c2c8a90e0efd1ad2bdd47f4f0051fd925e847ad9cf76078f77ae5f3271f",
    "4e63e3258ce7cef4f45ad288a6b380192e51ad86bbdb95fab18243ecaee0157a",
};

/* An invented document number, "NL" and "SPECI2014"; this layer does not look inside. */
static const char pseudonym_match_key[] = "010100024e4c0009535045434932303134";

/* "seinpost/v1/subject" || kind || match key */
static const char pseudonym_subject[] = "7365696e706f73742f76312f7375626a656374"
                                        "01"
                                        "010100024e4c0009535045434932303134";

static const char pseudonym_blind_seed[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char pseudonym_blind[] =
    "1444da740ba00ef9b21cf89a1d4ee6427ab54ff5d0dad4a3d62ff5640994310b";
static const char pseudonym_blinded[] =
    "def70c185ed7ab19243335f642ee74c64ab135d301d97232bc58f874efc97b78";
static const char *const pseudonym_evaluated[PSEUDONYM_N] = {
    "f0baac572984dff7228f6b0d9ac17e2113e501b3461175961a8db5465b1bb46e",
    "18737df9688de82c5e8f8760ec7bcda08b75cfe0a1ef2856a253ea764a918a63",
    "daca525c713aba1b5f65b42bb3f2b53fb71fe38e49b38270d07355d84f81eb3f",
};
static const char pseudonym_n[] =
    "6ef7eb243ca39ea4d442014012fda8e83802294b09ad04ed763f71de9f6abb19";

#endif
