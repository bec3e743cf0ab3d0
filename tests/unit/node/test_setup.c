#include "node/plain_file.h"
#include "node/ringname.h"
#include "node/setup.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/seinpost-setup-XXXXXX";
static struct problem problem;
#define PASSPHRASE BYTES_LITERAL("a passphrase for a test")

static int enter_folder(void **state)
{
    (void)state;
    umask(022);
    return sodium_init() < 0 || mkdtemp(root) == NULL ? -1 : chdir(root);
}

static int leave_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

static struct setup sample(const char *dir)
{
    return (struct setup){.org_id = "NL-KVK-41198677",
                          .name = "Invented Relief",
                          .country = "NL",
                          .dir = dir,
                          .listen = "tcp://127.0.0.1:5700",
                          .advertise = "tcp://post.example.org:5700",
                          .peers = {"NL-KVK-1 tcp://a.example.org:5700"},
                          .peer_count = 1};
}

static enum err create(const struct setup *s)
{
    problem.text[0] = '\0';
    enum err e = setup_create(s, PASSPHRASE, COST_TEST, &problem);
    assert_int_equal(problem.text[0] != '\0', e != OK);
    return e;
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static size_t count_entries(const char *path)
{
    size_t count = 0;
    DIR *d = opendir(path);
    assert_non_null(d);
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count - 2;
}

/* Goal: everything is there, can be opened with the passphrase alone, and says what was given. */
static void test_whole(void **state)
{
    (void)state;
    struct setup s = sample("whole///");
    static struct config config;
    static struct config_errors errors;
    struct setup_card card;
    struct keyring *ring;
    assert_int_equal(create(&s), OK);
    assert_int_equal(access("whole.part", F_OK), -1);
    assert_int_equal(config_load("whole/seinpost.conf", &config, &errors), OK);
    assert_string_equal(config.org_id, s.org_id);
    assert_string_equal(config.listen, s.listen);
    assert_string_equal(config.advertise, s.advertise);
    assert_int_equal(config.peer_count, 1);
    assert_string_equal(config.peers[0].org_id, "NL-KVK-1");
    assert_string_equal(config.passphrase_file, "");
    assert_int_equal(mode_of(config.data_dir), 0700);
    assert_int_equal(setup_card_read(config.data_dir, &card, &problem), OK);
    assert_string_equal(card.name, s.name);
    assert_string_equal(card.country, "NL");

    char keys[CONFIG_PATH_BYTES_MAX + 8];
    snprintf(keys, sizeof keys, "%s/keys", config.data_dir);
    assert_int_equal(keyring_open(keys, BYTES_LITERAL("another passphrase"), &ring, &problem),
                     ERR_PASSPHRASE);
    assert_int_equal(keyring_open(keys, PASSPHRASE, &ring, &problem), OK);
    uint8_t public_half[32], secret[64], computed[32], feed[32];
    struct keyfile_halves halves = {feed, 32, secret, 64};
    assert_int_equal(keyring_get(ring, RINGNAME_FEED, &halves, &problem), OK);
    assert_memory_equal(secret + 32, feed, 32);
    halves = (struct keyfile_halves){public_half, 32, secret, 32};
    assert_int_equal(keyring_get(ring, RINGNAME_TRANSPORT, &halves, &problem), OK);
    crypto_scalarmult_base(computed, secret);
    assert_memory_equal(computed, public_half, 32);
    halves = (struct keyfile_halves){NULL, 0, secret, 32};
    assert_int_equal(keyring_get(ring, RINGNAME_DESK, &halves, &problem), OK);
    assert_false(sodium_is_zero(secret, 32));
    keyring_free(&ring);
}

/* Goal: a node without an open port names its relays; one too many is said and nothing is made.
 * Method: four of them, then five. */
static void test_no_port(void **state)
{
    (void)state;
    static struct config config;
    static struct config_errors errors;
    struct setup s = sample("no-port");
    s.listen = "none";
    s.advertise = NULL;
    s.relay_count = 4;
    const char *const relays[] = {"GB-CHC-1", "GB-CHC-2", "GB-CHC-3", "GB-CHC-4", "GB-CHC-5"};
    memcpy(s.relays, relays, sizeof relays);
    assert_int_equal(create(&s), OK);
    assert_int_equal(config_load("no-port/seinpost.conf", &config, &errors), OK);
    assert_string_equal(config.listen, "");
    assert_string_equal(config.advertise, "");
    assert_int_equal(config.relay_count, 4);
    assert_string_equal(config.relays[3].org_id, "GB-CHC-4");
    s.dir = "too-many";
    s.relay_count = 5;
    assert_int_equal(create(&s), ERR_FORMAT);
    assert_non_null(strstr(problem.text, "more than 4"));
    assert_int_equal(access("too-many", F_OK), -1);
}

/* Goal: what is there is never touched, an empty folder is taken, and a failure leaves nothing.
 * Method: a folder with a file, an empty one, a file, a symbolic link to an empty folder. */
static void test_taken(void **state)
{
    (void)state;
    struct setup s = sample("taken");
    assert_int_equal(mkdir("taken", 0755), 0);
    assert_int_equal(plain_file_create("taken/mine", BYTES_LITERAL("x"), &problem), OK);
    assert_int_equal(create(&s), ERR_DUPLICATE);
    assert_int_equal(count_entries("taken"), 1);
    assert_int_equal(access("taken.part", F_OK), -1);
    s.dir = "taken/mine";
    assert_int_equal(create(&s), ERR_DUPLICATE);
    s.dir = "empty";
    assert_int_equal(mkdir("empty", 0755), 0);
    assert_int_equal(create(&s), OK);
    assert_int_equal(create(&s), ERR_DUPLICATE);
    assert_int_equal(mkdir("target", 0755), 0);
    assert_int_equal(symlink("target", "link"), 0);
    s.dir = "link";
    assert_int_equal(create(&s), ERR_DUPLICATE);
    assert_int_equal(count_entries("target"), 0);
}

/* Goal: an interrupted attempt is begun again, and nobody's files are lost.
 * Method: DIR.part as a killed attempt leaves it; one with a stranger's file; one that is in use.
 */
static void test_interrupted(void **state)
{
    (void)state;
    struct setup s = sample("again");
    assert_int_equal(create(&s), OK);
    assert_int_equal(rename("again", "again.part"), 0);
    assert_int_equal(
        plain_file_create("again.part/data/keys/ring.abc", BYTES_LITERAL("x"), &problem), OK);
    assert_int_equal(create(&s), OK);
    assert_int_equal(access("again.part", F_OK), -1);
    assert_int_equal(count_entries("again/data/keys"), 4);

    s.dir = "other";
    assert_int_equal(mkdir("other.part", 0755), 0);
    assert_int_equal(plain_file_create("other.part/letter", BYTES_LITERAL("x"), &problem), OK);
    assert_int_equal(create(&s), ERR_UNAVAILABLE);
    assert_int_equal(access("other.part/letter", F_OK), 0);

    s.dir = "busy";
    assert_int_equal(mkdir("busy.part", 0755), 0);
    int fd = open("busy.part", O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(create(&s), ERR_UNAVAILABLE);
    close(fd);
    assert_int_equal(create(&s), OK);
}

/* Goal: values that contradict each other, and places that cannot be, leave nothing behind. */
static void test_refused(void **state)
{
    (void)state;
    struct setup s = sample("refused");
    s.peers[0] = "NL-KVK-41198677 tcp://a.example.org:5700"; /* itself */
    assert_int_equal(create(&s), ERR_FORMAT);
    assert_int_equal(access("refused", F_OK), -1);
    assert_int_equal(access("refused.part", F_OK), -1);
    s = sample("none/of/these");
    assert_int_equal(create(&s), ERR_IO);
    s = sample("");
    assert_int_equal(create(&s), ERR_LIMIT);
    char path[6000];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    s = sample(path);
    assert_int_equal(create(&s), ERR_LIMIT);
}

/* Goal: a card file that people have spoiled is refused with its mend.
 * Method: one row is one content. */
static void test_card_file(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        enum err want;
    } rows[] = {
        {"{\"name\": \"A\", \"country\": \"nl\"}",          OK        },
        {"{\"name\": \"A\", \"country\": \"NL\", \"x\":1}", OK        },
        {"{\"name\": \"\", \"country\": \"NL\"}",           ERR_FORMAT},
        {"{\"name\": \"A\\nB\", \"country\": \"NL\"}",      ERR_FORMAT},
        {"{\"name\": \"A\", \"country\": \"QQ\"}",          ERR_FORMAT},
        {"{\"name\": \"A\"}",                               ERR_FORMAT},
        {"{\"name\": 5, \"country\": \"NL\"}",              ERR_FORMAT},
        {"[]",                                              ERR_FORMAT},
        {"",                                                ERR_FORMAT},
    };
    struct setup_card card;
    assert_int_equal(setup_card_read("nowhere", &card, &problem), ERR_NOT_FOUND);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes b = bytes_of(rows[i].content, strlen(rows[i].content));
        assert_int_equal(plain_file_write("card.json", b, &problem), OK);
        enum err got = setup_card_read(".", &card, &problem);
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].content, err_name(got));
    }
    static uint8_t large[5000];
    assert_int_equal(plain_file_write("card.json", bytes_of(large, sizeof large), &problem), OK);
    assert_int_equal(setup_card_read(".", &card, &problem), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),   cmocka_unit_test(test_taken),
        cmocka_unit_test(test_no_port), cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_card_file),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
