#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What stands between attestd and its verifier, and does what a file says.

    hostile_verifier.py UPSTREAM_PORT KEYS OTHER_CERT OTHER_KEY MODE_FILE PORT_FILE

MODE_FILE holds one word; "pass" hands everything on. With "die before /evidence", "behind" or
"with", a process ends at the first such request, before the verifier has it, before its answer is
handed on, or as that is.
"""
import base64
import json
import os
import signal
import socket
import ssl
import sys
import threading
import time

UPSTREAM, KEYS, OTHER_CERT, OTHER_KEY, MODE_FILE, PORT_FILE = sys.argv[1:]
before = {}  # the last good answer to evidence


def server(certificate, key):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(certificate, key)
    return c


GENUINE = server(f"{KEYS}/tls_cert.pem", f"{KEYS}/tls_key.pem")
OTHER = server(OTHER_CERT, OTHER_KEY)
# So many session tickets after each handshake, which huge_tickets.so makes as large
# as a ticket can be.
TICKETS = server(f"{KEYS}/tls_cert.pem", f"{KEYS}/tls_key.pem")
TICKETS.num_tickets = 100
OLD = server(f"{KEYS}/tls_cert.pem", f"{KEYS}/tls_key.pem")
OLD.maximum_version = ssl.TLSVersion.TLSv1_2
CLIENT = ssl.create_default_context(cafile=f"{KEYS}/tls_cert.pem")


def mode():
    with open(MODE_FILE, encoding="ascii") as f:
        return f.read().strip()


def read_message(s, data=b""):
    """(head, body), or None where the peer went."""
    while b"\r\n\r\n" not in data:
        more = s.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        more = s.recv(65536)
        if not more:
            return None
        body += more
    return head, body


def hand_on(head, body):
    with CLIENT.wrap_socket(socket.create_connection(("127.0.0.1", int(UPSTREAM))), server_hostname="localhost") as s:
        s.sendall(head + b"\r\n\r\n" + body)
        return read_message(s)


def answer(status, body=b"", headers=(), kind=b"application/json", length=None):
    lines = [b"HTTP/1.1 %d X" % status, b"Content-Type: " + kind, b"Content-Length: %d" % (len(body) if length is None else length)]
    return b"\r\n".join(lines + list(headers)) + b"\r\n\r\n" + body


def error(code):
    return json.dumps({"error": {"code": code, "advice": "x\n\x1b[2J"}}).encode()


def altered(body, member, change):
    result = json.loads(body)
    result[member] = base64.b64encode(change(base64.b64decode(result[member]))).decode()
    return json.dumps(result).encode()


def flip_last(data):
    return data[:-1] + bytes([data[-1] ^ 1])


# For evidence's answer, from the genuine one.
SPOIL = {
    "verdict": lambda b: altered(b, "verdict", lambda t: t.replace(b"expires ", b"expires 9")),
    "signature": lambda b: altered(b, "signature", flip_last),
    "certificate": lambda b: altered(b, "certificate", flip_last),
    "cut-result": lambda b: b[: len(b) // 2],
    "empty-result": lambda b: b"{}",
    "replay": lambda b: before["answer"],
}
# Instead of an answer to evidence.
REFUSED = ("signature-invalid",)
# Instead of any answer.
INSTEAD = {
    "busy": lambda: answer(429, error("busy")),
    "busy-long": lambda: answer(429, error("busy"), [b"Retry-After: 99999999999999999999"]),
    "busy-garbage": lambda: answer(429, b"\0<html>", [b"Retry-After: \xff\xfe soon"]),
    "failing": lambda: answer(500, b""),
    "away": lambda: answer(503, b"not json at all", [b"Retry-After: -1"]),
    "page": lambda: answer(200, b"<html>" + b"x" * 1000, kind=b"text/html"),
    "redirect": lambda: answer(302, b"", [b"Location: https://localhost:1/"]),
    "deep": lambda: answer(200, b"[" * 100000),
    "teapot": lambda: answer(418, error("x" * 60000)),
    "no-http": lambda: b"\0\1\2\3" * 1000,
    "quarantined": lambda: answer(403, error("node-quarantined")),
    "retired": lambda: answer(403, error("node-retired")),
}


def flood(s, is_chunked):
    """A body without end."""
    if is_chunked:
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    else:
        s.sendall(answer(200, length=1 << 40))
        piece = b" " * 65536
    for _ in range(4096):
        s.sendall(piece)


def count(what):
    """A byte for each in MODE_FILE.WHAT."""
    with open(f"{MODE_FILE}.{what}", "ab") as f:
        f.write(b".")


# Since the last challenge.
told = threading.Event()


def serve_wait(s, what):
    """True where it was answered here."""
    count("waits")
    if what == "deaf":
        time.sleep(600)
    if what not in ("told", "untold", "told-and-refused"):
        return False
    told.set()
    s.sendall(answer(200, b'{"attest":false}' if what == "untold" else b'{"attest":true}'))
    return True


def serve_death(s, when, head, body):
    """The process of MODE_FILE.pid ends: before the verifier has this, before its answer, or with that."""
    while not os.path.exists(f"{MODE_FILE}.pid"):
        time.sleep(0.01)
    with open(MODE_FILE, "w", encoding="ascii") as f:
        f.write("pass")
    got = hand_on(head, body) if when != "before" else None
    if when == "with":
        s.sendall(got[0] + b"\r\n\r\n" + got[1])
    with open(f"{MODE_FILE}.pid", encoding="ascii") as f:
        os.kill(int(f.read()), signal.SIGKILL)
    count("deaths")


def serve_nonsense(s, what):
    """False where it is to be answered otherwise."""
    if what in INSTEAD:
        s.sendall(INSTEAD[what]())
    elif what in ("huge", "endless"):
        flood(s, what == "endless")
    elif what == "cut":
        s.sendall(answer(200, b'{"nonce":"', length=1000))
    elif what == "slow":
        for byte in answer(200, b"{}" * 400):
            s.sendall(bytes([byte]))
            time.sleep(0.1)
    else:
        return False
    return True


def serve_request(s, head, body):
    """False where the connection is to end."""
    what = mode()
    target = head.split(b"\r\n")[0]
    if b"/challenge " in target:
        count("challenges")
        if what == "told-and-refused" and told.is_set():
            told.clear()
            s.sendall(INSTEAD["busy"]())
            return True
    if b"/wait?" in target and serve_wait(s, what):
        return True
    if what.startswith("die ") and what.split()[2].encode() in target:
        return serve_death(s, what.split()[1], head, body)
    if what in ("wrong-certificate", "old-tls", "plaintext", "silent"):
        return False  # the next connection shows it
    # "wait-WHAT": of waits alone.
    if serve_nonsense(s, what.removeprefix("wait-") if b"/wait?" in target else what):
        return False
    if what in REFUSED and b"/evidence " in head.split(b"\r\n")[0]:
        s.sendall(answer(400, error(what)))
        return True
    got = hand_on(head, body)
    if got is None:
        return False
    reply_head, reply = got
    if b"/evidence " in head.split(b"\r\n")[0] and reply_head.startswith(b"HTTP/1.1 200"):
        if what in SPOIL:
            s.sendall(answer(200, SPOIL[what](reply)))
            return True
        if b'"verdict":""' not in reply:
            before["answer"] = reply
    if what == "interval" and b"/challenge " in target and reply_head.startswith(b"HTTP/1.1 200"):
        s.sendall(answer(200, json.dumps(dict(json.loads(reply), intervalS=1)).encode()))
        return True
    s.sendall(reply_head + b"\r\n\r\n" + reply)
    return True


def serve(conn):
    try:
        conn.settimeout(600)
        what = mode()
        if what == "silent":
            time.sleep(20)
            return
        if what == "plaintext":
            conn.recv(4096)
            conn.sendall(answer(400, error("no-tls")))
            return
        context = {"wrong-certificate": OTHER, "tickets": TICKETS, "old-tls": OLD}.get(what, GENUINE)
        with context.wrap_socket(conn, server_side=True) as s:
            while (message := read_message(s)) and serve_request(s, *message):
                pass
    except (OSError, ssl.SSLError, ValueError, KeyError):
        pass
    finally:
        conn.close()


listener = socket.create_server(("127.0.0.1", 0))
with open(PORT_FILE + ".new", "w", encoding="ascii") as f:
    f.write(str(listener.getsockname()[1]))
os.rename(PORT_FILE + ".new", PORT_FILE)
while True:
    peer, _ = listener.accept()
    threading.Thread(target=serve, args=(peer,), daemon=True).start()
