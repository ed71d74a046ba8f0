# SPDX-License-Identifier: Apache-2.0
"""Clients of the Workload API that mean no good, frame by frame. After each of them
somebody else is served, the server is the one that was started, and its memory is
bounded.

hostile_workload.py SERVER-PROGRAM [TEST]
"""
import ctypes
import os
import random
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PATIENCE_S = 60
RSS_GROWTH_MAX_MIB = 48
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def frame(kind, flags, stream, body=b""):
    return struct.pack(">I", len(body))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + body


def field(name, value):
    """HPACK, RFC 7541, 6.2.2: a literal that is not indexed, lengths below 127."""
    name, value = name.encode(), value if isinstance(value, bytes) else value.encode()
    return b"\0" + bytes((len(name),)) + name + bytes((len(value),)) + value


def fields(path="/SpiffeWorkloadAPI/FetchX509SVID", header="true", **others):
    out = field(":method", others.pop("method", "POST")) + field(":scheme", "http")
    out += field(":path", path) + field(":authority", "localhost") + field("te", "trailers")
    out += field("content-type", others.pop("content_type", "application/grpc"))
    if header is not None:
        out += field("workload.spiffe.io", header)
    for name, value in others.items():
        out += field(name.replace("_", "-"), value)
    return out


def request(stream, message=b"\0\0\0\0\0", **others):
    return frame(HEADERS, END_HEADERS, stream, fields(**others)) + frame(DATA, END_STREAM, stream, message)


class Field(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("value", ctypes.c_void_p), ("name_len", ctypes.c_size_t),
                ("value_len", ctypes.c_size_t), ("flags", ctypes.c_uint8)]


class Inflater:
    """HPACK as nghttp2 reads it."""
    library = ctypes.CDLL("libnghttp2.so.14")
    library.nghttp2_hd_inflate_hd2.restype = ctypes.c_ssize_t

    def __init__(self):
        self.inflater = ctypes.c_void_p()
        assert self.library.nghttp2_hd_inflate_new(ctypes.byref(self.inflater)) == 0

    def text(self, block):
        out = b""
        flags = ctypes.c_int(0)
        while not flags.value & 1:
            one = Field()
            used = self.library.nghttp2_hd_inflate_hd2(
                self.inflater, ctypes.byref(one), ctypes.byref(flags), block,
                ctypes.c_size_t(len(block)), 1)
            assert used >= 0, used
            block = block[used:]
            if flags.value & 2:
                out += ctypes.string_at(one.name, one.name_len) + b"="
                out += ctypes.string_at(one.value, one.value_len) + b"\n"
        self.library.nghttp2_hd_inflate_end_headers(self.inflater)
        return out


class Gone(Exception):
    pass


class Client:
    def __init__(self, server, settings=b"", hello=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        while True:
            try:
                self.socket.connect(server.path)
                break
            except BlockingIOError:  # the backlog is full
                time.sleep(0.01)
        self.rest = b""
        self.inflater = Inflater()
        if hello:
            self.send(PREFACE + frame(SETTINGS, 0, 0, settings))

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Gone() from error

    def take(self, count):
        while len(self.rest) < count:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError as error:
                raise Gone() from error
            if not more:
                raise Gone()
            self.rest += more
        out, self.rest = self.rest[:count], self.rest[count:]
        return out

    def next(self):
        head = self.take(9)
        body = self.take(struct.unpack(">I", b"\0" + head[:3])[0])
        if head[3] == HEADERS:
            body = self.inflater.text(body)
        return head[3], head[4], struct.unpack(">I", head[5:])[0] & 0x7FFFFFFF, body

    def until(self, *kinds):
        while True:
            got = self.next()
            if got[0] in kinds:
                return got

    def ended(self, stream):
        """All that comes of a stream, to its end: headers' and data's bytes, or the reset's."""
        said = b""
        while True:
            kind, flags, of, body = self.next()
            if kind == GOAWAY:
                raise Gone()
            if of != stream or kind not in (HEADERS, DATA, RST_STREAM):
                continue
            said += body
            if kind == RST_STREAM or flags & END_STREAM:
                return said

    def is_ended(self):
        """Does the server end the connection?"""
        try:
            while True:
                self.next()
        except Gone:
            return True

    def is_ended_by(self, flood):
        """Does the server end the connection that brings this, although its answers are read?"""
        rest = memoryview(flood)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            readable, writable, _ = select.select([self.socket], [self.socket] if rest else [], [], 1)
            try:
                if readable and not self.socket.recv(65536):
                    return True
                if writable:
                    rest = rest[self.socket.send(rest):]
            except (BrokenPipeError, ConnectionResetError):
                return True
        return False

    def close(self):
        self.socket.close()


class Server:
    restarts = 0

    def __init__(self, *limits):
        self.directory = tempfile.mkdtemp(prefix="attestd-hostile-")
        self.path = os.path.join(self.directory, "workload.sock")
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.argv[1], self.path, *map(str, limits)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.log, text=True, bufsize=1,
            # Freed memory is not the server's; a sanitizer keeps it.
            env=dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1"))
        assert self.process.stdout.readline() == "ok\n"
        self.rss_at_start = self.rss_mib()

    def restart(self, *limits):
        self.close()
        self.restarts += 1
        self.__init__(*limits)

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


@test
def what_is_no_http2_ends_the_connection(server):
    for opening in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 4, b"\x16\x03\x01\x02\0" * 20, b"\0" * 64,
                    PREFACE + frame(PING, 0, 0, b"8 bytes."), PREFACE[:-1] + b"X" * 9):
        client = Client(server, hello=False)
        client.send(opening)
        assert client.is_ended()


@test
def frames_out_of_form_end_the_connection(server):
    for wrong in (frame(SETTINGS, 0, 1), frame(SETTINGS, 0, 0, b"12345"), frame(PING, 0, 0, b"short"),
                  frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\0"), frame(DATA, 0, 0, b"x"),
                  frame(HEADERS, END_HEADERS, 2, fields()), frame(CONTINUATION, END_HEADERS, 1, fields()),
                  frame(PUSH, END_HEADERS, 1, b"\0\0\0\2" + fields()), frame(RST_STREAM, 0, 0, b"\0\0\0\0"),
                  frame(HEADERS, END_HEADERS, 1, b"\x80"), frame(HEADERS, END_HEADERS, 1, b"\xff" * 40),
                  frame(DATA, 0, 1, b"x" * 16385), b"\xff" * 9):
        client = Client(server)
        client.send(wrong)
        assert client.is_ended(), wrong[:16]


@test
def noise_ends_the_connection_or_nothing(server):
    noise = random.Random(6)
    good = request(1) + frame(PING, 0, 0, b"8 bytes.") + request(3, header=None)
    for _ in range(300):
        client = Client(server)
        bad = bytearray(good)
        for _ in range(noise.randint(1, 8)):
            bad[noise.randrange(len(bad))] = noise.randrange(256)
        try:
            client.send(bytes(bad[: noise.randint(1, len(bad))]))
        except Gone:
            pass
        client.close()


@test
def a_request_that_is_no_grpc_is_told_so(server):
    client = Client(server)
    wrong = ((dict(method="GET"), b"405"), (dict(content_type="text/html"), b"415"),
             (dict(content_type="application/grpc-web"), b"415"),
             (dict(header=None), b"security header missing"),
             (dict(grpc_timeout="1X"), b"grpc-timeout"), (dict(grpc_timeout="123456789S"), b"grpc-timeout"),
             (dict(grpc_timeout="S"), b"grpc-timeout"), (dict(grpc_encoding="gzip"), b"compressed"),
             (dict(path="/SpiffeWorkloadAPI/FetchWITSVID"), b"no such method"),
             (dict(message=b"\1\0\0\0\0"), b"compressed"), (dict(message=b"\0\0\0\0"), b"too soon"),
             (dict(message=b"\0\0\0\0\5x"), b"too soon"), (dict(message=b""), b"too soon"),
             (dict(message=b"\0\xff\xff\xff\xff"), b"too large"),
             (dict(message=b"\0\0\0\0\0" * 2), b"more than one"),
             (dict(message=b"\0\0\0\0\1\x80"), b"malformed"))
    for number, (how, wanted) in enumerate(wrong):
        stream = 2 * number + 1
        client.send(request(stream, **how))
        said = client.ended(stream).replace(b"%20", b" ")
        assert wanted in said, (how, said)


@test
def headers_have_an_end(server):
    client = Client(server)
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, fields() + field("x", "y" * 120) * 60))
    assert client.ended(1) == struct.pack(">I", 2), "INTERNAL_ERROR resets the stream"
    server.serves()
    client = Client(server)
    try:
        client.send(frame(HEADERS, END_STREAM, 1, fields()))
        for _ in range(1000):
            client.send(frame(CONTINUATION, 0, 1, field("x", "y")))
    except Gone:
        return
    assert client.is_ended()


@test
def what_costs_nothing_ends_the_connection(server):
    for name, flood in (("ping", frame(PING, 0, 0, b"8 bytes.")), ("settings", frame(SETTINGS, 0, 0)),
                        ("priority", frame(PRIORITY, 0, 1, b"\0\0\0\0\1")),
                        ("window", frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1"))):
        assert Client(server).is_ended_by(3000 * flood), name


@test
def requests_that_are_taken_back_end_the_connection(server):
    assert Client(server).is_ended_by(b"".join(
        request(stream) + frame(RST_STREAM, 0, stream, b"\0\0\0\x08")
        for stream in range(1, 10001, 2)))


@test
def who_reads_an_answer_may_hang_up_as_often_as_he_likes(server):
    client = Client(server)
    for number in range(5000):
        stream = 2 * number + 1
        client.send(request(stream))
        client.until(DATA)
        client.send(frame(RST_STREAM, 0, stream, b"\0\0\0\x08") +
                    frame(WINDOW_UPDATE, 0, 0, b"\0\0\1\0"))


@test
def empty_data_without_end_ends_the_connection(server):
    assert Client(server).is_ended_by(frame(HEADERS, END_HEADERS, 1, fields()) +
                                      3000 * frame(DATA, 0, 1))


@test
def streams_are_counted(server):
    client = Client(server)
    for number in range(101):
        client.send(request(2 * number + 1))
    reset = client.until(RST_STREAM)
    assert reset[2] == 201 and reset[3] == struct.pack(">I", 7), "the 101st is REFUSED_STREAM"


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


@test
def thousands_of_streams_cost_bounded_memory(server):
    clients = []
    for _ in range(20):
        client = Client(server)
        for number in range(100):
            client.send(request(2 * number + 1))
        clients.append(client)
    for _ in range(3):
        server.tell("rotate")
        server.serves()
    assert server.growth_mib() < RSS_GROWTH_MAX_MIB, server.growth_mib()


@test
def a_slow_reader_costs_one_answer_and_gets_the_newest(server):
    server.tell("grow 100000")
    # Windows of 0: nothing may be sent but headers.
    client = Client(server, settings=struct.pack(">HI", 4, 0))
    for number in range(50):
        client.send(request(2 * number + 1))
    for _ in range(50):
        client.until(HEADERS)
    for _ in range(40):
        server.tell("rotate")
    assert server.growth_mib() < RSS_GROWTH_MAX_MIB, server.growth_mib()
    client.send(frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 1 << 20)) +
                frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1 << 24)))
    said = b""
    while len(said) < 100000:
        said += client.until(DATA)[3]
    assert b"chain 40" in said and b"chain 0" not in said, "not the newest"


@test
def a_slow_reader_is_told_of_its_revocation(server):
    # Before its answer, and in the middle of it.
    for window, said in (0, HEADERS), (100, DATA):
        client = Client(server, settings=struct.pack(">HI", 4, window))
        client.send(request(1))
        client.until(said)
        server.tell("deny")
        assert b"grpc-status=7" in client.ended(1), "trailers need no window"
        server.tell("give 1")


@test
def who_reads_nothing_at_all_costs_what_the_socket_holds(server):
    server.tell("grow 500000")
    clients = []
    for _ in range(40):
        client = Client(server, settings=struct.pack(">HI", 4, (1 << 31) - 1))
        client.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", (1 << 30))))
        try:
            client.send(request(1))
        except Gone:
            pass
        clients.append(client)
    for _ in range(20):
        server.tell("rotate")
    server.serves()
    assert server.growth_mib() < RSS_GROWTH_MAX_MIB, server.growth_mib()


@test
def half_a_request_waits_for_no_ever(server):
    half = Client(server)
    half.send(frame(HEADERS, END_HEADERS, 1, fields()) + frame(DATA, 0, 1, b"\0\0"))
    silent = Client(server, hello=False)
    server.serves()
    assert b"grpc-status=4" in half.ended(1), "DEADLINE_EXCEEDED"
    assert silent.is_ended(), "a connection without a handshake"


@test
def half_sent_bodies_are_bounded_by_the_connection(server):
    client = Client(server)
    for number in range(100):
        client.send(frame(HEADERS, END_HEADERS, 2 * number + 1, fields()))
    sent = 0
    # The connection's window is 65,535: what is over it is a fault.
    try:
        for number in range(100):
            client.send(frame(DATA, 0, 2 * number + 1, b"\0\0\0\x3f\xff" + b"x" * 8000))
            sent += 8005
    except Gone:
        assert sent >= 65535
        return
    assert client.is_ended()


@test
def the_process_that_connected_takes_its_connection_along(server):
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        client = Client(server)
        client.send(request(1))
        client.until(DATA)
        socket.send_fds(theirs, [b"x"], [client.socket.fileno()])
        theirs.recv(1)
        os._exit(0)
    _, passed, _, _ = socket.recv_fds(ours, 1, 1)
    client = Client.__new__(Client)
    client.socket, client.rest = socket.socket(fileno=passed[0]), b""
    client.inflater = Inflater()
    client.socket.settimeout(PATIENCE_S)
    server.tell("rotate")
    client.until(DATA)
    ours.send(b"x")
    os.waitpid(child, 0)
    assert client.is_ended(), "the socket outlived the process that it is for"


def reads_behind_its_last_word(server):
    """Is more read than a socket holds, after the last word? Then it was not closed behind that."""
    client = Client(server)
    client.send(request(1))
    client.until(DATA)
    server.process.stdin.write("end\n")
    assert b"grpc-status=14" in client.ended(1), "no last word"
    client.until(GOAWAY)
    assert client.is_ended()
    try:
        for _ in range(128):
            client.send(frame(PING, 0, 0, bytes(8)) * 512)
        return True
    except Gone:
        return False
    finally:
        client.close()
        server.restart()


@test
def who_is_still_writing_when_the_server_ends_reads_what_was_said(server):
    # It waits for a second, in which a busy machine may not come to us.
    assert any(reads_behind_its_last_word(server) for _ in range(5)), "closed behind its last word"


class Skipped(Exception):
    pass


def need_root():
    if os.geteuid() != 0:
        raise Skipped("only root can be another user")


def main():
    failed = 0
    for function in TESTS:
        name = function.__name__.replace("_", " ")
        if len(sys.argv) > 2 and sys.argv[2] != name:
            continue
        print(f"run: {name}", flush=True)
        server = Server()
        pid = server.process.pid
        try:
            function(server)
            server.serves()
            assert server.restarts > 0 or server.process.pid == pid
            server.close()
            print(f"ok: {name}", flush=True)
        except Skipped as reason:
            server.close()
            print(f"skipped: {name}: {reason}", flush=True)
        except Exception as error:  # each is told, and the others go on
            failed += 1
            server.process.kill()
            print(f"not ok: {name}: {type(error).__name__}: {error}", flush=True)
    return 1 if failed else 0


sys.exit(main())
