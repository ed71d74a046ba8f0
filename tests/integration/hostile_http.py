#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every endpoint of verifierd, asked in every wrong way that a table can hold.

    hostile_http.py PORT ADMIN_PORT KEYS PROTOCOL

KEYS is what verifierd --init made. Exit status 0 where each request got the
answer that PROTOCOL, docs/protocol.md, names, nothing was echoed, and others were served
in between.
"""
import json
import re
import socket
import ssl
import sys
import time

PORT, ADMIN_PORT, KEYS = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with open(sys.argv[4], encoding="utf-8") as protocol:
    # "`404 not-found`" and "`node-unknown`"
    DOCUMENTED = {word for quoted in re.findall("`([^`]+)`", re.sub("```.*?```", "", protocol.read(), flags=re.S)) for word in quoted.split()}
ID = b"0" * 63 + b"7"
MARK = b"ECHO5e1f"  # in each hostile text; must come back nowhere
PATIENCE_S = 60
failures = []
passed = 0

# (method, path, is on the administration listener, largest body)
ENDPOINTS = [
    (b"POST", b"/v1/enrol", False, 65536),
    (b"POST", b"/v1/enrol/%s/activate" % ID, False, 65536),
    (b"POST", b"/v1/nodes/%s/challenge" % ID, False, 65536),
    (b"POST", b"/v1/nodes/%s/evidence" % ID, False, 33554432),
    (b"GET", b"/v1/bundle", False, 0),
    (b"GET", b"/healthz", False, 0),
    (b"GET", b"/healthz", True, 0),
    (b"GET", b"/metrics", True, 0),
    (b"GET", b"/v1/admin/nodes", True, 0),
    (b"GET", b"/v1/admin/nodes/%s" % ID, True, 0),
    (b"GET", b"/v1/admin/nodes/%s/evidence" % ID, True, 0),
    (b"POST", b"/v1/admin/nodes/%s/quarantine" % ID, True, 65536),
    (b"POST", b"/v1/admin/nodes/%s/retire" % ID, True, 65536),
    (b"POST", b"/v1/admin/acts", True, 65536),
    (b"GET", b"/v1/admin/releases", True, 0),
    (b"GET", b"/v1/admin/audit", True, 0),
]
# A body of the right form for each POST, that reaches what answers it.
BODIES = {
    b"enrol": b'{"version":1,"hostname":"h","ek":{"index":"01c0000a","certificate":"AAAA","chain":[],'
    b'"public":"AAAA"},"ak":{"public":"AAAA"}}',
    b"activate": b'{"version":1,"record":"AAAA","secret":"AAAA","nonce":"AAAA","attest":"AAAA","signature":"AAAA"}',
    b"challenge": b'{"version":1,"resetCount":3,"restartCount":0}',
    b"evidence": b'{"version":1,"nonce":"AAAA","attest":"AAAA","signature":"AAAA","pcrs":["00"],'
    b'"imaLog":{"first":0,"entries":""}}',
    b"quarantine": b'{"version":1,"reason":"r"}',
    b"retire": b'{"version":1,"reason":"r"}',
    b"acts": b'{"version":1,"act":"AAAA","signature":"AAAA"}',
}


def expect(what, wanted, got):
    global passed
    if got == wanted or (isinstance(wanted, (set, range)) and got in wanted):
        passed += 1
    else:
        failures.append(f"{what}: wanted {wanted}, got {got}")


def context(certificate=None):
    c = ssl.create_default_context(cafile=f"{KEYS}/tls_cert.pem")
    if certificate:
        c.load_cert_chain(f"{KEYS}/{certificate}_cert.pem", f"{KEYS}/{certificate}_key.pem")
    return c


NODE, ADMIN = context(), context("admin")


def dial(port):
    s = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    s.settimeout(PATIENCE_S)
    return s


def connect(is_admin, ctx=None):
    port = ADMIN_PORT if is_admin else PORT
    return (ctx or (ADMIN if is_admin else NODE)).wrap_socket(dial(port), server_hostname="localhost")


def read_answer(s):
    """(status, head, body); 0 where the connection ends without an answer."""
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            more = s.recv(65536)
        except (OSError, ssl.SSLError):
            more = b""
        if not more:
            return 0, data, b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(l[16:]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length: ")), 0)
    while len(body) < length:
        try:
            more = s.recv(65536)
        except (OSError, ssl.SSLError):
            more = b""
        if not more:
            break
        body += more
    return int(head[9:12]), head, body


def check_answer(what, status, head, body, request):
    """What holds for every answer, whatever was asked."""
    if MARK in request and MARK in head + body:
        failures.append(f"{what}: an echo: {body[:200]!r}")
    if status >= 400:
        try:
            error = json.loads(body)
            code = error["error"]["code"] if "error" in error else error["status"]
            ok = code in DOCUMENTED
        except (ValueError, KeyError, TypeError):
            ok = False
        if not ok:
            failures.append(f"{what}: {status} without a documented code: {body[:200]!r}")
    if status in (429, 503) and b"\r\nretry-after: " not in head.lower():
        failures.append(f"{what}: {status} without Retry-After")


def ask(what, request, wanted, is_admin=False, close_half=False):
    s = connect(is_admin)
    try:
        s.sendall(request)
        if close_half:
            s.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the answer came before all was taken
    status, head, body = read_answer(s)
    s.close()
    check_answer(what, status, head, body, request)
    expect(what, wanted, status)
    return status, head, body


def request(method, path, body=b"", headers=(), version=b"HTTP/1.1", host=b"Host: v\r\n", kind=b"application/json"):
    lines = [b"%s %s %s\r\n" % (method, path, version), host]
    if method == b"POST":
        if kind:
            lines.append(b"Content-Type: %s\r\n" % kind)
        lines.append(b"Content-Length: %d\r\n" % len(body))
    lines += [h + b"\r\n" for h in headers]
    return b"".join(lines) + b"\r\n" + body


def others_are_served(after):
    started = time.monotonic()
    ask(f"others after {after}", request(b"GET", b"/healthz"), 503)
    if time.monotonic() - started > 10:
        failures.append(f"others waited after {after}")


# --- what is wrong with any request, whatever it asks for ---------------------
def framing(method, path, most, body):
    post = method == b"POST"
    sized = b"Content-Length: %d" % len(body)
    yield "HTTP/0.9", b"%s %s\r\n\r\n" % (method, path), 400
    yield "HTTP/2.0", request(method, path, body, version=b"HTTP/2.0"), 505
    yield "no version", request(method, path, body, version=b"HTTQ/1.1"), 400
    yield "lower case", request(method.lower(), path, body), 405
    yield "a method nobody knows", request(b"TRACE", path, b""), 405
    yield "HEAD", request(b"HEAD", path), 405
    yield "OPTIONS", request(b"OPTIONS", path), 405
    yield "the other method", request(b"GET" if post else b"POST", path, b"" if post else b"{}"), 405
    yield "an absolute URI", request(method, b"https://" + MARK + path, body), 400
    yield "an authority", request(b"CONNECT", b"v:443", b""), 405
    yield "a path with NUL", request(method, path + b"\0" + MARK, body), 400
    yield "an encoded slash", request(method, path.replace(b"/v1/", b"/v1%2f").replace(b"/h", b"%2fh").replace(b"/m", b"%2fm"), body), {400, 404}
    yield "dots", request(method, b"/v1/.." + path, body), 404
    yield "two slashes", request(method, b"/" + path, body), 404
    yield "a slash more", request(method, path + b"/", body), 404
    yield "a path too long", request(method, path + MARK + b"a" * 20000, body), 431
    yield "no Host", request(method, path, body, host=b""), 400
    yield "two Hosts", request(method, path, body, headers=[b"Host: " + MARK]), 400
    yield "a field without a name", request(method, path, body, headers=[b": " + MARK]), 400
    yield "a field without a colon", request(method, path, body, headers=[MARK]), 400
    yield "a space before the colon", request(method, path, body, headers=[b"X : " + MARK]), 400
    yield "a folded field", request(method, path, body, headers=[b"X: a", b" " + MARK]), 400
    yield "a bare line feed", request(method, path, body).replace(b"\r\nHost", b"\nHost"), 400
    yield "a control character", request(method, path, body, headers=[b"X: \x01" + MARK]), 400
    yield "a NUL in a field", request(method, path, body, headers=[b"X: a\0b"]), 400
    yield "65 fields", request(method, path, body, headers=[b"X: y"] * 65), 431
    yield "a field too long", request(method, path, body, headers=[b"X: " + b"a" * 17000]), 431
    yield "another expectation", request(method, path, body, headers=[b"Expect: " + MARK]), 417
    yield "chunked", request(method, path, b"", headers=[b"Transfer-Encoding: chunked"]).replace(b"Content-Length: 0\r\n", b"") + b"zz\r\n" + MARK, 411
    yield "length and chunked", request(method, path, body, headers=[b"Transfer-Encoding: chunked"]), 411
    yield "a bad chunk size", request(method, path, b"", headers=[b"Transfer-Encoding: chunked"]) + b"ffffffffffffffffff\r\n", 411
    yield "gzip", request(method, path, body, headers=[b"Content-Encoding: gzip"]), 415
    if not post:
        yield "a body", request(method, path, b"", headers=[b"Content-Length: 5"]) + MARK[:5], 400
        yield "an unknown query", request(method, path + b"?" + MARK + b"=1", b""), {200, 400, 404, 503}
        return
    yield "two lengths", request(method, path, body, headers=[sized]), 400
    yield "two lengths that differ", request(method, path, body, headers=[b"Content-Length: 1"]), 400
    yield "a negative length", request(method, path).replace(b"Content-Length: 0", b"Content-Length: -1"), 400
    yield "a length with a sign", request(method, path).replace(b"Content-Length: 0", b"Content-Length: +2"), 400
    yield "a length in hex", request(method, path).replace(b"Content-Length: 0", b"Content-Length: 0x2"), 400
    yield "a length of 64 bits", request(method, path).replace(b"Content-Length: 0", b"Content-Length: 18446744073709551616"), 413
    yield "no length", request(method, path).replace(b"Content-Length: 0\r\n", b""), 411
    yield "one byte too long", request(method, path).replace(b"Content-Length: 0", b"Content-Length: %d" % (most + 1)), 413
    yield "no type", request(method, path, body, kind=None), 415
    yield "another type", request(method, path, body, kind=b"text/plain"), 415
    yield "a longer type", request(method, path, body, kind=b"application/jsonx"), 415
    yield "two types", request(method, path, body, headers=[b"Content-Type: application/json"]), 400


# --- what is wrong with a body ---------------------------------------------
def bodies(body):
    yield "nothing", b""
    yield "a NUL", b"\0"
    yield "no JSON", MARK
    yield "a BOM", b"\xef\xbb\xbf" + body
    yield "UTF-16", body.decode().encode("utf-16")
    yield "a NUL at the end", body + b"\0"
    yield "text behind it", body + MARK
    yield "two objects", body + body
    yield "an array", b"[" + body + b"]"
    yield "a number", b"1"
    yield "null", b"null"
    yield "an empty object", b"{}"
    yield "another version", body.replace(b'"version":1', b'"version":2')
    yield "a version too large", body.replace(b'"version":1', b'"version":4294967297')
    yield "a version that is real", body.replace(b'"version":1', b'"version":1.0')
    yield "a version that is text", body.replace(b'"version":1', b'"version":"1"')
    yield "no version", body.replace(b'"version":1,', b"")
    yield "an unknown member", body[:-1] + b',"%s":1}' % MARK
    yield "a member twice", body[:-1] + b',"version":1}'
    yield "a member twice, escaped", body[:-1] + b',"\\u0076ersion":1}'
    yield "a lone surrogate", body[:-1] + b',"x":"\\ud800"}'
    yield "no UTF-8", body[:-1] + b',"x":"\xff\xfe"}'
    yield "an escaped NUL", body[:-1] + b',"x":"\\u0000"}'
    yield "white space in base64", body.replace(b"AAAA", b"AA AA").replace(b'"r"', b'"\\u0000"').replace(b'"resetCount":3', b'"resetCount":" 3"')
    yield "the other alphabet", body.replace(b"AAAA", b"_-AA").replace(b'"r"', b"7").replace(b'"resetCount":3', b'"resetCount":-3')
    yield "a number out of range", body.replace(b'"resetCount":3', b'"resetCount":4294967296').replace(b'"version":1', b'"version":1e400')
    yield "brackets", b"[" * 60000
    yield "objects", b'{"a":' * 12000
    yield "members", b"{" + b'"a":1,' * 10000 + b"}"
    yield "a string too long", b'{"version":1,"x":"' + b"a" * 60000 + b'"}'
    for cut in sorted({1, len(body) // 4, len(body) // 2, len(body) - 2, len(body) - 1}):
        yield f"its first {cut} bytes", body[:cut]


def every_endpoint():
    for method, path, is_admin, most in ENDPOINTS:
        name = path.rsplit(b"/", 1)[-1]
        body = BODIES.get(name, b"")
        where = f"{method.decode()} {path.decode()}"
        for what, text, wanted in framing(method, path, most, body):
            ask(f"{where}: {what}", text, wanted, is_admin)
        if method == b"POST":
            for what, text in bodies(body):
                ask(f"{where}: {what}", request(method, path, text), 400, is_admin)
        others_are_served(where)


def routes():
    for path in (b"/", b"/v1", b"/v1/nodes", b"/v1/nodes/%s" % ID[:-1], b"/v1/nodes/%sA" % ID[:-1],
                 b"/v1/nodes/%s0/challenge" % ID, b"/v1/nodes/../challenge", b"/v1/nodes//challenge",
                 b"/v1/nodes/%s/jwt-svid" % ID, b"/v1/nodes/{id}/challenge", b"/v1/enrol/%s" % ID):
        ask(f"no such path {path!r}", request(b"POST", path, b"{}"), 404)
    for method, path, is_admin, _ in ENDPOINTS:
        if path == b"/healthz":
            continue
        # On the other listener there is no such path, whoever asks.
        ask(f"{path!r} on the other listener", request(method, path, b"{}" if method == b"POST" else b""), 404, not is_admin)
    for query in (b"?limit=0x1", b"?limit=5&limit=6", b"?after=" + MARK, b"?state=" + MARK, b"?%6cimit=1", b"?limit=-1", b"?&"):
        ask(f"nodes{query!r}", request(b"GET", b"/v1/admin/nodes" + query), 400, True)
    for query in (b"?trust-domain=" + MARK.upper(), b"?trust-domain=a&trust-domain=a", b"?x", b"?trust-domain=%00"):
        ask(f"bundle{query!r}", request(b"GET", b"/v1/bundle" + query), 400)


def order():
    """Out of turn, for a node that nobody knows: each its documented code."""
    def told(path, wanted, code):
        name = path.rsplit(b"/", 1)[-1]
        _, _, body = ask(f"{path!r} out of turn", request(b"POST", path, BODIES[name]), wanted)
        expect(f"code of {path!r} out of turn", True, code is None or code in body)
    told(b"/v1/nodes/%s/challenge" % ID, 404, b'"node-unknown"')
    told(b"/v1/nodes/%s/evidence" % ID, {400, 404}, None)
    told(b"/v1/enrol/%s/activate" % ID, {400, 404}, None)
    told(b"/v1/enrol", 403, b'"ek-malformed"')
    for verb in (b"quarantine", b"retire"):
        ask(f"{verb!r} of nobody", request(b"POST", b"/v1/admin/nodes/%s/%s" % (ID, verb), BODIES[verb]), 404, True)
    ask("an act nobody signed", request(b"POST", b"/v1/admin/acts", BODIES[b"acts"]), 403, True)
    ask("a node nobody knows", request(b"GET", b"/v1/admin/nodes/%s" % ID), 404, True)


def one_connection():
    """Requests on one connection, one after the other and all at once."""
    health = request(b"GET", b"/healthz")
    s = connect(False)
    for _ in range(3):
        s.sendall(health)
        expect("a kept connection", 503, read_answer(s)[0])
    s.sendall(health * 5)
    data = b""
    while data.count(b"no-release") < 5:
        more = s.recv(65536)
        if not more:
            break
        data += more
    expect("five requests at once", 5, data.count(b"HTTP/1.1 503 "))
    s.close()
    # What follows a refused one is never taken for another request.
    s = connect(False)
    s.sendall(request(b"POST", b"/v1/enrol", b"", headers=[b"Transfer-Encoding: chunked"]).replace(b"Content-Length: 0\r\n", b"") + health)
    expect("a smuggled request", 411, read_answer(s)[0])
    expect("is not answered", 0, read_answer(s)[0])
    s.close()
    ask("HTTP/1.0", request(b"GET", b"/healthz", version=b"HTTP/1.0"), 503)
    s = connect(False)
    s.sendall(request(b"GET", b"/healthz", version=b"HTTP/1.0", headers=[b"Connection: keep-alive"]))
    expect("HTTP/1.0 again", 503, read_answer(s)[0])
    expect("is closed", 0, read_answer(s)[0])
    s.close()
    s = connect(False)
    s.sendall(request(b"POST", b"/v1/enrol", headers=[b"Expect: 100-continue"]).replace(b"Content-Length: 0", b"Content-Length: 2"))
    expect("100 Continue", b"HTTP/1.1 100 ", s.recv(13))
    s.recv(100)
    s.sendall(b"{}")
    expect("and what follows", 400, read_answer(s)[0])
    s.close()


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


def cut_short():
    """A connection that ends anywhere in a request, or as soon as it is complete."""
    whole = request(b"POST", b"/v1/nodes/%s/challenge" % ID, BODIES[b"challenge"])
    for cut in range(0, len(whole), 7):
        s = connect(False)
        s.sendall(whole[:cut])
        s.close()
    for cut in range(0, len(whole), 31):
        s = connect(False)
        s.sendall(whole[:cut])
        # Without a word of TLS.
        socket.socket(fileno=s.detach()).close()
    others_are_served("connections that were cut")


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
    """A ticket is the client's to change; a changed one is a full handshake."""
    c = context()
    s = connect(False, c)
    s.sendall(request(b"GET", b"/healthz"))
    read_answer(s)
    session = s.session
    s.close()
    if session is None:
        return
    s = c.wrap_socket(dial(PORT), server_hostname="localhost", session=session)
    s.sendall(request(b"GET", b"/healthz"))
    expect("a resumed connection", 503, read_answer(s)[0])
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


for test in (routes, order, one_connection, records, cut_short, tls, resumed, tickets, every_endpoint):
    others_are_served("the start of " + test.__name__)
    test()
for failure in failures:
    print("not ok:", failure)
print(f"hostile_http: {passed} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
