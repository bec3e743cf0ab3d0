#include "protocol/country.h"

#include <string.h>

/* Codes of three letters, one after another; the last row holds the additions of ICAO. */
static const char codes[] =
    "ABWAFGAGOAIAALAALBANDAREARGARMASMATAATFATGAUSAUTAZEBDIBELBENBESBFABGDBGR"
    "BHRBHSBIHBLMBLRBLZBMUBOLBRABRBBRNBTNBVTBWACAFCANCCKCHECHLCHNCIVCMRCODCOG"
    "COKCOLCOMCPVCRICUBCUWCXRCYMCYPCZEDEUDJIDMADNKDOMDZAECUEGYERIESHESPESTETH"
    "FINFJIFLKFRAFROFSMGABGBRGEOGGYGHAGIBGINGLPGMBGNBGNQGRCGRDGRLGTMGUFGUMGUY"
    "HKGHMDHNDHRVHTIHUNIDNIMNINDIOTIRLIRNIRQISLISRITAJAMJEYJORJPNKAZKENKGZKHM"
    "KIRKNAKORKWTLAOLBNLBRLBYLCALIELKALSOLTULUXLVAMACMAFMARMCOMDAMDGMDVMEXMHL"
    "MKDMLIMLTMMRMNEMNGMNPMOZMRTMSRMTQMUSMWIMYSMYTNAMNCLNERNFKNGANICNIUNLDNOR"
    "NPLNRUNZLOMNPAKPANPCNPERPHLPLWPNGPOLPRIPRKPRTPRYPSEPYFQATREUROURUSRWASAU"
    "SDNSENSGPSGSSHNSJMSLBSLESLVSMRSOMSPMSRBSSDSTPSURSVKSVNSWESWZSXMSYCSYRTCA"
    "TCDTGOTHATJKTKLTKMTLSTONTTOTUNTURTUVTWNTZAUGAUKRUMIURYUSAUZBVATVCTVENVGB"
    "VIRVNMVUTWLFWSMYEMZAFZMBZWE"
    "EUERKSUNAUNKUNOXBAXCCXCEXCOXDCXECXESXIMXMPXOMXPOXXAXXBXXCXXX";

struct bytes country_fold(struct bytes code)
{
    static const char *const aliases[][2] = {
        {"D",   "DEU"},
        {"GBD", "GBR"},
        {"GBN", "GBR"},
        {"GBO", "GBR"},
        {"GBP", "GBR"},
        {"GBS", "GBR"},
        {"ROM", "ROU"},
        {"ZAR", "COD"},
        {"TMP", "TLS"},
        {"BUR", "MMR"},
        {"XKX", "RKS"},
        {"XKK", "RKS"},
        {"KOS", "RKS"},
    };
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (bytes_equal(code, bytes_of(aliases[i][0], strlen(aliases[i][0]))))
            return bytes_of(aliases[i][1], COUNTRY_BYTES);
    for (size_t i = 0; i + COUNTRY_BYTES < sizeof codes; i += COUNTRY_BYTES)
        if (bytes_equal(code, bytes_of(codes + i, COUNTRY_BYTES)))
            return bytes_of(codes + i, COUNTRY_BYTES);
    return bytes_of(NULL, 0);
}

bool country_is_known(struct bytes alpha3)
{
    return alpha3.len == COUNTRY_BYTES && bytes_equal(country_fold(alpha3), alpha3);
}
