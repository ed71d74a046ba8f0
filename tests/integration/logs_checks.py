# SPDX-License-Identifier: Apache-2.0
"""What the tests of attestctl bootlog and imalog have in common."""

import json
import os
import re
import subprocess
from pathlib import Path

SRCDIR = Path(os.environ.get("srcdir", "."))
BUILDDIR = Path(os.environ.get("builddir", ".")).resolve()
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print(f"FAIL: {what}")


def attestctl(*arguments):
    done = subprocess.run(
        [BUILDDIR / "attestctl", *map(str, arguments)], capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout


def complaint(*arguments):
    """What attestctl says on standard error when it refuses."""
    done = subprocess.run(
        [BUILDDIR / "attestctl", *map(str, arguments)], capture_output=True, text=True, timeout=120
    )
    check(done.returncode == 2, f"{' '.join(map(str, arguments))}: exit {done.returncode}, not 2")
    return done.stderr


def report(*arguments, expected=0):
    code, out = attestctl(*arguments, "--json")
    check(code == expected, f"{' '.join(map(str, arguments))}: exit {code}, not {expected}")
    return json.loads(out) if out else None


def pcr_dump(path):
    """tpm2_pcrread's text: bank -> index -> lower-case value."""
    banks, bank = {}, {}
    for line in path.read_text().splitlines():
        if found := re.fullmatch(r"\s+(sha\w+):\s*", line):
            bank = banks.setdefault(found[1], {})
        elif found := re.fullmatch(r"\s+(\d+)\s*:\s*0x([0-9A-F]+)", line):
            bank[found[1]] = found[2].lower()
    return banks


def check_capture(folder):
    held = pcr_dump(folder / "pcrs_read_after_quote.txt")
    boot = folder / "boot_log.bin"
    if boot.exists():
        banks = report("bootlog", boot)["banks"]
        check(set(banks) == {"sha1", "sha256"}, f"{boot}: banks {set(banks)}")
        for bank, pcrs in banks.items():
            for pcr, value in pcrs.items():
                check(held[bank][pcr] == value, f"{boot}: {bank} PCR {pcr}")
    for bank in ("sha1", "sha256"):
        found = report("imalog", folder / "ima.bin", "--expect", f"{bank}:{held[bank]['10']}")
        check(found["prefix"] is not None, f"{folder}: no IMA prefix in {bank}")
        check(found["bad_template_hashes"] == 0, f"{folder}: template hashes")
