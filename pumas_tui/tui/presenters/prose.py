"""Text of dialogs as values: lines with a tone, key hints, wrapping by cell width.

Nothing here interprets markup. Outside strings come in through `text.safe` already, so a line holds no
control characters and its width is what `cell_len` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from rich.cells import cell_len, chop_cells

from pumas_tui.tui.presenters.cells import ASCII, cut_middle, pad


class Tone(StrEnum):
    """How a line is to look; the style sheet says what that means."""

    PLAIN = "plain"
    STRONG = "strong"
    DIM = "dim"
    DANGER = "danger"
    BANNER = "banner"  # filled to the full width
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph or a row. `clip`: cut instead of wrapped; `hang`: cells by which wrapped lines indent."""

    text: str = ""
    tone: Tone = Tone.PLAIN
    clip: bool = False
    hang: int = 0


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does. `short` is used where space is scarce; `harm` marks what loses work or data."""

    key: str
    label: str
    short: str
    harm: bool = False


def clip(text: str, width: int) -> str:
    """At most `width` cells, cut in the middle so that the end (extension, part number) stays readable."""
    return cut_middle(text, width, min(24, max(0, (width - 3) // 2)), ASCII)


def without_path(message: str, path: str | None) -> str:
    """An error's message without the path that it is about, where the path stands beside it anyway."""
    if not path:
        return message
    return message.removeprefix(path).replace(f" {path}: ", ": ").lstrip(": ") or message


def wrap(text: str, width: int, hang: int = 0) -> list[str]:
    """Lines of at most `width` cells, broken at spaces; a word longer than a line is broken inside."""
    width = max(1, width)
    indent = " " * min(hang, width - 1)
    lines: list[str] = []
    current = text[: len(text) - len(text.lstrip(" "))]
    started = False
    for word in text.split():
        joined = f"{current} {word}" if started else current + word
        if cell_len(joined) <= width:
            current, started = joined, True
            continue
        if started:
            lines.append(current)
            current = indent
        room = max(1, width - cell_len(current))
        pieces = chop_cells(word, room) if cell_len(word) > room else [word]
        for piece in pieces[:-1]:
            lines.append(current + piece)
            current = indent
        current, started = current + pieces[-1], True
    lines.append(current)
    return lines


def labelled(label: str, text: str, width: int, at: int = 7) -> list[Line]:
    """A label and its text from cell `at` on, in rows of at most `width` cells."""
    rows = wrap(text, width - at)
    return [Line(f"{pad(label if not n else '', at)}{row}", clip=True) for n, row in enumerate(rows)]


def flow(lines: Sequence[Line], width: int) -> list[Line]:
    """The lines cut or wrapped to `width`, each result at most one row high."""
    rows: list[Line] = []
    for line in lines:
        texts = [clip(line.text, width)] if line.clip else wrap(line.text, width, line.hang)
        rows += [Line(pad(text, width) if line.tone is Tone.BANNER else text, line.tone) for text in texts]
    return rows


def hint_rows(rows: Sequence[Sequence[Hint]], width: int) -> list[str]:
    """Key hints in columns as given, one under the other where a row is too wide."""
    columns = list(zip_longest(*rows))
    keys = [max(cell_len(h.key) for h in column if h is not None) for column in columns]
    labels = [max(cell_len(h.label) for h in column if h is not None) for column in columns]
    out: list[str] = []
    for row in rows:
        cells = [
            f"{pad(hint.key, keys[n])}  {hint.label if n == len(row) - 1 else pad(hint.label, labels[n])}"
            for n, hint in enumerate(row)
        ]
        line = "    ".join(cells)
        loose = "    ".join(
            f"{pad(h.key, keys[0]) if n == 0 else h.key}  {h.label}" for n, h in enumerate(row)
        )
        if cell_len(line) <= width:
            out.append(line)
        elif cell_len(loose) <= width:
            out.append(loose)
        else:
            for hint in row:
                first, *rest = wrap(hint.label, width - keys[0] - 2)
                out += [f"{pad(hint.key, keys[0])}  {first}", *(" " * (keys[0] + 2) + more for more in rest)]
    return out


def short_hint_rows(rows: Sequence[Sequence[Hint]], width: int) -> list[str]:
    """The same keys with their short labels, as many on a line as fit."""
    out: list[str] = []
    for hint in (hint for row in rows for hint in row):
        word = f"{hint.key} {hint.short}"
        if out and cell_len(out[-1]) + 2 + cell_len(word) <= width:
            out[-1] += "  " + word
        else:
            out.append(clip(word, width))
    return out


def columns(words: Sequence[str], width: int, indent: int = 4, gap: int = 6) -> list[str]:
    """Words side by side, as many as fit on a line, each kept whole unless it is wider than a line."""
    out: list[str] = []
    for word in words:
        shown = clip(word, max(1, width - indent))
        if out and cell_len(out[-1]) + gap + cell_len(shown) <= width:
            out[-1] += " " * gap + shown
        else:
            out.append(" " * indent + shown)
    return out
