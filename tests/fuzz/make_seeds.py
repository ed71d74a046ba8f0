#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds that a fuzzer would take long to find: one for each way to be refused.

    tests/fuzz/make_seeds.py

writes tests/fuzz/corpus/TARGET/made-*, from what
lies there already and from its own; certificates by python3-cryptography, with the
signatures that fake_signatures.c believes. What they are for is said in README.md.
"""
import copy
import datetime
import json
import os
import struct

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def put(target, name, data):
    with open(os.path.join(CORPUS, target, "made-" + name), "wb") as f:
        f.write(data)


def read(target, name):
    with open(os.path.join(CORPUS, target, name), "rb") as f:
        return f.read()


# --- requests ---------------------------------------------------------------------------
def http():
    get = b"GET /healthz HTTP/1.1\r\n"
    post = b"POST /v1/enrol HTTP/1.1\r\n"
    host = b"Host: v\r\n"
    kind = b"Content-Type: application/json\r\n"
    heads = {
        "path-empty": b"GET  HTTP/1.1\r\n" + host,
        "path-absolute": b"GET https://v/healthz HTTP/1.1\r\n" + host,
        "path-control": b"GET /a\x7fb HTTP/1.1\r\n" + host,
        "path-percent": b"GET /%68ealthz HTTP/1.1\r\n" + host,
        "path-dots": b"GET /v1/../healthz HTTP/1.1\r\n" + host,
        "path-long": b"GET /" + b"a" * 900 + b" HTTP/1.1\r\n" + host,
        "query": b"GET /v1/admin/nodes?limit=10&after=x HTTP/1.1\r\n" + host,
        "query-twice": b"GET /v1/bundle?a?b HTTP/1.1\r\n" + host,
        "method": b"BREW /healthz HTTP/1.1\r\n" + host,
        "method-put": b"PUT /v1/enrol HTTP/1.1\r\n" + host,
        "method-small": b"get /healthz HTTP/1.1\r\n" + host,
        "version-2": b"GET / HTTP/2.0\r\n" + host,
        "version-0": b"GET / HTTP/0.9\r\n" + host,
        "version-none": b"GET /\r\n" + host,
        "two-spaces": b"GET /healthz  HTTP/1.1\r\n" + host,
        "no-host": get,
        "two-hosts": get + host + host,
        "folded": get + host + b"X: a\r\n b\r\n",
        "no-colon": get + host + b"nothing\r\n",
        "no-name": get + host + b": x\r\n",
        "name-space": get + host + b"X : y\r\n",
        "value-control": get + host + b"X: a\x01b\r\n",
        "value-tab": get + host + b"X: a\tb \r\n",
        "value-high": get + host + b"X: \xff\r\n",
        "bare-lf": get + b"Host: v\nX: y\r\n",
        "bare-cr": get + host + b"X: a\rb\r\n",
        "many": get + host + b"".join(b"X%d: y\r\n" % i for i in range(120)),
        "close": get + host + b"Connection: close\r\n",
        "connection-list": get + host + b"Connection: keep-alive, close\r\n",
        "keep-alive-1.0": b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n",
        "upgrade": get + host + b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
        "length-get": get + host + b"Content-Length: 5\r\n",
        "length-none": post + host + kind,
        "length-empty": post + host + kind + b"Content-Length: \r\n",
        "length-plus": post + host + kind + b"Content-Length: +5\r\n",
        "length-list": post + host + kind + b"Content-Length: 5, 5\r\n",
        "length-twice": post + host + kind + b"Content-Length: 5\r\nContent-Length: 5\r\n",
        "length-huge": post + host + kind + b"Content-Length: 99999999999999999999\r\n",
        "length-64": post + host + kind + b"Content-Length: 18446744073709551615\r\n",
        "length-large": post + host + kind + b"Content-Length: 1099511627776\r\n",
        "length-and-chunked": post + host + kind + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "kind-none": post + host + b"Content-Length: 5\r\n",
        "kind-other": post + host + b"Content-Type: text/plain\r\nContent-Length: 5\r\n",
        "kind-charset": post + host + b"Content-Type: application/json; charset=utf-8\r\nContent-Length: 5\r\n",
        "kind-twice": post + host + kind + kind + b"Content-Length: 5\r\n",
        "encoded": post + host + kind + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n",
        "encoded-identity": post + host + kind + b"Content-Encoding: identity\r\nContent-Length: 5\r\n",
        "expect-other": post + host + kind + b"Expect: 200-maybe\r\nContent-Length: 5\r\n",
        "too-long": get + host + b"X: " + b"y" * 16500 + b"\r\n",
    }
    for name, head in heads.items():
        put("http", name, head + b"\r\n")
    put("http", "no-end", get + host)
    put("http", "more", get + host + b"\r\nx")


# --- signed documents' payloads -----------------------------------------------------------
def changed(document, path, value):
    """A copy in which what stands at the path is another; None takes it out."""
    copied = copy.deepcopy(document)
    at = copied
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return copied


def put_json(target, name, document):
    put(target, name, json.dumps(document, separators=(",", ":")).encode())


def root():
    good = json.loads(read("root", "line"))
    keys = good["predicate"]["keys"]
    p = ["predicate"]
    cases = {
        "key-of-another-length": (p + ["keys", "build", "spki"], "MCowBQYDK2VwAyEA"),
        "key-p256": (p + ["keys", "build"], dict(keys["build"], scheme="ecdsa-p256-sha256",
                                               spki="MFkw" + "B" * 118 + "A=" + "=")),
        "key-scheme": (p + ["keys", "build", "scheme"], "rsa"),
        "key-twice": (p + ["keys", "build", "spki"], keys["publish"]["spki"]),
        "key-team": (p + ["keys", "build", "team"], "nobody"),
        "role-of-nobody": (p + ["roles", "build", "keys"], ["stranger"]),
        "role-one-key-twice": (p + ["roles", "build", "keys"], ["build", "build"]),
        "role-empty": (p + ["roles", "build", "keys"], []),
        "role-threshold": (p + ["roles", "build", "threshold"], 2),
        "role-missing": (p + ["roles", "revoke"], None),
        "role-emergency": (p + ["roles", "emergency"], {"keys": ["security-root"], "threshold": 1}),
        "role-unknown": (p + ["roles", "more"], {"keys": ["build"], "threshold": 1}),
        "role-build-publishes": (p + ["roles", "publish", "keys"], ["build"]),
        "role-build-approves": (p + ["roles", "approve-platform", "keys"], ["build"]),
        "role-approve-of-one-team": (p + ["roles", "approve-security", "keys"], ["platform-approve"]),
        "class-platform": (p + ["classes", "low-risk", "approve-platform"], 2),
        "class-security": (p + ["classes", "low-risk", "approve-security"], 2),
        "class-no-security": (p + ["classes", "trust-impacting", "approve-security"], 0),
        "class-rules": (p + ["classRules", "lowRisk"], ["usr"]),
        "provenance": (p + ["requireProvenance"], True),
        "proofs": (p + ["requireProofs"], True),
        "cap-large": (p + ["caps", "timestamp"], 86401),
        "cap-small": (p + ["caps", "manifest"], 59),
        "owner-missing": (p + ["owners", "kernel"], None),
        "expires": (p + ["expires"], 0),
        "version": (p + ["version"], 0),
        "subject": (["subject"], [{"name": "x", "digest": {"sha256": "a" * 64}}]),
    }
    for name, (path, value) in cases.items():
        put_json("root", name, changed(good, path, value))
    many = changed(good, p + ["keys"], dict(keys, **{f"k{i}": keys["build"] for i in range(60)}))
    put_json("root", "too-many-keys", many)


def index():
    good = json.loads(read("index", "canary"))
    cells = good["predicate"]["cells"]
    newer, current, previous = cells[0]["manifests"]
    at = ["predicate", "cells", 0, "manifests"]

    def manifests(name, entries):
        document = changed(good, at, entries)
        document["subject"] = [{"name": "manifest", "digest": {"sha256": m["sha256"]}}
                               for c in document["predicate"]["cells"] for m in c["manifests"]]
        put_json("index", name, document)

    manifests("not-newest-first", [current, newer])
    manifests("same-version", [newer, dict(current, version=newer["version"])])
    manifests("previous-alone", [previous])
    manifests("previous-without-end", [current, {k: v for k, v in previous.items() if k != "acceptUntil"}])
    manifests("current-twice", [dict(newer, state="current"), current])
    manifests("canary-below", [dict(newer, state="current"), dict(current, state="canary")])
    manifests("canary-alone", [newer])
    manifests("current-with-end", [dict(current, acceptUntil=previous["acceptUntil"])])
    manifests("previous-twice", [current, dict(previous, version=5), previous])
    manifests("none", [])
    manifests("too-many-of-a-cell", [dict(previous, version=40 - i) for i in range(17)])
    put_json("index", "cell-twice", changed(good, ["predicate", "cells"], [cells[0], cells[0]]))
    put_json("index", "no-cells", changed(good, ["predicate", "cells"], []))
    put_json("index", "subject-missing", changed(good, ["subject", 1], None))
    put_json("index", "subject-swapped", changed(good, ["subject"], good["subject"][::-1]))
    put_json("index", "platform", changed(good, ["predicate", "cells", 0, "platform"], "q 35"))
    put_json("index", "state", changed(good, at + [1, "state"], "late"))


# --- TPMT_SIGNATURE -----------------------------------------------------------------------
def signature():
    def sized(data):
        return struct.pack(">H", len(data)) + data

    rsassa, rsapss, ecdsa, sha1, sha256, sha384 = 0x14, 0x16, 0x18, 0x04, 0x0B, 0x0C
    good = {
        "ecdsa-p256": struct.pack(">HH", ecdsa, sha256) + sized(b"\x11" * 32) + sized(b"\x10" * 32),
        "ecdsa-p384": struct.pack(">HH", ecdsa, sha384) + sized(b"\x11" * 48) + sized(b"\x20" * 48),
        "ecdsa-wide": struct.pack(">HH", ecdsa, sha256) + sized(b"\x11" * 48) + sized(b"\x30" * 48),
        "ecdsa-zero": struct.pack(">HH", ecdsa, sha256) + sized(b"") + sized(b""),
        "ecdsa-small": struct.pack(">HH", ecdsa, sha256) + sized(b"\x01") + sized(b"\x40"),
        "ecdsa-66": struct.pack(">HH", ecdsa, sha256) + sized(b"\x11" * 66) + sized(b"\x50" * 66),
        "ecdsa-huge": struct.pack(">HH", ecdsa, sha256) + sized(b"\x11" * 200) + sized(b"\x50" * 200),
        "ecdsa-sha1": struct.pack(">HH", ecdsa, sha1) + sized(b"\x11" * 32) + sized(b"\x60" * 32),
        "ecdsa-no-hash": struct.pack(">HH", ecdsa, 0x10) + sized(b"\x11" * 32) + sized(b"\x60" * 32),
        "rsassa-2048": struct.pack(">HH", rsassa, sha256) + sized(b"\x11" * 255 + b"\x10"),
        "rsassa-short": struct.pack(">HH", rsassa, sha384) + sized(b"\x10"),
        "rsassa-long": struct.pack(">HH", rsassa, sha256) + sized(b"\x10" * 600),
        "rsassa-empty": struct.pack(">HH", rsassa, sha256) + sized(b""),
        "rsapss": struct.pack(">HH", rsapss, sha256) + sized(b"\x10" * 256),
        "hmac": struct.pack(">HH", 0x05, sha256) + b"\x10" * 32,
        "null": struct.pack(">H", 0x10),
    }
    for name, data in good.items():
        put("signature", name, data)
    put("signature", "trailing", good["ecdsa-p256"] + b"\0")
    put("signature", "cut", good["ecdsa-p256"][:-1])


# --- EK certificates ----------------------------------------------------------------------
AT = datetime.datetime.fromtimestamp(1800000000, datetime.timezone.utc)
YEAR = datetime.timedelta(365)
GOOD, SHA1 = b"\x5a", b"\x51"  # fake_signatures.h


def certificates():
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

    key = ec.derive_private_key(0xA77E57D, ec.SECP256R1())
    ek_usage = ObjectIdentifier("2.23.133.8.1")

    def name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])

    def usage(*set_):
        every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                 "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
        return x509.KeyUsage(**{u: u in set_ for u in every})

    def make(subject, issuer, extensions=(), before=AT - YEAR, after=AT + YEAR, serial=7, ends=GOOD, sha1=False):
        b = x509.CertificateBuilder(name(issuer), name(subject), key.public_key(), serial, before, after)
        for extension, is_critical in extensions:
            b = b.add_extension(extension, is_critical)
        der = bytearray(b.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
        der[-1:] = ends
        if sha1:
            # The signature's first byte, behind "BIT STRING, length, no bits unused".
            at = der.rindex(b"\x00\x30", len(der) - 75) + 1
            der[at : at + 1] = SHA1
        return bytes(der)

    def spki_ending(der, last):
        """The key's last byte says what fake_signatures.c makes of it."""
        point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return der.replace(point, point[:-1] + bytes([last]))

    ca = (x509.BasicConstraints(True, None), True)
    signs = (usage("key_cert_sign"), True)
    ek = (x509.ExtendedKeyUsage([ek_usage]), False)
    agrees = (usage("key_agreement"), True)
    tpm = (x509.SubjectAlternativeName([x509.DirectoryName(x509.Name([
        x509.NameAttribute(ObjectIdentifier("2.23.133.2.1"), "id:49424D00"),
        x509.NameAttribute(ObjectIdentifier("2.23.133.2.2"), "model"),
        x509.NameAttribute(ObjectIdentifier("2.23.133.2.3"), "id:20191023")])),
        x509.DNSName("host")]), True)
    unknown = (x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)

    def leaf(**more):
        return make("", "maker", more.pop("extensions", [ek, agrees, tpm]), **more)

    def issuer(*extensions, subject="maker", by="root", **more):
        return make(subject, by, extensions or [ca, signs], **more)

    top = make("root", "root", [ca, signs])

    def seed(what, ek_certificate, others=b"", pinned=top, lists=b""):
        parts = (ek_certificate, pem(pinned), pem(*others) if others else b"", lists)
        put("ek_certificate", what, b"".join(struct.pack(">H", len(p)) + p for p in parts))

    def pem(*ders):
        import base64

        return b"".join(b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(d) + b"-----END CERTIFICATE-----\n"
                        for d in ders)

    maker = issuer()
    seed("path", leaf(), [maker])
    seed("pem", pem(leaf()), [maker])
    seed("nv-header", struct.pack(">HBHH", 0x1001, 0, len(leaf()) + 2, 0x1002) + leaf() + b"\xff" * 20, [maker])
    seed("serial-negative", leaf(serial=0x7F).replace(b"\x02\x01\x7f", b"\x02\x01\xff", 1), [maker])
    seed("serial-not-minimal", leaf(serial=0x7F01).replace(b"\x02\x02\x7f\x01", b"\x02\x02\x00\x01", 1), [maker])
    seed("no-usage", leaf(extensions=[tpm]), [maker])
    seed("no-name", leaf(extensions=[ek, agrees]), [maker])
    seed("is-ca", leaf(extensions=[ek, agrees, tpm, ca]), [maker])
    seed("extended-usage", leaf(extensions=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)]), [maker])
    seed("signs-only", leaf(extensions=[ek, (usage("digital_signature"), True)]), [maker])
    seed("unknown-critical", leaf(extensions=[ek, agrees, unknown]), [maker])
    seed("not-yet-valid", leaf(before=AT + YEAR / 2), [maker])
    seed("expired", leaf(after=AT - YEAR / 2), [maker])
    seed("bad-signature", leaf(ends=b"\x00"), [maker])
    seed("sha1", leaf(sha1=True), [maker])
    seed("rsa", spki_ending(leaf(), 2), [maker])
    seed("p521", spki_ending(leaf(), 3), [maker])
    seed("no-key", spki_ending(leaf(), 4), [maker])
    seed("oaep", spki_ending(leaf(), 1), [maker])
    seed("issuer-no-ca", leaf(), [issuer((x509.BasicConstraints(False, None), True))])
    seed("issuer-no-sign", leaf(), [issuer(ca, (usage("crl_sign"), True))])
    seed("issuer-extended-usage", leaf(), [issuer(ca, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False))])
    seed("issuer-any-usage", leaf(),
         [issuer(ca, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), False))])
    seed("issuer-ek-usage", leaf(), [issuer(ca, ek)])
    seed("issuer-unknown-critical", leaf(), [issuer(ca, unknown)])
    seed("issuer-not-yet-valid", leaf(), [issuer(before=AT + YEAR / 2)])
    seed("issuer-expired", leaf(), [issuer(after=AT - YEAR / 2)])
    seed("issuer-no-key", leaf(), [spki_ending(issuer(), 4)])
    seed("issuer-malformed", leaf(), [issuer()[:-40], maker])
    seed("issuer-another", leaf(), [issuer(subject="other")])
    seed("issuer-twice", leaf(), [issuer(ends=b"\x00"), maker])
    middle = issuer(subject="middle", by="root")
    seed("path-limit", leaf(), [issuer(by="middle"), middle],
         pinned=make("root", "root", [(x509.BasicConstraints(True, 0), True)]))
    # The first of two namesakes leads nowhere: the search comes back.
    seed("two-ways", leaf(), [issuer(by="nobody", serial=1), issuer(by="root", serial=2)])
    chain = [issuer(subject="maker" if i == 0 else f"c{i}", by=f"c{i + 1}" if i < 8 else "root") for i in range(9)]
    seed("too-long", leaf(), chain)
    seed("loop", leaf(), [issuer(by="c1"), issuer(subject="c1", by="maker")])
    mine = x509.AuthorityKeyIdentifier(b"mine" * 5, None, None)
    seed("key-id-of-another", leaf(extensions=[ek, agrees, tpm, (mine, False)]),
         [issuer(ca, signs, (x509.SubjectKeyIdentifier(b"else" * 5), False))])
    seed("key-id", leaf(extensions=[ek, agrees, tpm, (mine, False)]),
         [issuer(ca, signs, (x509.SubjectKeyIdentifier(b"mine" * 5), False))])


# --- a verifier's settings ------------------------------------------------------------------
def configuration():
    sha = "0123456789abcdef" * 4
    sections = {
        "server": {"listen": "127.0.0.1:8443", "certificate": "/k/tls.pem", "key": "/k/tls_key.pem"},
        "administrator ida": {"certificate_sha256": sha, "role": "platform", "act_key": "/k/ida.pem"},
        "keys": {"mac": "/k/mac", "result": "/k/result.pem"},
        "authority prod.example": {"key": "/k/ca_key.pem", "certificate": "/k/ca.pem"},
        "ek": {"roots": "/k/roots"},
        "store": {"path": "/s/verifier.db"},
        "results": {"issuer": "verifier.example", "audience": "prod.example"},
    }
    release = {"directory": "/r", "root": "sha256:" + sha}

    def conf(name, **changes):
        out = copy.deepcopy(sections)
        for section, values in changes.items():
            section = section.replace("__", " ").replace("_", "-")
            if values is None:
                del out[section]
            else:
                out[section] = {k: v for k, v in {**out.get(section, {}), **values}.items() if v is not None}
        text = "".join(f"[{s}]\n" + "".join(f"{k} = {v}\n" for k, v in values.items()) for s, values in out.items())
        put("configuration", name, text.encode())

    conf("good")
    conf("release", release=release)
    conf("release-half", release={"directory": "/r"})
    conf("release-root", release={"directory": "/r", "root": "sha512:" + sha * 2})
    conf("release-root-short", release={"directory": "/r", "root": "sha256:00"})
    conf("administrator-role", administrator__ida={"role": "chief"})
    conf("administrator-digest", administrator__ida={"certificate_sha256": "x" * 64})
    conf("administrators-many", **{f"administrator__a{i}": sections["administrator ida"] for i in range(70)})
    conf("authority-name", authority__Prod={"key": "/k", "certificate": "/c"})
    conf("authorities-many", **{f"authority__a{i}": {"key": "/k", "certificate": "/c"} for i in range(20)})
    conf("listen-none", server={"admin_listen": "none"})
    conf("unknown", server={"lisen": "1"})
    conf("bounds", server={"appraisers": "17"})
    conf("not-a-number", server={"silence_s": "soon"})
    conf("empty", server={"certificate": ""})
    conf("ek-none", ek=None)
    conf("ek-software", ek={"software_roots": "/k/software", "allow_software_tpm": "yes"})
    conf("ek-software-alone", ek={"roots": None, "software_roots": "/k/software", "allow_software_tpm": "yes"})
    conf("ek-software-forbidden", ek={"software_roots": "/k/software"})
    conf("role-any", nodes={"approve_role": "any", "release_role": "identity-security"})
    conf("role-auditor", nodes={"approve_role": "auditor"})
    conf("role-nobody", nodes={"release_role": "nobody"})
    conf("nodes", nodes={"inventory": "/n", "narrow_per_hour": "1"})
    conf("keys-none", keys=None)
    conf("store-none", store=None)
    conf("server-none", server=None)


# --- what happens to a signed release directory ---------------------------------------------
def release():
    splice, remove, copy_, sign = range(4)

    def change(what, file, other, *more):
        return bytes([what, file, other]) + b"".join(more)

    def spliced(at, cut, text=b""):
        return struct.pack(">HHH", at, cut, len(text)) + text

    put("release", "untouched", b"")
    for file in range(12):
        put("release", f"removed-{file}", change(remove, file, 0))
        put("release", f"flipped-{file}", change(splice, file, 0, spliced(120, 1, b"A")))
        put("release", f"cut-{file}", change(splice, file, 0, spliced(100, 0xFFFF)))
        put("release", f"exchanged-{file}", change(copy_, file, (file + 1) % 12))
        put("release", f"garbage-{file}", change(splice, file, 0, spliced(0, 0xFFFF, b"{}")))
        put("release", f"signed-{file}", change(sign, file, file * 3 % 8, spliced(0xFFFF, 0)))
        put("release", f"signed-garbage-{file}", change(sign, file, file % 8, spliced(0, 0xFFFF, b"[]")))


# --- the signer's refusals ------------------------------------------------------------------
def signer_refusals():
    def refusal(number, advice, length=None, retry_after_s=0):
        return struct.pack(">HIH", number, retry_after_s, len(advice) if length is None else length) + advice

    for frame in ("enrol", "activate", "challenge", "authenticate", "commit", "admin", "bundle", "health"):
        target = f"signer_{frame}_answer"
        put(target, "refused", refusal(2, b""))
        put(target, "refused-later", refusal(2, b"", retry_after_s=300))
        put(target, "refused-advised", refusal(2, b"the class server may have spiffe://a/b"))
        put(target, "refused-no-advice", refusal(2, b"")[:-2])
        put(target, "refused-advice-cut", refusal(2, b"", 4))
        put(target, "refused-advice-long", refusal(2, b"a" * 1025))
        put(target, "refused-as-nothing-known", refusal(1000, b""))


http()
root()
index()
signature()
configuration()
release()
signer_refusals()
certificates()
