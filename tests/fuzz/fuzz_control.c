/*
 * fuzz_control.c - requests on the local socket, to a whole node.
 *
 * The node is a federation of its own: the only member and keyholder, so that it publishes and
 * consults alone; store and socket lie in memory. Each input is one request as a client sends it.
 * The answer is JSON lines, of which the last and no other is the end, with a reason where it was
 * not done. What was published stays for the next requests; now and then all begins anew.
 */
#include <sodium.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/log.h"
#include "node/node.h"
#include "node/roster_file.h"
#include "node/roster_store.h"
#include "tests/fuzz/disk.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/protocol/roster_sample.h"

enum { TURNS_MAX = 400, REQUESTS_MAX = 2000, ANSWER_BYTES_MAX = 8 << 20 };

static struct node *node;
static struct config config;
static size_t requests;
static struct node_secrets secrets;
static uint8_t chain[65536];
static size_t chain_len;
static uint8_t genesis[HASH_BYTES];
static char answer[ANSWER_BYTES_MAX];

/* A key of which one keyholder has the only share. */
static void make_key(struct roster *r)
{
    uint8_t wide[64], secret[32];
    struct roster_key *k = &r->keys[0];
    sample_bytes(3, 1, wide);
    scalar_from_wide(wide, secret);
    r->key_count = 1;
    *k = (struct roster_key){.key = KEY_PSEUDONYMS, .epoch = 1, .threshold = 1, .share_count = 1};
    secrets.share_count = 1;
    secrets.shares[0] = (struct held_share){.key = KEY_PSEUDONYMS, .epoch = 1};
    CHECK(threshold_deal(secret, NULL, 1, 1, &secrets.shares[0].share) == OK);
    CHECK(point_mul_base(secret, k->public_key) == OK);
    k->index[0] = 1;
    memcpy(k->holder[0], r->organisations[0].author, AUTHOR_BYTES);
    CHECK(threshold_commit(&secrets.shares[0].share, k->commitment[0]) == OK);
}

/* The genesis, signed, as a file that people hand on. */
static void make_chain(void)
{
    static struct roster r;
    static uint8_t document[65536], paper[65536], room[ROSTER_ARENA_BYTES];
    struct wire_arena arena;
    uint8_t seed[32];
    wire_arena_init(&arena, room, sizeof room);
    sample_roster(&r, 1);
    make_key(&r);
    fuzz_seed(2, seed);
    struct organisation *o = &r.organisations[0];
    crypto_sign_seed_keypair(o->feed_key, secrets.feed_secret, seed);
    crypto_scalarmult_base(secrets.transport_public[0], seed);
    memcpy(secrets.transport_secret[0], seed, 32);
    memcpy(o->transport_key, secrets.transport_public[0], KEY_BYTES);
    fuzz_seed(3, secrets.desk_key);
    r.issued_utc = 1700000000;
    r.fresh_until_utc = 4000000000;
    o->basis_expires_utc = 4000000000;
    struct bytes text = bytes_of(document, roster_encode(&r, document, sizeof document));
    size_t len = sample_sign(text, 7, &arena, paper, sizeof paper);
    chain_len = roster_chain_append(bytes_of(paper, len), chain, sizeof chain);
    roster_hash(text, genesis);
    snprintf(config.org_id, sizeof config.org_id, "%s", o->org_id);
}

static void start_node(void)
{
    struct problem problem = {{0}};
    struct roster_file *file = NULL;
    struct roster *in_force = NULL;
    struct node_secrets copy = secrets; /* node_open wipes them */
    size_t adopted = 0;
    char store[CONFIG_PATH_BYTES_MAX + 32];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(store, sizeof store, "%s/node.db%s", config.data_dir, ends[i]);
        unlink(store);
    }
    const char *path = disk_write("chain", bytes_of(chain, chain_len));
    CHECK(roster_file_open(path, &file, &problem) == OK);
    CHECK(roster_store_import(config.data_dir, file, genesis, &in_force, &adopted, &problem) == OK);
    free(in_force);
    roster_file_free(&file);
    enum err e = node_open(&node, &config, &copy, &problem);
    if (e != OK)
        fprintf(stderr, "%s\n", problem.text);
    CHECK(e == OK);
    struct event ev = {.type = EVENT_TICK};
    node_step(node, &ev);
    CHECK(carry_commit(node) == OK);
    requests = 0;
}

static void stop_node(void)
{
    node_close(&node);
}

static void set_up(void)
{
    if (node != NULL && requests < REQUESTS_MAX)
        return;
    if (node != NULL) {
        node_close(&node);
        start_node();
        return;
    }
    CHECK(sodium_init() >= 0 && atexit(stop_node) == 0);
    log_start(LEVEL_ERROR, STDERR_FILENO);
    make_chain();
    snprintf(config.data_dir, sizeof config.data_dir, "%s/data", disk_folder());
    CHECK(mkdir(config.data_dir, 0700) == 0);
    snprintf(config.socket, sizeof config.socket, "%s/sock", disk_folder());
    snprintf(config.socket_group, sizeof config.socket_group, "seinpost");
    config.io_threads = 1;
    config.connections_per_source = 8;
    config.log_level = CONFIG_LOG_ERROR;
    start_node();
}

static int dial(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, config.socket, strlen(config.socket) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof a) == 0);
    return fd;
}

/* One turn of the node's loop, without the network. */
static void turn(void)
{
    zmq_pollitem_t items[1 + CONTROL_CLIENTS_MAX];
    size_t count = control_poll_items(node->control, items);
    CHECK(zmq_poll(items, (int)count, 0) >= 0);
    control_work(node->control, items, count);
    if (node_now_ms() >= federation_deadline_ms(node->core)) {
        struct event ev = {.type = EVENT_TICK};
        node_step(node, &ev);
    }
    desk_work(node->desk);
    CHECK(carry_commit(node) == OK);
}

/* Whether the whole answer is there: the node closes after it. */
static bool receive(int fd, size_t *len)
{
    ssize_t got = recv(fd, answer + *len, sizeof answer - 1 - *len, MSG_DONTWAIT);
    if (got > 0)
        *len += (size_t)got;
    CHECK(*len < sizeof answer - 1);
    return got == 0;
}

static void check_line(const char *line, size_t len, bool is_last)
{
    json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    CHECK(json_is_object(o) && json_object_size(o) == 1);
    const json_t *end = json_object_get(o, "end");
    CHECK((end != NULL) == is_last);
    if (is_last) {
        const json_t *ok = json_object_get(end, "ok");
        CHECK(json_is_boolean(ok));
        CHECK(json_is_true(ok) || json_is_string(json_object_get(end, "error")));
    }
    json_decref(o);
}

static void check_answer(size_t len)
{
    const char *at = answer, *end = answer + len;
    CHECK(len > 0 && end[-1] == '\n');
    while (at < end) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        check_line(at, (size_t)(line - at), line + 1 == end);
        at = line + 1;
    }
}

/* A request that would write where the input says, or wait for other nodes. */
static bool is_left_out(struct bytes in)
{
    json_t *o = json_loadb((const char *)in.data, in.len, 0, NULL);
    const char *what = json_string_value(json_object_get(o, "do"));
    bool is_out = what != NULL && strcmp(what, "backup") == 0;
    json_decref(o);
    return is_out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0 || len > 4096 || memchr(data, '\n', len) != NULL ||
        is_left_out(bytes_of(data, len)))
        return 0;
    set_up();
    requests++;
    int fd = dial();
    size_t got = 0;
    bool is_whole = false;
    CHECK(send(fd, data, len, 0) == (ssize_t)len && send(fd, "\n", 1, 0) == 1);
    for (int i = 0; i < TURNS_MAX && !is_whole; i++) {
        turn();
        is_whole = receive(fd, &got);
    }
    close(fd);
    CHECK(is_whole);
    check_answer(got);
    turn(); /* the client is gone */
    return 0;
}
