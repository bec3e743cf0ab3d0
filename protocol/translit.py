#!/usr/bin/env python3
"""translit.py - writes translit_table.c: how each letter of ten scripts is written with the letters a to z.

    protocol/translit.py > protocol/translit_table.c

The table is what counts: it is frozen under MATCH_KEY_VERSION (matchkey.h). This script is how it was made, uses
nothing but what stands here (no table of the machine that it runs on), and is run again only for a new version.

What the letters are for is finding the same name again, not reading it aloud. So every letter has one spelling,
that of the commonest romanisation in passports (named at each script), without vowels that a script does not write;
the sounds that romanisations write differently (q and k, kh and h) are brought together later, in skeleton.c.

A row is: the letter, or the letter and the one that follows it; what it becomes; whether only at the start of a word.
Letters have been composed and folded to lower case before (fold_mail). A letter that is not here is taken apart, its
marks fall off, and its base is looked up; a base that is not here either stays as it is (Han, kana, Hangul).
"""

import sys

ROWS = {}


def row(letters, latin, initial=False):
    key = tuple(ord(c) for c in letters)
    assert 1 <= len(key) <= 2 and latin.isascii() and (latin == "" or latin.isalpha()) and len(latin) <= 5, letters
    assert (key, initial) not in ROWS, (letters, hex(key[0]))
    ROWS[key, initial] = latin


def each(text):
    """Rows "letter=latin", with spaces between them; "-" stands for nothing, "^" before it for the start of a word."""
    for item in text.split():
        initial = item.startswith("^")
        letters, latin = item.lstrip("^").split("=")
        row(letters, "" if latin == "-" else latin, initial)


# Latin: letters that do not come apart into a base and marks, and those whose marks change the consonant
# (Croatian, Czech, Polish, Romanian, Turkish; ISO 233 and ALA-LC for Arabic; the African reference alphabet).
each("""
æ=ae œ=oe ø=o ð=d þ=th đ=d ł=l ħ=h ı=i ŧ=t ŋ=ng ĸ=k ſ=s ə=a ǝ=e ɛ=e ɔ=o ɩ=i ʊ=u ɨ=i ʉ=u ɐ=a ɑ=a ɓ=b ɗ=d ɖ=d ƙ=k ƴ=y ɲ=ny
ɣ=gh ʃ=sh ʒ=zh ǯ=zh ƒ=f ʋ=v ɠ=g ɦ=h ɟ=j ɽ=r ɾ=r ʈ=t ȼ=c ƶ=z ƀ=b ǥ=g ɬ=l ɫ=l
č=ch ć=ch ĉ=ch š=sh ś=sh ŝ=sh ş=sh ș=sh ž=zh ź=zh ż=zh ç=s ǧ=j ĝ=j ĵ=zh ģ=g
ḥ=h ḫ=kh ẖ=kh ĥ=kh ṯ=th ḏ=dh ġ=gh ḵ=kh ṡ=th
""")

# Cyrillic: ICAO Doc 9303-3 section 6 and BGN/PCGN for Russian, Ukrainian, Belarusian, Bulgarian, Serbian,
# Macedonian, and the letters of Kazakh, Kyrgyz, Tajik, Uzbek, Tatar, Bashkir, Mongolian, Abkhaz.
each("""
а=a б=b в=v г=g д=d е=e ё=yo ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=sh
ъ=- ы=y ь=- э=e ю=yu я=ya ѐ=e ѓ=gj є=ye і=i ї=yi ј=y ѕ=dz љ=l њ=n ћ=ch ќ=kj ѝ=i ў=w џ=j ђ=dj ґ=g ѣ=e ѳ=f ѵ=i ѫ=u
ғ=gh қ=q ҡ=q ҝ=g ң=ng ҥ=ng ө=o ү=u ұ=u һ=h ҳ=h ҷ=j ҹ=j ӌ=j ә=a ӕ=ae җ=j ӂ=j ҙ=dh ҫ=th ӯ=u ӣ=i ҽ=ch ӏ=- дж=j дз=dz ӷ=gh
""")

# Greek: ELOT 743, but for the pairs that write one sound.
each("""
α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=i φ=f χ=kh ψ=ps ω=o
ου=u αυ=av ευ=ev ού=u αύ=av εύ=ev γγ=ng γκ=ng ^γκ=g γχ=nkh γξ=nx ντ=nt ^ντ=d μπ=mp ^μπ=b τζ=j τσ=ts
""")

# Arabic with the letters of Persian, Urdu, Pashto, Sindhi, Kurdish, Uyghur: BGN/PCGN, short vowels unwritten. The
# alef of the article stays a letter like others: skeleton.c knows the article.
each("""
ا=a أ=a إ=i آ=a ٱ=a ٲ=a ٳ=i ء=- ؤ=w ئ=y ب=b ة=a ت=t ث=th ج=j ح=h خ=kh د=d ذ=dh ر=r ز=z س=s ش=sh ص=s ض=d ط=t ظ=z
ع=a غ=gh ف=f ق=q ك=k ل=l م=m ن=n ه=h و=w ى=a ي=y
پ=p چ=ch ژ=zh گ=g ڤ=v ک=k ی=y ہ=h ۂ=h ۃ=a ھ=h ە=a ۀ=a ۓ=e ے=e ٹ=t ڈ=d ڑ=r ں=n ۇ=u ۆ=o ۈ=u ۋ=v ې=e ۍ=y ێ=e ڭ=ng
ټ=t ډ=d ړ=r ږ=zh ښ=sh ڼ=n ځ=dz څ=ts ګ=g ڪ=k ڵ=l ڕ=r ٺ=t ٻ=b ڀ=b ٿ=t ڃ=ny ڄ=j ڇ=ch ڊ=d ڌ=d ڍ=d ڏ=d ڙ=r ڦ=p ڳ=g ڱ=ng ڻ=n
ۏ=w ۉ=u ڨ=q ڥ=v ۅ=w ێ=e
""".replace(" ێ=e\n", "\n"))
row("تش", "ch")
row("دج", "j")

# Hebrew: Academy 2006 with f, v where only the place in the word tells; vowel points fall off before.
each("""
א=a ב=b ג=g ד=d ה=h ו=w ^ו=v ז=z ח=h ט=t י=y כ=k ך=kh ל=l מ=m ם=m נ=n ן=n ס=s ע=a פ=p ף=f צ=ts ץ=ts ק=k ר=r ש=sh ת=t
װ=v ױ=oy ײ=ey ג׳=j ז׳=zh צ׳=ch ץ׳=ch ת׳=th ד׳=dh ג'=j ז'=zh צ'=ch ץ'=ch
""")

# Armenian: BGN/PCGN (Eastern); vo and ye at the start of a word as they are spoken.
each("""
ա=a բ=b գ=g դ=d ե=e ^ե=ye զ=z է=e ը=e թ=t ժ=zh ի=i լ=l խ=kh ծ=ts կ=k հ=h ձ=dz ղ=gh ճ=ch մ=m յ=y ն=n շ=sh ո=o ^ո=vo
չ=ch պ=p ջ=j ռ=r ս=s վ=v տ=t ր=r ց=ts ւ=v փ=p ք=k օ=o ֆ=f ու=u եւ=ev
""")

# Georgian: national system of 2002. Mkhedruli; the old capitals fold to Nuskhuri, in the same order.
GEORGIAN = "a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h".split()
for at, latin in enumerate(GEORGIAN):
    row(chr(0x10D0 + at), latin)
OLD = "a b g d e v z h t i k l m n y o p zh r s t w u p k gh q sh ch ts dz ts ch kh q j h o".split()
for at, latin in enumerate(OLD):
    row(chr(0x2D00 + at), latin)
each("ჱ=e ჲ=y ჳ=w ჴ=q ჵ=o ჶ=f ჷ=e ჸ=- ჹ=g")

# Ethiopic: BGN/PCGN for Amharic and Tigrinya. A row has eight places: seven vowels, and the consonant with wa.
VOWELS = ["e", "u", "i", "a", "e", "", "o", "wa"]
ETHIOPIC = {
    0x1200: "h", 0x1208: "l", 0x1210: "h", 0x1218: "m", 0x1220: "s", 0x1228: "r", 0x1230: "s", 0x1238: "sh",
    0x1240: "q", 0x1250: "q", 0x1260: "b", 0x1268: "v", 0x1270: "t", 0x1278: "ch", 0x1280: "h", 0x1290: "n",
    0x1298: "ny", 0x12A0: "", 0x12A8: "k", 0x12B8: "kh", 0x12C8: "w", 0x12D0: "", 0x12D8: "z", 0x12E0: "zh",
    0x12E8: "y", 0x12F0: "d", 0x12F8: "d", 0x1300: "j", 0x1308: "g", 0x1318: "ng", 0x1320: "t", 0x1328: "ch",
    0x1330: "p", 0x1338: "ts", 0x1340: "ts", 0x1348: "f", 0x1350: "p", 0x2DA0: "s", 0x2DA8: "ch", 0x2DB0: "z",
    0x2DB8: "ch", 0x2DC0: "q", 0x2DC8: "k", 0x2DD0: "kh", 0x2DD8: "g",
}
for first, consonant in ETHIOPIC.items():
    for at, vowel in enumerate(VOWELS if first < 0x2DA0 else VOWELS[:7]):
        # A vowel alone is read a in the first place too; the eighth place of h is "hoa", of the vowel row "wa".
        row(chr(first + at), "a" if consonant == "" and at == 0 else consonant + vowel if consonant or vowel else "e")
ETHIOPIC_W = {0x1248: "qw", 0x1258: "qw", 0x1288: "hw", 0x12B0: "kw", 0x12C0: "khw", 0x1310: "gw"}
for first, consonant in ETHIOPIC_W.items():
    for at, vowel in {0: "e", 2: "i", 3: "a", 4: "e", 5: ""}.items():
        row(chr(first + at), consonant + vowel)
for at, latin in {0x1358: "rya", 0x1359: "mya", 0x135A: "fya", 0x1380: "mwe", 0x1381: "mwi", 0x1382: "mwe",
                  0x1383: "mw", 0x1384: "bwe", 0x1385: "bwi", 0x1386: "bwe", 0x1387: "bw", 0x1388: "fwe",
                  0x1389: "fwi", 0x138A: "fwe", 0x138B: "fw", 0x138C: "pwe", 0x138D: "pwi", 0x138E: "pwe",
                  0x138F: "pw"}.items():
    row(chr(at), latin)

# Devanagari and Bengali: Hunterian; the vowel that a consonant carries unwritten stays so. Both blocks have one
# order, so that one list makes both; a dot below (nukta) makes another consonant.
INDIC = {
    0x01: "n", 0x02: "n", 0x03: "h", 0x05: "a", 0x06: "a", 0x07: "i", 0x08: "i", 0x09: "u", 0x0A: "u", 0x0B: "ri",
    0x0C: "li", 0x0D: "e", 0x0E: "e", 0x0F: "e", 0x10: "ai", 0x11: "o", 0x12: "o", 0x13: "o", 0x14: "au", 0x15: "k",
    0x16: "kh", 0x17: "g", 0x18: "gh", 0x19: "ng", 0x1A: "ch", 0x1B: "chh", 0x1C: "j", 0x1D: "jh", 0x1E: "ny",
    0x1F: "t", 0x20: "th", 0x21: "d", 0x22: "dh", 0x23: "n", 0x24: "t", 0x25: "th", 0x26: "d", 0x27: "dh", 0x28: "n",
    0x29: "n", 0x2A: "p", 0x2B: "ph", 0x2C: "b", 0x2D: "bh", 0x2E: "m", 0x2F: "y", 0x30: "r", 0x31: "r", 0x32: "l",
    0x33: "l", 0x34: "l", 0x35: "v", 0x36: "sh", 0x37: "sh", 0x38: "s", 0x39: "h", 0x3D: "", 0x3E: "a", 0x3F: "i",
    0x40: "i", 0x41: "u", 0x42: "u", 0x43: "ri", 0x44: "ri", 0x45: "e", 0x46: "e", 0x47: "e", 0x48: "ai", 0x49: "o",
    0x4A: "o", 0x4B: "o", 0x4C: "au", 0x4D: "",
}
NOT_IN_BENGALI = {0x0D, 0x0E, 0x11, 0x12, 0x29, 0x31, 0x33, 0x34, 0x35, 0x45, 0x46, 0x49, 0x4A}
NUKTA = {0x15: "q", 0x16: "kh", 0x17: "gh", 0x1C: "z", 0x21: "r", 0x22: "rh", 0x2B: "f", 0x2F: "y", 0x28: "n"}
for block in (0x0900, 0x0980):
    for at, latin in INDIC.items():
        if block == 0x0900 or at not in NOT_IN_BENGALI:
            row(chr(block + at), latin)
    for at, latin in NUKTA.items():
        row(chr(block + at) + chr(block + 0x3C), latin)
each("ৰ=r ৱ=w ৎ=t")

# Apostrophes and the letters that serve as such are part of a word and write nothing.
for at in (0x27, 0x60, 0x2018, 0x2019, 0x201B, 0x2032, 0x2BB, 0x2BC, 0x2BD, 0x2BE, 0x2BF, 0x2B9, 0x2BA, 0x2C8,
          0x5F3, 0x5F4, 0x640):
    row(chr(at), "")


def main():
    out = sys.stdout
    out.write("/* translit_table.c - made by translit.py, which says where the rows come from. */\n"
              '#include "protocol/translit_table.h"\n\n/* clang-format off */\n'
              "const struct translit_row translit_rows[] = {\n")
    for (key, initial), latin in sorted(ROWS.items(), key=lambda r: (r[0][0] + (0,))[:2] + (r[0][1],)):
        second = key[1] if len(key) == 2 else 0
        out.write(f'    {{0x{key[0]:04X}, 0x{second:04X}, {int(initial)}, "{latin}"}},\n')
    out.write("};\n/* clang-format on */\n\nconst size_t translit_row_count = "
              "sizeof translit_rows / sizeof translit_rows[0];\n")


if __name__ == "__main__":
    main()
