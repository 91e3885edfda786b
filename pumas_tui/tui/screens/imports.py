"""The Import screen: the queue in sections, the row in front in full, and the keys that answer and steer."""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Unpack

from textual import on
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import JobState, JobView
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.modals.editing import edit_imports
from pumas_tui.tui.modals.questions import question, settle, settle_cancel, settle_pickles
from pumas_tui.tui.presenters import imports as present
from pumas_tui.tui.presenters.frame import WIDE, KeyHint
from pumas_tui.tui.presenters.imports import More, Section
from pumas_tui.tui.presenters.job_detail import copy_text, detail_lines, fitting, one_line
from pumas_tui.tui.presenters.job_words import MODE_CHOICES, MODES, asks_about_pickle
from pumas_tui.tui.widgets.chores import chore
from pumas_tui.tui.widgets.cursor_list import CursorList
from pumas_tui.tui.widgets.frame import FramedScreen, FrameOptions, TextLine
from pumas_tui.tui.widgets.popup import Popup
from pumas_tui.tui.widgets.queue_detail import QueueDetail
from pumas_tui.tui.widgets.queue_list import QueueList

if TYPE_CHECKING:  # opening a library loads databases and readers: not before the first paint
    from pumas_tui.core.library import Library

REST_S = 0.08
_BEFORE_START = (JobState.WAITING, JobState.PAUSED, JobState.NEEDS_YOU)
_ENDED_BADLY = (JobState.FAILED, JobState.REFUSED, JobState.CANCELLED)


class ImportsScreen(FramedScreen):
    """Shows `jobs` (set from above); every change goes through the library and comes back as rows."""

    PLACE = "import"
    SCOPE: ClassVar[Scope] = Scope.IMPORT
    BINDINGS = bindings(Scope.IMPORT)
    AUTO_FOCUS = "QueueList"

    def __init__(self, library: "Library", **options: Unpack[FrameOptions]) -> None:
        super().__init__(**options)
        self._library = library
        self._mode = library.settings.imports.mode
        self._expanded: set[Section] = set()
        self._resting: Timer | None = None

    def compose_body(self) -> Iterable[Widget]:
        yield TextLine(id="paste-hint")
        yield Static("", id="queue-empty", markup=False)
        yield QueueList(id="queue")
        yield QueueDetail(id="queue-detail")

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)
        self._show_queue()

    def on_resize(self) -> None:
        self._show_queue()

    def watch_jobs(self) -> None:
        super().watch_jobs()
        self._show_queue()

    @property
    def queue(self) -> QueueList:
        """The list."""
        return self.query_one("#queue", QueueList)

    def _tick(self) -> None:
        if self.jobs.of_state(JobState.RUNNING):  # a stalled copy sends no news, but its clock runs
            self._show_queue()

    def _show_queue(self) -> None:
        if not self.is_mounted:
            return
        self.set_class(not self.jobs.jobs, "-empty")
        if self.jobs.jobs and self.focused is None:  # the list was hidden while it was empty
            self.queue.focus()
        self.show_title("Import queue", present.summary(self.jobs, self.size.width, self._mode))
        if not self.jobs.jobs:
            self.query_one("#queue-empty", Static).update(present.empty_text(self.size.width))
        hint = present.paste_hint(self.size.width, self.keymap.first("global.type_path"), self._mode)
        self.query_one("#paste-hint", TextLine).show(((hint, "dim"),))
        height = self.size.height
        self.queue.show(present.queue_rows(self.jobs, time.time(), self._expanded, height=height))
        self._show_detail()

    @on(CursorList.Moved)
    def _rest(self) -> None:
        """Show the row in front once the cursor rests: a held key must not paint it at each row."""
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(REST_S, self._show_detail)

    def _show_detail(self) -> None:
        view, detail = self.view, self.query_one(QueueDetail)
        self.refresh_keys()
        if view is None:
            detail.show(())
        elif self.size.width >= WIDE or self.has_class("-detail"):
            detail.show(detail_lines(view, safe(self._library.paths.models)))
        else:
            detail.show((one_line(view, self.size.width - 1),))

    @on(QueueList.Marked)
    def _show_marks(self) -> None:
        count = len(self.queue.marks)
        self.status = f"{count:,} marked" if count else ""

    def hints(self) -> list[KeyHint]:
        fits = fitting(self.view) if self.is_mounted else frozenset[str]()
        return [hint for hint in super().hints() if hint.label in fits]

    # What is chosen.

    @property
    def view(self) -> JobView | None:
        """The job under the cursor."""
        row = self.queue.current
        return self.jobs.jobs.get(row.job_id) if isinstance(row, present.JobRow) else None

    def chosen(self, *states: JobState) -> list[JobView]:
        """The marked jobs, else the one under the cursor; of these states where some are named."""
        views = [self.jobs.jobs[job_id] for job_id in self.queue.chosen() if job_id in self.jobs.jobs]
        return [view for view in views if not states or view.job.state in states]

    # Keys.

    def action_open(self) -> None:
        row, view = self.queue.current, self.view
        if isinstance(row, More):
            self._expanded.add(row.section)
            self._show_queue()
        elif view is not None and (need := question(view)) is not None and not self.readonly:
            self._start(settle(self, self._library, view, need))
        elif view is not None:
            self.toggle_class("-detail")
            self._show_detail()

    def action_back(self) -> None:
        if self.has_class("-detail"):
            self.remove_class("-detail")
            self._show_detail()
        else:
            self.queue.clear_marks()

    def action_answer_pickle(self) -> None:
        asking = [view for view in self.jobs.of_state(JobState.NEEDS_YOU) if asks_about_pickle(view)]
        views = [view for view in self.chosen() if view in asking] or asking[:1]
        if not views:
            self.show_message("! is off: no pickle file waits for an answer")
        else:
            self._start(settle_pickles(self, self._library, views))

    def action_pause(self) -> None:
        going = _ids(self.chosen(JobState.RUNNING, JobState.WAITING))
        held = _ids(self.chosen(JobState.PAUSED))
        if going:
            self._change(self._library.jobs.pause, going, "Paused {}.")
        else:
            self._change(self._library.jobs.resume, held, "{} wait again.", "p: nothing to pause")

    def action_cancel(self) -> None:
        running = self.chosen(JobState.RUNNING)
        if running:
            self._start(settle_cancel(self, self._library, running))
        else:
            before = _ids(self.chosen(*_BEFORE_START))
            self._change(self._library.jobs.cancel, before, "Cancelled {}.", "c: nothing here to cancel")

    def action_top(self) -> None:
        waiting = _ids(self.chosen(*_BEFORE_START))
        self._change(self._library.jobs.top, waiting, "Next in line: {}.", "t: nothing here waits")

    def action_remove(self) -> None:
        idle = _ids(view for view in self.chosen() if view.job.state is not JobState.RUNNING)
        why = "d is off: this import is running; c cancels it" if self.chosen() else "d: nothing here"
        self._change(self._library.jobs.remove, idle, "Off the queue: {}. No file was touched.", why)

    def action_retry(self) -> None:
        ended = _ids(self.chosen(*_ENDED_BADLY))
        self._change(self._library.jobs.retry, ended, "Trying {} again.", "r: nothing here has failed")

    def action_edit(self) -> None:
        if views := self.chosen(*_BEFORE_START):
            self.run_worker(chore(edit_imports, self, self._library, views))
        else:
            self.show_message("e is off: what waits can be edited; what is in the library, there")

    async def action_mode(self) -> None:
        if self.chosen(*_BEFORE_START):
            await self.show_over(Popup("mode", "How the bytes come in", MODE_CHOICES))
        else:
            self.show_message("o is off: nothing here waits")

    async def action_copy(self) -> None:
        await self.show_over(Popup("copy", "Copy", [("p", "path"), ("n", "name"), ("e", "error")]))

    @on(Popup.Picked)
    async def _picked(self, event: Popup.Picked) -> None:
        if event.popup == "mode":
            mode, waiting = MODES[event.letter], _ids(self.chosen(*_BEFORE_START))
            said = f"Mode {mode}: {plural(len(waiting), 'import')}."
            self._start(self._library.jobs.revise(waiting, {"mode": mode}), said)
            return
        lines = [copy_text(view, event.letter) for view in self.chosen()]
        text = "\n".join(line for line in lines if line)
        if text:
            await self.copy_out(text)
        else:
            self.show_message("Nothing to copy: this import has no error.")

    # Changes.

    def _change(
        self,
        change: Callable[[Sequence[JobId]], Awaitable[None]],
        ids: Sequence[JobId],
        said: str,
        nothing: str = "",
    ) -> None:
        """Change these jobs and say so; `{}` in `said` is how many."""
        if not ids:
            self.show_message(nothing)
        else:
            self._start(change(ids), said.format(plural(len(ids), "import")))

    def _start(self, work: Awaitable[object], said: str = "") -> None:
        self.run_worker(self._working(work, said))

    async def _working(self, work: Awaitable[object], said: str) -> None:
        """Do it, then say `said`, or else the text it gives."""
        try:
            told = await work
        except PumasError as error:
            self.show_message(error.message, "error")
        else:
            self.show_message(said or str(told))


def _ids(views: Iterable[JobView]) -> list[JobId]:
    return [view.job.id for view in views]
