/*
 * bench_revoke.c - how fast somebody who was suspended is gone.
 *
 *   revoke.p50, revoke.p99    from handing a node the member list that suspends a peer, to the end
 * of that peer's live connection as the peer sees it; reading and verifying the list is in it. The
 * limit is what was promised: a second.
 *
 * A hundred peers are connected; each list suspends one of them. Every one of them tries to come
 * back and must not be answered.
 */
#include "protocol/roster_chain.h"
#include "tests/bench/figure.h"
#include "tests/bench/fleet.h"
#include "tests/bench/rows.h"
#include "tests/bench/standin.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

enum {
    NODE = 0,
    PEERS = 100,
    PROMISED_MS = 1000,
    END_MS = 10000,
    RETURN_MS = 300,
    RETURN_EVERY = 10
};

struct waiting {
    struct standin *peer;
    double ended; /* by rows_clock; 0: not in time */
};

static void *await_end(void *ctx)
{
    struct waiting *w = ctx;
    w->ended = standin_await_end(w->peer, END_MS) ? rows_clock() : 0;
    return NULL;
}

/* The request that hands the fleet's newest list to a node. */
static json_t *import_request(const struct fleet *f)
{
    size_t cap = f->list.len + 64,
           text_cap = sodium_base64_ENCODED_LEN(f->list.len + 64, sodium_base64_VARIANT_ORIGINAL);
    uint8_t *chain = malloc(cap);
    char *text = malloc(text_cap);
    figure_need(chain != NULL && text != NULL, "no memory");
    size_t len = roster_chain_append(bytes_of(f->list.bytes, f->list.len), chain, cap);
    figure_need(len > 0, "a chain of member lists");
    sodium_bin2base64(text, text_cap, chain, len, sodium_base64_VARIANT_ORIGINAL);
    json_t *request = json_pack("{s:s,s:s}", "do", "roster-import", "chain", text);
    free(chain);
    free(text);
    return request;
}

/* Milliseconds from the request to the end of the connection. */
static double revoke(struct fleet *f, struct standin *peer)
{
    struct waiting w = {peer, 0};
    pthread_t thread;
    fleet_suspend(f, peer->member);
    json_t *request = import_request(f);
    figure_need(pthread_create(&thread, NULL, await_end, &w) == 0, "no thread can be made");
    double start = rows_clock();
    json_t *lines = fleet_ask(f, NODE, request);
    pthread_join(thread, NULL);
    const json_t *end = json_object_get(json_array_get(lines, 0), "end");
    figure_need(json_is_true(json_object_get(end, "ok")) &&
                    json_integer_value(json_object_get(end, "adopted")) == 1,
                "the member list is not adopted");
    json_decref(lines);
    figure_need(w.ended > 0, "member %zu stays connected", peer->member);
    return 1000 * (w.ended - start);
}

int main(void)
{
    static struct fleet f;
    static struct standin peers[PEERS];
    double ms[PEERS];
    fleet_init(&f, 1 + PEERS, 0, 0, 0);
    fleet_folder(&f, NODE, NODE);
    fleet_start(&f, NODE);
    for (size_t i = 0; i < PEERS; i++) {
        standin_connect(&peers[i], &f, 1 + i, NODE);
        for (size_t k = 0; k <= i; k++)
            standin_drain(&peers[k]);
    }
    for (size_t i = 0; i < PEERS; i++) {
        for (size_t k = i; k < PEERS; k++)
            standin_drain(&peers[k]);
        ms[i] = revoke(&f, &peers[i]);
        standin_close(&peers[i]);
        if (i % RETURN_EVERY == 0)
            figure_need(!standin_may_connect(&f, 1 + i, NODE, RETURN_MS),
                        "member %zu is let in again", 1 + i);
    }
    figure_say("revoke.p50", figure_quantile(ms, PEERS, 0.5), "ms", PROMISED_MS, FIGURE_TIME);
    figure_say("revoke.p99", figure_quantile(ms, PEERS, 0.99), "ms", PROMISED_MS, FIGURE_TIME);
    fleet_clear(&f);
    return 0;
}
