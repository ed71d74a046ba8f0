#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTPS server for a release directory that can be told to misbehave.

usage: release_server.py DIRECTORY CERTIFICATE KEY STATE

STATE/port is written when it listens; STATE/mode is read at each request: a word, and
for some a path that it is for. STATE/requests gets a line for each: status and path;
STATE/taken says how much of a file without an end was taken.
"""
import http.server
import os
import ssl
import sys

DIRECTORY, CERTIFICATE, KEY, STATE = sys.argv[1:]
PAGE = 60000  # what says in mode pages that a file is not there


def mode():
    try:
        with open(os.path.join(STATE, "mode"), encoding="ascii") as file:
            return (file.read().split() + ["", ""])[:2]
    except FileNotFoundError:
        return ["ok", ""]


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments):
        super().__init__(*arguments, directory=DIRECTORY)

    def log_message(self, *arguments):
        pass

    def log_request(self, code="-", size="-"):
        with open(os.path.join(STATE, "requests"), "a", encoding="ascii") as file:
            file.write(f"{int(code)} {self.path}\n")

    def say(self, code, headers, body=b""):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def endless(self):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        taken = 0
        try:
            while taken < 1 << 28:
                taken += self.wfile.write(b" " * 65536)
        except OSError:
            pass
        with open(os.path.join(STATE, "taken"), "w", encoding="ascii") as file:
            file.write(f"{taken}\n")

    def do_GET(self):
        what, path = mode()
        if path and self.path != "/" + path:
            what = "ok"
        if what == "redirect":
            self.say(302, [("Location", "https://localhost:1/")])
        elif what == "error":
            self.say(500, [], b"no")
        elif what == "pages" and not os.path.exists(self.translate_path(self.path)):
            self.say(404, [], b" " * PAGE)
        elif what == "endless":
            self.endless()
        elif what == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"{")
            self.close_connection = True
        elif what == "page":
            self.say(200, [("Content-Type", "text/html")], b"<html>please log in</html>")
        else:
            super().do_GET()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
server.socket = context.wrap_socket(server.socket, server_side=True)
with open(os.path.join(STATE, "port.new"), "w", encoding="ascii") as out:
    out.write(str(server.server_port))
os.rename(os.path.join(STATE, "port.new"), os.path.join(STATE, "port"))
server.serve_forever()
