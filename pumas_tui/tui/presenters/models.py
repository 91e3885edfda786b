"""Models as text: a row of the list, the column heads, all that is known of one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pumas_tui.core.domain.files import ModelFormat, SecurityTier
from pumas_tui.core.domain.models import ModelDetail, ModelRow, Order, OrderBy
from pumas_tui.core.domain.pickle_verdict import read_facts
from pumas_tui.core.domain.text import count, plural, safe, size
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.tui.presenters.cells import UNICODE, Glyphs, cut_end, cut_middle, pad, pad_left

if TYPE_CHECKING:
    from pumas_tui.core.domain.metadata import Metadata  # a list is painted without the parser of it

_TRUST_WORDS = {
    Trust.VERIFIED: ("V", "Verified", "the SHA-256 equals the published one"),
    Trust.HIGH: ("H", "High", "exact file name, size equal; content not compared"),
    Trust.LOW: ("L", "Low", "similar name only; nothing was filled in without you"),
    Trust.MODIFIED: ("M", "Modified", "name and size fit, content differs"),
    Trust.MANUAL: ("*", "Manual", "set by you; look-ups leave it alone"),
    Trust.PENDING: ("?", "Pending", "not looked up yet"),
    Trust.NONE: ("-", "None", "no match found"),
}
_SAFE_WORDS = {
    SecurityTier.SAFE: (" ", "ok", "ok: this kind of file runs no code when loaded"),
    SecurityTier.UNKNOWN: ("?", "?", "unknown kind of file"),
    SecurityTier.PICKLE: ("!", "PICKLE", "PICKLE: can run code when an app loads it"),
}
# What must stay readable when a name is cut: a shard's number, then the extension.
_TAIL = re.compile(
    r"(?:[-_.]\d{1,5}-of-\d{1,5})?"
    r"(?:\.(?:safetensors|gguf|ckpt|pt|pth|bin|onnx|pkl|sft))?"
    r"(?: \(\d+ (?:files|parts)\))?$",
    re.IGNORECASE,
)
_SHOWN_FILES = 40


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the columns beside the name, 0 for those that are not shown, and whether words or letters."""

    type: int
    size: int
    trust: int
    safe: int
    links: int
    words: bool


WIDE = Columns(type=11, size=8, trust=8, safe=6, links=4, words=True)
NORMAL = Columns(type=10, size=8, trust=1, safe=1, links=4, words=False)
NARROW = Columns(type=0, size=8, trust=1, safe=1, links=0, words=False)
MARKER = 4
"""Cells before the name: cursor and mark."""


def columns(window_width: int) -> Columns:
    """The columns for a window of this width."""
    if window_width >= 110:
        return WIDE
    return NORMAL if window_width >= 80 else NARROW


_PARTS = {"checkpoints": "", "diffusion_models": "", "loras": "lora", "text_encoders": "encoder"}


def type_text(row: ModelRow) -> str:
    """What it is in one word: of diffusion models the part (lora, vae, …), else the model's type."""
    part = _PARTS.get(row.subtype, row.subtype) if row.model_type == "diffusion" else ""
    return safe(part or row.model_type)


def name_text(row: ModelRow) -> str:
    """The name as the list says it, printable, with the number of files of what has several."""
    if row.model_format is ModelFormat.SINGLE_FILE or row.file_count < 2:
        return safe(row.official_name)
    what = "parts" if row.model_format is ModelFormat.SHARDED_SET else "files"
    return f"{safe(row.official_name)} ({row.file_count} {what})"


def fit_name(name: str, width: int, glyphs: Glyphs = UNICODE) -> str:
    """A name in `width` cells: cut before a shard's number and the extension, which always stay."""
    tail = _TAIL.search(name)
    keep = len(name) - tail.start() if tail else 0
    text = cut_middle(name, width, keep, glyphs) if 0 < keep < len(name) else cut_end(name, width, glyphs)
    return pad(text, width)


def _gaps(shape: Columns) -> int:
    return sum(w + 1 for w in (shape.type, shape.size, shape.trust, shape.safe, shape.links) if w) + 1


def head(width: int, shape: Columns) -> str:
    """The line of column heads above the rows."""
    cells = _join(
        shape,
        pad("Type", shape.type),
        pad_left("Size", shape.size),
        pad("Trust" if shape.words else "T", shape.trust),
        pad("Safe" if shape.words else "S", shape.safe),
        pad_left("Lnk", shape.links),
    )
    return pad(" " * MARKER + pad("Name", width - MARKER - _gaps(shape)) + cells, width)


def row_text(row: ModelRow, width: int, shape: Columns, glyphs: Glyphs = UNICODE) -> str:
    """One row without its marker, exactly `width - MARKER` cells."""
    letter, word, _ = _TRUST_WORDS[row.trust]
    sign, said, _ = _SAFE_WORDS[row.security_tier]
    cells = _join(
        shape,
        pad(cut_end(type_text(row), shape.type, glyphs), shape.type),
        pad_left(size(row.size_bytes), shape.size),
        pad(word if shape.words else letter, shape.trust),
        pad(said if shape.words else sign, shape.safe),
        pad_left(str(row.links), shape.links),
    )
    name = fit_name(name_text(row), width - MARKER - _gaps(shape), glyphs)
    return pad(name + cells, width - MARKER)


def _join(shape: Columns, kind: str, amount: str, trust: str, security: str, links: str) -> str:
    shown = [
        cell
        for cell, wide in (
            (kind, shape.type),
            (amount, shape.size),
            (trust, shape.trust),
            (security, shape.safe),
            (links, shape.links),
        )
        if wide
    ]
    return " " + " ".join(shown)


def trust_word(trust: Trust) -> str:
    """The badge as people read it."""
    return _TRUST_WORDS[trust][1]


_ORDER_WORDS = {
    OrderBy.RELEVANCE: "",
    OrderBy.NAME: "name",
    OrderBy.SIZE: "size",
    OrderBy.ADDED: "date",
    OrderBy.TRUST: "trust",
    OrderBy.TYPE: "type",
    OrderBy.LINKS: "links",
}


def order_text(order: Order) -> str:
    """`order: size down`; empty for the order that nobody chose."""
    word = _ORDER_WORDS[order.by]
    return f"order: {word} {'down' if order.reverse else 'up'}" if word else ""


ORDER_CHOICES = (
    ("n", "name"),
    ("s", "size"),
    ("d", "date"),
    ("l", "links"),
    ("u", "trust"),
    ("t", "type"),
)
_LETTERS = {
    "n": OrderBy.NAME,
    "s": OrderBy.SIZE,
    "d": OrderBy.ADDED,
    "l": OrderBy.LINKS,
    "u": OrderBy.TRUST,
    "t": OrderBy.TYPE,
}
_MOST_FIRST = (OrderBy.SIZE, OrderBy.ADDED, OrderBy.LINKS)


def reordered(order: Order, letter: str) -> Order:
    """The order a letter stands for, the biggest and the newest first; the same letter again turns it."""
    by = _LETTERS[letter]
    return Order(by, not order.reverse if order.by is by else by in _MOST_FIRST)


def breadcrumb(row: ModelRow, at: int, total: int, width: int) -> tuple[str, str]:
    """Line 2 over an opened model: where one is, how to go on. `at` counts from 0; `width` of the window."""
    place = f"{count(at + 1)} of {count(total)}"
    if width < 60:
        return name_text(row), place
    return f"Library > {name_text(row)}", f"{place}  j next  k previous"


def marked_text(rows: Sequence[ModelRow]) -> str:
    """`2 marked, 28.9 GB`; empty when none is."""
    return f"{count(len(rows))} marked, {size(sum(row.size_bytes for row in rows))}" if rows else ""


def day(seconds: float) -> str:
    """The date of a time in seconds since the epoch, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def kind_text(row: ModelRow) -> str:
    """`llm / qwen / gguf Q4_K_M`."""
    form = f"{row.subtype} {row.quantization or row.precision}".strip()
    return safe(" / ".join(part for part in (row.model_type, row.family, form) if part))


def detail_fields(detail: ModelDetail, *, brief: bool) -> list[tuple[str, str]]:
    """All that is known as (label, printable text); an empty label goes on with the one above.

    `brief`: what fits beside a list, and is cheap to paint at every move of its cursor.
    """
    row, meta = detail.row, detail.metadata
    fields = [
        ("Name", row.official_name),
        ("Kind", kind_text(row)),
        *_trust_fields(meta, row.trust, brief=brief),
        ("Safe", _SAFE_WORDS[row.security_tier][2]),
        ("", _acknowledged(meta)),
        ("Scan", _scan(meta)),
        (
            "Size",
            f"{size(row.size_bytes)} in {plural(row.file_count, 'file')} ({count(row.size_bytes)} bytes)",
        ),
        ("Added", day(row.added_at) + (", by import" if meta.imported else "")),
        ("Tags", ", ".join(meta.tags)),
        ("Base", meta.base_model),
        ("Notes", meta.notes),
        ("From", meta.imported.source if meta.imported and not brief else ""),
        ("Where", f"{row.model_id}/" if brief else detail.directory),
        ("SHA-256", f"{row.sha256[:8]}...{row.sha256[-8:]}" if brief else row.sha256),
        *(("Link", f"{link.app}  {link.target}  {link.kind}") for link in detail.links),
        *([] if brief else _files(meta)),
    ]
    return [(label, safe(text)) for label, text in fields if text]


def _trust_fields(meta: "Metadata", trust: Trust, *, brief: bool) -> list[tuple[str, str]]:
    """The badge and, where there is room, why it is this one."""
    _, word, means = _TRUST_WORDS[trust]
    evidence = meta.match.evidence if meta.match is not None else []
    if trust is Trust.NONE and meta.match is not None and meta.match.checked_at is not None:
        means += f" on {meta.match.checked_at:%Y-%m-%d}"
    if len(evidence) < 2 or brief:
        return [("Trust", f"{word}: {evidence[-1] if evidence else means}")]
    return [("Trust", f"{word}: {means}"), *zip(["Why", *[""] * len(evidence)], evidence, strict=False)]


def _scan(meta: "Metadata") -> str:
    """What the check of its pickles said; empty where there was none."""
    said = meta.pickle_scan
    if said is None:
        return ""
    verdict = read_facts({"verdict": said.verdict, "globals": said.globals, "reason": said.reason})
    return verdict.text if verdict is not None else said.verdict


def _acknowledged(meta: "Metadata") -> str:
    said = meta.acknowledged
    return f"accepted by {said.by} on {said.at:%Y-%m-%d}" if said else ""


def _files(meta: "Metadata") -> list[tuple[str, str]]:
    if len(meta.files) < 2:
        return []
    shown = [("File", f"{size(f.size):>8}  {f.name}") for f in meta.files[:_SHOWN_FILES]]
    more = len(meta.files) - len(shown)
    return shown + ([("", f"and {plural(more, 'more file')}")] if more > 0 else [])


def detail_lines(detail: ModelDetail, width: int, *, brief: bool = False) -> list[str]:
    """The fields as lines of at most `width` cells, values wrapped under themselves."""
    lines: list[str] = []
    indent = 9
    for label, value in detail_fields(detail, brief=brief):
        for number, piece in enumerate(wrapped(value, max(width - indent, 8))):
            lines.append(pad(label if number == 0 else "", indent) + piece)
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """Cut into pieces of `width` cells, at a blank or a slash, else at a dash, not too far from the end."""
    pieces: list[str] = []
    rest = text
    while rest:
        end = len(cut_end(rest, width, _BARE))
        if end < len(rest):
            end = _break(rest, width, end)
        end = max(end, 1)
        pieces.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return pieces or [""]


def _break(text: str, width: int, end: int) -> int:
    """Where a line of at most `end` characters ends."""
    for signs in (" /", "-_"):
        at = max(text.rfind(sign, width // 3, end) for sign in signs)
        if at > 0:
            return at + 1
    return end


_BARE = Glyphs("", "", "", False)
