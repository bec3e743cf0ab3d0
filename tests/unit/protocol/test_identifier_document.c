#include "tests/unit/protocol/identifier_rows.h"

#include <stdio.h>

#define DIGITS_240                                                                                 \
    "192837465019283746501928374650192837465019283746501928374650"                                 \
    "192837465019283746501928374650192837465019283746501928374650"                                 \
    "192837465019283746501928374650192837465019283746501928374650"                                 \
    "192837465019283746501928374650192837465019283746501928374650"

/* Goal: a document is brought to issuer, type and number, or refused with the part that is wrong.
 * Method: one row is one document. */
static void documents(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        {"NLD:passport:AB1234567", FAULT_NONE, "NLD|passport|AB1234567"},
        {" nld : PassPort : ab-12.34/56 7 ", FAULT_NONE, "NLD|passport|AB1234567"},
        {"D:passport:C01X00T47", FAULT_NONE, "DEU|passport|C01X00T47"},
        {"xkx:id:1234068", FAULT_NONE, "RKS|id|1234068"},
        {"GBR:driving licence:x1y", FAULT_NONE, "GBR|drivinglicence|X1Y"},
        {"SYR:id:١٢٣", FAULT_NONE, "SYR|id|123"},
        {"XXB:travel:1é2", FAULT_NONE, "XXB|passport|1E2"},
        {"BGD:birth:ক১২", FAULT_NONE, "BGD|birth|ক12"},
        {"KEN:military:12345678901234567890123456789013", FAULT_NONE,
         "KEN|military|12345678901234567890123456789013"},
        {"KEN:tax:123456789012345678901234567890123", FAULT_DOCUMENT_LENGTH, NULL},
        {"KEN:tax:12", FAULT_DOCUMENT_LENGTH, NULL},
        {"KEN:tax:0012", FAULT_DOCUMENT_LENGTH, NULL},
        {"KEN:tax:", FAULT_DOCUMENT_LENGTH, NULL},
        {"KEN:tax: - ", FAULT_DOCUMENT_LENGTH, NULL},
        {"AB1234567", FAULT_DOCUMENT_FORM, NULL},
        {"AB1234567<", FAULT_DOCUMENT_FORM, NULL},
        {"NLD:AB1234567", FAULT_DOCUMENT_FORM, NULL},
        {":", FAULT_DOCUMENT_FORM, NULL},
        {"NL:passport:AB1234567", FAULT_DOCUMENT_COUNTRY, NULL},
        {"SUN:passport:AB1234567", FAULT_DOCUMENT_COUNTRY, NULL},
        {"::123", FAULT_DOCUMENT_COUNTRY, NULL},
        {"Netherlands:passport:AB123456", FAULT_DOCUMENT_COUNTRY, NULL},
        {"ZZZ:passport:AB1234567", FAULT_DOCUMENT_COUNTRY, NULL},
        {"NLD::AB1234567", FAULT_DOCUMENT_TYPE, NULL},
        {"NLD:pass:AB1234567", FAULT_DOCUMENT_TYPE, NULL},
        {"NLD:passports:AB1234567", FAULT_DOCUMENT_TYPE, NULL},
        {"NLD:AB1234567:passport", FAULT_DOCUMENT_TYPE, NULL},
        {"NLD:id:12_34", FAULT_DOCUMENT_SIGNS, NULL},
        {"NLD:id:12:34", FAULT_DOCUMENT_SIGNS, NULL},
        {"NLD:id:12(34)", FAULT_DOCUMENT_SIGNS, NULL},
        {"NLD:id:1234?", FAULT_DOCUMENT_SIGNS, NULL},
        {"NLD:id:1.23457E+15", FAULT_DOCUMENT_SIGNS, NULL},
        {"NLD:id:unknown", FAULT_PLACEHOLDER, NULL},
        {"NLD:social:unknown", FAULT_PLACEHOLDER, NULL},
        {"NLD:id:00000000", FAULT_PLACEHOLDER, NULL},
        {"NLD:id:9999-9999", FAULT_PLACEHOLDER, NULL},
        {"NLD:id:00009999", FAULT_PLACEHOLDER, NULL},
        {"KEN:id:12345678", FAULT_PLACEHOLDER, NULL},
        {"KEN:id:0123456789", FAULT_PLACEHOLDER, NULL},
        {"KEN:id:987654321", FAULT_PLACEHOLDER, NULL},
        {"KEN:id:12345", FAULT_PLACEHOLDER, NULL},
        {"KEN:id:1234", FAULT_NONE, "KEN|id|1234"},
        {"KEN:id:12345687", FAULT_NONE, "KEN|id|12345687"},
        {"NLD:id:12\xff", FAULT_ENCODING, NULL},
        {"NLD:id:12\xee\x80\x80", FAULT_CHARACTER, NULL},
        {"NLD:id:" DIGITS_240 "192837465019", FAULT_TOO_LONG, NULL},
    };
    /* clang-format on */
    CHECK(identifier_document, rows);
}

/* Goal: slips of people and programs in a number do not show, and what could be two numbers stays
 * two. Method: one row is one number. */
static void slips(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        {"KEN:id:O12345678O", FAULT_NONE, "KEN|id|123456780"},
        {"KEN:id:o1234567i0", FAULT_NONE, "KEN|id|123456710"},
        {"KEN:passport:AOI12345", FAULT_NONE, "KEN|passport|A0112345"},
        {"KEN:passport:A0112345", FAULT_NONE, "KEN|passport|A0112345"},
        {"KEN:id:00234587", FAULT_NONE, "KEN|id|234587"},
        {"KEN:id:'00234587", FAULT_NONE, "KEN|id|234587"},
        {"KEN:id:A0023456", FAULT_NONE, "KEN|id|A0023456"},
        {"DEU:passport:CL1X00T47", FAULT_NONE, "DEU|passport|CL1X00T47"},
        {"KEN:id:S5B8Z2G6", FAULT_NONE, "KEN|id|S5B8Z2G6"},
        {"KEN:id:2345687<<", FAULT_NONE, "KEN|id|2345687"},
        {"UKR:passport:СН 234567", FAULT_NONE, "UKR|passport|CH234567"},
        {"GRC:id:ΑΒ 234567", FAULT_NONE, "GRC|id|AB234567"},
        {"GRC:id:αβ 234567", FAULT_NONE, "GRC|id|AB234567"},
        {"RUS:birth:ІІ-ЖД 234567", FAULT_NONE, "RUS|birth|11ЖД234567"},
        {"RUS:id:О12", FAULT_DOCUMENT_LENGTH, NULL}, /* Cyrillic: 012, and so 12 */
        /* the check digit behind nine signs of a machine-readable line */
        {"NLD:passport:SPECI20142", FAULT_NONE, "NLD|passport|SPEC12014"},
        {"NLD:passport:SPECI2014", FAULT_NONE, "NLD|passport|SPEC12014"},
        {"NLD:passport:SPECI20143", FAULT_NONE, "NLD|passport|SPEC120143"},
        {"NLD:id:SPECI20142", FAULT_NONE, "NLD|id|SPEC120142"},
        {"ROU:id:XR123457<6", FAULT_NONE, "ROU|id|XR123457"},
        {"ROU:id:XR123457<7", FAULT_DOCUMENT_CHECK, NULL},
        {"ROU:passport:XR123457\xe2\x80\xb9" "6", FAULT_NONE, "ROU|passport|XR123457"},
    };
    /* clang-format on */
    CHECK(identifier_document, rows);
}

/* Goal: the names that people give to a type come to one word, and types that can share numbers
 * stay apart. Method: one row is one name. */
static void types(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"Passport number",         "passport"      },
        {"paspoort",                "passport"      },
        {"passeport",               "passport"      },
        {"travel document",         "passport"      },
        {"laissez-passer",          "passport"      },
        {"Refugee Travel Document", "passport"      },
        {"vluchtelingenpaspoort",   "passport"      },
        {"ID card",                 "id"            },
        {"identity_card",           "id"            },
        {"National I.D.",           "id"            },
        {"NIN",                     "id"            },
        {"tazkira",                 "id"            },
        {"identiteitskaart",        "id"            },
        {"carte d'identit\xc3\xa9", "id"            },
        {"rijbewijs",               "drivinglicence"},
        {"Driver's License",        "drivinglicence"},
        {"driving licence",         "drivinglicence"},
        {"SSN",                     "social"        },
        {"social security no.",     "social"        },
        {"verblijfsvergunning",     "residence"     },
        {"residence permit",        "residence"     },
        {"UNHCR",                   "refugee"       },
        {"refugee certificate",     "refugee"       },
        {"TIN",                     "tax"           },
        {"belastingnummer",         "tax"           },
        {"Voter ID",                "voter"         },
        {"geboorteakte",            "birth"         },
        {"military ID",             "military"      },
        {"overig",                  "other"         },
        {"badge",                   NULL            },
        {"passportpassport",        NULL            },
        {"passport id",             NULL            },
        {"pass",                    NULL            },
        {"P",                       NULL            },
        {"1",                       NULL            },
        {" ",                       NULL            },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char value[64], want[64];
        snprintf(value, sizeof value, "KEN:%s:AB1234567", rows[i][0]);
        snprintf(want, sizeof want, "KEN|%s|AB1234567", rows[i][1] != NULL ? rows[i][1] : "");
        struct row row = {value, FAULT_NONE, want};
        if (rows[i][1] == NULL)
            row = (struct row){value, FAULT_DOCUMENT_TYPE, NULL};
        check_rows(identifier_document, &row, 1);
    }
}

#define NLD_1 "P<NLDMOOR<<KIT<ANN<<<<<<<<<<<<<<<<<<<<<<<<<<"
#define NLD_2 "SPECI20142NLD6503101F2403096999999990<<<<<84"

/* Goal: the machine-readable lines of a document give the key of what is typed by hand.
 * Method: one row is what was pasted; the lines were made by another program. */
static void lines(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        {NLD_1 "\n" NLD_2, FAULT_NONE, "NLD|passport|SPEC12014"},
        {NLD_1 "\r\n" NLD_2 "\r\n", FAULT_NONE, "NLD|passport|SPEC12014"},
        {NLD_1 NLD_2, FAULT_NONE, "NLD|passport|SPEC12014"},
        {"p<nldmoor<<kit<ann << << << << << << << << << << << << <<speci20142nld 6503101f2403096"
         "999999990<<<<<84", FAULT_NONE, "NLD|passport|SPEC12014"},
        {"P\xe2\x80\xb9NLDMOOR\xc2\xabKIT<ANN<<<<<<<<<<<<<<<<<<<<<<<<<<" NLD_2, FAULT_NONE,
         "NLD|passport|SPEC12014"},
        /* a letter O for a digit in a date; in the number it may be either, and must be right */
        {NLD_1 "SPECI20142NLD65O31O1F24O3O96999999990<<<<<84", FAULT_NONE,
         "NLD|passport|SPEC12014"},
        {"PTGBOMOOR<<KIT<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"
         "1234O67894GBO6408125X2710316<<<<<<<<<<<<<<<2", FAULT_NONE, "GBR|passport|123406789"},
        {"PTGBOMOOR<<KIT<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"
         "1234067894GBO6408125X2710316<<<<<<<<<<<<<<<2", FAULT_DOCUMENT_MRZ, NULL},
        {"P<D<<MOOR<<KIT<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"
         "C01X00T478D<<6408125F2710316<<<<<<<<<<<<<<<4", FAULT_NONE, "DEU|passport|C01X00T47"},
        {"POUNOMOOR<<KIT<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"
         "UN123457<3KEN64<<<<4F2710316<<<<<<<<<<<<<<<2", FAULT_NONE, "UNO|passport|UN123457"},
        {"I<ROMMOOR<<KIT<<<<<<<<<<<<<<<<<<<<<<\nXR123457<6ROU6408125F2710316<<<<<<<8", FAULT_NONE,
         "ROU|id|XR123457"},
        {"I<BELMOOR<<KIT<<<<<<<<<<<<<<<<<<<<<<\n590330101<BEL6408125F2710316084<<<<8", FAULT_NONE,
         "BEL|id|59033010108"},
        {"IDBEL590330101<0859<<<<<<<<<<<\n6408125F2710316BEL<<<<<<<<<<<0\n"
         "MOOR<<KIT<<<<<<<<<<<<<<<<<<<<<", FAULT_NONE, "BEL|id|590330101085"},
        {"IDBEL590330101<0853<<<<<<<<<<< 6408125F2710316BEL<<<<<<<<<<<2 "
         "MOOR<<KIT<<<<<<<<<<<<<<<<<<<<<", FAULT_NONE, "BEL|id|590330101085"},
        {"BEL:id:590-3301010-85", FAULT_NONE, "BEL|id|590330101085"},
        {"IRNLDIR9KK0BD24<<<<<<<<<<<<<<<6408125F2710316KEN<<<<<<<<<<<2"
         "MOOR<<KIT<<<<<<<<<<<<<<<<<<<<<", FAULT_NONE, "NLD|residence|1R9KK0BD2"},
        {"ACKENKC9KK0BD23<<<<<<<<<<<<<<<6408125F2710316KEN<<<<<<<<<<<4"
         "MOOR<<KIT<<<<<<<<<<<<<<<<<<<<<", FAULT_NONE, "KEN|other|KC9KK0BD2"},
        {"IPUSAC120045879<<<<<<<<<<<<<<<6408125F2710316USA<<<<<<<<<<<2"
         "MOOR<<KIT<<<<<<<<<<<<<<<<<<<<<", FAULT_NONE, "USA|passport|C12004587"},
        /* not whole, a digit changed, the wrong line, a visa, a specimen */
        {NLD_2, FAULT_DOCUMENT_MRZ, NULL},
        {NLD_1, FAULT_DOCUMENT_MRZ, NULL},
        {NLD_1 "SPECI20142NLD6503101F2403096999999990<<<<84", FAULT_DOCUMENT_MRZ, NULL},
        {NLD_1 "SPECI20152NLD6503101F2403096999999990<<<<<84", FAULT_DOCUMENT_MRZ, NULL},
        {NLD_1 "SPECI20142NLD6503101F2403096999999990<<<<<85", FAULT_DOCUMENT_MRZ, NULL},
        {NLD_1 "SPECI20142NLD6503101F2403096999999991<<<<<84", FAULT_DOCUMENT_MRZ, NULL},
        {NLD_2 NLD_1, FAULT_DOCUMENT_MRZ, NULL},
        {NLD_1 "SPECI20142NLD6503101F2403096999999990<<<<?84", FAULT_DOCUMENT_MRZ, NULL},
        {"IDBEL590330101<0858<<<<<<<<<<<\n6408125F2710316BEL<<<<<<<<<<<1\n"
         "MOOR<<KIT<<<<<<<<<<<<<<<<<<<<<", FAULT_DOCUMENT_MRZ, NULL},
        {"V<FRAMOOR<<KIT<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"
         "C01X00T478KEN6408125F2710316<<<<<<<<<<<<<<<4", FAULT_DOCUMENT_TYPE, NULL},
        {"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
         "L898902C36UTO7408122F1204159ZE184226B<<<<<10", FAULT_DOCUMENT_COUNTRY, NULL},
    };
    /* clang-format on */
    CHECK(identifier_document, rows);
}

/* A sign's value in a check digit (ICAO Doc 9303-3 section 4.9). */
static int value_of(char c)
{
    return c == '<' ? 0 : c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Goal: no single sign of the checked fields can change unnoticed, as far as its check digits can
 * tell: signs whose values differ by a multiple of ten have the same.
 * Method: each sign of the second line changed to each other one. */
static void changed_lines(void **state)
{
    (void)state;
    static const char signs[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<";
    size_t refused = 0;
    for (size_t at = 0; at < 44; at++) {
        bool is_unchecked = (at >= 10 && at < 13) || at == 20; /* nationality and sex */
        for (size_t s = 0; s < sizeof signs - 1 && !is_unchecked; s++) {
            char text[] = NLD_1 NLD_2;
            uint8_t out[MATCH_KEY_BYTES_MAX];
            struct pack p = pack_of(out, sizeof out);
            text[44 + at] = signs[s];
            enum field_fault fault = identifier_document(bytes_of(text, 88), &p);
            bool is_slip =
                (signs[s] == 'O' && NLD_2[at] == '0') || (signs[s] == 'I' && NLD_2[at] == '1');
            bool is_alike = (value_of(signs[s]) - value_of(NLD_2[at])) % 10 == 0;
            if (fault == FAULT_NONE && !is_alike && !is_slip)
                fail_msg("%c at %zu is not noticed", signs[s], at);
            if (fault == FAULT_NONE && is_slip)
                assert_true(holds(bytes_of(out, pack_len(&p)), "NLD|passport|SPEC12014"));
            refused += fault != FAULT_NONE;
        }
    }
    assert_in_range(refused, 40 * 31, 40 * 36);
}

/* Goal: the canonical form, typed in, gives itself.
 * Method: write the fields of each good row with ":" between them, and read them again. */
static void canonical(void **state)
{
    (void)state;
    static const char *const values[] = {
        "NLD:bsn:123456782",      "NLD:tax:012345672",           "FRA:social:2 95 10 99 126 111",
        "ESP:id:54362315",        "ITA:tax:RCCMNL83S18D969H",    "SWE:social:19670919-9530",
        "BEL:id:00010100105",     "CHE:social:756.9217.0769.85", "KEN:passport:OI-12",
        "XXB:travel:1é2",         "UKR:passport:СН 234567",      "BRA:tax:00139053336",
        "FIN:social:131052-308T", "POL:id:00210112344",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint8_t first[MATCH_KEY_BYTES_MAX], second[MATCH_KEY_BYTES_MAX];
        struct pack a = pack_of(first, sizeof first), b = pack_of(second, sizeof second);
        if (identifier_document(bytes_of(values[i], strlen(values[i])), &a) != FAULT_NONE)
            fail_msg("%s", values[i]);
        struct unpack u = unpack_of(bytes_of(first, pack_len(&a)));
        char typed[128];
        struct pack t = pack_of(typed, sizeof typed);
        for (int part = 0; part < 3; part++) {
            if (part > 0)
                pack_u8(&t, ':');
            pack_bytes(&t, unpack_view(&u, unpack_u16(&u)));
        }
        assert_int_equal(identifier_document(bytes_of(typed, pack_len(&t)), &b), FAULT_NONE);
        if (!bytes_equal(bytes_of(first, pack_len(&a)), bytes_of(second, pack_len(&b))))
            fail_msg("%s becomes something else: %.*s", values[i], (int)pack_len(&t), typed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents), cmocka_unit_test(slips),         cmocka_unit_test(types),
        cmocka_unit_test(lines),     cmocka_unit_test(changed_lines), cmocka_unit_test(canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
