/*
 * bare_curve.h - what ZeroMQ with CURVE can do by itself, as the limit of what nodes do over it.
 *
 * A process of its own binds one ROUTER and serves up to BARE_CLIENTS_MAX clients of this process:
 * whatever one sends comes back; or, once all have asked, it sends all of them the same frames.
 */
#ifndef TESTS_BENCH_BARE_CURVE_H
#define TESTS_BENCH_BARE_CURVE_H

#include <stddef.h>
#include <stdint.h>

enum { BARE_CLIENTS_MAX = 64, BARE_FRAMES_MAX = 64 };

/* Starts the process. Before anything of ZeroMQ is used in this one. port: free, on 127.0.0.1. */
void bare_curve_start(unsigned port);
void bare_curve_stop(void);

/* Connects so many clients; at most once. */
void bare_curve_connect(size_t clients);

/* Seconds in which the first client sends a frame and has it back. */
double bare_curve_round_trip(size_t bytes);

/* Seconds from asking for it until every client has received count frames of these lengths. */
double bare_curve_fan_out(const size_t *bytes, size_t count);

#endif
