#include "protocol/mail_provider.h"

#include "protocol/folded.h"

#include <sodium.h>
#include <string.h>

/* Domains with a space before and after each; NULL where each stays itself. dot is what becomes of
 * a dot: 0 for nothing. */
static const struct provider {
    const char *domains;
    const char *becomes;
    char dot;
} providers[] = {
    {" gmail.com googlemail.com ",                       "gmail.com",  0  },
    {" icloud.com me.com mac.com ",                      "icloud.com", '.'},
    {" proton.me protonmail.com pm.me protonmail.ch ",   "proton.me",  '.'},
    {" yandex.ru ya.ru yandex.com yandex.by yandex.kz ", "yandex.ru",  '-'},
    {" outlook.com hotmail.com live.com msn.com ",       NULL,         '.'},
    {" fastmail.com fastmail.fm ",                       NULL,         '.'},
};

enum { WORD_BYTES_MAX = 64 };

static bool is_domain_of(struct bytes domain, const char *domains)
{
    for (const char *at = domains; *at == ' ' && at[1] != '\0'; at += 1 + strcspn(at + 1, " "))
        if (bytes_equal(domain, bytes_of(at + 1, strcspn(at + 1, " "))))
            return true;
    return false;
}

static const struct provider *find(struct bytes domain)
{
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++)
        if (is_domain_of(domain, providers[i].domains))
            return &providers[i];
    return NULL;
}

void mail_provider_fold(struct bytes local, struct bytes *domain, struct pack *out)
{
    const struct provider *p = find(*domain);
    for (size_t i = 0; i < local.len; i++) {
        if (p != NULL && local.data[i] == '+')
            break;
        if (p == NULL || local.data[i] != '.')
            pack_u8(out, local.data[i]);
        else if (p->dot != 0)
            pack_u8(out, (uint8_t)p->dot);
    }
    if (p != NULL && p->becomes != NULL)
        *domain = bytes_of(p->becomes, strlen(p->becomes));
}

/* Whether a text, without its dots, hyphens and underscores, is a word of a list of capitals. */
static bool is_word(struct bytes text, const char *list)
{
    uint8_t word[WORD_BYTES_MAX];
    size_t len = 0;
    if (text.len > sizeof word)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c != '.' && c != '-' && c != '_')
            word[len++] = c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
    }
    bool is_found = folded_is_listed(bytes_of(word, len), list);
    sodium_memzero(word, sizeof word);
    return is_found;
}

bool mail_provider_is_stand_in(struct bytes local, struct bytes domain)
{
    struct bytes name = domain;
    if (is_word(local,
                " NONE NOEMAIL NOMAIL NOEMAILADDRESS NOREPLY DONOTREPLY TEST TESTTEST TESTING "
                "UNKNOWN NOBODY NOONE NULL NIL NOTAVAILABLE NOTAPPLICABLE NOTKNOWN GEEN "
                "GEENEMAIL GEENMAIL ONBEKEND AUCUN INCONNU "))
        return true;
    const uint8_t *dot = memchr(domain.data, '.', domain.len);
    name.len = dot != NULL ? (size_t)(dot - domain.data) : domain.len;
    return is_word(local,
                   " NA NO N A X XX XXX ABC EMAIL MAIL NAME NAAM NOM USER PERSON SOMEONE ") &&
           (bytes_equal(local, name) || is_word(name, " EXAMPLE "));
}

bool mail_provider_is_shared(struct bytes local)
{
    return is_word(
        local, " INFO MARKETING SALES SUPPORT ABUSE NOC SECURITY POSTMASTER HOSTMASTER "
               "WEBMASTER WWW USENET NEWS UUCP FTP "
               "ADMIN ADMINISTRATOR ADMINISTRATION CONTACT CONTACTUS OFFICE RECEPTION ENQUIRIES "
               "INQUIRIES HELPDESK HR HUMANRESOURCES RECRUITMENT RECRUITING JOBS CAREERS "
               "VACANCIES FINANCE SECRETARIAT HEADOFFICE MEDIA PRESS DONATIONS COMPLAINTS "
               "SAFEGUARDING "
               "ADMINISTRATIE RECEPTIE SECRETARIAAT PERSONEELSZAKEN VACATURES WERVING KLACHTEN "
               "BUREAU ACCUEIL DIRECTION RH RECRUTEMENT SECRETARIATGENERAL ");
}
