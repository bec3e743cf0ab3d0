/*
 * doctor_reach.c - the check of doctor.h that looks at how nodes without an open port are reached.
 */
#include "node/doctor.h"

#include <string.h>

#include "node/text.h"
#include "node/words.h"

static bool is_word(const json_t *o, const char *name, const char *word)
{
    return strcmp(words_text(o, name), word) == 0;
}

/* The organisation among the others, if it takes part; NULL otherwise. */
static const json_t *find_active(const json_t *status, const char *org_id)
{
    size_t i;
    const json_t *p;
    json_array_foreach(json_object_get(status, "peers"), i, p)
    {
        if (is_word(p, "org_id", org_id) && is_word(p, "status", "active"))
            return p;
    }
    return NULL;
}

static bool is_closed(const json_t *o)
{
    return is_word(o, "reach", "relays") || is_word(o, "reach", "none");
}

/* A relay that can be none; false if there is nothing wrong with it. */
static bool check_relay(struct doctor *d, const json_t *status, const char *org_id)
{
    const json_t *p = find_active(status, org_id);
    if (p != NULL && !is_closed(p))
        return false;
    if (p == NULL)
        doctor_todo(d, "reach", _("The relay %s is not an active organisation of the member list."),
                    org_id);
    else
        doctor_todo(d, "reach", _("The relay %s cannot be dialled itself."), org_id);
    doctor_step(d, _("Name another one in the line relay of %s, and start the node again."),
                d->config);
    return true;
}

/* This node, which has no open port. */
static void check_relays(struct doctor *d, const json_t *status)
{
    size_t i, up = 0;
    const json_t *relay, *relays = json_object_get(status, "relays");
    json_array_foreach(relays, i, relay)
    {
        const char *org_id = json_string_value(relay);
        if (check_relay(d, status, org_id))
            return;
        up += json_is_true(json_object_get(find_active(status, org_id), "up"));
    }
    if (json_array_size(relays) == 0) {
        doctor_todo(d, "reach",
                    _("This node has no address that others can dial, and names no "
                      "relay: members without one either get its entries late."));
        doctor_step(d,
                    _("Add one or two lines relay = ID to %s, with members that are always on, "
                      "and start the node again."),
                    d->config);
    } else if (up == 0) {
        doctor_todo(d, "reach", _("None of this node's relays is connected."));
        doctor_step(d,
                    _("Check the lines relay and peer in %s, and ask these members whether their "
                      "nodes run."),
                    d->config);
    } else {
        doctor_well(d, "reach", _("Others reach this node through relays: %zu of %zu connected."),
                    up, json_array_size(relays));
    }
}

void doctor_reach(struct doctor *d, const json_t *status)
{
    const json_t *self = json_object_get(status, "self"), *p;
    size_t i;
    if (is_closed(status) && json_array_size(json_object_get(self, "shares")) > 0) {
        doctor_todo(d, "reach",
                    _("This organisation holds a key share, and others cannot dial its "
                      "node: their questions depend on the others who hold one."));
        doctor_step(d,
                    _("Open a port, and set listen and advertise in %s; or ask the stewards to "
                      "give the share to another member."),
                    d->config);
    } else if (is_closed(status)) {
        check_relays(d, status);
    }
    json_array_foreach(json_object_get(status, "peers"), i, p)
    {
        if (is_word(p, "reach", "none") && is_word(p, "status", "active"))
            doctor_note(d, "unreachable",
                        _("%s has no address that others can dial and names no relay; ask its "
                          "operator to add a line relay to its settings."),
                        words_text(p, "name"));
    }
}
