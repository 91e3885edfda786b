"""The five places of an open library: what makes each, what each is told, and what one asks of another.

A place, its dialogs and what they show are loaded when somebody first goes there: the first picture waits for
the Library screen alone.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pumas_tui.core.domain.text import safe
from pumas_tui.tui import messages
from pumas_tui.tui.online import OnlineApp
from pumas_tui.tui.presenters.frame import HeaderFacts
from pumas_tui.tui.screens.library import LibraryScreen
from pumas_tui.tui.widgets.burst import GAP_S
from pumas_tui.tui.widgets.frame import FramedScreen, FrameOptions

if TYPE_CHECKING:
    from pumas_tui.core.library import Library
    from pumas_tui.tui.screens.health import HealthScreen
    from pumas_tui.tui.screens.mapping import MappingScreen
    from pumas_tui.tui.screens.settings import SettingsScreen


class LibraryApp(OnlineApp, inherit_bindings=False):
    """Has no places before `take`."""

    def __init__(self, header: HeaderFacts, options: FrameOptions, *, gap_s: float = GAP_S) -> None:
        super().__init__(header, options, gap_s=gap_s)
        self._conflicts: dict[str, int] = {}

    def take(self, library: "Library") -> None:
        """Show this library from now on."""
        self.library = library
        self.header = replace(self.header, root=safe(library.paths.root))
        for place, make in _makers(library, self.frame).items():
            self.add_place(place, make)
        self._show_facts()

    @property
    def library_screen(self) -> LibraryScreen:
        """The list of models."""
        return self.place_of(LibraryScreen)

    @property
    def mapping(self) -> "MappingScreen":
        """The plans of links."""
        from pumas_tui.tui.screens.mapping import MappingScreen

        return self.place_of(MappingScreen)

    @property
    def health(self) -> "HealthScreen":
        """What is broken."""
        from pumas_tui.tui.screens.health import HealthScreen

        return self.place_of(HealthScreen)

    @property
    def unapplied(self) -> int:
        """Answers to conflicts that no plan was applied with."""
        return self.mapping.plans.unapplied if "mapping" in self.places else 0

    def _show_facts(self) -> None:
        conflicts, ill = self._conflicts, 0
        imports = sum(view.needs_the_user for view in self.jobs.jobs.values())
        if "mapping" in self.places:
            conflicts = conflicts | self.mapping.plans.open_conflicts
        if "health" in self.places:
            ill = self.health.checkup.checked.needs_you
        self.show_facts(self.jobs, {"import": imports, "mapping": sum(conflicts.values()), "health": ill})

    def on_jobs_changed(self, event: messages.JobsChanged) -> None:
        self.jobs = event.state
        self._show_facts()

    def on_mapping_screen_counted(self) -> None:
        self._show_facts()

    def on_health_screen_counted(self) -> None:
        self._show_facts()

    def on_plans_made(self, event: messages.PlansMade) -> None:
        self._conflicts.update(event.conflicts)
        self._show_facts()

    def on_links_changed(self) -> None:
        for screen in self.places.values():
            screen.facts_changed()

    def on_models_changed(self, event: messages.ModelsChanged) -> None:
        for screen in self.places.values():
            screen.models_changed()

    def on_scan_changed(self, event: messages.ScanChanged) -> None:
        self.library_screen.scan = event.scan

    async def on_settings_screen_plan_wanted(self, event: "SettingsScreen.PlanWanted") -> None:
        self.mapping.plan_of(event.uid)
        await self.action_mapping()

    async def on_health_screen_model_wanted(self, event: "HealthScreen.ModelWanted") -> None:
        await self.search_for(event.name)

    async def search_for(self, text: str) -> None:
        """Look for a text in the library, there."""
        await self.action_library()
        self.library_screen.search_for(text)

    def action_rescan(self) -> None:
        if self.library is not None:
            self.library_screen.rescan()


def _makers(library: "Library", options: FrameOptions) -> dict[str, Callable[[], FramedScreen]]:
    """What makes the screen of each place, in the order of their keys."""

    def imports() -> FramedScreen:
        from pumas_tui.tui.screens.imports import ImportsScreen

        return ImportsScreen(library, **options)

    def mapping() -> FramedScreen:
        from pumas_tui.tui.screens.mapping import MappingScreen

        return MappingScreen(library, **options)

    def health() -> FramedScreen:
        from pumas_tui.tui.screens.health import HealthScreen

        return HealthScreen(library, **options)

    def settings() -> FramedScreen:
        from pumas_tui.tui.screens.settings import SettingsScreen

        return SettingsScreen(library, **options)

    return {
        LibraryScreen.PLACE: lambda: LibraryScreen(library, **options),
        "import": imports,
        "mapping": mapping,
        "health": health,
        "settings": settings,
    }
