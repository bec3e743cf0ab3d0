#include "tests/unit/protocol/stat_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct stat_world world;
static uint8_t room[STAT_SCHEMA_BYTES_MAX];
static struct stat_schema got;

static enum err decode(const struct stat_schema *s)
{
    const size_t len = stat_schema_encode(s, room, sizeof room);
    assert_true(len > 0);
    return stat_schema_decode(bytes_of(room, len), &got);
}

/* Goal: what is written is read again, to the same bytes, and the layout is the specified one.
 * Method: the sample, twice; a golden hash. */
static void test_same_again(void **state)
{
    (void)state;
    static uint8_t again[STAT_SCHEMA_BYTES_MAX];
    uint8_t want[HASH_BYTES];
    assert_int_equal(decode(&world.schema), OK);
    const size_t len = stat_schema_encode(&got, again, sizeof again);
    assert_int_equal(len, world.document_len);
    assert_memory_equal(again, world.document, len);
    unhex("96c7d6a877d4bf8ab5a29874132ce25a3a547aa66ac465bbc80a680fbbcf32f4", want, sizeof want);
    assert_memory_equal(got.hash, want, HASH_BYTES);
    assert_int_equal(stat_schema_encode(&got, again, len - 1), 0);
}

/* One change to a sound schema. */
struct change {
    void (*make)(struct stat_schema *s);
    enum err want;
    const char *why;
};

#define CHANGE(name, statement)                                                                    \
    static void name(struct stat_schema *s)                                                        \
    {                                                                                              \
        statement;                                                                                 \
    }
CHANGE(nothing, (void)s)
CHANGE(no_period, s->period = 0)
CHANGE(no_epoch, s->epoch = 0)
CHANGE(backwards, s->last_day = s->first_day - 1)
CHANGE(one_contributor, s->minimum_cell = 1)
CHANGE(many_contributors, s->minimum_cell = STAT_MINIMUM_CELL_MAX + 1)
CHANGE(period_below_cell, s->minimum_period = (uint16_t)(s->minimum_cell - 1))
CHANGE(whole_world, s->minimum_period = ORGANISATIONS_MAX + 1)
CHANGE(nobody_needed, s->threshold = 0)
CHANGE(more_than_all, s->threshold = (uint8_t)(s->holder_count + 1))
CHANGE(index_zero, s->holder[0].index = 0)
CHANGE(index_twice, s->holder[1].index = s->holder[0].index)
CHANGE(holder_twice, memcpy(s->holder[1].feed_key, s->holder[0].feed_key, KEY_BYTES))
CHANGE(no_key, memset(s->key, 0, POINT_BYTES))
CHANGE(far_deadline, s->deadline_utc = UINT64_MAX)
CHANGE(no_word, s->subject[0].en = BYTES_LITERAL(""))
CHANGE(control, s->subject[0].nl = BYTES_LITERAL("a\033b"))
CHANGE(capital, s->subject[0].id = BYTES_LITERAL("Cases"))
CHANGE(code_twice, s->dimension[0].code[1].id = s->dimension[0].code[0].id)
CHANGE(dimension_twice, s->dimension[1].label.id = s->dimension[0].label.id)
CHANGE(no_subject, s->dimension[0].subject = 2)
CHANGE(no_cells, s->cell_count = 0)
CHANGE(cell_twice, s->cell[1] = s->cell[0])
CHANGE(cell_order, s->cell[2] = s->cell[1]; s->cell[1].code[0] = 2)
CHANGE(no_code, s->cell[1].code[0] = 0)
CHANGE(code_beyond, s->cell[1].code[0] = 9)
CHANGE(code_of_nothing, s->cell[0].code[0] = 1)
CHANGE(dimension_beyond, s->cell[11].dimension[0] = 3)
CHANGE(second_first, s->cell[1].dimension[1] = 1; s->cell[1].code[1] = 1)
CHANGE(second_alone, s->cell[0].dimension[1] = 1; s->cell[0].code[1] = 1)
CHANGE(no_width, s->cell[0].width = 0)
CHANGE(wide, s->cell[0].width = STAT_WIDTH_MAX + 1)

/* Goal: every rule of the layout is enforced. Method: one row is one change. */
static void test_rules(void **state)
{
    (void)state;
    static const struct change rows[] = {
        {nothing,           OK,            "as it is"                     },
        {no_period,         ERR_RANGE,     "period 0"                     },
        {no_epoch,          ERR_RANGE,     "epoch 0"                      },
        {backwards,         ERR_RANGE,     "ends before it begins"        },
        {one_contributor,   ERR_RANGE,     "a minimum of one"             },
        {many_contributors, ERR_RANGE,     "a minimum beyond the limit"   },
        {period_below_cell, ERR_RANGE,     "fewer a period than a cell"   },
        {whole_world,       ERR_RANGE,     "more than there can be"       },
        {nobody_needed,     ERR_RANGE,     "threshold 0"                  },
        {more_than_all,     ERR_RANGE,     "threshold above the holders"  },
        {index_zero,        ERR_RANGE,     "index 0"                      },
        {index_twice,       ERR_RANGE,     "an index twice"               },
        {holder_twice,      ERR_DUPLICATE, "a keyholder twice"            },
        {no_key,            ERR_POINT,     "the identity as key"          },
        {far_deadline,      ERR_RANGE,     "a deadline beyond time"       },
        {no_word,           ERR_FORMAT,    "an empty label"               },
        {control,           ERR_FORMAT,    "a control character"          },
        {capital,           ERR_FORMAT,    "a capital in an identifier"   },
        {code_twice,        ERR_DUPLICATE, "a code twice"                 },
        {dimension_twice,   ERR_DUPLICATE, "a dimension twice"            },
        {no_subject,        ERR_RANGE,     "a dimension of nothing"       },
        {no_cells,          ERR_RANGE,     "no cells"                     },
        {cell_twice,        ERR_DUPLICATE, "a cell twice"                 },
        {cell_order,        ERR_DUPLICATE, "cells that do not ascend"     },
        {no_code,           ERR_RANGE,     "a dimension without a code"   },
        {code_beyond,       ERR_RANGE,     "a code that is not there"     },
        {code_of_nothing,   ERR_RANGE,     "a code without a dimension"   },
        {dimension_beyond,  ERR_RANGE,     "a dimension that is not there"},
        {second_first,      ERR_RANGE,     "a table of one dimension"     },
        {second_alone,      ERR_RANGE,     "a second dimension alone"     },
        {no_width,          ERR_RANGE,     "width 0"                      },
        {wide,              ERR_RANGE,     "width beyond the limit"       },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stat_schema s = world.schema;
        print_message("%s\n", rows[i].why);
        rows[i].make(&s);
        assert_int_equal(decode(&s), rows[i].want);
    }
}

/* Goal: nothing can be cut off, added or changed unnoticed. Method: each cut; each byte flipped
 * gives an error or another hash. */
static void test_tampered(void **state)
{
    (void)state;
    uint8_t document[STAT_SCHEMA_BYTES_MAX];
    const struct stat_schema before = world.schema;
    memcpy(document, world.document, world.document_len);
    memcpy(&got, &before, sizeof got);
    for (size_t i = 0; i < world.document_len; i++) {
        enum err e = stat_schema_decode(bytes_of(document, i), &got);
        assert_true(e == ERR_TRUNCATED);
        document[i] ^= (uint8_t)(1u << i % 8);
        e = stat_schema_decode(bytes_of(document, world.document_len), &got);
        assert_true(e != OK || memcmp(got.hash, before.hash, HASH_BYTES) != 0);
        document[i] ^= (uint8_t)(1u << i % 8);
        memcpy(&got, &before, sizeof got);
    }
    document[world.document_len] = 0;
    assert_int_equal(stat_schema_decode(bytes_of(document, world.document_len + 1), &got),
                     ERR_FORMAT);
    document[0] = 2;
    assert_int_equal(stat_schema_decode(bytes_of(document, world.document_len), &got), ERR_VERSION);
    static const uint8_t large[STAT_SCHEMA_BYTES_MAX + 1];
    assert_int_equal(stat_schema_decode(bytes_of(large, sizeof large), &got), ERR_LIMIT);
}

/* Goal: counts beyond the limits are refused before anything is read into them.
 * Method: the count bytes of holders, subjects, dimensions, codes and cells raised. */
static void test_limits(void **state)
{
    (void)state;
    const size_t holders = 1 + 32 + 4 + 4 + 4 + 8 + 1 + 2 + 2 + 4 + 32 + 1;
    const size_t subjects = holders + 1 + 36 * STAT_N, dimensions = subjects + 1 + 3 * 3;
    const size_t codes = dimensions + 1 + 2 + 3 * 3;
    const size_t cells = world.document_len - 2 - 6 * (size_t)world.schema.cell_count;
    const size_t places[] = {holders, subjects, dimensions, codes, cells};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        memcpy(room, world.document, world.document_len);
        room[places[i]] = 0xff;
        assert_int_equal(stat_schema_decode(bytes_of(room, world.document_len), &got), ERR_LIMIT);
    }
}

/* Goal: a quorum of the stewards is needed, each counts once, and a false signature is noticed.
 * Method: rows of which signatures there are. */
static void test_signatures(void **state)
{
    (void)state;
    struct roster_signature s[4];
    memcpy(s, world.signature, sizeof world.signature);
    memset(&s[3], 7, sizeof s[3]); /* a stranger's */
    const uint8_t *const hash = world.schema.hash;
    assert_int_equal(stat_schema_check_signed(hash, s, 0, &world.stewards), ERR_QUORUM);
    assert_int_equal(stat_schema_check_signed(hash, s, 1, &world.stewards), ERR_QUORUM);
    assert_int_equal(stat_schema_check_signed(hash, s, 2, &world.stewards), OK);
    assert_int_equal(stat_schema_check_signed(hash, s + 2, 2, &world.stewards), ERR_QUORUM);
    s[1] = s[0];
    assert_int_equal(stat_schema_check_signed(hash, s, 2, &world.stewards), ERR_QUORUM);
    s[1] = world.signature[1];
    s[1].signature[0] ^= 1;
    assert_int_equal(stat_schema_check_signed(hash, s, 2, &world.stewards), ERR_SIGNATURE);
    struct roster_stewards nobody = {.count = 0, .quorum = 0};
    assert_int_equal(stat_schema_check_signed(hash, s, 2, &nobody), ERR_QUORUM);
}

/* Goal: the sums that must hold are all found, and no others. Method: the sample of 2 by 3, where
 * the total splits twice, each row and each column once; then without one cell of the table, and
 * with a dimension that leaves something out. */
static void test_relations(void **state)
{
    (void)state;
    struct stat_relation r[STAT_RELATIONS_MAX];
    size_t count = 0;
    assert_int_equal(stat_schema_relations(&world.schema, r, &count), OK);
    assert_int_equal(count, 2 + 2 + 3);
    assert_int_equal(r[0].total, 0);
    assert_int_equal(r[0].count, 2);
    assert_int_equal(r[1].part[2], 11);
    assert_int_equal(r[2].total, 1);
    assert_int_equal(r[2].part[0], 3);
    assert_int_equal(r[6].total, 11);
    assert_int_equal(r[6].part[1], 8);
    struct stat_schema s = world.schema;
    memmove(&s.cell[5], &s.cell[6], 6 * sizeof s.cell[0]); /* without (1,3) */
    s.cell_count--;
    assert_int_equal(stat_schema_relations(&s, r, &count), OK);
    assert_int_equal(count, 2 + 1 + 2);
    s = world.schema;
    s.dimension[1].is_exhaustive = false;
    assert_int_equal(stat_schema_relations(&s, r, &count), OK);
    assert_int_equal(count, 1 + 3);
    count = 99; /* more sums than there is room for: 12 dimensions of one code, all tables */
    memset(&s, 0, sizeof s);
    s.subject_count = 1;
    for (uint8_t d = 1; d <= 15; d++) {
        s.dimension[d - 1] = (struct stat_dimension){.subject = 1, .is_exhaustive = true};
        s.dimension[d - 1].code_count = 1;
        s.dimension_count = d;
        s.cell[s.cell_count++] = (struct stat_cell_spec){
            1, {d, 0},
             {1, 0},
             1
        };
        for (uint8_t e = (uint8_t)(d + 1); e <= 15; e++)
            s.cell[s.cell_count++] = (struct stat_cell_spec){
                1, {d, e},
                 {1, 1},
                 1
            };
    }
    assert_int_equal(stat_schema_relations(&s, r, &count), ERR_LIMIT);
    assert_int_equal(count, 99);
}

/* Goal: figures are rounded to the nearest, halves up. Method: rows. */
static void test_round(void **state)
{
    (void)state;
    struct stat_schema s = world.schema;
    assert_int_equal(stat_schema_round(&s, 17), 17);
    s.rounding = 5;
    assert_int_equal(stat_schema_round(&s, 17), 15);
    assert_int_equal(stat_schema_round(&s, 18), 20);
    s.rounding = 10;
    assert_int_equal(stat_schema_round(&s, 5), 10);
    assert_int_equal(stat_schema_round(&s, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_again), cmocka_unit_test(test_rules),
        cmocka_unit_test(test_tampered),   cmocka_unit_test(test_limits),
        cmocka_unit_test(test_signatures), cmocka_unit_test(test_relations),
        cmocka_unit_test(test_round),
    };
    if (sodium_init() < 0)
        return 1;
    world_init(&world, 2, 3, 4);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
