#include "node/plain_file.h"
#include "node/roster_file.h"
#include "node/roster_store.h"
#include "tests/unit/protocol/roster_sample.h"

#include <unistd.h>

static char root[] = "/tmp/seinpost-roster-XXXXXX";
static struct problem problem;

enum { NOW = 1900000500, DAY = 86400 };

static int enter_folder(void **state)
{
    return sample_setup(state) != 0 || mkdtemp(root) == NULL ? -1 : chdir(root);
}

static int leave_folder(void **state)
{
    char command[128];
    sample_teardown(state);
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

static struct roster_file *open_file(const char *path)
{
    struct roster_file *f;
    enum err e = roster_file_open(path, &f, &problem);
    if (e != OK)
        fail_msg("%s", problem.text);
    return f;
}

/* Opens, signs as steward who, and saves. */
static enum err sign_file(const char *path, uint32_t who)
{
    uint8_t public_key[32], secret_key[64];
    struct roster_file *f = open_file(path);
    sample_steward(who, public_key, secret_key);
    enum err e = roster_file_sign(f, public_key, secret_key);
    if (e == OK)
        e = roster_file_save(f, path, false, &problem);
    roster_file_free(&f);
    return e;
}

/* Opens, edits, and saves; returns the number of signatures that were dropped. */
static size_t change_file(const char *path, void (*change)(struct roster *r))
{
    struct roster_file *f = open_file(path);
    size_t dropped = roster_file_edit(f, NOW);
    if (change != NULL)
        change(roster_file_last(f));
    assert_int_equal(roster_file_save(f, path, false, &problem), OK);
    roster_file_free(&f);
    return dropped;
}

/* Asserts what a file holds; in_force is 0 for none. */
static void check_file(const char *path, uint64_t in_force, uint64_t last, size_t valid)
{
    struct roster_file *f = open_file(path);
    size_t got, needed;
    bool is_signed = roster_file_is_signed(f, &got, &needed);
    const struct roster *r = roster_file_in_force(f);
    assert_int_equal(r == NULL ? 0 : r->version, in_force);
    assert_int_equal(roster_file_last(f)->version, last);
    assert_int_equal(got, valid);
    assert_int_equal(needed, 3);
    assert_int_equal(is_signed, in_force == last);
    roster_file_free(&f);
}

/* Writes an empty draft of the sample's federation. */
static void begin(const char *path)
{
    struct roster_file *f = roster_file_new();
    struct roster *r = roster_file_last(f), *sample = malloc(sizeof *sample);
    assert_non_null(sample);
    sample_roster(sample, 4);
    memcpy(r->federation, sample->federation, sizeof r->federation);
    r->stewards = sample->stewards;
    r->issued_utc = NOW - 100 * DAY;
    r->fresh_until_utc = NOW - 10 * DAY;
    free(sample);
    assert_int_equal(roster_file_save(f, path, true, &problem), OK);
    roster_file_free(&f);
}

static void add_four(struct roster *r)
{
    struct roster *sample = malloc(sizeof *sample);
    assert_non_null(sample);
    sample_roster(sample, 4);
    r->organisation_count = 4;
    memcpy(r->organisations, sample->organisations, 4 * sizeof r->organisations[0]);
    free(sample);
}

static void suspend_last(struct roster *r)
{
    struct organisation *o = &r->organisations[r->organisation_count - 1];
    o->status = ORG_SUSPENDED;
    o->accepted = (struct accepted){.feed_epoch = o->feed_epoch};
}

static void forget_last(struct roster *r)
{
    r->organisation_count--;
}

/* A file with version 1 in force. */
static void make_first(const char *path)
{
    begin(path);
    change_file(path, add_four);
    for (uint32_t who = 0; who < 3; who++)
        assert_int_equal(sign_file(path, who), OK);
}

/* Goal: a list goes from an empty draft to its second version, signature by signature.
 * Method: three of five stewards; what the file holds is looked at after each step. */
static void test_life(void **state)
{
    (void)state;
    begin("life");
    check_file("life", 0, 1, 0);
    assert_int_equal(change_file("life", add_four), 0);
    check_file("life", 0, 1, 0);
    assert_int_equal(sign_file("life", SAMPLE_STRANGER), ERR_UNAUTHORISED);
    assert_int_equal(sign_file("life", 4), OK);
    assert_int_equal(sign_file("life", 4), ERR_DUPLICATE);
    check_file("life", 0, 1, 1);
    assert_int_equal(change_file("life", NULL), 1);
    check_file("life", 0, 1, 0);
    for (uint32_t who = 0; who < 3; who++)
        assert_int_equal(sign_file("life", who), OK);
    check_file("life", 1, 1, 3);
    assert_int_equal(sign_file("life", 3), OK); /* one more does no harm */
    check_file("life", 1, 1, 4);

    assert_int_equal(change_file("life", suspend_last), 0);
    check_file("life", 1, 2, 0);
    struct roster_file *f = open_file("life");
    const struct roster *first = roster_file_in_force(f), *second = roster_file_last(f);
    assert_memory_equal(second->previous, first->hash, HASH_BYTES);
    assert_memory_equal(second->genesis, first->hash, HASH_BYTES);
    assert_int_equal(second->issued_utc, NOW);
    assert_int_equal(second->fresh_until_utc, NOW + 90 * DAY); /* as long as the first was */
    roster_file_free(&f);
    assert_int_equal(sign_file("life", 0), OK);
    assert_int_equal(sign_file("life", 1), OK);
    check_file("life", 1, 2, 2);
    assert_int_equal(sign_file("life", 2), OK);
    check_file("life", 2, 2, 3);
}

/* Goal: stewards do not complete what nobody would accept.
 * Method: an organisation vanishes in version 2; two sign, the third is told and changes nothing.
 */
static void test_unacceptable(void **state)
{
    (void)state;
    make_first("vanish");
    change_file("vanish", forget_last);
    assert_int_equal(sign_file("vanish", 0), OK);
    assert_int_equal(sign_file("vanish", 1), OK);
    assert_int_equal(sign_file("vanish", 2), ERR_NOT_FOUND);
    check_file("vanish", 1, 2, 2);
    struct roster_file *f = open_file("vanish");
    roster_file_edit(f, NOW);
    roster_file_last(f)->organisations[0].roles = 0;
    assert_int_equal(roster_file_save(f, "vanish", false, &problem), ERR_RANGE);
    assert_int_equal(roster_file_save(f, "other", true, &problem), ERR_RANGE);
    roster_file_free(&f);
    check_file("vanish", 1, 2, 2);
    f = roster_file_new();
    assert_int_equal(roster_file_save(f, "empty", true, &problem), ERR_RANGE);
    roster_file_free(&f);
    assert_int_equal(access("empty", F_OK), -1);
}

/* Goal: damage is refused, or changes nothing that is in force.
 * Method: a file of two versions and a draft, cut at each byte and with each byte flipped. */
static void test_damage(void **state)
{
    (void)state;
    uint8_t *data, hash[2][HASH_BYTES];
    size_t len, refused = 0, opened = 0;
    make_first("damage");
    struct roster_file *f = open_file("damage");
    memcpy(hash[0], roster_file_in_force(f)->hash, HASH_BYTES);
    roster_file_free(&f);
    change_file("damage", suspend_last);
    for (uint32_t who = 1; who < 4; who++)
        assert_int_equal(sign_file("damage", who), OK);
    f = open_file("damage");
    memcpy(hash[1], roster_file_in_force(f)->hash, HASH_BYTES);
    roster_file_free(&f);
    change_file("damage", NULL);
    assert_int_equal(plain_file_read("damage", 1 << 20, &data, &len, &problem), OK);
    for (size_t i = 0; i < 2 * len; i += 1 + i % 3) {
        size_t at = i % len;
        bool is_cut = i < len;
        data[at] ^= is_cut ? 0 : 0x10;
        FILE *out = fopen("damaged", "w");
        assert_non_null(out);
        fwrite(data, 1, is_cut ? at : len, out);
        fclose(out);
        data[at] ^= is_cut ? 0 : 0x10;
        if (roster_file_open("damaged", &f, &problem) != OK) {
            assert_null(f);
            refused++;
            continue;
        }
        const struct roster *r = roster_file_in_force(f);
        opened++;
        if (r != NULL)
            assert_memory_equal(r->hash, hash[r->version - 1], HASH_BYTES);
        roster_file_free(&f);
    }
    free(data);
    assert_true(refused > len / 2 && opened > 0);
}

/* Goal: a file that is no list says so. */
static void test_no_list(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        enum err want;
    } rows[] = {
        {"",                           ERR_TRUNCATED},
        {"-----BEGIN SEINPOST CARD--", ERR_FORMAT   },
        {"\x0a\x02\x0a",               ERR_TRUNCATED},
        {"\x0a\x03\x0a\x01x",          ERR_TRUNCATED},
    };
    struct roster_file *f;
    assert_int_equal(roster_file_open("nothing", &f, &problem), ERR_NOT_FOUND);
    assert_null(f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes b = bytes_of(rows[i].content, strlen(rows[i].content));
        assert_int_equal(plain_file_write("no", b, &problem), OK);
        enum err got = roster_file_open("no", &f, &problem);
        if (got != rows[i].want)
            fail_msg("row %zu: %s", i, err_name(got));
    }
}

/* Leaves only the versions from number first on in a file. */
static void cut_before(const char *path, uint64_t first)
{
    struct roster_file *f = open_file(path);
    size_t offset = 0;
    struct bytes chain = roster_file_chain(f), version;
    for (uint64_t v = 1; v < first; v++)
        assert_int_equal(roster_chain_next(chain, &offset, &version), OK);
    assert_int_equal(
        plain_file_write(path, bytes_of(chain.data + offset, chain.len - offset), &problem), OK);
    roster_file_free(&f);
}

/* Imports a file; told is the hash of a version in it, or NULL. */
static enum err import_file(const char *path, const uint8_t *told, size_t *adopted)
{
    struct roster_file *f = open_file(path);
    struct roster *r;
    enum err e = roster_store_import(".", f, told, &r, adopted, &problem);
    assert_int_equal(r != NULL, e == OK);
    free(r);
    roster_file_free(&f);
    return e;
}

/* Goal: the first list needs the fingerprint of one of its versions; later ones follow by their
 * signatures; nothing else gets in.
 * Method: one store, from empty to version 3, with the wrong things tried between the steps. */
static void test_store(void **state)
{
    (void)state;
    uint8_t first[HASH_BYTES], wrong[HASH_BYTES] = {1};
    struct roster *r;
    size_t adopted;
    make_first("list");
    struct roster_file *f = open_file("list");
    memcpy(first, roster_file_in_force(f)->hash, HASH_BYTES);
    roster_file_free(&f);
    assert_int_equal(roster_store_read(".", &r, &problem), ERR_NOT_FOUND);
    assert_int_equal(access("node.db", F_OK), -1); /* looking makes no store */
    assert_int_equal(import_file("list", NULL, &adopted), ERR_UNAUTHORISED);
    assert_int_equal(import_file("list", wrong, &adopted), ERR_COMMIT);
    assert_int_equal(roster_store_read(".", &r, &problem), ERR_NOT_FOUND);
    assert_int_equal(import_file("list", first, &adopted), OK);
    assert_int_equal(adopted, 1);
    assert_int_equal(import_file("list", NULL, &adopted), OK);
    assert_int_equal(adopted, 0);
    assert_int_equal(import_file("list", wrong, &adopted), ERR_COMMIT);

    change_file("list", suspend_last); /* a draft is not imported */
    assert_int_equal(import_file("list", NULL, &adopted), OK);
    assert_int_equal(adopted, 0);
    for (uint32_t v = 2; v <= 3; v++) {
        if (v == 3)
            change_file("list", NULL);
        for (uint32_t who = 0; who < 3; who++)
            assert_int_equal(sign_file("list", who), OK);
    }
    begin("foreign"); /* of the same stewards, issued at another time */
    change_file("foreign", add_four);
    change_file("foreign", suspend_last);
    for (uint32_t who = 0; who < 3; who++)
        assert_int_equal(sign_file("foreign", who), OK);
    assert_int_equal(import_file("foreign", NULL, &adopted), ERR_FORK);
    assert_int_equal(import_file("list", NULL, &adopted), OK);
    assert_int_equal(adopted, 2);
    assert_int_equal(roster_store_read(".", &r, &problem), OK);
    assert_int_equal(r->version, 3);
    assert_memory_equal(r->genesis, first, HASH_BYTES);
    free(r);
}

/* Goal: a node can start from a later version, whether what came before is in the file or not.
 * Method: three versions; the second one's fingerprint is told. */
static void test_store_later(void **state)
{
    (void)state;
    uint8_t second[HASH_BYTES];
    struct roster *r;
    size_t adopted;
    for (int is_cut = 0; is_cut < 2; is_cut++) {
        unlink("node.db");
        unlink("later");
        make_first("later");
        for (int v = 2; v <= 3; v++) {
            change_file("later", NULL);
            for (uint32_t who = 0; who < 3; who++)
                assert_int_equal(sign_file("later", who), OK);
            struct roster_file *f = open_file("later");
            if (v == 2)
                memcpy(second, roster_file_in_force(f)->hash, HASH_BYTES);
            roster_file_free(&f);
        }
        if (is_cut)
            cut_before("later", 2);
        check_file("later", 3, 3, 3);
        assert_int_equal(import_file("later", second, &adopted), OK);
        assert_int_equal(adopted, is_cut ? 2 : 3);
        assert_int_equal(roster_store_read(".", &r, &problem), OK);
        assert_int_equal(r->version, 3);
        free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),   cmocka_unit_test(test_unacceptable),
        cmocka_unit_test(test_damage), cmocka_unit_test(test_no_list),
        cmocka_unit_test(test_store),  cmocka_unit_test(test_store_later),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
