"""harness.py - what the end-to-end tests share: TAP lines, a federation of real nodes, and its commands.

A test is a function that takes nothing and raises AssertionError (or anything) to fail; Skip to be skipped.
"""

import collections
import concurrent.futures
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BIN = os.path.abspath(os.environ.get("SEINPOST_BIN", os.path.join(ROOT, "build", "gcc")))
DATA = os.environ.get("SEINPOST_DATA", os.path.join(ROOT, "..", "shared", "data"))
ENV = dict(os.environ, SEINPOST_BIN=BIN, LC_ALL="C.UTF-8", LANGUAGE="en")
COLUMNS = "ref,given_name,family_name,born,document,email,phone,expires".split(",")


class Skip(Exception):
    pass


def main(tests):
    failed = 0
    for number, test in enumerate(tests, 1):
        name = (test.__doc__ or test.__name__).strip().split("\n")[0]
        try:
            test()
            print(f"ok {number} - {name}", flush=True)
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {why}", flush=True)
        except BaseException:
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
    print(f"1..{len(tests)}")
    sys.exit(1 if failed else 0)


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def rows(self):
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    def __repr__(self):
        return f"exit {self.code}\n{self.out}{self.err}"


def run(*args, env=None, stdin=None, timeout=300):
    return Result(subprocess.run(args, env=env or ENV, input=stdin, capture_output=True, text=True, timeout=timeout))


def wait_until(fact, seconds=30, what="it"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = fact()
        if got:
            return got
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen in {seconds} seconds")


class Federation:
    """Real nodes on loopback, in a folder of their own that goes when the block ends."""

    def __init__(self, members, keyholders, threshold, budget=100000, others=(), without_port=()):
        self.members, self.budget, self.others, self.without_port = members, budget, others, without_port
        self.args = [f"--members={members}", f"--keyholders={keyholders}", f"--threshold={threshold}"]
        self.shape = (members, keyholders, threshold)

    def __enter__(self):
        self.top = tempfile.mkdtemp(prefix="seinpost-")
        self.dir = os.path.join(self.top, "f")
        members, keyholders, threshold = self.shape
        done = self.control("up", "--members", str(members), "--keyholders", str(keyholders), "--threshold",
                            str(threshold), "--budget", str(self.budget),
                            *(word for roles in self.others for word in ("--other", roles)),
                            *(word for node in self.without_port for word in ("--without-port", str(node))))
        if done.code != 0:
            logs = "".join(open(os.path.join(self.dir, f), errors="replace").read()
                           for f in sorted(os.listdir(self.dir)) if f.startswith("log.")) \
                if os.path.isdir(self.dir) else ""
            self.__exit__()
            raise AssertionError(f"the federation did not come up: {done}\n{logs[-4000:]}")
        return self

    def __exit__(self, *_):
        self.control("down")
        shutil.rmtree(self.top, ignore_errors=True)

    def control(self, command, *args):
        return run(os.path.join(HERE, "federation"), command, self.dir, *args)

    def config(self, node):
        return os.path.join(self.dir, f"node-{node}", "seinpost.conf")

    def database(self, node):
        return os.path.join(self.dir, f"node-{node}", "data", "node.db")

    def pid(self, node):
        return int(open(os.path.join(self.dir, f"pid.{node}")).read())

    def log(self, node):
        return open(os.path.join(self.dir, f"log.{node}"), errors="replace").read()

    def org_id(self, node):
        return f"NL-KVK-{40000000 + node}"

    def do(self, node, *args, stdin=None):
        return run(os.path.join(BIN, "seinpost"), "--config", self.config(node), *args, stdin=stdin)

    def ok(self, node, *args, stdin=None):
        done = self.do(node, *args, stdin=stdin)
        assert done.code == 0, f"{args}: {done}"
        return done

    def status(self, node):
        rows = self.ok(node, "status", "--json").rows()
        return rows[0].get("status", rows[0])

    def restart(self, node):
        self.control("stop", str(node))
        self.start(node)

    def start(self, node):
        assert self.control("start", str(node)).code == 0
        wait_until(lambda: self.do(node, "status", "--json").code == 0, 30, "the start of a node")

    def ready(self, *nodes):
        done = self.control("ready", *map(str, nodes))
        assert done.code == 0, done

    def csv(self, name, people):
        path = os.path.join(self.top, name)
        write_csv(path, people)
        return path

    def publish(self, node, people, *args):
        return self.ok(node, "publish", "--csv", self.csv(f"publish-{node}.csv", people), "--json", *args).rows()

    def consult(self, node, people, *args):
        rows = self.ok(node, "consult", "--csv", self.csv(f"consult-{node}.csv", people), "--json", *args).rows()
        return {r["ref"]: r for r in rows if "ref" in r}

    def settle(self, nodes=None):
        """Waits until everyone holds what everyone published."""
        nodes = nodes or range(1, self.members + 1)

        def is_settled():
            all_status = {n: self.status(n) for n in nodes}
            sizes = {s["org_id"]: s["feed"]["size"] for s in all_status.values()}
            return all(p["size"] == sizes[p["org_id"]] and p["owed"] == 0
                       for s in all_status.values() for p in s["peers"] if p["org_id"] in sizes)

        wait_until(is_settled, 60, "replication")


class Ledger:
    """What was acknowledged while the network was bad, and what must be so when it is good again.

    Any number of threads publish and consult at once; every request must end.
    """

    LONG_S = 60
    NUMBERS = itertools.count(1000)  # no person twice, whatever ledger

    def __init__(self, f):
        self.f, self.lock = f, threading.Lock()
        self.people, self.refused, self.answers, self.waits = {}, 0, collections.Counter(), []

    def _ask(self, node, *args):
        begun = time.monotonic()
        done = run(os.path.join(BIN, "seinpost"), "--config", self.f.config(node), *args, "--json",
                   timeout=self.LONG_S)
        with self.lock:
            self.waits.append(time.monotonic() - begun)
        return done

    def _csv(self, people):
        return self.f.csv(f"ledger-{next(self.NUMBERS)}.csv", people)

    def publish(self, node, count=1):
        """Whether it was acknowledged; nothing else is required of it."""
        numbers = [next(self.NUMBERS) for _ in range(count)]
        people = [person(n, ref=f"l{n}", document=f"NLD:passport:LD{n}") for n in numbers]
        done = self._ask(node, "publish", "--csv", self._csv(people))
        with self.lock:
            if done.code == 0:
                self.people.update({p["ref"]: (node, p) for p in people})
            else:
                self.refused += 1
        return done.code == 0

    def consult(self, node, people=None):
        """The answers, each counted; a command that fails would be an answer missing."""
        if people is None:
            with self.lock:
                people = [p for _, p in list(self.people.values())[-2:]] or [person(1)]
        done = self._ask(node, "consult", "--csv", self._csv(people))
        got = [r["answer"] for r in done.rows() if "answer" in r]
        assert len(got) == len(people), done
        with self.lock:
            self.answers.update(got)
        return got

    def check(self, nodes):
        """Everything is everywhere, and sound."""
        self.f.settle(nodes)
        people = [p for _, p in self.people.values()]
        for node in nodes:
            wait_until(lambda: set(self.consult(node, people)) == {"confirmed"}, 60, f"all matches at {node}")
            rows = self.f.ok(node, "verify", "--json").rows()
            assert all(r["ok"] for r in rows if "ok" in r), rows
        lists = {node: {r["ref"] for r in self.f.ok(node, "list", "--json").rows() if "ref" in r} for node in nodes}
        lost = [ref for ref, (node, _) in self.people.items() if ref not in lists[node]]
        assert not lost, lost

    def figures(self):
        cannot = self.answers["cannot say"]
        return (f"{len(self.people)} acknowledged, lost 0, {self.refused} refused; {sum(self.answers.values())} "
                f"answers, {cannot} of them cannot say; longest wait {max(self.waits):.1f} s")


def at_once(*works):
    """Does these side by side; the first error counts."""
    with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()


def write_csv(path, people):
    import csv
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(people)


def person(number, **more):
    """An invented person: no such people exist."""
    given = ["Amira", "Teodor", "Mihret", "Jonas", "Nadia", "Pavel", "Salma", "Ruben", "Elif", "Tomas"]
    family = ["Veldhoen", "Okonjo", "Tesfalem", "Brandvik", "Haddadi", "Kovalenko", "Marchetti", "Osterlund"]
    out = {
        "ref": f"case-{number}",
        "given_name": given[number % 10] + chr(97 + number // 80 % 26),
        "family_name": family[number // 10 % 8] + chr(97 + number // 2080 % 26),
        "born": f"{1950 + number % 50}-{1 + number % 11 + 1:02d}-{1 + number % 27 + 1:02d}",
        "document": f"NLD:passport:SP{1000000 + number}",
        "expires": f"{time.gmtime().tm_year + 2}-06-30",
    }
    out.update(more)
    return out
