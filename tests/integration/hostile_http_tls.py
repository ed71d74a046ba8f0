# SPDX-License-Identifier: Apache-2.0
"""TLS as hostile_http.py speaks it with verifierd: records, alerts and tickets of its own making."""
import socket
import ssl

from hostile_http_client import (
    ADMIN_PORT, BODIES, ID, NODE, PATIENCE_S, PORT, connect, context, dial, expect,
    others_are_served, read_answer, request)


class Records:
    """A connection that has said nothing yet but what TLS wants, and sends when told to."""

    def __init__(self):
        self.socket = dial(PORT)
        self.inward, self.outward = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = NODE.wrap_bio(self.inward, self.outward, server_hostname="localhost")
        self.patiently(self.tls.do_handshake)

    def patiently(self, act, *args):
        while True:
            try:
                return act(*args)
            except ssl.SSLWantReadError:
                self.flush()
                self.inward.write(self.socket.recv(65536))

    def flush(self):
        self.socket.sendall(self.outward.read())

    def sendall(self, data, size):
        """In records of that size, which leave together."""
        for i in range(0, len(data), size):
            self.tls.write(data[i : i + size])
        self.flush()

    def recv(self, size):
        return self.patiently(self.tls.read, size)


def records():
    """TLS records that come together, with the end of the handshake or without it: none of
    them waits until another comes."""
    health = request(b"GET", b"/healthz")
    challenge = request(b"POST", b"/v1/nodes/%s/challenge" % ID, BODIES[b"challenge"])
    evidence = request(b"POST", b"/v1/nodes/%s/evidence" % ID, b"{" * 300000)
    for size in (1, 50, len(challenge) - 1, 16384):
        s = Records()
        for _ in range(2):
            s.sendall(challenge, size)
            expect(f"a request in records of {size} bytes", 404, read_answer(s)[0])
        s.sendall(evidence, max(size, 50))
        expect(f"a large one in records of {size} bytes", 400, read_answer(s)[0])
        s.socket.close()
    # More than the front takes of one that waits for an answer: a last record that is
    # small, and many.
    for count in (65536 // len(health) + 1, 2000):
        s = Records()
        s.sendall(health * count, 16384)
        data = b""
        while data.count(b"no-release") < count:
            more = s.recv(65536)
            if not more:
                break
            data += more
        expect(f"{count} requests at once", count, data.count(b"HTTP/1.1 503 "))
        s.socket.close()


def tls():
    def fails(what, do):
        try:
            do()
            got = "an answer"
        except (OSError, ssl.SSLError, ValueError):
            got = "an end"
        expect(what, "an end", got)

    def old(version):
        c = context()
        c.minimum_version = ssl.TLSVersion.TLSv1_2
        c.maximum_version = version
        connect(False, c).recv(1)

    fails("TLS 1.2", lambda: old(ssl.TLSVersion.TLSv1_2))
    c = context()
    c.check_hostname = False
    s = c.wrap_socket(dial(PORT))
    s.sendall(request(b"GET", b"/healthz"))
    expect("no server name", 503, read_answer(s)[0])
    s.close()
    # A certificate of anybody's is no administrator, and no reason to say more.
    stranger = context("stranger")
    s = connect(True, stranger)
    s.sendall(request(b"GET", b"/v1/admin/nodes"))
    status, head, body = read_answer(s)
    expect("a stranger's certificate", 401, status)
    s.close()
    s = connect(True, NODE)
    s.sendall(request(b"GET", b"/v1/admin/nodes"))
    expect("no certificate", 401, read_answer(s)[0])
    s.close()
    raw = {
        "plain HTTP": request(b"GET", b"/healthz"),
        "an alert": b"\x15\x03\x03\x00\x02\x02\x28",
        "a record too long": b"\x16\x03\x01\xff\xff" + b"\0" * 4096,
        "half a hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "zeros": b"\0" * 10000,
        "application data": b"\x17\x03\x03\x00\x20" + b"\0" * 32,
        "SSLv2": b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + b"\1" * 40,
    }
    for what, data in raw.items():
        for port in (PORT, ADMIN_PORT):
            s = dial(port)
            said = b""
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while chunk := s.recv(4096):
                    said += chunk
            except OSError:
                pass
            s.close()
            expect(f"{what}: no HTTP in the clear", False, b"HTTP/" in said)
    # An alert, and garbage, in the middle of a request.
    for data in (b"\x15\x03\x03\x00\x02\x02\x28", b"\xff" * 64):
        s = connect(False)
        s.sendall(b"GET /healthz HTTP/1.1\r\n")
        plain = socket.socket(fileno=s.detach())
        plain.sendall(data)
        plain.settimeout(PATIENCE_S)
        try:
            while plain.recv(4096):
                pass
            ended = True
        except TimeoutError:
            ended = False
        except OSError:
            ended = True
        expect("an alert midway ends the connection", True, ended)
        plain.close()
    others_are_served("bad TLS")


def resumed():
    c = context()
    s = connect(False, c)
    s.sendall(request(b"GET", b"/healthz"))
    read_answer(s)
    session = s.session
    s.close()
    expect("a ticket", True, session is not None and session.has_ticket)
    s = c.wrap_socket(dial(PORT), server_hostname="localhost", session=session)
    s.sendall(request(b"GET", b"/healthz"))
    expect("a resumed connection", 503, read_answer(s)[0])
    expect("that it is one", True, s.session_reused)
    s.close()


def client_hello(ticket):
    """TLS 1.3's, which offers this ticket (RFC 8446, 4.1.2 and 4.2.11), in records."""
    def sized(width, data):
        return len(data).to_bytes(width, "big") + data

    def extension(kind, data):
        return kind.to_bytes(2, "big") + sized(2, data)

    extensions = (
        extension(43, sized(1, b"\x03\x04"))  # supported_versions
        + extension(10, sized(2, b"\x00\x1d"))  # supported_groups: X25519
        + extension(13, sized(2, b"\x04\x03"))  # signature_algorithms: P-256, SHA-256
        + extension(51, sized(2, b"\x00\x1d" + sized(2, b"\x09" * 32)))  # key_share
        + extension(45, sized(1, b"\x01"))  # psk_key_exchange_modes
        + extension(41, sized(2, sized(2, ticket) + b"\0" * 4) + sized(2, sized(1, b"\0" * 32)))
    )
    body = b"\x03\x03" + b"\x07" * 32 + sized(1, b"") + sized(2, b"\x13\x01") + sized(1, b"\0") + sized(2, extensions)
    message = b"\x01" + sized(3, body)
    return b"".join(b"\x16\x03\x01" + sized(2, message[i : i + 16384]) for i in range(0, len(message), 16384))


def tickets():
    """A ticket as large as one can be, of which nothing is known: a full handshake, or none."""
    for size in (0, 1, 255, 16384, 65000):
        for _ in range(20):
            s = dial(PORT)
            said = b""
            try:
                s.sendall(client_hello(b"\xa5" * size))
                said = s.recv(4096)
            except OSError:
                pass
            s.close()
            # An identity has a byte at least; any other size gets a ServerHello.
            expect(f"a ticket of {size} bytes", 0x15 if size == 0 else 0x16, said[0] if said else 0)
        others_are_served(f"tickets of {size} bytes")
