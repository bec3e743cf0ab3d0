/*
 * test_access.c - what each role may be given.
 */
#include "federation/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Goal: the least that each role needs; of several the most; nothing for who takes no part.
 * Method: one row is an organisation. */
static void test_roles(void **state)
{
    (void)state;
    static const struct {
        uint32_t roles;
        enum org_status status;
        enum access want;
        const char *name;
    } rows[] = {
        {ROLE_MEMBER,                  ORG_ACTIVE,    ACCESS_EVERYTHING,  "everything" },
        {ROLE_KEYHOLDER,               ORG_ACTIVE,    ACCESS_EVERYTHING,  "everything" },
        {ROLE_RELAY,                   ORG_ACTIVE,    ACCESS_EVERYTHING,  "everything" },
        {ROLE_AUDITOR,                 ORG_ACTIVE,    ACCESS_HEADERS,     "headers"    },
        {ROLE_OMBUDSPERSON,            ORG_ACTIVE,    ACCESS_HEADERS,     "headers"    },
        {ROLE_AUTHORITY,               ORG_ACTIVE,    ACCESS_HEADERS,     "headers"    },
        {ROLE_OBSERVER,                ORG_ACTIVE,    ACCESS_CHECKPOINTS, "checkpoints"},
        {ROLE_STEWARD,                 ORG_ACTIVE,    ACCESS_CHECKPOINTS, "checkpoints"},
        {ROLE_OBSERVER | ROLE_STEWARD, ORG_ACTIVE,    ACCESS_CHECKPOINTS, "checkpoints"},
        {ROLE_OBSERVER | ROLE_AUDITOR, ORG_ACTIVE,    ACCESS_HEADERS,     "headers"    },
        {ROLE_OBSERVER | ROLE_MEMBER,  ORG_ACTIVE,    ACCESS_EVERYTHING,  "everything" },
        {ROLES_ALL,                    ORG_ACTIVE,    ACCESS_EVERYTHING,  "everything" },
        {ROLES_ALL,                    ORG_SUSPENDED, ACCESS_NOTHING,     "nothing"    },
        {ROLES_ALL,                    ORG_LEFT,      ACCESS_NOTHING,     "nothing"    },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct organisation org = {.roles = rows[i].roles, .status = rows[i].status};
        assert_int_equal(access_of(&org), rows[i].want);
        assert_string_equal(access_name(access_of(&org)), rows[i].name);
    }
    assert_int_equal(access_of(NULL), ACCESS_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_roles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
