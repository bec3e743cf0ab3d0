"""canary.py - invented people whose details must not be found anywhere, and the search for them."""

from harness import person

CANARIES = [
    person(1, given_name="Xaverinka", family_name="Quizzelberg", document="NLD:passport:ZQX7766551",
           email="xaverinka.q@canary.example", phone="+31 6 99887766"),
    person(2, given_name="ጽጌረዳ", family_name="ወርቅነህዘር", document="ETH:passport:EPX4433221"),
    person(3, given_name="زمردة", family_name="القناريزي", document="JOR:id:JX5544332"),
    person(4, given_name="Зинаида", family_name="Канареевцева", document="UKR:passport:UX9988776"),
]


def forms(people):
    """Every form of every detail: as given, folded, without blanks, as match keys hold them."""
    out = set()
    for p in people:
        number = p["document"].split(":")[-1]
        for text in (p["given_name"], p["family_name"], number, p.get("email", ""), p.get("phone", ""), p["ref"]):
            for form in (text, text.lower(), text.upper(), text.replace(" ", "")):
                if len(form.encode()) >= 5:
                    out.update([form.encode(), form.encode("utf-16-le"), form.encode("utf-16-be")])
    return out


def scan(paths, words):
    found = []
    for path in paths:
        data = open(path, "rb").read()
        found += [(path, w) for w in words if w in data]
    return found
