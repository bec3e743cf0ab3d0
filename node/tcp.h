/*
 * tcp.h - looking at, and ending, a TCP connection whose descriptor belongs to libzmq.
 *
 * libzmq closes its descriptors whenever it likes, in its own thread, and the number is given to
 * the next file or connection at once. So a connection is named by its descriptor *and* its inode,
 * and is touched only through a duplicate (struct tcp_hand): while the duplicate exists the
 * connection behind it cannot become another one, so that what was checked is what is shut down.
 * The duplicate is always made in the same place, which was set aside at the start: it needs no
 * descriptor more when there is none.
 */
#ifndef NODE_TCP_H
#define NODE_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/err.h"

enum { TCP_SOURCE_BYTES = 8 };

struct tcp_hand {
    int fd;   /* where duplicates are made */
    int rest; /* what stands there meanwhile */
};

struct tcp_ref {
    int fd;
    uint64_t inode;
};

/* Sets the two descriptors aside. ERR_IO if there are none (errno); then nothing is held. */
MUST_CHECK enum err tcp_hand_open(struct tcp_hand *hand);

/* Accepts what tcp_hand_open failed to open. */
void tcp_hand_close(struct tcp_hand *hand);

/* Takes down which connection has this descriptor now: one of the local port, or of any if that is
 * 0. source is where it comes from: an IPv4 address, or the first 64 bits of an IPv6 address, since
 * whoever has one of those has all that begin alike. False, with nothing changed, if the descriptor
 * is no such connection. */
bool tcp_find(struct tcp_hand *hand, int fd, uint16_t local_port, struct tcp_ref *ref,
              uint8_t source[TCP_SOURCE_BYTES]);

/* The bytes of a connection that libzmq has read so far. False, with nothing changed, if it has
 * gone. */
bool tcp_bytes_read(struct tcp_hand *hand, const struct tcp_ref *ref, uint64_t *bytes);

/* Ends a connection in both directions; libzmq then finds it ended. False if it has gone. */
bool tcp_shut(struct tcp_hand *hand, const struct tcp_ref *ref);

#endif
