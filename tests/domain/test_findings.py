"""Findings and repairs as values: order, status, plans of repairs, and when somebody must be asked."""

from dataclasses import replace

import pytest

from pumas_tui.core.domain import findings, repairs
from pumas_tui.core.domain.app_records import App, MountFacts
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.findings import Finding, FindingKind, HealthReport, Severity, finding
from pumas_tui.core.domain.ids import AppUid
from pumas_tui.core.domain.relocation import moved
from pumas_tui.core.domain.repairs import Repair, RepairKind
from pumas_tui.core.domain.sandboxes import problem

APP = App(AppUid("u"), AppKind.COMFYUI, "app", "1", "/opt/comfy/models", MountFacts("/", "ext4", "/dev/sda1"))


def report(*found: Finding) -> HealthReport:
    return HealthReport(findings.ordered(found), 0, 0, 0, 0, (), 0.0, 0.0)


def test_the_worst_counts_and_what_is_only_told_does_not() -> None:
    error = finding(FindingKind.BROKEN_LINK, "b", "/b")
    warning = finding(FindingKind.GHOST_APP, "g", "/g")
    info = finding(FindingKind.PENDING_LOOKUP, "p", "/p")
    assert report(info).status == "healthy"
    assert report(info, warning).status == "1 warning"
    assert report(info, warning, error, replace(error, path="/c")).status == "2 errors"
    assert [f.severity for f in report(info, warning, error).findings] == [
        Severity.ERROR,
        Severity.WARNING,
        Severity.INFO,
    ]


def test_one_thing_is_told_once() -> None:
    one = finding(FindingKind.BROKEN_LINK, "b", "/b")
    assert len(report(one, replace(one, message="other words")).findings) == 1
    assert len(report(one, replace(one, app_uid=AppUid("x"))).findings) == 2


def removal(n: int) -> Repair:
    return Repair(RepairKind.REMOVE, "remove the link", False, f"/app/{n}", "link:x")


@pytest.mark.parametrize(
    ("going", "links", "asks"), [(20, 20, False), (21, 20, True), (21, 210, False), (22, 210, True)]
)
def test_a_plan_asks_beyond_twenty_and_a_tenth(going: int, links: int, asks: bool) -> None:
    plan = repairs.plan([removal(n) for n in range(going)], links)
    assert (plan.removals, plan.asks) == (going, asks)


def test_a_plan_has_each_place_once_and_counts_what_it_cannot_do() -> None:
    plan = repairs.plan([removal(1), None, removal(1), None], 5)
    assert (len(plan.items), plan.without, plan.safe) == (1, 2, ())


def test_steps_are_numbered_and_make_each_folder_once() -> None:
    link = Repair(
        RepairKind.LINK_BACK, "", False, "/m/a/b/1", source="/app/1", inode=7, folders=("/m/a", "/m/a/b")
    )
    other = replace(link, path="/m/a/b/2")
    done = repairs.steps_of([link, removal(1), other])
    steps = [step for _, own in done for step in own]
    assert [step.kind for step in steps] == ["make_dir", "make_dir", "hard_link", "unlink", "hard_link"]
    assert [step.n for step in steps] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("path", "now"),
    [
        ("/mnt/usb", "/mnt/nvme"),
        ("/mnt/usb/models/a", "/mnt/nvme/models/a"),
        ("/mnt/usb_backup/models/a", None),
        ("/mnt/us", None),
        ("/mnt", None),
    ],
)
def test_places_move_by_whole_components(path: str, now: str | None) -> None:
    assert moved(path, "/mnt/usb", "/mnt/nvme") == now


def test_boxes_that_may_not_see_the_library_are_told() -> None:
    models = "/data/models"
    assert problem(APP, models) is None
    flatpak = problem(replace(APP, base="/home/u/.var/app/org.comfy.UI/data/models"), models)
    assert flatpak is not None and "org.comfy.UI" in flatpak[1]
    assert problem(replace(APP, base="/home/u/snap/comfy/common/models"), models) is not None
    assert problem(replace(APP, containers=(("/data", "/data"),)), models) is None
    assert problem(replace(APP, containers=(("/data", "/workspace"),)), models) is not None
