#include "tests/unit/protocol/identifier_rows.h"

#define LETTERS_10 "abcdefghij"
#define LETTERS_60 LETTERS_10 LETTERS_10 LETTERS_10 LETTERS_10 LETTERS_10 LETTERS_10
#define LETTERS_240 LETTERS_60 LETTERS_60 LETTERS_60 LETTERS_60
#define DOMAIN_244 "a@" LETTERS_60 "." LETTERS_60 "." LETTERS_60 "." LETTERS_60 "."

/* Goal: an address that can be one is brought to its form, everything else is refused.
 * Method: one row is one address. */
static void emails(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        {" Kit.Moor+aid@Example.ORG ", FAULT_NONE, "kit.moor+aid@example.org"},
        {"o'neal_{x}@a-b.c1.example", FAULT_NONE, "o'neal_{x}@a-b.c1.example"},
        {"тест@пример.испытание", FAULT_NONE, "тест@пример.испытание"},
        {"कु@उदा.example", FAULT_NONE, "कु@उदा.example"},
        {"abcd" LETTERS_60 "@x.org", FAULT_NONE, "abcd" LETTERS_60 "@x.org"},
        {"abcde" LETTERS_60 "@x.org", FAULT_EMAIL, NULL},
        {"a@abc" LETTERS_60 ".org", FAULT_NONE, "a@abc" LETTERS_60 ".org"},
        {"a@abcd" LETTERS_60 ".org", FAULT_EMAIL, NULL},
        /* a domain of 253 bytes; and one that folding makes a byte longer */
        {DOMAIN_244 "12345678o", FAULT_NONE, DOMAIN_244 "12345678o"},
        {DOMAIN_244 "1234567ŉ", FAULT_EMAIL, NULL},
        {"a", FAULT_EMAIL, NULL},
        {"@", FAULT_EMAIL, NULL},
        {"a@", FAULT_EMAIL, NULL},
        {"@x.org", FAULT_EMAIL, NULL},
        {"a@x", FAULT_EMAIL, NULL},
        {"a@.org", FAULT_EMAIL, NULL},
        {"a@x.", FAULT_EMAIL, NULL},
        {"a@x..org", FAULT_EMAIL, NULL},
        {"a@-x.org", FAULT_EMAIL, NULL},
        {"a@x-.org", FAULT_EMAIL, NULL},
        {"a@x_y.org", FAULT_EMAIL, NULL},
        {"a@192.168.0.1", FAULT_EMAIL, NULL},
        {"a@b@x.org", FAULT_EMAIL, NULL},
        {"a b@x.org", FAULT_EMAIL, NULL},
        {"a @x.org", FAULT_EMAIL, NULL},
        {"a@ x.org", FAULT_EMAIL, NULL},
        {"a@x .org", FAULT_EMAIL, NULL},
        {"a\tb@x.org", FAULT_EMAIL, NULL},
        {"Kit <kit@x.org", FAULT_EMAIL, NULL},
        {"Kit kit@x.org>", FAULT_EMAIL, NULL},
        {"<>", FAULT_EMAIL, NULL},
        {"mailto:", FAULT_EMAIL, NULL},
        {"a@x.org..", FAULT_EMAIL, NULL},
        {"a@x.xn--", FAULT_EMAIL, NULL},
        {"a@xn--abc-.org", FAULT_EMAIL, NULL},
        {"a@xn--bcher-kv*.org", FAULT_EMAIL, NULL},
        {"a@xn--99999999.org", FAULT_EMAIL, NULL},
        {"a@x.org,b@x.org", FAULT_EMAIL, NULL},
        {"a\xcd\xbe"
         "b@x.org", FAULT_EMAIL, NULL}, /* folds to ";" */
        {"\xe2\x98\xba@x.org", FAULT_EMAIL, NULL},
        {"a@x.or\xff", FAULT_ENCODING, NULL},
        {"a@x.or\xef\xbf\xbd", FAULT_CHARACTER, NULL},
        {LETTERS_240 LETTERS_10 "@xy.org", FAULT_TOO_LONG, NULL},
    };
    /* clang-format on */
    CHECK(identifier_email, rows);
}

/* Goal: an address gives one key however it was copied.
 * Method: one row is one way; the Punycode was made by another program. */
static void copied(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        {"Kit Moor <kit@x.org>", FAULT_NONE, "kit@x.org"},
        {"\"Moor, Kit\" <kit@x.org>", FAULT_NONE, "kit@x.org"},
        {"< kit@x.org >", FAULT_NONE, "kit@x.org"},
        {"mailto:kit@x.org", FAULT_NONE, "kit@x.org"},
        {"MailTo:kit@x.org?subject=a@b", FAULT_NONE, "kit@x.org"},
        {"Kit <mailto:kit@x.org>", FAULT_NONE, "kit@x.org"},
        {"kit@x.org.", FAULT_NONE, "kit@x.org"},
        {"KIT@X.ORG", FAULT_NONE, "kit@x.org"},
        {"kit@b\xc3\xbc" "cher.example", FAULT_NONE, "kit@b\xc3\xbc" "cher.example"},
        {"kit@bu\xcc\x88" "cher.example", FAULT_NONE, "kit@b\xc3\xbc" "cher.example"},
        {"kit@xn--bcher-kva.example", FAULT_NONE, "kit@b\xc3\xbc" "cher.example"},
        {"kit@XN--BCHER-KVA.example", FAULT_NONE, "kit@b\xc3\xbc" "cher.example"},
        {"kit@mail.xn--bcher-kva.xn--e1afmkfd", FAULT_NONE,
         "kit@mail.b\xc3\xbc" "cher.пример"},
        {"kit@stra\xc3\x9f" "e.de", FAULT_NONE, "kit@strasse.de"},
        {"kit@xn--strae-oqa.de", FAULT_NONE, "kit@strasse.de"},
        {"kit@xn--r8jz45g.jp", FAULT_NONE, "kit@例え.jp"},
        {"kit@例え。jp", FAULT_NONE, "kit@例え.jp"},
        {"kit@例え｡jp", FAULT_NONE, "kit@例え.jp"},
        {"kit@xn--mgbh0fb.example", FAULT_NONE, "kit@\xd9\x85\xd8\xab\xd8\xa7\xd9\x84.example"},
    };
    /* clang-format on */
    CHECK(identifier_email, rows);
}

/* Goal: what a provider ignores is left out there, and stays at every other domain.
 * Method: one row is one address. */
static void providers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Kit.Moor+aid@gmail.com",    FAULT_NONE,  "kitmoor@gmail.com"        },
        {"k.i.t.moor@googlemail.com", FAULT_NONE,  "kitmoor@gmail.com"        },
        {"kitmoor@gmail.com",         FAULT_NONE,  "kitmoor@gmail.com"        },
        {"kit.moor+aid@gmail.com.au", FAULT_NONE,  "kit.moor+aid@gmail.com.au"},
        {"kit.moor+aid@xgmail.com",   FAULT_NONE,  "kit.moor+aid@xgmail.com"  },
        {"kit.moor+aid@mail.com",     FAULT_NONE,  "kit.moor+aid@mail.com"    },
        {"kit.moor+aid@me.com",       FAULT_NONE,  "kit.moor@icloud.com"      },
        {"kit.moor@mac.com",          FAULT_NONE,  "kit.moor@icloud.com"      },
        {"kit.moor+aid@pm.me",        FAULT_NONE,  "kit.moor@proton.me"       },
        {"kit.moor@protonmail.com",   FAULT_NONE,  "kit.moor@proton.me"       },
        {"kit.moor@ya.ru",            FAULT_NONE,  "kit-moor@yandex.ru"       },
        {"kit-moor+aid@yandex.com",   FAULT_NONE,  "kit-moor@yandex.ru"       },
        {"kit.moor+aid@hotmail.com",  FAULT_NONE,  "kit.moor@hotmail.com"     },
        {"kit.moor@outlook.com",      FAULT_NONE,  "kit.moor@outlook.com"     },
        {"kit.moor+aid@fastmail.com", FAULT_NONE,  "kit.moor@fastmail.com"    },
        {"kit.moor+aid@aid.example",  FAULT_NONE,  "kit.moor+aid@aid.example" },
        {"+aid@gmail.com",            FAULT_EMAIL, NULL                       },
        {"...@gmail.com",             FAULT_EMAIL, NULL                       },
    };
    CHECK(identifier_email, rows);
}

/* Goal: addresses of nobody and of everybody are no keys.
 * Method: one row is one address. */
static void not_a_person(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"none@none.com",         FAULT_PLACEHOLDER,  NULL                  },
        {"test@example.com",      FAULT_PLACEHOLDER,  NULL                  },
        {"no-reply@aid.example",  FAULT_PLACEHOLDER,  NULL                  },
        {"No.Reply+x@gmail.com",  FAULT_PLACEHOLDER,  NULL                  },
        {"no_email@aid.example",  FAULT_PLACEHOLDER,  NULL                  },
        {"onbekend@aid.example",  FAULT_PLACEHOLDER,  NULL                  },
        {"na@na.com",             FAULT_PLACEHOLDER,  NULL                  },
        {"name@example.org",      FAULT_PLACEHOLDER,  NULL                  },
        {"na@aid.example",        FAULT_NONE,         "na@aid.example"      },
        {"moor@moor.example",     FAULT_NONE,         "moor@moor.example"   },
        {"kit@example.org",       FAULT_NONE,         "kit@example.org"     },
        {"testa@aid.example",     FAULT_NONE,         "testa@aid.example"   },
        {"info@aid.example",      FAULT_EMAIL_SHARED, NULL                  },
        {"h.r@aid.example",       FAULT_EMAIL_SHARED, NULL                  },
        {"HumanResources@x.org",  FAULT_EMAIL_SHARED, NULL                  },
        {"vacatures@aid.example", FAULT_EMAIL_SHARED, NULL                  },
        {"kit.info@aid.example",  FAULT_NONE,         "kit.info@aid.example"},
        {"informa@aid.example",   FAULT_NONE,         "informa@aid.example" },
    };
    CHECK(identifier_email, rows);
}

/* Goal: the canonical form, typed in, gives itself.
 * Method: each good value twice. */
static void canonical(void **state)
{
    (void)state;
    static const char *const values[] = {
        "Kit.Moor+aid@googlemail.com",
        "kit@xn--bcher-kva.xn--e1afmkfd",
        "kit@xn--strae-oqa.de",
        "kit.moor@ya.ru",
        "ŉ@xn--r8jz45g.jp.",
        "kit@xn--mgbh0fb.example",
        "कु@उदा.example",
        "Kit <K@\xe2\x84\xab.org>",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint8_t first[MATCH_KEY_BYTES_MAX], second[MATCH_KEY_BYTES_MAX];
        struct pack a = pack_of(first, sizeof first), b = pack_of(second, sizeof second);
        assert_int_equal(identifier_email(bytes_of(values[i], strlen(values[i])), &a), FAULT_NONE);
        assert_int_equal(identifier_email(bytes_of(first + 2, pack_len(&a) - 2), &b), FAULT_NONE);
        if (!bytes_equal(bytes_of(first, pack_len(&a)), bytes_of(second, pack_len(&b))))
            fail_msg("%s", values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emails),       cmocka_unit_test(copied),    cmocka_unit_test(providers),
        cmocka_unit_test(not_a_person), cmocka_unit_test(canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
