"""What the Library screen says when there is no list to show, or when something is wrong with it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from pumas_tui.core.domain.events import LibraryScanned
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.models import ModelRow, ScanReport
from pumas_tui.core.domain.text import count, plural, safe
from pumas_tui.tui.keymap import Keymap
from pumas_tui.tui.presenters.frame import NARROW, FrameMessage, KeyHint, Severity

_NUMBERS = {3: "three", 4: "four", 5: "five"}
_NAMED = 3
_FEW = 5
_HUB = "search the Hub"


def empty(root: str, keymap: Keymap, width: int) -> str:
    """The library holds nothing yet. `width` of the window."""
    type_key, copy_key = keymap.first("global.type_path"), keymap.first("library.copy")
    if width < NARROW:
        return (
            f"The library is empty. Paste paths of\nmodel files anywhere, or press {type_key}\nto type one."
        )
    return (
        f"The library at {safe(root)} is empty.\n\n"
        "Two ways to fill it:\n\n"
        "  paste     paths of model files, on any screen\n"
        "            (or drop files on the terminal window)\n"
        f"  {type_key:<9} type a path\n\n"
        f"Files that are only on your own computer?  Press {copy_key}, then r, to "
        "copy an rsync command that sends them here."
    )


def no_hits(words: Sequence[str], without: Mapping[str, int], hub_key: str) -> str:
    """Nothing was found. `without`: how many there would be with one of the words left out."""
    ways_on = f"esc clears the search.\nenter, then {hub_key}, searches Hugging Face for it."
    if len(words) == 1:
        first = f'No model has "{safe(words[0], 40)}".'
    elif len(words) == 2:
        first = "No model has both words."
    else:
        first = f"No model has all {_NUMBERS.get(len(words), str(len(words)))} words."
    word, hits = max(without.items(), key=lambda item: item[1], default=("", 0))
    if not hits:
        return f"{first}\n\n{ways_on}"
    verb = "matches" if hits == 1 else "match"
    return f'{first}\n{count(hits)} {verb} without "{safe(word, 40)}".\n\n{ways_on}'


def without_each(words: Sequence[str]) -> list[tuple[str, str]]:
    """(a word, the search without it) for each word of a search of two to five."""
    if not 1 < len(words) <= max(_NUMBERS):
        return []
    return [(word, " ".join([*words[:n], *words[n + 1 :]])) for n, word in enumerate(words)]


async def why_nothing(text: str, hits: Callable[[str], Awaitable[int]], keymap: Keymap) -> str:
    """What to say of a search that finds nothing; `hits` tells how much another one finds."""
    words = text.split()
    without = {word: await hits(rest) for word, rest in without_each(words)}
    return no_hits(words, without, keymap.first("library.search_hub"))


def unreadable(models_dir: str, reason: str, keymap: Keymap) -> str:
    """The library's folder cannot be read; the list is the last index."""
    return (
        f"! The library folder {safe(models_dir)} cannot be read:\n"
        f"  {safe(reason.rpartition(f'{models_dir}: ')[2])}\n"
        "  The list below is the last index. Importing fails until the folder is back.\n"
        f"  {keymap.first('global.rescan')} try again"
    )


def goes_on(scan: LibraryScanned | None) -> bool:
    """A scan was heard of and has not ended."""
    return scan is not None and not scan.done


SCAN = "Scan: "
"""How the line begins that a running scan shows."""


def scanning(scan: LibraryScanned) -> str:
    """`Scan: 412 of 1,284 folders read`."""
    return f"{SCAN}{count(scan.folders_read)} of {plural(scan.folders_total, 'folder')} read"


def scanned(report: ScanReport) -> tuple[str, Severity]:
    """What a rescan came to, in one line, and how bad it is."""
    if not report.problems:
        return f"{plural(report.found, 'model')} in the library.", "info"
    named = "; ".join(f"{problem.path}: {problem.message}" for problem in report.problems[:_NAMED])
    return f"{plural(len(report.problems), 'folder')} not in the list: {named}", "warning"


def fitting(hints: Sequence[KeyHint], back: str, *, opened: bool, found: int, of: int) -> list[KeyHint]:
    """The keys that do something now. `back` leaves the details that were `opened`.

    Where a search found few of all the models, the way on to the Hub comes first.
    """
    if opened:
        kept = [hint for hint in hints if hint.label in ("copy", "edit", "delete", "import", "web lookup")]
        return [KeyHint(back, "back", 95), *kept]
    if not of:
        return [hint for hint in hints if hint.label in ("import", "copy", _HUB)]
    few = found < min(_FEW, of)
    return sorted(
        (replace(hint, priority=96) if few and hint.label == _HUB else hint for hint in hints),
        key=lambda hint: -hint.priority,
    )


def copy_choices(on_model: bool) -> tuple[tuple[str, str], ...]:
    """Letters and labels of what can be copied now."""
    model = (("p", "path"), ("n", "name"), ("s", "SHA-256")) if on_model else ()
    return (*model, ("m", "last message"), ("r", "rsync line to send files here"))


def copy_text(
    letter: str, rows: Sequence[ModelRow], paths: LibraryPaths, message: FrameMessage | None, host: str
) -> str:
    """What a letter of the copy popup stands for, one line per model."""
    match letter:
        case "p":
            return "\n".join(paths.model_dir(row.model_id) for row in rows)
        case "n":
            return "\n".join(row.official_name for row in rows)
        case "s":
            return "\n".join(row.sha256 for row in rows)
        case "r":
            return f"rsync -P FILE... {host}:"
        case _:
            return message.text if message else ""
