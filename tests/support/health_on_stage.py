"""How one gets to the states of the Health screen, its pages and its dialogs."""

import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from pumas_tui.core.domain.findings import HealthReport
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.checkup import Checkup
from pumas_tui.tui.modals.deleting import RenameDialog
from pumas_tui.tui.modals.deletion import DeleteDialog, for_good
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.modals.finding_files import FoundFileDialog
from pumas_tui.tui.modals.past import HistoryPage, TrashPage
from pumas_tui.tui.modals.rebuilding import RebuildDialog
from pumas_tui.tui.modals.relocating import RelocationDialog
from pumas_tui.tui.modals.repairs import FindingDialog, RepairDialog, VerifyDialog
from pumas_tui.tui.presenters.repairs import meant, safe_ones
from pumas_tui.tui.screens.health import HealthScreen
from tests.support import findings_on_stage as findings
from tests.support.mapping_on_stage import begun
from tests.support.plans_on_stage import MAIN, NOON
from tests.support.stage import OnStage, Shot, on_stage, until

Drive = Callable[[Shot], Awaitable[None]]
Change = Callable[[Checkup], None]


def put(program: OnStage, report: HealthReport | None, change: Change | None = None) -> HealthScreen:
    """Have this report on the Health screen, as if a check had just ended."""
    screen = program.place_of(HealthScreen)
    screen.checkup.stale = False
    screen.checkup.report = report
    if change is not None:
        change(screen.checkup)
    program.post_message(HealthScreen.Counted())
    screen.show_checked()
    return screen


def health(
    *pressed: str,
    make: Callable[[], HealthReport | None] = findings.report,
    change: Change | None = None,
    then: str = "Health ",
) -> Drive:
    """The health screen with what a check came to."""

    async def drive(pilot: Shot) -> None:
        await begun(pilot)
        await pilot.press("4")
        app = on_stage(pilot)
        screen = app.place_of(HealthScreen)
        checkup = screen.checkup
        # The check of its own must be over, or it would take the place of what is put here.
        await until(pilot, lambda: app.place is screen and not checkup.runs and checkup.report is not None)
        put(app, make(), change)
        await pilot.pause(0.15)
        await pilot.press(*pressed)
        await pilot.pause(0.2)
        await until(pilot, then)

    return drive


def _stand(checkup: Checkup, progress: tuple[int, int], *, reads: bool) -> None:
    """A check has come this far and goes no further; its clock stands."""
    checkup._began, checkup._progress, checkup._reads = time.monotonic() + 3600, progress, reads
    checkup._stop = threading.Event()


def runs(checkup: Checkup) -> None:
    """A first check has found something."""
    _stand(checkup, (212, 301), reads=False)
    checkup._found = list(findings.findings()[:3])


def reads(checkup: Checkup) -> None:
    """Contents are read."""
    _stand(checkup, (131_400_000_000, 9_400_000_000_000), reads=True)


def has_moved(checkup: Checkup) -> None:
    """The library is at another place than before."""
    checkup.moved = findings.moved()


def over_health(make: Callable[[], Dialog[Any]], *pressed: str) -> Drive:
    """The health screen with a dialog over it, after its first moment."""
    before = health()

    async def drive(pilot: Shot) -> None:
        await before(pilot)
        app = on_stage(pilot)
        app.run_worker(ask(app.place, make()))
        await until(pilot, lambda: bool(app.screen.query(Dialog)))
        await pilot.pause(0.3)
        await pilot.press(*pressed)

    return drive


def page(kind: type[TrashPage] | type[HistoryPage], *pressed: str, then: str, empty: bool = False) -> Drive:
    """A page of the settings screen."""

    async def drive(pilot: Shot) -> None:
        await begun(pilot)
        app = on_stage(pilot)
        await pilot.press("5")
        await until(pilot, "APPS (0)")
        assert app.library is not None
        made = kind(app.place, app.library, now=lambda: NOON)
        await app.place.show_over(made)
        if isinstance(made, TrashPage):
            made.show_items(() if empty else findings.trash())
        else:
            made.show_views(() if empty else findings.history())
        await pilot.press(*pressed)
        await pilot.pause(0.3)
        await until(pilot, then)

    return drive


def _d12() -> RepairDialog:
    found = findings.findings()
    chosen = safe_ones(found)
    return RepairDialog(meant(chosen), [one for one in found if one not in chosen], healing=True)


def _fix() -> RepairDialog:
    chosen = (findings.broken(MAIN, "checkpoints/sdxl-base.safetensors"), findings.nowhere())
    return RepairDialog(meant(chosen))


HEALTH_DIALOGS: tuple[tuple[str, Callable[[], Dialog[Any]]], ...] = (
    ("D12", _d12),
    ("D12-fix", _fix),
    ("D13", lambda: FindingDialog(findings.missing())),
    ("D13-hub", lambda: FindingDialog(findings.gone(), "CompVis/stable-diffusion-v-1-4-original")),
    ("D13-broken", lambda: FindingDialog(findings.broken(MAIN, "loras/neon-v2.safetensors"))),
    ("D13-part", lambda: FindingDialog(findings.incomplete(), "meta-llama/Meta-Llama-3-70B")),
    ("D13-found", lambda: FoundFileDialog(findings.found_again())),
    ("D14", lambda: FindingDialog(findings.ghost())),
    ("D14-away", lambda: FindingDialog(findings.away())),
    ("D15", lambda: DeleteDialog(findings.deletion())),
    ("D15-away", lambda: DeleteDialog(findings.deletion(staying=True, shared=True))),
    ("D15-alone", lambda: DeleteDialog(findings.deletion(links=False))),
    ("D15b", lambda: for_good(findings.deletion(shared=True))),
    ("D18", lambda: RelocationDialog(findings.moved())),
    ("D18b", lambda: RelocationDialog(findings.moved(missing=9))),
    ("D23", lambda: RebuildDialog(1284)),
    ("contents", lambda: VerifyDialog(None)),
    ("rename", lambda: RenameDialog(findings.rename_plan())),
)
