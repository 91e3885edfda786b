"""The settings and the apps as rows: each value, what else it may be, and where it comes from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pumas_tui.core.domain import extra_roots
from pumas_tui.core.domain.app_records import AppState, AppStatus
from pumas_tui.core.domain.links import LinkKind
from pumas_tui.core.domain.text import count, plural, safe, size
from pumas_tui.tui.presenters.cells import ASCII, cut_end, pad, width_of
from pumas_tui.tui.presenters.frame import NARROW, NORMAL, WIDE, KeyHint
from pumas_tui.tui.presenters.prose import clip

_ROOMY = 30  # lines of a window that has room for gaps between sections


@dataclass(frozen=True, slots=True)
class SettingView:
    """One setting. `key` as the file has it; `choices` the values there are, empty where one types them.

    `origin`: default, file, or the variable or option that goes before the file. `is_size`: in bytes.
    """

    key: str
    value: str
    origin: str
    choices: tuple[str, ...] = ()
    is_size: bool = False

    @property
    def next_value(self) -> str:
        """The value after this one, the first again after the last; itself where one types it."""
        if not self.choices:
            return self.value
        at = self.choices.index(self.value) if self.value in self.choices else -1
        return self.choices[(at + 1) % len(self.choices)]


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section, and what its keys do."""

    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting under its name for people; `means` in a few words, empty where the choices say it."""

    view: SettingView
    name: str
    means: str


@dataclass(frozen=True, slots=True)
class AppRow:
    """A registered app."""

    status: AppStatus


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty row before a section."""

    before: str


Row = Heading | SettingRow | AppRow | Gap

_SECTIONS = (
    ("library", "LIBRARY"),
    ("import", "IMPORT"),
    ("network", "NETWORK"),
    ("health", "HEALTH"),
    ("ui", "TERMINAL"),
)
APPS = "APPS"
_AFTER = "library"
"""The table after which the apps stand."""
_NAMES = {
    "library.root": ("Folder", ""),
    "import.mode": ("Import mode", ""),
    "import.link": ("Link after import", ""),
    "import.reserve_bytes": ("Keep free", "of the library's disk, at least"),
    "import.lanes": ("At once on", "imports at a time on such a disk, 1 to 16"),
    "network.offline": ("Offline", ""),
    "network.lookups": ("Lookups", ""),
    "network.civitai": ("Ask Civitai too", ""),
    "network.bandwidth_limit": ("Speed limit", "a second, of all downloads; 0: none"),
    "health.self_heal": ("Self heal", ""),
    "health.verify_bytes_per_s": ("Verify speed", "a second, of a disk; 0: no limit"),
    "ui.theme": ("Colours", "auto, pumas, ansi-dark, ansi-light"),
    "ui.search_debounce_ms": ("Search waits", "milliseconds after the last key"),
}


def rows(
    views: Sequence[SettingView], apps: Sequence[AppStatus], add_key: str, height: int
) -> tuple[Row, ...]:
    """All rows of the list; high windows set sections apart by an empty row."""
    known = dict(_SECTIONS)
    tables = list(dict.fromkeys([*known, *(view.key.partition(".")[0] for view in views)]))
    found: list[Row] = []
    for table in tables:
        settings = [_setting(view) for view in views if view.key.partition(".")[0] == table]
        if settings:
            title = known.get(table, table.upper())
            found += _section(title, "", settings, gap=bool(found) and height >= _ROOMY)
        if table == _AFTER:
            note = f"{add_key} add"
            listed = [AppRow(status) for status in apps]
            found += _section(f"{APPS} ({count(len(apps))})", note, listed, gap=height >= _ROOMY)
    return tuple(found)


def _section(title: str, note: str, below: Iterable[Row], *, gap: bool) -> list[Row]:
    return [*([Gap(title)] if gap else []), Heading(title, note), *below]


def _setting(view: SettingView) -> SettingRow:
    table, name, *entry = view.key.split(".", 2)
    title, means = _NAMES.get(f"{table}.{name}", (name.replace("_", " "), ""))
    return SettingRow(view, f"{title} {safe(entry[0])}" if entry else title, means)


def key_of(row: Row) -> str:
    """What stays the same while a row's words change."""
    match row:
        case Heading(title):
            return f"heading:{title.partition(' (')[0]}"
        case Gap(before):
            return f"gap:{before.partition(' (')[0]}"
        case SettingRow():
            return row.view.key
        case AppRow():
            return f"app:{row.status.app.uid}"


def row_text(row: Row, width: int, *, cursor: bool = False) -> str:
    """The row as one line of exactly `width` cells."""
    lead = f" {'>' if cursor else ' '} "
    match row:
        case Gap():
            return " " * width
        case Heading(title, note):
            room = width - width_of(note) - 2
            return pad(f" {pad(title, room - 1)} {note}" if note else f" {title}", width)
        case SettingRow(view, name, means):
            first, second = (25, 28) if width >= WIDE else (19, 20) if width >= NARROW else (18, width)
            value = _shown(view)
            rest = width - first - second - 5
            words = means or " / ".join(view.choices)
            tail = cut_end(words, rest, ASCII) if rest > 8 else ""
            second = second if tail else width - first - 4
            value = clip(value, min(second, width - first - 4))
            return pad(
                f"{lead}{pad(cut_end(name, first - 1, ASCII), first)}{pad(value, second)} {tail}", width
            )
        case AppRow(status):
            return _app_text(lead, status, width)


def _shown(view: SettingView) -> str:
    """The value as people read it."""
    if view.is_size and view.value.isdecimal():
        return size(int(view.value)) if int(view.value) else "0"
    return safe(view.value) or "-"


def _app_text(lead: str, status: AppStatus, width: int) -> str:
    app = status.app
    name = f"{safe(app.name)} {safe(app.version)}".strip()
    if width < NARROW:
        right = _state(status, brief=True) or plural(status.links, "link")
        room = width - width_of(right) - 5
        return pad(f"{lead}{pad(clip(name, room), room)} {right}", width)
    first, last = (25, 38) if width >= WIDE else (19, 25)
    links = plural(status.links, "link")
    right = f"{links:>11}   {_state(status, brief=width < WIDE)}"
    base = width - first - last - 4
    return pad(
        f"{lead}{pad(clip(name, first - 1), first)}{pad(clip(safe(app.base), base - 1), base)}"
        f"{pad(cut_end(right, last, ASCII), last)}",
        width,
    )


def _state(status: AppStatus, *, brief: bool) -> str:
    """How its links are, or why it is not there."""
    if status.state is AppState.OFFLINE:
        return "disk not in"
    if status.state is AppState.GHOST:
        return "folder gone" if brief else "its folder is gone"
    if status.state is AppState.UNREADABLE:
        return "unreadable" if brief else "cannot be looked at"
    if status.link_kind == LinkKind.HARD:
        return "hard links"
    if not status.same_disk:
        return "ABSOLUTE" if brief else "ABSOLUTE: other disk"
    return "" if brief and status.link_kind == LinkKind.RELATIVE else status.link_kind


def where_from(row: Row) -> str:
    """Where a value comes from, and what stands against an app."""
    if isinstance(row, AppRow):
        app, also = row.status.app, extra_roots.summary(row.status.extra.roots)
        here = f"{safe(app.name)}: {safe(app.base)}{f'   {also}' if also else ''}"
        return safe(row.status.reason) or here
    return f"{row.view.key}   from: {safe(row.view.origin)}" if isinstance(row, SettingRow) else ""


def title(config: str, width: int) -> tuple[str, str]:
    """The two ends of the second line."""
    saved = "saved as you change them"
    return "Settings", f"{saved}   {safe(config)}" if width >= WIDE else saved if width >= NORMAL else ""


def fitting(hints: Sequence[KeyHint], row: Row | None) -> list[KeyHint]:
    """The keys that do something on this row."""
    off = {"remove app"} if not isinstance(row, AppRow) else {"next value", "change"}
    if isinstance(row, SettingRow) and not row.view.choices:
        off |= {"next value"}
    kept = [hint for hint in hints if hint.label not in off]
    if isinstance(row, AppRow):
        change = next((hint for hint in hints if hint.label == "change"), None)
        return [*([KeyHint(change.key, "plan", change.priority)] if change else []), *kept]
    return kept
