"""The Settings screen: every setting with where its value comes from, and the apps that get links."""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Unpack

from textual import on
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from pumas_tui.core import settings as settings_file
from pumas_tui.core.domain.actions import Scope
from pumas_tui.core.domain.app_records import AppStatus
from pumas_tui.core.domain.ids import AppUid
from pumas_tui.core.domain.text import safe
from pumas_tui.tui.keymap import bindings
from pumas_tui.tui.modals.apps import ask_for_app, drop_app
from pumas_tui.tui.modals.past import show_history, show_trash
from pumas_tui.tui.modals.rebuilding import rebuild
from pumas_tui.tui.modals.relocating import moved_drive
from pumas_tui.tui.presenters import settings as present
from pumas_tui.tui.presenters.frame import FrameMessage, KeyHint
from pumas_tui.tui.presenters.settings import AppRow, SettingRow, SettingView
from pumas_tui.tui.widgets.chores import telling
from pumas_tui.tui.widgets.cursor_list import CursorList
from pumas_tui.tui.widgets.frame import FramedScreen, FrameOptions
from pumas_tui.tui.widgets.popup import Popup
from pumas_tui.tui.widgets.settings_list import SettingsList
from pumas_tui.tui.widgets.text_question import TextQuestion

if TYPE_CHECKING:  # opening a library loads databases and readers: not before the first paint
    from pumas_tui.core.library import Library

REST_S = 0.08


class SettingsScreen(FramedScreen):
    """Reads settings and apps when it comes to the front; writes each change at once."""

    PLACE = "settings"
    SCOPE: ClassVar[Scope] = Scope.SETTINGS
    BINDINGS = bindings(Scope.SETTINGS)
    AUTO_FOCUS = "SettingsList"

    class PlanWanted(Message):
        """The plan of this app is to be shown."""

        def __init__(self, uid: AppUid) -> None:
            super().__init__()
            self.uid = uid

    def __init__(self, library: "Library", **options: Unpack[FrameOptions]) -> None:
        super().__init__(**options)
        self._library = library
        self._views: tuple[SettingView, ...] = ()
        self._apps: tuple[AppStatus, ...] = ()
        self._list = SettingsList()
        self._resting: Timer | None = None
        self._told = ""  # the row of which it was said where its value comes from

    def compose_body(self) -> Iterable[Widget]:
        return (self._list,)

    def on_resize(self) -> None:
        self._show()

    def on_screen_resume(self) -> None:
        self.facts_changed()

    def facts_changed(self) -> None:
        if self.is_current:
            self.run_worker(telling(self.show_message, self._read), group="read", exclusive=True)

    async def _read(self) -> None:
        found = await asyncio.to_thread(settings_file.listed, self._library.config)
        root = self._library.paths.root
        self._views = tuple(
            SettingView(
                one.key,
                root if one.key == "library.root" and not one.value else _written(one.value),
                one.origin,
                settings_file.choices(one.key),
                one.key in settings_file.BYTES,
            )
            for one in found
        )
        self.show_apps(self._apps)
        self.show_apps(await self._library.mapping.apps())

    def show_apps(self, apps: tuple[AppStatus, ...]) -> None:
        """Show these apps beside the settings."""
        self._apps = apps
        self._show()

    def _show(self) -> None:
        if not self.is_mounted:
            return
        path = self._library.config or settings_file.default_config_path()
        self.show_title(*present.title(str(path), self.size.width))
        add = self.keymap.first("settings.add_app")
        self._list.show(present.rows(self._views, self._apps, add, self.size.height))
        row = self._list.current
        if self._told and row is not None:
            self._told = present.key_of(row)  # another row by itself: what was said of the change stays
        self.refresh_keys()

    @on(CursorList.Moved)
    def _rest(self) -> None:
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(REST_S, partial(self._rested, self.message))

    def _rested(self, said: FrameMessage | None) -> None:
        """Say where the value in front comes from, once for each row: what was said meanwhile stays."""
        row = self._list.current
        key = present.key_of(row) if row is not None else ""
        if row is not None and key != self._told and self.message is said:
            self.show_message(present.where_from(row))
        self._told = key
        self.refresh_keys()

    def hints(self) -> list[KeyHint]:
        return present.fitting(super().hints(), self._list.current)

    # Keys.

    def action_back(self) -> None:
        """There is nothing to close."""

    async def action_change(self) -> None:
        row = self._list.current
        if isinstance(row, AppRow):
            self.post_message(self.PlanWanted(row.status.app.uid))
        elif isinstance(row, SettingRow) and row.view.choices:
            choices = [(str(number), value) for number, value in enumerate(row.view.choices, 1)]
            await self.show_over(Popup(row.view.key, row.name, choices, at_once=True))
        elif isinstance(row, SettingRow):
            self.run_worker(telling(self.show_message, self._typed, row))

    @on(Popup.Picked)
    def _picked(self, event: Popup.Picked) -> None:
        value = settings_file.choices(event.popup)[int(event.letter) - 1]
        self.run_worker(telling(self.show_message, self._write, event.popup, value))

    async def _typed(self, row: SettingRow) -> None:
        hint = f"{row.means}. " if row.means else ""
        question = TextQuestion(row.name, f"{hint}enter saves it, esc closes", row.view.value)
        await self.show_over(question)
        value = await question.answered()
        if value is not None and value != row.view.value:
            await self._write(row.view.key, value)

    def action_next(self) -> None:
        row = self._list.current
        if isinstance(row, SettingRow) and row.view.choices:
            self.run_worker(telling(self.show_message, self._write, row.view.key, row.view.next_value))
        else:
            self.show_message("space is off: enter asks for the value")

    async def _write(self, key: str, value: str) -> None:
        """Change one key of the settings file. Raises UsageError, DiskError."""
        from pumas_tui.core.library import change_setting

        await change_setting(self._library.config, key, value)
        await self._read()
        now = next((view for view in self._views if view.key == key), None)
        if now is not None and now.origin not in ("file", "default"):
            self.show_message(f"{key} is saved, but {now.origin} goes before it.", "warning")
        else:
            self.show_message(f"{key} = {safe(value)} is saved. It counts from the next start on.")

    def action_add_app(self) -> None:
        self.run_worker(telling(self.show_message, self._add_app))

    async def _add_app(self) -> None:
        app = await ask_for_app(self, self._library)
        if app is not None:
            self.post_message(self.PlanWanted(app.uid))

    def action_remove_app(self) -> None:
        row = self._list.current
        if isinstance(row, AppRow):
            self.run_worker(telling(self.show_message, self._remove_app, row.status))
        else:
            self.show_message("d is off: this is no app")

    def action_trash(self) -> None:
        self.run_worker(telling(self.show_message, show_trash, self, self._library))

    def action_history(self) -> None:
        self.run_worker(telling(self.show_message, show_history, self, self._library))

    def action_moved_drive(self) -> None:
        self.run_worker(telling(self.show_message, moved_drive, self, self._library))

    def action_rebuild(self) -> None:
        self.run_worker(telling(self.show_message, rebuild, self, self._library))

    async def _remove_app(self, status: AppStatus) -> None:
        if await drop_app(self, self._library, status):
            await self._read()


def _written(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
