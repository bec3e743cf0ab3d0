/*
 * backup_parts.h - shared by backup_file.c, which writes, and backup_read.c, which reads.
 */
#ifndef NODE_BACKUP_PARTS_H
#define NODE_BACKUP_PARTS_H

#include "node/backup_file.h"

#include <sodium.h>

/* Where things stand in the head. */
enum {
    AT_NONCE = 160,
    AT_SEALED = 184,
    AT_BOX = 232,
    AT_STREAM = 312,
    FILE_KEY_BYTES = crypto_secretstream_xchacha20poly1305_KEYBYTES,
    BOX_BYTES = FILE_KEY_BYTES + crypto_box_SEALBYTES,
};
_Static_assert(AT_STREAM + (int)crypto_secretstream_xchacha20poly1305_HEADERBYTES ==
                       (int)BACKUP_HEAD_BYTES &&
                   AT_BOX + (int)BOX_BYTES == AT_STREAM &&
                   crypto_secretstream_xchacha20poly1305_ABYTES == 17,
               "as in the layout");

/* The first AT_NONCE bytes of the head, as numbers. */
struct backup_plain {
    struct backup_head head;
    uint32_t passes, memory_kib;
    uint8_t salt[crypto_pwhash_argon2id_SALTBYTES];
};

extern const uint8_t backup_magic[16];

/* The key that a passphrase makes, into out. False without the memory for it. */
bool backup_derive(const struct backup_plain *p, struct bytes passphrase, uint8_t out[32]);

/* The key of the file that is being written. */
const uint8_t *backup_writer_key(const struct backup_writer *w);

#endif
