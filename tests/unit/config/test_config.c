#include "config/config.h"
#include "proto/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

_Static_assert((int)CONFIG_ORG_ID_BYTES_MAX == (int)ORG_ID_BYTES_MAX, "as the member list has it");
_Static_assert((int)CONFIG_ENDPOINT_BYTES_MAX == (int)ENDPOINT_BYTES_MAX, "as a profile has it");

#define GOOD "org_id = NL-KVK-1\ndata_dir = data\nlisten = tcp://0.0.0.0:5700\n"
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static struct config c;
static struct config_errors errors;

static enum err parse(const char *text, size_t len)
{
    memset(&errors, 0, sizeof errors);
    return config_parse("seinpost.conf", "/etc/seinpost", text, len, &c, &errors);
}

/* Goal: one wrong line gives exactly one sentence, with file, line, key, fault and mend.
 * Method: a row is the text after three good lines, and the sentence. */
static void one_mistake_one_sentence(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"advertise = ipc://x",
         "4: advertise: 'ipc://x' is not a tcp:// address; write for example "
                                "tcp://post.example.org:5700"},
        {"advertise = tcp://post.example.org",
         "4: advertise: 'tcp://post.example.org' is not a host and a port from 1 to 65535; write "
         "for "
         "example tcp://post.example.org:5700"},
        {"advertise = tcp://0.0.0.0:5700",
         "4: advertise: 'tcp://0.0.0.0:5700' cannot be dialled; write the address at which others "
         "reach this node"},
        {"advertise = tcp://[::]:5700",
         "4: advertise: 'tcp://[::]:5700' cannot be dialled; write the address at which others "
         "reach this node"},
        {"\n# note\nlisten = tcp://1.2.3.4:1",
         "6: listen: was given in line 3 already; keep one of the two"},
        {"io_threads = 9",
         "4: io_threads: '9' is not a whole number from 1 to 8; write for example 1"},
        {"io_threads = 0",
         "4: io_threads: '0' is not a whole number from 1 to 8; write for example 1"},
        {"io_threads = 2x",
         "4: io_threads: '2x' is not a whole number from 1 to 8; write for example 1"},
        {"io_threads = 4294967297",
         "4: io_threads: '4294967297' is not a whole number from 1 to 8; write for example 1"},
        {"connections_per_source = 7",
         "4: connections_per_source: '7' is not a whole number from 8 to 1000; write for example "
         "128"},
        {"reserve_mb = 4097", "4: reserve_mb: '4097' is not a whole number from 0 to 4096; write "
                              "for example 32"},
        {"log_level = loud",
         "4: log_level: 'loud' is not one of the words: error warning info debug; "
                             "write for example info"},
        {"log_level =", "4: log_level: has no value; write for example log_level = info"},
        {"log_level = # none", "4: log_level: has no value; write for example log_level = info"},
        {"socket_group = a b", "4: socket_group: 'a b' may hold only letters, digits and . _ @ -; "
                               "write for example seinpost"},
        {"locale = ../../x",
         "4: locale: '../../x' may hold only letters, digits and . _ @ -; write "
                             "for example nl_NL.UTF-8"},
        {"locale = 0123456789012345678901234567890123",
         "4: locale: '0123456789012345678901234567890123' is 34 bytes long and may be at most 31; "
         "write for example nl_NL.UTF-8"},
        {"loglevel = info", "4: loglevel: is not a known key; did you mean log_level?"},
        {"peers = x", "4: peers: is not a known key; did you mean peer?"},
        {"passphrase = do not repeat me",
         "4: passphrase: is not a known key; did you mean passphrase_file?"},
        {"clock_offset_seconds = 1",
         "4: clock_offset_seconds: is not a known key; the keys are org_id, data_dir, listen, "
         "advertise, peer, relay, socket, socket_group, passphrase_file, log_level, io_threads, "
         "connections_per_source, reserve_mb, scrub_hours, locale, orgid_lists"},
        {"do not repeat me either",
         "4: the line is not a setting; write key = value, or # before a comment"},
        {"= 5", "4: the line is not a setting; write key = value, or # before a comment"},
        {"locale = \xff", "4: the line is not plain UTF-8 text; save the file as UTF-8 and remove "
                          "control characters"},
        {"locale = \xed\xa0\x80", "4: the line is not plain UTF-8 text; save the file as UTF-8 and "
                                  "remove control characters"},
        {"locale = \x1b[31m", "4: the line is not plain UTF-8 text; save the file as UTF-8 and "
                              "remove control characters"},
        {"peer = NL-KVK-2", "4: peer: 'NL-KVK-2' is not an organisation identifier and a tcp:// "
                            "address; write for example NL-KVK-41198677 "
                            "tcp://post.example.org:5700"},
        {"peer = NL-KVK-2 tcp://a:1 tcp://b:2",
         "4: peer: 'NL-KVK-2 tcp://a:1 tcp://b:2' is not an organisation identifier and a tcp:// "
         "address; write for example NL-KVK-41198677 tcp://post.example.org:5700"},
        {"peer = NL-KVK-2 tcp://a:1\npeer = NL-KVK-1 tcp://b:1\n",
         "5: peer: 'NL-KVK-1' is this node's own org_id; remove the line"},
        {"peer = NL-KVK-2 tcp://0.0.0.0:1",
         "4: peer: 'tcp://0.0.0.0:1' cannot be dialled; write the address at which the member is "
         "reached"},
        {"peer = NL-KVK-2 tcp://a:1\npeer=NL-KVK-2  tcp://a:1",
         "5: peer: repeats line 4; remove one of the two"},
        {"relay = tcp://a:1", "4: relay: 'tcp://a:1' is not an organisation identifier; write for "
                              "example NL-KVK-41198677"},
        {"relay = NL-KVK-1", "4: relay: 'NL-KVK-1' is this node's own org_id; remove the line"},
        {"relay = NL-KVK-2\nrelay = NL-KVK-3\nrelay = NL-KVK-2",
         "6: relay: repeats line 4; remove one of the two"},
        {"relay = AT-1\nrelay = AT-2\nrelay = AT-3\nrelay = AT-4\nrelay = AT-5",
         "8: relay: there are more than 4 of these lines; keep the nearest relays only"},
        {"socket = /" HUNDRED "/s.sock",
         "4: socket: the path is 108 bytes long and a socket's may be at most 107; write for "
         "example "
         "/run/seinpost/seinpost.sock"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[4096], want[4096];
        snprintf(text, sizeof text, "%s%s", GOOD, rows[i].text);
        snprintf(want, sizeof want, "seinpost.conf:%s", rows[i].want);
        struct config before = c;
        assert_int_equal(parse(text, strlen(text)), ERR_FORMAT);
        assert_string_equal(errors.text[0], want);
        assert_int_equal(errors.count, 1);
        assert_memory_equal(&c, &before, sizeof c);
    }
}

/* Goal: the two keys that are needed are asked for, and wrong values of theirs are named.
 * Method: a row is a whole file and all its sentences in order, one a line. */
static void needed_keys(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"",
         "seinpost.conf: org_id: is missing; add a line such as org_id = NL-KVK-41198677\n"
         "seinpost.conf: data_dir: is missing; add a line such as data_dir = /var/lib/seinpost\n"},
        {"# nothing\n\nlisten = tcp://127.0.0.1:5700\norg_id = NL-KVK-1\n",
         "seinpost.conf:4: data_dir: is missing; add a line such as data_dir = "
         "/var/lib/seinpost\n"                                                                   },
        {"org_id = NL-KVK-1\nadvertise = tcp://a:1\ndata_dir = d\nlisten = none\n",
         "seinpost.conf:2: advertise: nobody would answer there, since this node has no open port; "
         "remove the line, or add for example listen = tcp://0.0.0.0:5700\n"                     },
        {"data_dir = d\norg_id = kvk 1\nlisten = ipc://x\n",
         "seinpost.conf:2: org_id: 'kvk 1' is not an organisation identifier; write for example "
         "NL-KVK-41198677\n"
         "seinpost.conf:3: listen: 'ipc://x' is not a tcp:// address; write for example "
         "tcp://0.0.0.0:5700\n"                                                                  },
        {"data_dir = d\norg_id = NL-KVK-1\nlisten = tcp://localhost:5700\n",
         "seinpost.conf:3: listen: 'tcp://localhost:5700' is not a numeric address and a port from "
         "1 to 65535; write for example tcp://0.0.0.0:5700\n"                                    },
        {"org_id = NL-KVK-1\nlisten = tcp://127.0.0.1:5700\ndata_dir = /" HUNDRED "\n",
         "seinpost.conf:3: data_dir: the local socket in it would have a path of 115 bytes, and "
         "107 "
         "is the most; add for example socket = /run/seinpost/seinpost.sock\n"                   },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char all[4096] = "";
        assert_int_equal(parse(rows[i].text, strlen(rows[i].text)), ERR_FORMAT);
        for (size_t n = 0; n < errors.count; n++) {
            strcat(all, errors.text[n]);
            strcat(all, "\n");
        }
        assert_string_equal(all, rows[i].want);
    }
}

/* Goal: a full file is read as meant: byte order mark, CRLF, comments, lists, joined paths.
 * Method: one file with everything, every field compared; then the defaults of the shortest. */
static void a_full_file(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbf# Ministère\r\n"
                               "  org_id=NL-KVK-1   # who we are\r\n"
                               "data_dir = ../d#1\r\n"
                               "\r\n"
                               "listen = tcp://[::1]:65535\r\n"
                               "advertise = tcp://post-1.example.org:1\r\n"
                               "peer = AT-1 tcp://10.0.0.1:5700\r\n"
                               "peer = CA_AB-ABT-7\ttcp://[2001:db8::1]:5700\r\n"
                               "socket = /run/s.sock\r\n"
                               "socket_group = aid\r\n"
                               "passphrase_file = secret\r\n"
                               "log_level = debug\r\n"
                               "io_threads = 8\r\n"
                               "locale = nl_NL.UTF-8@x";
    assert_int_equal(parse(text, sizeof text - 1), OK);
    assert_int_equal(errors.count, 0);
    assert_string_equal(c.org_id, "NL-KVK-1");
    assert_string_equal(c.data_dir, "/etc/seinpost/../d#1");
    assert_string_equal(c.listen, "tcp://[::1]:65535");
    assert_string_equal(c.advertise, "tcp://post-1.example.org:1");
    assert_int_equal(c.peer_count, 2);
    assert_string_equal(c.peers[0].org_id, "AT-1");
    assert_string_equal(c.peers[0].endpoint, "tcp://10.0.0.1:5700");
    assert_string_equal(c.peers[1].org_id, "CA_AB-ABT-7");
    assert_string_equal(c.peers[1].endpoint, "tcp://[2001:db8::1]:5700");
    assert_int_equal(c.peers[1].line, 8);
    assert_string_equal(c.socket, "/run/s.sock");
    assert_string_equal(c.socket_group, "aid");
    assert_string_equal(c.passphrase_file, "/etc/seinpost/secret");
    assert_int_equal(c.log_level, CONFIG_LOG_DEBUG);
    assert_int_equal(c.io_threads, 8);
    assert_string_equal(c.locale, "nl_NL.UTF-8@x");
    assert_int_equal(c.line[CONFIG_LISTEN], 5);

    assert_int_equal(parse(GOOD, strlen(GOOD)), OK);
    assert_string_equal(c.socket, "/etc/seinpost/data/seinpost.sock");
    assert_string_equal(c.socket_group, "seinpost");
    assert_int_equal(c.log_level, CONFIG_LOG_INFO);
    assert_int_equal(c.io_threads, 1);
    assert_int_equal(c.connections_per_source, 128);
    assert_int_equal(c.reserve_mb, 32);
    assert_string_equal(c.passphrase_file, "");
    assert_string_equal(c.locale, "");
    assert_int_equal(c.line[CONFIG_SOCKET], 0);
    assert_int_equal(c.relay_count, 0);
}

/* Goal: a node without an open port, said or left out, and the relays that it names in order.
 * Method: both files, compared. */
static void no_port(void **state)
{
    (void)state;
    static const char said[] = "org_id = NL-KVK-1\ndata_dir = d\nlisten = none\n"
                               "relay = GB-CHC-2\n# the other\nrelay = AT-1\n";
    assert_int_equal(parse(said, sizeof said - 1), OK);
    assert_string_equal(c.listen, "");
    assert_int_equal(c.line[CONFIG_LISTEN], 3);
    assert_int_equal(c.relay_count, 2);
    assert_string_equal(c.relays[0].org_id, "GB-CHC-2");
    assert_string_equal(c.relays[1].org_id, "AT-1");
    assert_int_equal(c.relays[1].line, 6);

    static const char left_out[] = "org_id = NL-KVK-1\ndata_dir = d\n";
    assert_int_equal(parse(left_out, sizeof left_out - 1), OK);
    assert_string_equal(c.listen, "");
    assert_int_equal(c.line[CONFIG_LISTEN], 0);
}

/* Goal: the limits hold at their edge, and more mistakes than fit are counted.
 * Method: as many lines as allowed, then one more. */
static void limits(void **state)
{
    (void)state;
    static char text[CONFIG_FILE_BYTES_MAX];
    size_t len = (size_t)snprintf(text, sizeof text, "%s", GOOD);
    for (int i = 0; i < CONFIG_PEERS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "peer = AT-%d tcp://a:1\n", i);
    assert_int_equal(parse(text, len), OK);
    assert_int_equal(c.peer_count, CONFIG_PEERS_MAX);
    len += (size_t)snprintf(text + len, sizeof text - len, "peer = BE-1 tcp://a:1\n");
    assert_int_equal(parse(text, len), ERR_FORMAT);
    assert_string_equal(errors.text[0], "seinpost.conf:68: peer: there are more than 64 of these "
                                        "lines; keep the first contacts only");

    len = (size_t)snprintf(text, sizeof text, "%s", GOOD);
    for (int i = 0; i < CONFIG_ERRORS_MAX + 5; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "x\n");
    assert_int_equal(parse(text, len), ERR_FORMAT);
    assert_int_equal(errors.count, CONFIG_ERRORS_MAX);
    assert_int_equal(errors.unheld, 5);
    assert_string_equal(errors.text[19], "seinpost.conf:23: the line is not a setting; write "
                                         "key = value, or # before a comment");

    len = (size_t)snprintf(text, sizeof text, "%spassphrase_file = /", GOOD);
    memset(text + len, 'a', 1023);
    assert_int_equal(parse(text, len + 1022), OK);
    assert_int_equal(parse(text, len + 1023), ERR_FORMAT);
    assert_string_equal(errors.text[0], "seinpost.conf:4: passphrase_file: the path is 1024 bytes "
                                        "long and may be at most 1023; choose a shorter one");
    memset(text + len, 'a', 2100);
    assert_int_equal(parse(text, len + 2100), ERR_FORMAT);
    assert_string_equal(errors.text[0],
                        "seinpost.conf:4: the line is longer than 2047 bytes; shorten it");
    /* A long value is repeated cut between two characters. */
    len = (size_t)snprintf(text, sizeof text, "%slocale = ", GOOD);
    for (int i = 0; i < 50; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "\xc3\xa9");
    assert_int_equal(parse(text, len), ERR_FORMAT);
    assert_non_null(strstr(errors.text[0], "\xc3\xa9...' may hold"));
}

/* Goal: no cut or flipped file does anything but parse or give sentences.
 * Method: a good file cut at each byte and with each byte changed in three ways. */
static void damaged_files(void **state)
{
    (void)state;
    static const char good[] = GOOD "peer = AT-1 tcp://[::1]:5700\nlog_level = info # x\n";
    char text[sizeof good];
    for (size_t i = 0; i < sizeof good; i++) {
        enum err e = parse(good, i);
        assert_true((e == OK) == (errors.count == 0));
        assert_true(e == OK || e == ERR_FORMAT);
        for (unsigned flip = 1; i < sizeof good - 1 && flip <= 0x80; flip = flip << 3 | 4) {
            memcpy(text, good, sizeof good);
            text[i] = (char)((unsigned char)text[i] ^ (flip & 0xff));
            e = parse(text, sizeof good - 1);
            assert_true((e == OK) == (errors.count == 0));
        }
    }
}

/* Goal: a node can add its own complaint at a key's place.
 * Method: one about a key that is there, one about a key that is not. */
static void own_complaints(void **state)
{
    (void)state;
    assert_int_equal(parse(GOOD, strlen(GOOD)), OK);
    config_complain(&c, CONFIG_DATA_DIR, &errors, "cannot be entered (%s)", "why");
    config_complain(&c, CONFIG_PASSPHRASE_FILE, &errors, "is needed");
    assert_string_equal(errors.text[0], "seinpost.conf:2: data_dir: cannot be entered (why)");
    assert_string_equal(errors.text[1], "seinpost.conf:3: passphrase_file: is needed");
    assert_int_equal(config_check(&c, &errors), OK);
}

/* Goal: the example that is shipped is right, and shows every key.
 * Method: load it; then uncomment each setting and load that. */
static void the_example(void **state)
{
    (void)state;
    memset(&errors, 0, sizeof errors);
    assert_int_equal(config_load("config/seinpost.conf.example", &c, &errors), OK);
    assert_string_equal(c.org_id, "NL-KVK-41198677");
    assert_int_equal(c.peer_count, 2);

    FILE *f = fopen("config/seinpost.conf.example", "r");
    assert_non_null(f);
    char text[8192] = "", line[256];
    while (fgets(line, sizeof line, f) != NULL)
        strcat(text, line[0] == '#' && line[1] >= 'a' && line[1] <= 'z' ? line + 1 : line);
    fclose(f);
    assert_int_equal(parse(text, strlen(text)), OK);
    for (size_t i = 0; i < CONFIG_KEYS; i++)
        assert_true(c.line[i] > 0);
}

/* Goal: relative paths start at the file's folder, and a file that cannot be read says why.
 * Method: files in a fresh folder, named relatively and absolutely. */
static void loading(void **state)
{
    (void)state;
    char dir[] = "/tmp/seinpost-config-XXXXXX", path[128], want[256];
    assert_non_null(mkdtemp(dir));
    memset(&errors, 0, sizeof errors);
    snprintf(path, sizeof path, "%s/a.conf", dir);
    assert_int_equal(config_load(path, &c, &errors), ERR_NOT_FOUND);
    snprintf(
        want, sizeof want,
        "%s: cannot be opened (No such file or directory); name the settings file of this node",
        path);
    assert_string_equal(errors.text[0], want);
    assert_int_equal(config_load(dir, &c, &errors), ERR_IO);
    snprintf(want, sizeof want,
             "%s: cannot be read (Is a directory); name the settings file of this node", dir);
    assert_string_equal(errors.text[1], want);

    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(GOOD, f);
    fclose(f);
    assert_int_equal(config_load(path, &c, &errors), OK);
    snprintf(want, sizeof want, "%s/data", dir);
    assert_string_equal(c.data_dir, want);
    char cwd[1024];
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_int_equal(chdir(dir), 0);
    assert_int_equal(config_load("a.conf", &c, &errors), OK);
    assert_string_equal(c.data_dir, want);
    assert_int_equal(chdir(cwd), 0);

    f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i <= CONFIG_FILE_BYTES_MAX; i++)
        fputc('#', f);
    fclose(f);
    assert_int_equal(config_load(path, &c, &errors), ERR_LIMIT);
    snprintf(want, sizeof want,
             "%s: is larger than 65536 bytes; name the settings file of this node", path);
    assert_string_equal(errors.text[2], want);
    static char long_path[1100];
    memset(long_path, 'a', sizeof long_path - 1);
    assert_int_equal(config_load(long_path, &c, &errors), ERR_LIMIT);
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_mistake_one_sentence),
        cmocka_unit_test(needed_keys),
        cmocka_unit_test(a_full_file),
        cmocka_unit_test(no_port),
        cmocka_unit_test(limits),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(own_complaints),
        cmocka_unit_test(the_example),
        cmocka_unit_test(loading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
