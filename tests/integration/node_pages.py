#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A verifier's administration listener that has a list of nodes, and believes each act.

    node_pages.py DIRECTORY CERTIFICATE KEY NODES [TLS]

writes its port into DIRECTORY/port and each request into DIRECTORY/requests: a path, or an
act with its signature. What DIRECTORY/mode says of pages: good; again, the same page for
ever; back, `next` goes back; none, more and no `next`; escape, commands to a terminal in a
refusal, and shown, in what there is of a node. Of acts: refuse CODE [TIMES]
refuses them; hold CODE the first, in the third second after that in which it came. DIRECTORY/audit.json is its
audit log's only page. TLS is its version, 1.3 where none is named, or "none".
"""
import http.server
import json
import os
import ssl
import sys
import time
import urllib.parse

directory, certificate, key, count = sys.argv[1:5]
MANIFEST = os.path.join(directory, "manifest")  # which they run, where it is there
NODES = [{"id": "%064x" % (7 * i + 1), "state": "stale" if i % 10 == 0 else "trusted",
          "host": "host-%d" % i, "hostname": "", "class": "server", "releaseVersion": 1}
         for i in range(int(count))]


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        act = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.note("%s %s" % (act["act"], act["signature"]))
        words = self.mode().split()
        with open(os.path.join(directory, "requests")) as log:
            count = len(list(log))
        is_refused = words[0] == "refuse" and count <= int((words + ["1000"])[2])
        if words[0] == "hold" and count == 1:
            is_refused = True
            time.sleep(int(time.time()) + 3 - time.time())
        if is_refused:
            self.answer(409, {"version": 1, "error": {"code": words[1], "advice": ""}})
        else:
            self.answer(200, NODES[0])

    def do_GET(self):
        self.note(self.path)
        mode = self.mode()
        if mode == "escape":
            self.answer(409, {"error": {"code": "\033[2Jgone", "advice": "\033]0;x\007here"}})
            return
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        if "/audit" in self.path:
            with open(os.path.join(directory, "audit.json")) as page:
                self.answer(200, json.load(page))
            return
        if "limit" not in query:
            self.answer(200, NODES[0])
            return
        after = query.get("after", [""])[0]
        wanted = query.get("state", [None])[0]
        page = [n for n in NODES if n["id"] > after or mode == "again"]
        # A page is what was looked at: with a state wanted it may be empty, and go on.
        page = page[:int(query["limit"][0])]
        runs = {}
        if os.path.exists(MANIFEST):
            with open(MANIFEST) as manifest:
                runs = {"releaseManifest": manifest.read().strip()}
        answer = {"nodes": [{**n, **runs} for n in page if wanted in (None, n["state"])],
                  "more": page != [] and page[-1] != NODES[-1]}
        if answer["more"] and mode != "none":
            answer["next"] = "0" * 64 if mode == "back" and after else page[-1]["id"]
        if mode == "shown":
            answer = {"nodes": [{"id": "\033[2J1", "state": "\033[3m"}], "more": False}
        self.answer(200, answer)

    def note(self, line):
        with open(os.path.join(directory, "requests"), "a") as log:
            log.write(line + "\n")

    def mode(self):
        with open(os.path.join(directory, "mode")) as mode:
            return mode.read().strip()

    def answer(self, status, what):
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
version = (sys.argv + ["1.3"])[5]
if version != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = {
        "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(os.path.join(directory, "port.new"), "w") as port:
    port.write(str(server.server_address[1]))
os.rename(os.path.join(directory, "port.new"), os.path.join(directory, "port"))
server.serve_forever()
