#include "node/secret.h"

#include "node/text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

void *secret_new(size_t size)
{
    void *p = sodium_malloc(size);
    if (p == NULL) {
        fprintf(stderr, _("seinpost: there is no memory left for the keys.\n"));
        exit(EXIT_FAILURE);
    }
    sodium_memzero(p, size);
    return p;
}

void secret_free(void *p)
{
    sodium_free(p); /* wipes; NULL is allowed */
}
