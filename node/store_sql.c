/* The tables, by schema version, and every statement that works on them. Small columns stand
 * before blobs, so that reading them never walks a chain of overflow pages. */
#include "node/store_internal.h"

/* clang-format off */
const char *const store_schema_sql =
    "CREATE TABLE feed(number INTEGER PRIMARY KEY, author BLOB NOT NULL UNIQUE, feed_epoch INTEGER,"
    " size INTEGER, heard INTEGER, owed INTEGER, refused INTEGER, profile INTEGER,"
    " disputed INTEGER, frontier BLOB, held BLOB, seen BLOB, proof BLOB);"
    "CREATE TABLE entry(id INTEGER PRIMARY KEY, state INTEGER, type INTEGER, reason INTEGER,"
    " header BLOB, body BLOB);"
    "CREATE TABLE tag(prefix INTEGER, entry INTEGER, PRIMARY KEY(prefix, entry)) WITHOUT ROWID;"
    "CREATE TABLE expiring(day INTEGER, entry INTEGER, PRIMARY KEY(day, entry)) WITHOUT ROWID;"
    "CREATE TABLE owed(entry INTEGER PRIMARY KEY);"
    "CREATE TABLE tile(feed INTEGER, tile INTEGER, position INTEGER, root BLOB,"
    " PRIMARY KEY(feed, tile, position)) WITHOUT ROWID;"
    "CREATE TABLE roster(version INTEGER PRIMARY KEY, hash BLOB, signed BLOB);"
    "CREATE TABLE budget(member BLOB PRIMARY KEY, day INTEGER, used INTEGER) WITHOUT ROWID;"
    "CREATE TABLE request(member BLOB, request BLOB, day INTEGER, points INTEGER, points_hash BLOB,"
    " purpose BLOB, PRIMARY KEY(member, request)) WITHOUT ROWID;"
    "CREATE TABLE receipt(own INTEGER, peer BLOB, PRIMARY KEY(own, peer)) WITHOUT ROWID;"
    "CREATE TABLE receipt_due(entry INTEGER PRIMARY KEY);"
    "CREATE TABLE seen(hash BLOB PRIMARY KEY, day INTEGER, rows BLOB);"
    "CREATE TABLE mark(mark INTEGER PRIMARY KEY, value INTEGER);"
    "CREATE TABLE desk(own INTEGER PRIMARY KEY, sealed BLOB);"
    "CREATE TABLE purpose(request BLOB PRIMARY KEY, day INTEGER, sealed BLOB);";

const char *const store_schema_2_sql =
    "CREATE TABLE opaque(entry INTEGER PRIMARY KEY);"
    "INSERT INTO opaque SELECT id FROM entry WHERE state=3;"
    "UPDATE entry SET state=8 WHERE state=3 AND type IN (1,3,4,5,12);" /* STATE_OPAQUE, _NEWER */
    "ALTER TABLE feed ADD COLUMN opaque INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE feed ADD COLUMN newer INTEGER NOT NULL DEFAULT 0;"
    "UPDATE feed SET opaque=(SELECT count(*) FROM entry WHERE state IN (3,8) AND id>>40=number),"
    " newer=(SELECT count(*) FROM entry WHERE state=8 AND id>>40=number);"
    "CREATE TABLE roster_rival(hash BLOB PRIMARY KEY, version INTEGER, signed BLOB);"
    "CREATE TABLE witness(author BLOB, feed_epoch INTEGER, seq INTEGER, day INTEGER, signed BLOB,"
    " PRIMARY KEY(author, feed_epoch, seq)) WITHOUT ROWID;"
    "CREATE INDEX witness_day ON witness(day);"
    "CREATE TABLE peer_seen(author BLOB PRIMARY KEY, hash BLOB, day INTEGER, rows BLOB);"
    "CREATE TABLE correction(entry INTEGER PRIMARY KEY, retracted INTEGER, erased INTEGER);"
    "CREATE TABLE alert(entry INTEGER PRIMARY KEY);"
    "CREATE TABLE version(own INTEGER PRIMARY KEY, original INTEGER, became INTEGER);"
    "CREATE TABLE watch(id INTEGER PRIMARY KEY, sealed BLOB);"
    "CREATE TABLE fork(author BLOB, feed_epoch INTEGER, feed_key BLOB, proof BLOB,"
    " PRIMARY KEY(author, feed_epoch)) WITHOUT ROWID;"
    "CREATE TABLE prekey(week INTEGER PRIMARY KEY, sealed BLOB);"
    "CREATE TABLE parcel(entry INTEGER PRIMARY KEY, expires INTEGER, state INTEGER, addressee BLOB,"
    " receipt BLOB);"
    "CREATE TABLE inbox(number INTEGER PRIMARY KEY, expires INTEGER, sender BLOB,"
    " id BLOB, sealed BLOB, UNIQUE(sender, id));"
    "CREATE TABLE outbox(own INTEGER PRIMARY KEY, expires INTEGER, sealed BLOB);";

/* From this version on the pages of the file have checksums, too (store_layer.h). */
const char *const store_schema_3_sql =
    "CREATE TABLE hole(first INTEGER PRIMARY KEY, past INTEGER);"
    "CREATE TABLE finding(number INTEGER PRIMARY KEY, utc INTEGER, what INTEGER, fate INTEGER,"
    " place TEXT, first INTEGER, count INTEGER);";

/* share: shares of threshold keys that came out of ceremonies; factored: how much of the factor of a
 * key period a member has used; ceremony: what this node must remember of a ceremony that it takes
 * part in; ceremony_entry: where entries of that type are; retag: which entry a retag is for. */
const char *const store_schema_4_sql =
    "CREATE TABLE retag(entry INTEGER PRIMARY KEY, target INTEGER);"
    "CREATE INDEX retag_target ON retag(target, entry);"
    "CREATE TABLE ceremony(id BLOB PRIMARY KEY, sealed BLOB);"
    "CREATE TABLE ceremony_entry(entry INTEGER PRIMARY KEY);"
    "CREATE TABLE share(id BLOB PRIMARY KEY, sealed BLOB);"
    "CREATE TABLE factored(member BLOB, epoch INTEGER, used INTEGER, PRIMARY KEY(member, epoch))"
    " WITHOUT ROWID;"
    /* surge: what a keyholder charged under allowances; account: totals of months whose requests
     * were dropped; allowance: own ones, sealed; asked: people a day. */
    "CREATE INDEX entry_notice ON entry(type) WHERE type=10;"
    "CREATE TABLE surge(member BLOB, notice INTEGER, day INTEGER, used INTEGER,"
    " PRIMARY KEY(member, notice, day)) WITHOUT ROWID;"
    "CREATE TABLE account(member BLOB, month INTEGER, requests INTEGER, elements INTEGER,"
    " surge INTEGER, PRIMARY KEY(member, month)) WITHOUT ROWID;"
    "CREATE TABLE allowance(number INTEGER PRIMARY KEY, sealed BLOB);"
    "CREATE TABLE asked(day INTEGER PRIMARY KEY, people INTEGER, no_vacancy INTEGER);";

#define TWO "(?,?)"
#define SIX "(?,?,?,?,?,?)"
#define R8(r) r "," r "," r "," r "," r "," r "," r "," r
#define ROWS(r) R8(r) "," R8(r) "," R8(r) "," R8(r)

const char *const store_sql[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_FEED_NEW] = "INSERT INTO feed VALUES(?,?,0,0,0,0,0,0,0,NULL,NULL,NULL,NULL,0,0)",
    [SQL_FEED_SET] = "UPDATE feed SET feed_epoch=?2, size=?3, heard=?4, owed=?5, refused=?6, profile=?7,"
                 " disputed=?8, frontier=?9, held=?10, seen=?11, proof=?12, opaque=?13, newer=?14 WHERE number=?1",
    [SQL_FEED_LIST] = "SELECT number, author, feed_epoch, size, heard, owed, refused, profile, disputed,"
                  " frontier, held, seen, proof, opaque, newer FROM feed ORDER BY number",
    [SQL_ENTRY_NEW] = "INSERT INTO entry VALUES" SIX,
    [SQL_ENTRY_NEW_ROWS] = "INSERT INTO entry VALUES" ROWS(SIX),
    [SQL_ENTRY_BODY] = "UPDATE entry SET state=?2, type=?3, reason=?4, body=?5"
                   " WHERE id=?1 AND (body IS NULL OR state IN (3,8))",
    [SQL_ENTRY_GONE] = "UPDATE entry SET state=?2, type=0, reason=0, body=NULL WHERE id=?1",
    [SQL_ENTRY_ONE] = "SELECT state, header, body FROM entry WHERE id=?1",
    [SQL_ENTRY_RANGE] = "SELECT id, state, header, body FROM entry WHERE id>=?1 AND id<?2 ORDER BY id",
    [SQL_ENTRY_STATE] = "SELECT state FROM entry WHERE id=?1",
    [SQL_TAG_NEW] = "INSERT OR IGNORE INTO tag VALUES" TWO,
    [SQL_TAG_NEW_ROWS] = "INSERT OR IGNORE INTO tag VALUES" ROWS(TWO),
    [SQL_TAG_DROP] = "DELETE FROM tag WHERE prefix=?1 AND entry=?2",
    [SQL_TAG_FIND] = "SELECT e.id, e.state, e.header, e.body FROM tag t CROSS JOIN entry e ON e.id=t.entry"
                 " WHERE t.prefix=?1 AND t.entry>=?2 AND t.entry<=?3 ORDER BY t.entry",
    [SQL_TAG_COUNT] = "SELECT count(*) FROM tag",
    [SQL_TAG_LIST] = "SELECT prefix FROM tag",
    [SQL_EXPIRING_NEW] = "INSERT OR IGNORE INTO expiring VALUES" TWO,
    [SQL_EXPIRING_NEW_ROWS] = "INSERT OR IGNORE INTO expiring VALUES" ROWS(TWO),
    [SQL_EXPIRING_DROP] = "DELETE FROM expiring WHERE day=?1 AND entry=?2",
    [SQL_EXPIRING_LIST] = "SELECT entry FROM expiring WHERE day<?1 ORDER BY day, entry LIMIT ?2",
    /* min() of a missing one is missing: then whichever is there. */
    [SQL_CORRECTION_SET] = "INSERT INTO correction VALUES(?1,?2,?3) ON CONFLICT(entry) DO UPDATE SET"
                       " retracted=coalesce(min(retracted,?2), retracted, ?2),"
                       " erased=coalesce(min(erased,?3), erased, ?3)",
    [SQL_CORRECTION_ONE] = "SELECT retracted, erased FROM correction WHERE entry=?1",
    [SQL_CORRECTION_LIST] = "SELECT entry, retracted, erased FROM correction"
                        " WHERE entry>=?1 AND entry<?2 ORDER BY entry",
    [SQL_ALERT_NEW] = "INSERT OR IGNORE INTO alert VALUES(?)",
    [SQL_ALERT_DROP] = "DELETE FROM alert WHERE entry=?",
    [SQL_CEREMONY_ENTRY_NEW] = "INSERT OR IGNORE INTO ceremony_entry VALUES(?)",
    [SQL_CEREMONY_ENTRY_DROP] = "DELETE FROM ceremony_entry WHERE entry=?",
    [SQL_CEREMONY_ENTRY_LIST] = "SELECT e.id, e.state, e.header, e.body FROM ceremony_entry c"
                            " CROSS JOIN entry e ON e.id=c.entry ORDER BY c.entry",
    [SQL_RETAG_NEW] = "INSERT OR IGNORE INTO retag VALUES(?1,?2)",
    [SQL_RETAG_DROP] = "DELETE FROM retag WHERE entry=?",
    [SQL_RETAG_LIST] = "SELECT e.id, e.state, e.body FROM retag r CROSS JOIN entry e ON e.id=r.entry"
                   " WHERE r.target=?1 AND r.entry>?2 ORDER BY r.entry",
    [SQL_ALERT_LIST] = "SELECT e.id, e.header, e.body FROM alert a CROSS JOIN entry e ON e.id=a.entry"
                   " ORDER BY a.entry",
    [SQL_VERSION_NEW] = "INSERT OR REPLACE INTO version VALUES(?,?,?)",
    [SQL_VERSION_ONE] = "SELECT original, became FROM version WHERE own=?1",
    [SQL_VERSION_CUT] = "DELETE FROM version WHERE own>=?1",
    [SQL_WATCH_NEW] = "INSERT OR REPLACE INTO watch VALUES(?,?)",
    [SQL_WATCH_DROP] = "DELETE FROM watch WHERE id=?",
    [SQL_WATCH_LIST] = "SELECT id, sealed FROM watch ORDER BY id",
    [SQL_OWED_NEW] = "INSERT INTO owed VALUES(?)",
    [SQL_OWED_DROP] = "DELETE FROM owed WHERE entry=?",
    [SQL_OWED_LIST] = "SELECT entry FROM owed WHERE entry>=?1 AND entry<?2 ORDER BY entry LIMIT ?3",
    [SQL_OPAQUE_NEW] = "INSERT OR IGNORE INTO opaque VALUES(?)",
    [SQL_OPAQUE_DROP] = "DELETE FROM opaque WHERE entry=?",
    [SQL_OPAQUE_LIST] = "SELECT entry FROM opaque WHERE entry>=?1 AND entry<?2 ORDER BY entry LIMIT ?3",
    [SQL_TILE_NEW] = "INSERT OR REPLACE INTO tile VALUES(?,?,?,?)",
    [SQL_TILE_ONE] = "SELECT root FROM tile WHERE feed=?1 AND tile=?2 AND position=?3",
    [SQL_ROSTER_SET] = "INSERT OR REPLACE INTO roster VALUES(?,?,?)",
    [SQL_ROSTER_ONE] = "SELECT signed FROM roster WHERE version=?1",
    [SQL_ROSTER_LIST] = "SELECT version, hash, signed FROM roster WHERE version>=?1 ORDER BY version",
    [SQL_RIVAL_SET] = "INSERT OR REPLACE INTO roster_rival VALUES(?,?,?)",
    [SQL_RIVAL_ONE] = "SELECT signed FROM roster_rival WHERE hash=?1",
    [SQL_RIVAL_LIST] = "SELECT signed FROM roster_rival WHERE version=?1",
    [SQL_CUT_ENTRIES] = "DELETE FROM entry WHERE id>=?1 AND id<?2",
    [SQL_CUT_TAGS] = "DELETE FROM tag WHERE entry>=?1 AND entry<?2",
    [SQL_CUT_EXPIRING] = "DELETE FROM expiring WHERE entry>=?1 AND entry<?2",
    [SQL_CUT_OWED] = "DELETE FROM owed WHERE entry>=?1 AND entry<?2",
    [SQL_CUT_OPAQUE] = "DELETE FROM opaque WHERE entry>=?1 AND entry<?2",
    [SQL_CUT_DUE] = "DELETE FROM receipt_due WHERE entry>=?1 AND entry<?2",
    [SQL_CUT_ALERTS] = "DELETE FROM alert WHERE entry>=?1 AND entry<?2",
    [SQL_CUT_CEREMONY_ENTRIES] = "DELETE FROM ceremony_entry WHERE entry>=?1 AND entry<?2",
    [SQL_CUT_RETAGS] = "DELETE FROM retag WHERE entry>=?1 AND entry<?2",
    [SQL_CUT_CORRECTIONS] = "DELETE FROM correction WHERE entry>=?1 AND entry<?2",
    /* The first is remembered: where that is cut off, so is every later one. */
    [SQL_CUT_TAKEN_BACK] = "UPDATE correction SET retracted=iif(retracted>=?2, NULL, retracted),"
                       " erased=iif(erased>=?2, NULL, erased) WHERE entry>>40=?1",
    [SQL_CUT_TILES] = "DELETE FROM tile WHERE feed=?1 AND (position+1)<<(8*(tile+1))>?2",
    [SQL_BUDGET_SET] = "INSERT INTO budget VALUES(?1,?2,?3) ON CONFLICT(member) DO UPDATE SET day=?2,"
                   " used=iif(day=?2, max(used,?3), ?3) WHERE day<=?2",
    [SQL_BUDGET_DAY] = "SELECT ifnull(max(day),0) FROM budget",
    [SQL_BUDGET_LIST] = "SELECT member, used FROM budget WHERE day=?1",
    [SQL_REQUEST_NEW] = "INSERT OR IGNORE INTO request VALUES" SIX,
    [SQL_REQUEST_ONE] = "SELECT points_hash FROM request WHERE member=?1 AND request=?2",
    [SQL_RECEIPT_NEW] = "INSERT OR IGNORE INTO receipt VALUES" TWO,
    [SQL_RECEIPT_COUNT] = "SELECT count(*) FROM receipt WHERE own=?1",
    [SQL_RECEIPT_LIST] = "SELECT own, peer FROM receipt WHERE own>=?1 ORDER BY own, peer",
    [SQL_DUE_NEW] = "INSERT OR IGNORE INTO receipt_due VALUES(?)",
    [SQL_DUE_DROP] = "DELETE FROM receipt_due WHERE entry=?",
    [SQL_DUE_LIST] = "SELECT entry FROM receipt_due ORDER BY entry LIMIT ?1",
    [SQL_SEEN_SET] = "INSERT OR REPLACE INTO seen VALUES(?,?,?)",
    [SQL_SEEN_DROP] = "DELETE FROM seen WHERE day<?1",
    [SQL_SEEN_ONE] = "SELECT rows FROM seen WHERE hash=?1",
    [SQL_WITNESS_NEW] = "INSERT OR IGNORE INTO witness VALUES(?,?,?,?,?)",
    [SQL_WITNESS_DROP] = "DELETE FROM witness WHERE day<?1",
    [SQL_WITNESS_ONE] = "SELECT signed FROM witness WHERE author=?1 AND feed_epoch=?2 AND seq=?3",
    [SQL_WITNESS_LIST] = "SELECT signed, day FROM witness ORDER BY author, feed_epoch, seq",
    [SQL_WITNESS_OF] = "SELECT signed, day FROM witness WHERE author=?1 ORDER BY feed_epoch, seq",
    [SQL_PEER_SEEN_SET] = "INSERT OR REPLACE INTO peer_seen VALUES(?,?,?,?)",
    [SQL_PEER_SEEN_ONE] = "SELECT rows FROM peer_seen WHERE author=?1",
    [SQL_CUT_PARCELS] = "DELETE FROM parcel WHERE entry>=?1 AND entry<?2",
    [SQL_PREKEY_SET] = "INSERT OR REPLACE INTO prekey VALUES(?,?)",
    [SQL_PREKEY_DROP] = "DELETE FROM prekey WHERE week=?",
    [SQL_PREKEY_LIST] = "SELECT week, sealed FROM prekey ORDER BY week",
    [SQL_FACTORED_SET] = "INSERT INTO factored VALUES(?1,?2,?3) ON CONFLICT(member, epoch)"
                     " DO UPDATE SET used=max(used,?3)",
    [SQL_FACTORED_ONE] = "SELECT used FROM factored WHERE member=?1 AND epoch=?2",
    [SQL_SIGNAL_COUNT] = "SELECT count(*) FROM entry WHERE id>=?1 AND id<?2 AND state=1 AND type IN (1,3)",
    [SQL_SHARE_SET] = "INSERT OR REPLACE INTO share VALUES(?,?)",
    [SQL_SHARE_DROP] = "DELETE FROM share WHERE id=?",
    [SQL_SHARE_LIST] = "SELECT id, sealed FROM share ORDER BY id",
    [SQL_CEREMONY_SET] = "INSERT OR REPLACE INTO ceremony VALUES(?,?)",
    [SQL_CEREMONY_DROP] = "DELETE FROM ceremony WHERE id=?",
    [SQL_CEREMONY_LIST] = "SELECT id, sealed FROM ceremony ORDER BY id",
    [SQL_PARCEL_SET] = "INSERT OR REPLACE INTO parcel VALUES(?,?,?,?,?)",
    [SQL_PARCEL_ONE] = "SELECT expires, state, addressee, receipt FROM parcel WHERE entry=?1",
    [SQL_PARCEL_LIST] = "SELECT entry, expires, state, addressee, receipt FROM parcel ORDER BY entry",
    [SQL_PARCEL_PAST] = "DELETE FROM parcel WHERE expires<?1",
    [SQL_INBOX_NEW] = "INSERT INTO inbox(expires, sender, id, sealed) VALUES(?,?,?,?)",
    [SQL_INBOX_KNOWN] = "SELECT 1 FROM inbox WHERE sender=?1 AND id=?2",
    [SQL_INBOX_LIST] = "SELECT number, id, sealed FROM inbox WHERE number>=?1 AND sealed IS NOT NULL"
                   " ORDER BY number",
    [SQL_INBOX_COUNT] = "SELECT count(*) FROM inbox WHERE sealed IS NOT NULL",
    [SQL_INBOX_DROP] = "UPDATE inbox SET sealed=NULL WHERE number=?1 AND sealed IS NOT NULL",
    [SQL_INBOX_PAST] = "DELETE FROM inbox WHERE expires<?1",
    [SQL_OUTBOX_SET] = "INSERT OR REPLACE INTO outbox VALUES(?,?,?)",
    [SQL_OUTBOX_LIST] = "SELECT own, sealed FROM outbox ORDER BY own",
    [SQL_OUTBOX_CUT] = "DELETE FROM outbox WHERE own>=?1",
    [SQL_OUTBOX_PAST] = "DELETE FROM outbox WHERE expires<?1",
    [SQL_MARK_SET] = "INSERT OR REPLACE INTO mark VALUES" TWO,
    [SQL_MARK_ONE] = "SELECT value FROM mark WHERE mark=?1",
    [SQL_DESK_NEW] = "INSERT INTO desk VALUES" TWO,
    [SQL_DESK_DROP] = "DELETE FROM desk WHERE own=?",
    [SQL_DESK_LIST] = "SELECT own, sealed FROM desk WHERE own>=?1 ORDER BY own",
    [SQL_DESK_CUT] = "DELETE FROM desk WHERE own>=?1",
    [SQL_PURPOSE_SET] = "INSERT OR REPLACE INTO purpose VALUES(?,?,?)",
    [SQL_PURPOSE_LIST] = "SELECT request, day, sealed FROM purpose WHERE day>=?1 AND day<=?2"
                     " ORDER BY day, rowid",
    [SQL_PURPOSE_PAST] = "DELETE FROM purpose WHERE day<?1",
    [SQL_NOTICE_LIST] = "SELECT id, header, body FROM entry WHERE type=10 AND state=1" /* STATE_HELD */
                    " AND id>=?1 AND id<?2 ORDER BY id DESC",
    [SQL_SURGE_ADD] = "INSERT INTO surge VALUES(?,?,?,?) ON CONFLICT(member, notice, day)"
                  " DO UPDATE SET used=used+excluded.used",
    [SQL_SURGE_SUM] = "SELECT ifnull(sum(used),0) FROM surge WHERE member=?1 AND notice>=?2"
                  " AND notice<=?3 AND day>=?4 AND day<=?5",
    [SQL_SURGE_PAST] = "DELETE FROM surge WHERE day<?1",
    [SQL_REQUEST_TOTAL] = "SELECT count(*), ifnull(sum(points),0) FROM request"
                      " WHERE member=?1 AND day>=?2 AND day<=?3",
    [SQL_REQUEST_LIST] = "SELECT request, day, points, points_hash, purpose FROM request WHERE member=?1"
                     " AND day>=?2 AND day<=?3 AND request>?4 ORDER BY request LIMIT ?5",
    [SQL_REQUEST_PAST] = "DELETE FROM request WHERE day<?1",
    [SQL_ACCOUNT_CLOSE] = "INSERT INTO account SELECT member, CAST(strftime('%Y%m', day*86400,"
                      "'unixepoch') AS INTEGER) AS month, count(*), sum(points), 0 FROM request"
                      " WHERE day<?1 GROUP BY member, month ON CONFLICT(member, month) DO UPDATE SET"
                      " requests=requests+excluded.requests, elements=elements+excluded.elements",
    [SQL_ACCOUNT_CLOSE_SURGE] = "INSERT INTO account SELECT member, CAST(strftime('%Y%m', day*86400,"
                            "'unixepoch') AS INTEGER) AS month, 0, 0, sum(used) FROM surge"
                            " WHERE day<?1 GROUP BY member, month ON CONFLICT(member, month)"
                            " DO UPDATE SET surge=surge+excluded.surge",
    [SQL_ACCOUNT_ONE] = "SELECT requests, elements, surge FROM account WHERE member=?1 AND month=?2",
    [SQL_ALLOWANCE_SET] = "INSERT OR REPLACE INTO allowance VALUES(?,?)",
    [SQL_ALLOWANCE_LIST] = "SELECT number, sealed FROM allowance ORDER BY number",
    [SQL_ASKED_ADD] = "INSERT INTO asked VALUES(?,?,?) ON CONFLICT(day) DO UPDATE SET"
                  " people=people+excluded.people, no_vacancy=no_vacancy+excluded.no_vacancy",
    [SQL_ASKED_LIST] = "SELECT day, people, no_vacancy FROM asked WHERE day>=?1 ORDER BY day",
    [SQL_ASKED_PAST] = "DELETE FROM asked WHERE day<?1",
    [SQL_FORK_SET] = "INSERT OR REPLACE INTO fork VALUES(?,?,?,?)",
    [SQL_FORK_ONE] = "SELECT proof FROM fork WHERE author=?1 AND feed_epoch=?2",
    [SQL_FORK_LIST] = "SELECT author, feed_epoch, feed_key, proof FROM fork ORDER BY author, feed_epoch",
    [SQL_HOLE_NEW] = "INSERT INTO hole VALUES" TWO,
    [SQL_HOLE_DROP] = "DELETE FROM hole WHERE first=?1",
    [SQL_HOLE_ONE] = "SELECT first, past FROM hole WHERE past>?1 AND first<?2 ORDER BY first LIMIT 1",
    [SQL_HOLE_TOUCHING] = "SELECT first, past FROM hole WHERE past>=?1 AND first<=?2 ORDER BY first LIMIT 1",
    [SQL_FINDING_NEW] = "INSERT INTO finding(utc, what, fate, place, first, count) VALUES" SIX,
    [SQL_FINDING_ONCE] = "INSERT INTO finding(utc, what, fate, place, first, count)"
                     " SELECT ?1,?2,?3,?4,?5,?6 WHERE NOT EXISTS(SELECT 1 FROM finding"
                     " WHERE what=?2 AND fate=?3 AND place=?4 AND first=?5 AND count=?6)",
    [SQL_FINDING_TRIM] = "DELETE FROM finding WHERE number<=(SELECT max(number) FROM finding)-?1",
    [SQL_FINDING_LIST] = "SELECT utc, what, fate, place, first, count FROM finding ORDER BY number",
    [SQL_FINDING_SETTLE] = "UPDATE finding SET fate=1 WHERE fate=2 AND place=?1",
    [SQL_OWED_AGAIN] = "INSERT OR IGNORE INTO owed VALUES(?)",
    [SQL_CORRECTION_DROP] = "UPDATE correction SET retracted=iif(?2=4, NULL, retracted),"
                        " erased=iif(?2=5, NULL, erased) WHERE entry=?1",
    [SQL_WALK_TAG] = "SELECT prefix, entry, 0 FROM tag WHERE (prefix, entry)>(?1,?2)"
                 " ORDER BY prefix, entry LIMIT ?3",
    [SQL_WALK_EXPIRING] = "SELECT day, entry, 0 FROM expiring WHERE (day, entry)>(?1,?2)"
                      " ORDER BY day, entry LIMIT ?3",
    [SQL_WALK_OWED] = "SELECT 0, entry, 0 FROM owed WHERE entry>?2 AND ?1<1 ORDER BY entry LIMIT ?3",
    [SQL_WALK_OPAQUE] = "SELECT 0, entry, 0 FROM opaque WHERE entry>?2 AND ?1<1 ORDER BY entry LIMIT ?3",
    [SQL_WALK_ALERT] = "SELECT 0, entry, 0 FROM alert WHERE entry>?2 AND ?1<1 ORDER BY entry LIMIT ?3",
    [SQL_WALK_CEREMONY] = "SELECT 0, entry, 0 FROM ceremony_entry WHERE entry>?2 AND ?1<1"
                      " ORDER BY entry LIMIT ?3",
    [SQL_WALK_RETAG] = "SELECT target, entry, 0 FROM retag WHERE (target, entry)>(?1,?2)"
                   " ORDER BY target, entry LIMIT ?3",
    /* Each of the two that a row may say: the target, the entry that says it, and which. */
    [SQL_WALK_CORRECTION] = "SELECT entry, (entry>>40<<40)+retracted, 4 FROM correction WHERE retracted"
                        " IS NOT NULL AND (entry, (entry>>40<<40)+retracted)>(?1,?2) UNION ALL"
                        " SELECT entry, (entry>>40<<40)+erased, 5 FROM correction WHERE erased"
                        " IS NOT NULL AND (entry, (entry>>40<<40)+erased)>(?1,?2)"
                        " ORDER BY 1, 2 LIMIT ?3",
    [SQL_FINDING_OPEN] = "SELECT 1 FROM finding WHERE fate=2 AND place=?1 LIMIT 1",
    [SQL_FINDING_FORGET] = "DELETE FROM finding WHERE fate<>2",
};
/* clang-format on */
