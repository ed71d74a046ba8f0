#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Certificates that a kernel image has in it: the SHA-256 of each, one a line.

They become keys of .builtin_trusted_keys. The image is a bzImage whose kernel is
packed with lz4 (Documentation/arch/x86/boot.rst, payload_offset)."""

import hashlib
import struct
import subprocess
import sys
from pathlib import Path

# Certificate, TBSCertificate, version 3, and a serial number follow one another.
OUTER, INNER = b"\x30\x82", b"\x30\x82"
VERSION = b"\xa0\x03\x02\x01\x02\x02"


def unpacked(image):
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    begin = (setup_sectors + 1) * 512 + offset
    payload = image[begin : begin + length - 4]  # its size stands after it
    return subprocess.run(["lz4", "-dc"], input=payload, capture_output=True, check=True).stdout


def certificates(kernel):
    at = kernel.find(VERSION)
    while at >= 0:
        begin = at - 8
        if kernel[begin : begin + 2] == OUTER and kernel[begin + 4 : begin + 6] == INNER:
            (length,) = struct.unpack_from(">H", kernel, begin + 2)
            yield kernel[begin : begin + 4 + length]
        at = kernel.find(VERSION, at + 1)


for certificate in certificates(unpacked(Path(sys.argv[1]).read_bytes())):
    print(hashlib.sha256(certificate).hexdigest())
