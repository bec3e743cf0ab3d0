"""images.py - what a disk can hold after a power loss, made from the calls by which a program wrote to it.

strace records every call that changes a folder, with its bytes. A call is durable once its file was synced after
it, a name once its folder was. At a power loss every durable call is kept; of the others any may be lost, alone or
in part: a write is torn at sectors. So one moment has many images; they are drawn by seed.
"""

import os
import re

CALLS = "openat,write,pwrite64,ftruncate,fdatasync,fsync,rename,renameat2,link,unlink"
LINE = re.compile(r"^(?:\d+ +)?(\d+\.\d+) (\w+)\((.*)$", re.S)


def unescape(text):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())


class Op:
    __slots__ = ("at", "call", "path", "data", "offset", "other")

    def __init__(self, at, call, path, data=b"", offset=0, other=None):
        self.at, self.call, self.path, self.data, self.offset, self.other = at, call, path, data, offset, other


def args_of(rest):
    """The arguments, strings unescaped, and the paths behind descriptors."""
    for token in re.finditer(r'"([^"]*)"|(?:AT_FDCWD|\d+)<([^>]*)>|([^,()"]+)', rest):
        if token[1] is not None:
            yield "text", unescape(token[1])
        elif token[2] is not None:
            yield "fd", os.fsdecode(unescape(token[2]))
        elif token[3].strip():
            yield "word", token[3].strip()


def read_trace(path, folder):
    """The calls on files below folder, in order; what a file was appended to by write is kept track of."""
    ops, ends = [], {}

    def inside(name):
        return name == folder or name.startswith(folder + "/")

    for line in open(path, errors="surrogateescape"):
        found = LINE.match(line)
        if not found or " = -1 " in line[-80:]:
            continue
        at, call = float(found[1]), found[2]
        args = list(args_of(found[3]))
        texts, fds = [a for k, a in args if k == "text"], [a for k, a in args if k == "fd"]
        # Another thread may have come between: "8192 <unfinished ...>".
        numbers = [int(a.split()[0]) for k, a in args if k == "word" and a.split()[0].isdigit()]
        if call == "openat":
            name = os.fsdecode(texts[0]) if texts else ""
            if inside(name) and ("O_CREAT" in line or "O_TRUNC" in line):
                ops.append(Op(at, "create", name))
        elif call in ("pwrite64", "write") and fds and inside(fds[0]):
            data = texts[0] if texts else b""
            offset = numbers[1] if call == "pwrite64" else ends.get(fds[0], 0)
            assert numbers[0] == len(data), f"strace cut a write: {line[:200]}"
            ends[fds[0]] = offset + len(data)
            ops.append(Op(at, "write", fds[0], data, offset))
        elif call == "ftruncate" and fds and inside(fds[0]):
            ops.append(Op(at, "truncate", fds[0], offset=numbers[0]))
        elif call in ("fdatasync", "fsync") and fds and inside(fds[0]):
            ops.append(Op(at, "sync", fds[0]))
        elif call == "unlink" and texts and inside(os.fsdecode(texts[0])):
            ops.append(Op(at, "unlink", os.fsdecode(texts[0])))
        elif call in ("rename", "renameat2", "link") and len(texts) == 2 and inside(os.fsdecode(texts[1])):
            ops.append(Op(at, "link" if call == "link" else "rename", os.fsdecode(texts[0]), other=os.fsdecode(texts[1])))
    return ops


class Disk:
    """Files by number, names by path; each with what is durable and what is pending."""

    def __init__(self, folder, skip=()):
        self.folder, self.skip = folder, skip
        self.names, self.files, self.pending = {}, [], []  # durable names; durable bytes; pending ops in order
        self.now = {}  # names as the program sees them
        for top, _, names in os.walk(folder):
            for n in names:
                path = os.path.join(top, n)
                if not n.endswith(".sock") and not self.is_skipped(path):
                    self.names[path] = self.new(open(path, "rb").read())
        self.now = dict(self.names)

    def is_skipped(self, path):
        return path.endswith(tuple(self.skip)) if self.skip else False

    def new(self, data=b""):
        self.files.append(bytearray(data))
        return len(self.files) - 1

    def apply(self, op):
        """One call more; what it makes durable is no longer pending."""
        if self.is_skipped(op.path):
            return
        if op.call == "sync":
            self.sync(op.path)
        elif op.call == "create":
            if op.path not in self.now:
                self.now[op.path] = self.new()
                self.pending.append(("name", op.path, self.now[op.path]))
        elif op.call == "unlink":
            if self.now.pop(op.path, None) is not None:
                self.pending.append(("name", op.path, None))
        elif op.call in ("rename", "link"):
            number = self.now.get(op.path)
            if number is not None:
                self.now[op.other] = number
                self.pending.append(("name", op.other, number))
                if op.call == "rename":
                    del self.now[op.path]
                    self.pending.append(("name", op.path, None))
        elif op.path in self.now:
            self.pending.append((op.call, self.now[op.path], op))

    def sync(self, path):
        if path in self.now:
            mine = [p for p in self.pending if p[0] != "name" and p[1] == self.now[path]]
            for kind, number, op in mine:
                change(self.files[number], kind, op.data, op.offset)
            self.pending = [p for p in self.pending if not (p[0] != "name" and p[1] == self.now[path])]
        else:  # a folder: the names in it
            for p in [p for p in self.pending if p[0] == "name" and os.path.dirname(p[1]) == path]:
                self.pending.remove(p)
                set_name(self.names, p[1], p[2])

    def image(self, how, rng):
        """One state that the disk can be in now: {path: bytes}."""
        names, files = dict(self.names), {}
        kept = [p for p in self.pending if is_kept(how, rng)]
        if how == "torn end" and self.pending:
            kept = self.pending[:rng.randrange(len(self.pending)) + 1]
        for n, (kind, a, b) in enumerate(kept):
            if kind == "name":
                set_name(names, a, b)
                continue
            data = files.setdefault(a, bytearray(self.files[a]))
            is_torn = how == "any" and rng.random() < 0.3 or how == "torn end" and n == len(kept) - 1
            if kind == "write" and is_torn:
                tear(data, b, rng)
            else:
                change(data, kind, b.data, b.offset)
        return {path: bytes(files.get(n, self.files[n])) for path, n in names.items()}


def is_kept(how, rng):
    return how == "all" or how == "any" and rng.random() < 0.5


def set_name(names, path, number):
    if number is None:
        names.pop(path, None)
    else:
        names[path] = number


def change(data, kind, new, offset):
    if kind == "truncate":
        del data[offset:]
        data.extend(bytes(offset - len(data)))
        return
    data.extend(bytes(max(0, offset - len(data))))
    data[offset:offset + len(new)] = new


def tear(data, op, rng):
    """Some sectors of a write: each by itself, or up to one of them."""
    sector = rng.choice((512, 4096))
    end = op.offset + len(op.data)
    first = op.offset // sector
    sectors = range(first, (end + sector - 1) // sector)
    limit = rng.randrange(len(sectors) + 1) if rng.random() < 0.5 else None
    for n, s in enumerate(sectors):
        if (n < limit) if limit is not None else (rng.random() < 0.5):
            begin, past = max(op.offset, s * sector), min(end, (s + 1) * sector)
            change(data, "write", op.data[begin - op.offset:past - op.offset], begin)


def write_image(image, folder, into):
    for path, data in image.items():
        name = os.path.join(into, os.path.relpath(path, folder))
        os.makedirs(os.path.dirname(name), mode=0o700, exist_ok=True)
        with open(name, "wb") as out:
            out.write(data)
        os.chmod(name, 0o600)
