#include "proto/err.h"

static const struct {
    const char *name;
    const char *text;
} err_rows[] = {
#define ERR_ROW(code, name, text) {name, text},
    ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};

const char *err_name(enum err e)
{
    return (unsigned)e < ERR_COUNT ? err_rows[e].name : "unknown";
}

const char *err_text(enum err e)
{
    return (unsigned)e < ERR_COUNT ? err_rows[e].text : "failed in a way that has no name";
}
