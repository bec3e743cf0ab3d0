#include "node/problem.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

void problem_set(struct problem *p, const char *format, ...)
{
    if (p == NULL)
        return;
    va_list args;
    va_start(args, format);
    if (vsnprintf(p->text, sizeof p->text, format, args) < 0)
        p->text[0] = '\0';
    va_end(args);
    for (char *c = p->text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    }
}
