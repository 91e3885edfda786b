"""Reading paths out of pasted text: what terminals, file managers and people paste when they mean files.

Every terminal quotes a dropped file in its own way, and some not at all:

    'single quotes', '\\''          GNOME Terminal, Konsole, xfce4-terminal, Windows Terminal into WSL
    back\\ slashes                  macOS Terminal, iTerm2, Ghostty; WezTerm escapes spaces only
    raw, one a line                kitty, Finder "copy as pathname"
    raw, a space after each        Alacritty
    file:// lines, percent-encoded file managers (text/uri-list, x-special/gnome-copied-files)
    "C:\\a b\\c.x"                   Explorer "copy as path": a file of the client, not of this machine

A line is read as a whole path if that exists; else as shell words if each looks like a path; else it is cut
where a path may begin. Of the last two the reading under which more paths exist wins. The work is linear in
the text: a blank is taken for part of a path only while the folder that would hold it exists.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import unquote

from pumas_tui.core.domain.files import PastedSource, SourceKind
from pumas_tui.core.domain.grouping import WEIGHT_EXTENSIONS, extension

_PATH_MAX, _NAME_MAX = 4095, 255  # bytes, Linux
_NEVER_IN_PATH = re.compile(r"[\0\ud800-\udc7f\udd00-\udfff]")  # surrogates that stand for no byte

_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # ECMA-48 control sequences: colours, paste brackets
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_CLIPBOARD_HEADER = re.compile(r"\s*(?:x-special/[\w-]+\s+)?(?:(?:copy|cut)\s+(?=file:))?")
_BLANK = " \t\ufeff\u200b\u200e\u200f\u202a\u202b\u202c"
"""Cut off around a line: blanks, the byte order mark, and the marks Windows puts before a copied path."""

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\[^\\]")
_MAC_ONLY = ("/Users/", "/Volumes/")
_LOCAL_START = r"/(?!\s)|~/|\.{1,2}/"
_PATH_START = re.compile(rf"{_LOCAL_START}|file:/|{_WINDOWS.pattern}")
_BOUNDARY = re.compile(rf"(?<=\s)(?=[\"']?(?:{_PATH_START.pattern}|https?://))")
_VERBATIM = re.compile(rf"[\"']?(?:{_WINDOWS.pattern})|file:/")
"""Starts of lines whose backslashes or quotes are part of the name, never a shell's."""

_WORD_PIECE = re.compile(
    r"""(?P<blank>\s+)|(?P<plain>[^\s'"\\]+)|\\(?P<escaped>.)|'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)\""""
)
_DOUBLE_ESCAPE = re.compile(r'\\([$`"\\])')

_HUB_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/[^\s/]+/\S+")
_HUB_NAME = re.compile(r"(?=[^/]*[A-Za-z])[A-Za-z0-9][\w.-]{1,95}/(?=[^/]*[A-Za-z])[A-Za-z0-9][\w.-]{1,95}")


def read(text: str, exists: Callable[[str], bool], home: str, hostname: str) -> tuple[PastedSource, ...]:
    """The sources named in `text`, in their order, each once; `()` for text that names none.

    `exists(path)` answers like `lexists`. It is asked once per path, and only for what Linux can have: no
    NUL, no surrogate that stands for no byte, no name over 255 bytes. What it raises goes through. A path
    that is not here still counts when it is written like one; a bare relative name counts only when it
    exists, and is returned as it was typed.
    """
    here = _Here(exists, home, hostname)
    found: dict[str, PastedSource] = {}
    for line in _lines(text):
        for source in _read_line(line, here):
            found.setdefault(source.path, source)
    return tuple(found.values())


class _Here:
    """What this machine says about a path."""

    def __init__(self, exists: Callable[[str], bool], home: str, hostname: str) -> None:
        self._exists = exists
        self._home = home.rstrip("/")
        self._host = hostname.lower()
        self._known: dict[str, bool] = {}

    def expand(self, path: str) -> str:
        """With `~` as the home directory and without trailing slashes."""
        if path == "~" or path.startswith("~/"):
            path = self._home + path[1:]
        return path.rstrip("/") or path[:1]

    def has(self, path: str) -> bool:
        """Whether it exists, asked once."""
        known = self._known.get(path)
        if known is None:
            known = _askable(path) and self._exists(path)
            self._known[path] = known
        return known

    def is_host(self, name: str) -> bool:
        """Whether the host of a file:// address is this machine, with or without its domain."""
        name = name.lower()
        short = "." not in name or "." not in self._host
        return name in ("", "localhost", self._host) or (
            short and name.split(".")[0] == self._host.split(".")[0]
        )

    def is_mac_path(self, path: str) -> bool:
        """Written like a path of macOS, and this is not a Mac."""
        return path.startswith(_MAC_ONLY) and not self._home.startswith(_MAC_ONLY)


def _askable(path: str) -> bool:
    """Whether Linux can have such a path at all; a line of prose often cannot be one."""
    if not 0 < len(path) <= _PATH_MAX or _NEVER_IN_PATH.search(path):
        return False
    raw = path.encode("utf-8", "surrogateescape")
    return len(raw) <= _NAME_MAX or (len(raw) <= _PATH_MAX and max(map(len, raw.split(b"/"))) <= _NAME_MAX)


def _lines(text: str) -> Iterator[str]:
    plain = _CONTROL.sub("", _SEQUENCE.sub("", text))
    header = _CLIPBOARD_HEADER.match(plain)
    for line in _LINE_END.split(plain[header.end() if header else 0 :]):
        if line.strip(_BLANK):
            yield line


def _read_line(line: str, here: _Here) -> Sequence[PastedSource]:
    bare = line.strip(_BLANK)
    for whole in (line, bare):
        path = here.expand(whole)
        if here.has(path):
            return (PastedSource(path, SourceKind.PATH, True),)
    if bare.startswith("#"):  # a comment of text/uri-list
        return ()
    if _is_hub_name(bare):
        return (PastedSource(bare, SourceKind.REMOTE, False),)
    as_words = _read_words(bare, here)
    if as_words and _absent(as_words) == 0:
        return as_words
    as_chunks = _read_chunks(bare, here)
    return as_words if as_words and _present(as_words) >= _present(as_chunks) else as_chunks


def _present(sources: Sequence[PastedSource]) -> int:
    return sum(source.exists for source in sources)


def _absent(sources: Sequence[PastedSource]) -> int:
    return sum(source.kind is SourceKind.PATH and not source.exists for source in sources)


def _is_hub_name(word: str) -> bool:
    return bool(_HUB_NAME.fullmatch(word)) and extension(word) not in WEIGHT_EXTENSIONS


# Reading as shell words


def _read_words(line: str, here: _Here) -> list[PastedSource]:
    """Empty unless every word of the line looks like a path or is one."""
    words = None if _VERBATIM.match(line) else _shell_words(line)
    if not words or not all(_looks_named(word) or here.has(word) for word in words):
        return []
    return [_source(word, here) for word in words]


def _looks_named(word: str) -> bool:
    return bool(_PATH_START.match(word) or _HUB_ADDRESS.fullmatch(word))


def _shell_words(line: str) -> list[str] | None:
    """The line as a POSIX shell splits and unquotes it, expanding nothing; None when a quote stays open."""
    words: list[str] = []
    pieces: list[str] = []
    end = 0
    for piece in _WORD_PIECE.finditer(line):
        if piece.start() != end:
            return None
        end = piece.end()
        if piece["blank"] is None:
            pieces.append(_unquoted(piece))
        elif pieces:
            words.append("".join(pieces))
            pieces = []
    if pieces:
        words.append("".join(pieces))
    return words if end == len(line) else None


def _unquoted(piece: re.Match[str]) -> str:
    if piece["double"] is not None:
        return _DOUBLE_ESCAPE.sub(r"\1", piece["double"])
    return piece["plain"] or piece["escaped"] or piece["single"] or ""


# Reading as chunks that begin where a path may begin


def _read_chunks(line: str, here: _Here) -> list[PastedSource]:
    starts = [0, *(found.start() for found in _BOUNDARY.finditer(line) if found.start())]
    prose = not _looks_named(line.lstrip("\"'"))
    sources: list[PastedSource] = []
    at = 0
    while at < len(starts):
        longest = _longest(line, starts, at, here)
        if longest is not None:
            source, at = longest
        else:
            at += 1
            chunk = line[starts[at - 1] : starts[at] if at < len(starts) else len(line)]
            source = _chunk_source(chunk.rstrip(), here)
        if source.exists or source.kind is SourceKind.REMOTE or not prose:
            sources.append(source)
    return sources


def _longest(line: str, starts: list[int], at: int, here: _Here) -> tuple[PastedSource, int] | None:
    """The longest unquoted path that exists and begins with chunk `at`, and the number of the next chunk.

    Chunks join only where a folder's name ends in a blank, so one probe for that folder ends the search.
    """
    found = None
    for after in range(at + 1, len(starts) + 1):
        end = starts[after] if after < len(starts) else len(line)
        path = here.expand(line[starts[at] : end].rstrip())
        if here.has(path):
            found = PastedSource(path, SourceKind.PATH, True), after
        slash = line.find("/", end, end + _PATH_MAX)
        if slash < 0 or not here.has(here.expand(line[starts[at] : slash])):
            break
    return found


def _chunk_source(chunk: str, here: _Here) -> PastedSource:
    """One chunk under the first reading that exists; if none does, under the likeliest."""
    if _VERBATIM.match(chunk):
        return _source(chunk.strip("\"'"), here)
    readings = list(_unescaped(chunk))
    likely = _source(readings[0] if readings else chunk, here)
    for reading in readings:
        source = _source(reading, here)
        if source.exists:
            return source
    return likely


def _unescaped(chunk: str) -> Iterator[str]:
    """The ways a terminal may have quoted one path, likeliest first."""
    words = _shell_words(chunk)
    if words is not None and len(words) == 1:
        yield words[0]
    if "\\ " in chunk:
        yield chunk.replace("\\ ", " ")  # only blanks escaped, quotes and backslashes left as they are
    if len(chunk) > 1 and chunk[0] == chunk[-1] and chunk[0] in "\"'":
        yield chunk[1:-1]  # quotes put around the raw path


# One unquoted word


def _source(word: str, here: _Here) -> PastedSource:
    if word.startswith("file:/"):
        return _file_address(word, here)
    if _WINDOWS.match(word):
        return PastedSource(word, SourceKind.CLIENT, False)
    if _HUB_ADDRESS.fullmatch(word):
        return PastedSource(word, SourceKind.REMOTE, False)
    return _local(here.expand(word), here)


def _local(path: str, here: _Here) -> PastedSource:
    exists = here.has(path)
    client = not exists and here.is_mac_path(path)
    return PastedSource(path, SourceKind.CLIENT if client else SourceKind.PATH, exists)


def _file_address(address: str, here: _Here) -> PastedSource:
    """RFC 8089: `file:///path`, `file://host/path`, `file:/path`; `#` and `?` belong to the name."""
    rest = address.removeprefix("file:")
    host, path = "", rest
    if rest.startswith("//"):
        host, slash, tail = rest[2:].partition("/")
        path = slash + tail
    if not here.is_host(host):
        return PastedSource(address, SourceKind.REMOTE, False)
    decoded = unquote(path, errors="surrogateescape")
    if _WINDOWS.match(decoded[1:]):
        return PastedSource(decoded[1:], SourceKind.CLIENT, False)
    as_written = here.expand(path)
    if not here.has(here.expand(decoded)) and here.has(as_written):
        return PastedSource(as_written, SourceKind.PATH, True)
    return _local(here.expand(decoded), here)
