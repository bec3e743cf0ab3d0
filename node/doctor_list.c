/*
 * doctor_list.c - the checks of doctor.h that read what the member list says: of itself, and of
 * this organisation.
 */
#include "node/doctor.h"

#include <string.h>

#include "node/list_json.h"
#include "node/text.h"
#include "node/words.h"
#include "protocol/calendar.h"

enum {
    BASIS_DAYS_MIN = 60, /* renewing a legal basis takes weeks */
    FRESH_DAYS_MIN = 14, /* stewards have to sign a list */
};

static int64_t time_of(const json_t *o, const char *name)
{
    return list_time_read(json_object_get(o, name));
}

static long long days_until(int64_t then, int64_t now)
{
    return (long long)((then - now) / DAY_SECONDS);
}

static void check_freshness(struct doctor *d, const json_t *roster, int64_t now)
{
    int64_t until = time_of(roster, "fresh_until");
    long long version = words_number(roster, "version");
    if (until == 0 || until >= now + (int64_t)FRESH_DAYS_MIN * DAY_SECONDS) {
        doctor_well(d, "list", _("The member list is version %lld, good until %.10s."), version,
                    words_text(roster, "fresh_until"));
        return;
    }
    if (until < now)
        doctor_todo(d, "list",
                    _("The member list has been out of date since %.10s: nothing can be "
                      "published, and no consult says \"no match\"."),
                    words_text(roster, "fresh_until"));
    else
        doctor_todo(d, "list", _("The member list must be renewed by %.10s."),
                    words_text(roster, "fresh_until"));
    doctor_step(d,
                _("Ask the stewards for a new version (they run: seinpost roster change "
                  "--fresh-days, and sign it), then: %s roster import FILE"),
                d->program);
}

/* Where a key is among those on disk, from 1 on; 0 if it is not there. */
static size_t place_of(const char *hex, char const (*list)[65], size_t count)
{
    for (size_t i = count; i > 0; i--)
        if (strcmp(hex, list[i - 1]) == 0)
            return i;
    return 0;
}

static void check_keys(struct doctor *d, const json_t *self, const struct doctor_keys *keys)
{
    if (keys->feeds == 0 || keys->transports == 0)
        return; /* not readable, which was said */
    size_t feed = place_of(words_text(self, "feed_key"), keys->feed, keys->feeds);
    size_t transport =
        place_of(words_text(self, "transport_key"), keys->transport, keys->transports);
    if (feed == keys->feeds && transport == keys->transports) {
        doctor_well(d, "own-keys", _("The member list has this node's keys."));
        return;
    }
    if (feed > 0 && transport > 0) {
        doctor_todo(d, "own-keys", _("This node has newer keys than those in the member list."));
        doctor_step(d,
                    _("Send the stewards the new card, and tell them its fingerprint by "
                      "telephone (they run: seinpost roster rekey): %s card"),
                    d->program);
        return;
    }
    doctor_todo(d, "own-keys",
                _("The member list names other keys for this organisation than "
                  "those on this disk: nobody will let this node in."));
    doctor_step(d,
                _("Put the right keys back from a backup; or send a new card to the stewards: "
                  "%s card"),
                d->program);
}

static void check_status(struct doctor *d, const json_t *self)
{
    const char *status = words_text(self, "status");
    if (strcmp(status, "active") == 0) {
        doctor_well(d, "membership", _("This organisation is in the member list as %s."),
                    words_text(self, "name"));
        return;
    }
    doctor_todo(d, "membership",
                _("The member list calls this organisation \"%s\": others refuse "
                  "its node."),
                words_status(status));
    doctor_step(d, _("Ask the stewards why, and for a new version of the member list."));
}

void doctor_basis(struct doctor *d, const json_t *self, int64_t now)
{
    if (!json_is_object(self))
        return;
    int64_t expires = time_of(self, "basis_expires");
    const char *date = words_text(self, "basis_expires");
    if (expires == 0)
        doctor_todo(d, "basis",
                    _("The member list gives no legal basis of this organisation, so "
                      "it may not publish or consult about real people."));
    else if (expires < now)
        doctor_todo(d, "basis", _("The legal basis of this organisation ended on %.10s."), date);
    else if (days_until(expires, now) < BASIS_DAYS_MIN)
        doctor_todo(d, "basis",
                    _("The legal basis of this organisation ends on %.10s, in %lld "
                      "days."),
                    date, days_until(expires, now));
    else {
        doctor_well(d, "basis", _("The legal basis of this organisation holds until %.10s."), date);
        return;
    }
    doctor_step(d, _("Send the stewards the references of the licence and the data protection "
                     "assessment and their date; they run: seinpost roster change with --org-id, "
                     "--licence, --dpia and --basis-expires"));
}

void doctor_list(struct doctor *d, const json_t *status, const struct doctor_keys *keys,
                 int64_t now_utc)
{
    const json_t *roster = json_object_get(status, "roster");
    const json_t *self = json_object_get(status, "self");
    if (!json_is_object(roster)) {
        doctor_todo(d, "list", _("This node has no member list yet."));
        doctor_step(d,
                    _("Send the card of this organisation to the stewards (%s card > "
                      "card.txt). With the member list that comes back, and its fingerprint "
                      "told by telephone: %s roster import FILE --fingerprint XXXX-..."),
                    d->program, d->program);
        return;
    }
    check_freshness(d, roster, now_utc);
    if (json_is_true(json_object_get(roster, "rival"))) {
        doctor_todo(d, "rival",
                    _("The stewards signed two member lists of this version; whoever "
                      "is suspended in either of them takes no part."));
        doctor_step(d, _("Tell the stewards; they run: seinpost roster unite"));
    }
    if (!json_is_object(self)) {
        doctor_todo(d, "membership", _("This organisation is not in the member list."));
        doctor_step(d, _("Send the card of this organisation to the stewards: %s card > card.txt"),
                    d->program);
        return;
    }
    check_status(d, self);
    check_keys(d, self, keys);
}
