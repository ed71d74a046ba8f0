# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 frame by frame, and a client that sends whichever it likes."""
import ctypes
import select
import socket
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PATIENCE_S = 60


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
