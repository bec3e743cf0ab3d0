/*
 * ceremony.h - a ceremony of three, two of whom must act, in hexadecimal; and one dealing of each
 * other kind. The specification quotes them. Computed with a second implementation, written from
 * its text and the RFCs alone.
 *
 * Participant i, from 0, has the seed 10 10 ... (20, 30), the ephemeral secret c0 c0 ... (c1, c2)
 * and the prekey secret a0 a0 ... (a1, a2). The third complains of the second, which answers. The
 * dealings of the other kinds are those of the first participant in another ceremony, from shares
 * of the key that the first one made; the factor is that of the same seeds there.
 */
#ifndef TESTS_VECTORS_CEREMONY_H
#define TESTS_VECTORS_CEREMONY_H

enum { WORKED_UNTIL = 1767920400, WORKED_PATIENCE = 86400 };

static const char *const worked_author[] = {
    "3e75f1165ed5c8b35938a8bda6df386ed616c34644ec48aa648297b72c5a25a2",
    "829ed61f587479709f5e37e704845c5a5c5d5f8bed0317e8ea2d6737da1e82d4",
    "9d283461a977d8585b53573d58dfca517b3386630739c64e6b3d8ff09a45e805",
};
static const char worked_proposal[] =
    "0101303132333435363738393a3b3c3d3e3f0101020000000100000000000000"
    "0000000000000151800000000069605310033e75f1165ed5c8b35938a8bda6df"
    "386ed616c34644ec48aa648297b72c5a25a20101829ed61f587479709f5e37e7"
    "04845c5a5c5d5f8bed0317e8ea2d6737da1e82d402029d283461a977d8585b53"
    "573d58dfca517b3386630739c64e6b3d8ff09a45e8050303";
static const char worked_id[] = "ef8c9d63c61a3982f9ee0b56ea6cafb6becfd2819dbde100a0696becec9d4c95";
static const char worked_coefficient_0[] =
    "3bd849a6ba22df99414d62e2432fb6e998a624f59ad35a8c81b474ee65d46e00";
static const char worked_coefficient_1[] =
    "652fe526bafcd893d5b13f438154e9947ee3ed5e89aeb54b0b4b6bab64cb4006";
static const char worked_commitment_0[] =
    "1e2a367dcfa09cec066a0963510973485b28029995cd11a82f4e659c208d9e03";
static const char worked_commitment_1[] =
    "d2fe771b3fa7a9fc7998df7e1d2fce7871a4c88503caed4d969e32dbbc5c9171";
static const char worked_proof[] =
    "01398aae10bf3cf95164a0a86319ed841e96b225e91e5e4970d012b14b5df405"
    "0462fcbbfe51e8731bbce00d581286c591e27bc3dd2a78b6b3da19e035219009";
static const char worked_promise[] =
    "4567ae5dcc5d023a0f9492859de99e99c294f8370686a6a37e41ce3d145a72f2";
static const char worked_subshare[] =
    "053714f42e1c91c1ecb0e16846d88813966d00b3ad30c623984a4b452f6bf00c";
static const char worked_prekey[] =
    "c306fb0ef2bf8b7f93bad98155fa37daec74db0c4cbeda6c6f1dba9d36558252";
static const char worked_ephemeral[] =
    "1c78fc71ef01855f670c555c82226397f0e73b0aaf443a491d4110dc22f28236";
static const char worked_sealed[] =
    "6880777f947689fb82a2bfb15ff222351e4962e653fc3386f81dfc3ff2001b33"
    "f19eaf9bd4092d348ff4f3b298a8a098";
static const char worked_deal[] = "0104ef8c9d63c61a3982f9ee0b56ea6cafb6becfd2819dbde100a0696becec9d"
                                  "4c950101021e2a367dcfa09cec066a0963510973485b28029995cd11a82f4e65"
                                  "9c208d9e03d2fe771b3fa7a9fc7998df7e1d2fce7871a4c88503caed4d969e32"
                                  "dbbc5c917101398aae10bf3cf95164a0a86319ed841e96b225e91e5e4970d012"
                                  "b14b5df4050462fcbbfe51e8731bbce00d581286c591e27bc3dd2a78b6b3da19"
                                  "e0352190091c78fc71ef01855f670c555c82226397f0e73b0aaf443a491d4110"
                                  "dc22f2823602829ed61f587479709f5e37e704845c5a5c5d5f8bed0317e8ea2d"
                                  "6737da1e82d46880777f947689fb82a2bfb15ff222351e4962e653fc3386f81d"
                                  "fc3ff2001b33f19eaf9bd4092d348ff4f3b298a8a0989d283461a977d8585b53"
                                  "573d58dfca517b3386630739c64e6b3d8ff09a45e805253fc89004c61a8681eb"
                                  "19cec4ee38fe4026a0a6ee33fb480cf8e4932163052f0a021bc9c8e52f08b7bc"
                                  "0be3ff981b6e";
static const char worked_deal_hash[] =
    "36ad682cc55b29b3b8d8386f3906638eccd3bd3e12f58cdc6ce01e62b524d3f2";
static const char worked_verdict[] =
    "0105ef8c9d63c61a3982f9ee0b56ea6cafb6becfd2819dbde100a0696becec9d"
    "4c950101829ed61f587479709f5e37e704845c5a5c5d5f8bed0317e8ea2d6737"
    "da1e82d402";
static const char worked_verdict_hash[] =
    "0016e06e908ba9c5b3ddcfd0763ad4f5bd70a4b1ef5227c3334d3abad1b471a1";
static const char worked_answer[] =
    "0106ef8c9d63c61a3982f9ee0b56ea6cafb6becfd2819dbde100a0696becec9d"
    "4c9501019d283461a977d8585b53573d58dfca517b3386630739c64e6b3d8ff0"
    "9a45e805a4c63ee321bdae8a5a6db059fc79f7390faa0fbe02513147789b1d57"
    "ebb47f0c";
static const char worked_close[] =
    "0103ef8c9d63c61a3982f9ee0b56ea6cafb6becfd2819dbde100a0696becec9d"
    "4c9503033e75f1165ed5c8b35938a8bda6df386ed616c34644ec48aa648297b7"
    "2c5a25a266e948dc1e986495b9c626ddb98a00204a8cebbbe8f976d4ac3681a1"
    "d89ef758829ed61f587479709f5e37e704845c5a5c5d5f8bed0317e8ea2d6737"
    "da1e82d4b92c66688d881296583108e4cc02bf5d069c9abd9014d06917b100dc"
    "0005319a9d283461a977d8585b53573d58dfca517b3386630739c64e6b3d8ff0"
    "9a45e8050016e06e908ba9c5b3ddcfd0763ad4f5bd70a4b1ef5227c3334d3aba"
    "d1b471a1";
static const char *const worked_close_hash[] = {
    "5bfc718faed6f143354f96fdc327d8d7f917d4fc4ed01bd36b9270d212075989",
    "db7c67b1d417eb44d0a92540b868f70f18333bfe191e357c2bb5c3d29c3d2aff",
    "4051d603e9ccf394664f52c754c22c40d7e796abfc0fbec536441e3b70800974",
};
static const char *const worked_share[] = {
    "e34cb16e41e562d06cc382d6b4701147dcd974dfcc2c39b1427628ee4dfdbb0e",
    "623d646795d8c8a4d96bae8377f310b612616fa80053d459f9b060cb371c0b0e",
    "e12d1760e9cb2e794614da303a76102549e8697134796f02b0eb98a8213b5a0d",
};
static const char *const worked_commitment[] = {
    "e61d119a45ecf5c91e6aaa914954b8ce773ebc93989e8ad9979de5e51ef7fc73",
    "38876f4ec91281c2395b3500172bade9cfaa8a25bea5eda97e19a30132274e4c",
    "bc93c59fb329b56c8c3fa555c79efc667e1e4d9336f2ab18b6acd81dcd7db025",
};
static const char worked_key[] = "5e2926e1521fa5e00a35e9ce8a3be562c50edb3eecf26ec4dccd3ead4d35d77a";
static const char worked_transcript[] =
    "3a225dcce9f2b8058f5bfe26d403e75771dc7d24851bde15bb241a0cedb8e871";
static const char worked_signature[] =
    "1baa9b97fc9d77e5aca5930a796f5704b3c10d260ae1cc62b2024d4a7746a5d3"
    "4b026f439889a966f53d50b9694769003f0679f8a6e59576c19fc379fed71b0b";
static const char worked_signer_seed[] =
    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
static const char worked_other_id[] =
    "7f8ff837a9d6ae16651c6c86fefcd282f367e92fa348c15c1422f95f0fc550f9";
static const char worked_refresh_commitment_1[] =
    "b46782672acd881088e2e15c51192b7fc0159d3c94cd1735006c360dced58768";
static const char worked_refresh_subshare[] =
    "38e1045b488b245b966a1294b6fdfac5c3e7b95f24827961ff059542a0eb1001";
static const char worked_reshare_subshare[] =
    "1b2eb6c98970872b032e956a6b6e0c0da0c12e3ff1aeb212427cbd30eee8cc0f";
static const char worked_factor_share[] =
    "4ae44d1146d23aaad46ddee2c88c6a34b47525927a0ece2c9761bd4890103006";
static const char worked_factor_commitment[] =
    "20a9dd24dfe87ee4a40bcbdfee96567351272871704315fa14042b630750d840";
static const char worked_factor_key[] =
    "3cce975ad549bfaa1f43f58392943d18587149d6118a340806a1151a37748f3d";
static const char worked_product_commitment_0[] =
    "263efdddee0bb98f7bf737cee49280b9c3a98bade2ecb0296daac5f491bcec4a";
static const char worked_product_commitment_1[] =
    "ecac2be62296c9b0d2bcfb460b24a14ef96fe95835e647f988a919b558dab312";
static const char worked_product_proof[] =
    "f4d938764a174da2a16328b8e537688a50bce81bff1390fe718baca1d3ebd433"
    "b654f4b28e876c1f19bcfb91f6b92eb165ffffd04575aa36cee1511ca628ba0a"
    "d702f3366f68d487c82e08e587aee795fc703fcdbf91573da38dbf7857d19f05";
static const char worked_product_subshare[] =
    "0f4ea1780f25f0ff14980a5ecf37e5f72f77a52d2d390b3e8ee39a5030b83703";
static const char worked_product_key[] =
    "c67daf72d35c3c09950b29334a4f38d87dd69ab025368cc67c89b756fbc9756a";
static const char *const worked_product_share[] = {
    "bedc653fea81bcf43e434c142634ddff62860e95fef7f62f39bdef6b2de31b02",
    "07706548b9ad454c11098d552a8afcc9e8553291480619d2cf27833c8d509c09",
    "632f6ff46d76bc4b0d32d6f34fe63c7f6e25568d92143b746692160dedbd1c01",
};
static const char worked_product_share_commitment[] =
    "084d90cca0744d8484a0b980800d214e02af09e3ad0abd496df31b4638978225";

#endif
