#include "tests/unit/protocol/stat_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { A = 2, B = 3, CELLS = 1 + A + B + A * B, ORGS = 9, POISON = 4, SILENT = 6 };

static struct stat_world world;
static struct stat_result_work work;
static struct stat_result result;

/* Organisation o's table: in cell (i, j) something from organisations below a number of its own,
 * which is the count of contributors of that cell. */
static const uint32_t has[A * B] = {9, 9, 3, 9, 9, 9};

static void table_of(uint16_t org, uint32_t *values)
{
    uint32_t count[A * B];
    for (uint32_t i = 0; i < A * B; i++)
        count[i] = org < has[i] ? 1 + (org + i) % 2 : 0;
    world_values(&world.schema, count, values);
}

static void accept_all(void)
{
    world_begin(&world);
    for (uint16_t org = 0; org < ORGS; org++) {
        uint32_t values[CELLS];
        if (org == SILENT)
            continue;
        table_of(org, values);
        const size_t len = world_prove(&world, org, values);
        if (org == POISON)
            continue; /* tested below; dropped here */
        assert_int_equal(world_accept(&world, org, len), OK);
    }
}

static enum err verify(struct stat_fault *fault)
{
    return stat_result_verify(bytes_of(world.file, world.file_len), &work, &result, fault);
}

/* Goal: what is published is the plain sums of the accepted organisations, what is hidden is what
 * the rule says, whoever of the keyholders is away.
 * Method: 9 organisations, of which one is silent and one poisons; 2 of 3 keyholders, other ones in
 * each step. Cell (1,3) has contributors 0, 1, 2 alone. */
static void test_whole(void **state)
{
    (void)state;
    struct stat_fault fault;
    struct stat_schema s = world.schema;
    s.minimum_period = 7;
    world_adopt(&world, &s);
    accept_all();
    assert_int_equal(world.sums.contributors, 7);
    for (uint8_t first = 0; first < 2; first++) {
        world_tally(&world, first);
        assert_int_equal(verify(&fault), OK);
        assert_true(result.is_open);
        assert_int_equal(result.contributors, 7);
        assert_int_equal(result.signed_by, 3);
        assert_int_equal(result.mixed_by, 6);
        assert_int_equal(result.flagged_by, first == 0 ? 3 : 6);
        assert_int_equal(result.opened_by, first == 0 ? 6 : 3);
        /* 0 total, 1-2 rows, 3-8 table, 9-11 columns. (1,3) is cell 5: beside it one more in its
         * row and in its column are hidden, and so the square is. */
        static const enum stat_state want[CELLS] = {
            [5] = STAT_PRIMARY, [8] = STAT_SECONDARY, [7] = STAT_SECONDARY, [4] = STAT_SECONDARY};
        uint32_t sums[CELLS] = {0};
        for (uint16_t org = 0; org < ORGS; org++) {
            uint32_t values[CELLS];
            table_of(org, values);
            for (size_t i = 0; i < CELLS; i++)
                sums[i] += org == SILENT || org == POISON ? 0 : values[i];
        }
        for (size_t i = 0; i < CELLS; i++) {
            assert_int_equal(result.state[i], want[i]);
            assert_int_equal(result.value[i], want[i] == STAT_SHOWN ? sums[i] : 0);
        }
    }
}

/* Goal: what poisons or is replayed is refused by the keyholder, with its own reason, and leaves no
 * trace in the sums. Method: rows of contributions that are not what they should be. */
static void test_poison(void **state)
{
    (void)state;
    uint32_t values[CELLS];
    uint16_t bad = 0;
    const size_t cell = stat_cell_bytes(world.schema.cell[0].width);
    world_begin(&world);
    table_of(1, values);
    const size_t len = world_prove(&world, 1, values);
    assert_int_equal(world_accept(&world, 2, len), ERR_STRANGER); /* another's, as it stands */
    world.contribution[1 + HASH_BYTES + 1] = 2;
    assert_int_equal(world_accept(&world, 2, len), ERR_PROOF); /* and under its own name */
    world.contribution[1 + HASH_BYTES + 1] = 1;
    assert_int_equal(world_accept(&world, 1, len - 1), ERR_TRUNCATED);
    world.contribution[len] = 0;
    assert_int_equal(world_accept(&world, 1, len + 1), ERR_FORMAT);
    world.contribution[0] = 2;
    assert_int_equal(world_accept(&world, 1, len), ERR_VERSION);
    world.contribution[0] = 1;
    world.contribution[1] ^= 1;
    assert_int_equal(world_accept(&world, 1, len), ERR_COMMIT); /* another schema */
    world.contribution[1] ^= 1;
    memmove(world.contribution + STAT_CONTRIBUTION_HEAD_BYTES + cell,
            world.contribution + STAT_CONTRIBUTION_HEAD_BYTES, cell);
    assert_int_equal(world_accept(&world, 1, len), ERR_PROOF); /* one cell in another's place */
    assert_int_equal(world.sums.contributors, 0);
    assert_true(sodium_is_zero((const uint8_t *)&world.sums, sizeof world.sums));
    values[3] = 17;
    uint8_t fresh[32] = {0}, author[AUTHOR_BYTES] = {0};
    assert_int_equal(stat_contribution_prove(&world.schema, author, values, fresh,
                                             world.contribution, sizeof world.contribution, &bad),
                     ERR_RANGE);
    assert_int_equal(bad, 3);
    values[3] = 1;
    assert_int_equal(stat_contribution_prove(&world.schema, author, values, fresh,
                                             world.contribution, len - 1, &bad),
                     ERR_LIMIT);
}

/* Goal: pieces of any size give the same, and the hash is that of the whole.
 * Method: one contribution in pieces of 1, 100 and 5000 bytes. */
static void test_pieces(void **state)
{
    (void)state;
    static struct stat_intake in;
    static struct stat_sums sums, none;
    uint32_t values[CELLS];
    uint8_t author[AUTHOR_BYTES], hash[HASH_BYTES], want[HASH_BYTES];
    table_of(3, values);
    const size_t len = world_prove(&world, 3, values);
    world_author(3, author);
    stat_contribution_hash(bytes_of(world.contribution, len), want);
    static const size_t sizes[] = {1, 100, 5000};
    for (size_t i = 0; i < 3; i++) {
        stat_intake_init(&in, &world.schema, author, &none);
        for (size_t at = 0; at < len; at += sizes[i]) {
            const size_t n = len - at < sizes[i] ? len - at : sizes[i];
            assert_int_equal(stat_intake_take(&in, bytes_of(world.contribution + at, n)), OK);
        }
        want[0] ^= 1;
        assert_int_equal(stat_intake_finish(&in, want, &sums, hash), ERR_COMMIT);
        want[0] ^= 1;
        assert_int_equal(stat_intake_finish(&in, want, &sums, hash), OK);
        assert_memory_equal(hash, want, HASH_BYTES);
        assert_int_equal(sums.contributors, 1);
        for (size_t c = 0; c < CELLS; c++) {
            assert_true(stat_holds(&world.dealt, &sums.value[c], values[c]));
            assert_true(stat_holds(&world.dealt, &sums.count[c], values[c] > 0));
        }
    }
    stat_intake_init(&in, &world.schema, author, &none);
    in.with.contributors = ORGANISATIONS_MAX;
    assert_int_equal(stat_intake_take(&in, bytes_of(world.contribution, len)), OK);
    assert_int_equal(stat_intake_finish(&in, NULL, &sums, hash), ERR_FULL);
}

/* Goal: the set is in one order only. Method: ascending, repeated, descending. */
static void test_set(void **state)
{
    (void)state;
    struct stat_set set;
    const uint8_t low[AUTHOR_BYTES] = {1}, high[AUTHOR_BYTES] = {2}, hash[HASH_BYTES] = {3};
    stat_set_init(&set);
    assert_int_equal(stat_set_add(&set, high, hash), OK);
    assert_int_equal(stat_set_add(&set, high, hash), ERR_SEQUENCE);
    assert_int_equal(stat_set_add(&set, low, hash), ERR_SEQUENCE);
    assert_int_equal(set.count, 1);
    set.count = ORGANISATIONS_MAX;
    memset(set.last, 0, sizeof set.last);
    assert_int_equal(stat_set_add(&set, high, hash), ERR_FULL);
}

/* Goal: below the period's minimum nothing is opened, and a transcript says so and no more.
 * Method: one contribution under a minimum of 8. */
static void test_too_few(void **state)
{
    (void)state;
    struct stat_fault fault;
    struct stat_schema s = world.schema;
    uint32_t values[CELLS];
    s.minimum_period = 8;
    world_adopt(&world, &s);
    world_begin(&world);
    table_of(0, values);
    assert_int_equal(world_accept(&world, 0, world_prove(&world, 0, values)), OK);
    world_tally(&world, 0);
    assert_int_equal(verify(&fault), OK);
    assert_false(result.is_open);
    assert_int_equal(result.contributors, 1);
    world.file[world.file_len++] = 0;
    assert_int_equal(verify(&fault), ERR_FORMAT);
}

/* Closer together where the parts are small: at the beginning, and at the end. */
static size_t step_at(size_t i)
{
    const size_t last = world.file_len - 600;
    return i < 2000 ? 37 : i + 4001 < last ? 4001 : i < last ? last - i : 200;
}

/* Goal: nothing of a transcript can be changed but who else is a steward, which shows; the step and
 * the keyholder whose part it is are named. Method: bytes all over it flipped, cut at many places,
 * and one more byte. */
static void test_tampered(void **state)
{
    (void)state;
    struct stat_fault fault;
    size_t steps[STAT_STEPS] = {0};
    const struct stat_result before = result;
    for (size_t i = 0; i < world.file_len; i += step_at(i)) {
        world.file[i] ^= (uint8_t)(1u << i % 8);
        if (verify(&fault) == OK) { /* a steward who has not signed: people compare them */
            uint8_t hash[HASH_BYTES], own[HASH_BYTES];
            stat_stewards_hash(&result.stewards, hash);
            stat_stewards_hash(&world.stewards, own);
            assert_memory_not_equal(hash, own, HASH_BYTES);
            world.file[i] ^= (uint8_t)(1u << i % 8);
            result = before;
            continue;
        }
        steps[fault.step]++;
        if (fault.step == STAT_STEP_FLAGS || fault.step == STAT_STEP_MIX)
            assert_in_range(fault.holder, 0, STAT_N - 1);
        world.file[i] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t i = 0; i < STAT_STEPS; i++)
        assert_true(steps[i] > 0);
    for (size_t i = 0; i < world.file_len; i += i < 3000 ? 101 : 7001) {
        assert_int_equal(stat_result_verify(bytes_of(world.file, i), &work, &result, &fault),
                         ERR_TRUNCATED);
        assert_int_equal(fault.step, STAT_STEP_FORM);
    }
    world.file[world.file_len - 1] ^= 1; /* the last figure */
    assert_int_equal(verify(&fault), ERR_PROOF);
    assert_int_equal(fault.step, STAT_STEP_VALUES);
    world.file[world.file_len - 1] ^= 1;
    world.file[world.file_len - 4] ^= 0x40;
    assert_int_equal(verify(&fault), ERR_RANGE);
    world.file[world.file_len - 4] ^= 0x40;
    world.file[world.file_len] = 0;
    assert_int_equal(
        stat_result_verify(bytes_of(world.file, world.file_len + 1), &work, &result, &fault),
        ERR_FORMAT);
    assert_memory_equal(&before, &result, sizeof before);
    assert_int_equal(verify(&fault), OK);
}

/* Goal: a keyholder that decrypts wrongly, or mixes so that a small cell would be shown, is named,
 * and another takes its place. Method: a share that is not its own; a zero of the list replaced.
 * That any two of three suffice is shown in test_whole. */
static void test_lying_keyholder(void **state)
{
    (void)state;
    static struct stat_lists lists;
    static uint8_t answer[STAT_POINTS_MAX * 40];
    const uint32_t indexes[STAT_T] = {1, 2};
    uint8_t fresh[32] = {7};
    assert_int_equal(stat_tally_begin(&world.schema, &world.sums, &lists), OK);
    stat_points_of_lists(&world.schema, &lists, &world.points);
    struct share wrong = world.dealt.share[1];
    wrong.scalar[0] ^= 1;
    const struct bytes part = bytes_of(answer, stat_answer_bytes(world.points.count));
    assert_int_equal(stat_answer(&wrong, world.dealt.commitment[1], &world.points, fresh, answer),
                     OK);
    assert_int_equal(
        stat_answer_take(&world.points, indexes, 2, 1, world.dealt.commitment[1], part), ERR_PROOF);
    assert_int_equal(stat_answer_take(&world.points, indexes, 2, 1, world.dealt.commitment[1],
                                      bytes_of(answer, part.len - 1)),
                     ERR_TRUNCATED);
    assert_int_equal(stat_answer_take(&world.points, indexes, 2, 1, world.dealt.commitment[1],
                                      bytes_of(answer, part.len + 1)),
                     ERR_FORMAT);
    assert_true(sodium_is_zero(world.points.sum, world.points.count * POINT_BYTES));

    const size_t each = stat_mix_bytes(world.schema.minimum_cell);
    const struct bytes mix = bytes_of(world.part, stat_tally_mix_bytes(&world.schema));
    assert_int_equal(stat_tally_mix(&world.schema, world.sums_hash, 0, &lists, fresh, world.part),
                     OK);
    memcpy(world.part + 5 * each, world.part + 4 * each, STAT_CIPHER_BYTES);
    assert_int_equal(stat_tally_mix_verify(&world.schema, world.sums_hash, 0, mix, &lists),
                     ERR_PROOF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_tampered),
        cmocka_unit_test(test_lying_keyholder),
        cmocka_unit_test(test_too_few),
        cmocka_unit_test(test_poison),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_set),
    };
    if (sodium_init() < 0)
        return 1;
    stat_log_init(&world.log);
    world_init(&world, A, B, 4);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
