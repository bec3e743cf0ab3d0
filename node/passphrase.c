#include "node/passphrase.h"

#include "node/private_file.h"
#include "node/secret.h"
#include "node/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 4096, CTRL_C = 3 };

struct passphrase {
    size_t len;
    uint8_t data[FILE_BYTES_MAX]; /* as read; only len bytes count */
};

/* Takes the first line of what was read, without its end. */
static void first_line(struct passphrase *p)
{
    const uint8_t *end = memchr(p->data, '\n', p->len);
    if (end != NULL)
        p->len = (size_t)(end - p->data);
    if (p->len > 0 && p->data[p->len - 1] == '\r')
        p->len--;
}

/* Characters of UTF-8: every byte but the continuation bytes. */
static size_t characters(const struct passphrase *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->len; i++)
        n += (p->data[i] & 0xc0) != 0x80;
    return n;
}

static enum err passphrase_check(const struct passphrase *p, enum passphrase_use use,
                                 const char *source, struct problem *problem)
{
    if (p->len == 0) {
        problem_set(problem, _("%s: the passphrase is empty."), source);
        return ERR_FORMAT;
    }
    if (memchr(p->data, '\0', p->len) != NULL) {
        problem_set(problem,
                    _("%s: the passphrase holds a zero byte. Write it as one line of text."),
                    source);
        return ERR_FORMAT;
    }
    if (p->len > PASSPHRASE_BYTES_MAX) {
        problem_set(problem, _("%s: the passphrase is longer than %d bytes. Choose a shorter one."),
                    source, PASSPHRASE_BYTES_MAX);
        return ERR_LIMIT;
    }
    if (use == PASSPHRASE_CREATE && characters(p) < PASSPHRASE_CHARACTERS_MIN) {
        problem_set(problem,
                    _("%s: the passphrase is shorter than %d characters. Choose a longer one, for "
                      "example five words that nobody would put together."),
                    source, PASSPHRASE_CHARACTERS_MIN);
        return ERR_RANGE;
    }
    return OK;
}

static enum err from_file(const char *path, bool is_guarded, enum passphrase_use use,
                          struct passphrase *p, struct problem *problem)
{
    enum err e = private_file_read(path, is_guarded, p->data, sizeof p->data, &p->len, problem);
    if (e != OK)
        return e;
    first_line(p);
    return passphrase_check(p, use, path, problem);
}

/* Path of the credential that systemd hands to this service; false when there is none. */
static bool credential_path(char *out, size_t cap)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (folder == NULL || folder[0] == '\0')
        return false;
    int len = snprintf(out, cap, "%s/passphrase", folder);
    return len > 0 && (size_t)len < cap && access(out, F_OK) == 0;
}

/* Reads one line from the terminal with echo off. Signals from keys are off too, and Ctrl-C ends
 * the line, so that the terminal is always put back as it was. */
static enum err line_ask(int tty, const char *prompt, struct passphrase *p)
{
    struct termios before, hidden;
    if (tcgetattr(tty, &before) != 0)
        return ERR_IO;
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    hidden.c_lflag |= ICANON | ECHONL;
    hidden.c_cc[VEOL] = CTRL_C;
    if (tcsetattr(tty, TCSAFLUSH, &hidden) != 0)
        return ERR_IO;
    dprintf(tty, "%s: ", prompt);
    ssize_t n;
    do
        n = read(tty, p->data, sizeof p->data);
    while (n < 0 && errno == EINTR);
    tcsetattr(tty, TCSAFLUSH, &before);
    if (n <= 0 || p->data[n - 1] != '\n') {
        dprintf(tty, "\n");
        return ERR_IO;
    }
    p->len = (size_t)n;
    first_line(p);
    return OK;
}

static enum err from_person(int tty, enum passphrase_use use, const char *what,
                            struct passphrase *p, struct problem *problem)
{
    char prompt[256];
    snprintf(prompt, sizeof prompt,
             use == PASSPHRASE_CREATE ? _("New passphrase for %s") : _("Passphrase for %s"), what);
    enum err e = line_ask(tty, prompt, p);
    if (e != OK) {
        problem_set(problem, _("No passphrase was entered."));
        return e;
    }
    e = passphrase_check(p, use, "/dev/tty", problem);
    if (e != OK || use == PASSPHRASE_OPEN)
        return e;
    struct passphrase *again = secret_new(sizeof *again);
    e = line_ask(tty, _("The same passphrase again"), again);
    if (e != OK) {
        problem_set(problem, _("No passphrase was entered."));
    } else if (again->len != p->len || sodium_memcmp(again->data, p->data, p->len) != 0) {
        problem_set(problem, _("The two passphrases differ. Try again."));
        e = ERR_FORMAT;
    }
    secret_free(again);
    return e;
}

static enum err from_terminal(enum passphrase_use use, const char *what, struct passphrase *p,
                              struct problem *problem)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0) {
        problem_set(problem, _("There is no terminal to ask for the passphrase on. Set "
                               "passphrase_file, or give the service the systemd credential "
                               "passphrase."));
        return ERR_NOT_FOUND;
    }
    enum err e = from_person(tty, use, what, p, problem);
    close(tty);
    return e;
}

enum err passphrase_get(const char *file, enum passphrase_use use, const char *what,
                        struct passphrase **out, struct problem *problem)
{
    char credential[PATH_MAX];
    *out = NULL;
    struct passphrase *p = secret_new(sizeof *p);
    enum err e;
    if (file != NULL && file[0] != '\0')
        e = from_file(file, false, use, p, problem);
    else if (credential_path(credential, sizeof credential))
        e = from_file(credential, true, use, p, problem);
    else
        e = from_terminal(use, what, p, problem);
    if (e == OK)
        *out = p;
    else
        passphrase_free(&p);
    return e;
}

struct bytes passphrase_bytes(const struct passphrase *p)
{
    return bytes_of(p->data, p->len);
}

void passphrase_free(struct passphrase **p)
{
    secret_free(*p);
    *p = NULL;
}
