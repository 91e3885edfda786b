"""What the terminal shows, cell by cell, so that only what is new goes out: for slow lines.

Textual begins every run of text with its whole style and ends it with a reset, and paints a screen that comes
to the front whole, twice. Here a style is told as the difference from the one before it, and cells that show
already what they are to show are left out. That can be known of output that is cursor positions, each
followed by text with SGR sequences (ECMA-48, 8.3.117); any other output goes out as it is.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import get_character_cell_size

_POSITION = re.compile(r"\x1b\[(\d+);(\d+)H")
_RUN = re.compile(r"\x1b\[([\d;]*)m|([^\x1b\x00-\x1f\x7f]+)|\n")
_NO_CELLS = re.compile(
    r"(?:\x1b\[\?(?!(?:3|47|1047|1049)[hl])\d+(?:[hl]|\$p)|\x1b\[[<>=]?[\d;]*[tun]|\x1b\][^\x07\x1b]*\x07|\x07)*"
)
"""Sequences that write to no cell: modes but those that clear the screen, reports, titles, the clipboard."""
_COLOUR_LENGTHS = {"38;2": 5, "48;2": 5, "38;5": 3, "48;5": 3}
_FOREGROUND = re.compile(r"38;[25];[\d;]+|[39][0-7]|39")
_BACKGROUND = re.compile(r"48;[25];[\d;]+|(?:4|10)[0-7]|49")
_OWN = ("39", "49")
"""The terminal's own colours."""
_ATTRIBUTES = frozenset("123456789") | {"21", "53"}
_ON_BLANKS = frozenset({"4", "7", "9", "21", "53"})
"""Attributes that are seen where there is no character."""
_RESET = "\x1b[m"
_GAP = 8  # cells that are as they were and cost less to write again than to step over


class Style(NamedTuple):
    """SGR parameters of a text: its colours (empty: the terminal's own) and the rest."""

    foreground: str = ""
    background: str = ""
    attributes: frozenset[str] = frozenset()


class Run(NamedTuple):
    """Text of one style."""

    style: Style
    text: str


Cell = Run
"""One character in its first cell; a second cell, of a wide character, has no text."""
_PLAIN = Style()


class ShownRows:
    """Give it all that is written. `forget` when somebody else wrote to the terminal, or its size changed."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Cell | None]] = {}  # None: it is not known what is there

    def forget(self) -> None:
        """Leave nothing out until it was written again."""
        self._rows.clear()

    def spared(self, data: str) -> str:
        """What of this must be written so that the terminal shows the same as after all of it."""
        before, *pieces = _POSITION.split(data)
        if _NO_CELLS.fullmatch(before) is None:
            self.forget()
            return data
        told, now = [before], _PLAIN
        for row, column, text in zip(pieces[0::3], pieces[1::3], pieces[2::3], strict=True):
            runs = _runs(text)
            if runs is None:
                self.forget()
                return data
            for start, style, words in self._new(row, int(column), runs):
                told += (f"\x1b[{row};{start}H" if start else "", _change(now, style), words)
                now = style
        return "".join([*told, _change(now, _PLAIN)])

    def _new(self, row: str, column: int, runs: Sequence[Run]) -> Iterator[tuple[int, Style, str]]:
        """What must be written of a piece: the column (0: where the last one ended), the style, the text."""
        cells = _cells(runs)
        if not cells:  # a mere position, or characters of which terminals disagree how wide they are
            if runs:
                self._rows.pop(row, None)
            yield from _placed(column, runs or [Run(_PLAIN, "")])
            return
        known, first, end = self._rows.setdefault(row, []), column - 1, column - 1 + len(cells)
        known += [None] * (end - len(known))
        for start, stop in _differences(known[first:end], cells):
            yield from _placed(column + start, _joined(cells[start:stop]))
        if first and _continues(known[first]):
            known[first - 1] = None  # the other half of a wide character goes with it
        if end < len(known) and _continues(known[end]):
            known[end] = None
        known[first:end] = cells


def _placed(column: int, runs: Sequence[Run]) -> Iterator[tuple[int, Style, str]]:
    for number, (style, text) in enumerate(runs):
        yield 0 if number else column, style, text


def _runs(text: str) -> list[Run] | None:
    """Text by its style; None where there is more than text and styles."""
    runs: list[Run] = []
    style, end = _PLAIN, 0
    for found in _RUN.finditer(text):
        if found.start() != end:
            return None
        end = found.end()
        codes, words = found.groups()
        if codes is not None:
            known = _style(codes)
            if known is None or (known != _PLAIN and style != _PLAIN):
                return None
            style = known
        elif words is not None:
            runs.append(Run(style, words))
        elif end != len(text):
            return None  # a line end between positions means nothing, one before more text does
    return runs if end == len(text) and style == _PLAIN else None


def _cells(runs: Sequence[Run]) -> list[Cell]:
    """Character by character; empty where one is of no width or a picture: those join their neighbours."""
    cells: list[Cell] = []
    for style, text in runs:
        blank = Cell(style if style.attributes & _ON_BLANKS else Style("", style.background), " ")
        for character in text:
            width = 1 if character.isascii() else get_character_cell_size(character)
            if not width or character > "\U0001f000" or "\u2600" <= character < "\u27c0":
                return []
            cells.append(blank if character == " " else Cell(style, character))
            if width == 2:
                cells.append(Cell(style, ""))
    return cells


def _differences(old: Sequence[Cell | None], new: Sequence[Cell]) -> list[tuple[int, int]]:
    """Where they differ: first cell, and the one after the last. No wide character is cut."""
    spans: list[tuple[int, int]] = []
    for place, (was, wanted) in enumerate(zip(old, new, strict=True)):
        if was == wanted:
            continue
        start, end = place, place + 1
        while start and (_continues(old[start]) or _continues(new[start])):
            start -= 1
        while end < len(new) and (_continues(old[end]) or _continues(new[end])):
            end += 1
        if spans and start - spans[-1][1] < _GAP:
            start = spans.pop()[0]
        spans.append((start, end))
    return spans


def _continues(cell: Cell | None) -> bool:
    return cell is not None and not cell.text


def _joined(cells: Sequence[Cell]) -> list[Run]:
    """Neighbours of one style as one text; blanks are of any style that looks the same."""
    runs: list[tuple[Style, list[str]]] = []
    for style, text in cells:
        last = runs[-1][0] if runs else None
        if last == style or (last is not None and text == " " and _alike(last, style)):
            runs[-1][1].append(text)
        else:
            runs.append((style, [text]))
    return [Run(style, "".join(texts)) for style, texts in runs]


def _alike(one: Style, other: Style) -> bool:
    """Blanks look the same in both."""
    return one.background == other.background and _ON_BLANKS.isdisjoint(one.attributes | other.attributes)


@lru_cache(maxsize=1024)
def _style(codes: str) -> Style | None:
    """None where it is not known what a parameter does."""
    left = [] if codes in ("", "0") else codes.split(";")
    foreground, background, attributes = "", "", set[str]()
    while left:
        length = _COLOUR_LENGTHS.get(";".join(left[:2]), 1)
        code, left = ";".join(left[:length]), left[length:]
        if _FOREGROUND.fullmatch(code):
            foreground = "" if code == _OWN[0] else code
        elif _BACKGROUND.fullmatch(code):
            background = "" if code == _OWN[1] else code
        elif code in _ATTRIBUTES:
            attributes.add(code)
        else:
            return None
    return Style(foreground, background, frozenset(attributes))


@lru_cache(maxsize=4096)
def _change(now: Style, wanted: Style) -> str:
    """What takes the terminal from one style to another."""
    if now == wanted:
        return ""
    if wanted == _PLAIN:
        return _RESET
    codes = []
    if not now.attributes <= wanted.attributes:
        codes, now = ["0"], _PLAIN
    codes += sorted(wanted.attributes - now.attributes)
    if now.foreground != wanted.foreground:
        codes.append(wanted.foreground or _OWN[0])
    if now.background != wanted.background:
        codes.append(wanted.background or _OWN[1])
    return f"\x1b[{';'.join(codes)}m"
