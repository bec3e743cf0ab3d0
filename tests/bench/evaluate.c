/*
 * evaluate.c - how well the match keys find a person again, on public test data, in this process.
 *
 *     evaluate people NAME FILE_A FILE_B with|without     NAME recall=R precision=P ...
 *     evaluate names NAME FILE                            NAME same=S collide=C
 *
 * FILE_A and FILE_B are CSV in the columns of FEBRL, one heading and no quotes: the people of A are
 * registered, those of B asked for, and rec-N-... of both is one person. soc_sec_id serves as a
 * document number where the last argument says so. Nothing is encrypted: two keys agree where their
 * bytes do, which is when their pseudonyms would.
 *
 * recall: of the people asked for, how many had their own registration among the matches;
 * precision: of all matches, how many were right; confirmed_: the same of confirmed ones alone;
 * tags: the most that one registration published.
 *
 * FILE of names has two columns, one name in two scripts. same: of the pairs, how many find each
 * other by the sound of both, one registered and the other asked for, half of them each way round;
 * collide: how often two different names of the first column do, taken at random.
 */
#include "proto/limits.h"
#include "protocol/answer.h"
#include "protocol/matchkey.h"
#include "protocol/skeleton.h"
#include "protocol/translit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMNS_MAX = 32, LINE_MAX_BYTES = 4096, PERSON_MATCHES_MAX = 4096 };

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "evaluate: %s: %s\n", path, what);
    exit(1);
}

static void *need(void *p)
{
    if (p == NULL)
        fail("out of memory", "-");
    return p;
}

/* ---- A table of keys ---- */

/* The keys of all registrations, found by their bytes. */
struct slot {
    struct slot *next;
    size_t owner;
    size_t len;
    uint8_t bytes[];
};

struct index {
    struct slot **slots;
    size_t mask;
};

static size_t hash_of(const uint8_t *bytes, size_t len)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        h = (h ^ bytes[i]) * 1099511628211u;
    return (size_t)h;
}

static struct index index_new(size_t expected)
{
    size_t size = 1024;
    while (size < expected * 2)
        size *= 2;
    return (struct index){need(calloc(size, sizeof(struct slot *))), size - 1};
}

static void index_add(struct index *x, const uint8_t *bytes, size_t len, size_t owner)
{
    struct slot *s = need(malloc(sizeof *s + len));
    struct slot **head = &x->slots[hash_of(bytes, len) & x->mask];
    *s = (struct slot){*head, owner, len};
    memcpy(s->bytes, bytes, len);
    *head = s;
}

static const struct slot *index_next(const struct slot *s, const uint8_t *bytes, size_t len)
{
    while (s != NULL && (s->len != len || memcmp(s->bytes, bytes, len) != 0))
        s = s->next;
    return s;
}

static const struct slot *index_find(const struct index *x, const uint8_t *bytes, size_t len)
{
    return index_next(x->slots[hash_of(bytes, len) & x->mask], bytes, len);
}

static void index_free(struct index *x)
{
    for (size_t i = 0; i <= x->mask; i++) {
        while (x->slots[i] != NULL) {
            struct slot *s = x->slots[i];
            x->slots[i] = s->next;
            free(s);
        }
    }
    free(x->slots);
}

/* ---- People ---- */

struct person {
    char *line;   /* the cells lie in it */
    char *number; /* of rec-N-... */
    char *given, *family, *born;
    char document[80]; /* AUS:social:N, or empty */
};

struct people {
    struct person *at;
    size_t count;
};

/* Cuts a line at its commas; cells lose the spaces around them. */
static size_t cut(char *line, char *cells[COLUMNS_MAX])
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *rest = line; rest != NULL && count < COLUMNS_MAX;) {
        char *cell = rest;
        rest = strchr(rest, ',');
        if (rest != NULL)
            *rest++ = '\0';
        cell += strspn(cell, " \t");
        for (size_t n = strlen(cell); n > 0 && (cell[n - 1] == ' ' || cell[n - 1] == '\t'); n--)
            cell[n - 1] = '\0';
        cells[count++] = cell;
    }
    return count;
}

static size_t column_of(char *cells[COLUMNS_MAX], size_t count, const char *name, const char *path)
{
    size_t i = 0;
    while (i < count && strcmp(cells[i], name) != 0)
        i++;
    if (i == count) {
        fprintf(stderr, "evaluate: column %s is missing\n", name);
        fail("not in the columns of FEBRL", path);
    }
    return i;
}

static struct people read_people(const char *path, bool with_document)
{
    static const char *const names[] = {"rec_id", "given_name", "surname", "date_of_birth",
                                        "soc_sec_id"};
    char line[LINE_MAX_BYTES];
    char *cells[COLUMNS_MAX];
    size_t at[5], room = 0;
    struct people p = {NULL, 0};
    FILE *f = fopen(path, "r");
    if (f == NULL || fgets(line, sizeof line, f) == NULL)
        fail("cannot be read", path);
    size_t count = cut(line, cells);
    for (size_t i = 0; i < 5; i++)
        at[i] = column_of(cells, count, names[i], path);
    while (fgets(line, sizeof line, f) != NULL) {
        if (p.count == room)
            p.at = need(realloc(p.at, (room = room * 2 + 1024) * sizeof *p.at));
        struct person *one = &p.at[p.count];
        one->line = need(strdup(line));
        size_t found = cut(one->line, cells);
        if (found < count) {
            free(one->line);
            continue;
        }
        one->number =
            strchr(cells[at[0]], '-') != NULL ? strchr(cells[at[0]], '-') + 1 : cells[at[0]];
        one->number[strcspn(one->number, "-")] = '\0';
        one->given = cells[at[1]];
        one->family = cells[at[2]];
        one->born = cells[at[3]];
        one->document[0] = '\0';
        if (with_document && cells[at[4]][0] != '\0')
            snprintf(one->document, sizeof one->document, "AUS:social:%s", cells[at[4]]);
        p.count++;
    }
    fclose(f);
    return p;
}

static void people_free(struct people *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->at[i].line);
    free(p->at);
}

static struct bytes text(const char *s)
{
    return bytes_of((const uint8_t *)s, strlen(s));
}

static struct person_fields fields_of(const struct person *p)
{
    return (struct person_fields){.given_name = text(p->given),
                                  .family_name = text(p->family),
                                  .born = text(p->born),
                                  .document = text(p->document)};
}

/* ---- Counting ---- */

struct score {
    size_t found, right, wrong;
};

/* What one registration is for the person asked for. */
struct candidate {
    size_t owner;
    unsigned weight;
    size_t last_key;
};

static size_t candidates_of(const struct index *x, const struct match_keys *asked,
                            struct candidate *out)
{
    size_t count = 0;
    for (size_t k = 0; k < asked->count; k++) {
        const struct match_key *key = &asked->key[k];
        for (const struct slot *s = index_find(x, key->bytes, key->len); s != NULL;
             s = index_next(s->next, key->bytes, key->len)) {
            size_t i = 0;
            while (i < count && out[i].owner != s->owner)
                i++;
            if (i == PERSON_MATCHES_MAX)
                continue;
            if (i == count)
                out[count++] = (struct candidate){s->owner, 0, SIZE_MAX};
            out[i].weight += out[i].last_key != k ? answer_weight(key->kind) : 0;
            out[i].last_key = k;
        }
    }
    return count;
}

static void count_one(struct score *s, bool is_match, bool is_right, bool *is_found)
{
    if (!is_match)
        return;
    s->right += is_right;
    s->wrong += !is_right;
    *is_found = *is_found || is_right;
}

static double ratio(size_t a, size_t b)
{
    return b > 0 ? (double)a / (double)b : 0;
}

/* Of no matches none is wrong. */
static double precision(const struct score *s)
{
    return s->right + s->wrong > 0 ? ratio(s->right, s->right + s->wrong) : 1;
}

static void evaluate_people(const char *name, const char *path_a, const char *path_b, bool with)
{
    static struct match_keys keys;
    static struct candidate candidates[PERSON_MATCHES_MAX];
    struct people a = read_people(path_a, with), b = read_people(path_b, with);
    struct index x = index_new(a.count * SIGNAL_TAGS_MAX);
    struct score all = {0, 0, 0}, confirmed = {0, 0, 0};
    struct field_problems problems;
    size_t tags = 0;
    clock_t began = clock();
    for (size_t i = 0; i < a.count; i++) {
        struct person_fields f = fields_of(&a.at[i]);
        match_keys_derive(&f, &keys, &problems);
        tags = keys.count > tags ? keys.count : tags;
        for (size_t k = 0; k < keys.count; k++)
            index_add(&x, keys.key[k].bytes, keys.key[k].len, i);
    }
    for (size_t i = 0; i < b.count; i++) {
        struct person_fields f = fields_of(&b.at[i]);
        bool is_found = false, is_confirmed = false;
        match_keys_ask(&f, &keys, &problems);
        size_t count = candidates_of(&x, &keys, candidates);
        for (size_t c = 0; c < count; c++) {
            enum answer answer = answer_weigh(candidates[c].weight);
            bool is_right = strcmp(a.at[candidates[c].owner].number, b.at[i].number) == 0;
            count_one(&all, answer != ANSWER_NO_MATCH, is_right, &is_found);
            count_one(&confirmed, answer == ANSWER_CONFIRMED, is_right, &is_confirmed);
        }
        all.found += is_found;
        confirmed.found += is_confirmed;
    }
    printf("%s recall=%.4f precision=%.4f confirmed_recall=%.4f confirmed_precision=%.4f tags=%zu "
           "seconds=%.1f\n",
           name, ratio(all.found, b.count), precision(&all), ratio(confirmed.found, b.count),
           precision(&confirmed), tags, (double)(clock() - began) / CLOCKS_PER_SEC);
    index_free(&x);
    people_free(&a);
    people_free(&b);
}

/* ---- Names ---- */

/* The sounds of one name, as a key holds them: registered by the first reading, asked by both. */
struct sounds {
    uint8_t bytes[2][4 * SKELETON_SOUNDS_MAX];
    size_t len[2];
    size_t count;
};

static struct sounds sounds_of(const char *name, bool is_latin)
{
    uint8_t latin[TRANSLIT_BYTES_MAX], word[TRANSLIT_BYTES_MAX];
    struct sounds s = {.count = 0};
    struct name_words words;
    size_t len = 0;
    if (translit_name(text(name), latin, sizeof latin, &len) != OK)
        return s;
    name_words_of(bytes_of(latin, len), &words);
    struct pack p = pack_of(word, sizeof word);
    for (size_t i = 0; i < words.count; i++)
        pack_bytes(&p, words.word[i]);
    for (size_t r = 0; r < (is_latin ? 2u : 1u); r++) {
        struct skeleton k;
        skeleton_sound(bytes_of(word, pack_len(&p)), r == 0 ? READING_FIRST : READING_SECOND, &k);
        struct pack out = pack_of(s.bytes[r], sizeof s.bytes[r]);
        skeleton_put(&k, 0, SKELETON_SOUNDS_MAX, &out);
        s.len[s.count] = pack_len(&out);
        if (s.count == 0 || s.len[0] != s.len[1] || memcmp(s.bytes[0], s.bytes[1], s.len[0]) != 0)
            s.count++;
    }
    return s;
}

/* Whether asking by one finds what was registered by the other. */
static bool finds(const struct sounds *asked, const struct sounds *registered)
{
    for (size_t i = 0; i < asked->count; i++)
        if (registered->count > 0 && asked->len[i] == registered->len[0] &&
            memcmp(asked->bytes[i], registered->bytes[0], asked->len[i]) == 0)
            return true;
    return false;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static double collisions(char **names, size_t count)
{
    struct index x = index_new(count);
    double hits = 0;
    size_t different = 0;
    qsort(names, count, sizeof names[0], compare_text);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            names[different++] = names[i];
    for (size_t i = 0; i < different; i++) {
        struct sounds s = sounds_of(names[i], true);
        index_add(&x, s.bytes[0], s.len[0], i);
    }
    for (size_t i = 0; i < different; i++) {
        struct sounds s = sounds_of(names[i], true);
        for (size_t r = 0; r < s.count; r++)
            for (const struct slot *at = index_find(&x, s.bytes[r], s.len[r]); at != NULL;
                 at = index_next(at->next, s.bytes[r], s.len[r]))
                hits += at->owner != i;
    }
    index_free(&x);
    return different > 1 ? hits / ((double)different * (double)(different - 1)) : 0;
}

static void evaluate_names(const char *name, const char *path)
{
    char line[LINE_MAX_BYTES];
    char **lines = NULL;
    size_t count = 0, room = 0, same = 0;
    FILE *f = fopen(path, "r");
    if (f == NULL)
        fail("cannot be read", path);
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        char *tab = strchr(line, '\t');
        if (tab == NULL)
            continue;
        *tab = '\0';
        tab[1 + strcspn(tab + 1, "\t")] = '\0';
        struct sounds latin = sounds_of(line, true), other = sounds_of(tab + 1, false);
        same += finds(&latin, &other);
        same += finds(&other, &latin);
        if (count == room)
            lines = need(realloc(lines, (room = room * 2 + 1024) * sizeof *lines));
        lines[count++] = need(strdup(line));
    }
    fclose(f);
    char **order = need(malloc((count + 1) * sizeof *order));
    for (size_t i = 0; i < count; i++)
        order[i] = lines[i];
    double collide = collisions(order, count);
    printf("%s same=%.4f collide=%.5f\n", name, ratio(same, 2 * count), collide);
    free(order);
    for (size_t i = 0; i < count; i++)
        free(lines[i]);
    free(lines);
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "people") == 0)
        evaluate_people(argv[2], argv[3], argv[4], strcmp(argv[5], "with") == 0);
    else if (argc == 4 && strcmp(argv[1], "names") == 0)
        evaluate_names(argv[2], argv[3]);
    else
        fail("people NAME FILE_A FILE_B with|without, or names NAME FILE", "use");
    return 0;
}
