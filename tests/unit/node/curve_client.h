/*
 * curve_client.h - the client's side of a CURVE connection, byte by byte over a bare TCP socket.
 *
 * For tests that must send what libzmq would not: other mechanisms and versions, parts of a
 * handshake, bytes that were changed on the way, messages without an end. Written from ZeroMQ's
 * RFC 37 (ZMTP 3.1) and RFC 26 (CurveZMQ), apart from libzmq, so that it is also a second opinion
 * of what protocol/README.md says about the transport.
 */
#ifndef TESTS_UNIT_NODE_CURVE_CLIENT_H
#define TESTS_UNIT_NODE_CURVE_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CLIENT_GREETING_BYTES = 64,
    CLIENT_HELLO_BYTES = 2 + 200,
    CLIENT_WELCOME_BYTES = 2 + 168,
    CLIENT_OUT_BYTES_MAX = 2048,
};

struct curve_client {
    int fd;
    uint8_t public_key[32]; /* long-term */
    uint8_t secret_key[32];
    uint8_t server_key[32];
    uint8_t short_public[32]; /* of this connection */
    uint8_t short_secret[32];
    uint8_t server_short[32];
    uint8_t cookie[96];
    uint64_t nonce;
    uint8_t name[8]; /* the routing id that it gives itself */
    uint8_t name_len;
    uint8_t in[1024]; /* what the server sent so far, from the first byte on */
    size_t in_len;
    bool has_ended; /* the server closed the connection */
};

/* From an address of its own: one that connects too often is turned away. */
static inline int client_connect(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 65536 + randombytes_uniform(200 * 65536));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&from, sizeof from) == 0 &&
        connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static inline void client_open(struct curve_client *c, uint16_t port, const uint8_t public_key[32],
                               const uint8_t secret_key[32], const uint8_t server_key[32])
{
    memset(c, 0, sizeof *c);
    c->fd = client_connect(port);
    memcpy(c->public_key, public_key, 32);
    memcpy(c->secret_key, secret_key, 32);
    memcpy(c->server_key, server_key, 32);
    crypto_box_keypair(c->short_public, c->short_secret);
}

static inline void client_close(struct curve_client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

/* False if the server does not take it. */
static inline bool client_write(struct curve_client *c, const uint8_t *data, size_t len)
{
    return c->fd >= 0 && send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

/* Takes what has come. */
static inline void client_read(struct curve_client *c)
{
    uint8_t more[512];
    ssize_t n = -1;
    while (c->fd >= 0 && (n = recv(c->fd, more, sizeof more, MSG_DONTWAIT)) > 0) {
        size_t room = sizeof c->in - c->in_len, take = (size_t)n < room ? (size_t)n : room;
        memcpy(c->in + c->in_len, more, take);
        c->in_len += take;
    }
    if (c->fd < 0 || n == 0 || (errno != EAGAIN && errno != EINTR))
        c->has_ended = true;
}

static inline size_t client_greeting(uint8_t *out, const char *mechanism)
{
    memset(out, 0, CLIENT_GREETING_BYTES);
    out[0] = 0xff;
    out[9] = 0x7f;
    out[10] = 3;
    out[11] = 1;
    memcpy(out + 12, mechanism, strlen(mechanism));
    return CLIENT_GREETING_BYTES;
}

/* A command of at most 255 bytes. */
static inline size_t client_command(uint8_t *out, const uint8_t *body, size_t len)
{
    out[0] = 0x04;
    out[1] = (uint8_t)len;
    memcpy(out + 2, body, len);
    return len + 2;
}

static inline void client_nonce(struct curve_client *c, const char prefix[16], uint8_t nonce[24])
{
    c->nonce++;
    memcpy(nonce, prefix, 16);
    for (size_t i = 0; i < 8; i++)
        nonce[16 + i] = (uint8_t)(c->nonce >> (56 - 8 * i));
}

static inline size_t client_hello(struct curve_client *c, uint8_t *out)
{
    uint8_t body[200] = "\x05HELLO\x01", nonce[24], zeros[64] = {0};
    client_nonce(c, "CurveZMQHELLO---", nonce);
    memcpy(body + 80, c->short_public, 32);
    memcpy(body + 112, nonce + 16, 8);
    if (crypto_box_easy(body + 120, zeros, sizeof zeros, nonce, c->server_key, c->short_secret))
        return 0;
    return client_command(out, body, sizeof body);
}

/* False until the server's greeting and WELCOME are there and open. */
static inline bool client_take_welcome(struct curve_client *c)
{
    const uint8_t *body = c->in + CLIENT_GREETING_BYTES + 2;
    uint8_t nonce[24] = "WELCOME-", plain[128];
    client_read(c);
    if (c->in_len < CLIENT_GREETING_BYTES + CLIENT_WELCOME_BYTES ||
        memcmp(body, "\x07WELCOME", 8) != 0)
        return false;
    memcpy(nonce + 8, body + 8, 16);
    if (crypto_box_open_easy(plain, body + 24, 144, nonce, c->server_key, c->short_secret) != 0)
        return false;
    memcpy(c->server_short, plain, 32);
    memcpy(c->cookie, plain + 32, 96);
    return true;
}

static inline size_t client_initiate(struct curve_client *c, uint8_t *out)
{
    static const uint8_t metadata[] = "\x0bSocket-Type\0\0\0\x06"
                                      "DEALER"
                                      "\x08Identity\0\0\0";
    const size_t metadata_len = sizeof metadata + c->name_len; /* with the length of the name */
    uint8_t plain[256], body[512] = "\x08INITIATE", vouch[64], nonce[24] = "VOUCH---";
    memcpy(plain, c->public_key, 32);
    randombytes_buf(nonce + 8, 16);
    memcpy(plain + 32, nonce + 8, 16);
    memcpy(vouch, c->short_public, 32);
    memcpy(vouch + 32, c->server_key, 32);
    if (crypto_box_easy(plain + 48, vouch, sizeof vouch, nonce, c->server_short, c->secret_key))
        return 0;
    memcpy(plain + 128, metadata, sizeof metadata);
    plain[128 + sizeof metadata - 1] = c->name_len;
    memcpy(plain + 128 + sizeof metadata, c->name, c->name_len);
    size_t plain_len = 128 + metadata_len, body_len = 9 + 96 + 8 + 16 + plain_len;
    client_nonce(c, "CurveZMQINITIATE", nonce);
    memcpy(body + 9, c->cookie, 96);
    memcpy(body + 105, nonce + 16, 8);
    if (crypto_box_easy(body + 113, plain, plain_len, nonce, c->server_short, c->short_secret))
        return 0;
    out[0] = 0x06; /* a long command */
    memset(out + 1, 0, 6);
    out[7] = (uint8_t)(body_len >> 8);
    out[8] = (uint8_t)body_len;
    memcpy(out + 9, body, body_len);
    return body_len + 9;
}

/* Whether the server let us in: READY came. */
static inline bool client_is_ready(struct curve_client *c)
{
    size_t at = CLIENT_GREETING_BYTES + CLIENT_WELCOME_BYTES;
    client_read(c);
    return c->in_len >= at + 8 && memcmp(c->in + at + 2, "\x05READY", 6) == 0;
}

/* One frame of at most 1,000 bytes. */
static inline size_t client_frame(struct curve_client *c, uint8_t *out, const void *data,
                                  size_t len, bool has_more)
{
    uint8_t plain[1001], nonce[24], *body = out + 9;
    plain[0] = has_more;
    memcpy(plain + 1, data, len);
    client_nonce(c, "CurveZMQMESSAGEC", nonce);
    memcpy(body, "\x07MESSAGE", 8);
    memcpy(body + 8, nonce + 16, 8);
    if (crypto_box_easy(body + 16, plain, len + 1, nonce, c->server_short, c->short_secret))
        return 0;
    size_t body_len = 16 + 16 + len + 1;
    out[0] = 0x02; /* long */
    memset(out + 1, 0, 6);
    out[7] = (uint8_t)(body_len >> 8);
    out[8] = (uint8_t)body_len;
    return body_len + 9;
}

#endif
