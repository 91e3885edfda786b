"""From a finding to the dialog that shows it, and from its answer to the library."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pumas_tui.core.domain.findings import Finding, FindingKind
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.fetching import fill_from_here, get_again, source_of
from pumas_tui.tui.modals.finding_files import look_for_file
from pumas_tui.tui.modals.relocating import moved_to
from pumas_tui.tui.modals.repairs import FindingDialog, RepairDialog, Way
from pumas_tui.tui.presenters.repairs import meant, repaired, safe_ones
from pumas_tui.tui.widgets.frame import FramedScreen

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

_AWAY = frozenset({FindingKind.GHOST_APP, FindingKind.OFFLINE_DRIVE})


async def heal(place: FramedScreen, library: "Library", findings: Sequence[Finding]) -> bool:
    """All safe repairs of these, after a look at them. True where something was done. Raises PumasError."""
    chosen = safe_ones(findings)
    if not chosen:
        place.show_message("Nothing here may be fixed without you: x fixes what is marked or in front.")
        return False
    left = [one for one in findings if one not in chosen]
    return await _agreed(place, library, chosen, RepairDialog(meant(chosen), left, healing=True))


async def fix(
    place: FramedScreen, library: "Library", findings: Sequence[Finding], *, instead: bool = False
) -> bool:
    """The repair of each of these, or the other one. True where something was done. Raises PumasError."""
    pairs = meant(findings, instead=instead)
    if not pairs:
        place.show_message("Nothing that Pumas may do about this by itself: enter tells more.")
        return False
    chosen = tuple(one for one, _ in pairs)
    left = [one for one in findings if one not in chosen]
    return await _agreed(place, library, chosen, RepairDialog(pairs, left), instead=instead)


async def _agreed(
    place: FramedScreen,
    library: "Library",
    chosen: Sequence[Finding],
    question: RepairDialog,
    *,
    instead: bool = False,
) -> bool:
    if not await ask(place, question):
        place.show_message("Nothing was changed.")
        return False
    done = await library.health.repair(chosen, instead=instead, confirmed=True)
    place.show_message(*repaired(done, place.keymap.first("global.undo")))
    return True


async def look_into(place: FramedScreen, library: "Library", finding: Finding) -> Way | None:
    """Show a finding in full and do what is chosen, but what the screen has to do itself: that is given back.

    Raises PumasError.
    """
    repo = await source_of(library, finding)
    way = await ask(place, FindingDialog(finding, repo, fills=not library.readonly))
    if way in (Way.FIX, Way.INSTEAD):
        instead = way is Way.INSTEAD
        done = await library.health.repair([finding], instead=instead, confirmed=True)
        place.show_message(*repaired(done, place.keymap.first("global.undo")))
    elif way is Way.FETCH:
        place.show_message(*await get_again(library, finding))
    elif way is Way.LOOK:
        await look_for_file(place, library, finding)
    elif way is Way.FILL:
        await fill_from_here(place, library, finding)
    elif way is Way.PASTE and finding.kind in _AWAY:
        await moved_to(place, library, finding.path)
    elif way is Way.PASTE:
        await place.app.run_action("type_path", place.app)
    return way
