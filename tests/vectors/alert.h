/*
 * alert.h - payloads of an alert, of an amendment of it, of one of a signal, and of a retraction,
 * in hexadecimal without padding. The specification quotes them. Written by hand from the layouts.
 */
#ifndef TESTS_VECTORS_ALERT_H
#define TESTS_VECTORS_ALERT_H

/* Safeguarding policy with gaps (7), found by a monitoring visit (5); the partner was asked (1) on
 * day 20460; GB-CHC-1234567 is to adopt a policy (1), open, by day 20500, and to train staff (2),
 * under way (2), by day 20600. */
static const char alert_payload[] = "01"
                                    "070501"
                                    "00004fec"
                                    "0e47422d4348432d31323334353637"
                                    "02"
                                    "010100005014"
                                    "020200005078";

/* The same with the reply that the partner agrees (2), on day 20470, and the first point done (3);
 * it replaces entry 5. */
static const char alert_amended[] = "0102"
                                    "0000000000000005"
                                    "01"
                                    "070502"
                                    "00004ff6"
                                    "0e47422d4348432d31323334353637"
                                    "02"
                                    "010300005014"
                                    "020200005078";

/* A signal with one tag, which replaces entry 258. */
static const char signal_amended[] = "0101"
                                     "0000000000000102"
                                     "0101"
                                     "6177b546296e01a76117790810a62d4f";

/* The finding was overturned (2). */
static const char retract_payload[] = "0102";

#endif
