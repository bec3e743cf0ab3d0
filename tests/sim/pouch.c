#include "tests/sim/pouch.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void *copy(const void *p, size_t len)
{
    void *q = malloc(len + 1);
    assert(q != NULL);
    if (len > 0)
        memcpy(q, p, len);
    return q;
}

void pouch_clear(struct pouch *p)
{
    for (size_t i = 0; i < p->mail_count; i++)
        free(p->mails[i].content);
    free(p->mails);
    free(p->parcels);
    memset(p, 0, sizeof *p);
}

void pouch_part(struct pouch *p)
{
    p->parcels = copy(p->parcels, p->parcel_count * sizeof *p->parcels);
    p->mails = copy(p->mails, p->mail_count * sizeof *p->mails);
    for (size_t i = 0; i < p->mail_count; i++)
        p->mails[i].content = copy(p->mails[i].content, p->mails[i].len);
}

static void apply_prekey(struct pouch *p, const struct effect *e)
{
    size_t at = 0;
    while (at < POUCH_PREKEYS_MAX && p->prekeys[at].is_used &&
           p->prekeys[at].week != e->prekey.week)
        at++;
    if (e->prekey.is_gone) {
        for (size_t i = 0; i < POUCH_PREKEYS_MAX; i++)
            if (p->prekeys[i].is_used && p->prekeys[i].week == e->prekey.week)
                memset(&p->prekeys[i], 0, sizeof p->prekeys[i]);
        return;
    }
    assert(at < POUCH_PREKEYS_MAX); /* old ones are wiped */
    p->prekeys[at].is_used = true;
    p->prekeys[at].week = e->prekey.week;
    memcpy(p->prekeys[at].secret, e->prekey.secret, 32);
}

static struct held_share *find_share(struct pouch *p, const struct held_share *like)
{
    for (size_t i = 0; i < p->share_count; i++)
        if (p->shares[i].key == like->key && p->shares[i].epoch == like->epoch &&
            p->shares[i].refresh == like->refresh)
            return &p->shares[i];
    return NULL;
}

static void apply_share(struct pouch *p, const struct effect *e)
{
    struct held_share *s = find_share(p, &e->share);
    if (e->type == EFFECT_PERSIST_SHARE && s == NULL) {
        assert(p->share_count < SHARES_MAX);
        s = &p->shares[p->share_count++];
    }
    if (e->type == EFFECT_PERSIST_SHARE)
        *s = e->share;
    else if (s != NULL)
        *s = p->shares[--p->share_count];
}

static void apply_ceremony(struct pouch *p, const struct effect *e)
{
    size_t at = CEREMONIES_MAX;
    for (size_t i = CEREMONIES_MAX; i-- > 0;)
        if (p->minds[i].len == 0 && at == CEREMONIES_MAX)
            at = i;
    for (size_t i = 0; i < CEREMONIES_MAX; i++)
        if (p->minds[i].len > 0 && memcmp(p->minds[i].id, e->ceremony.id, 32) == 0)
            at = i;
    assert(at < CEREMONIES_MAX && e->ceremony.secret.len <= POUCH_MIND_BYTES_MAX);
    memset(&p->minds[at], 0, sizeof p->minds[at]);
    if (e->ceremony.is_gone)
        return;
    memcpy(p->minds[at].id, e->ceremony.id, 32);
    p->minds[at].len = e->ceremony.secret.len;
    memcpy(p->minds[at].secret, e->ceremony.secret.data, e->ceremony.secret.len);
}

static struct parcel_record *find(const struct pouch *p, const uint8_t author[32], uint64_t index)
{
    for (size_t i = 0; i < p->parcel_count; i++)
        if (p->parcels[i].index == index && memcmp(p->parcels[i].author, author, 32) == 0)
            return &p->parcels[i];
    return NULL;
}

static void apply_parcel(struct pouch *p, const struct effect *e)
{
    struct parcel_record *r = find(p, e->parcel.author, e->parcel.index);
    if (r == NULL) {
        p->parcels = realloc(p->parcels, (p->parcel_count + 1) * sizeof *p->parcels);
        assert(p->parcels != NULL);
        r = &p->parcels[p->parcel_count++];
    }
    *r = e->parcel;
}

static void apply_message(struct pouch *p, const struct effect *e)
{
    const struct envelope *v = &e->message.envelope;
    assert(!pouch_message(p, v->sender, v->id)); /* accepted once */
    p->mails = realloc(p->mails, (p->mail_count + 1) * sizeof *p->mails);
    assert(p->mails != NULL);
    struct pouch_mail *m = &p->mails[p->mail_count++];
    *m = (struct pouch_mail){.index = e->message.index, .type = v->type, .role = v->role};
    memcpy(m->sender, v->sender, 32);
    memcpy(m->id, v->id, sizeof m->id);
    m->content = copy(v->content.data, v->content.len);
    m->len = v->content.len;
    m->expires_day = v->expires_day;
}

static void apply_past(struct pouch *p, uint32_t day)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->parcel_count; i++)
        if (p->parcels[i].expires_day >= day)
            p->parcels[kept++] = p->parcels[i];
    p->parcel_count = kept;
    kept = 0;
    for (size_t i = 0; i < p->mail_count; i++) {
        if (p->mails[i].expires_day >= day)
            p->mails[kept++] = p->mails[i];
        else
            free(p->mails[i].content);
    }
    p->mail_count = kept;
}

void pouch_cut_back(struct pouch *p, const uint8_t author[32], uint64_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->parcel_count; i++)
        if (p->parcels[i].index < size || memcmp(p->parcels[i].author, author, 32) != 0)
            p->parcels[kept++] = p->parcels[i];
    p->parcel_count = kept;
}

bool pouch_apply(struct pouch *p, const struct effect *e)
{
    switch ((int)e->type) {
    case EFFECT_PERSIST_PREKEY:
        apply_prekey(p, e);
        return true;
    case EFFECT_PERSIST_CEREMONY:
        apply_ceremony(p, e);
        return true;
    case EFFECT_PERSIST_PARCEL:
        apply_parcel(p, e);
        return true;
    case EFFECT_PERSIST_POST_PAST:
        apply_past(p, e->past.day);
        return true;
    case EFFECT_PERSIST_SHARE:
    case EFFECT_FORGET_SHARE:
        apply_share(p, e);
        return true;
    case EFFECT_MESSAGE:
        apply_message(p, e);
        return true;
    default:
        return false;
    }
}

void pouch_restore(const struct pouch *p, struct federation *f)
{
    for (size_t i = 0; i < POUCH_PREKEYS_MAX; i++)
        if (p->prekeys[i].is_used)
            federation_load_prekey(f, p->prekeys[i].week, p->prekeys[i].secret);
    for (size_t i = 0; i < p->parcel_count; i++)
        federation_load_parcel(f, &p->parcels[i]);
    for (size_t i = 0; i < p->share_count; i++) {
        enum err e = federation_load_share(f, &p->shares[i]);
        assert(e == OK);
    }
    for (size_t i = 0; i < CEREMONIES_MAX; i++) {
        enum err e = OK;
        if (p->minds[i].len > 0)
            e = federation_load_ceremony(f, p->minds[i].id,
                                         bytes_of(p->minds[i].secret, p->minds[i].len));
        assert(e == OK);
    }
}

void pouch_digest(const struct pouch *p, uint8_t out[32])
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, 32);
    crypto_generichash_update(&st, (const uint8_t *)p->prekeys, sizeof p->prekeys);
    crypto_generichash_update(&st, (const uint8_t *)p->minds, sizeof p->minds);
    for (size_t i = 0; i < p->parcel_count; i++) {
        const struct parcel_record *r = &p->parcels[i];
        uint8_t state = (uint8_t)r->state;
        crypto_generichash_update(&st, r->author, 32);
        crypto_generichash_update(&st, (const uint8_t *)&r->index, sizeof r->index);
        crypto_generichash_update(&st, r->addressee, 32);
        crypto_generichash_update(&st, &state, 1);
        crypto_generichash_update(&st, r->receipt, sizeof r->receipt);
    }
    for (size_t i = 0; i < p->mail_count; i++) {
        crypto_generichash_update(&st, p->mails[i].id, sizeof p->mails[i].id);
        crypto_generichash_update(&st, p->mails[i].content, p->mails[i].len);
    }
    crypto_generichash_final(&st, out, 32);
}

bool pouch_parcel(const struct pouch *p, const uint8_t author[32], uint64_t index,
                  struct parcel_record *out)
{
    const struct parcel_record *r = find(p, author, index);
    if (r != NULL)
        *out = *r;
    return r != NULL;
}

bool pouch_message(const struct pouch *p, const uint8_t sender[32],
                   const uint8_t id[ENVELOPE_ID_BYTES])
{
    for (size_t i = 0; i < p->mail_count; i++)
        if (memcmp(p->mails[i].sender, sender, 32) == 0 &&
            memcmp(p->mails[i].id, id, ENVELOPE_ID_BYTES) == 0)
            return true;
    return false;
}
