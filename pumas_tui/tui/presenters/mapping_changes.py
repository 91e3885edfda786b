"""What applying a plan with its answers comes to, in lines."""

from collections.abc import Iterator, Sequence

from pumas_tui.core.domain.mapping_answers import ApplyCounts
from pumas_tui.core.domain.plan import Act, ActionResult, Applied, PlannedAction, Resolution
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.tui.presenters.cells import pad
from pumas_tui.tui.presenters.mapping import Group, Sheet, answer_words


def change_lines(does: ApplyCounts) -> tuple[str, ...]:
    """`make      41 links` and so on; what is not there is not said."""
    rows = (
        ("make", does.make, _noun(does.make, "link")),
        ("re-point", does.repoint, f"{_noun(does.repoint, 'link')} that led elsewhere"),
        (
            "replace",
            does.replace,
            f"{_noun(does.replace, 'real file')}, kept in the trash   ({size(does.trash_bytes)})",
        ),
        ("rename", does.rename, f"{_noun(does.rename, 'file')} to .old"),
        ("skip", does.skip, "left as it is" if does.skip == 1 else "left as they are"),
        ("remove", does.remove, f"{_noun(does.remove, 'link')} that Pumas made"),
        ("forget", does.forget, f"{_noun(does.forget, 'record')} of links that are gone"),
        ("remember", does.remember, f"{_noun(does.remember, 'link')} that somebody made as Pumas would"),
    )
    return tuple(f"{pad(verb, 9)} {number:>5,} {what}" for verb, number, what in rows if number)


def _noun(number: int, one: str) -> str:
    """The noun without its number."""
    return plural(number, one).partition(" ")[2]


_SIGNS = (
    (Group.NEW, "+ link"),
    (Group.REPOINT, "~ re-point"),
    (Group.BROKEN, "- remove"),
    (Group.STALE, "- remove"),
)


def all_lines(sheet: Sheet) -> Sequence[str]:
    """Every change, one a line: a sign, what happens, the target."""
    return tuple(_changes(sheet))


def _changes(sheet: Sheet) -> Iterator[str]:
    for action in sheet.conflicts:
        answer = sheet.answers.get(action.target)
        yield _change(f"! {answer_words(answer)[0].lower()}" if answer is not None else "! no answer", action)
    for group, word in _SIGNS:
        for action in sheet.groups[group]:
            yield _change(". left out" if action.target in sheet.answers else word, action)


def _change(word: str, action: PlannedAction) -> str:
    return f"{pad(word, 14)}{safe(action.target)}"


def problems(sheet: Sheet, applied: Applied) -> tuple[ActionResult, ...]:
    """What was to be done and was not. What the answers leave as it is was not to be done."""
    return tuple(
        result
        for result in applied.results
        if result.state == "failed" or (result.state == "skipped" and _was_wanted(sheet, result.action))
    )


def _was_wanted(sheet: Sheet, action: PlannedAction) -> bool:
    answer = sheet.answers.get(action.target)
    if answer is None:
        return action.act not in (Act.CONFLICT, Act.REFUSE)
    return answer.resolution is not Resolution.SKIP


def applied_text(added: int, others: int, app: str, undo_key: str) -> str:
    """`Added 41 links to ComfyUI-main.  u undo`."""
    if not added and not others:
        return f"Nothing had to change in {safe(app)}."
    key = f"  {undo_key} undo" if undo_key else ""
    if not others:
        return f"Added {plural(added, 'link')} to {safe(app)}.{key}"
    if not added:
        return f"{plural(others, 'change')} made in {safe(app)}.{key}"
    return f"Added {plural(added, 'link')} to {safe(app)}, {plural(others, 'other change')}.{key}"
