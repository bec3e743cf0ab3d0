#include "node/orgid_list.h"

#include <stdlib.h>
#include <string.h>

#include "node/plain_file.h"
#include "node/text.h"
#include "protocol/orgid.h"

/* Facts: codes of registers as org-id.guide has them. */
static const char *const known[] = {
    "AU-ABN", "BD-NAB", "BE-BCE_KBO", "CA-CRA_ACR", "CH-FDJP", "DE-CR",  "DK-CVR",  "ES-NIF",
    "FR-RCS", "GB-CHC", "GB-COH",     "GB-SC",      "IE-CHY",  "IN-MHA", "IT-CF",   "JO-MSD",
    "KE-NCB", "LB-MOI", "NL-KVK",     "NO-BRC",     "SE-ON",   "SS-RRC", "TR-MOI",  "UG-NGB",
    "UG-NGO", "US-EIN", "XI-GRID",    "XI-IATI",    "XI-LEI",  "XI-ROR", "XM-OCHA", "XM-DAC",
};

/* "GB-CHC" of "GB-CHC-1234567", which is of the list form. */
static struct bytes list_of(struct bytes org_id)
{
    size_t dashes = 0, len = 0;
    for (; len < org_id.len; len++) {
        dashes += org_id.data[len] == '-';
        if (dashes == 2)
            break;
    }
    return bytes_of(org_id.data, len);
}

static bool is_text(struct bytes b, const char *text)
{
    return bytes_equal(b, bytes_of(text, strlen(text)));
}

/* Takes what stands before the next of the two signs off the front. */
static struct bytes take(struct bytes *rest, char sign, char other)
{
    size_t len = 0;
    while (len < rest->len && rest->data[len] != sign && rest->data[len] != other)
        len++;
    struct bytes part = bytes_of(rest->data, len);
    bool has_sign = len < rest->len && rest->data[len] == sign;
    len += has_sign;
    *rest = bytes_of(rest->data + len, rest->len - len);
    return part;
}

static enum err look_up(struct bytes file, struct bytes list)
{
    bool has_any = false;
    while (file.len > 0) {
        struct bytes line = take(&file, '\n', '\n');
        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        struct bytes code = take(&line, '\t', '\t');
        (void)take(&line, '\t', '\t');
        struct bytes status = take(&line, '\t', '\t');
        if (code.len == 0 || is_text(code, "code"))
            continue;
        has_any = true;
        if (bytes_equal(code, list))
            return is_text(status, "withdrawn") ? ERR_STALE : OK;
    }
    return has_any ? ERR_NOT_FOUND : ERR_RANGE;
}

static enum err look_up_known(struct bytes list)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (is_text(list, known[i]))
            return OK;
    return ERR_NOT_FOUND;
}

enum err orgid_list_check(const char *path, struct bytes org_id, struct problem *problem)
{
    enum err e = orgid_check(org_id);
    if (e != OK) {
        problem_set(problem, _("That is no identifier of an organisation. Write the code of the "
                               "register and the number there, for example GB-CHC-1234567, or "
                               "XI-IATI- and the organisation's IATI identifier."));
        return e;
    }
    struct bytes list = list_of(org_id);
    if (path[0] == '\0') {
        e = look_up_known(list);
    } else {
        uint8_t *file;
        size_t len;
        e = plain_file_read(path, ORGID_LIST_BYTES_MAX, &file, &len, problem);
        if (e != OK)
            return ERR_IO;
        e = look_up(bytes_of(file, len), list);
        free(file);
    }
    if (e == ERR_NOT_FOUND)
        problem_set(problem,
                    _("There is no register %.*s. Look its code up at org-id.guide; for an "
                      "organisation that is in none, write XI-IATI- and its IATI identifier.%s"),
                    (int)list.len, (const char *)list.data,
                    path[0] == '\0' ? _(" This program knows a few registers by itself; the "
                                        "setting orgid_lists names a file with all of them.")
                                    : "");
    else if (e == ERR_STALE)
        problem_set(problem,
                    _("The register %.*s has been withdrawn. Use one that is in force, or write "
                      "XI-IATI- and the organisation's IATI identifier."),
                    (int)list.len, (const char *)list.data);
    else if (e == ERR_RANGE)
        problem_set(problem,
                    _("%s holds no register: each line needs a code, a country, a status "
                      "and a name, with tabs between them."),
                    path);
    return e;
}
