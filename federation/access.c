#include "federation/access.h"

enum access access_of(const struct organisation *org)
{
    if (!roster_is_active(org))
        return ACCESS_NOTHING;
    if ((org->roles & (ROLE_MEMBER | ROLE_KEYHOLDER | ROLE_RELAY)) != 0)
        return ACCESS_EVERYTHING;
    /* Whoever looks into single entries: an auditor always, an ombudsperson when somebody complains
     * that an entry was not taken back, an authority to verify what it was sent. */
    if ((org->roles & (ROLE_AUDITOR | ROLE_OMBUDSPERSON | ROLE_AUTHORITY)) != 0)
        return ACCESS_HEADERS;
    return ACCESS_CHECKPOINTS;
}

const char *access_name(enum access access)
{
    static const char *const names[] = {"nothing", "checkpoints", "headers", "everything"};
    return names[access];
}
