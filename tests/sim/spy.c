/*
 * Goal: know to whom the body of an envelope was given, and whether its text was ever readable.
 * Method: the place where a test can change frames, which here changes none. A body is known by 64
 * bytes from the middle of it.
 */
#include "tests/sim/spy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const char TEXT[] = "a canary that sings to one alone";

struct bytes spy_text(void)
{
    return bytes_of(TEXT, sizeof TEXT - 1);
}

static size_t spy_frame(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    struct spy *s = ctx;
    s->frames++;
    if (s->is_on && memmem(frame, len, s->body, sizeof s->body) != NULL)
        s->given[from][to]++;
    if (memmem(frame, len, TEXT, sizeof TEXT - 1) != NULL)
        s->plain++;
    return len;
}

void spy_start(struct spy *s, struct world *w)
{
    memset(s, 0, sizeof *s);
    world_tamper(w, spy_frame, s);
}

void spy_for(struct spy *s, struct world *w, size_t author, uint64_t index)
{
    struct bytes body = shelf_body(world_shelf(w, author), world_author(w, author), index);
    assert_true(body.len > 1000);
    memcpy(s->body, body.data + 500, sizeof s->body);
    s->is_on = true;
}

size_t spy_given(const struct spy *s)
{
    size_t sum = 0;
    for (size_t i = 0; i < WORLD_NODES_MAX; i++)
        for (size_t k = 0; k < WORLD_NODES_MAX; k++)
            sum += s->given[i][k];
    return sum;
}

struct world *spy_four(uint64_t seed, struct spy *spy)
{
    struct world_setup setup = {.seed = seed, .nodes = 4, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    spy_start(spy, w);
    world_run(w, 5000);
    return w;
}
