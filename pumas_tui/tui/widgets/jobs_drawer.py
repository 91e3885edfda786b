"""The jobs drawer: all work, running and waiting first, over the lower half of any screen."""

import time

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.strip import Strip

from pumas_tui.core.domain.jobs import JobsState, JobState, JobView
from pumas_tui.tui.presenters.cells import Glyphs, spread
from pumas_tui.tui.presenters.frame import NARROW
from pumas_tui.tui.presenters.jobs import job_line
from pumas_tui.tui.widgets.cursor_list import CursorList
from pumas_tui.tui.widgets.frame import Overlay, TextLine

_ORDER = (
    (JobState.NEEDS_YOU,),
    (JobState.RUNNING,),
    (JobState.PAUSED,),
    (JobState.WAITING,),
    (JobState.DONE, JobState.FAILED, JobState.REFUSED, JobState.CANCELLED),
)


class JobRows(CursorList):
    """One line per job."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._views: tuple[JobView, ...] = ()

    def show(self, state: JobsState) -> None:
        """Other jobs, or the same further on; the cursor stays on its job."""
        current = self._views[self.cursor].job.id if self._views else None
        views = [view for states in _ORDER[:-1] for view in state.of_state(*states)]
        views += sorted(state.of_state(*_ORDER[-1]), key=lambda view: -(view.job.ended_at or 0.0))
        self._views = tuple(views)
        self.set_count(len(views))
        self.cursor = next((n for n, view in enumerate(views) if view.job.id == current), self.cursor)

    def paint_row(self, row: int, width: int, *, on_cursor: bool) -> Strip:
        view = self._views[row]
        marker = f" {'>' if on_cursor else ' '}{'!' if view.job.state is JobState.NEEDS_YOU else ' '} "
        text = marker + job_line(view, time.time(), width - len(marker) - 1, self._glyphs) + " "
        style = self.rich_style + Style(reverse=on_cursor or None)
        return Strip([Segment(text, style)], width)


class JobsDrawer(Overlay):
    """Shows the jobs; enter posts `Opened`. Set `state` when they change."""

    FOCUS = "JobRows"

    class Opened(Message):
        """The import queue is to be shown."""

    def __init__(self, state: JobsState, glyphs: Glyphs, key: str) -> None:
        super().__init__(id="drawer")
        self._state = state
        self._glyphs = glyphs
        self._key = key
        self._rows = JobRows(glyphs)
        self._title = TextLine(classes="drawer-title")
        self._keys = TextLine(classes="drawer-keys")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._rows
        yield self._keys

    def on_mount(self) -> None:
        self.show(self._state)

    def on_resize(self) -> None:
        self.show(self._state)

    def show(self, state: JobsState) -> None:
        """The jobs as they are now."""
        self._state = state
        width = self.size.width
        self._rows.show(state)
        note = "unfinished ones go on at the next start" if width >= NARROW else ""
        title = spread("Jobs", note, width, self._glyphs)
        nothing = "No job today. Paste paths to import." if width >= NARROW else "No job today."
        keys = "enter show" if self._rows.count else nothing
        self._title.show(((title, "bold"),))
        line = spread(keys, f"{self._key}, esc close", width, self._glyphs)
        self._keys.show(((line, ""),))

    def on_key(self, event: events.Key) -> None:
        if event.key in ("escape", "q") or event.character == self._key:
            self.remove()
        elif event.key == "enter":
            if self._rows.count:
                self.post_message(self.Opened())
            self.remove()
        else:
            return
        event.stop()
        event.prevent_default()
