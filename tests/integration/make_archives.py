#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packages and layers that no tool would make, into a directory: hostile ones, and
ones that are merely odd. Each hostile one is NAME.deb."""
import gzip
import hashlib
import io
import json
import lzma
import os
import sys
import tarfile

out = sys.argv[1]


def tar(members, form=tarfile.GNU_FORMAT):
    """members: (name, content or None, {attributes of the header})"""
    text = io.BytesIO()
    with tarfile.open(fileobj=text, mode="w", format=form) as archive:
        for name, content, attributes in members:
            info = tarfile.TarInfo(name)
            info.size = len(content or b"")
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content) if content is not None else None)
    return text.getvalue()


def ar(parts):
    text = b"!<arch>\n"
    for name, content in parts:
        text += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name.encode(), 0, 0, 0, b"100644", len(content))
        text += content + b"\n" * (len(content) % 2)
    return text


CONTROL = "Package: odd\nVersion: 1:2.0\nArchitecture: all\n"


def parts(data, control=CONTROL, suffix=".xz", pack=lzma.compress):
    return [("debian-binary", b"2.0\n"),
            ("control.tar.xz", lzma.compress(tar([("./control", control.encode(), {})]))),
            ("data.tar" + suffix, pack(data))]


def write(name, content):
    with open(f"{out}/{name}", "wb") as file:
        file.write(content)


def deb(name, members, **more):
    write(name + ".deb", ar(parts(tar(members), **more)))


def kind(letter, **more):
    return {"type": letter, **more}


FILE = ("./usr/bin/odd", b"odd\n", {})
deb("up", [("./usr/../../etc/passwd", b"x", {})])
deb("absolute", [("/etc/passwd", b"x", {})])
deb("through", [("./usr/share/x", None, kind(tarfile.SYMTYPE, linkname="../../../../etc")),
                ("./usr/share/x/passwd", b"x", {})])
deb("circle", [("./a", None, kind(tarfile.SYMTYPE, linkname="a")), ("./a/b", b"x", {})])
deb("device", [("./dev/mem", None, kind(tarfile.CHRTYPE, devmajor=1, devminor=1))])
deb("pipe", [("./run/pipe", None, kind(tarfile.FIFOTYPE))])
deb("hard-link", [("./usr/bin/other", None, kind(tarfile.LNKTYPE, linkname="./etc/shadow"))])
deb("file-as-directory", [FILE, ("./usr/bin/odd/below", b"x", {})])
deb("bzip2", [FILE], suffix=".bz2", pack=lambda data: data)
deb("no-version", [FILE], control="Package: odd\n")
deb("twice-named", [FILE], control=CONTROL + "Package: other\n")

# Says that it is larger than anything is: refused before a byte of it is read.
bomb = tarfile.TarInfo("./usr/bin/bomb")
bomb.size = 17 << 30
write("bomb.deb", ar(parts(bomb.tobuf(tarfile.GNU_FORMAT))))
# Many of them, each within bounds: 16 GiB of zeros are 16 MB compressed.
short = tarfile.TarInfo("./usr/bin/short")
short.size = 1 << 20
write("short.deb", ar(parts(short.tobuf(tarfile.GNU_FORMAT) + b"x" * 4096)))

whole = parts(tar([FILE]))
write("whole.deb", ar(whole))
write("second-data.deb", ar(whole + [("data.tar.xz", lzma.compress(tar([("./etc/passwd", b"x", {})])))]))
write("data-first.deb", ar([whole[0], whole[2], whole[1]]))
write("no-data.deb", ar(whole[:2]))
write("underscore.deb", ar([whole[0], whole[1], ("_extra", b"x"), whole[2]]))
write("other-format.deb", ar([("debian-binary", b"3.0\n")] + whole[1:]))

# Merely odd: read as dpkg reads them.
odd = [("./usr/share/f\u0151/na\u00efve", b"utf-8\n", {}), FILE,
       ("./usr/bin/again", None, kind(tarfile.LNKTYPE, linkname="./usr/bin/odd"))]
write("pax.deb", ar(parts(tar(odd, tarfile.PAX_FORMAT), suffix=".gz", pack=gzip.compress)))
write("plain.deb", ar(parts(tar(odd), suffix="", pack=lambda data: data)))


# Images in OCI layouts.
OCI = "application/vnd.oci.image."


def link(name, target):
    return (name, None, kind(tarfile.SYMTYPE, linkname=target))


def file(name, text):
    return (name, text.encode(), {})


def blob(layout, content, media_type):
    digest = hashlib.sha256(content).hexdigest()
    write(f"{layout}/blobs/sha256/{digest}", content)
    return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(content)}


def document(layout, value, media_type):
    return blob(layout, json.dumps(value).encode(), OCI + media_type)


def image(layout, layers, missing=0):
    """layers: (members, suffix of the type, compression)"""
    os.makedirs(f"{out}/{layout}/blobs/sha256", exist_ok=True)
    write(f"{layout}/oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
    descriptors = [blob(layout, pack(tar(members)), OCI + "layer.v1.tar" + suffix)
                   for members, suffix, pack in layers]
    config = document(layout, {"os": "linux", "rootfs": {"type": "layers", "diff_ids": ["x"] * (len(layers) - missing)}},
                      "config.v1+json")
    return {"schemaVersion": 2, "config": config, "layers": descriptors}


def index(layout, manifests):
    write(f"{layout}/index.json", json.dumps({"schemaVersion": 2, "manifests": manifests}).encode())


def tagged(descriptor, tag):
    return {**descriptor, "annotations": {"org.opencontainers.image.ref.name": tag}}


MANIFEST = "manifest.v1+json"
layers = [
    ([link("lib", "usr/lib"), file("usr/lib/one", "one"), file("gone", "x"), file("hidden/a", "x"),
      file("hidden/below/b", "x"), file("replaced", "old"), file("etc/kept", "kept")], "", bytes),
    ([file(".wh.gone", ""), file("hidden/.wh..wh..opq", ""), file("hidden/new", "new"),
      file("lib/two", "two"), file("replaced", "new"),
      ("large", hashlib.shake_256(b"").digest(100000), {})], "+gzip", gzip.compress),
]
good = image("image", layers)
index("image", [tagged(document("image", good, MANIFEST), "v1"), tagged(document("image", good, MANIFEST), "v2")])

nested = image("nested", layers[:1])
platforms = document("nested", {"schemaVersion": 2, "manifests": [
    document("nested", nested, MANIFEST),
    {**document("nested", {}, MANIFEST), "annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
]}, "index.v1+json")
index("nested", [platforms])


def spoiled(layout, spoil, **more):
    manifest = image(layout, layers, **more)
    spoil(layout, manifest)
    index(layout, [document(layout, manifest, MANIFEST)])


def first_blob(layout, manifest):
    return f"{out}/{layout}/blobs/sha256/{manifest['layers'][0]['digest'][7:]}"


def other_bytes(layout, manifest):
    with open(first_blob(layout, manifest), "r+b") as layer:
        layer.seek(0)
        layer.write(b"X")


def other_document(layout, manifest):
    name = f"{out}/{layout}/blobs/sha256/{manifest['config']['digest'][7:]}"
    with open(name, "rb") as config:
        text = config.read()
    with open(name, "wb") as config:
        config.write(text.replace(b"linux", b"LINUX"))


def cut(layout, manifest):
    descriptor = manifest["layers"][1]
    with open(f"{out}/{layout}/blobs/sha256/{descriptor['digest'][7:]}", "rb") as layer:
        manifest["layers"][1] = blob(layout, layer.read()[:50000], descriptor["mediaType"])


spoiled("other-bytes", other_bytes)
spoiled("other-document", other_document)
spoiled("other-size", lambda layout, m: m["layers"][0].update(size=7))
spoiled("sha512", lambda layout, m: m["layers"][0].update(digest="sha512:" + "0" * 128))
spoiled("upwards", lambda layout, m: m["layers"][0].update(digest="sha256:../../../../etc/passwd"))
spoiled("missing-blob", lambda layout, m: os.remove(first_blob(layout, m)))
spoiled("foreign", lambda layout, m: m["layers"][0].update(mediaType=OCI + "layer.nondistributable.v1.tar"))
spoiled("cut-layer", cut)
spoiled("fewer-ids", lambda layout, m: None, missing=1)
spoiled("no-layers", lambda layout, m: m.update(layers=[]))
hostile = image("hostile-layer", [([file("../etc/passwd", "x")], "", bytes)])
index("hostile-layer", [document("hostile-layer", hostile, MANIFEST)])
hostile = image("hostile-whiteout", [([file("d/.wh..", "")], "", bytes)])
index("hostile-whiteout", [document("hostile-whiteout", hostile, MANIFEST)])
hostile = image("odd-whiteout", [([file(".wh..wh.plnk", "")], "", bytes)])
index("odd-whiteout", [document("odd-whiteout", hostile, MANIFEST)])
