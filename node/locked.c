#include "node/locked.h"

#include <sodium.h>
#include <sys/mman.h>

void *locked_new(size_t bytes, bool *is_locked)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *is_locked = false;
    if (p == MAP_FAILED)
        return NULL;
    (void)!madvise(p, bytes, MADV_DONTDUMP);
    (void)!madvise(p, bytes, MADV_DONTFORK);
    /* Pages as they are used: most of it never is. */
    *is_locked = mlock2(p, bytes, MLOCK_ONFAULT) == 0;
    return p;
}

void locked_free(void *p, size_t bytes)
{
    if (p == NULL)
        return;
    sodium_memzero(p, bytes);
    munmap(p, bytes);
}
