"""Links of past changes after the library or their app was moved: where they are now, and what they have to
say to lead where they led then.

Between the two a link may have been pointed at the new place, or may be about to be made again as it was.
"""

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pumas_tui.core.domain import fingerprints, planner_links
from pumas_tui.core.domain.ids import AppUid
from pumas_tui.core.domain.operations import Step, StepKind


@dataclass(frozen=True, slots=True)
class Ground:
    """What is true now. `models_dir`: the real models/; `bases`: of registered apps. `look`: the fingerprint
    of what is at a path. `is_library`: a path leads to that models/."""

    models_dir: str
    bases: Mapping[AppUid, str]
    look: Callable[[str], str]
    is_library: Callable[[str], bool]


def followed(steps: Sequence[Step], ground: Ground) -> tuple[Step, ...]:
    """The steps, each at its link's place of now, with links that are made or taken away as they have to be
    there; none that only changes a link, for that is about what it says."""
    return tuple(_followed(step, ground) for step in steps)


def _followed(step: Step, ground: Ground) -> Step:
    if "row" not in step.detail or (step.kind == StepKind.LINK and step.before != fingerprints.ABSENT):
        return step
    there = replace(step, target=_place(step, ground))
    if step.kind == StepKind.LINK:
        return replace(there, want=_anew(step, step.want, there.target, ground))
    if step.kind == StepKind.UNLINK:
        now = _anew(step, step.before, there.target, ground)
        is_anew = now != step.before and ground.look(there.target) == now
        return replace(there, before=now) if is_anew else there
    return there


def _place(step: Step, ground: Ground) -> str:
    """Where the link is by its app's base of now, if nothing is any more where that was."""
    row = step.detail["row"]
    base, below = ground.bases.get(row["app_uid"]), f"/{row['target']}"
    if base is None or not step.target.endswith(below):
        return step.target
    was = step.target.removesuffix(below)
    moved = was != base and ground.look(was) == fingerprints.ABSENT
    return f"{base}{below}" if moved else step.target


def _anew(step: Step, then: str, target: str, ground: Ground) -> str:
    """A link's fingerprint with what it has to say now; as it is where it still leads to the library."""
    leads, source = fingerprints.leads_to(step.target, then), step.detail["row"]["source"]
    if leads is None or not leads.endswith(f"/{source}"):
        return then
    if target == step.target and ground.is_library(leads.removesuffix(f"/{source}")):
        return then
    kind = planner_links.kind_of_text(fingerprints.link_text(then))
    text = planner_links.text_for(kind, posixpath.dirname(target), f"{ground.models_dir}/{source}")
    return fingerprints.link(text)
