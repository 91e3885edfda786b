"""One action of a plan in full: what is there, what is wanted, which answers there are and what each does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pumas_tui.core.domain.extra_roots import FILE_NAME
from pumas_tui.core.domain.links import LinkKind
from pumas_tui.core.domain.plan import Act, Answer, ConflictKind, PlannedAction, Resolution, There
from pumas_tui.core.domain.planner_extra import NO_LINK
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.tui.keymap import Keymap
from pumas_tui.tui.presenters.cells import pad
from pumas_tui.tui.presenters.mapping import Sheet, answer_words, kind_of
from pumas_tui.tui.presenters.models import wrapped
from pumas_tui.tui.presenters.prose import Line, Tone, clip

_HEADS = {
    ConflictKind.OTHER_LINK: "a link to another file is there",
    ConflictKind.DEAD_LINK: "a link to nothing is there",
    ConflictKind.SAME_FILE: "a real file is in the way",
    ConflictKind.OTHER_FILE: "a real file is in the way",
    ConflictKind.FOLDER: "a real folder is in the way",
    ConflictKind.TWO_MODELS: "two models want this name",
    ConflictKind.CASE: "a name that differs only in case is there",
}
_DOES = {
    Act.CREATE: "A new link",
    Act.KEEP: "Already right",
    Act.REPLACE_OURS: "A link of ours is pointed anew",
    Act.REMOVE_STALE: "A link of ours that no rule wants any more goes",
    Act.REMOVE_BROKEN: "A link of ours to nothing goes",
    Act.REFUSE: "Left out",
}
_LINKS = {
    LinkKind.RELATIVE: "link to the library",
    LinkKind.ABSOLUTE: "link to the library, with its absolute path",
    LinkKind.HARD: "second name of the library's file (hard link)",
}
_NAMES = frozenset({ConflictKind.TWO_MODELS, ConflictKind.CASE})
_LABEL = 12
_KEYS = 13


def detail(
    sheet: Sheet, action: PlannedAction, keymap: Keymap, width: int, models_dir: str, *, tight: bool
) -> list[Line]:
    """All that is known of an action, in rows of at most `width` cells. `tight`: no empty lines in between.

    `models_dir`: what the path of the wanted file begins with, empty for as it is in the library.
    """
    parts = [
        [Line(text, Tone.STRONG, clip=True) for text in wrapped(_head(sheet, action), width)],
        _rows("", [safe(action.target)], width, 0),
        _rows("THERE NOW", there_words(action), width) if action.conflict is not None else [],
        _wanted(action, models_dir, width),
        _answers(sheet, action, keymap, width),
        _why(action, width),
        _offer(sheet, action, keymap, width),
    ]
    lines: list[Line] = []
    for part in parts:
        if part and lines and not tight:
            lines.append(Line())
        lines += part
    return lines


def _head(sheet: Sheet, action: PlannedAction) -> str:
    if action.conflict is None:
        return _DOES[action.act]
    return f"CONFLICT {sheet.number(action)} of {len(sheet.conflicts)}   {_HEADS[action.conflict.kind]}"


def _rows(label: str, values: Sequence[str], width: int, indent: int = _LABEL) -> list[Line]:
    """Values under each other beside one label, each wrapped under itself."""
    pieces = [piece for value in values if value for piece in wrapped(value, max(width - indent, 8))]
    return [
        Line(f"{pad(label if number == 0 else '', indent)}{piece}", clip=True)
        for number, piece in enumerate(pieces)
    ]


def there_words(action: PlannedAction) -> tuple[str, ...]:
    """What is at the target now: what it is, its size and date, what is known of its content."""
    assert action.conflict is not None, "only conflicts have something there"
    there = action.conflict.there
    match action.conflict.kind:
        case ConflictKind.OTHER_LINK:
            return ("link, not made by Pumas, to", safe(there.leads_to or there.link_text))
        case ConflictKind.DEAD_LINK:
            return ("link, not made by Pumas, to a file that is gone:", safe(there.link_text))
        case ConflictKind.SAME_FILE:
            return ("real file, not a link", _size_and_date(there), "same content as the library's copy")
        case ConflictKind.OTHER_FILE:
            return ("real file, not a link", _size_and_date(there), "other content than the library's copy")
        case ConflictKind.FOLDER:
            return (f"real folder with {plural(there.items, 'entry', 'entries')}",)
        case ConflictKind.TWO_MODELS | ConflictKind.CASE:
            return (said_reason(action), _size_and_date(there))


def said_reason(action: PlannedAction) -> str:
    """Why an action is in the plan, without the code before it; printable."""
    return safe(action.words or action.reason)


def _size_and_date(there: There) -> str:
    when = datetime.fromtimestamp(there.mtime_ns / 1e9).strftime("%Y-%m-%d %H:%M") if there.mtime_ns else ""
    return "     ".join(part for part in (size(there.size_bytes) if there.size_bytes else "", when) if part)


def _wanted(action: PlannedAction, models_dir: str, width: int) -> list[Line]:
    if not action.source:
        return []
    label = "WAS" if action.act in (Act.REMOVE_STALE, Act.REMOVE_BROKEN) else "WANTED"
    kind = _LINKS[action.link_kind] if action.link_kind is not None else ""
    source = f"{safe(models_dir)}{safe(action.source)}{'/' if action.is_folder else ''}"
    return _rows(label, (kind, source, size(action.size_bytes) if action.size_bytes else ""), width)


def _answers(sheet: Sheet, action: PlannedAction, keymap: Keymap, width: int) -> list[Line]:
    if action.act is Act.CREATE:
        out = action.target in sheet.answers
        does = "take it in again" if out else "leave this link out"
        return _rows(f"{keymap.first('mapping.skip')} skip", [does], width, _KEYS)
    if action.conflict is None:
        return _rows("", [said_reason(action)], width, 0)
    lines = _given(sheet.answers.get(action.target), width)
    for key, word, does in _answer_rows(action, keymap):
        lines += _rows(f"{key} {word}", [does], width, _KEYS)
    like = sum(kind_of(one) is kind_of(action) for one in sheet.conflicts)
    same = f"the same answer for all like this ({like:,}), or for all {len(sheet.conflicts):,}"
    return lines + _rows(keymap.first("mapping.for_all"), [same], width, _KEYS)


def _given(answer: Answer | None, width: int) -> list[Line]:
    if answer is None:
        return []
    name = f" {safe(answer.name)}" if answer.name else ""
    return _rows("ANSWER", [f"{answer_words(answer)[0]}{name}"], width)


def _answer_rows(action: PlannedAction, keymap: Keymap) -> list[tuple[str, str, str]]:
    """(key, word, what it does) of the answers, in the order of the keys."""
    conflict = action.conflict
    assert conflict is not None, "only conflicts are answered"
    o, r, s = (keymap.first(f"mapping.{verb}") for verb in ("overwrite", "rename", "skip"))
    old = safe(conflict.old_name) or "NAME.old"
    rows: list[tuple[str, str, str, Resolution]] = []
    if Resolution.OTHER_NAME in conflict.allowed and Resolution.OVERWRITE not in conflict.allowed:
        does = f"give the new link another name, such as {safe(conflict.free_name)}"
        rows.append((o, "other name", does, Resolution.OTHER_NAME))
    else:
        rows.append((o, "overwrite", _overwrites(action), Resolution.OVERWRITE))
    if kind_of(action) not in _NAMES:
        rows.append((r, "rename", f"keep what is there beside it, as {old}", Resolution.RENAME))
    rows.append((s, "skip", "leave it as it is", Resolution.SKIP))
    return [
        (key, word, _off_or(action, how, does) + ("   (suggested)" if how is conflict.suggested else ""))
        for key, word, does, how in rows
    ]


def _off_or(action: PlannedAction, how: Resolution, does: str) -> str:
    conflict = action.conflict
    if conflict is None or how in conflict.allowed:
        return does
    why = conflict.why_not.get(how, "")
    return f"off: {safe(why)}" if why else "off here"


def _overwrites(action: PlannedAction) -> str:
    there = action.conflict.there if action.conflict is not None else None
    if kind_of(action) in (ConflictKind.OTHER_LINK, ConflictKind.DEAD_LINK):
        return "point the link to the library; undo points it back"
    frees = (
        f" Frees {size(there.size_bytes)} when the trash is emptied."
        if there is not None and there.size_bytes
        else ""
    )
    return f"put it into the trash, make the link.{frees} Undo brings it back"


def _offer(sheet: Sheet, action: PlannedAction, keymap: Keymap, width: int) -> list[Line]:
    """Lines for the app's own file that do what no link does."""
    offer = sheet.plan.offer
    if offer is None or action.code != NO_LINK:
        return []
    does = f"copies these lines, for {safe(offer.file or FILE_NAME)}"
    rows = _rows(keymap.first("mapping.copy"), [does], width, _KEYS)
    return [*rows, *(Line(clip(f"  {safe(text)}", width), clip=True) for text in offer.text.splitlines())]


def _why(action: PlannedAction, width: int) -> list[Line]:
    if not action.rule:
        return []
    where = f" in {safe(action.config)}" if action.config else ""
    return [
        replace(line, tone=Tone.DIM) for line in _rows("WHY", [f"rule {safe(action.rule)}{where}"], width)
    ]


def brief(sheet: Sheet, action: PlannedAction, keymap: Keymap) -> list[Line]:
    """The same in four lines, for windows without a pane."""
    conflict, amount = action.conflict, size(action.size_bytes) if action.size_bytes else ""
    source = f"{safe(action.source)}{'/' if action.is_folder else ''}"
    rule = f"rule {safe(action.rule)} in {safe(action.config)}" if action.rule else ""
    if conflict is None:
        gone = action.act in (Act.REMOVE_STALE, Act.REMOVE_BROKEN)
        from_where = f"{'was' if gone else 'from'}   {source}" if source else ""
        if sheet.plan.offer is not None and action.code == NO_LINK:
            rule = f"{keymap.first('mapping.copy')} copies lines that do it"
        texts = [f"{_DOES[action.act]}   {amount}".rstrip(), from_where, said_reason(action), rule]
        return [Line(text, clip=True) for text in texts if text]
    keys = (f"{key} {does}" for key, does in _short_rows(action, keymap))
    return [
        Line(
            f"{sheet.number(action)} of {len(sheet.conflicts)}   {_HEADS[conflict.kind]}",
            Tone.STRONG,
            clip=True,
        ),
        Line(f"there     {_there_in_short(action)}", clip=True),
        Line(f"wanted    link to {source}   {amount}".rstrip(), clip=True),
        Line("   ".join(keys), clip=True),
    ]


def _there_in_short(action: PlannedAction) -> str:
    """What is there now, in one line."""
    conflict = action.conflict
    assert conflict is not None, "only conflicts have something there"
    there, when = conflict.there, _size_and_date(conflict.there)
    match conflict.kind:
        case ConflictKind.OTHER_LINK:
            return f"link to {safe(there.leads_to or there.link_text)}"
        case ConflictKind.DEAD_LINK:
            return f"link to nothing: {safe(there.link_text)}"
        case ConflictKind.SAME_FILE:
            return f"same content   {when}"
        case ConflictKind.OTHER_FILE:
            return f"other content   {when}"
        case _:
            return there_words(action)[0]


def _short_rows(action: PlannedAction, keymap: Keymap) -> list[tuple[str, str]]:
    """(key, what it does in a few words) of the answers there are."""
    conflict = action.conflict
    assert conflict is not None, "only conflicts are answered"
    o, r, s = (keymap.first(f"mapping.{verb}") for verb in ("overwrite", "rename", "skip"))
    rows = []
    if Resolution.OVERWRITE in conflict.allowed:
        link = conflict.kind in (ConflictKind.OTHER_LINK, ConflictKind.DEAD_LINK)
        rows.append((o, "point it to the library" if link else "file to trash, then link"))
    elif Resolution.OTHER_NAME in conflict.allowed:
        rows.append((o, "other name for the new link"))
    else:
        rows.append((o, f"off: {safe(conflict.why_not.get(Resolution.OVERWRITE, '')) or 'not possible'}"))
    if Resolution.RENAME in conflict.allowed:
        rows.append((r, "rename to .old"))
    return [*rows, (s, "skip")]
