#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds of the target workload_api: what a real client sends, byte for byte.

    capture_workload.py NAME SERVER-SOCKET FOLDER COMMAND...

COMMAND is run with a socket's path in place of @; it leads to SERVER-SOCKET, and what
the client sends on each of its connections becomes FOLDER/NAME-N.
"""
import os
import socket
import subprocess
import sys
import tempfile
import threading

SEED_MAX = 8192


def carry(source, sink, kept):
    while data := source.recv(65536):
        kept.extend(data)
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


def serve(listener, upstream, seeds):
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(upstream)
        seeds.append(bytearray())
        for source, sink, kept in ((client, server, seeds[-1]), (server, client, bytearray())):
            threading.Thread(target=carry, args=(source, sink, kept), daemon=True).start()


def main():
    name, upstream, folder, *command = sys.argv[1:]
    seeds = []
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "w.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            threading.Thread(target=serve, args=(listener, upstream, seeds), daemon=True).start()
            subprocess.run([word.replace("@", path) for word in command], check=False, timeout=60)
    for number, seed in enumerate(seeds):
        if 0 < len(seed) <= SEED_MAX:
            with open(os.path.join(folder, f"{name}-{number}"), "wb") as file:
                file.write(seed)
    return 0


sys.exit(main())
