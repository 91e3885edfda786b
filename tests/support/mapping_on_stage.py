"""How one gets to the states of the Mapping and Settings screens; their dialogs with facts of an evening."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from pumas_tui import assets
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.first_start import App as Seen
from pumas_tui.core.domain.first_start import Disk
from pumas_tui.core.domain.lanes import DeviceKind
from pumas_tui.core.domain.mapping_answers import displaced
from pumas_tui.core.domain.mapping_config import Layer, parse
from pumas_tui.core.domain.plan import Answer, ConflictKind, Plan, Resolution
from pumas_tui.core.domain.rules import merged
from pumas_tui.tui.modals.apps import ProposalDialog, RemoveAppDialog
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.modals.leave import LeaveDialog
from pumas_tui.tui.modals.mapping import AppliedDialog, ApplyDialog, RealFilesDialog
from pumas_tui.tui.modals.plans import Plans
from pumas_tui.tui.modals.rules import RulesPage
from pumas_tui.tui.modals.undo import UndoDialog
from pumas_tui.tui.presenters.mapping import Sheet, kind_of, sheet_of
from pumas_tui.tui.presenters.mapping_changes import problems
from pumas_tui.tui.presenters.mapping_folders import rule_rows
from pumas_tui.tui.screens.settings import SettingsScreen
from tests.support import plans_on_stage as plans
from tests.support.stage import Shot, on_stage, until

Drive = Callable[[Shot], Awaitable[None]]


async def begun(pilot: Shot) -> None:
    """The program has its screens, and its first look at the disk is over."""
    app = on_stage(pilot)
    await until(pilot, lambda: app.library is not None and app.place.PLACE == "library")
    await until(pilot, lambda: "model" in app.text and "scan" not in app.text.lower())


async def _planned_itself(pilot: Shot) -> None:
    """The mapping screen is in front and has planned for the apps there are, none: not again."""
    await pilot.press("3")
    await until(pilot, lambda: on_stage(pilot).place.PLACE == "mapping")
    await until(pilot, "No app is set up")
    await pilot.pause(0.3)  # what the scan at the start changed has been told by now
    await until(pilot, lambda: not any(w.group == "plan" and w.is_running for w in pilot.app.workers))


def plan(*pressed: str, make: Callable[[], Plan] = plans.full, then: str = "") -> Drive:
    """The mapping screen with a plan and another app after it; the cursor is on the first open conflict."""

    async def drive(pilot: Shot) -> None:
        await begun(pilot)
        made = make()
        other = replace(made, header=replace(made.header, app_uid=plans.TEST.uid, app=plans.TEST.name))
        await _planned_itself(pilot)
        plans.put(on_stage(pilot), made, replace(other, actions=()))
        await until(pilot, plans.MAIN.name)
        await pilot.press(*pressed)
        await pilot.pause(0.2)
        if then:
            await until(pilot, then)

    return drive


def offers(*pressed: str, make: Callable[[], Plan] = plans.full, then: str = "") -> Drive:
    """The mapping screen with a plan, and folders that no rule fills."""

    async def drive(pilot: Shot) -> None:
        await begun(pilot)
        await _planned_itself(pilot)
        plans.put(on_stage(pilot), make(), offers=plans.OFFERS)
        await until(pilot, plans.MAIN.name)
        await pilot.press(*pressed)
        await pilot.pause(0.2)
        if then:
            await until(pilot, then)

    return drive


async def rules(pilot: Shot) -> None:
    """The page of an app's rules, one of them switched off by the user."""
    await begun(pilot)
    await _planned_itself(pilot)
    app = on_stage(pilot)
    screen = plans.put(app, plans.full())
    assert app.library is not None
    name = f"{plans.MAIN.kind.value}_*_default.json"
    packaged = parse((assets.configs_dir() / "mappings" / name).read_bytes(), name, packaged=True)
    off = next(one for one in packaged.mappings if one.name == "checkpoints").model_copy(
        update={"enabled": False}
    )
    mine = packaged.model_copy(update={"mappings": (off,), "layer": Layer.USER})
    page = RulesPage(screen, app.library, plans.MAIN, screen.facts_changed)
    await screen.show_over(page)
    page.show_rows(rule_rows(merged((packaged, mine), plans.MAIN.kind, plans.MAIN.version), plans.OFFERS))
    await until(pilot, "Rules of")


def without_plan(change: Callable[[Plans], None], then: str) -> Drive:
    """The mapping screen where there is no plan."""

    async def drive(pilot: Shot) -> None:
        await begun(pilot)
        await _planned_itself(pilot)
        screen = plans.put(on_stage(pilot))
        change(screen.plans)
        screen.show_plans()
        await until(pilot, then)

    return drive


def no_app(made: Plans) -> None:
    """None is registered, one was seen."""
    disk = Disk("/workspace", "ext4", DeviceKind.SSD, 1, 0, 0)
    made.apps = ()
    made.seen = (Seen(AppKind.COMFYUI, "0.6.0", "/workspace/ComfyUI", disk, 0, 0, ()),)


def no_plan(made: Plans) -> None:
    """The app's folder may not be written."""
    text = "cannot write in /opt/ComfyUI/models (owned by root, you are ubuntu)"
    hint = "sudo chown -R ubuntu /opt/ComfyUI/models"
    made.failed[plans.MAIN.uid] = DiskError(text, path=plans.MAIN.base, errno_name="EACCES", hint=hint)


def over_plan(make: Callable[[], Dialog[Any]], *pressed: str) -> Drive:
    """The mapping screen with a dialog over it, after its first moment."""
    before = plan()

    async def drive(pilot: Shot) -> None:
        await before(pilot)
        app = on_stage(pilot)
        app.run_worker(ask(app.place, make()))
        await until(pilot, lambda: bool(app.screen.query(Dialog)))
        await pilot.pause(0.3)
        await pilot.press(*pressed)

    return drive


def settings(*pressed: str, then: str = "") -> Drive:
    """The settings screen with apps."""

    async def drive(pilot: Shot) -> None:
        await begun(pilot)
        await pilot.press("5")
        await until(pilot, "APPS (0)")
        screen = on_stage(pilot).place
        assert isinstance(screen, SettingsScreen)
        await until(pilot, lambda: not any(w.group == "read" and w.is_running for w in pilot.app.workers))
        screen.show_apps(plans.STATUSES)
        await until(pilot, "APPS (4)")
        await pilot.press(*pressed)
        await pilot.pause(0.2)
        if then:
            await until(pilot, then)

    return drive


def answered() -> Sheet:
    """Every conflict has an answer."""
    how = {
        ConflictKind.SAME_FILE: Resolution.OVERWRITE,
        ConflictKind.OTHER_FILE: Resolution.OVERWRITE,
        ConflictKind.FOLDER: Resolution.SKIP,
        ConflictKind.TWO_MODELS: Resolution.OTHER_NAME,
    }
    sheet = sheet_of(plans.full(), {})
    rest = Resolution.OVERWRITE
    return sheet.answered({one.target: Answer(how.get(kind_of(one), rest)) for one in sheet.conflicts})


def _d9() -> RealFilesDialog:
    return RealFilesDialog(displaced(answered().plan, answered().answers))


def _d10() -> ApplyDialog:
    return ApplyDialog(answered(), plans.MAIN.name)


def _d11() -> AppliedDialog:
    sheet, done = answered(), plans.applied(plans.full())
    return AppliedDialog(done, problems(sheet, done))


MAPPING_DIALOGS: tuple[tuple[str, Callable[[], Dialog[Any]]], ...] = (
    ("D7b", lambda: LeaveDialog(12)),
    ("D9", _d9),
    ("D10", _d10),
    ("D11", _d11),
    ("D17", lambda: UndoDialog(plans.undo_preview())),
    ("D17-all", lambda: UndoDialog(plans.undo_preview(0))),
    ("app-add", lambda: ProposalDialog(plans.proposal())),
    ("app-add-reads", lambda: ProposalDialog(plans.reads_more())),
    ("app-remove", lambda: RemoveAppDialog(plans.STATUSES[0])),
)
