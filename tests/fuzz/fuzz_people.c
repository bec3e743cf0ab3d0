/*
 * fuzz_people.c - a file of people, as an office program or somebody with an editor made it.
 *
 * The first byte says whether the column expires is needed. Rows come in order with fields that are
 * lines of text, or with a sentence and no field at all.
 */
#include "node/people_csv.h"
#include "proto/utf8.h"
#include "tests/fuzz/disk.h"
#include "tests/fuzz/fuzz.h"

struct seen {
    size_t rows;
    unsigned line;
    size_t stop_after;
};

static bool on_row(void *ctx, const struct people_row *r)
{
    struct seen *s = ctx;
    CHECK(r->line > s->line);
    CHECK(s->rows <= s->stop_after);
    s->line = r->line;
    s->rows++;
    for (size_t i = 0; i < PEOPLE_COLUMNS; i++) {
        struct bytes field = bytes_of(r->field[i], strlen(r->field[i]));
        CHECK(r->error == NULL || field.len == 0);
        CHECK(field.len <= PEOPLE_CSV_FIELD_BYTES_MAX && utf8_is_text(field));
        for (size_t k = 0; k < field.len; k++)
            CHECK(field.data[k] >= ' ' || strchr("\t\r\n", field.data[k]) != NULL);
    }
    CHECK(r->error == NULL || utf8_is_line(bytes_of(r->error, strlen(r->error))));
    return s->rows <= s->stop_after;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    struct problem problem = {{0}};
    struct seen seen = {.stop_after = data[0] >> 1 == 0 ? SIZE_MAX : data[0] >> 1};
    const char *path = disk_write("people.csv", bytes_of(data + 1, len - 1));
    enum err e = people_csv_read(path, (data[0] & 1) != 0, on_row, &seen, &problem);
    CHECK(e == OK || seen.rows == 0);
    CHECK((e == OK) == (problem.text[0] == '\0'));
    CHECK(utf8_is_line(bytes_of(problem.text, strlen(problem.text))));
    return 0;
}
