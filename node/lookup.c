#include "node/lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESSES_MAX = 16 };

struct lookup {
    struct gaicb request;
    struct addrinfo want;
    char host[ENDPOINT_BYTES_MAX + 1];
    char port[8];
    struct lookup *next; /* among the dropped */
};

static struct lookup *dropped;
static size_t count; /* dropped ones included */

/* The host of "tcp://host:port"; its length. */
static const char *host_of(const char *endpoint, size_t *len)
{
    const char *host = endpoint + strlen("tcp://");
    *len = (size_t)(strrchr(host, ':') - host);
    return host;
}

bool lookup_is_needed(const char *endpoint)
{
    size_t len;
    const char *host = host_of(endpoint, &len);
    char text[ENDPOINT_BYTES_MAX + 1] = "";
    struct in_addr address;
    memcpy(text, host, len);
    return host[0] != '[' && inet_pton(AF_INET, text, &address) != 1;
}

static void lookup_free(struct lookup *l)
{
    if (l->request.ar_result)
        freeaddrinfo(l->request.ar_result);
    free(l);
    count--;
}

/* Frees those of the dropped that have ended. */
static void reap(void)
{
    for (struct lookup **at = &dropped; *at;) {
        struct lookup *l = *at;
        if (gai_error(&l->request) == EAI_INPROGRESS) {
            at = &l->next;
            continue;
        }
        *at = l->next;
        lookup_free(l);
    }
}

enum err lookup_start(const char *endpoint, struct lookup **out)
{
    size_t len;
    const char *host = host_of(endpoint, &len);
    *out = NULL;
    reap();
    if (count >= LOOKUPS_MAX)
        return ERR_FULL;
    struct lookup *l = calloc(1, sizeof *l);
    if (!l)
        return ERR_IO;
    count++;
    memcpy(l->host, host, len);
    snprintf(l->port, sizeof l->port, "%s", host + len + 1);
    l->want =
        (struct addrinfo){.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG};
    l->request = (struct gaicb){.ar_name = l->host, .ar_service = l->port, .ar_request = &l->want};
    struct gaicb *list[] = {&l->request};
    if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0) {
        lookup_free(l);
        return ERR_IO;
    }
    *out = l;
    return OK;
}

/* Writes one address, or nothing where it is of no family of ours. */
static bool address_write(const struct addrinfo *a, const char *port,
                          char endpoint[ENDPOINT_BYTES_MAX + 1])
{
    char text[INET6_ADDRSTRLEN];
    const void *address = NULL;
    if (a->ai_family == AF_INET)
        address = &((const struct sockaddr_in *)a->ai_addr)->sin_addr;
    if (a->ai_family == AF_INET6)
        address = &((const struct sockaddr_in6 *)a->ai_addr)->sin6_addr;
    if (!address || !inet_ntop(a->ai_family, address, text, sizeof text))
        return false;
    snprintf(endpoint, ENDPOINT_BYTES_MAX + 1,
             a->ai_family == AF_INET ? "tcp://%s:%s" : "tcp://[%s]:%s", text, port);
    return true;
}

enum err lookup_take(struct lookup **l, char endpoint[ENDPOINT_BYTES_MAX + 1])
{
    struct lookup *done = *l;
    int result = gai_error(&done->request);
    if (result == EAI_INPROGRESS)
        return ERR_UNAVAILABLE;
    const struct addrinfo *found[ADDRESSES_MAX];
    uint32_t found_count = 0;
    if (result == 0)
        for (const struct addrinfo *a = done->request.ar_result; a; a = a->ai_next)
            if (found_count < ADDRESSES_MAX)
                found[found_count++] = a;
    bool is_found = found_count > 0 &&
                    address_write(found[randombytes_uniform(found_count)], done->port, endpoint);
    lookup_free(done);
    *l = NULL;
    return is_found ? OK : ERR_NOT_FOUND;
}

void lookup_drop(struct lookup **l)
{
    if (!*l)
        return;
    /* What had not begun is off the library's list now; it would be said to be under way for ever.
     */
    if (gai_cancel(&(*l)->request) == EAI_CANCELED) {
        lookup_free(*l);
        *l = NULL;
        return;
    }
    (*l)->next = dropped;
    dropped = *l;
    *l = NULL;
    reap();
}
