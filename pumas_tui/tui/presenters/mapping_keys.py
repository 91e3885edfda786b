"""Which keys of the Mapping screen fit the row in front, and what can be copied of it."""

from collections.abc import Sequence
from dataclasses import replace

from pumas_tui.core.domain.extra_roots import FILE_NAME
from pumas_tui.core.domain.plan import PlannedAction, Resolution
from pumas_tui.tui.presenters.frame import KeyHint
from pumas_tui.tui.presenters.mapping import ActionRow, FolderRow, Group, PlanRow, Sheet, nothing_to_do
from pumas_tui.tui.presenters.mapping_answers import asks_for_name

_COPIES = (("t", "path of the link"), ("f", "path of the model's file"), ("m", "last message"))
_OFFER = ("e", f"lines for {FILE_NAME}")

_NO_APP = frozenset({"add app"})
_NO_PLAN = frozenset({"add app", "plan again"})
_ANSWERS = frozenset({"overwrite", "rename", "skip", "for all"})


def fitting(
    hints: Sequence[KeyHint], sheet: Sheet | None, row: PlanRow | None, *, no_app: bool
) -> list[KeyHint]:
    """The keys that do something now, named for what they do here."""
    if no_app or sheet is None:
        return [hint for hint in hints if hint.label in (_NO_APP if no_app else _NO_PLAN)]
    off = {"add app"}
    if not sheet.open:
        off |= {"next open"}
    if nothing_to_do(sheet):
        off |= {"apply", "mark"}
    if not isinstance(row, FolderRow):
        off |= {"use rule"}
    names: dict[str, str] = {}
    if isinstance(row, ActionRow) and row.group is Group.CONFLICTS:
        conflict = row.action.conflict
        allowed = conflict.allowed if conflict is not None else ()
        if asks_for_name(row.action, Resolution.OVERWRITE):
            names["overwrite"] = "other name"
        elif Resolution.OVERWRITE not in allowed:
            off |= {"overwrite"}
        if Resolution.RENAME not in allowed:
            off |= {"rename"}
    elif isinstance(row, ActionRow) and row.group is Group.NEW:
        off |= _ANSWERS - {"skip"}
        names["skip"] = "take in" if row.action.target in sheet.answers else "leave out"
    else:
        off |= _ANSWERS
    return [replace(hint, label=names.get(hint.label, hint.label)) for hint in hints if hint.label not in off]


def copies(sheet: Sheet | None) -> tuple[tuple[str, str], ...]:
    """Letters and labels of what can be copied."""
    return (*_COPIES, _OFFER) if sheet is not None and sheet.plan.offer is not None else _COPIES


def copy_text(
    letter: str, sheet: Sheet | None, models_dir: str, action: PlannedAction | None, said: str
) -> str:
    """What a letter of the copy popup stands for; empty where there is none of it."""
    if letter == "m":
        return said
    if letter == "e":
        return sheet.plan.offer.text if sheet is not None and sheet.plan.offer is not None else ""
    if action is None:
        return ""
    if letter == "t" and sheet is not None:
        base = sheet.plan.header.base
        return f"{base}/{action.target}" if action.target else ""
    return f"{models_dir}/{action.source}" if action.source else ""
