"""The apps and their plans as a session has them: made on demand, with answers that are kept as they come."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pumas_tui.core.domain.app_records import AppStatus
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.first_start import App as Seen
from pumas_tui.core.domain.ids import AppUid
from pumas_tui.core.domain.plan import Answer
from pumas_tui.tui.presenters.mapping import Sheet, sheet_of

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


class Plans:
    """One app is in front. `changed` is called whenever there is something else to show.

    `apps` is None until they were looked at; `seen` are apps on this machine that could be added, None until
    they were looked for. `stale`: models or links changed since the last plan.
    """

    def __init__(self, library: "Library", changed: Callable[[], None]) -> None:
        self._library = library
        self._changed = changed
        self.apps: tuple[AppStatus, ...] | None = None
        self.at = 0
        self.sheets: dict[AppUid, Sheet] = {}
        self.failed: dict[AppUid, PumasError] = {}
        self.seen: tuple[Seen, ...] | None = None
        self.stale = True
        self._stop: threading.Event | None = None
        self._began = 0.0
        self._unkept: dict[AppUid, Sheet] = {}
        self._keeping = False

    @property
    def in_front(self) -> AppStatus | None:
        """The app in front."""
        return self.apps[self.at] if self.apps else None

    @property
    def sheet(self) -> Sheet | None:
        """The plan in front with its answers."""
        return self.sheets.get(self.in_front.app.uid) if self.in_front is not None else None

    @property
    def error(self) -> PumasError | None:
        """Why there is no plan of the app in front."""
        return self.failed.get(self.in_front.app.uid) if self.in_front is not None else None

    @property
    def planning_s(self) -> float | None:
        """For how long a plan has been in the making; None while none is."""
        return time.monotonic() - self._began if self._stop is not None else None

    @property
    def open_conflicts(self) -> dict[str, int]:
        """Conflicts without an answer by name of app, of the apps that were planned here."""
        return {sheet.plan.header.app: len(sheet.open) for sheet in self.sheets.values()}

    @property
    def unapplied(self) -> int:
        """Answers that would change something and were not applied."""
        return sum(sheet.unapplied for sheet in self.sheets.values())

    def turn(self, step: int) -> None:
        """Another app comes to the front."""
        if self.apps:
            self.at = (self.at + step) % len(self.apps)

    def bring(self, uid: AppUid) -> None:
        """This app comes to the front."""
        self.at = next((n for n, one in enumerate(self.apps or ()) if one.app.uid == uid), self.at)

    def stop(self) -> bool:
        """Stop planning; False when no plan is being made."""
        if self._stop is not None:
            self._stop.set()
        return self._stop is not None

    async def make(self, wanted: AppUid | None = None) -> tuple[Sheet | None, Sheet | None]:
        """Look at the apps and plan the one in front, or `wanted`: its sheet before, and now.

        Raises PumasError where not even the apps can be read; what stands against a plan is in `failed`.
        """
        self.stop()
        stop = self._stop = threading.Event()
        self._began, self.stale = time.monotonic(), False
        self._changed()
        try:
            front = wanted or (self.in_front.app.uid if self.in_front is not None else None)
            self.apps = await self._library.mapping.apps()
            uids = [status.app.uid for status in self.apps]
            self.at = uids.index(front) if front in uids else 0
            self.sheets = {uid: sheet for uid, sheet in self.sheets.items() if uid in uids}
            uid = uids[self.at] if uids else None
            old = self.sheets.get(uid) if uid is not None else None
            if uid is not None:
                await self._make(uid, old, stop)
        finally:
            if self._stop is stop:
                self._stop = None
                self._changed()
        return old, self.sheets.get(uid) if uid is not None else None

    async def _make(self, uid: AppUid, old: Sheet | None, stop: threading.Event) -> None:
        try:
            [plan] = await self._library.mapping.plan(uid, stop=stop)
            [offers] = await self._library.mapping.offered(uid)
            kept = old.answers if old is not None else await self._library.mapping.answers(plan)
        except PumasError as error:
            self.failed[uid] = error
            self.sheets.pop(uid, None)
        else:
            self.failed.pop(uid, None)
            self.sheets[uid] = sheet_of(plan, kept, offers.rules)

    async def look_around(self) -> None:
        """Look for apps on this machine, once, where none is registered. Raises PumasError."""
        if self.apps == () and self.seen is None:
            self.seen = (await self._library.mapping.detect()).apps
            self._changed()

    def answer(self, answers: Mapping[str, Answer]) -> None:
        """These are the answers to the plan in front; `keep` writes them."""
        if self.sheet is not None:
            self.put(self.sheet.answered(answers))

    def put(self, sheet: Sheet) -> None:
        """A sheet with other answers."""
        uid = sheet.plan.header.app_uid
        self.sheets[uid] = self._unkept[uid] = sheet
        self._changed()

    async def keep(self) -> None:
        """Keep the answers for a later session; one call at a time, so that the last one counts."""
        if self._keeping:
            return
        self._keeping = True
        try:
            while self._unkept:
                _, sheet = self._unkept.popitem()
                await self._library.mapping.keep_answers(sheet.plan, sheet.given)
        finally:
            self._keeping = False
