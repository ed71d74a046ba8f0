#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A boot log with another value of a Secure Boot variable (TCG PC Client PFP, 10.2.2).

    boot_log_variable.py LOG NAME CHANGE

The first event of this variable in PCR 7 gets a content or a name that was not measured
(content, name), another value, namespace or type of its first key and the digests that go with
it (value, namespace, key), another type (separator), the look of a command of GRUB's, whose digest is that of
the variable (command), or is there a second time (twice). The log goes to stdout.
"""
import hashlib
import struct
import sys

HASHES = {0x4: "sha1", 0xB: "sha256", 0xC: "sha384", 0xD: "sha512"}
EV_EFI_VARIABLE_DRIVER_CONFIG, EV_EFI_VARIABLE_AUTHORITY = 0x80000001, 0x800000E0
EV_SEPARATOR, EV_IPL = 4, 0xD


def events(log):
    """Offset of each event, of its digests and its payload, after the header."""
    at = 32 + struct.unpack_from("<I", log, 28)[0]
    while at < len(log):
        pcr, kind, count = struct.unpack_from("<III", log, at)
        start, digests, at = at, [], at + 12
        for _ in range(count):
            name = HASHES[struct.unpack_from("<H", log, at)[0]]
            digests.append((at + 2, name))
            at += 2 + hashlib.new(name).digest_size
        size = struct.unpack_from("<I", log, at)[0]
        yield pcr, kind, start, digests, at + 4, size
        at += 4 + size


def change(log, what, start, digests, at, size):
    if what == "twice":
        log[at + size : at + size] = log[start : at + size]
    if what == "name":
        log[at + 32] ^= 1
    if what == "separator":
        struct.pack_into("<I", log, start + 4, EV_SEPARATOR)
    if what == "command":
        text = b"grub_cmd: " + log[at : at + size] + b"\0"
        log[at - 4 : at + size] = struct.pack("<I", len(text)) + text
        struct.pack_into("<I", log, start + 4, EV_IPL)
    if what in ("content", "value"):
        log[at + size - 1] ^= 1
    if what == "namespace":
        log[at] ^= 1
    if what == "key":
        log[at + 32 + 2 * struct.unpack_from("<Q", log, at + 16)[0]] ^= 1
    if what in ("value", "namespace", "key"):
        for place, alg in digests:
            digest = hashlib.new(alg, log[at : at + size]).digest()
            log[place : place + len(digest)] = digest


def main():
    with open(sys.argv[1], "rb") as file:
        log = bytearray(file.read())
    name, what = sys.argv[2], sys.argv[3]
    for pcr, kind, *event in events(log):
        if pcr != 7 or kind not in (EV_EFI_VARIABLE_DRIVER_CONFIG, EV_EFI_VARIABLE_AUTHORITY):
            continue
        at = event[2]
        letters = struct.unpack_from("<Q", log, at + 16)[0]
        if log[at + 32 : at + 32 + 2 * letters].decode("utf-16-le") != name:
            continue
        change(log, what, *event)
        sys.stdout.buffer.write(log)
        return 0
    sys.stderr.write(f"there is no {name}\n")
    return 1


sys.exit(main())
