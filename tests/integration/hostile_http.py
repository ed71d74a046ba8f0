#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every endpoint of verifierd, asked in every wrong way that a table can hold.

    hostile_http.py PORT ADMIN_PORT KEYS PROTOCOL

KEYS is what verifierd --init made. Exit status 0 where each request got the
answer that PROTOCOL, docs/protocol.md, names, nothing was echoed, and others were served
in between.
"""
import socket
import sys

sys.dont_write_bytecode = True  # beside the sources
from hostile_http_client import (  # noqa: E402
    BODIES, ID, MARK, ask, connect, expect, failures, others_are_served, passes, read_answer, request)
from hostile_http_tls import records, resumed, tickets, tls  # noqa: E402

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
# Of others, what comes before anything reads the request.
ENTRY = b"/v1/admin/entries/e"
OTHERS = [(b"GET", b"/v1/nodes/%s/wait" % ID, False), (b"POST", b"/v1/admin/canaries", True), (b"GET", b"/v1/admin/entries", True),
          (b"GET", ENTRY, True), (b"POST", ENTRY + b"/quarantine", True), (b"POST", ENTRY + b"/remove", True)]
QUERY_MAX = 4096


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


def long_queries():
    """The front lets none through that an appraiser does not take: its process would end."""
    for method, path, is_admin in [endpoint[:3] for endpoint in ENDPOINTS] + OTHERS:
        body = b"{}" if method == b"POST" else b""
        for length, wanted in ((QUERY_MAX, {200, 400, 404, 409, 503}), (QUERY_MAX + 1, 414), (15000, 414)):
            query = b"?" + MARK + b"a" * (length - len(MARK))
            _, _, told = ask(f"{path!r} with a query of {length}", request(method, path + query, body), wanted, is_admin)
            expect(f"a process for {path!r} with a query of {length}", False, b'"busy"' in told)
        others_are_served(f"long queries of {path!r}")


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


for test in (routes, long_queries, order, one_connection, records, cut_short, tls, resumed, tickets, every_endpoint):
    others_are_served("the start of " + test.__name__)
    test()
for failure in failures:
    print("not ok:", failure)
print(f"hostile_http: {len(passes)} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
