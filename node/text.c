#include "node/text.h"

#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char domain[] = "seinpost";

/* The environment's value, "" where it is not set. */
static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

/* The locale asked for, in the order that setlocale(3) looks. */
static const char *locale_wanted(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (env(names[i])[0] != '\0')
            return env(names[i]);
    }
    return "";
}

static bool is_plain(const char *locale)
{
    return locale[0] == '\0' || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

/* Takes the language of a locale that is not installed: nl_NL of nl_NL.UTF-8. An explicit LANGUAGE
 * goes first, as it does for installed locales. */
static void language_without_locale(const char *locale)
{
    char language[64];
    size_t len = strcspn(locale, ".");
    if (setlocale(LC_ALL, "C.UTF-8") == NULL || len >= sizeof language)
        return;
    memcpy(language, locale, len);
    language[len] = '\0';
    if (env("LANGUAGE")[0] == '\0')
        setenv("LANGUAGE", language, 1);
}

/* FOLDER/last into out; whether that is a folder. */
static bool is_folder(const char *folder, const char *last, char out[PATH_MAX])
{
    struct stat st;
    int len = snprintf(out, PATH_MAX, "%s/%s", folder, last);
    return len > 0 && len < PATH_MAX && stat(out, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Where the catalogues are: beside the program as it was built, or where it was installed. */
static const char *catalogues(char out[PATH_MAX])
{
    char program[PATH_MAX];
    const char *named = env("SEINPOST_LOCALEDIR");
    if (named[0] != '\0')
        return named;
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len <= 0)
        return NULL;
    program[len] = '\0';
    *strrchr(program, '/') = '\0'; /* the kernel gives an absolute path */
    return is_folder(program, "locale", out) || is_folder(program, "../share/locale", out) ? out
                                                                                           : NULL;
}

void text_init(void)
{
    char room[PATH_MAX];
    const char *wanted = locale_wanted();
    bool is_set = setlocale(LC_ALL, "") != NULL;
    if (!is_plain(wanted) && (!is_set || is_plain(setlocale(LC_MESSAGES, NULL))))
        language_without_locale(wanted);
    setlocale(LC_NUMERIC, "C");
    const char *folder = catalogues(room);
    if (folder != NULL)
        bindtextdomain(domain, folder);
    bind_textdomain_codeset(domain, "UTF-8");
    textdomain(domain);
}

void text_init_as(const char *locale)
{
    setenv("LC_ALL", locale, 1);
    unsetenv("LANGUAGE");
    text_init();
}
