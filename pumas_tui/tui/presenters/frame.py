"""The frame around every screen as text: header with the screens and their counts, message line, key line."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pumas_tui.tui.keymap import Keymap
from pumas_tui.tui.presenters.cells import (
    UNICODE,
    Glyphs,
    Line,
    Span,
    cut_end,
    line_width,
    pad,
    spread,
    width_of,
)
from pumas_tui.tui.presenters.network import NetworkWords

WIDE = 110
NORMAL = 80
NARROW = 60
SMALLEST = (40, 10)

Severity = Literal["info", "warning", "error"]
_STYLE: dict[Severity, str] = {"info": "", "warning": "$warning", "error": "bold $error"}


@dataclass(frozen=True, slots=True)
class Tab:
    """One screen in the header: its key, its names long and short, how many things there need the user."""

    place: str
    key: str
    title: str
    short: str
    needs_you: int = 0


_TITLES = {
    "library": ("Library", "Lib"),
    "import": ("Import", "Imp"),
    "mapping": ("Mapping", "Map"),
    "health": ("Health", "Heal"),
    "settings": ("Settings", "Set"),
}


def tabs(keymap: Keymap, places: Collection[str], asking: Mapping[str, int]) -> tuple[Tab, ...]:
    """The screens there are, in the order of their keys; `asking`: how many things need the user there."""
    return tuple(
        Tab(place, keymap.first(f"global.{place}"), *names, asking.get(place, 0))
        for place, names in _TITLES.items()
        if place in places
    )


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What the first line says. `host` and `root` are safe to print; `network` may be empty."""

    host: str = ""
    root: str = ""
    tabs: tuple[Tab, ...] = ()
    network: NetworkWords = field(default_factory=NetworkWords)
    readonly: bool = False


@dataclass(frozen=True, slots=True)
class FrameMessage:
    """The line that says what happened last; `text` is safe to print."""

    text: str
    severity: Severity = "info"


@dataclass(frozen=True, slots=True)
class KeyHint:
    """One key of the key line. Higher priority stays longer; `enabled` off is shown dim."""

    key: str
    label: str
    priority: int
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Pinned:
    """The keys at the right end, which are never dropped."""

    palette: str = ":"
    help: str = "?"
    labels: Mapping[str, str] = field(default_factory=lambda: {"palette": "all", "help": "help"})


def header_line(facts: HeaderFacts, place: str, width: int, glyphs: Glyphs = UNICODE) -> Line:
    """` pumas  host:/root  [1 Library]   2 Import 3!   online`, shorter where there is less room."""
    words = facts.network
    network = words.long if width >= WIDE else words.short if width >= NARROW else words.least
    right = "  ".join(word for word in (network, "read only" if facts.readonly else "") if word)
    middle = _tabs(facts.tabs, place, width)
    room = width - line_width(middle) - (width_of(right) + 2 if right else 0) - 1
    left = _owner(facts, room, width, glyphs)
    spans: list[Span] = [(" " + left, "bold"), *middle]
    gap = width - line_width(spans) - width_of(right) - 1
    return (*spans, (" " * max(gap, 1), ""), (right, "$warning" if facts.readonly else ""))


def _owner(facts: HeaderFacts, room: int, width: int, glyphs: Glyphs) -> str:
    if width < WIDE:
        return cut_end(facts.host, min(room - 1, 20), glyphs) + " "
    wide = f"pumas  {facts.host}:{facts.root}"
    return cut_end(wide, room - 2, glyphs) + "  "


def _tabs(offered: Sequence[Tab], place: str, width: int) -> list[Span]:
    spans: list[Span] = []
    for tab in offered:
        here = tab.place == place
        name = "" if width < NARROW else f" {tab.title if width >= WIDE else tab.short}"
        spans += [
            ("[" if here else " ", "bold" if here else ""),
            (f"{tab.key}{name}", "bold" if here else ""),
        ]
        if tab.needs_you:
            spans.append((f" {tab.needs_you}!", "bold $warning"))
        spans.append(("] " if here else "  ", "bold" if here else ""))
    return spans


def message_line(status: str, message: FrameMessage | None, width: int, glyphs: Glyphs = UNICODE) -> Line:
    """What is marked at the left, what happened last at the right; a long message takes the whole line."""
    if message is None:
        return ((spread(status, "", width, glyphs), "bold" if status else ""),)
    style = _STYLE[message.severity]
    if not status:
        return ((spread(message.text, "", width, glyphs), style),)
    text = cut_end(message.text, max(width - width_of(status) - 5, 0), glyphs)
    gap = width - width_of(status) - width_of(text) - 2
    return ((f" {status}", "bold"), (" " * max(gap, 1), ""), (text, style), (" ", ""))


def key_line(hints: Sequence[KeyHint], width: int, pinned: Pinned | None = None) -> Line:
    """` enter open  space mark     : all  ? help`: order as given, the least important dropped first.

    The two pinned keys always show; below 60 columns the last one without its word.
    """
    pinned = pinned or Pinned()
    last = f"{pinned.help} {pinned.labels['help']}" if width >= NARROW else pinned.help
    right = f"{pinned.palette} {pinned.labels['palette']}  {last}"
    room = width - width_of(right) - 4
    kept = [hint for hint in hints if hint.key]
    while kept and sum(width_of(h.key) + width_of(h.label) + 3 for h in kept) - 2 > room:
        kept.remove(min(kept, key=lambda hint: hint.priority))
    spans: list[Span] = [(" ", "")]
    for hint in kept:
        spans += [
            (hint.key, "bold" if hint.enabled else "dim"),
            (f" {hint.label}  ", "" if hint.enabled else "dim"),
        ]
    gap = width - line_width(spans) - width_of(right) - 1
    return (*spans, (" " * max(gap, 0), ""), (right, ""), (" ", ""))


def too_small(width: int, height: int, jobs: str) -> str:
    """What a window says that is too small for anything else."""
    least = f"{SMALLEST[0]}x{SMALLEST[1]}"
    return f"Window {width}x{height}. Pumas needs {least}.  {jobs}".strip()


def rule(width: int, glyphs: Glyphs) -> str:
    """A line across the window."""
    return glyphs.rule * width


def title_line(title: str, facts: str, width: int, glyphs: Glyphs = UNICODE) -> Line:
    """The second line of screens without a search box: where one is, and its counts."""
    line = pad(spread(title, facts, width, glyphs), width)
    at = len(line) - len(facts) - 1 if facts else len(line)
    return ((line[:at], "bold"), (line[at:], ""))
