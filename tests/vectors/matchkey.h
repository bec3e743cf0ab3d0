/*
 * matchkey.h - golden match keys, normalisation version 2, for any implementation to meet.
 *
 * The people are invented. Each row gives one person's fields and the one key they make, in
 * hexadecimal. Text that reads from right to left, marks and invisible characters stand as escaped
 * UTF-8, so that the rows show the same in every editor. The keys were computed by a second
 * implementation, written from the description alone on other Unicode tables.
 */
#ifndef TESTS_VECTORS_MATCHKEY_H
#define TESTS_VECTORS_MATCHKEY_H

/* SHA-256 over the folds of every code point, as fold_digest describes it (Unicode 15). */
#define VECTOR_FOLD_DIGEST "a8af0360e5538642b4d09abb951a5e7ddbe69fca2e803b8b5a20afa3e0540884"

/* clang-format off */
static const struct {
    const char *why;
    unsigned kind;
    const char *given_name, *family_name, *born, *document, *email, *phone;
    const char *key;
} vectors[] = {
    {"Latin with diacritics", 4,
     "Zoë",
     "Van der Meulen-Ødegård", "1980-12-30", "", "", "",
     "040200037a6f65001776616e20646572206d65756c656e20c3b8646567617264000a313938302d31322d"
     "3330"},
    {"the same, decomposed, capitals, other spaces", 4,
     "  zoe\xcc\x88 ",
     "VAN DER  MEULEN ØDEGA\xcc\x8aRD", "1980-12-30", "", "", "",
     "040200037a6f65001776616e20646572206d65756c656e20c3b8646567617264000a313938302d31322d"
     "3330"},
    {"hyphen and apostrophe become spaces", 4,
     "Jean-Luc",
     "N'Dongo", "1975-06-02", "", "", "",
     "040200086a65616e206c756300076e20646f6e676f000a313937352d30362d3032"},
    {"the letter apostrophe too", 4,
     "Jean Luc",
     "NʼDongo", "1975-06-02", "", "", "",
     "040200086a65616e206c756300076e20646f6e676f000a313937352d30362d3032"},
    {"Turkish dotless i", 4,
     "Işıl",
     "Çağlarışık", "1991-03-08", "", "", "",
     "040200046973696c000a6361676c61726973696b000a313939312d30332d3038"},
    {"the same in capitals", 4,
     "IŞIL",
     "ÇAĞLARIŞIK", "1991-03-08", "", "", "",
     "040200046973696c000a6361676c61726973696b000a313939312d30332d3038"},
    {"sharp s; 1 January counts as the year only", 4,
     "Jürgen",
     "Weißkamp-Straßer", "1969-01-01", "", "", "",
     "040200066a757267656e001277656973736b616d70207374726173736572000431393639"},
    {"l with stroke has no decomposition and stays", 4,
     "Łucja",
     "Żółkiewska", "1988-02-29", "", "", "",
     "04020006c58275636a61000b7a6fc5826b696577736b61000a313938382d30322d3239"},
    {"Arabic with vowel points and hamza", 4,
     "\xd8\xa3\xd9\x8e\xd8\xad\xd9\x92\xd9\x85\xd9\x8e\xd8\xaf",
     "\xd8\xa7\xd9\x84\xd9\x85\xd9\x8f\xd9\x86\xd9\x92\xd8\xaa\xd9\x8e\xd8\xb5\xd9\x90\xd8\xb1\xd9\x8a\xd9\x91", "1979-04-05", "", "", "",
     "04020008d8a7d8add985d8af0010d8a7d984d985d986d8aad8b5d8b1d98a000a313937392d30342d3035"},
    {"the same without them, with a tatweel", 4,
     "\xd8\xa7\xd8\xad\xd9\x85\xd8\xaf",
     "\xd8\xa7\xd9\x84\xd9\x85\xd9\x86\xd8\xaa\xd8\xb5\xd9\x80\xd8\xb1\xd9\x8a", "1979-04-05", "", "", "",
     "04020008d8a7d8add985d8af0010d8a7d984d985d986d8aad8b5d8b1d98a000a313937392d30342d3035"},
    {"Arabic presentation forms and a zero-width non-joiner", 4,
     "\xef\xba\xad\xef\xaf\xbe\xef\xbb\xa2",
     "\xef\xbb\x8b\xef\xba\x92\xef\xba\xaa\xe2\x80\x8c\xef\xba\x8d\xef\xbb\x9f\xef\xbb\xa8\xef\xbb\xae\xef\xba\xad", "1993-11-11", "", "", "",
     "04020006d8b1db8cd9850010d8b9d8a8d8afd8a7d984d986d988d8b1000a313939332d31312d3131"},
    {"Cyrillic", 4,
     "Семён",
     "Ягодников", "1982-10-17", "", "", "",
     "0402000ad181d0b5d0bcd0b5d0bd0012d18fd0b3d0bed0b4d0bdd0b8d0bad0bed0b2000a313938322d31"
     "302d3137"},
    {"Ukrainian Cyrillic", 4,
     "Їржина",
     "Щедроваївська", "1984-07-07", "", "", "",
     "0402000cd196d180d0b6d0b8d0bdd0b0001ad189d0b5d0b4d180d0bed0b2d0b0d196d0b2d181d18cd0ba"
     "d0b0000a313938342d30372d3037"},
    {"Ethiopic", 4,
     "ትዕግስት",
     "ወልደሰማዕት", "1990-09-11", "", "", "",
     "0402000fe189b5e18b95e18c8de188b5e189b50015e18b88e1888de18bb0e188b0e1889be18b95e189b5"
     "000a313939302d30392d3131"},
    {"Greek with accents and a final sigma", 4,
     "Ἀρίσταρχος",
     "Παπαδημουλάς", "1971-05-21", "", "", "",
     "04020014ceb1cf81ceb9cf83cf84ceb1cf81cf87cebfcf830018cf80ceb1cf80ceb1ceb4ceb7cebccebf"
     "cf85cebbceb1cf83000a313937312d30352d3231"},
    {"the same in capitals", 4,
     "ΑΡΙΣΤΑΡΧΟΣ",
     "ΠΑΠΑΔΗΜΟΥΛΑΣ", "1971-05-21", "", "", "",
     "04020014ceb1cf81ceb9cf83cf84ceb1cf81cf87cebfcf830018cf80ceb1cf80ceb1ceb4ceb7cebccebf"
     "cf85cebbceb1cf83000a313937312d30352d3231"},
    {"Hebrew with points and maqaf", 4,
     "\xd7\xa0\xd6\xb9\xd7\xa2\xd6\xb8\xd7\x94",
     "\xd7\x91\xd6\xb6\xd6\xbc\xd7\x9f\xd6\xbe\xd7\x90\xd6\xb2\xd7\x91\xd6\xb4\xd7\x99\xd7\xa8\xd6\xb8\xd7\x9d", "1986-08-19", "", "", "",
     "04020006d7a0d7a2d794000fd791d79f20d790d791d799d7a8d79d000a313938362d30382d3139"},
    {"Devanagari: vowel signs stay, the virama goes", 4,
     "स\xe0\xa5\x81नीता",
     "क\xe0\xa5\x83ष\xe0\xa5\x8dणम\xe0\xa5\x82र\xe0\xa5\x8dतीकर", "1977-12-12", "", "", "",
     "04020012e0a4b8e0a581e0a4a8e0a580e0a4a4e0a4be0021e0a495e0a583e0a4b7e0a4a3e0a4aee0a582"
     "e0a4b0e0a4a4e0a580e0a495e0a4b0000a313937372d31322d3132"},
    {"Thai: vowels stay, tone and silencing marks go", 4,
     "ธ\xe0\xb8\xb4ดาร\xe0\xb8\xb1ตน\xe0\xb9\x8c",
     "แสงมณ\xe0\xb8\xb5โชต\xe0\xb8\xb4", "1995-01-02", "", "", "",
     "0402001be0b898e0b8b4e0b894e0b8b2e0b8a3e0b8b1e0b895e0b899e0b98c001ee0b981e0b8aae0b887"
     "e0b8a1e0b893e0b8b5e0b982e0b88ae0b895e0b8b4000a313939352d30312d3032"},
    {"Han", 4,
     "小蓮",
     "歐陽竹雨", "1983-02-03", "", "", "",
     "04020006e5b08fe893ae000ce6ad90e999bde7abb9e99ba8000a313938332d30322d3033"},
    {"Hangul becomes jamo", 4,
     "하늘",
     "남궁보람찬", "1999-09-09", "", "", "",
     "0402000fe18492e185a1e18482e185b3e186af002ae18482e185a1e186b7e18480e185aee186bce18487"
     "e185a9e18485e185a1e186b7e1848ee185a1e186ab000a313939392d30392d3039"},
    {"full-width letters, digits and hyphens", 4,
     "Ｔｏｍａｓ",
     "Ｑｕｉｌｌ", "１９８５－０３－０４", "", "", "",
     "04020005746f6d617300057175696c6c000a313938352d30332d3034"},
    {"directions, zero width, soft hyphen, Arabic-Indic digits", 4,
     "\xe2\x80\xaeMira\xe2\x80\xac",
     "\xe2\x80\x8bO\xcc\x81lafs\xc2\xad" "do\xcc\x81ttir\xef\xb8\x8f", "\xd9\xa1\xd9\xa9\xd9\xa7\xd9\xa0-\xd9\xa0\xd9\xa7-\xd9\xa2\xd9\xa0", "", "", "",
     "040200046d697261000b6f6c616673646f74746972000a313937302d30372d3230"},
    {"separators in the number go", 1,
     "", "", "", "NLD:passport:NX 01-23.45/6", "", "",
     "010200034e4c44000870617373706f727400094e5830313233343536"},
    {"small letters, spaces", 1,
     "", "", "", "nld : Passport : nx0123456", "", "",
     "010200034e4c44000870617373706f727400094e5830313233343536"},
    {"Arabic-Indic digits", 1,
     "", "", "", "SYR:id:\xd9\xa0\xd9\xa1\xd9\xa0\xd9\xa2\xd9\xa0\xd9\xa3\xd9\xa0\xd9\xa4\xd9\xa0\xd9\xa5", "", "",
     "01020003535952000269640009313032303330343035"},
    {"Cyrillic letters become the Latin ones that look alike", 1,
     "", "", "", "RUS:driving-licence:77 АВ 123456", "", "",
     "01020003525553000e64726976696e676c6963656e6365000a37374142313233343536"},
    {"a United Nations code, non-breaking hyphen", 1,
     "", "", "", "UNO:refugee:KBL‑00412233", "", "",
     "01020003554e4f000772656675676565000b4b424c3030343132323333"},
    {"full-width colons", 1,
     "", "", "", "ken：ID：12 345 687", "", "",
     "010200034b454e0002696400083132333435363837"},
    {"case and spaces", 2,
     "", "", "", "", "  Quinta.Vries+veld@Example.ORG ", "",
     "0202001d7175696e74612e76726965732b76656c64406578616d706c652e6f7267"},
    {"zero-width space; accents stay", 2,
     "", "", "", "", "fie\xe2\x80\x8b.dler@bücher.example", "",
     "020200186669652e646c65724062c3bc636865722e6578616d706c65"},
    {"full-width", 2,
     "", "", "", "", "ｂｏ＠ｅｘａｍｐｌｅ．ｎｅｔ", "",
     "0202000e626f406578616d706c652e6e6574"},
    {"composed", 2,
     "", "", "", "", "u\xcc\x88mit@example.com", "",
     "02020011c3bc6d6974406578616d706c652e636f6d"},
    {"trunk zero, spaces, hyphen", 3,
     "", "", "", "", "", "+31 (0)6 1234-5678",
     "0302000c2b3331363132333435363738"},
    {"00 for +", 3,
     "", "", "", "", "", "0031612345678",
     "0302000c2b3331363132333435363738"},
    {"full-width plus, Arabic-Indic digits", 3,
     "", "", "", "", "", "＋\xd9\xa2\xd9\xa4\xd9\xa9 \xd9\xa9\xd9\xa1 \xd9\xa2\xd9\xa3\xd9\xa4 \xd9\xa5\xd9\xa6\xd9\xa7\xd9\xa8",
     "0302000d2b323439393132333435363738"},
    {"dot and slash", 3,
     "", "", "", "", "", "+254.20/555 0199",
     "0302000d2b323534323035353530313939"},
    {"directions around, en dash", 3,
     "", "", "", "", "", "\xe2\x80\xaa+1 (202) 555–0143\xe2\x80\xac",
     "0302000c2b3132303235353530313433"},
    {"Devanagari digits", 3,
     "", "", "", "", "", "+९७७ ९८४ १२३ ४५६७",
     "0302000e2b39373739383431323334353637"},
};
/* clang-format on */

#endif
