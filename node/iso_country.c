#include "node/iso_country.h"

#include <stddef.h>
#include <string.h>

/* Ascending, without blanks in between. */
static const char codes[] = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZ"
                            "BABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ"
                            "CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ"
                            "DEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFR"
                            "GAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGY"
                            "HKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJP"
                            "KEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLY"
                            "MAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZ"
                            "NANCNENFNGNINLNONPNRNUNZOM"
                            "PAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW"
                            "SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZ"
                            "TCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZ"
                            "UAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

static char capital(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool iso_country_read(const char *text, char out[3])
{
    if (strlen(text) != 2)
        return false;
    char code[3] = {capital(text[0]), capital(text[1]), '\0'};
    for (size_t i = 0; i + 2 < sizeof codes; i += 2) {
        if (memcmp(codes + i, code, 2) == 0) {
            memcpy(out, code, sizeof code);
            return true;
        }
    }
    return false;
}
