#include "node/keyring.h"

#include "node/ringname.h"
#include "node/secret.h"
#include "node/text.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Lies in guarded memory as a whole. */
struct keyring {
    uint8_t wrap[KEYFILE_WRAP_BYTES];
    char dir[PATH_MAX];
};

/* DIR/NAME, with .key for a key. */
static enum err path_of(const char *dir, const char *name, const char *ending, char out[PATH_MAX],
                        struct problem *problem)
{
    if (snprintf(out, PATH_MAX, "%s/%s%s", dir, name, ending) < PATH_MAX)
        return OK;
    problem_set(problem, _("%s: the path is too long. Choose a shorter one."), dir);
    return ERR_LIMIT;
}

static struct keyring *ring_new(const char *dir)
{
    struct keyring *k = secret_new(sizeof *k);
    snprintf(k->dir, sizeof k->dir, "%s", dir);
    return k;
}

enum err keyring_create(const char *dir, struct bytes passphrase, enum keyfile_cost cost,
                        struct keyring **out, struct problem *problem)
{
    char path[PATH_MAX];
    *out = NULL;
    enum err e = path_of(dir, "ring", "", path, problem);
    if (e != OK)
        return e;
    if (mkdir(dir, S_IRWXU) != 0 && errno != EEXIST) {
        problem_set(problem, _("%s: the folder cannot be created (%s)."), dir, strerror(errno));
        return ERR_IO;
    }
    struct keyring *k = ring_new(dir);
    randombytes_buf(k->wrap, sizeof k->wrap);
    struct keyfile_key key = {.form = KEYFILE_RING, .passphrase = passphrase, .cost = cost};
    e = keyfile_seal(path, "ring", bytes_of(NULL, 0), bytes_of(k->wrap, sizeof k->wrap), &key,
                     problem);
    if (e == OK)
        *out = k;
    else
        keyring_free(&k);
    return e;
}

enum err keyring_open(const char *dir, struct bytes passphrase, struct keyring **out,
                      struct problem *problem)
{
    char path[PATH_MAX];
    *out = NULL;
    enum err e = path_of(dir, "ring", "", path, problem);
    if (e != OK)
        return e;
    struct keyring *k = ring_new(dir);
    struct keyfile_key key = {.form = KEYFILE_RING, .passphrase = passphrase};
    struct keyfile_halves halves = {NULL, 0, k->wrap, sizeof k->wrap};
    e = keyfile_open(path, "ring", &key, &halves, problem);
    if (e == OK)
        *out = k;
    else
        keyring_free(&k);
    return e;
}

enum err keyring_put(const struct keyring *k, const char *name, struct bytes public_half,
                     struct bytes secret, struct problem *problem)
{
    char path[PATH_MAX];
    enum err e = path_of(k->dir, name, ".key", path, problem);
    if (e != OK)
        return e;
    struct keyfile_key key = {.form = KEYFILE_IN_RING, .wrap = k->wrap};
    return keyfile_seal(path, name, public_half, secret, &key, problem);
}

enum err keyring_get(const struct keyring *k, const char *name, struct keyfile_halves *out,
                     struct problem *problem)
{
    char path[PATH_MAX];
    sodium_memzero(out->secret, out->secret_len);
    enum err e = path_of(k->dir, name, ".key", path, problem);
    if (e != OK)
        return e;
    struct keyfile_key key = {.form = KEYFILE_IN_RING, .wrap = k->wrap};
    return keyfile_open(path, name, &key, out, problem);
}

unsigned keyring_generations(const struct keyring *k, const char *kind)
{
    struct problem ignored;
    unsigned n = 0;
    char name[RINGNAME_BYTES], path[PATH_MAX];
    do
        ringname_generation(kind, ++n, name);
    while (n <= RINGNAME_GENERATIONS_MAX && path_of(k->dir, name, ".key", path, &ignored) == OK &&
           access(path, F_OK) == 0);
    return n - 1;
}

void keyring_free(struct keyring **k)
{
    secret_free(*k);
    *k = NULL;
}
