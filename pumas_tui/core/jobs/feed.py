"""The feed: watches the databases for changes of any process and turns rows into events."""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.events import Event, JobChanged, JobsRemoved, MessagePosted, ModelsChanged
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import Job, Progress
from pumas_tui.core.domain.text import safe

_PERIOD_S = 0.1
"""Ten looks a second: one PRAGMA per database each, below what a person notices."""


class Changes(Protocol):
    """What changed since the last poll."""

    @property
    def jobs(self) -> Sequence[Job]: ...
    @property
    def progress(self) -> Sequence[Progress]: ...
    @property
    def models_changed(self) -> bool: ...
    @property
    def removed(self) -> Sequence[JobId]: ...


class Watch(Protocol):
    """Something that can be asked for changes; used by one thread."""

    def poll(self) -> Changes: ...
    def close(self) -> None: ...


class Feed:
    """One thread that polls a watch and publishes what it says. Start once, stop joins the thread."""

    def __init__(self, make_watch: Callable[[], Watch], publish: Callable[[Event], None]) -> None:
        self._make_watch = make_watch
        self._publish = publish
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        watch = self._make_watch()
        failing = False
        try:
            while not self._stop.wait(_PERIOD_S):
                try:
                    self._pass_on(watch.poll())
                    failing = False
                except PumasError as error:
                    if not failing:  # said once, not ten times a second
                        self._publish(MessagePosted(safe(error.message), "error"))
                    failing = True
        finally:
            watch.close()

    def _pass_on(self, changes: Changes) -> None:
        for job in changes.jobs:
            self._publish(JobChanged(job, None))
        for progress in changes.progress:
            self._publish(JobChanged(None, progress))
        if changes.removed:
            self._publish(JobsRemoved(tuple(changes.removed)))
        if changes.models_changed:
            self._publish(ModelsChanged())
