"""pages.py - the checksums of a store's pages (node/page_sum.h), for tests that change a closed store from outside."""

import struct

PAGE = 8192
MASK = (1 << 64) - 1
TABLE = []
for byte in range(256):
    r = byte
    for _ in range(8):
        r = r >> 1 ^ (0xC96C5795D7870F42 if r & 1 else 0)
    TABLE.append(r)


def page_sum(page, number):
    r = MASK ^ number
    for byte in page[:PAGE - 8]:
        r = TABLE[(r ^ byte) & 0xFF] ^ r >> 8
    return MASK ^ r


def seal(path):
    """Gives every page of a closed store the checksum that it should have."""
    with open(path, "r+b") as f:
        number = 0
        while page := f.read(PAGE):
            number += 1
            right = struct.pack("<Q", page_sum(page, number))
            if page[PAGE - 8:] != right:
                f.seek(number * PAGE - 8)
                f.write(right)
                f.seek(number * PAGE)
