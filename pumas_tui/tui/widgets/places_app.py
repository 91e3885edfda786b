"""An app of several places: one screen each, the same facts in every header, going from one to another."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from textual import on

from pumas_tui.core.domain.jobs import JobsState
from pumas_tui.tui.keymap import Keymap
from pumas_tui.tui.presenters.frame import HeaderFacts, tabs
from pumas_tui.tui.widgets.burst import GAP_S
from pumas_tui.tui.widgets.finder import Finder, help_finder, palette
from pumas_tui.tui.widgets.frame import FramedScreen, FrameOptions
from pumas_tui.tui.widgets.guarded_app import GuardedApp
from pumas_tui.tui.widgets.jobs_drawer import JobsDrawer

ScreenT = TypeVar("ScreenT", bound=FramedScreen)


class PlacesApp(GuardedApp):
    """`places` are the screens by name as far as somebody wanted them, `header` what the first line says.
    Until there are places a frame without a body is shown."""

    DEFAULT_MODE = "first"

    def __init__(self, header: HeaderFacts, options: FrameOptions, *, gap_s: float = GAP_S) -> None:
        super().__init__(gap_s=gap_s)
        self.header = header
        self.frame = options
        self.jobs = JobsState()
        self.places: dict[str, FramedScreen] = {}
        self._makers: dict[str, Callable[[], FramedScreen]] = {}
        self._modes_of: dict[str, str] = {}
        self._last_place = ""

    @property
    def keys(self) -> Keymap:
        """Keys of all actions."""
        return self.frame["keymap"]

    def get_default_screen(self) -> FramedScreen:
        screen = FramedScreen(**self.frame)
        screen.header = self.header
        return screen

    @property
    def place(self) -> FramedScreen:
        """The screen in front."""
        screen = self.screen
        if not isinstance(screen, FramedScreen):
            raise TypeError(f"{screen!r} has no frame")
        return screen

    def add_place(self, place: str, make: Callable[[], FramedScreen]) -> None:
        """One more place, made when it is first wanted; the first is where `-` leads before anything else was
        in front."""
        self._makers[place] = make
        self._modes_of[place] = place
        self._last_place = self._last_place or place
        self.add_mode(place, partial(self.made, place))

    def begin_with(self, place: str) -> FramedScreen:
        """The screen of a place, to be the one that is there when the program starts."""
        self._modes_of[place] = self.DEFAULT_MODE
        self.add_mode(self.DEFAULT_MODE, partial(self.made, place))
        return self.made(place)

    def made(self, place: str) -> FramedScreen:
        """The screen of a place, made now unless it was before."""
        if place not in self.places:
            screen = self.places[place] = self._makers[place]()
            screen.header, screen.jobs = self.header, self.jobs
        return self.places[place]

    def show_facts(self, jobs: JobsState, asking: Mapping[str, int]) -> None:
        """Tell every place of the jobs, and in which places so many things need the user."""
        self.header = replace(self.header, tabs=tabs(self.keys, tuple(self._makers), asking))
        self.jobs = jobs
        for screen in self.places.values():
            screen.header, screen.jobs = self.header, jobs
            for drawer in screen.query(JobsDrawer):
                drawer.show(jobs)

    def place_of(self, kind: type[ScreenT]) -> ScreenT:
        """The place of this kind."""
        screen = self.made(kind.PLACE)
        assert isinstance(screen, kind)
        return screen

    async def go(self, place: str) -> None:
        """Bring a place to the front."""
        if place in self._makers and place != self.place.PLACE:
            self._last_place = self.place.PLACE
            await self.switch_mode(self._modes_of[place])

    async def action_library(self) -> None:
        await self.go("library")

    async def action_import(self) -> None:
        await self.go("import")

    async def action_mapping(self) -> None:
        await self.go("mapping")

    async def action_health(self) -> None:
        await self.go("health")

    async def action_settings(self) -> None:
        await self.go("settings")

    async def action_last_place(self) -> None:
        await self.go(self._last_place)

    def action_redraw(self) -> None:
        self.shown_rows.forget()
        self.refresh(layout=True)

    def action_suspend(self) -> None:
        self.action_suspend_process()

    async def action_help(self) -> None:
        await self.place.show_over(help_finder(self.place))

    async def action_palette(self) -> None:
        await self.place.show_over(palette(self.place))

    @on(Finder.Chosen)
    async def _chosen(self, event: Finder.Chosen) -> None:
        await event.finder.remove()  # the focus goes back before anything else opens
        scope = event.action.scope
        if scope is not self.place.SCOPE and scope.value in self._makers:
            await self.go(scope.value)
        else:
            await self.place.perform(event.action)
