"""The frame that every screen has: header, second line, body, message line, jobs line, key line.

Facts are set from above as attributes; the frame paints only the line that changed. Whatever opens over
the body is an `Overlay` on the layer `dialogs`.
"""

import time
from collections.abc import Iterable
from typing import ClassVar, Self, TypedDict, Unpack

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from pumas_tui.core.domain.actions import BY_ID, Action, Scope, on_screen
from pumas_tui.core.domain.jobs import JobsState, JobState
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.tui import terminal
from pumas_tui.tui.keymap import Keymap, bindings, default_keymap
from pumas_tui.tui.presenters import frame as present
from pumas_tui.tui.presenters.cells import ASCII, UNICODE, Glyphs, Line
from pumas_tui.tui.presenters.frame import FrameMessage, HeaderFacts, KeyHint, Pinned, Severity
from pumas_tui.tui.presenters.jobs import jobs_line, jobs_words
from pumas_tui.tui.widgets.cursor_list import CursorList

DIALOGS = "dialogs"
READ_ONLY = "read only: started with --readonly"
_WIDTHS = [
    (0, "-tiny"),
    (present.SMALLEST[0], "-w40"),
    (present.NARROW, "-w60"),
    (present.NORMAL, "-w80"),
    (present.WIDE, "-w110"),
]
_HEIGHTS = [(0, "-low"), (present.SMALLEST[1], "-tall")]


class TextLine(Static):
    """One line of styled text that is painted again only when it changed."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("", id=id, classes=classes, markup=False)
        self._shown: Line = ()

    def show(self, line: Line) -> None:
        """Paint this line unless it is on the screen already."""
        if line != self._shown:
            self._shown = line
            self.update(Content.assemble(*line), layout=False)


class Overlay(Vertical):
    """Base of all that opens over the body: has the keys to itself and gives the focus back when it goes.

    Mount it on a `FramedScreen`. Keys of the screen below are off meanwhile (ctrl+c is not). `FOCUS` selects
    the child that gets the keys; empty: the overlay itself.
    """

    FOCUS: ClassVar[str] = ""

    DEFAULT_CSS = """
    Overlay { layer: dialogs; }
    """

    def __init__(self, *children: Widget, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(*children, id=id, classes=classes)
        self._focus_before: Widget | None = None

    @property
    def is_modal(self) -> bool:
        """Cuts the chain of bindings here."""
        return True

    def on_mount(self) -> None:
        self._focus_before = self.screen.focused
        self.trap_focus()
        # At once, not by `focus()`, which waits its turn: the next key may be here already.
        self.screen.set_focus(self.query_one(self.FOCUS) if self.FOCUS else self)

    def on_unmount(self) -> None:
        before = self._focus_before
        if before is not None and before.is_attached:
            before.screen.set_focus(before)


class FrameOptions(TypedDict, total=False):
    """How a screen is made; what is not said is as usual."""

    ascii_only: bool
    keymap: Keymap
    readonly: bool


class FramedScreen(Screen[None]):
    """A screen of the program. Subclasses give `PLACE`, `SCOPE`, `compose_body`, and a second line.

    header, jobs, message, status, glyphs and keymap are set by whoever is above (the app), at any time.
    """

    PLACE: ClassVar[str] = ""
    SCOPE: ClassVar[Scope] = Scope.SCREEN
    TITLE = ""
    BINDINGS = bindings(Scope.SCREEN)
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

    # A change of focus concerns the two widgets, which paint themselves; painting all is 8 KB on the line.
    focused: reactive[Widget | None] = reactive(None, repaint=False)
    header: reactive[HeaderFacts] = reactive(HeaderFacts(), init=False, repaint=False)
    jobs: reactive[JobsState] = reactive(JobsState(), init=False, repaint=False)
    message: reactive[FrameMessage | None] = reactive(None, init=False, repaint=False)
    status: reactive[str] = reactive("", init=False, repaint=False)

    def __init__(self, **options: Unpack[FrameOptions]) -> None:
        super().__init__()
        self.glyphs: Glyphs = ASCII if options.get("ascii_only") else UNICODE
        self.keymap: Keymap = options.get("keymap") or default_keymap()
        self.readonly = options.get("readonly", False)
        self._clock: Timer | None = None
        self._lines = {name: TextLine(id=name) for name in ("header", "title", "message", "jobs", "keys")}
        self._too_small = Static("", id="too-small", markup=False)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """As any widget's, but a new layout alone paints only what it moved, showed or hid."""
        return super().refresh(*regions, repaint=repaint and not layout, layout=layout, recompose=recompose)

    def compose(self) -> ComposeResult:
        self._know_size()
        yield self._lines["header"]
        yield from self.compose_second_line()
        yield TextLine(id="top-rule", classes="rule")
        with Vertical(id="body"):
            yield from self.compose_body()
        yield self._lines["message"]
        yield TextLine(id="rule", classes="rule")
        yield self._lines["jobs"]
        yield self._lines["keys"]
        yield self._too_small

    def _know_size(self) -> None:
        """Have the classes of this window's size from the start, not after a first picture without them."""
        for breakpoints, cells in zip((_WIDTHS, _HEIGHTS), self.app.size, strict=True):
            self.add_class(next(name for least, name in reversed(breakpoints) if cells >= least))

    def compose_second_line(self) -> Iterable[Widget]:
        """The widgets of line 2; here the line that `show_title` writes."""
        yield self._lines["title"]

    def compose_body(self) -> Iterable[Widget]:
        """The widgets between the second line and the message line."""
        return ()

    def hints(self) -> list[KeyHint]:
        """What the key line offers now; subclasses drop what makes no sense for the row in front."""
        shown = [action for action in on_screen(self.SCOPE) if action.footer]
        shown.sort(key=lambda action: -action.priority)
        return [
            KeyHint(self.keymap.first(a.id), a.footer, a.priority, not (self.readonly and a.writes))
            for a in shown
        ]

    @property
    def overlay(self) -> Widget | None:
        """What is open over the body, the topmost."""
        return next((child for child in reversed(self.children) if child.layer == DIALOGS), None)

    async def show_over(self, overlay: Overlay) -> None:
        """Open this over the body and give it the keys; it is there when this returns.

        As first child: then the others keep their place in the order of painting, and are not painted again.
        """
        await self.mount(overlay, before=0)

    def facts_changed(self) -> None:
        """Apps or their links are not what they were. Subclasses that show them look again."""

    def models_changed(self) -> None:
        """Models are not what they were. Subclasses that show what follows from them look again, when next in
        front."""

    def show_message(self, text: str, severity: Severity = "info") -> None:
        """Say one line; it stays until the next. Outside strings are made printable here."""
        self.message = FrameMessage(safe(text), severity)

    async def copy_out(self, text: str) -> None:
        """Put a text on the clipboard and say it: no terminal confirms that it took it."""
        await terminal.copy(text, self.app.copy_to_clipboard)
        self.show_message(f"Copied {plural(len(text), 'character')}: {text}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Off, with the reason, for what writes in a read-only session."""
        known = BY_ID.get(f"{self.SCOPE}.{action}")
        if known is not None and known.writes and self.readonly:
            self.show_message(READ_ONLY)
            return False
        return True

    async def perform(self, action: Action) -> None:
        """Do an action of the registry that belongs to this screen, to its list, or to the program."""
        if action.writes and self.readonly:
            self.show_message(READ_ONLY)
        elif action.scope is Scope.MARKS:
            await self.app.run_action(action.verb, self.query(CursorList).first())
        else:
            await self.app.run_action(action.verb, self.app if action.scope is Scope.GLOBAL else self)

    def show_title(self, title: str, facts: str = "") -> None:
        """Write line 2 (screens that did not replace it)."""
        self._lines["title"].show(present.title_line(title, facts, self.size.width, self.glyphs))

    def refresh_keys(self) -> None:
        """Write the key line again, after what `hints` looks at has changed."""
        pinned = Pinned(self.keymap.first("global.palette"), self.keymap.first("global.help"))
        self._line("keys", present.key_line(self.hints(), self.size.width, pinned))

    def on_mount(self) -> None:
        self.set_class(self.glyphs.ascii, "-ascii")
        self._clock = self.set_interval(1.0, self._paint_jobs, pause=True)
        self._watch_jobs_run()

    def on_resize(self) -> None:
        self._paint_all()

    def watch_header(self) -> None:
        self._paint_header()

    def watch_message(self) -> None:
        self._paint_message()

    def watch_status(self) -> None:
        self._paint_message()

    def watch_jobs(self) -> None:
        self._watch_jobs_run()
        self._paint_jobs()

    def _watch_jobs_run(self) -> None:
        if self._clock is None:
            return
        if self.jobs.of_state(JobState.RUNNING):
            self._clock.resume()
        else:
            self._clock.pause()

    def _paint_all(self) -> None:
        if not self.is_mounted:
            return
        for line in self.query(".rule").results(TextLine):
            line.show(((present.rule(self.size.width, self.glyphs), "dim"),))
        self._paint_header()
        self._paint_message()
        self._paint_jobs()
        self.refresh_keys()

    def _paint_header(self) -> None:
        self._line("header", present.header_line(self.header, self.PLACE, self.size.width, self.glyphs))

    def _paint_message(self) -> None:
        self._line("message", present.message_line(self.status, self.message, self.size.width, self.glyphs))

    def _paint_jobs(self) -> None:
        now, width, height = time.time(), *self.size
        if width < present.SMALLEST[0] or height < present.SMALLEST[1]:
            self._too_small.update(present.too_small(width, height, jobs_words(self.jobs, now)))
            return
        key = self.keymap.first("global.jobs")
        self._line("jobs", ((jobs_line(self.jobs, now, width, self.glyphs, key=key), ""),))

    def _line(self, name: str, line: Line) -> None:
        if self.is_mounted:
            self._lines[name].show(line)
