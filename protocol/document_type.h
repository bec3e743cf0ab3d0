/*
 * document_type.h - what people call a document, brought to one of a few words.
 *
 * The type is part of the key, since within one country numbers of different documents coincide:
 * two Kenyans can have 12345678 on an identity card and on a licence, and a match of a document
 * confirms. But people who copy the same document must come to the same word, so the names in
 * English and Dutch, abbreviations and the best-known local ones are folded to it, and
 *
 *   travel -> passport   a travel document for refugees or strangers, a laissez-passer and a
 * passport come from the same printer with numbers of one series, and a passport's machine-readable
 * lines do not always tell which one it is
 *
 * and national.h folds numbers that belong to the person and not to a document (a Belgian national
 * number is written as id, social or tax) to one type of that country. All other types stay apart,
 * "other" too: it is for what has no word here. Pure.
 */
#ifndef PROTOCOL_DOCUMENT_TYPE_H
#define PROTOCOL_DOCUMENT_TYPE_H

#include "proto/bytes.h"
#include "protocol/identifier.h"

enum document_type {
#define DOCUMENT_TYPE_ENUM(word) DOCUMENT_##word,
    DOCUMENT_TYPE_TABLE(DOCUMENT_TYPE_ENUM)
#undef DOCUMENT_TYPE_ENUM
        DOCUMENT_TYPE_COUNT
};

/* The type that a name in capitals stands for; it has no spaces, hyphens, underscores, dots or
 * apostrophes. DOCUMENT_TYPE_COUNT if none. */
enum document_type document_type_find(struct bytes capitals);

/* The stable word of the type in a key: never "travel". */
struct bytes document_type_word(enum document_type type);

#endif
