/*
 * Goal: the file of a result is read as it was written, and nothing else is one; and stewards take
 * no result that not everybody who took part signed, or that is not what was proposed.
 * Method: an invented result; cut at each byte, changed at each byte, with its sum made right
 * again; then rows of what is wrong in it, signed all the same.
 */
#include "tests/unit/protocol/ceremony_file_sample.h"

static struct roster list;
static struct ceremony_file good;

static int setup(void **state)
{
    (void)state;
    if (sodium_init() < 0)
        return -1;
    sample_ceremony_roster(&list);
    sample_ceremony_file(&list, &good);
    return 0;
}

static void test_read_back(void **state)
{
    static uint8_t file[CEREMONY_FILE_BYTES_MAX], again[CEREMONY_FILE_BYTES_MAX];
    static struct ceremony_file got, untouched;
    uint8_t id[HASH_BYTES], other[HASH_BYTES];
    (void)state;
    size_t len = ceremony_file_encode(&good, file);
    assert_int_equal(ceremony_file_decode(bytes_of(file, len), &got), OK);
    assert_int_equal(ceremony_file_encode(&got, again), len);
    assert_memory_equal(again, file, len);
    ceremony_file_id(&good, id);
    ceremony_file_id(&got, other);
    assert_memory_equal(id, other, HASH_BYTES);
    ceremony_file_transcript(&good, id);
    ceremony_file_transcript(&got, other);
    assert_memory_equal(id, other, HASH_BYTES);

    memset(&untouched, 0x5a, sizeof untouched);
    got = untouched;
    for (size_t cut = 0; cut < len; cut++) {
        enum err e = ceremony_file_decode(bytes_of(file, cut), &got);
        assert_true(e != OK);
    }
    for (size_t at = 0; at < len; at++) {
        memcpy(again, file, len);
        again[at] ^= 0x10;
        assert_true(ceremony_file_decode(bytes_of(again, len), &got) != OK);
    }
    memcpy(again, file, len);
    again[len] = 0;
    assert_int_equal(ceremony_file_decode(bytes_of(again, len + 1), &got), ERR_FORMAT);
    assert_int_equal(ceremony_file_decode(bytes_of(NULL, 0), &got), ERR_TRUNCATED);
    assert_memory_equal(&got, &untouched, sizeof got);
}

/* Changes one byte and makes the sum right. */
static enum err changed(size_t at, uint8_t value)
{
    static uint8_t file[CEREMONY_FILE_BYTES_MAX];
    static struct ceremony_file got;
    size_t len = ceremony_file_encode(&good, file);
    file[at] = value;
    crypto_generichash(file + len - HASH_BYTES, HASH_BYTES, file, len - HASH_BYTES, NULL, 0);
    return ceremony_file_decode(bytes_of(file, len), &got);
}

static void test_decode_errors(void **state)
{
    static uint8_t file[CEREMONY_FILE_BYTES_MAX], payload[CEREMONY_BYTES_MAX];
    struct ceremony_entry e = {.step = CEREMONY_PROPOSE, .proposal = good.proposal};
    (void)state;
    size_t len = ceremony_file_encode(&good, file);
    size_t proposal = 25 + AUTHOR_BYTES, closings = proposal + 2 + ceremony_encode(&e, payload);
    size_t signatures = len - HASH_BYTES - good.signer_count * (AUTHOR_BYTES + SIGNATURE_BYTES) - 1;
    const struct {
        size_t at;
        uint8_t value;
        enum err want;
        const char *why;
    } rows[] = {
        {0,              'S',                     ERR_FORMAT,    "another file"                 },
        {proposal + 2,   9,                       ERR_VERSION,   "a later proposal"             },
        {proposal + 3,   CEREMONY_JOIN,           ERR_TRUNCATED, "no proposal, and longer"      },
        {closings,       CEREMONY_PHASES_MAX + 1, ERR_RANGE,     "closings"                     },
        {closings + 4,   CEREMONY_ABORT,          ERR_FORMAT,    "no closing"                   },
        {closings + 5,   0xee,                    ERR_RANGE,     "a closing of another ceremony"},
        {signatures,     CEREMONY_PEOPLE_MAX + 1, ERR_RANGE,     "signatures"                   },
        {signatures,     3,                       ERR_FORMAT,    "bytes left over"              },
        {signatures + 1, 0xff,                    ERR_FORMAT,    "signatures not ascending"     },
        {signatures - 4, 0xff,                    OK,            "another commitment"           },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum err got = changed(rows[i].at, rows[i].value);
        bool is_refused_payload = rows[i].value == CEREMONY_JOIN || rows[i].value == CEREMONY_ABORT;
        if (is_refused_payload ? got == OK : got != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(got));
    }
}

/* ---- What stewards look at ---- */

static void reads_well(struct ceremony_file *f)
{
    (void)f;
}

static void other_period(struct ceremony_file *f)
{
    f->result.key[0].epoch = 2;
    sample_confirm(&list, f);
}

static void other_threshold(struct ceremony_file *f)
{
    f->result.key[0].threshold = 3;
    sample_confirm(&list, f);
}

static void two_keys(struct ceremony_file *f)
{
    f->result.key[1] = f->result.key[0];
    f->result.count = 2;
    sample_confirm(&list, f);
}

static void share_for_a_leaver(struct ceremony_file *f)
{
    memcpy(f->result.key[0].holder[0], list.organisations[0].author, AUTHOR_BYTES);
    sample_confirm(&list, f);
}

static void other_index(struct ceremony_file *f)
{
    f->result.key[0].index[0] = 4;
    sample_confirm(&list, f);
}

static void other_key(struct ceremony_file *f)
{
    memcpy(f->result.key[0].public_key, list.keys[1].public_key, POINT_BYTES);
    sample_confirm(&list, f);
}

static void phase_missing(struct ceremony_file *f)
{
    f->close_count = 2;
    sample_confirm(&list, f);
}

static void phase_twice(struct ceremony_file *f)
{
    f->close[1] = f->close[0];
    sample_confirm(&list, f);
}

static void taken_in_again(struct ceremony_file *f)
{
    f->close[1].count--;
    sample_confirm(&list, f);
}

static void stranger_in_closing(struct ceremony_file *f)
{
    memset(f->close[0].row[3].author, 0xff, AUTHOR_BYTES);
    sample_confirm(&list, f);
}

static void one_unsigned(struct ceremony_file *f)
{
    f->signer_count--;
}

static void not_signed(struct ceremony_file *f)
{
    f->signer_count = 0;
}

static void other_transcript(struct ceremony_file *f)
{
    f->close[0].row[0].hash[0] ^= 1;
}

static void forged(struct ceremony_file *f)
{
    f->signer[2].signature[5] ^= 1;
}

static void signed_by_another(struct ceremony_file *f)
{
    size_t last = f->signer_count++;
    memset(f->signer[last].author, 0xff, AUTHOR_BYTES);
}

static void other_base(struct ceremony_file *f)
{
    f->proposal.base_refresh = 5;
    sample_confirm(&list, f);
}

static void late_base(struct ceremony_file *f)
{
    f->proposal.refresh = 2;
    sample_confirm(&list, f);
}

static void no_keyholder(struct ceremony_file *f)
{
    memcpy(f->proposer, list.organisations[5].author, AUTHOR_BYTES);
    sample_confirm(&list, f);
}

static void test_verify(void **state)
{
    (void)state;
    static const struct {
        void (*make)(struct ceremony_file *f);
        enum err want;
        bool names;
        const char *why;
    } rows[] = {
        {reads_well,          OK,            false, "as it is"                       },
        {other_period,        ERR_FORMAT,    false, "another key period"             },
        {other_threshold,     ERR_FORMAT,    false, "another threshold"              },
        {two_keys,            ERR_FORMAT,    false, "a key too many"                 },
        {share_for_a_leaver,  ERR_FORMAT,    true,  "a share for who gets none"      },
        {other_index,         ERR_FORMAT,    true,  "a share under another index"    },
        {other_key,           ERR_PROOF,     false, "another key"                    },
        {phase_missing,       ERR_SEQUENCE,  false, "a phase that is not closed"     },
        {phase_twice,         ERR_SEQUENCE,  false, "a phase closed twice"           },
        {taken_in_again,      ERR_SEQUENCE,  true,  "one left out, and in again"     },
        {stranger_in_closing, ERR_SEQUENCE,  true,  "one who was not proposed"       },
        {one_unsigned,        ERR_QUORUM,    true,  "one has not signed"             },
        {not_signed,          ERR_QUORUM,    true,  "nobody has signed"              },
        {other_transcript,    ERR_SIGNATURE, true,  "another closing than was signed"},
        {forged,              ERR_SIGNATURE, true,  "a signature changed"            },
        {signed_by_another,   ERR_SIGNATURE, true,  "one too many"                   },
        {other_base,          ERR_NOT_FOUND, false, "on shares that are not there"   },
        {late_base,           ERR_EPOCH,     false, "not the next ones"              },
        {no_keyholder,        ERR_STRANGER,  false, "proposed by no key holder"      },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct ceremony_file f;
        uint8_t who[AUTHOR_BYTES];
        f = good;
        rows[i].make(&f);
        enum err got = ceremony_file_verify(&f, &list, who);
        if (got != rows[i].want || !sodium_is_zero(who, sizeof who) != rows[i].names)
            fail_msg("%s: %s", rows[i].why, err_name(got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_back),
        cmocka_unit_test(test_decode_errors),
        cmocka_unit_test(test_verify),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
