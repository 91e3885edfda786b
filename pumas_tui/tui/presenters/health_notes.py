"""What the Health screen says above its list: a check that goes on, a moved library, disks that are out."""

from collections.abc import Sequence
from dataclasses import dataclass

from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.findings import Finding, FindingKind, HealthReport
from pumas_tui.core.domain.relocation import Relocation
from pumas_tui.core.domain.text import count, plural, safe, size
from pumas_tui.core.domain.verification import VerifyReport
from pumas_tui.tui.keymap import Keymap
from pumas_tui.tui.presenters.frame import Severity
from pumas_tui.tui.presenters.health import Checked, fine_words, progress
from pumas_tui.tui.presenters.prose import Line, Tone, clip

_NAMED = 2


@dataclass(frozen=True, slots=True)
class Running:
    """A check that goes on. `reads`: it reads contents, and counts bytes; else it counts links."""

    reads: bool
    seconds: float
    done: int
    total: int
    found: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is to say: `moved` is a move that nobody has decided on yet."""

    checked: Checked
    running: Running | None = None
    moved: Relocation | None = None
    error: str = ""


def above(now: Standing, keymap: Keymap, width: int) -> list[Line]:
    """What stands above the list; empty where the list says all."""
    lines = running(now.running, width) if now.running is not None else []
    if now.error:
        lines.append(Line(f"! No check: {safe(now.error)}", Tone.DANGER, hang=2))
    if now.moved is not None:
        lines += library_moved(now.moved, keymap, width)
    report = now.checked.report
    if report is None:
        return lines
    lines += disks_out([one for one in now.checked.findings if one.kind is FindingKind.OFFLINE_DRIVE], report)
    lines += not_checked(report.not_checked)
    if report.stopped and now.running is None:
        again = keymap.first("health.check_again")
        lines.append(Line(f"The check was stopped: this is what it had found.   {again}  check again"))
    elif not now.checked.needs_you and now.running is None and not report.not_checked:
        lines += all_right(report, keymap)
    return lines


def running(now: Running, width: int) -> list[Line]:
    """How far a check is."""
    share = now.done / now.total if now.total else 0.0
    if now.reads:
        words = f"Reading contents {size(now.done)} of {size(now.total)}"
        rest = "What was read stays read when you stop: the next time goes on with the rest."
    else:
        words = f"Checking links {count(now.done)} of {count(now.total)}"
        rest = f"{count(now.found)} found so far. What was found stays when you stop."
    return [Line(progress(words, share, now.seconds, width), clip=True), Line(f"  {rest}", hang=2)]


def library_moved(moved: Relocation, keymap: Keymap, width: int) -> list[Line]:
    """Links that lead to where the library was."""
    number = plural(len(moved.links), "link")
    leads = "leads" if len(moved.links) == 1 else "lead"
    show, back = keymap.first("health.show"), keymap.first("screen.back")
    room = max(width - 50, 20)
    old, new = clip(safe(moved.old), room), clip(safe(moved.new), room)
    return [
        Line(f"! {number} {leads} to {old}, where the library was.", Tone.WARNING, hang=2),
        Line(f"  It is at {new} now.", hang=2),
        Line(f"  {show}  show what would change    {back}  not now", clip=True),
    ]


def disks_out(away: Sequence[Finding], report: HealthReport) -> list[Line]:
    """Apps whose disk is not mounted."""
    if not away:
        return []
    names = ", ".join(safe(one.app) for one in away[:_NAMED])
    more = f" and {count(len(away) - _NAMED)} more" if len(away) > _NAMED else ""
    links = report.links_waiting
    waits = f"{plural(links, 'link')} of {names}{more} {'waits' if links == 1 else 'wait'}"
    rest = "counted apart; nothing about them is removed while the disk is out."
    return [
        Line(f"! A disk is not mounted: {waits} for it,", Tone.WARNING, hang=2),
        Line(f"  {rest}", hang=2),
    ]


def not_checked(troubles: Sequence[Trouble]) -> list[Line]:
    """What could not be looked at, and so is not said to be broken."""
    lines = [
        Line(f"! Could not be looked at: {safe(one.message)}", Tone.WARNING, hang=2)
        for one in troubles[:_NAMED]
    ]
    more = len(troubles) - _NAMED
    return [*lines, Line(f"  and {count(more)} more", Tone.DIM)] if more > 0 else lines


def all_right(report: HealthReport, keymap: Keymap) -> list[Line]:
    """Nothing to fix and nothing to look at."""
    verify = keymap.first("health.verify")
    return [
        Line(f"Everything is right: {fine_words(report)}.", Tone.STRONG, hang=2),
        Line(f"Quick check only (names and sizes).   {verify}  check contents too: reads every byte", hang=2),
    ]


def verified(report: VerifyReport) -> tuple[str, Severity]:
    """What reading contents came to."""
    read = f"Read {plural(report.files, 'file')}, {size(report.size_bytes)}"
    left = f" {plural(report.left, 'file')} left for the next time." if report.left else ""
    if report.findings:
        wrong = plural(len(report.findings), "file is", "files are")
        return f"{read}: {wrong} not as imported.{left}", "warning"
    return f"{read}: all as imported.{left}", "info"
