/*
 * notify.h - tells the service manager how far this program is (sd_notify(3), in a few lines).
 *
 * The manager names a datagram socket in $NOTIFY_SOCKET; a message is lines of NAME=value. Without
 * a manager nothing is said, so a node started by hand behaves alike.
 */
#ifndef NODE_NOTIFY_H
#define NODE_NOTIFY_H

#include <stdbool.h>

/* Sends a message, for example "READY=1". Returns whether a manager took it. Never blocks: a
 * manager that does not read loses the message. */
bool notify_send(const char *message);

#endif
