/*
 * cli_backup.h - what the commands around backups share: cli_backup.c and cli_restore.c.
 */
#ifndef NODE_CLI_BACKUP_H
#define NODE_CLI_BACKUP_H

#include "node/backup.h"
#include "node/cli_commands.h"
#include "node/passphrase.h"

/* What opens a backup, as the line says: --recovery-key, or else a passphrase. To be cleared. */
struct cli_lock {
    struct backup_lock lock;
    struct passphrase *passphrase;
    uint8_t *recovery; /* both halves, in locked memory */
};
MUST_CHECK enum err cli_lock_open(const struct cli_args *a, struct cli_lock *out,
                                  struct problem *problem);
void cli_lock_clear(struct cli_lock *l);

/* Shows how far it is, on a terminal. */
struct cli_meter {
    const char *doing;
    int last; /* percent; -1 before the first */
};
struct backup_progress cli_meter_progress(struct cli_meter *m);
void cli_meter_end(struct cli_meter *m);

/* Reads and checks a whole file: backup_reader_new, with a meter. */
MUST_CHECK enum err cli_backup_read(const char *path, struct backup_reader **out,
                                    struct problem *problem);

/* "2026-11-24T05:23:52Z" */
enum { CLI_TIME_BYTES = 32 };
void cli_time(uint64_t utc, char out[CLI_TIME_BYTES]);

#endif
