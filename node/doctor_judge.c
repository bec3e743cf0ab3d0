/*
 * doctor_judge.c - the checks of doctor.h that read what a running node says.
 */
#include "node/doctor.h"

#include <string.h>

#include "node/list_json.h"
#include "node/text.h"
#include "node/words.h"

enum {
    SKEW_SECONDS = 120,   /* clocks that a time service keeps differ by less than one */
    FRESH_PARTS = 4,      /* a node signs at least this many times in the policy's coverage time */
    SLACK_SECONDS = 3600, /* on top of that */
    FILES_MIN = 4096,
};

static bool is_true(const json_t *o, const char *name)
{
    return json_is_true(json_object_get(o, name));
}

static int64_t time_of(const json_t *o, const char *name)
{
    return list_time_read(json_object_get(o, name));
}

/* Names of organisations for a sentence, up to three and then the number of the rest. */
struct names {
    char text[512];
    size_t count;
};

static void names_add(struct names *n, const json_t *organisation)
{
    enum { NAMES_MAX = 3 };
    size_t used = strlen(n->text);
    const char *name = words_text(organisation, "name");
    if (n->count < NAMES_MAX)
        snprintf(n->text + used, sizeof n->text - used, "%s%s", n->count > 0 ? ", " : "",
                 name[0] != '\0' ? name : words_text(organisation, "org_id"));
    else if (n->count == NAMES_MAX)
        snprintf(n->text + used, sizeof n->text - used, " ...");
    n->count++;
}

static void check_signing(struct doctor *d, const json_t *status)
{
    const json_t *g = json_object_get(status, "signing");
    const json_t *alone = json_object_get(g, "alone");
    if (is_true(g, "twin")) {
        doctor_todo(d, "signing",
                    _("The node does not sign: another node works with its key at this moment."));
        doctor_step(d, _("Find that node (a copy of this machine, or a backup that was restored "
                         "elsewhere), stop it for good, and start this one again."));
        return;
    }
    if (is_true(alone, "now")) {
        doctor_note(d, "signing",
                    _("The node signs unconfirmed: %s (user %lld) allowed it on %s, when %lld of "
                      "%lld always-on nodes had confirmed what it wrote last."),
                    words_text(alone, "user"), words_number(alone, "uid"),
                    words_text(alone, "time"), words_number(alone, "answered"),
                    words_number(alone, "needed"));
        return;
    }
    if (is_true(g, "may_sign")) {
        doctor_well(d, "signing", _("The node may sign: others confirmed what it wrote last."));
        return;
    }
    if (is_true(g, "disputed")) {
        doctor_todo(d, "signing",
                    _("The node may not sign any more: its key signed two different histories."));
        doctor_step(d, _("Make sure that only one machine works with this key. There: seinpost "
                         "keys renew --feed, restart, and send the stewards the new card "
                         "(seinpost card) for: seinpost roster unfreeze"));
        return;
    }
    if (is_true(g, "behind")) {
        doctor_todo(d, "signing",
                    _("The node may not sign: others know more of its own entries "
                      "than it does, as after an old backup."));
        doctor_step(d, _("Leave it running; it fetches them back. Then: %s doctor"), d->program);
        return;
    }
    doctor_todo(d, "signing",
                _("The node may not sign yet: %lld of %lld always-on nodes have "
                  "confirmed what it wrote last."),
                words_number(g, "answered"), words_number(g, "needed"));
    doctor_step(d,
                _("Wait a minute and run: %s doctor. If that does not help, look at the "
                  "connections below."),
                d->program);
}

/* A store that a backup was put in place of. */
static void check_restored(struct doctor *d, const json_t *status)
{
    const json_t *r = json_object_get(status, "restored");
    if (!json_is_object(r))
        return;
    if (is_true(r, "caught_up")) {
        doctor_well(d, "restored",
                    _("The node was restored from a backup of %s, and has caught up with the "
                      "others since."),
                    words_text(r, "made"));
        return;
    }
    doctor_todo(d, "restored",
                _("The node was restored from a backup of %s, and has not taken in yet what the "
                  "others wrote and erased since. Until then it passes nothing on, and answers no "
                  "consult."),
                words_text(r, "made"));
    doctor_step(d, _("Leave it running and connected. After a minute: %s doctor"), d->program);
}

/* Whether the organisation is one whose entries count for a consult. */
static bool counts(const json_t *peer)
{
    size_t i;
    const json_t *role;
    if (strcmp(words_text(peer, "status"), "active") != 0)
        return false;
    json_array_foreach(json_object_get(peer, "roles"), i, role)
    {
        const char *name = json_string_value(role);
        if (name != NULL && strcmp(name, "member") == 0)
            return true;
    }
    return false;
}

static void check_connections(struct doctor *d, const json_t *status)
{
    size_t i, up = 0, active = 0;
    const json_t *p;
    json_array_foreach(json_object_get(status, "peers"), i, p)
    {
        bool is_active = strcmp(words_text(p, "status"), "active") == 0;
        active += is_active;
        up += is_active && is_true(p, "up");
    }
    if (active == 0) {
        doctor_note(d, "connections", _("There is no other organisation in the member list yet."));
    } else if (up > 0) {
        doctor_well(d, "connections", _("%zu of %zu other organisations are connected."), up,
                    active);
    } else {
        doctor_todo(d, "connections", _("No other organisation is connected."));
        doctor_step(d,
                    _("Check that this machine may dial out, that others can reach the address "
                      "in advertise, and the lines peer, in %s"),
                    d->config);
    }
}

static void check_heard(struct doctor *d, const json_t *status, int64_t now)
{
    long long seconds = words_number(json_object_get(status, "roster"), "coverage_seconds");
    struct names unheard = {"", 0};
    size_t i;
    const json_t *p;
    json_array_foreach(json_object_get(status, "peers"), i, p)
    {
        int64_t heard = time_of(p, "heard");
        if (counts(p) && (heard == 0 || heard + seconds < now))
            names_add(&unheard, p);
    }
    if (unheard.count == 0) {
        doctor_well(d, "heard", _("Every member was heard in the last %lld hours."),
                    seconds / 3600);
        return;
    }
    doctor_todo(d, "heard",
                _("Not heard in the last %lld hours: %s. Until then no consult says "
                  "\"no match\"."),
                seconds / 3600, unheard.text);
    doctor_step(d, _("Ask the operators of these organisations whether their nodes run: %s"),
                unheard.text);
}

static void check_keyholders(struct doctor *d, const json_t *status)
{
    long long needed = words_number(json_object_get(status, "roster"), "threshold");
    long long up = 0, usable = 0;
    struct names away = {"", 0};
    size_t i;
    const json_t *b;
    json_array_foreach(json_object_get(status, "budgets"), i, b)
    {
        up += is_true(b, "up");
        usable += is_true(b, "up") && words_number(b, "left") > 0;
        if (!is_true(b, "up"))
            names_add(&away, b);
    }
    if (needed == 0) {
        doctor_todo(d, "keyholders", _("The member list has no key for matching yet."));
        doctor_step(d, _("Key holders make one together: seinpost keys ceremony --help"));
    } else if (up < needed) {
        doctor_todo(d, "keyholders",
                    _("Key holders that can be reached: %lld; needed: %lld. Away: %s"), up, needed,
                    away.text);
        doctor_step(d, _("Ask the operators of these organisations whether their nodes run: %s"),
                    away.text);
    } else if (usable < needed) {
        doctor_todo(d, "budget",
                    _("Today's allowance of questions is used up: key holders that can still be "
                      "asked: %lld; needed: %lld."),
                    usable, needed);
        doctor_step(d, _("Wait until tomorrow (UTC). If it happens often, ask the stewards for a "
                         "larger allowance."));
    } else {
        doctor_well(d, "keyholders", _("Key holders that can be asked: %lld; needed: %lld."),
                    usable, needed);
    }
}

/* A checkpoint carries its author's time, and a node signs a few times a day at least: a peer ahead
 * of us, or connected peers that all seem long silent, mean that clocks differ. */
static void check_clock(struct doctor *d, const json_t *status, int64_t now)
{
    long long every =
        words_number(json_object_get(status, "roster"), "coverage_seconds") / FRESH_PARTS;
    size_t i, up = 0;
    int64_t newest = 0;
    struct names ahead = {"", 0};
    const json_t *p;
    json_array_foreach(json_object_get(status, "peers"), i, p)
    {
        int64_t signed_utc = time_of(p, "signed");
        if (!is_true(p, "up") || !counts(p) || signed_utc == 0)
            continue;
        up++;
        newest = signed_utc > newest ? signed_utc : newest;
        if (signed_utc > now + SKEW_SECONDS)
            names_add(&ahead, p);
    }
    if (up == 0)
        return;
    if (ahead.count > 0 && 2 * ahead.count < up) {
        doctor_note(d, "clock", _("The clock of %s is ahead of this one; tell its operator."),
                    ahead.text);
    } else if (ahead.count > 0) {
        doctor_todo(d, "clock",
                    _("The clock of this machine is behind that of %s by %lld minutes "
                      "or more."),
                    ahead.text, (long long)(newest - now) / 60);
        doctor_step(d, "timedatectl set-ntp true");
    } else if (newest + every + SLACK_SECONDS < now) {
        doctor_todo(d, "clock",
                    _("What the connected organisations signed last seems %lld hours "
                      "old: the clock of this machine is ahead."),
                    (long long)(now - newest) / 3600);
        doctor_step(d, "timedatectl set-ntp true");
    } else {
        doctor_well(d, "clock", _("The clock agrees with those of the others."));
    }
}

/* What only other software reads, or speaks. */
static void check_versions(struct doctor *d, const json_t *status)
{
    struct names newer = {"", 0}, opaque = {"", 0}, apart = {"", 0};
    size_t i;
    const json_t *p;
    json_array_foreach(json_object_get(status, "peers"), i, p)
    {
        if (json_is_object(json_object_get(p, "offers")))
            names_add(&apart, p);
        if (words_number(p, "newer") > 0)
            names_add(&newer, p);
        else if (words_number(p, "opaque") > 0)
            names_add(&opaque, p);
    }
    if (apart.count > 0) {
        doctor_todo(d, "protocol", _("No protocol version in common with: %s"), apart.text);
        doctor_step(d, _("Agree with their operators on who installs the newest version of "
                         "Seinpost first."));
    }
    if (newer.count > 0) {
        doctor_todo(d, "version",
                    _("Only a newer version of this software reads what these registered, and "
                      "until then no consult says \"no match\": %s"),
                    newer.text);
        doctor_step(d, _("Install the newest version of Seinpost and start the node again."));
    }
    if (opaque.count > 0)
        doctor_note(d, "version",
                    _("Only a newer version of this software reads some of what these sent; no "
                      "consult depends on it: %s"),
                    opaque.text);
}

/* What is wrong with the copies of other organisations' feeds. */
static void check_feeds(struct doctor *d, const json_t *status)
{
    struct names behind = {"", 0}, owing = {"", 0}, disputed = {"", 0};
    long long owed = 0;
    size_t i;
    const json_t *p;
    json_array_foreach(json_object_get(status, "peers"), i, p)
    {
        if (words_number(p, "lag") > 0)
            names_add(&behind, p);
        if (words_number(p, "owed") > 0)
            names_add(&owing, p);
        if (is_true(p, "disputed"))
            names_add(&disputed, p);
        owed += words_number(p, "owed");
    }
    if (disputed.count > 0) {
        doctor_todo(d, "disputed",
                    _("In dispute, since it signed things that contradict each "
                      "other: %s"),
                    disputed.text);
        doctor_step(d, _("Tell the stewards; only a new version of the member list resolves it."));
    }
    if (behind.count > 0) {
        doctor_todo(d, "behind", _("Not everything is here yet of: %s"), behind.text);
        doctor_step(d, _("Wait a minute and run: %s doctor"), d->program);
    }
    if (owing.count > 0) {
        doctor_todo(d, "owed", _("The content of %lld entries has not arrived, of: %s"), owed,
                    owing.text);
        doctor_step(d,
                    _("Leave the node running; it asks every organisation for them. If it "
                      "lasts, ask the operators of: %s"),
                    owing.text);
    }
    if (disputed.count + behind.count + owing.count == 0)
        doctor_well(d, "feeds", _("Everything that others published is here."));
}

static void check_own(struct doctor *d, const json_t *status)
{
    const json_t *feed = json_object_get(status, "feed");
    long long size = words_number(feed, "size"), held = words_number(feed, "held_by_all");
    if (size > held)
        doctor_note(d, "backlog",
                    _("%lld of this organisation's own entries have not reached "
                      "everyone yet; they go out by themselves."),
                    size - held);
    else
        doctor_well(d, "backlog", _("Every other organisation holds all of this one's entries."));
    if (words_number(feed, "erased_unconfirmed") > 0)
        doctor_note(d, "erasures",
                    _("%lld erasures are not confirmed by everyone yet; others "
                      "confirm once a day."),
                    words_number(feed, "erased_unconfirmed"));
}

static void check_files(struct doctor *d, const json_t *status)
{
    long long files = words_number(status, "files_max");
    if (files >= FILES_MIN) {
        doctor_well(d, "files", _("The node may have %lld connections and files open."), files);
        return;
    }
    doctor_todo(d, "files",
                _("The node may have only %lld connections and files open; strangers "
                  "could use them up."),
                files);
    doctor_step(d, _("Set LimitNOFILE=65536 in the unit of the service (or: ulimit -n 65536), and "
                     "start the node again."));
}

static void check_memory(struct doctor *d, const json_t *status)
{
    if (is_true(status, "memory_locked"))
        doctor_well(d, "memory", _("The keys of the running node cannot get into swap space."));
    else if (json_is_false(json_object_get(status, "memory_locked")))
        doctor_note(d, "memory",
                    _("The node may not lock its memory, so its keys could get into swap space: "
                      "set LimitMEMLOCK=64M in the unit of the service (or: ulimit -l 65536), and "
                      "start the node again."));
}

static void check_disk(struct doctor *d, const json_t *status)
{
    const json_t *disk = json_object_get(status, "disk");
    if (!json_is_object(disk))
        return; /* a node of an earlier version */
    if (is_true(disk, "full")) {
        doctor_todo(d, "room",
                    _("The disk is full: nothing new is registered here and nothing of others is "
                      "taken in. Of %lld MB that the node keeps back it has %lld."),
                    words_number(disk, "reserve_wanted_mb"), words_number(disk, "reserve_mb"));
        doctor_step(d,
                    _("Make room on the disk of %s, at least %lld MB; the node goes on by "
                      "itself."),
                    words_text(disk, "folder"), words_room_needed(disk));
    } else if (words_number(disk, "reserve_wanted_mb") == 0) {
        doctor_note(d, "room",
                    _("The node keeps nothing back for a full disk (reserve_mb = 0): nobody could "
                      "erase or retract then."));
    } else {
        doctor_well(d, "room", _("The node keeps %lld MB back for a full disk."),
                    words_number(disk, "reserve_mb"));
    }
}

/* What was found damaged in what is stored. */
static void check_stored(struct doctor *d, const json_t *status)
{
    const json_t *s = json_object_get(status, "scrub");
    long long lost = words_number(s, "lost"), fetching = words_number(s, "fetching");
    long long other = words_number(s, "mended") + words_number(s, "doubtful");
    if (lost > 0) {
        doctor_todo(d, "stored",
                    _("What is stored was damaged in %lld places that no other node can mend."),
                    lost);
        doctor_step(
            d,
            _("See what it is: %s scrub --list. Restore a backup that has it, or register it "
              "again; then: %s scrub --forget. And have the disk looked at."),
            d->program, d->program);
    } else if (fetching > 0) {
        doctor_note(d, "stored",
                    _("What is stored was damaged; it is being fetched from the others."));
    } else if (other > 0) {
        doctor_note(d, "stored",
                    _("Damage was found in what is stored, and put right; have the disk looked "
                      "at. See: %s scrub --list"),
                    d->program);
    } else if (json_is_object(s)) {
        doctor_well(d, "stored", _("Nothing that is stored was found damaged."));
    }
}

/* Key ceremonies that go on only once somebody does something here. */
static void check_ceremonies(struct doctor *d, const json_t *status)
{
    size_t i;
    const json_t *c;
    json_array_foreach(json_object_get(status, "ceremonies"), i, c)
    {
        const char *next = words_text(c, "next");
        char id[9];
        snprintf(id, sizeof id, "%s", words_text(c, "id"));
        if (strcmp(next, "join") == 0) {
            doctor_todo(d, "ceremony",
                        _("A key ceremony waits until this node joins; after a time the others go "
                          "on without it."));
            doctor_step(d, "%s keys join %s", d->program, id);
        } else if (strcmp(next, "result") == 0) {
            doctor_todo(d, "ceremony",
                        _("All agree on the result of a key ceremony; the stewards put it into the "
                          "member list."));
            doctor_step(d, "%s keys result %s --out FILE", d->program, id);
        } else {
            doctor_todo(d, "ceremony", _("A key ceremony has failed; the key stays as it is."));
            doctor_step(d, "%s keys abort %s", d->program, id);
        }
    }
}

/* Registrations that a new key period has left behind. */
static void check_carry(struct doctor *d, const json_t *status)
{
    const json_t *c = json_object_get(status, "carry");
    if (words_number(c, "lost") > 0) {
        doctor_todo(
            d, "carry",
            _("%lld of the own registrations were not carried over to the new key period in "
              "time and are found by nobody. Register those people again, if the reason "
              "still holds."),
            words_number(c, "lost"));
        doctor_step(d, "%s list", d->program);
    } else if (words_number(c, "left") > 0 && *words_text(c, "error") != '\0') {
        doctor_todo(d, "carry",
                    _("%lld of the own registrations are not yet carried over to the new key "
                      "period: %s"),
                    words_number(c, "left"), words_error(words_text(c, "error")));
        doctor_step(d, "%s keys carry", d->program);
    }
}

/* Allowances that were not explained: the own ones are to be mended, others are to know. */
static void check_allowances(struct doctor *d, const json_t *status)
{
    const json_t *own = json_object_get(status, "allowance"), *peer;
    struct names names = {"", 0};
    size_t i;
    if (words_number(own, "unexplained") > 0) {
        doctor_todo(
            d, "allowance",
            _("An allowance of this organisation should have been explained by %s. Until it "
              "is, none gives anything, and every member sees that."),
            words_text(own, "explain_by"));
        doctor_step(d,
                    _("Look for its number: %s allowance list. Then: %s allowance explain NUMBER "
                      "--text TEXT"),
                    d->program, d->program);
    }
    json_array_foreach(json_object_get(status, "peers"), i,
                       peer) if (words_number(json_object_get(peer, "allowance"), "unexplained") >
                                 0) names_add(&names, peer);
    if (names.count > 0)
        doctor_note(d, "allowance-of-others",
                    _("Asked for more than their budget, and did not explain it in time: %s."),
                    names.text);
}

/* Unusual asking, for the data protection officer. */
static void check_asking(struct doctor *d, const json_t *status)
{
    const json_t *alarms = json_object_get(status, "alarms");
    const json_t *days = json_object_get(alarms, "unusual");
    size_t count = json_array_size(days);
    if (count > 0)
        doctor_note(
            d, "asking",
            _("On %s unusually many people were asked about: %lld. Tell your data protection "
              "officer. See: %s audit alarms"),
            words_text(json_array_get(days, count - 1), "day"),
            words_number(json_array_get(days, count - 1), "people"), d->program);
    if (words_number(alarms, "no_vacancy") > 0)
        doctor_note(d, "no-vacancy",
                    _("In the last 28 days %lld people were asked about without naming a vacancy. "
                      "Name it: %s consult --vacancy TEXT"),
                    words_number(alarms, "no_vacancy"), d->program);
}

void doctor_node(struct doctor *d, const json_t *status, int64_t now_utc)
{
    check_files(d, status);
    check_memory(d, status);
    check_disk(d, status);
    check_stored(d, status);
    if (!json_is_object(json_object_get(status, "roster")))
        return;
    check_signing(d, status);
    check_ceremonies(d, status);
    check_restored(d, status);
    check_connections(d, status);
    doctor_reach(d, status);
    check_heard(d, status, now_utc);
    check_keyholders(d, status);
    check_clock(d, status, now_utc);
    check_feeds(d, status);
    check_versions(d, status);
    check_own(d, status);
    check_carry(d, status);
    check_allowances(d, status);
    check_asking(d, status);
}
