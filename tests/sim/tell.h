/* tell.h - one readable line for what passes between cores, and for what a core wants kept. */
#ifndef TESTS_SIM_TELL_H
#define TESTS_SIM_TELL_H

#include "federation/effect.h"

/* "A > B  batch of A from 0: 1 entry, checkpoint 1 of size 1". False if it cannot be read. */
bool tell_frame(struct bytes frame, char from, char to, char *out, size_t cap);

/* "B    keeps entries 0 to 0 of A". False for effects that are told otherwise or say nothing new.
 */
bool tell_effect(const struct effect *e, char at, size_t author, char *out, size_t cap);

#endif
