#include "protocol/alert.h"

#include <assert.h>
#include <string.h>

#include "protocol/orgid.h"
#include "protocol/payload.h"

struct row {
    uint8_t code;
    const char *name, *text;
};

#define ROW(code, name, text) {code, name, text},
static const struct row kinds[] = {ALERT_KIND_TABLE(ROW)};
static const struct row bases[] = {ALERT_BASIS_TABLE(ROW)};
static const struct row replies[] = {ALERT_REPLY_TABLE(ROW)};
static const struct row actions[] = {ALERT_ACTION_TABLE(ROW)};
static const struct row states[] = {ALERT_STATE_TABLE(ROW)};
#undef ROW

#define ROWS(a)                                                                                    \
    {                                                                                              \
        a, sizeof(a) / sizeof(a)[0]                                                                \
    }
static const struct {
    const struct row *rows;
    size_t count;
} tables[ALERT_TABLES] = {
    [ALERT_KIND] = ROWS(kinds),     [ALERT_BASIS] = ROWS(bases),  [ALERT_REPLY] = ROWS(replies),
    [ALERT_ACTION] = ROWS(actions), [ALERT_STATE] = ROWS(states),
};

static const struct row *find(enum alert_table table, uint8_t code)
{
    for (size_t i = 0; i < tables[table].count; i++)
        if (tables[table].rows[i].code == code)
            return &tables[table].rows[i];
    return NULL;
}

const char *alert_code_name(enum alert_table table, uint8_t code)
{
    const struct row *r = find(table, code);
    return r != NULL ? r->name : NULL;
}

const char *alert_code_text(enum alert_table table, uint8_t code)
{
    const struct row *r = find(table, code);
    return r != NULL ? r->text : NULL;
}

const char *alert_code_at(enum alert_table table, size_t i)
{
    return i < tables[table].count ? tables[table].rows[i].name : NULL;
}

bool alert_code_find(enum alert_table table, const char *name, uint8_t *code)
{
    for (size_t i = 0; i < tables[table].count; i++) {
        if (strcmp(tables[table].rows[i].name, name) == 0) {
            *code = tables[table].rows[i].code;
            return true;
        }
    }
    return false;
}

size_t alert_encode(const struct alert *a, uint8_t *out)
{
    size_t len = strlen(a->partner);
    assert(len <= ORG_ID_BYTES_MAX && a->action_count <= ALERT_ACTIONS_MAX);
    struct pack p = pack_of(out, ALERT_BYTES_MAX);
    pack_u8(&p, PAYLOAD_VERSION);
    pack_u8(&p, a->kind);
    pack_u8(&p, a->basis);
    pack_u8(&p, a->reply);
    pack_u32(&p, a->reply_day);
    pack_u8(&p, (uint8_t)len);
    pack_copy(&p, a->partner, len);
    pack_u8(&p, (uint8_t)a->action_count);
    for (size_t i = 0; i < a->action_count; i++) {
        pack_u8(&p, a->action[i].code);
        pack_u8(&p, a->action[i].state);
        pack_u32(&p, a->action[i].due_day);
    }
    assert(!p.is_full);
    return pack_len(&p);
}

static enum err read_actions(struct unpack *u, struct alert *a)
{
    a->action_count = unpack_u8(u);
    if (!u->is_short && a->action_count > ALERT_ACTIONS_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < a->action_count && !u->is_short; i++) {
        struct alert_action *p = &a->action[i];
        p->code = unpack_u8(u);
        p->state = unpack_u8(u);
        p->due_day = unpack_u32(u);
        if (!u->is_short && (find(ALERT_ACTION, p->code) == NULL ||
                             find(ALERT_STATE, p->state) == NULL || p->due_day == 0))
            return ERR_RANGE;
    }
    return OK;
}

enum err alert_decode(struct bytes payload, struct alert *a)
{
    struct unpack u = unpack_of(payload);
    enum err e = payload_start(&u);
    if (e != OK)
        return e;
    struct alert got = {0};
    got.kind = unpack_u8(&u);
    got.basis = unpack_u8(&u);
    got.reply = unpack_u8(&u);
    got.reply_day = unpack_u32(&u);
    struct bytes partner = unpack_view(&u, unpack_u8(&u));
    if (u.is_short)
        return ERR_TRUNCATED;
    if (find(ALERT_KIND, got.kind) == NULL || find(ALERT_BASIS, got.basis) == NULL ||
        find(ALERT_REPLY, got.reply) == NULL)
        return ERR_RANGE;
    if (orgid_check(partner) != OK || (got.reply == REPLY_NOT_ASKED) != (got.reply_day == 0))
        return ERR_FORMAT;
    memcpy(got.partner, partner.data, partner.len);
    e = read_actions(&u, &got);
    if (e == OK)
        e = payload_end(&u);
    if (e == OK)
        *a = got;
    return e;
}
