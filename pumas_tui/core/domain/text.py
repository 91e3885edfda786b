"""Words for people: outside strings made printable, sizes, counts, spans of time; names made storable.

Outside strings are file names, metadata, pasted text, error messages of the system: whatever we did not
write ourselves. They may hold escape sequences, bidi overrides or bytes that are not UTF-8, so each one goes
through `safe` on its way to a terminal, a log or a window title. `safe` says nothing about Rich markup: hand
its result to `Text` or `Content`, never to markup.
"""

import re
import unicodedata
from collections.abc import Iterator

_EMOJI_STYLE = "\N{VARIATION SELECTOR-16}"
"""Asks for the coloured form of a sign; terminals disagree on its width, so it is not shown at all."""

_MAX_MARKS = 4
"""Combining marks kept on one letter: more than any orthography stacks, less than what smears over lines."""

_BLANK_LETTERS = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE0F))
    | set(range(0xE0100, 0xE01F0))
)
"""Code points that count as printable but draw nothing: fillers and the other variation selectors."""


def safe(text: str, limit: int | None = None) -> str:
    """Any string as one printable line of at most `limit` characters, cut at the end with `...`.

    Control, format, unassigned and private characters, line separators and blanks other than the space are
    shown by number (`<1B>`, `<202E>`), undecodable bytes as `<xE9>`, marks beyond the fourth on one letter as
    their count (`<+196>`). The result is always `isprintable()`, and safe text comes back as it is.
    """
    if text.isascii() and text.isprintable():
        shown = text
    else:
        shown = "".join(_pieces(text.replace(_EMOJI_STYLE, "")))
    if limit is None or len(shown) <= limit:
        return shown
    return shown[: max(0, limit - 3)] + "..."[:limit]


def _pieces(text: str) -> Iterator[str]:
    marks = 0
    for char in text:
        if unicodedata.category(char) in ("Mn", "Me") and ord(char) not in _BLANK_LETTERS:
            marks += 1
            if marks <= _MAX_MARKS:
                yield char
            continue
        if marks > _MAX_MARKS:
            yield f"<+{marks - _MAX_MARKS}>"
        marks = 0
        yield _shown(char)
    if marks > _MAX_MARKS:
        yield f"<+{marks - _MAX_MARKS}>"


def _shown(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as `surrogateescape` carries it
        return f"<x{code - 0xDC00:02X}>"
    if not char.isprintable() or code in _BLANK_LETTERS:
        return f"<{code:02X}>"
    return char


def size(size_bytes: int) -> str:
    """Bytes in powers of ten as file managers show them: `512 B`, `12 kB`, `254 MB`, `4.7 GB`, `1.1 TB`."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    for unit, factor in (("kB", 10**3), ("MB", 10**6)):
        value = size_bytes / factor
        if round(value, 1) < 10:
            return f"{value:.1f} {unit}"
        if round(value) < 1000:
            return f"{value:.0f} {unit}"
    value = size_bytes / 10**9
    return f"{value:.1f} GB" if round(value, 1) < 1000 else f"{size_bytes / 10**12:.1f} TB"


UNITS: dict[str, int] = {
    "": 1,
    "b": 1,
    **{unit: 1000**n for n, p in enumerate("kmgt", 1) for unit in (p, f"{p}b")},
    **{unit: 1024**n for n, p in enumerate("kmgt", 1) for unit in (f"{p}i", f"{p}ib")},
}
"""Bytes of what people write behind a number, in lower case: powers of ten, with an `i` of two."""

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)", re.IGNORECASE | re.ASCII)


def bytes_of(written: str) -> int | None:
    """Bytes that a person writes as `500`, `1.5 GB`, `4g` or `256MiB`; None where it is no size."""
    found = _SIZE.fullmatch(written.strip())
    if found is None:
        return None
    number, unit = str(found[1]), UNITS.get(str(found[2]).lower())
    if unit is None or (unit == 1 and "." in number):
        return None
    return round(float(number) * unit)


def size_of(part: int, whole: int) -> str:
    """A part of some bytes: `4.9 of 9.8 GB`, `12 MB of 9.8 GB`; all of them: `9.8 GB`."""
    number, unit = size(part).split(" ")
    said = size(whole)
    if part == whole:
        return said
    return f"{number if said.endswith(f' {unit}') else f'{number} {unit}'} of {said}"


def count(number: int) -> str:
    """A whole number with thousands set apart: `1,284`."""
    return f"{number:,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """A number and its noun: `1 model`, `1,284 models`; `many` where the plural is not `one` + s."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def ago(seconds: float) -> str:
    """How long ago, in the largest unit: `just now`, `40 s ago`, `2 min ago`, `3 h ago`, `5 days ago`."""
    if seconds < 5:
        return "just now"
    if seconds < 60:
        return f"{int(seconds)} s ago"
    if seconds < 3600:
        return f"{int(seconds / 60)} min ago"
    if seconds < 86400:
        return f"{int(seconds / 3600)} h ago"
    return f"{plural(int(seconds / 86400), 'day')} ago"


def clock(seconds: float) -> str:
    """A running or remaining time: `0:07`, `12:40`, `1:02:03`; never below zero."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def storable(name: str) -> tuple[str, str | None]:
    """A name as the os module gives it -> (text any UTF-8 store takes, hex of the raw bytes or None).

    Undecodable bytes are U+FFFD in the text; the hex is there only when the bytes are not UTF-8. Surrogates
    that stand for no byte cannot come from a disk and are U+FFFD as well.
    """
    try:
        raw = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in name), None
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace"), raw.hex()


def from_storable(text: str, raw_hex: str | None) -> str:
    """The name as the os module takes it. Raises ValueError when `raw_hex` is not hex."""
    return text if raw_hex is None else bytes.fromhex(raw_hex).decode("utf-8", "surrogateescape")
