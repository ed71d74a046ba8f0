# SPDX-License-Identifier: Apache-2.0
"""The server of the Workload API that hostile_workload.py attacks, and its tests' list."""
import os
import subprocess
import sys
import tempfile
import time

from http2_frames import Client, DATA, GOAWAY, PATIENCE_S, request

RSS_GROWTH_MAX_MIB = 48
TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Server:
    restarts = 0

    def __init__(self, *limits, through=()):
        self.directory = tempfile.mkdtemp(prefix="attestd-hostile-")
        self.path = os.path.join(self.directory, "workload.sock")
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*through, sys.argv[1], self.path, *map(str, limits)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.log, text=True, bufsize=1,
            # Freed memory is not the server's; a sanitizer keeps it.
            env=dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1"))
        assert self.process.stdout.readline() == "ok\n"
        self.rss_at_start = self.rss_mib()

    def restart(self, *limits, through=()):
        self.close()
        self.restarts += 1
        self.__init__(*limits, through=through)

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        assert self.process.stdout.readline() == "ok\n"

    def rss_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024

    def sockets(self):
        folder = f"/proc/{self.process.pid}/fd"
        count = 0
        for name in os.listdir(folder):
            try:
                count += os.readlink(f"{folder}/{name}").startswith("socket:")
            except FileNotFoundError:
                pass
        return count

    def await_sockets(self, count):
        """Until it has seen that clients went."""
        until = time.monotonic() + PATIENCE_S
        while self.sockets() != count:
            assert time.monotonic() < until, self.sockets()
            time.sleep(0.01)

    def growth_mib(self):
        return self.rss_mib() - self.rss_at_start

    def serves(self):
        client = Client(self)
        client.send(request(1))
        kind, _, _, body = client.until(DATA, GOAWAY)
        assert kind == DATA and b"spiffe://example.org/web/1" in body, "others are not served"
        client.close()

    def logged(self):
        self.log.seek(0)
        return self.log.read().decode()

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        assert self.process.returncode == 0, self.process.returncode
        os.rmdir(self.directory)


class Skipped(Exception):
    pass


def need_root():
    if os.geteuid() != 0:
        raise Skipped("only root can be another user")
