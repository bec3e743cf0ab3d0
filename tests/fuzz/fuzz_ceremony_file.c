/*
 * fuzz_ceremony_file.c - results of key ceremonies as files, and what stewards make of them.
 *
 * The first byte: bit 0 makes the sum at the end right (so that what is before it is read), bit 1
 * has everybody in the last closing sign what the file says. What is read is written again as it
 * was; what is taken names nobody, and its shares are with those who were to get one.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/protocol/ceremony_file_sample.h"

enum { MAKE_SUM = 1, MAKE_SIGNED = 2 };

static struct roster list;

static void check_taken(const struct ceremony_file *f)
{
    const struct ceremony_proposal *p = &f->proposal;
    const struct roster_key *k = &f->result.key[0];
    CHECK(f->close_count == ceremony_phases(p) && k->key == p->key && k->epoch == p->epoch);
    CHECK(k->share_count <= KEYHOLDERS_MAX && f->signer_count > 0);
    for (size_t i = 0; i < k->share_count; i++) {
        bool is_named = false;
        for (size_t j = 0; j < p->count; j++)
            is_named = is_named || (p->person[j].receives == k->index[i] &&
                                    memcmp(p->person[j].author, k->holder[i], AUTHOR_BYTES) == 0);
        CHECK(is_named);
    }
}

/* Signs it, where its people are those of the list. */
static void sign(struct ceremony_file *f)
{
    const struct ceremony_close *last = &f->close[f->close_count > 0 ? f->close_count - 1 : 0];
    for (size_t i = 0; i < last->count; i++)
        if (roster_find(&list, last->row[i].author) == NULL)
            return;
    if (f->close_count > 0)
        sample_confirm(&list, f);
}

static void try_file(struct bytes in, bool is_signed)
{
    static uint8_t again[CEREMONY_FILE_BYTES_MAX];
    static struct ceremony_file f;
    uint8_t who[AUTHOR_BYTES], id[HASH_BYTES], transcript[HASH_BYTES];
    MARK(&f);
    if (ceremony_file_decode(in, &f) != OK) {
        CHECK(IS_UNTOUCHED(&f));
        return;
    }
    size_t len = ceremony_file_encode(&f, again);
    CHECK(len <= in.len && memcmp(again, in.data, 25) == 0);
    ceremony_file_id(&f, id);
    ceremony_file_transcript(&f, transcript);
    if (is_signed)
        sign(&f);
    if (ceremony_file_verify(&f, &list, who) != OK)
        return;
    CHECK(sodium_is_zero(who, sizeof who));
    check_taken(&f);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    CHECK(sodium_init() >= 0);
    sample_ceremony_roster(&list);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    size_t count = len - 1;
    uint8_t *file = malloc(len);
    CHECK(file != NULL);
    memcpy(file, data + 1, count);
    if ((data[0] & MAKE_SUM) != 0 && count >= HASH_BYTES)
        crypto_generichash(file + count - HASH_BYTES, HASH_BYTES, file, count - HASH_BYTES, NULL,
                           0);
    try_file(bytes_of(file, count), (data[0] & MAKE_SIGNED) != 0);
    free(file);
    return 0;
}
