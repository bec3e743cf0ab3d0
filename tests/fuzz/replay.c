/*
 * replay.c - the main of a fuzz target in `make check`: its corpus once over, as one test.
 *
 *     fuzz_NAME [FILE|FOLDER]...     without arguments tests/fuzz/corpus/NAME
 *
 * Prints TAP. An input that breaks a property ends the process, after its name was printed.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

/* One file, in memory of exactly its size, so that AddressSanitizer sees a read beyond its end. */
static void replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL);
    struct stat st;
    CHECK(fstat(fileno(f), &st) == 0);
    size_t len = (size_t)st.st_size;
    uint8_t *data = malloc(len > 0 ? len : 1);
    CHECK(data != NULL && fread(data, 1, len, f) == len);
    fclose(f);
    printf("# %s\n", path);
    fflush(stdout);
    CHECK(LLVMFuzzerTestOneInput(data, len) == 0);
    free(data);
}

static size_t replay(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        printf("# %s is not there\n", path);
        return 0;
    }
    if (!S_ISDIR(st.st_mode)) {
        replay_file(path);
        return 1;
    }
    struct dirent **list;
    int found = scandir(path, &list, NULL, alphasort);
    size_t count = 0;
    CHECK(found >= 0);
    for (int i = 0; i < found; i++) {
        char name[1024];
        snprintf(name, sizeof name, "%s/%s", path, list[i]->d_name);
        if (list[i]->d_name[0] != '.')
            count += replay(name);
        free(list[i]);
    }
    free(list);
    return count;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash != NULL ? slash + 1 : argv[0];
    char corpus[512];
    size_t count = 0;
    snprintf(corpus, sizeof corpus, "tests/fuzz/corpus/%s", name + strlen("fuzz_"));
    if (LLVMFuzzerInitialize != NULL)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    if (argc == 1)
        count = replay(corpus);
    printf("%s 1 - %s: %zu inputs hold\n1..1\n", count > 0 ? "ok" : "not ok", name, count);
    return count > 0 ? 0 : 1;
}
