"""pages.py - the checksums of a store's pages (node/page_sum.h), for tests that change a closed store from outside."""

import struct

PAGE = 8192
MASK = (1 << 64) - 1


def _rotl(x, n):
    return (x << n | x >> (64 - n)) & MASK


def siphash(data, key):
    """SipHash-2-4 of data, whose length is a multiple of 8 bytes."""
    k0, k1 = struct.unpack("<QQ", key)
    v0, v1 = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D
    v2, v3 = k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573
    words = struct.unpack(f"<{len(data) // 8}Q", data) + ((len(data) & 0xFF) << 56,)
    for at, m in enumerate(words + (None,)):
        if m is None:
            v2 ^= 0xFF
        else:
            v3 ^= m
        for _ in range(4 if m is None else 2):
            v0 = (v0 + v1) & MASK
            v1 = _rotl(v1, 13) ^ v0
            v0 = _rotl(v0, 32)
            v2 = (v2 + v3) & MASK
            v3 = _rotl(v3, 16) ^ v2
            v0 = (v0 + v3) & MASK
            v3 = _rotl(v3, 21) ^ v0
            v2 = (v2 + v1) & MASK
            v1 = _rotl(v1, 17) ^ v2
            v2 = _rotl(v2, 32)
        if m is not None:
            v0 ^= m
    return v0 ^ v1 ^ v2 ^ v3


def page_sum(page, number):
    return siphash(page[:PAGE - 8], b"seinpost/sum" + struct.pack("<I", number))


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
