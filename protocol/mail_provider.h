/*
 * mail_provider.h - what providers of mailboxes ignore in an address, and who reads it.
 *
 * Elsewhere nothing of an address is left out: who has a dot or a tag more has, for all we know,
 * another mailbox. Where a provider says in public that these reach one mailbox, they are one:
 *
 *   domains                            becomes    dots  +tag  source
 *   gmail.com googlemail.com           gmail.com  go    goes  Gmail Help, "Dots don't matter",
 * "Send email from a different alias" icloud.com me.com mac.com          icloud.com stay  goes
 * Apple Support, "About iCloud Mail addresses" proton.me protonmail.com pm.me     proton.me  stay
 * goes  Proton Support, "Addresses and aliases" protonmail.ch yandex.ru ya.ru yandex.com yandex.ru
 * are - goes  Yandex 360 Help, "Mailbox addresses" yandex.by yandex.kz outlook.com hotmail.com
 * live.com   -          stay  goes  Microsoft Support, "Plus addressing" msn.com fastmail.com
 * fastmail.fm           -          stay  goes  Fastmail Help, "Plus addressing"
 *
 * Pure.
 */
#ifndef PROTOCOL_MAIL_PROVIDER_H
#define PROTOCOL_MAIL_PROVIDER_H

#include "proto/bytes.h"

/* Writes the part before the "@" as the provider of the domain (in small letters) reads it, and
 * puts the domain that stands for all of its own in place of *domain; it lasts for ever. Writes
 * at most local.len bytes, maybe none. */
void mail_provider_fold(struct bytes local, struct bytes *domain, struct pack *out);

/* Whether the part before the "@" says that nobody is meant: none, test, noreply; or "na", "email"
 * and the like at a domain of the same name or at an example domain. */
bool mail_provider_is_stand_in(struct bytes local, struct bytes domain);

/* Whether it is that of an office or a function, so that several people read it: RFC 2142 and the
 * customary ones in English, Dutch and French. */
bool mail_provider_is_shared(struct bytes local);

#endif
