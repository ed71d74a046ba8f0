# SPDX-License-Identifier: Apache-2.0
"""Of hostile_workload.py: users who take more than their share."""
import os
import subprocess
import sys

from hostile_workload_server import Skipped, need_root, test
from http2_frames import (
    Client, DATA, END_HEADERS, END_STREAM, Gone, HEADERS, fields, frame, request)


@test
def a_user_has_a_share_of_connections_and_streams(server):
    server.restart(6, 4, 100, 50)
    at_start = server.sockets()
    clients = [Client(server) for _ in range(4)]
    fifth = Client(server, hello=False)
    assert fifth.is_ended() and "refused: too many" in server.logged(), "not by the handshake's deadline"
    for number in range(50):
        clients[number % 4].send(request(2 * number + 1))
    for number in range(50):
        clients[number % 4].until(DATA)
    clients[0].send(request(1001))
    assert b"too%20many" in clients[0].ended(1001)
    clients[1].close()
    server.await_sockets(at_start + 3)
    clients[0].send(request(1003))
    clients[0].until(DATA)
    for client in clients:
        client.close()
    server.await_sockets(at_start)


def served(server, count, asking):
    """So many connections, on so many of which an answer comes that goes on."""
    clients, answered = [], 0
    for number in range(count):
        try:
            client = Client(server)
            if number < asking:
                client.send(request(1))
                client.until(DATA)
                answered += 1
            clients.append(client)
        except Gone:
            pass
    return clients, answered


class Holder:
    """A user who connects, and stays until he is told to go."""

    def __init__(self, server, user, count, asking):
        go, ready = os.pipe(), os.pipe()
        self.child, self.go = os.fork(), go[1]
        if self.child == 0:
            try:
                os.close(go[1])
                os.setuid(user)
                clients, answered = served(server, count, asking)
                os.write(ready[1], bytes([answered]))
                os.read(go[0], 1)
                # What is established stays.
                clients[0].send(request(3))
                clients[0].until(DATA)
                os._exit(0)
            finally:
                os._exit(1)
        os.close(go[0])
        os.close(ready[1])
        self.answered = os.read(ready[0], 1)[0]
        os.close(ready[0])

    def leaves_well(self):
        os.write(self.go, b"1")
        os.close(self.go)
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1]) == 0


@test
def who_has_most_makes_room_for_who_has_fewer(server):
    need_root()
    for asking in (1, 4):
        server.restart(13, 4, 100, 50)
        os.chmod(server.directory, 0o755)
        at_start = server.sockets()
        holders = [Holder(server, user, 4, asking) for user in range(100000, 100003)]
        assert [holder.answered for holder in holders] == 3 * [asking]
        server.await_sockets(at_start + 12)
        # Three have 4 of the 13 each. A fourth gets what is left, and one of each of two of
        # them: the third has 4 still, and to take that would make nobody more equal.
        fourth = Holder(server, 65534, 4, 4)
        assert fourth.answered == 3, fourth.answered
        lost = [f"a connection of user {user} was refused: others have fewer" in server.logged()
                for user in range(100000, 100003)]
        assert sum(lost) == 2, lost
        assert all(holder.leaves_well() for holder in holders + [fourth])
        server.await_sockets(at_start)
    server.restart()


@test
def connecting_counts_as_well(server):
    server.restart(6, 4, 100, 50, 1)
    for _ in range(10):
        client = Client(server)
        client.send(request(1))
        client.until(DATA)
        client.close()
    assert any(Client(server, hello=False).is_ended() for _ in range(10))
    assert "too many come" in server.logged()
    server.restart()


@test
def what_it_takes_to_find_a_caller_counts_as_well(server):
    tests = os.path.dirname(os.path.dirname(sys.argv[1]))
    old_kernel = os.path.join(tests, "attacks", "without_peerpidfd")
    if subprocess.run([old_kernel, "/bin/true"], check=False).returncode == 77:
        raise Skipped("no seccomp filter may be set")
    server.restart(6, 4, 100, 50, 1, through=[old_kernel])
    many = [os.dup(0) for _ in range(600)]
    # It is behind all of those, which is more than may be had at once.
    client = Client(server)
    client.send(request(1))
    client.until(DATA)
    assert Client(server, hello=False).is_ended()
    assert "too many come" in server.logged()
    for descriptor in many:
        os.close(descriptor)
    client.close()
    server.restart()


def is_refused_as(server, user):
    child = os.fork()
    if child == 0:
        os.setuid(user)
        first = Client(server)
        os._exit(0 if Client(server, hello=False).is_ended() and first.socket else 1)
    return os.waitpid(child, 0)[1] == 0


@test
def a_users_share_of_refusals_keeps_nobody_elses_out_of_the_log(server):
    need_root()
    server.restart(6, 1, 100, 50)
    os.chmod(server.directory, 0o755)
    at_start = server.sockets()
    for user in (65533, 65533, 65533, 65534):
        assert is_refused_as(server, user)
        server.await_sockets(at_start)
    for user in (65533, 65534):
        assert server.logged().count(f"a connection of user {user} was refused: too many") == 1, server.logged()


UNKNOWN_METHOD = dict(path="/SpiffeWorkloadAPI/Nothing")
NO_HEADER = dict(header=None)
NOT_EVEN_GRPC = dict(content_type="text/plain")
REFLECTION = dict(path="/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", header=None)
# A ServerReflectionRequest that wants the list of services.
LIST_SERVICES = b"\0\0\0\0\2\x3a\0"


def refused_of(client, first, count, **what):
    """How many of so many requests at once are refused as too many."""
    streams = range(first, first + 2 * count, 2)
    client.send(b"".join(request(stream, **what) for stream in streams))
    refused, ended = 0, set()
    while ended != set(streams):
        kind, flags, of, body = client.next()
        if of in streams and kind in (HEADERS, DATA):
            refused += b"too%20many" in body
            # A stream that shows what there is goes on.
            if kind == DATA or flags & END_STREAM:
                ended.add(of)
    return refused


@test
def what_asks_for_nothing_counts_as_well(server):
    for what in (UNKNOWN_METHOD, NO_HEADER, NOT_EVEN_GRPC, dict(REFLECTION, message=LIST_SERVICES)):
        server.restart(6, 4, 100, 50, 1)
        client = Client(server)
        assert refused_of(client, 1, 10, **what) == 0, what
        assert refused_of(client, 101, 20, **what) > 0, what
        client.close()
    server.restart()


@test
def each_question_of_a_stream_counts(server):
    server.restart(6, 4, 100, 50, 1)
    client = Client(server)
    client.send(frame(HEADERS, END_HEADERS, 1, fields(**REFLECTION)) + 30 * frame(DATA, 0, 1, LIST_SERVICES))
    assert b"too%20many" in client.ended(1)
    server.restart()


@test
def who_asks_on_after_that_loses_his_connection(server):
    server.restart(6, 4, 100, 50, 1)
    assert Client(server).is_ended_by(b"".join(request(2 * n + 1, **UNKNOWN_METHOD) for n in range(1000)))
    # The burst is spent, and nobody else's.
    if os.geteuid() == 0:
        os.chmod(server.directory, 0o755)
        assert asks_as(server, 65534, 10) == 0
    server.restart()


def asks_as(server, user, times):
    """How many of so many requests are refused as too many."""
    child = os.fork()
    if child == 0:
        refused = 255
        try:
            os.setuid(user)
            refused = refused_of(Client(server), 1, times)
        finally:
            os._exit(refused)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@test
def who_is_many_users_takes_nothing_from_another(server):
    need_root()
    server.restart(6, 4, 100, 50, 1)
    os.chmod(server.directory, 0o755)
    for user in range(100000, 100100):
        assert 0 < asks_as(server, user, 20) <= 20, user
    assert asks_as(server, 65534, 10) == 0
    server.restart()
