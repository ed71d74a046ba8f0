#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packages and layers that no tool would make, into a directory: hostile ones, and
ones that are merely odd. Each hostile one is NAME.deb."""
import gzip
import io
import lzma
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
