/*
 * seeds.c - writes the first inputs of each target: from the golden vectors, and from encoders.
 *
 *     seeds FOLDER      FOLDER/TARGET/seed-NAME
 */
#include <sodium.h>
#include <sys/stat.h>

#include "protocol/ceremony.h"
#include "protocol/correction.h"
#include "protocol/entry.h"
#include "protocol/extract.h"
#include "protocol/letter.h"
#include "protocol/retag.h"
#include "protocol/roster_chain.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/hex.h"
#include "tests/unit/protocol/ceremony_file_sample.h"
#include "tests/unit/protocol/stat_world.h"
#include "tests/vectors/alert.h"
#include "tests/vectors/ceremony.h"
#include "tests/vectors/envelope.h"
#include "tests/vectors/feed.h"
#include "tests/vectors/fork.h"
#include "tests/vectors/matchkey.h"
#include "tests/vectors/pseudonym.h"
#include "tests/vectors/roster.h"
#include "tests/vectors/translit.h"

enum { ROOM = 65536 };

static const char *folder;

static void seed(const char *target, const char *name, struct bytes content)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, target);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%s/seed-%s", folder, target, name);
    FILE *f = fopen(path, "wb");
    CHECK(f != NULL && fwrite(content.data, 1, content.len, f) == content.len);
    CHECK(fclose(f) == 0);
}

/* A byte that chooses, and then bytes or text. */
static void seed_chosen(const char *target, const char *name, uint8_t choice, struct bytes content)
{
    static uint8_t room[ROOM];
    room[0] = choice;
    memcpy(room + 1, content.data, content.len);
    seed(target, name, bytes_of(room, content.len + 1));
}

static void seed_text(const char *target, const char *name, uint8_t choice, const char *text)
{
    seed_chosen(target, name, choice, bytes_of(text, strlen(text)));
}

static struct bytes hex(const char *text)
{
    static uint8_t room[ROOM];
    return bytes_of(room, hex_bytes(text, room, sizeof room));
}

static void seed_payloads(void)
{
    static uint8_t room[ROOM];
    uint8_t id[16] = {1};
    struct profile p = {.count = 1, .relay_count = 1, .prekey_count = 1};
    strcpy(p.endpoint[0], "tcp://post.example.org:5700");
    p.prekey[0] = (struct prekey){1, 20454, 20460, {9}};
    struct receipt r = {
        .count = 2, .row = {{{1}, 2}, {{3}, 4}}
    };
    struct letter l = {BYTES_LITERAL(vector_subject), BYTES_LITERAL(vector_text)};
    static const uint8_t tags[2][TAG_BYTES] = {{1}, {2}};
    struct retag again = {2, 2, tags[0]};
    size_t len = 0;
    seed_chosen("payload", "retag", 11, bytes_of(room, retag_encode(&again, room)));
    seed_chosen("payload", "signal", 0, hex(feed_entries[0].payload));
    seed_chosen("payload", "receipt", 1, bytes_of(room, receipt_encode(&r, room)));
    seed_chosen("payload", "profile", 2, bytes_of(room, profile_encode(&p, room)));
    seed_chosen("payload", "erase", 3, hex("01"));
    seed_chosen("payload", "alert", 4, hex(alert_payload));
    seed_chosen("payload", "amend", 5, hex(alert_amended));
    seed_chosen("payload", "amend-signal", 5, hex(signal_amended));
    seed_chosen("payload", "retract", 6, hex(retract_payload));
    CHECK(letter_encode(&l, room, &len) == OK);
    seed_chosen("payload", "letter", 7, bytes_of(room, len));
    memset(room, 1, 128);
    seed_chosen("payload", "inbox", 8, bytes_of(room, 120));
    seed_chosen("payload", "outbox", 9, bytes_of(room, 80));
    seed_chosen("payload", "sealed", 10, bytes_of(id, sizeof id));
}

static void seed_entries(void)
{
    static const char *const payloads[] = {alert_payload, alert_amended, signal_amended,
                                           retract_payload};
    static const uint8_t types[] = {ENTRY_ALERT, ENTRY_AMEND, ENTRY_AMEND, ENTRY_RETRACT};
    uint8_t salt[SALT_BYTES] = {5};
    static uint8_t room[ROOM];
    for (size_t i = 0; i < 2 + sizeof types; i++) {
        bool is_golden = i < 2;
        struct body b = {.type = is_golden ? feed_entries[i].type : types[i - 2],
                         .day = 20455,
                         .ref_plus_one = is_golden ? feed_entries[i].ref_plus_one : 1};
        b.payload = hex(is_golden ? feed_entries[i].payload : payloads[i - 2]);
        struct header h = {.version = 1, .body_units = 1, .index = 300};
        h.expires_day = b.type == ENTRY_ERASE || b.type == ENTRY_RETRACT ? 0 : 20900;
        struct pack p = pack_of(room, sizeof room);
        size_t len = 0;
        char name[32];
        pack_u8(&p, 1);
        pack_u32(&p, 1826);
        pack_u32(&p, 20455);
        header_encode(&h, p.at);
        p.at += HEADER_BYTES;
        CHECK(body_encode(&b, AUDIENCE_ALL, salt, p.at, 4096, &len) == OK);
        snprintf(name, sizeof name, "%zu", i);
        seed("entry", name, bytes_of(room, (size_t)(p.at - room) + len));
    }
}

/* Entries of the worked ceremony, and one of each step besides; small scripts of the rest. */
static void seed_ceremonies(void)
{
    static uint8_t room[ROOM];
    struct ceremony_entry e = {.step = CEREMONY_CONFIRM};
    seed_chosen("ceremony", "propose", 0, hex(worked_proposal));
    seed_chosen("ceremony", "deal", 0, hex(worked_deal));
    seed_chosen("ceremony", "verdict", 0, hex(worked_verdict));
    seed_chosen("ceremony", "answer", 0, hex(worked_answer));
    seed_chosen("ceremony", "close", 0, hex(worked_close));
    hex_bytes(worked_transcript, e.confirm.transcript, HASH_BYTES);
    hex_bytes(worked_signature, e.confirm.signature, SIGNATURE_BYTES);
    seed_chosen("ceremony", "confirm", 0, bytes_of(room, ceremony_encode(&e, room)));
    e = (struct ceremony_entry){.step = CEREMONY_JOIN};
    seed_chosen("ceremony", "join", 0, bytes_of(room, ceremony_encode(&e, room)));
    e = (struct ceremony_entry){.step = CEREMONY_ABORT, .abort_reason = CEREMONY_BY_TIME};
    seed_chosen("ceremony", "abort", 0, bytes_of(room, ceremony_encode(&e, room)));
    for (uint8_t kind = 0; kind < 4; kind++) {
        char name[32];
        const uint8_t script[] = {kind, 1, 2, 3, 4, 7, (uint8_t)(kind * 40), 1};
        snprintf(name, sizeof name, "dealt-%u", kind + 1);
        seed_chosen("ceremony", name, 1, bytes_of(script, sizeof script));
    }
    static const uint8_t numbers[] = {2, 1, 2, 1, 1, 1, 0, 0, 0, 0, 60,
                                      0, 0, 1, 0, 3, 1, 1, 2, 2, 3, 3};
    seed_chosen("ceremony", "numbers", 2, bytes_of(numbers, sizeof numbers));
    static const uint8_t sealed[] = {0, 0, 5};
    seed_chosen("ceremony", "sealed", 3, bytes_of(sealed, sizeof sealed));
}

static void seed_checkpoints(void)
{
    static uint8_t room[ROOM];
    seed_chosen("checkpoint", "first", 0, hex(feed_checkpoints[0].checkpoint));
    seed_chosen("checkpoint", "second", 2, hex(feed_checkpoints[1].checkpoint));
    seed_chosen("checkpoint", "row", 1, hex(feed_seen_row));
    seed_chosen("fork", "pair", 0, hex(fork_pair));
    seed_chosen("fork", "pair-signed", 1, hex(fork_pair));
    seed_chosen("fork", "leaves", 0, hex(fork_leaves));
    seed_chosen("fork", "leaves-signed", 1, hex(fork_leaves));
    size_t len = hex_bytes(feed_checkpoints[0].checkpoint, room, sizeof room);
    len += hex_bytes(feed_checkpoints[1].checkpoint, room + len, sizeof room - len);
    memset(room + len, 1, 128);
    room[len + 60] = 2;
    seed_chosen("fork", "encode", 2, bytes_of(room, len + 2 * HEADER_BYTES + 32));
}

static void seed_files(void)
{
    static uint8_t room[ROOM];
    struct extract who = {.org_id = "NL-KVK-41198677", .name = "Invented Relief"};
    uint8_t checkpoint[CHECKPOINT_SIGNED_BYTES];
    hex_bytes(feed_key, who.feed_key, KEY_BYTES);
    size_t len = proof_file_encode(&who, hex(fork_pair), room);
    seed_chosen("feed_file", "proof", 1, bytes_of(room, len));
    hex_bytes(feed_checkpoints[1].checkpoint, checkpoint, sizeof checkpoint);
    len = feed_file_head(&who, checkpoint, room);
    for (size_t i = 0; i < 2; i++) {
        uint8_t header[HEADER_BYTES], body[FEED_BODY_BYTES] = {0};
        hex_bytes(feed_entries[i].header, header, sizeof header);
        hex_bytes(feed_entries[i].body, body, sizeof body);
        struct feed_file_entry e = {header, i == 0 ? FILE_ERASED : FILE_BODY,
                                    bytes_of(body, i == 0 ? 0 : sizeof body)};
        len += feed_file_entry_encode(&e, room + len);
    }
    extract_sum(bytes_of(room, len), room + len);
    len += EXTRACT_SUM_BYTES;
    seed_chosen("feed_file", "feed", 0, bytes_of(room, len));
    seed_chosen("feed_file", "feed-good", 6, bytes_of(room, len));
}

static void seed_rosters(void)
{
    static uint8_t room[ROOM], chain[ROOM];
    static struct signed_roster s;
    s.document = hex(roster_vector_document);
    s.count = ROSTER_VECTOR_STEWARDS;
    for (size_t i = 0; i < s.count; i++) {
        uint8_t from[32], secret[64];
        hex_bytes(roster_vector_seed[i], from, sizeof from);
        crypto_sign_seed_keypair(s.signatures[i].steward, secret, from);
        hex_bytes(roster_vector_signature[i], s.signatures[i].signature, SIGNATURE_BYTES);
    }
    seed_chosen("roster", "document", 0, s.document);
    size_t len = signed_roster_encode(&s, room, sizeof room);
    seed_chosen("roster", "signed", 1, bytes_of(room, len));
    len = roster_chain_append(bytes_of(room, len), chain, sizeof chain);
    seed_chosen("roster", "chain", 2, bytes_of(chain, len));
    seed("message", "opening", hex(roster_vector_opening));
    static const uint8_t wire[] = {1, 0, 0};
    memcpy(room, wire, sizeof wire);
    memcpy(room + sizeof wire, s.document.data, s.document.len);
    seed("wire", "document", bytes_of(room, sizeof wire + s.document.len));
    static const uint8_t signs[] = {0, 0, 7, 0};
    seed("roster_chain", "renewed", bytes_of(signs, sizeof signs));
    /* two lists of the version in force, each with another name in it */
    static const uint8_t rivals[] = {2, 0, 0, 0, 0, 1, 1, 0x41, 0, 0, 7, 0,
                                     2, 0, 0, 0, 0, 1, 1, 0x42, 0, 0, 7, 0};
    seed("roster_chain", "rivals", bytes_of(rivals, sizeof rivals));
}

static void seed_people(void)
{
    char text[2048], name[32];
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n%s\n%s", vectors[i].given_name,
                 vectors[i].family_name, vectors[i].born, vectors[i].document, vectors[i].email,
                 vectors[i].phone);
        snprintf(name, sizeof name, "golden-%zu", i);
        seed_text("identifier", name, 5, text);
        snprintf(text, sizeof text, "%s %s", vectors[i].given_name, vectors[i].family_name);
        seed_text("fold", name, 200, text);
        snprintf(text, sizeof text, "%s\n%s\n%s", vectors[i].given_name, vectors[i].family_name,
                 vectors[i].born);
        seed_text("profile", name, 200, text);
    }
    for (size_t i = 0; i < sizeof name_vectors / sizeof name_vectors[0]; i++) {
        size_t next = (i + 1) % (sizeof name_vectors / sizeof name_vectors[0]);
        snprintf(text, sizeof text, "%s\n%s\n1984-03-17", name_vectors[i].name,
                 name_vectors[next].name);
        snprintf(name, sizeof name, "script-%zu", i);
        seed_text("profile", name, 200, text);
    }
    seed_text("identifier", "document", 2, "nld:Passport:ab 123.4567");
    seed_text("identifier", "email", 3, "Zo\xc3\xab@Example.ORG");
    seed_text("identifier", "phone", 4, "0031 (0)6 1234-5678");
    seed_text("identifier", "mrz", 6,
              "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B"
              "<<<<<10");
    seed_text("identifier", "mrz-card", 6,
              "I<NLDXI85935F86999999990<<<<<<7208148F1108268NLD<<<<<<<<<<<4VAN<DER<STEEN<<MARIANNE"
              "<LOUI");
    seed_text("identifier", "punycode", 8, "bcher-kva");
    seed_text("identifier", "number", 7,
              "NLD\x03"
              "123456782");
    seed_text("identifier", "number-belgium", 7,
              "BEL\x01"
              "85073003328");
    seed_text(
        "people", "two", 1,
        "ref,given_name,family_name,born,document,email,phone,expires\r\n"
        "r1,\"Zo\xc3\xab \"\"Z\"\"\",Jansen,1980-12-31,,zoe@example.org,+31612345678,2027-01-01\r\n"
        "\r\nr2,A,B,1990-02-02,NLD:passport:AB1234567,,,2027-01-01\r\n");
}

static void seed_texts(void)
{
    static const struct {
        uint8_t choice;
        const char *text;
    } texts[] = {
        {0, "2026-11-24"                 },
        {1, "2026-11-24T05:23:52Z"       },
        {2, "NL-KVK-41198677"            },
        {2, "CA_QC-NEQ-1234"             },
        {3, "tcp://post.example.org:5700"},
        {3, "tcp://[::1]:65535"          },
        {4, "nl"                         },
        {4, "UNO"                        },
        {5, roster_vector_fingerprint    },
        {6, "share-1-3-0"                },
        {6, "keyholder"                  },
        {7, "kitten sitting"             },
        {7, "999999999"                  },
    };
    char name[32];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        snprintf(name, sizeof name, "%zu", i);
        seed_text("text", name, texts[i].choice, texts[i].text);
    }
    seed_text("file", "config", 0,
              "org_id = NL-KVK-41198677\ndata_dir = data\nlisten = tcp://0.0.0.0:5700\n"
              "advertise = tcp://post.example.org:5700 # here\nrelay = NL-KVK-2\n"
              "peer = NL-KVK-1 tcp://[::1]:5700\nsocket = s.sock\nlog_level = info\n");
    seed_text("file", "registers", 3,
              "\x0e"
              "GB-CHC-1234567code\tcountry\tstatus\tname\nGB-CHC\tGB\tactive\tX\n"
              "GB-OLD\tGB\twithdrawn\tY\n");
    seed_text("file", "setup", 4, "{\"name\": \"Invented Relief\", \"country\": \"NL\"}");
    seed_text("file", "passphrase", 5, "correct horse battery\n");
    seed_text("file", "made-card", 2,
              "\x07"
              "0123456789012345678901234567890ZInvented Relief");
}

static void seed_card(void)
{
    static const char text[] = "\x01----- Forwarded -----\r\n> -----BEGIN SEINPOST CARD-----\n"
                               "> org-id: NL-KVK-41198677\n> name: Invented\n>   Relief\n"
                               "> country: nl\n> feed-key: %s\n> transport-key: %s\n"
                               "> endpoint: tcp://post.example.org:5700\n> signature: %s\n"
                               "> -----END SEINPOST CARD-----\n";
    char card[2048];
    snprintf(card, sizeof card, text, feed_key, feed_key, feed_key);
    seed("file", "card", bytes_of(card, strlen(card)));
}

static void seed_backup(void)
{
    static uint8_t room[ROOM];
    static const char *const names[] = {"seinpost.conf", "data/keys/ring", "data/keys/feed.key",
                                        "data/node.db"};
    struct pack p = pack_of(room, sizeof room);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        pack_u8(&p, 1);
        pack_u8(&p, (uint8_t)strlen(names[i]));
        pack_copy(&p, names[i], strlen(names[i]));
        pack_u64(&p, 3);
        pack_copy(&p, "abc", 3);
    }
    pack_u8(&p, 0);
    seed_chosen("backup", "items", 1, bytes_of(room, pack_len(&p)));
    seed_chosen("backup", "true", 0, bytes_of(room, 0));
    seed_chosen("backup", "changed", 2, bytes_of(room, 3));
    seed_chosen("backup", "cut", 4, bytes_of(room, 2));
}

/* Scripts of fuzz_step.c in which peers 1 and 2 hold a ceremony among themselves, and one that the
 * operator takes part in. */
static void seed_ceremony_scripts(void)
{
    enum { TICK = 13, BATCH = 3, SAY = 0xc0, BOTH = 6, ALL = 7 };
    enum { PROPOSE, JOIN, CLOSE, DEAL, VERDICT, ANSWER, CONFIRM };
#define WAIT TICK, 1, 0
#define BY(who, count) BATCH, (who)-1, who, count, 0, 4
#define CLOSED(phase) BY(1, 1), SAY, 0, CLOSE, BOTH, phase, WAIT
#define BOTH_SAY(...) BY(1, 1), SAY, 0, __VA_ARGS__, BY(2, 1), SAY, 0, __VA_ARGS__, WAIT
    static const uint8_t refresh[] = {BY(1, 2),  SAY,
                                      0,         PROPOSE,
                                      1,         BOTH,
                                      0,         SAY,
                                      0,         JOIN,
                                      WAIT,      BY(2, 1),
                                      SAY,       0,
                                      JOIN,      WAIT,
                                      CLOSED(1), BOTH_SAY(DEAL, BOTH, 0),
                                      CLOSED(2), BOTH_SAY(VERDICT, 0, 0),
                                      CLOSED(3), BOTH_SAY(CONFIRM)};
    static const uint8_t complained[] = {
        BY(1, 2),  SAY,      0,    PROPOSE, 1,         BOTH,
        0,         SAY,      0,    JOIN,    WAIT,      BY(2, 1),
        SAY,       0,        JOIN, WAIT,    CLOSED(1), BOTH_SAY(DEAL, BOTH, 0),
        CLOSED(2), BY(1, 1), SAY,  0,       VERDICT,   4,
        0,         BY(2, 2), SAY,  0,       VERDICT,   0,
        0,         SAY,      0,    ANSWER,  2,         2,
        WAIT,      CLOSED(3)};
    static const uint8_t ours[] = {255,  0,
                                   0,    ALL,
                                   0,    WAIT,
                                   255,  1,
                                   WAIT, BY(1, 1),
                                   SAY,  0,
                                   JOIN, BY(2, 1),
                                   SAY,  0,
                                   JOIN, WAIT,
                                   WAIT, BOTH_SAY(DEAL, ALL, 0),
                                   WAIT, BOTH_SAY(VERDICT, 0, 0),
                                   WAIT, BOTH_SAY(CONFIRM),
                                   WAIT};
#undef WAIT
#undef BY
#undef CLOSED
#undef BOTH_SAY
    seed("step", "ceremony", bytes_of(refresh, sizeof refresh));
    seed("step", "ceremony-answer", bytes_of(complained, sizeof complained));
    seed("step", "ceremony-ours", bytes_of(ours, sizeof ours));
}

/* Scripts of fuzz_step.c: a batch of a signal and an alert, again, and told otherwise; a question
 * to the keyholder; an envelope; a restart. */
static void seed_scripts(void)
{
    static const uint8_t batch[] = {3, 0, 1, 2, 0, 4, 0, 9, 1, 9, 3, 0, 1, 1, 0, 2, 4, 1};
    static const uint8_t fork[] = {3, 0, 1, 1, 0, 2, 0, 9, 3, 0, 1, 1,
                                   0, 2, 1, 9, 9, 0, 1, 0, 9, 1, 1, 0};
    static const uint8_t evaluate[] = {6, 0,  1,  0,  6, 0, 1, 0, 6, 0, 2,  1, 2,  19,
                                       3, 65, 66, 67, 7, 0, 2, 7, 1, 4, 13, 0, 250};
    static const uint8_t power[] = {17, 0, 22, 17, 33, 21, 13, 0, 250, 14, 0, 1, 1, 0, 0};
    static const uint8_t rosters[] = {20, 0x01, 1,   20, 0x31, 7, 20, 0x12, 4,
                                      13, 0,    200, 12, 0,    1, 1,  0,    0};
    static const uint8_t post[] = {3,  0,   1,  1,  0, 0, 6, 1, 18, 1,  7, 3,
                                   72, 105, 33, 11, 0, 4, 1, 0, 2,  13, 1, 0};
    seed("step", "batch", bytes_of(batch, sizeof batch));
    seed("step", "fork", bytes_of(fork, sizeof fork));
    seed("step", "evaluate", bytes_of(evaluate, sizeof evaluate));
    seed("step", "power", bytes_of(power, sizeof power));
    seed("step", "rosters", bytes_of(rosters, sizeof rosters));
    seed("step", "post", bytes_of(post, sizeof post));
    seed_ceremony_scripts();
}

static void seed_requests(void)
{
    static const char *const requests[] = {
        "{\"do\":\"publish\",\"skip_bad\":true,\"rows\":[{\"line\":2,\"ref\":\"r1\",\"given_name\":"
        "\"Zo\xc3\xab\",\"family_name\":\"Jansen\",\"born\":\"1980-12-31\",\"email\":"
        "\"zoe@example.org\",\"expires\":\"2027-11-01\"}]}",
        "{\"do\":\"consult\",\"purpose\":\"recruitment\",\"rows\":[{\"line\":2,\"ref\":\"a1\","
        "\"given_name\":\"Zoe\",\"family_name\":\"Jansen\",\"born\":\"1980-12-31\"}]}",
        "{\"do\":\"list\"}",
        "{\"do\":\"status\"}",
        "{\"do\":\"erase\",\"ref\":\"r1\"}",
        "{\"do\":\"retract\",\"index\":1,\"reason\":\"settled\"}",
        "{\"do\":\"amend\",\"index\":1,\"rows\":[{\"line\":0,\"ref\":\"r2\",\"email\":"
        "\"a@example.org\",\"expires\":\"2027-11-01\"}]}",
        "{\"do\":\"alert-publish\",\"partner\":\"GB-CHC-1234567\",\"kind\":\"fraud\",\"basis\":"
        "\"audit\",\"reply\":\"not-asked\",\"expires\":\"2027-11-01\",\"actions\":[{\"action\":"
        "\"policy\",\"due\":\"2027-01-01\"}]}",
        "{\"do\":\"alert-list\",\"all\":true}",
        "{\"do\":\"watch-add\",\"partner\":\"GB-CHC-1234567\"}",
        "{\"do\":\"watch-list\"}",
        "{\"do\":\"send\",\"to\":\"NL-KVK-10000000\",\"subject\":\"S\",\"text\":\"T\"}",
        "{\"do\":\"inbox\"}",
        "{\"do\":\"outbox\"}",
        "{\"do\":\"verify\"}",
        "{\"do\":\"witness\"}",
        "{\"do\":\"proofs\"}",
        "{\"do\":\"head\",\"org\":\"NL-KVK-10000000\"}",
        "{\"do\":\"feed-export\",\"org\":\"NL-KVK-10000000\",\"first\":0}",
        "{\"do\":\"roster-import\",\"chain\":\"CgA=\"}",
        "{\"do\":\"resume-alone\"}",
        "[1]",
    };
    char name[32];
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        snprintf(name, sizeof name, "%02zu", i);
        seed("control", name, bytes_of(requests[i], strlen(requests[i])));
    }
}

/* Envelopes whose plain text is wrong in one place; the last has no more wrong than its signature.
 */
static void seed_envelopes(void)
{
    enum { EXPIRES = 20544, EXPIRES_AT = 107, LENGTH_AT = 111, PADDING_AT = 190, PLAIN = 200 };
    static const struct {
        const char *name;
        uint8_t version, recipient, expires, padding, length;
    } rows[] = {
        {"version",   0, 2, 1, 0, 0 },
        {"short",     1, 2, 1, 0, 99},
        {"padding",   1, 2, 1, 1, 0 },
        {"recipient", 1, 3, 1, 0, 0 },
        {"expires",   1, 2, 0, 0, 0 },
        {"signature", 1, 2, 1, 0, 0 },
    };
    uint8_t room[PLAIN];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(room, 0, sizeof room);
        room[0] = rows[i].version;
        room[1] = room[2] = room[3] = 1; /* type, role, the first byte of the sender */
        room[35] = rows[i].recipient;
        struct pack p = pack_of(room + EXPIRES_AT, 8);
        pack_u32(&p, rows[i].expires != 0 ? EXPIRES : 0);
        pack_u32(&p, rows[i].length);
        room[PADDING_AT] = rows[i].padding;
        seed_chosen("envelope", rows[i].name, 2, bytes_of(room, sizeof room));
    }
    memset(room, 0, sizeof room);
    seed_chosen("envelope", "true", 1, bytes_of(room, 96));
    room[72] = DELIVERY_KEPT;
    seed_chosen("envelope", "receipt", 3, bytes_of(room, 80));
}

static void seed_others(void)
{
    static uint8_t room[ROOM];
    struct pack p = pack_of(room, sizeof room);
    static const char *const frames[] = {"1.0", "1", "seinpost", "127.0.0.1", "", "CURVE"};
    pack_u8(&p, 6);
    for (size_t i = 0; i < 6; i++) {
        pack_u8(&p, (uint8_t)strlen(frames[i]));
        pack_copy(&p, frames[i], strlen(frames[i]));
    }
    memset(p.at, 'B', 32);
    seed("zap", "right", bytes_of(room, pack_len(&p) + 32));
    static const uint8_t proofs[][3] = {
        {2, 5,  3 },
        {3, 9,  4 },
        {2, 70, 69},
        {3, 64, 33},
        {3, 70, 6 }
    };
    for (size_t i = 0; i < sizeof proofs / sizeof proofs[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "%zu", i);
        seed("merkle", name, bytes_of(proofs[i], 3));
    }
    static const uint8_t key[] = {0, 0xc0, 1, 2};
    for (uint8_t i = 0; i < 2; i++) {
        uint8_t which = (uint8_t)(2 + i);
        seed("key", i == 0 ? "alone" : "in-ring", bytes_of(&which, 1));
    }
    seed("key", "summed", bytes_of(key + 1, 1));
}

static void seed_ceremony_files(void)
{
    static struct roster r;
    static struct ceremony_file f;
    static uint8_t room[CEREMONY_FILE_BYTES_MAX];
    sample_ceremony_roster(&r);
    sample_ceremony_file(&r, &f);
    seed_chosen("ceremony_file", "whole", 0, bytes_of(room, ceremony_file_encode(&f, room)));
    f.close[1].count--;
    seed_chosen("ceremony_file", "again", 3, bytes_of(room, ceremony_file_encode(&f, room)));
    f.close[2].count--;
    seed_chosen("ceremony_file", "one-less", 3, bytes_of(room, ceremony_file_encode(&f, room)));
}

/* Of the tiny world, as fuzz_stat.c has it. */
static void seed_stat(void)
{
    static struct stat_world w;
    static const uint32_t values[4] = {1, 1, 1, 1};
    world_tiny(&w);
    stat_log_init(&w.log);
    seed_chosen("stat", "schema", 0, bytes_of(w.document, w.document_len));
    for (uint16_t org = 0; org < 2; org++) {
        const size_t len = world_prove(&w, org, values);
        CHECK(world_accept(&w, org, len) == OK);
    }
    const size_t len = stat_contribution_bytes(&w.schema);
    seed_chosen("stat", "contribution", 2, bytes_of(w.contribution, len));
    seed_chosen("stat", "cell", 1,
                bytes_of(w.contribution + STAT_CONTRIBUTION_HEAD_BYTES, stat_cell_bytes(1)));
    world_tally(&w, 0);
    seed_chosen("stat", "result", 4, bytes_of(w.file, w.file_len));
    CHECK(stat_tally_begin(&w.schema, &w.sums, &w.lists) == OK);
    const uint8_t fresh[32] = {1};
    CHECK(stat_tally_mix(&w.schema, w.sums_hash, 0, &w.lists, fresh, w.part) == OK);
    seed_chosen("stat", "mix", 3, bytes_of(w.part, stat_tally_mix_bytes(&w.schema)));
}

int main(int argc, char **argv)
{
    if (argc != 2 || sodium_init() < 0) {
        fprintf(stderr, "usage: seeds FOLDER\n");
        return 2;
    }
    folder = argv[1];
    mkdir(folder, 0755);
    seed_payloads();
    seed_entries();
    seed_ceremonies();
    seed_checkpoints();
    seed_files();
    seed_rosters();
    seed_people();
    seed_texts();
    seed_card();
    seed_backup();
    seed_scripts();
    seed_requests();
    seed_envelopes();
    seed_others();
    seed_ceremony_files();
    seed_stat();
    return 0;
}
