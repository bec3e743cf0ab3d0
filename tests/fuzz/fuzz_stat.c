/*
 * fuzz_stat.c - statistics: schema, cell, contribution, mix and transcript.
 *
 * The first byte chooses. All but schemas and transcripts are for the schema of a tiny world, of
 * which the seeds have true ones: what was changed in them must not verify.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/protocol/stat_world.h"

static struct stat_world world, made;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const uint32_t values[4] = {1, 1, 1, 1};
    (void)argc;
    (void)argv;
    CHECK(sodium_init() >= 0);
    world_tiny(&world);
    stat_log_init(&world.log);
    for (uint16_t org = 0; org < 2; org++) {
        const size_t len = world_prove(&world, org, values);
        CHECK(world_accept(&world, org, len) == OK);
    }
    made = world;
    world_tally(&made, 0);
    return 0;
}

static void try_schema(struct bytes in)
{
    static struct stat_schema s;
    static uint8_t again[STAT_SCHEMA_BYTES_MAX];
    struct stat_relation relation[STAT_RELATIONS_MAX];
    size_t count = 0;
    MARK(&s);
    if (stat_schema_decode(in, &s) != OK) {
        CHECK(IS_UNTOUCHED(&s));
        return;
    }
    CHECK(stat_schema_encode(&s, again, sizeof again) == in.len);
    CHECK(memcmp(again, in.data, in.len) == 0);
    CHECK(stat_schema_relations(&s, relation, &count) == OK);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < relation[i].count; j++)
            CHECK(relation[i].part[j] < s.cell_count && relation[i].part[j] != relation[i].total);
    bool below[STAT_CELLS_MAX];
    enum stat_state states[STAT_CELLS_MAX];
    for (size_t i = 0; i < s.cell_count; i++)
        below[i] = s.hash[i % HASH_BYTES] % 4 == 0;
    stat_suppress(&s, below, &world.suppress, states);
    for (size_t i = 0; i < s.cell_count; i++)
        CHECK(below[i] == (states[i] == STAT_PRIMARY));
}

static void try_cell(struct bytes in)
{
    struct stat_cipher presence, value;
    uint8_t author[AUTHOR_BYTES];
    world_author(1, author);
    const struct stat_place place = stat_schema_place(&world.schema, 0, author);
    MARK(&presence);
    MARK(&value);
    if (stat_cell_verify(&place, in, &presence, &value) == OK) {
        CHECK(in.len == stat_cell_bytes(1));
        CHECK(memcmp(in.data, world.contribution + STAT_CONTRIBUTION_HEAD_BYTES, in.len) == 0);
        return;
    }
    CHECK(IS_UNTOUCHED(&presence) && IS_UNTOUCHED(&value));
}

static void try_contribution(struct bytes in)
{
    static struct stat_intake intake;
    static struct stat_sums sums;
    uint8_t author[AUTHOR_BYTES], hash[HASH_BYTES];
    memset(&sums, 0, sizeof sums);
    world_author(1, author);
    stat_intake_init(&intake, &world.schema, author, &sums);
    enum err e = stat_intake_take(&intake, in);
    CHECK(e == intake.failed);
    if (stat_intake_finish(&intake, NULL, &sums, hash) == OK) {
        CHECK(sums.contributors == 1 && in.len == stat_contribution_bytes(&world.schema));
        CHECK(memcmp(in.data, world.contribution, in.len) == 0);
        return;
    }
    CHECK(fuzz_is_filled(&sums, 0, sizeof sums));
}

static void try_mix(struct bytes in)
{
    static struct stat_lists lists;
    CHECK(stat_tally_begin(&world.schema, &made.sums, &lists) == OK);
    if (stat_tally_mix_verify(&world.schema, made.sums_hash, 0, in, &lists) == OK)
        CHECK(in.len == stat_tally_mix_bytes(&world.schema));
}

static void try_result(struct bytes in)
{
    static struct stat_result_work work;
    static struct stat_result result;
    struct stat_fault fault;
    MARK(&result);
    enum err e = stat_result_verify(in, &work, &result, &fault);
    CHECK(fault.step < STAT_STEPS && fault.holder >= -1 && fault.holder < KEYHOLDERS_MAX);
    if (e != OK) {
        CHECK(IS_UNTOUCHED(&result));
        return;
    }
    for (size_t i = 0; i < result.schema.cell_count; i++)
        CHECK(result.value[i] == 0 || result.state[i] == STAT_SHOWN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static void (*const tries[])(struct bytes) = {try_schema, try_cell, try_contribution, try_mix,
                                                  try_result};
    if (len > 0)
        tries[data[0] % 5](bytes_of(data + 1, len - 1));
    return 0;
}
