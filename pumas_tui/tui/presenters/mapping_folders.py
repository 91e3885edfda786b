"""A folder of an app that no rule fills, and the rules of an app as a page lists them, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.mapping_config import Layer, Rule
from pumas_tui.core.domain.rule_switches import OfferedRule, Switched
from pumas_tui.core.domain.rules import ActiveRule
from pumas_tui.core.domain.text import count, plural, safe
from pumas_tui.tui.keymap import Keymap
from pumas_tui.tui.presenters.cells import ASCII, cut_end, pad
from pumas_tui.tui.presenters.frame import NARROW
from pumas_tui.tui.presenters.mapping import held_words
from pumas_tui.tui.presenters.models import wrapped
from pumas_tui.tui.presenters.prose import Line, Tone, clip

_LABEL = 12
_HEAD = "No rule fills this folder"


def folder_detail(offer: OfferedRule, keymap: Keymap, width: int, *, tight: bool) -> list[Line]:
    """All that is known of a folder that no rule fills, in rows of at most `width` cells. `tight`: no empty
    lines in between."""
    rule, key, edit = offer.rule, keymap.first("mapping.use_rule"), keymap.first("library.edit")
    parts = [
        [Line(_HEAD, Tone.STRONG, clip=True)],
        _rows("", safe(rule.target_subdir), width, 0),
        _rows("IS", safe(offer.real), width),
        _rows("HOLDS", f"{held_words(offer)} of weights that are not from the library", width),
        _rows("WHY", "Pumas knows no app or extension that reads it, so no model is linked here", width),
        [
            *_rows("OFFERED", f'rule "{safe(rule.name)}", switched off', width),
            *_rows("TAKES", f"{safe(offer.takes)}, and no others; {edit} in the Library sets tags", width),
        ],
        _rows(f"{key} use rule", "write it into your own rules and plan again; no link is made yet", width),
    ]
    lines: list[Line] = []
    for part in parts:
        if lines and not tight:
            lines.append(Line())
        lines += part
    return lines


def _rows(label: str, text: str, width: int, indent: int = _LABEL) -> list[Line]:
    pieces = wrapped(text, max(width - indent, 8))
    return [
        Line(f"{pad(label if number == 0 else '', indent)}{piece}", clip=True)
        for number, piece in enumerate(pieces)
    ]


def folder_brief(offer: OfferedRule, keymap: Keymap) -> list[Line]:
    """The same in four lines, for windows without a pane."""
    key = keymap.first("mapping.use_rule")
    texts = (
        f"holds     {held_words(offer)} of weights that are not from the library",
        f'offered   rule "{safe(offer.rule.name)}": {safe(offer.takes)}, and no others',
        f"{key} write it into your own rules and plan again; no link is made yet",
    )
    return [Line(_HEAD, Tone.STRONG, clip=True), *(Line(text, clip=True) for text in texts)]


def switched_words(done: Switched, back: str) -> str:
    """What came of switching a rule: the file that says so now, then how to take it `back`."""
    state = "on" if done.rule.enabled else "off"
    said = f'Rule "{safe(done.rule.name)}" is {state}'
    if not done.file:
        return f"{said} already."
    return f"{said}: {safe(done.file.rpartition('/')[2])}.  {back}"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of an app as a page lists it. `config`: the file that it is from, empty for one that is offered;
    `packaged`: that file came with the program."""

    rule: Rule
    config: str = ""
    packaged: bool = False


def rule_rows(merged: Sequence[ActiveRule], offers: Sequence[OfferedRule]) -> tuple[RuleRow, ...]:
    """The rules of an app, those that are offered last."""
    known = (RuleRow(one.rule, one.config, one.layer is Layer.PACKAGED) for one in merged)
    return (*known, *(RuleRow(one.rule) for one in offers))


def rule_text(row: RuleRow, width: int) -> str:
    """On or off, name, folder, and where it is from, in `width` cells."""
    state = pad("on" if row.rule.enabled else "off", 4)
    where = "packaged" if row.packaged else safe(row.config) or "offered"
    room = width - len(state)
    if width < NARROW:
        return pad(f"{state}{pad(clip(safe(row.rule.name), room), room)}", width)
    third = room // 3
    name, folder = clip(safe(row.rule.name), third - 1), clip(safe(row.rule.target_subdir) or ".", third - 1)
    rest = room - 2 * third
    return pad(f"{state}{pad(name, third)}{pad(folder, third)}{cut_end(where, rest, ASCII)}", width)


def rules_title(app: App, rows: Sequence[RuleRow]) -> tuple[str, str]:
    """The two ends of the page's first line."""
    on = sum(row.rule.enabled for row in rows)
    return f"Rules of {safe(app.name)}", f"{plural(len(rows), 'rule')}, {count(on)} on"
