"""Fingerprints: what stands at a path, as text that can be kept and compared.

absent                            nothing
link:<text>                       a symbolic link with this text
file:<size>:<mtime_ns>:<ino>      a regular file
dir:<ino>                         a folder
other:<ino>                       a socket, a device, …
content:<sha256>                  a small file of ours with this content

There is no device number in them: it changes at a reboot. Only equal fingerprints are the same thing.
"""

import posixpath

ABSENT = "absent"
UNSEEN = ""
"""Of a place that cannot be looked at. As what a step wants: only the registry's record of it changes."""


def link(text: str) -> str:
    """Of a symbolic link."""
    return f"link:{text}"


def file(size: int, mtime_ns: int, ino: int) -> str:
    """Of a regular file: bytes, nanoseconds, inode."""
    return f"file:{size}:{mtime_ns}:{ino}"


def directory(ino: int) -> str:
    """Of a folder."""
    return f"dir:{ino}"


def other(ino: int) -> str:
    """Of anything else."""
    return f"other:{ino}"


def kind_of(fingerprint: str) -> str:
    """`absent`, `link`, `file`, `dir`, `other` or `content`."""
    return fingerprint.partition(":")[0]


def link_text(fingerprint: str) -> str | None:
    """The text of a link's fingerprint, None for any other."""
    kind, _, text = fingerprint.partition(":")
    return text if kind == "link" else None


def inode(fingerprint: str) -> int | None:
    """The inode of a file's or folder's fingerprint, None for any other."""
    kind, _, rest = fingerprint.partition(":")
    return int(rest.rpartition(":")[2]) if kind in ("file", "dir", "other") else None


def same_file(one: str, two: str) -> bool:
    """Both are fingerprints of one file of that inode, whatever its size and time are by now."""
    return kind_of(one) == kind_of(two) == "file" and inode(one) == inode(two)


def leads_to(path: str, fingerprint: str) -> str | None:
    """Where a link at the real path `path` says that it leads, absolute, by its text. None for no link."""
    text = link_text(fingerprint)
    return None if text is None else posixpath.normpath(posixpath.join(posixpath.dirname(path), text))


def described(fingerprint: str) -> str:
    """What it is, in words for a sentence."""
    kind = kind_of(fingerprint)
    if kind == "link":
        return f'a link to "{link_text(fingerprint)}"'
    return {"absent": "nothing", "file": "a file", "dir": "a folder"}.get(kind, "something else")
