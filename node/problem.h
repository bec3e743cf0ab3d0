/*
 * problem.h - one sentence that tells a person what went wrong, where, and what to do.
 *
 * Functions that read what people provide return an enum err for the program and fill a struct
 * problem for the person. The sentence never holds a name, a passphrase or a key.
 */
#ifndef NODE_PROBLEM_H
#define NODE_PROBLEM_H

enum { PROBLEM_BYTES = 2048 };

struct problem {
    char text[PROBLEM_BYTES]; /* UTF-8; empty where nothing went wrong */
};

/* Writes the sentence, in place of an earlier one. Control characters, which a path may hold,
 * become question marks. format comes from the program or its catalogues only. p may be NULL. */
void problem_set(struct problem *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
