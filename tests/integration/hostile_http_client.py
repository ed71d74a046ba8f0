# SPDX-License-Identifier: Apache-2.0
"""verifierd as hostile_http.py asks it: where it listens, what it documents, and what
holds for each of its answers."""
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
passes = []
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
    if got == wanted or (isinstance(wanted, (set, range)) and got in wanted):
        passes.append(what)
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
