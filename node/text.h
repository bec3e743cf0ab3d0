/*
 * text.h - the language in which people read this program.
 *
 * Every sentence for people goes through _() where it is used, or N_() where a table holds it and
 * _() where it leaves the table; _n() chooses between singular and plural. Source texts are
 * English.
 *
 * The catalogues are found from where the program lies: in locale/ beside it, as it is built, or in
 * ../share/locale, as it is installed under any prefix.
 *
 * A bare Debian has no locale but C.UTF-8 installed. There a language that was asked for is taken
 * from the catalogues all the same: the locale becomes C.UTF-8 and LANGUAGE carries the name.
 */
#ifndef NODE_TEXT_H
#define NODE_TEXT_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text
#define _n(one, many, n) ngettext(one, many, n)

/* Sets locale, catalogues and their encoding (UTF-8) from the environment: LC_ALL, LC_MESSAGES,
 * LANG, LANGUAGE, and SEINPOST_LOCALEDIR, which names another folder of catalogues. Numbers keep
 * their point, whatever the language, so that what machines read stays the same. Cannot fail:
 * without a catalogue people read English. Call it first of all in main, before other threads
 * start. */
void text_init(void);

/* As text_init, with the locale that the settings name in place of the environment's. */
void text_init_as(const char *locale);

#endif
