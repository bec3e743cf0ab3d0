"""strace.py - lets the n-th system call of a program fail, or end the program, and lists the calls that it makes.

strace counts the calls of each kind and of each thread by themselves; all writing of a node is done by one thread.
"""

import collections
import os
import re
import shutil
import signal
import subprocess

from harness import Skip, wait_until

# What changes files, and what puts them on disk; a node says things by the last two.
FILES = "pwrite64,ftruncate,fallocate,fdatasync,fsync,rename,renameat2,link,unlink,mkdir,chmod,fchmod"
SAYS = "sendto,sendmsg"


def needs_strace():
    if shutil.which("strace") is None:
        raise Skip("strace is not installed")


def threads(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return []


def is_traced(pid):
    def tracer(thread):
        try:
            text = open(f"/proc/{pid}/task/{thread}/status").read()
        except (FileNotFoundError, ProcessLookupError):
            return True  # ended meanwhile
        return "TracerPid:\t0\n" not in text
    return all(tracer(t) for t in threads(pid))


class Attached:
    """strace on a running process while the block lasts."""

    def __init__(self, pid, calls, inject=None, out="/dev/null", more=()):
        needs_strace()
        self.pid = pid
        self.args = ["strace", "-f", "-qq", "-o", out, *more, "-e", f"trace={calls}", "-e", "signal=none"]
        if inject:
            self.args += ["-e", f"inject={calls}:{inject}"]

    def __enter__(self):
        self.tracer = subprocess.Popen([*self.args, "-p", str(self.pid)], stderr=subprocess.DEVNULL)
        wait_until(lambda: is_traced(self.pid) or self.tracer.poll() is not None, 20, "strace")
        return self

    def __exit__(self, *_):
        if self.tracer.poll() is None:
            self.tracer.send_signal(signal.SIGINT)  # lets go of the process
        try:
            self.tracer.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.tracer.kill()
            self.tracer.wait()


def is_alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def count_calls(path):
    """How often each call was begun, by what strace -o wrote; of several threads the most."""
    per_thread = collections.defaultdict(collections.Counter)
    for line in open(path, errors="replace"):
        found = re.match(r"(\d+) +(\w+)\(", line)
        if found:
            per_thread[found[1]][found[2]] += 1
    most = collections.Counter()
    for counts in per_thread.values():
        most |= counts
    return most


def points(counts):
    """Every call as (name, n), in a fixed order; of the many that send, every fifth."""
    return [(call, n) for call in sorted(counts)
            for n in range(1, counts[call] + 1, 5 if call in SAYS.split(",") else 1)]
