#include "node/people_csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD "ref,given_name,family_name,born,document,email,phone\n"

static char path[] = "/tmp/seinpost-people-XXXXXX";
static struct problem problem;
static char told[8192]; /* every row as given: LINE|ref|given_name|...| or LINE!error */

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void content(const char *data, size_t len)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static bool tell(void *ctx, const struct people_row *r)
{
    (void)ctx;
    size_t used = strlen(told), left = sizeof told - used;
    if (r->error != NULL) {
        for (size_t i = 0; i < PEOPLE_COLUMNS; i++)
            assert_string_equal(r->field[i], "");
        assert_memory_equal(r->error, path, strlen(path));
        snprintf(told + used, left, "%u!%s\n", r->line, r->error + strlen(path));
        return true;
    }
    snprintf(told + used, left, "%u|%s|%s|%s|%s|%s|%s|%s|%s|\n", r->line, r->field[PEOPLE_REF],
             r->field[PEOPLE_GIVEN_NAME], r->field[PEOPLE_FAMILY_NAME], r->field[PEOPLE_BORN],
             r->field[PEOPLE_DOCUMENT], r->field[PEOPLE_EMAIL], r->field[PEOPLE_PHONE],
             r->field[PEOPLE_EXPIRES]);
    return true;
}

static enum err read_text(const char *data, size_t len, bool needs_expires)
{
    content(data, len);
    told[0] = problem.text[0] = '\0';
    return people_csv_read(path, needs_expires, tell, NULL, &problem);
}

/* Goal: rows come out as written, each with its own line, and a wrong row does not hurt the next.
 * Method: a row is what follows a header of seven columns, and what is told. */
static void rows_of_a_file(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"", ""},
        {"1,Noor,Bakker,1980-02-03,X1,n@x.org,+31\n",
         "2|1|Noor|Bakker|1980-02-03|X1|n@x.org|+31||\n"},
        {"1,Noor,Bakker,1980,,,", "2|1|Noor|Bakker|1980|||||\n"},
        {"1,a,b,c,d,e,f\r\n\r\n  \r\n2,a,b,c,d,e,f\r\n",
         "2|1|a|b|c|d|e|f||\n5|2|a|b|c|d|e|f||\n"},
        {"1,a,b,c,d,e,f\r2,a,b,c,d,e,f\r", "2|1|a|b|c|d|e|f||\n3|2|a|b|c|d|e|f||\n"},
        {"1,\"Bakker, \"\"N\"\"\", b ,,,,\n", "2|1|Bakker, \"N\"|b||||||\n"},
        {"1,\"two\nlines\",b,,,,\n2,a,b,,,,\n", "2|1|two\nlines|b||||||\n4|2|a|b||||||\n"},
        {"1,\xd9\x85\xd8\xad\xd9\x85\xd8\xaf,b,,,,\n",
         "2|1|\xd9\x85\xd8\xad\xd9\x85\xd8\xaf|b||||||\n"},
        {"1,a,b\n2,a,b,,,,\n",
         "2!:2: the row has 3 columns and the header has 7. Put quotation marks around a field "
         "that holds a comma.\n3|2|a|b||||||\n"},
        {"1,a,b,,,,,,x\n",
         "2!:2: the row has 9 columns and the header has 7. Put quotation marks around a field "
         "that holds a comma.\n"},
        {",,,,,,\n2,a,b,,,,\n",
         "2!:2: the row is empty. Fill it in or remove it.\n3|2|a|b||||||\n"},
        {"1,\"a,b,,,,\n2,a,b,,,,\n3,a,b,,,,",
         "2!:2: a quotation mark is out of place or not closed. Put marks around the whole field, "
         "and double a mark inside it.\n3|2|a|b||||||\n4|3|a|b||||||\n"},
        {"1,a\"b,b,,,,\n2,a,b,,,,\n",
         "2!:2: a quotation mark is out of place or not closed. Put marks around the whole field, "
         "and double a mark inside it.\n3|2|a|b||||||\n"},
        {"1,\"a\"b,b,,,,\n2,a,b,,,,\n",
         "2!:2: a quotation mark is out of place or not closed. Put marks around the whole field, "
         "and double a mark inside it.\n3|2|a|b||||||\n"},
        {"1,\xe9,b,,,,\n2,a,b,,,,\n",
         "2!:2: is not UTF-8 text. Save the file as CSV UTF-8.\n3|2|a|b||||||\n"},
        {"1,a\x1b[2J,b,,,,\n2,a,b,,,,\n",
         "2!:2: a field holds control characters. Remove them.\n3|2|a|b||||||\n"},
        {"1,a\xc2\x85,b,,,,\n", "2!:2: a field holds control characters. Remove them.\n"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[2048];
        snprintf(text, sizeof text, "%s%s", HEAD, rows[i].text);
        assert_int_equal(read_text(text, strlen(text), false), OK);
        assert_string_equal(told, rows[i].want);
    }
    static const char zero[] = HEAD "1,a\0b,c,,,,\n";
    assert_int_equal(read_text(zero, sizeof zero - 1, false), OK);
    assert_string_equal(told, "2!:2: a field holds control characters. Remove them.\n");
}

/* Goal: columns are found by name; a wrong header refuses the file with a mend, and never repeats
 * what may be a person.
 * Method: a row is a file, whether expires is needed, the code, and the sentence or what is told.
 */
static void headers(void **state)
{
    (void)state;
#define COLUMNS "ref,given_name,family_name,born,document,email,phone,expires"
    /* clang-format off */
    static const struct {
        const char *text;
        bool needs_expires;
        enum err want;
        const char *says;
    } rows[] = {
        {"\xef\xbb\xbf" "Expires,phone,email,document,born,family_name,given_name,REF\n"
         "8,7,6,5,4,3,2,1\n",
         true, OK, "2|1|2|3|4|5|6|7|8|\n"},
        {"\n \n" COLUMNS "\n1,2,3,4,5,6,7,8", true, OK, "4|1|2|3|4|5|6|7|8|\n"},
        {COLUMNS, true, OK, ""},
        {HEAD "1,2,3,4,5,6,7\n", true, ERR_FORMAT,
         ":1: the column expires is missing. Add it to the header line."},
        {"ref,given_name,family_name,document,email,phone\n", false, ERR_FORMAT,
         ":1: the column born is missing. Add it to the header line."},
        {"ref,name,family_name,born,document,email,phone\n", false, ERR_FORMAT,
         ":1: 'name' is not a known column. The columns are: " COLUMNS},
        {"ref,\"na\nme\",0123456789012345678901234567890123456\xc3\xa9\xc3\xa9\n", false,
         ERR_FORMAT, ":1: 'na?me' is not a known column. The columns are: " COLUMNS},
        {"ref,0123456789012345678901234567890123456\xc3\xa9\xc3\xa9\n", false, ERR_FORMAT,
         ":1: '0123456789012345678901234567890123456\xc3\xa9' is not a known column. The "
         "columns are: " COLUMNS},
        {"ref,given_name,ref,family_name,born,document,email,phone\n", false, ERR_FORMAT,
         ":1: the column ref is named twice. Remove one."},
        {"ref;given_name;family_name;born;document;email;phone\n", false, ERR_FORMAT,
         ":1: a ; stands between the columns. Save the file with commas."},
        {"1,Noor,Bakker,1980,,,\n", false, ERR_FORMAT,
         ":1: does not name the columns. Start the file with the line: " COLUMNS},
        {"ref,\"given_name\n", false, ERR_FORMAT,
         ":1: does not name the columns. Start the file with the line: " COLUMNS},
        {"\xff\xfer\n", false, ERR_FORMAT,
         ":1: is not UTF-8 text. Save the file as CSV UTF-8."},
        {"", false, ERR_TRUNCATED, ": is empty. Start the file with the line: " COLUMNS},
        {"\xef\xbb\xbf\r\n", false, ERR_TRUNCATED,
         ": is empty. Start the file with the line: " COLUMNS},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum err e = read_text(rows[i].text, strlen(rows[i].text), rows[i].needs_expires);
        assert_int_equal(e, rows[i].want);
        if (e == OK)
            assert_string_equal(told, rows[i].says);
        else
            assert_string_equal(problem.text + strlen(path), rows[i].says);
        if (e != OK)
            assert_string_equal(told, "");
    }
}

static bool count(void *ctx, const struct people_row *r)
{
    (void)r;
    ++*(size_t *)ctx;
    return true;
}

static bool stop_at_two(void *ctx, const struct people_row *r)
{
    (void)r;
    return ++*(size_t *)ctx < 2;
}

/* Goal: the limits of a field, a file and its rows hold at their edge, and a refused file gives no
 * row at all.
 * Method: as much as allowed, then one more. */
static void limits(void **state)
{
    (void)state;
    static char text[40000];
    char field[PEOPLE_CSV_FIELD_BYTES_MAX + 2];
    memset(field, 'a', sizeof field);
    field[PEOPLE_CSV_FIELD_BYTES_MAX] = '\0';
    snprintf(text, sizeof text, HEAD "%s,%s,%s,%s,%s,%s,%s\n2,,,,,,", field, field, field, field,
             field, field, field);
    assert_int_equal(read_text(text, strlen(text), false), OK);
    assert_int_equal(strlen(told), 2 + 7 * 1025 + 2 + strlen("3|2||||||||\n"));
    field[PEOPLE_CSV_FIELD_BYTES_MAX] = 'a';
    field[PEOPLE_CSV_FIELD_BYTES_MAX + 1] = '\0';
    snprintf(text, sizeof text, HEAD "1,%s,,,,,\n2,,,,,,", field);
    assert_int_equal(read_text(text, strlen(text), false), OK);
    assert_string_equal(told,
                        "2!:2: a field is longer than 1024 bytes. Shorten it.\n3|2||||||||\n");
    size_t len = (size_t)snprintf(text, sizeof text, HEAD);
    memset(text + len, ',', 30000);
    strcpy(text + len + 30000, "\n2,,,,,,");
    assert_int_equal(read_text(text, strlen(text), false), OK);
    assert_string_equal(told,
                        "2!:2: a field is longer than 1024 bytes. Shorten it.\n3|2||||||||\n");

    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(HEAD, f);
    for (int i = 0; i < PEOPLE_CSV_ROWS_MAX; i++)
        fputs("1,a,b,1980,,,\n", f);
    fclose(f);
    size_t rows = 0;
    assert_int_equal(people_csv_read(path, false, count, &rows, &problem), OK);
    assert_int_equal(rows, PEOPLE_CSV_ROWS_MAX);
    rows = 0;
    assert_int_equal(people_csv_read(path, false, stop_at_two, &rows, &problem), OK);
    assert_int_equal(rows, 2);
    f = fopen(path, "a");
    assert_non_null(f);
    fputs("1,a", f);
    fclose(f);
    rows = 0;
    assert_int_equal(people_csv_read(path, false, count, &rows, &problem), ERR_LIMIT);
    assert_int_equal(rows, 0);
    assert_string_equal(problem.text + strlen(path), ": has more than 100000 rows. Split it.");

    assert_int_equal(truncate(path, (off_t)PEOPLE_CSV_BYTES_MAX + 1), 0);
    assert_int_equal(people_csv_read(path, false, count, &rows, &problem), ERR_LIMIT);
    assert_string_equal(problem.text + strlen(path), ": is longer than 67108864 bytes. Split it.");
    assert_int_equal(people_csv_read("/tmp", false, count, &rows, &problem), ERR_IO);
    assert_string_equal(problem.text, "/tmp: cannot be read (Is a directory).");
    assert_int_equal(people_csv_read("/tmp/seinpost-none", false, count, &rows, &problem),
                     ERR_NOT_FOUND);
    assert_string_equal(problem.text, "/tmp/seinpost-none: cannot be opened (No such file or "
                                      "directory).");
    assert_int_equal(rows, 0);
}

/* Goal: no damaged file does anything but give rows and sentences.
 * Method: a file with every feature cut at each byte and with each byte changed in four ways. */
static void damaged_files(void **state)
{
    (void)state;
    static const char good[] = HEAD "1,\"a\n\"\"b\",\xc3\xa9 ,1980,,,\r\n\n2,a,b,,,,\n";
    static const uint8_t flips[] = {0x01, 0x04, 0x20, 0x80};
    char text[sizeof good];
    for (size_t i = 0; i < sizeof good - 1; i++) {
        assert_true(read_text(good, i, false) == OK || problem.text[0] != '\0');
        for (size_t j = 0; j < sizeof flips; j++) {
            memcpy(text, good, sizeof good);
            text[i] = (char)((uint8_t)text[i] ^ flips[j]);
            enum err e = read_text(text, sizeof good - 1, false);
            assert_true(e == OK ? told[0] != '\0' : problem.text[0] != '\0');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_a_file),
        cmocka_unit_test(headers),
        cmocka_unit_test(limits),
        cmocka_unit_test(damaged_files),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
