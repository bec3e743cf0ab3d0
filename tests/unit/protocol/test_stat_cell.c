/* The module itself, so that its parts can be put together into false statements. */
#include "protocol/stat_cell.c"

#include "tests/unit/protocol/stat_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct stat_dealt dealt;
static uint8_t schema[32], author[32], fresh[32];

static struct stat_place place_of(uint8_t width)
{
    return (struct stat_place){schema, 202611, 3, width, author, STAT_EPOCH, dealt.key};
}

static enum err verify(const struct stat_place *p, const uint8_t *cell)
{
    struct stat_cipher presence, value;
    return stat_cell_verify(p, bytes_of(cell, stat_cell_bytes(p->width)), &presence, &value);
}

/* Goal: every value of the range is proven, and decrypts to itself and to its presence.
 * Method: edges of several widths, under a dealt key. */
static void test_values(void **state)
{
    (void)state;
    static const struct {
        uint8_t width;
        uint32_t value;
    } rows[] = {
        {1,  0    },
        {1,  1    },
        {1,  2    },
        {4,  0    },
        {4,  9    },
        {4,  16   },
        {8,  0    },
        {8,  1    },
        {8,  256  },
        {15, 0    },
        {15, 32768},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t cell[STAT_CELL_BYTES_MAX];
        struct stat_cipher presence, value;
        const struct stat_place p = place_of(rows[i].width);
        const size_t len = stat_cell_bytes(rows[i].width);
        assert_int_equal(stat_cell_prove(&p, rows[i].value, fresh, cell), OK);
        assert_int_equal(stat_cell_verify(&p, bytes_of(cell, len), &presence, &value), OK);
        assert_true(stat_holds(&dealt, &presence, rows[i].value > 0));
        assert_true(stat_holds(&dealt, &value, rows[i].value));
    }
}

/* Goal: the layout and every hash are as the specification says. Method: a golden vector. */
static void test_golden(void **state)
{
    (void)state;
    uint8_t cell[STAT_CELL_BYTES_MAX], hash[32], want[32];
    const struct stat_place p = place_of(8);
    assert_int_equal(stat_cell_prove(&p, 42, fresh, cell), OK);
    crypto_generichash(hash, sizeof hash, cell, stat_cell_bytes(8), NULL, 0);
    unhex("c177a85e63ba658d3a35d547d787e0879174e3a8687556cb86c7595b1e51d77f", want, sizeof want);
    assert_memory_equal(hash, want, sizeof hash);
}

/* Goal: a value too large and a width out of range are refused. Method: rows. */
static void test_prove_refuses(void **state)
{
    (void)state;
    static const struct {
        uint8_t width;
        uint32_t value;
        enum err want;
    } rows[] = {
        {1,  2,          OK       },
        {1,  3,          ERR_RANGE},
        {8,  257,        ERR_RANGE},
        {8,  UINT32_MAX, ERR_RANGE},
        {15, 32769,      ERR_RANGE},
        {0,  0,          ERR_RANGE},
        {16, 0,          ERR_RANGE},
    };
    uint8_t cell[STAT_CELL_BYTES_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct stat_place p = place_of(rows[i].width);
        struct stat_cipher out;
        assert_int_equal(stat_cell_prove(&p, rows[i].value, fresh, cell), rows[i].want);
        if (rows[i].width == 0 || rows[i].width > STAT_WIDTH_MAX)
            assert_int_equal(stat_cell_verify(&p, bytes_of(cell, 0), &out, &out), ERR_RANGE);
    }
    struct stat_place p = place_of(1);
    for (size_t i = 0; i < BAD_POINTS; i++) {
        uint8_t key[POINT_BYTES];
        unhex(bad_points[i].hex, key, sizeof key);
        p.key = key;
        assert_int_equal(stat_cell_prove(&p, 1, fresh, cell), ERR_POINT);
        assert_true(sodium_is_zero(cell, stat_cell_bytes(1)));
    }
}

/* Goal: a cell is nothing in another place. Method: each part of the place changed in turn. */
static void test_elsewhere(void **state)
{
    (void)state;
    uint8_t cell[STAT_CELL_BYTES_MAX], other[32];
    const struct stat_place good = place_of(4);
    assert_int_equal(stat_cell_prove(&good, 5, fresh, cell), OK);
    assert_int_equal(verify(&good, cell), OK);
    memset(other, 9, sizeof other);
    struct stat_place p = good;
    p.schema = other;
    assert_int_equal(verify(&p, cell), ERR_PROOF);
    p = good;
    p.author = other;
    assert_int_equal(verify(&p, cell), ERR_PROOF);
    p = good;
    p.period++;
    assert_int_equal(verify(&p, cell), ERR_PROOF);
    p = good;
    p.cell++;
    assert_int_equal(verify(&p, cell), ERR_PROOF);
    p = good;
    p.epoch++;
    assert_int_equal(verify(&p, cell), ERR_PROOF);
    p = good;
    p.key = dealt.commitment[0];
    assert_int_equal(verify(&p, cell), ERR_PROOF);
}

/* Goal: no byte can be changed, and nothing be cut off or added.
 * Method: every byte of a cell flipped, cut at each, and one byte more. */
static void test_tampered(void **state)
{
    (void)state;
    uint8_t cell[STAT_CELL_BYTES_MAX + 1];
    struct stat_cipher presence, value, before;
    const struct stat_place p = place_of(1);
    const size_t len = stat_cell_bytes(1);
    assert_int_equal(stat_cell_prove(&p, 2, fresh, cell), OK);
    memset(&before, 0xaa, sizeof before);
    presence = value = before;
    for (size_t i = 0; i < len; i++) {
        cell[i] ^= (uint8_t)(1u << i % 8);
        enum err e = stat_cell_verify(&p, bytes_of(cell, len), &presence, &value);
        assert_true(e == ERR_PROOF || e == ERR_POINT || e == ERR_SCALAR);
        cell[i] ^= (uint8_t)(1u << i % 8);
        e = stat_cell_verify(&p, bytes_of(cell, i), &presence, &value);
        assert_int_equal(e, ERR_TRUNCATED);
    }
    assert_int_equal(stat_cell_verify(&p, bytes_of(cell, len + 1), &presence, &value), ERR_FORMAT);
    assert_memory_equal(&presence, &before, sizeof before);
    assert_memory_equal(&value, &before, sizeof before);
    assert_int_equal(stat_cell_verify(&p, bytes_of(cell, len), &presence, &value), OK);
}

/* Goal: encodings that are not canonical are refused in every place, with the right word.
 * Method: each bad point in the place of each point, each bad scalar in that of each scalar. */
static void test_encodings(void **state)
{
    (void)state;
    uint8_t good[STAT_CELL_BYTES_MAX], cell[STAT_CELL_BYTES_MAX];
    const struct stat_place p = place_of(1);
    const size_t points = AT_BITS + 1, all = stat_cell_bytes(1) / 32;
    assert_int_equal(stat_cell_prove(&p, 1, fresh, good), OK);
    for (size_t i = 0; i < points * BAD_POINTS; i++) {
        memcpy(cell, good, sizeof cell);
        unhex(bad_points[i % BAD_POINTS].hex, cell + 32 * (i / BAD_POINTS), 32);
        assert_int_equal(verify(&p, cell), ERR_POINT);
    }
    for (size_t i = points * BAD_SCALARS; i < all * BAD_SCALARS; i++) {
        memcpy(cell, good, sizeof cell);
        unhex(bad_scalars[i % BAD_SCALARS].hex, cell + 32 * (i / BAD_SCALARS), 32);
        assert_int_equal(verify(&p, cell), ERR_SCALAR);
    }
}

/* ---- Cheating provers ---- */

static void add_h(uint8_t *point, int times)
{
    for (; times > 0; times--)
        assert_int_equal(crypto_core_ristretto255_add(point, point, stat_h), 0);
    for (; times < 0; times++)
        assert_int_equal(crypto_core_ristretto255_sub(point, point, stat_h), 0);
}

/* Goal: a member who wants to poison the sum cannot: it goes through every step of the proof with
 * what it knows, about a statement that is false.
 * Method: one row is one false statement. What it adds to a point is not covered by the proof. */
static void test_cheating(void **state)
{
    (void)state;
    static const struct {
        bool is_present;
        uint32_t u;
        size_t at; /* the point that is shifted */
        int by;
        enum err want;
        const char *why;
    } rows[] = {
        {true,  3, AT_BU,       0,    OK,        "the truth"                     },
        {false, 0, AT_BU,       0,    OK,        "the truth of nothing"          },
        {false, 3, AT_BU,       0,    ERR_PROOF, "a value without presence"      },
        {true,  0, AT_BP,       1,    ERR_PROOF, "present twice"                 },
        {true,  0, AT_BP,       -1,   ERR_PROOF, "absent, and counted as present"},
        {false, 0, AT_BP,       1,    ERR_PROOF, "present, and proven absent"    },
        {false, 0, AT_BP,       -1,   ERR_PROOF, "presence of minus one"         },
        {true,  0, AT_BU,       -1,   ERR_PROOF, "a rest of minus one"           },
        {true,  0, AT_BU,       -5,   ERR_PROOF, "a negative sum"                },
        {true,  3, AT_BU,       1,    ERR_PROOF, "one more than its bits"        },
        {true,  3, AT_BU,       1000, ERR_PROOF, "far more than its bits"        },
        {true,  1, AT_BITS,     1,    ERR_PROOF, "a bit of two"                  },
        {true,  0, AT_BITS,     -1,   ERR_PROOF, "a bit of minus one"            },
        {true,  3, AT_BITS + 1, 4,    ERR_PROOF, "a bit of five"                 },
        {true,  0, AT_AU,       1,    ERR_PROOF, "another randomness in one half"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t cell[STAT_CELL_BYTES_MAX], u[32], t[T_MAX][32], own[STAT_WIDTH_MAX + 1][32];
        const struct stat_place p = place_of(2);
        const struct view v = view_of(cell, 2);
        uint8_t *const rest = cell + 32 * (AT_BITS + 2);
        struct secrets k;
        print_message("%s\n", rows[i].why);
        secrets_init(&k, &p, 0, fresh);
        memset(cell, 0, sizeof cell);
        k.is_present = rows[i].is_present;
        k.u = rows[i].u;
        assert_int_equal(encrypt(&p, &k, cell, u), OK);
        add_h(cell + 32 * rows[i].at, rows[i].by);
        assert_int_equal(sum_bits(cell + 32 * AT_BITS, 2, u), OK);
        assert_int_equal(commit_true(&p, &k, t), OK);
        assert_int_equal(commit_false(&p, &k, v, rest, u, own, t), OK);
        challenge(&p, cell, t, rest + 32 * REST_C);
        answer_all(&p, &k, own, rest);
        assert_int_equal(verify(&p, cell), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_prove_refuses), cmocka_unit_test(test_elsewhere),
        cmocka_unit_test(test_tampered),      cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_cheating),
    };
    if (sodium_init() < 0)
        return 1;
    stat_deal(&dealt);
    for (uint8_t i = 0; i < 32; i++) {
        schema[i] = i;
        author[i] = (uint8_t)(0x20 + i);
        fresh[i] = (uint8_t)(0x80 + i);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
