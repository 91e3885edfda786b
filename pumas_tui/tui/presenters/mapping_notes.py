"""What the Mapping screen says above its list: which app, what the plan comes to, and why there is none."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pumas_tui.core.domain import planner_extra
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.apps import TITLES
from pumas_tui.core.domain.errors import PumasError, Trouble
from pumas_tui.core.domain.first_start import App as Seen
from pumas_tui.core.domain.text import clock, count, plural, safe
from pumas_tui.tui.keymap import Keymap
from pumas_tui.tui.presenters.cells import Glyphs, cut_end, width_of
from pumas_tui.tui.presenters.frame import NARROW, NORMAL, WIDE
from pumas_tui.tui.presenters.mapping import Group, Sheet, nothing_to_do
from pumas_tui.tui.presenters.prose import Line, Tone

_WARNINGS = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the plan in front has come. `apps` None: not looked at yet; `planning_s`: since how long a plan
    is being made; `seen`: apps on this machine where none is registered."""

    apps: int | None
    planning_s: float | None = None
    error: PumasError | None = None
    sheet: Sheet | None = None
    seen: Sequence[Seen] | None = None


def above(now: Standing, keymap: Keymap, width: int) -> list[Line]:
    """What stands above the list; empty where the list says all."""
    if now.planning_s is not None and now.sheet is None:
        return []
    if now.apps == 0:
        return no_app(now.seen, keymap, width)
    if now.error is not None:
        return no_plan(now.error, keymap)
    return of_plan(now.sheet) if now.sheet is not None else []


def no_app(seen: Sequence[Seen] | None, keymap: Keymap, width: int) -> list[Line]:
    """No app is registered; `seen`: what was found on this machine, None while it is looked for."""
    add, use = keymap.first("mapping.add_app"), keymap.first("mapping.apply")
    how = "add one" if width < NARROW else "add one (type or paste its folder)"
    lines = [Line(f"No app is set up yet.   {add}  {how}", clip=True)]
    if seen is None:
        return [*lines, Line("Looking for apps on this machine ...", Tone.DIM)]
    if not seen:
        return [*lines, Line("None was found on this machine.", Tone.DIM)]
    first = seen[0]
    version = f" ({safe(first.version)})" if first.version else ""
    more = f"  and {count(len(seen) - 1)} more" if len(seen) > 1 else ""
    what = f"{TITLES[first.kind]}, {safe(first.path)}{version}{more}"
    return [*lines, Line(f"Seen on this machine: {what}", hang=2), Line(f"{use}  use it")]


def no_plan(error: PumasError, keymap: Keymap) -> list[Line]:
    """There is no plan, and why."""
    lines = [Line(f"! No plan: {safe(error.message)}", Tone.DANGER, hang=2)]
    hint = [Line(f"  {safe(error.hint)}", hang=2)] if error.hint else []
    copy = f"{keymap.first('mapping.copy')} copies the message"
    return [*lines, *hint, Line(f"  Pumas changed nothing.    {copy}", clip=True)]


def of_plan(sheet: Sheet) -> list[Line]:
    """What is worth saying of a plan as a whole; empty when its list says all."""
    lines = warnings(sheet.plan.warnings)
    if nothing_to_do(sheet):
        right = len(sheet.groups[Group.RIGHT])
        at = time.strftime("%H:%M:%S", time.localtime(sheet.plan.header.created_at))
        said = f"all {plural(right, 'link')} are right" if right > 1 else "the link is right"
        said = said if right else _why_none(sheet)
        lines.append(Line(f"No change needed: {said}.   checked {at}", clip=True))
    return lines


def _why_none(sheet: Sheet) -> str:
    """Why no link is there and none is to be made."""
    codes = Counter(action.code for action in sheet.groups[Group.LEFT_OUT])
    if codes[planner_extra.NO_LINK]:
        return "no link works here"
    read = codes[planner_extra.CODE]
    return f"{plural(read, 'file is', 'files are')} read from elsewhere" if read else "no model belongs here"


def warnings(troubles: Sequence[Trouble]) -> list[Line]:
    """The first warnings in full, the number of the others."""
    lines = [Line(f"! {safe(one.message)}", Tone.WARNING, hang=2) for one in troubles[:_WARNINGS]]
    more = len(troubles) - _WARNINGS
    return [*lines, Line(f"  and {plural(more, 'more warning')}", Tone.DIM)] if more > 0 else lines


def planned_again(old: Sheet, new: Sheet, next_key: str) -> str:
    """What another plan of the same app brought."""
    before = {action.target for action in old.conflicts}
    fresh = [action for action in new.open if action.target not in before]
    kept = sum(action.target in new.answers for action in new.conflicts)
    said = f"Planned again: {plural(len(fresh), 'new conflict')}." if fresh else "Planned again."
    if kept:
        said += f" Your {plural(kept, 'answer')} {'is' if kept == 1 else 'are'} kept."
    return f"{said}  {next_key} go to the new {'one' if len(fresh) == 1 else 'ones'}" if fresh else said


# The two lines above the list.


def title(apps: Sequence[App], at: int, width: int, glyphs: Glyphs) -> tuple[str, str]:
    """Which app, where, and how many there are: left and right part of the second line."""
    if not apps:
        return "Mapping", ""
    app = apps[at]
    version = f" {app.version}" if app.version else ""
    name = f"< {safe(app.name)}{version} >"
    if width >= WIDE:
        right = f"{at + 1} of {len(apps)}   ] next target   [ previous" if len(apps) > 1 else ""
        return f"Target  {name}   {safe(app.base)}", right
    right = f"{at + 1} of {len(apps)}  ] next" if len(apps) > 1 else ""
    if width < NARROW:
        return f"< {safe(app.name)} >", right
    room = width - width_of(name) - width_of(right) - 6
    return f"{name}  {cut_end(safe(app.base), room, glyphs)}", right


def counts(sheet: Sheet | None, width: int, planning_s: float | None = None) -> tuple[str, str]:
    """What the plan comes to, at the left and the right end of the third line.

    `planning_s`: since how long one is being made. It is said here, where nothing moves for it.
    """
    if sheet is None:
        return ("", "") if planning_s is None else (f"Planning ...     {clock(planning_s)}      esc stop", "")
    wide, narrow = width >= WIDE, width < NORMAL
    said = [
        (Group.NEW, "new"),
        (Group.REPOINT, "to re-point" if wide else "re-point"),
        (Group.RIGHT, "right"),
        (Group.CONFLICTS, "conflicts"),
        (Group.BROKEN, "broken to remove" if wide else "broken"),
        (Group.STALE, "stale to remove" if wide else "stale"),
        (Group.LEFT_OUT, "left out"),
    ]
    kept = [(len(sheet.groups[group]), word) for group, word in said]
    words = [
        f"{count(number)} {word[:-1] if number == 1 and word == 'conflicts' else word}"
        for number, word in kept
        if number
    ]
    plan, gap = ("Plan: ", "   ") if wide else ("", "  ")
    left = plan + gap.join(words[:3] if narrow else words)
    right = "nothing has been changed yet" if wide else "" if narrow else "no change yet"
    if planning_s is not None and planning_s >= 1:
        right = f"planning ... {clock(planning_s)}  esc stop"
    return left, right if width_of(left) + width_of(right) + 4 <= width else ""


def said_of_skips(sheet: Sheet, apply_key: str, next_key: str) -> str:
    """Before a plan with open conflicts is applied."""
    number = len(sheet.open)
    have = "has no answer and counts" if number == 1 else "have no answer and count"
    again = f"{apply_key.capitalize()} again, or {next_key} to see {'it' if number == 1 else 'them'}."
    return f"{plural(number, 'conflict')} {have} as skip. {again}"


def progress_line(app: str, done: int, total: int) -> str:
    """`ComfyUI-main: 217 of 4,100   esc stops`."""
    return f"{safe(app)}: {count(done)} of {count(total)}   esc stops; what is done stays"
