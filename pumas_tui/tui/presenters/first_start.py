"""The questions of the first start as lines: rows to choose from, what is said below them, the key line."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from pumas_tui.core.domain.apps import TITLES
from pumas_tui.core.domain.first_start import (
    APPS,
    LAST,
    PLACE,
    STEPS,
    Answers,
    App,
    FirstStartFacts,
    Place,
    needs_settings,
    shortened,
)
from pumas_tui.core.domain.lanes import DeviceKind
from pumas_tui.core.domain.text import count, plural, safe, size
from pumas_tui.tui.keymap import Keymap
from pumas_tui.tui.presenters.cells import Glyphs, Line, cut_end, cut_middle, pad, spread, width_of
from pumas_tui.tui.presenters.frame import NARROW
from pumas_tui.tui.presenters.prose import Line as Paragraph
from pumas_tui.tui.presenters.prose import Tone

LOOKING = "Looking for libraries, disks and apps ..."
_DEVICES = {DeviceKind.SSD: "SSD", DeviceKind.HDD: "HDD", DeviceKind.NETWORK: "network"}
_STATE, _DISK = 15, 32  # cells of what a place is, and of the disk it is on
_TAIL = 20  # cells of a path's end that stay when it is cut
_PATHS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys as people write them."""

    next: str
    back: str
    tick: str
    type_path: str
    add: str
    help: str


def keys_of(keymap: Keymap) -> Keys:
    """The keys as they are now. A path on step 1 is typed as one searches, a folder on step 2 is added."""
    first = [keymap.first(f"first_start.{name}") for name in ("next", "back", "tick", "type_path", "help")]
    following, back, tick, type_path, show_help = first
    add = keymap.all("first_start.type_path").split(" ")[-1]
    return Keys(following, back, tick, type_path, add, show_help)


@dataclass(frozen=True, slots=True)
class Asked:
    """One step: the question, the rows to choose from, what is said below them."""

    question: str
    rows: list[str]
    notes: list[Paragraph]


def asked(answers: Answers, width: int, glyphs: Glyphs) -> Asked:
    """The step that the answers have come to. `width`: cells of a row."""
    facts, place, apps = answers.facts, answers.place, answers.chosen
    if answers.step == PLACE or place is None:
        rows = place_rows(facts, width, glyphs)
        return Asked("Where shall the model library live?", rows, place_notes(facts, place, width))
    if answers.step == APPS:
        rows = app_rows(answers, place, width, glyphs)
        return Asked("Which apps shall get links?", rows, app_notes(answers, place, width))
    return Asked(
        last_question(apps, place, width, glyphs),
        last_rows(apps, place, width, glyphs),
        last_notes(answers, place, width),
    )


def title(host: str, step: int, width: int, glyphs: Glyphs) -> Line:
    """` pumas  first start on gpu-box-3          step 1 of 3`, shorter in a narrow window."""
    left = f"pumas  first start on {safe(host)}" if width >= NARROW else "pumas  first start"
    return ((spread(left, f"step {step + 1} of {len(STEPS)}", width, glyphs), "bold"),)


def key_line(step: int, width: int, keys: Keys, glyphs: Glyphs) -> Line:
    """What the keys do at this step; the way back and the help are never dropped."""
    other = (f"{keys.type_path} type a path", f"{keys.add} add folder", "")[step]
    first = f"{keys.tick} tick" if step == APPS else "j k choose"
    enter = f"{keys.next} {'finish' if step == LAST else 'next'}"
    right = f"{keys.back} back  {keys.help} help" if width >= NARROW else f"{keys.back} back  {keys.help}"
    words = [word for word in (first, enter, other) if word]
    while words and sum(width_of(word) + 2 for word in words) + width_of(right) + 4 > width:
        words.remove(next((word for word in words if word != enter), enter))
    return ((spread("  ".join(words), right, width, glyphs), ""),)


# Step 1: the place.


def place_rows(facts: FirstStartFacts, width: int, glyphs: Glyphs) -> list[str]:
    """A row for every place, and one for typing another. `width`: cells of a row."""
    names = [safe(shortened(place.folder, facts.home)) for place in facts.places]
    wide = max(min(max(map(width_of, names)) + 2, width - _STATE - _DISK), 24)
    rows = []
    for name, place in zip(names, facts.places, strict=True):
        if width < NARROW:
            rows.append(_two_ends(name, _state(place) if not place.is_new else _free(place), width, glyphs))
            continue
        told = "found: an existing Pumas library"
        if place.is_new:
            told = f"{_cell(safe(place.disk.mount_point), 8, glyphs)}{_on_disk(place)}"
        rows.append(cut_end(f"{_cell(name, wide, glyphs)}{pad(_state(place), _STATE)}{told}", width, glyphs))
    return [*rows, "type another path ..."]


def _state(place: Place) -> str:
    return "new folder" if place.models is None else plural(place.models, "model")


def _free(place: Place) -> str:
    return f"{_size(place.disk.free_bytes)} free"


def _on_disk(place: Place) -> str:
    words = [_free(place), safe(place.disk.type, 12), _DEVICES.get(place.disk.device, "")]
    return "  ".join(word for word in words if word)


def place_notes(facts: FirstStartFacts, place: Place | None, width: int) -> list[Paragraph]:
    """Why it matters, and which disk fits; in a narrow window the row in front in full before that."""
    lines = []
    if place is not None and width < NARROW:
        disk = safe(place.disk.mount_point)
        lines += [
            Paragraph(f"{safe(place.folder)}: {_state(place)}, on {disk}, {_on_disk(place)}"),
            Paragraph(),
        ]
    lines.append(Paragraph("The library keeps each model once. Apps get links to it."))
    if facts.detected.apps:
        app = facts.detected.apps[0]
        disk = safe(app.disk.mount_point)
        best = f"{disk}, so a library on {disk} fits best." if disk != "/" else "the system disk, /."
        text = (
            f"Links are simplest when library and apps share one disk. {TITLES[app.kind]} was found on {best}"
        )
        lines.append(Paragraph(text))
    return [*lines, *_unread(facts), Paragraph(), Paragraph("Nothing is written before the last step.")]


def _unread(facts: FirstStartFacts) -> list[Paragraph]:
    troubles = facts.detected.troubles
    if not troubles:
        return []
    named = "; ".join(safe(trouble.message) for trouble in troubles[:_PATHS_NAMED])
    more = len(troubles) - _PATHS_NAMED
    text = f"! {named}" + (f"; and {count(more)} more." if more > 0 else ".")
    return [Paragraph(), Paragraph(text, Tone.WARNING, hang=2)]


# Step 2: the apps.


def app_name(app: App) -> str:
    """Its kind and version."""
    return f"{TITLES[app.kind]} {safe(app.version)}".rstrip()


def app_rows(answers: Answers, place: Place, width: int, glyphs: Glyphs) -> list[str]:
    """A row for every app with its tick, and one for typing another folder."""
    apps, ticked = answers.apps, {app.path for app in answers.chosen}
    if not apps:
        return ["no app was found: go on without", "type or paste another folder ..."]
    names = [app_name(app) for app in apps]
    left = max(14, *(width_of(name) for name in names)) + 2
    wide = min(max(21, *(width_of(safe(app.path)) for app in apps)) + 2, width - left - 36)
    rows = []
    for name, app in zip(names, apps, strict=True):
        tick = "[x]" if app.path in ticked else "[ ]"
        if width < NARROW:
            rows.append(_two_ends(f"{tick} {name}", _files(app).partition(",")[0], width, glyphs))
            continue
        where = _cell(safe(app.path), wide, glyphs)
        rows.append(f"{tick} {pad(name, left)}{where}{pad(_disk_word(app, place), 13)}{_files(app)}")
    return [*rows, "type or paste another folder ..."]


def _disk_word(app: App, place: Place) -> str:
    return "same disk" if app.disk.dev == place.disk.dev else "other disk"


def _files(app: App) -> str:
    if not app.files:
        return "no files"
    files = plural(app.files, "file")
    return f"{files if app.complete else f'over {files}'}, {_size(app.size_bytes)}"


def app_notes(answers: Answers, place: Place, width: int) -> list[Paragraph]:
    """Where was looked, and what to know about links into the ticked apps."""
    lines, facts, front = [], answers.facts, answers.app
    if front is not None and width < NARROW:
        lines += [Paragraph(f"{safe(front.path)}: {_disk_word(front, place)}, {_files(front)}"), Paragraph()]
    lines.append(Paragraph(f"Looked in: {', '.join(safe(name) for name in facts.detected.looked_in)}."))
    warnings = [_other_disk(app, place) for app in answers.chosen if app.disk.dev != place.disk.dev]
    if facts.containers:
        warnings.append(
            f"! {facts.containers} was noticed. Links work inside a container only when {safe(place.folder)} "
            "is mounted there under the same path."
        )
    if warnings:
        lines += [Paragraph(), *(Paragraph(text, hang=2) for text in warnings)]
    return [*lines, Paragraph(), Paragraph("You can go on with none and add apps later.")]


def _other_disk(app: App, place: Place) -> str:
    mount = place.disk.mount_point
    fails = f" and stop working if {safe(mount)} is mounted elsewhere" if mount != "/" else ""
    folder = safe(posixpath.dirname(app.path))
    return f"! {folder} is on another disk: its links will be absolute paths{fails}."


# Step 3: what is there already, and what will be done.


def files_inside(apps: Sequence[App]) -> tuple[int, int]:
    """How many model files, and how many bytes, are in these apps."""
    return sum(app.files for app in apps), sum(app.size_bytes for app in apps)


def last_question(apps: Sequence[App], place: Place, width: int, glyphs: Glyphs) -> str:
    """`apps` are those that were ticked."""
    files, size_bytes = files_inside(apps)
    if not files:
        return "All is ready to make the library." if place.is_new else "All is ready to open the library."
    names = _and([TITLES[app.kind] for app in apps if app.files])
    if width < NARROW:
        return cut_end(
            f"{plural(files, 'file')}, {_size(size_bytes)}, in {names}. What now?", width + 3, glyphs
        )
    verb = "is" if files == 1 else "are"
    return f"{plural(files, 'model file')} ({_size(size_bytes)}) {verb} already inside {names}. What now?"


def last_rows(apps: Sequence[App], place: Place, width: int, glyphs: Glyphs) -> list[str]:
    """One row where no files are inside the ticked apps; else leave or copy them."""
    files, size_bytes = files_inside(apps)
    needs = f"needs {_size(size_bytes)}"
    if not files:
        return ["Make the library" if place.is_new else "Open the library"]
    it, where = ("it", "it is") if files == 1 else ("them", "they are")
    if width < NARROW:
        rows = ((f"Leave {it}", "default"), (f"Copy {it}", needs))
        return [_two_ends(left, right, width, glyphs) for left, right in rows]
    leave, copy = f"Leave {it} where {where}", f"Copy {it} into the library"
    return [f"{pad(leave, 34)}(nothing changes; default)", f"{pad(copy, 34)}{needs}, originals stay"]


def last_notes(answers: Answers, place: Place, width: int) -> list[Paragraph]:
    """All that finishing does, and what it does not."""
    facts, apps = answers.facts, answers.chosen
    lines, deeds = [], list[tuple[str, str]]()
    if files_inside(apps)[0]:
        lines += [Paragraph("You can do this later: paste the path of a file or a folder."), Paragraph()]
    lines.append(Paragraph("When you press enter, Pumas will"))
    folder = safe(shortened(place.folder, facts.home))
    if place.is_new:
        deeds.append(("create", f"{folder}/  (empty, 4 folders)"))
        deeds.append(("", "beside it mappings/ and two databases"))
    else:
        deeds.append(("open", f"{folder}/  ({plural(place.models or 0, 'model')})"))
    if needs_settings(place.root, facts):
        deeds.append(("write", f"its place into {safe(shortened(facts.config, facts.home))}"))
    if answers.copies:
        files, size_bytes = files_inside(apps)
        deeds.append(("copy", f"{plural(files, 'model file')}, {_size(size_bytes)}, one after the other"))
    if apps:
        named = _and([app_name(app) for app in apps])
        links = "links to what is copied" if answers.copies else "no links yet"
        deeds.append(("remember", f"{named} ({links})"))
        deeds.append(("not", f"touch any file inside {_and([TITLES[app.kind] for app in apps])}"))
    return [*lines, *(_deed(verb, text, width) for verb, text in deeds)]


def no_room(answers: Answers) -> str:
    """Why the files cannot be copied, or empty."""
    place, needed = answers.place, files_inside(answers.chosen)[1]
    if place is None or not answers.copies or needed <= place.disk.free_bytes:
        return ""
    return f"a copy needs {_size(needed)}; {_free(place)} on {place.disk.mount_point}"


def _deed(verb: str, text: str, width: int) -> Paragraph:
    """A verb and what it does, in two columns where that fits on a line."""
    line = f"  {pad(verb, 8)} {text}"
    fits = width_of(line) <= width
    return Paragraph(line if fits else f"  {verb} {text}", clip=fits, hang=4)


def _size(size_bytes: int) -> str:
    """As everywhere, but from 10 GB on without tenths: rooms of disks are rough figures."""
    return f"{size_bytes / 10**9:.0f} GB" if 10**10 <= size_bytes < 10**12 - 10**9 else size(size_bytes)


def _and(names: Sequence[str]) -> str:
    once = list(dict.fromkeys(names))
    return " and ".join([", ".join(once[:-1]), once[-1]] if len(once) > 1 else once)


def _cell(text: str, width: int, glyphs: Glyphs) -> str:
    return pad(cut_middle(text, width - 2, _TAIL, glyphs), width)


def _two_ends(left: str, right: str, width: int, glyphs: Glyphs) -> str:
    room = width - width_of(right) - 2
    return f"{pad(cut_middle(left, room, min(_TAIL, room // 2), glyphs), room)}  {right}"
