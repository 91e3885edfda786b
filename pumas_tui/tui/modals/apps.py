"""Adding and removing apps: what was found in a folder, and what goes with an app that is removed."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pumas_tui.core.domain.app_records import App, AppProposal, AppState, AppStatus
from pumas_tui.core.domain.apps import TITLES
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.extra_roots import RootState
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.dialog import NARROW, Dialog
from pumas_tui.tui.presenters.prose import Hint, Line, Tone
from pumas_tui.tui.widgets.frame import FramedScreen
from pumas_tui.tui.widgets.path_prompt import PathQuestion

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

_LABEL = "App: its folder"
_OWN = ", the library itself"
_SHOWN = 4  # folders that are read beside its own; a dialog has little room


class ProposalDialog(Dialog[bool]):
    """Add this app? With what was found in its folder."""

    trigger = frozenset({"i"})

    def __init__(self, proposal: AppProposal, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._proposal = proposal

    def heading(self) -> str:
        return f"Add {safe(self._proposal.app.name)}?"

    def body(self, width: int) -> Sequence[Line]:
        app = self._proposal.app
        disk = "the same disk as the library" if self._proposal.same_disk else "another disk than the library"
        fields = [
            (
                "App",
                f"{TITLES[app.kind]} {safe(app.version)}".strip() + ("" if app.version else ", no version"),
            ),
            ("Models in", safe(app.base)),
            ("Disk", disk),
            *(
                ("Linked", f"{safe(name)} is at {safe(real)}")
                for name, real in self._proposal.linked_folders.items()
            ),
            *self._also_read(),
        ]
        fits = width >= NARROW
        lines = [Line(f"  {label:<11}{text}", clip=fits, hang=4) for label, text in fields]
        notes = [Line(f"! {safe(note)}", Tone.WARNING, hang=2) for note in self._proposal.notes]
        parted = [Line(), *notes] if notes else []
        return [*lines, *parted, Line(), Line("No link is made yet: the plan is shown first.")]

    def _also_read(self) -> list[tuple[str, str]]:
        """Folders beside the app's own; what is wrong with one is among the notes."""
        here = [seen for seen in self._proposal.extra.roots if seen.state is RootState.HERE]
        shown = [
            f"{safe(seen.root.kind)} in {safe(seen.root.path)}{_OWN if seen.in_library else ''}"
            for seen in here[:_SHOWN]
        ]
        more = len(here) - _SHOWN
        said = [*shown, *([f"and {plural(more, 'more folder')}"] if more > 0 else [])]
        said += [f"as {safe(self._proposal.extra.file)} says"] if said else []
        return [("" if number else "Also reads", text) for number, text in enumerate(said)]

    def hints(self) -> Sequence[Sequence[Hint]]:
        return ((Hint("enter", "add it and show the plan", "add"), Hint("esc", "no", "no")),)

    def press(self, key: str) -> None:
        if key == "enter":
            self.close(True)


class RemoveAppDialog(Dialog[bool]):
    """Take an app off the list?"""

    trigger = frozenset({"d"})

    def __init__(self, status: AppStatus, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._status = status

    def on_mount(self) -> None:
        self.add_class("-danger")

    def heading(self) -> str:
        return f"Remove {safe(self._status.app.name)} from Pumas?"

    def body(self, width: int) -> Sequence[Line]:
        status = self._status
        links = plural(status.links, "link")
        if status.state is AppState.HERE:
            goes = f"Its {links} to the library go. No file of the app and no model is touched."
        else:
            why = f" ({safe(status.reason)})" if status.reason else ""
            goes = f"It is not here now{why}: its {links} stay on its disk, only the records of them go."
        return [Line(safe(status.app.base)), Line(), Line(goes)]

    def hints(self) -> Sequence[Sequence[Hint]]:
        return ((Hint("x", "remove it", "remove", harm=True), Hint("esc", "keep it", "keep")),)

    def press(self, key: str) -> None:
        if key == "x":
            self.close(True)


async def ask_for_app(place: FramedScreen, library: "Library") -> App | None:
    """Ask for a folder, show what it is, register it. None where it was put off. Run it in a worker."""
    question = PathQuestion(library.imports.complete, _LABEL)
    await place.show_over(question)
    path = await question.answered()
    return await offer_app(place, library, path) if path else None


async def offer_app(place: FramedScreen, library: "Library", path: str) -> App | None:
    """Show what a folder is, register it. None where it was put off or is no app; that is said."""
    try:
        proposal = await library.mapping.propose(path)
        if not await ask(place, ProposalDialog(proposal)):
            place.show_message("No app was added.")
            return None
        app = await library.mapping.add_app(proposal)
        [offers] = await library.mapping.offered(app.uid)
    except PumasError as error:
        place.show_message(f"{error.message}{f' ({error.hint})' if error.hint else ''}", "error")
        return None
    unfilled = f" No rule fills {plural(len(offers.rules), 'folder')} of it." if offers.rules else ""
    place.show_message(f"Added {app.name}. No link is made yet.{unfilled}")
    return app


async def drop_app(place: FramedScreen, library: "Library", status: AppStatus) -> bool:
    """Ask, then remove an app with its links. False where it was put off or failed; that is said."""
    if not await ask(place, RemoveAppDialog(status)):
        place.show_message("Nothing was removed.")
        return False
    try:
        done = await library.mapping.remove_app(status.app.uid)
    except PumasError as error:
        place.show_message(error.message, "error")
        return False
    gone = plural(done.count("done"), "link")
    place.show_message(f"Removed {status.app.name} and {gone}. No file was touched.")
    return True
