"""Text measured in terminal cells: cutting, padding, and the few glyphs that chrome is drawn with.

Everything here expects text that is already safe to print.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

Span = tuple[str, str]
"""A piece of a line and its style: names of attributes and theme variables (`bold`, `$warning`), or empty."""
Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What lines and cuts are drawn with. Nothing whose width terminals disagree on."""

    rule: str
    pipe: str
    cut: str
    ascii: bool


UNICODE = Glyphs("─", "│", "…", False)
ASCII = Glyphs("-", "|", "...", True)


def width_of(text: str) -> int:
    """Cells that a text takes."""
    return cell_len(text)


def cut_end(text: str, width: int, glyphs: Glyphs = UNICODE) -> str:
    """At most `width` cells; what is lost is lost at the end, with a sign."""
    if cell_len(text) <= width:
        return text
    if width <= cell_len(glyphs.cut):
        return set_cell_size(text, max(width, 0))
    return set_cell_size(text, width - cell_len(glyphs.cut)).rstrip() + glyphs.cut


def cut_middle(text: str, width: int, keep: int, glyphs: Glyphs = UNICODE) -> str:
    """At most `width` cells; the last `keep` characters stay, what is before them is cut."""
    if cell_len(text) <= width:
        return text
    tail = text[len(text) - keep :] if keep > 0 else ""
    head_width = width - cell_len(tail) - cell_len(glyphs.cut)
    if head_width < 1:
        return cut_end(text, width, glyphs)
    return set_cell_size(text, head_width).rstrip() + glyphs.cut + tail


def pad(text: str, width: int) -> str:
    """Exactly `width` cells, text on the left."""
    return set_cell_size(text, max(width, 0))


def pad_left(text: str, width: int) -> str:
    """Exactly `width` cells, text on the right."""
    return (
        " " * (width - cell_len(text)) + text
        if cell_len(text) < width
        else set_cell_size(text, max(width, 0))
    )


def spread(left: str, right: str, width: int, glyphs: Glyphs = UNICODE) -> str:
    """`left` and `right` at the ends of `width` cells, a blank outside of both; `right` is never cut."""
    room = width - cell_len(right) - 4 if right else width - 2
    middle = pad(cut_end(left, room, glyphs), max(room, 0))
    return pad(f" {middle}  {right} " if right else f" {middle} ", width)


def line_width(spans: Iterable[Span]) -> int:
    """Cells of a styled line."""
    return sum(cell_len(text) for text, _ in spans)


def plain(spans: Iterable[Span]) -> str:
    """A styled line without its styles."""
    return "".join(text for text, _ in spans)
