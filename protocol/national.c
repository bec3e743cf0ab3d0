#include "protocol/national.h"

#include "protocol/national_rule.h"

#include <sodium.h>
#include <string.h>

enum {
    ID = 1u << DOCUMENT_id,
    SOCIAL = 1u << DOCUMENT_social,
    TAX = 1u << DOCUMENT_tax,
    BIRTH = 1u << DOCUMENT_birth,
    OTHER = 1u << DOCUMENT_other,
};

/* In a form, 9 is a digit, A a letter, * one of both (without O and I), and everything else itself.
 * A number that begins with a digit gets zeros before it from len_min signs on. The type that a
 * number gets is among its own, so that the canonical form of a number gives itself. */
static const struct rule {
    const char *issuer;
    const char *form;
    size_t len_min;
    unsigned must, check, may; /* sets of types */
    enum document_type as;
    national_rule_fn *is_right;
    const char *weights;
    const char *source;
} rules[] = {
  /* clang-format off */
    {"NLD", "999999999", 7, SOCIAL | TAX, 0, ID | OTHER, DOCUMENT_social,
     national_rule_sum11, "98765432-", "Regeling BRP; Logisch Ontwerp BSN: eleven-test"},
    {"BEL", "99999999999", 8, SOCIAL | TAX, 0, ID | BIRTH | OTHER, DOCUMENT_social,
     national_rule_belgium, "", "KB 3 April 1984 on the national number, art. 3 (also bis numbers)"},
    {"SWE", "9999999999", 7, SOCIAL | TAX, 0, ID | OTHER, DOCUMENT_social,
     national_rule_luhn_last10, "", "Skatteverket, SKV 704 (also coordination numbers)"},
    {"SWE", "999999999999", 12, SOCIAL | TAX, 0, ID | OTHER, DOCUMENT_social,
     national_rule_luhn_last10, "", "the same with its century"},
    {"NOR", "99999999999", 10, SOCIAL | TAX, 0, ID | OTHER, DOCUMENT_social,
     national_rule_sum11, "54327654321",
     "Skatteetaten, folkeregisterforskriften 2-2: the second check digit alone, since the first "
     "gets another rule in 2032"},
    {"FIN", "999999999*", 9, SOCIAL | TAX, 0, ID | OTHER, DOCUMENT_social,
     national_rule_finland, "", "Decree 128/2010, section 2 (its hyphen is left out)"},
    {"FIN", "999999A999*", 10, SOCIAL | TAX, 0, ID | OTHER, DOCUMENT_social,
     national_rule_finland, "", "the same with a letter for the century"},
    {"EST", "99999999999", 11, 0, SOCIAL | TAX | ID, OTHER, DOCUMENT_social,
     national_rule_twice11, "12345678913456789123", "EVS 585:2007 isikukood"},
    {"LTU", "99999999999", 11, 0, SOCIAL | TAX | ID, OTHER, DOCUMENT_social,
     national_rule_twice11, "12345678913456789123", "Resolution 1996-1031, asmens kodas"},
    {"POL", "99999999999", 11, 0, SOCIAL | TAX | ID, OTHER, DOCUMENT_social,
     national_rule_sum10, "13791379131", "Act on the population register 2010, art. 15: PESEL"},
    {"CZE", "9999999999", 10, 0, SOCIAL | TAX | ID, BIRTH | OTHER, DOCUMENT_social,
     national_rule_czechia, "", "Act 133/2000, section 13 (nine digits before 1954 have no check)"},
    {"SVK", "9999999999", 10, 0, SOCIAL | TAX | ID, BIRTH | OTHER, DOCUMENT_social,
     national_rule_czechia, "", "Act 301/1995, section 2"},
    {"HUN", "999999999", 8, 0, SOCIAL, OTHER, DOCUMENT_social,
     national_rule_sum10, "37373737-", "Act XX of 1996, annex: TAJ"},
    {"ROU", "9999999999999", 13, 0, SOCIAL | TAX | ID, OTHER, DOCUMENT_social,
     national_rule_mod11_one, "279146358279", "Law 105/1996, annex: CNP"},
    {"BGR", "9999999999", 10, 0, 0, SOCIAL | TAX | ID | OTHER, DOCUMENT_social,
     national_rule_mod11_zero, "2485A9736",
     "Ordinance RD-02-20-9 of 2012: EGN (foreigners' numbers of ten digits differ)"},
    {"GRC", "999999999", 8, 0, TAX, OTHER, DOCUMENT_tax,
     national_rule_mod11_zero, "379A5842", "AADE: AFM, powers of two modulo 11"},
    {"GRC", "99999999999", 10, 0, SOCIAL, OTHER, DOCUMENT_social,
     national_rule_luhn, "", "IDIKA: AMKA"},
    {"HRV", "99999999999", 10, 0, SOCIAL | TAX | ID, OTHER, DOCUMENT_social,
     national_rule_mod11_10, "", "OIB Act 60/2008 (ISO 7064 MOD 11,10)"},
    {"BIH", "9999999999999", 12, 0, SOCIAL | TAX | ID, OTHER, DOCUMENT_social,
     national_rule_sum11, "7654327654321", "Law on the identity number (JMB), art. 6"},
    {"MKD", "9999999999999", 12, 0, SOCIAL | TAX | ID, OTHER, DOCUMENT_social,
     national_rule_sum11, "7654327654321", "Law on the EMBG 1992, art. 4"},
    {"MNE", "9999999999999", 12, 0, SOCIAL | TAX | ID, OTHER, DOCUMENT_social,
     national_rule_sum11, "7654327654321", "Law on the central population register: JMB"},
    {"SRB", "9999999999999", 12, 0, SOCIAL | TAX | ID, OTHER, DOCUMENT_social,
     national_rule_sum11, "7654327654321", "Law on the unique identity number 2018: JMBG"},
    {"SVN", "9999999999999", 12, 0, SOCIAL | ID, OTHER, DOCUMENT_social,
     national_rule_sum11, "7654327654321", "Central Population Register Act: EMSO"},
    {"AUT", "9999999999", 10, 0, SOCIAL, OTHER, DOCUMENT_social,
     national_rule_sum11, "379-584216", "ASVG section 31: Versicherungsnummer, check in place 4"},
    {"CHE", "7569999999999", 13, 0, SOCIAL, TAX | ID | OTHER, DOCUMENT_social,
     national_rule_sum10, "1313131313131", "AHVV art. 133 (EAN-13; older ones have 11 digits)"},
    {"DEU", "99999999999", 11, 0, 0, TAX | OTHER, DOCUMENT_tax,
     national_rule_mod11_10, "", "StIdV; ISO 7064 MOD 11,10 (tax office numbers have other forms)"},
    {"FRA", "9999999999999", 13, 0, SOCIAL, OTHER, DOCUMENT_social,
     national_rule_france_short, "", "Decree 82-103: NIR without its key"},
    {"FRA", "999999*99999999", 15, 0, SOCIAL, OTHER, DOCUMENT_social,
     national_rule_france, "", "Decree 82-103: NIR, key modulo 97"},
    {"FRA", "999992*999999", 13, 0, SOCIAL, OTHER, DOCUMENT_social,
     national_rule_france_short, "", "the same of Corsica without its key"},
    {"ESP", "99999999", 8, 0, 0, ID | TAX, DOCUMENT_id,
     national_rule_spain_short, "", "Royal Decree 1553/2005, art. 11: DNI without its letter"},
    {"ESP", "99999999A", 8, 0, ID | TAX, OTHER, DOCUMENT_id,
     national_rule_spain, "", "Royal Decree 1553/2005, art. 11: DNI"},
    {"ESP", "A9999999A", 9, 0, 0, ID | TAX | OTHER, DOCUMENT_id,
     national_rule_spain, "", "Royal Decree 557/2011, art. 206: NIE (others begin with K, L, M)"},
    {"PRT", "999999999", 9, 0, TAX, OTHER, DOCUMENT_tax,
     national_rule_minus11_zero, "98765432", "Decree-Law 14/2013: NIF"},
    {"ITA", "AAAAAA**A**A***A", 16, 0, TAX | SOCIAL | ID, OTHER, DOCUMENT_tax,
     national_rule_italy, "", "DM 12 March 1974: codice fiscale (provisional ones have 11 digits)"},
    {"IRL", "9999999A", 8, 0, SOCIAL | TAX, OTHER, DOCUMENT_social,
     national_rule_ireland, "8765432", "Social Welfare Consolidation Act 2005, s. 262: PPSN"},
    {"IRL", "9999999AA", 9, 0, SOCIAL | TAX, OTHER, DOCUMENT_social,
     national_rule_ireland, "8765432", "the same with a second letter"},
    {"TUR", "99999999999", 11, 0, SOCIAL | TAX | ID, OTHER, DOCUMENT_id,
     national_rule_turkey, "", "Law 5490: T.C. kimlik no (foreigners' too)"},
    {"UKR", "9999999999", 9, 0, TAX, OTHER, DOCUMENT_tax,
     national_rule_mod11_zero, "-57946A57", "State Tax Service: RNOKPP"},
    {"RUS", "99999999999", 10, 0, SOCIAL, OTHER, DOCUMENT_social,
     national_rule_russia_social, "987654321", "Pension Fund resolution 192p: SNILS"},
    {"RUS", "999999999999", 11, 0, TAX, OTHER, DOCUMENT_tax,
     national_rule_russia_tax, "3724A359468", "Order MMV-7-6/435: INN of a person"},
    {"KAZ", "999999999999", 10, 0, SOCIAL | TAX | ID, OTHER, DOCUMENT_id,
     national_rule_twice11, "123456789AB3456789AB12", "Law 223-III of 2007: IIN"},
    {"ISR", "999999999", 8, 0, ID, TAX | SOCIAL | OTHER, DOCUMENT_id,
     national_rule_luhn, "", "Population registry: mispar zehut"},
    {"IRN", "9999999999", 10, 0, 0, ID | SOCIAL | TAX | OTHER, DOCUMENT_id,
     national_rule_iran, "A98765432", "Civil registration: kod-e melli (foreigners' codes differ)"},
    {"IND", "999999999999", 12, 0, ID, OTHER, DOCUMENT_id,
     national_rule_verhoeff, "", "UIDAI, Aadhaar number scheme 2010 (Verhoeff)"},
    {"THA", "9999999999999", 13, 0, ID | TAX | SOCIAL, OTHER, DOCUMENT_id,
     national_rule_thailand, "DCBA98765432", "Civil registration: 13-digit number"},
    {"CHN", "99999999999999999*", 18, 0, ID, SOCIAL | TAX | OTHER, DOCUMENT_id,
     national_rule_china, "79A584216379A5842", "GB 11643-1999 (older ones have 15 digits)"},
    {"SGP", "A9999999A", 9, 0, 0, ID | TAX | OTHER, DOCUMENT_id,
     national_rule_singapore, "2765432", "ICA: NRIC and FIN (series M follows another rule)"},
    {"ZAF", "9999999999999", 10, 0, ID, SOCIAL | OTHER, DOCUMENT_id,
     national_rule_luhn, "", "Identification Act 68 of 1997"},
    {"BRA", "99999999999", 7, TAX, 0, ID | OTHER, DOCUMENT_tax,
     national_rule_brazil, "BA98765432", "Receita Federal: CPF"},
    {"CHL", "99999999*", 7, TAX, 0, ID | OTHER, DOCUMENT_tax,
     national_rule_chile, "32765432", "Registro Civil: RUN/RUT"},
    {"ARG", "99999999999", 11, 0, SOCIAL | TAX, OTHER, DOCUMENT_social,
     national_rule_sum11, "54327654321", "AFIP: CUIL and CUIT"},
    {"CAN", "999999999", 8, SOCIAL, 0, TAX, DOCUMENT_social,
     national_rule_luhn, "", "Employment and Social Development Canada: SIN"},
    {"USA", "999999999", 7, SOCIAL, 0, TAX, DOCUMENT_social,
     national_rule_usa, "", "SSA: SSN (no check digit; what is never given out)"},
    {"AUS", "999999999", 9, 0, TAX, OTHER, DOCUMENT_tax,
     national_rule_sum11, "14375869A", "ATO: TFN (older ones have 8 digits)"},
  /* clang-format on */
};

static bool is_in(unsigned set, enum document_type type)
{
    return (set & (1u << type)) != 0;
}

static uint8_t swapped(uint8_t c, const char *pairs)
{
    for (; *pairs != '\0'; pairs += 2)
        if (c == (uint8_t)pairs[0])
            return (uint8_t)pairs[1];
    return c;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* Whether a sign fits its place in a form, read as it must be there. */
static bool sign_fits(uint8_t *c, char place)
{
    switch (place) {
    case '9':
        *c = swapped(*c, "O0I1L1");
        return is_digit(*c);
    case 'A':
        *c = swapped(*c, "0O1I");
        return is_capital(*c);
    case '*':
        *c = swapped(*c, "O0I1");
        return is_digit(*c) || is_capital(*c);
    default:
        *c = swapped(*c, "O0I1L1");
        return *c == (uint8_t)place;
    }
}

/* Brings a number to a form, zeros put back before it. False if it has another one. */
static bool fit(const struct rule *r, const struct document_number *given,
                struct document_number *n)
{
    size_t len = strlen(r->form);
    *n = *given;
    if (n->len < r->len_min || n->len > len)
        return false;
    size_t zeros = len - n->len;
    memmove(n->text + zeros, n->text, n->len);
    memset(n->text, '0', zeros);
    n->len = len;
    for (size_t i = 0; i < len; i++)
        if (!sign_fits(&n->text[i], r->form[i]))
            return false;
    return true;
}

/* Tries one rule. Returns whether the number is the rule's; *fault is what then stands against
 * a number that no rule takes. */
static bool try_rule(const struct rule *r, enum document_type *type, struct document_number *n,
                     enum field_fault *fault)
{
    struct document_number fitted;
    bool is_fit = fit(r, n, &fitted);
    bool is_right = is_fit && r->is_right(&fitted, r->weights);
    if (is_right) {
        *n = fitted;
        *type = r->as;
    } else if (is_in(r->must, *type) || (is_fit && is_in(r->check, *type))) {
        *fault = FAULT_DOCUMENT_CHECK;
    }
    sodium_memzero(&fitted, sizeof fitted);
    return is_right;
}

enum field_fault national_check(struct bytes issuer, enum document_type *type,
                                struct document_number *n)
{
    enum field_fault fault = FAULT_NONE;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *r = &rules[i];
        if (bytes_equal(issuer, bytes_of(r->issuer, strlen(r->issuer))) &&
            is_in(r->must | r->check | r->may, *type) && try_rule(r, type, n, &fault))
            return FAULT_NONE;
    }
    return fault;
}
