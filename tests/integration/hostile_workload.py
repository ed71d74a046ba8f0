# SPDX-License-Identifier: Apache-2.0
"""Clients of the Workload API that mean no good, frame by frame. After each of them
somebody else is served, the server is the one that was started, and its memory is
bounded.

hostile_workload.py SERVER-PROGRAM [TEST]
"""
import os
import random
import socket
import struct
import sys

sys.dont_write_bytecode = True  # beside the sources
import hostile_workload_shares  # noqa: E402,F401  more tests
from hostile_workload_server import RSS_GROWTH_MAX_MIB, Server, Skipped, TESTS, test  # noqa: E402
from http2_frames import (  # noqa: E402
    CONTINUATION, Client, DATA, END_HEADERS, END_STREAM, GOAWAY, Gone, HEADERS, Inflater,
    PATIENCE_S, PING, PREFACE, PRIORITY, PUSH, RST_STREAM, SETTINGS, WINDOW_UPDATE, field, fields,
    frame, request)


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
