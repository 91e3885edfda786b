"""What is said of the parts that an import lacks: which, what a search came to, what was found."""

from collections.abc import Mapping, Sequence
from typing import Any

from pumas_tui.core.domain.absent_parts import FoundPart, PartSearch
from pumas_tui.core.domain.part_offers import PartOffer
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.tui.presenters.job_words import parts
from pumas_tui.tui.presenters.prose import Line, Tone

_ENDED = {
    "cancelled": "stopped by you",
    "too many": "that is as many as are looked at",
    "too long": "that is as long as it may take",
}


def numbers(facts: Mapping[str, Any]) -> list[int]:
    """Numbers of the parts that are absent or end too early."""
    short = [int(part["number"]) for part in facts.get("short") or ()]
    return sorted({*(int(number) for number in facts.get("missing") or ()), *short})


def sentences(facts: Mapping[str, Any]) -> list[Line]:
    """What is wrong with the set, and what that means, a line each."""
    missing = [int(number) for number in facts.get("missing") or ()]
    lines = [Line(_short(part)) for part in facts.get("short") or ()]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        folder = safe(str(facts.get("folder") or "?"))
        it = "it" if len(missing) == 1 else "them"
        absent = f"{parts(missing).capitalize()} {verb} not among the pasted paths, nor beside the others in"
        return [*lines, Line(f"{absent} {folder}/. Without {it} no app can load the model.")]
    return [*lines, Line("No app can load the model before it is whole.")]


def _short(part: Mapping[str, Any]) -> str:
    has, wants = size(int(part["size_bytes"])), size(int(part["wanted_bytes"]))
    return f"Part {part['number']} is {has}, its header says {wants}: half a download."


def ended(stopped: str) -> str:
    """Why a search ended before its end."""
    return _ENDED[stopped]


def searched(search: PartSearch) -> list[Line]:
    """Where it was looked, and what stood in the way."""
    where = f"Looked in {safe(search.top)}: {plural(search.files, 'file')}"
    why = _ENDED.get(search.stopped)
    told = f"{where}; {why}. Not found so far." if why else f"{where}, not found."
    lines = [Line(told, Tone.WARNING)]
    lines += [Line(f"{safe(path)}: {safe(why)}", Tone.DIM, hang=2) for path, why in search.not_it[:1]]
    if search.in_library:
        held = safe(search.in_library[0])
        lines.append(Line(f"{held} in the library has it; models give nothing away.", Tone.DIM))
    return lines


def offer_line(offer: PartOffer) -> str:
    """`get part 2 from the Hub: org/repo, 4.9 GB`."""
    return f"get {parts(offer.numbers)} from the Hub: {safe(offer.repo.repo_id)}, {size(offer.size_bytes)}"


def offered(offer: PartOffer) -> Line:
    """How sure it is that a repository is the right one."""
    repo = safe(offer.repo.repo_id)
    if offer.proven:
        return Line(f"{repo} has the other {plural(offer.others, 'part')}, equal by SHA-256.", Tone.DIM)
    others = plural(offer.others, "other part")
    return Line(f"{repo} has the {others} by name and size; contents were not compared yet.", Tone.DIM)


def so_far(files: int, folder: str) -> list[Line]:
    """How far a search is."""
    return [Line(f"{plural(files, 'file')} so far."), Line(safe(folder), Tone.DIM, clip=True)]


def found_lines(found: Sequence[FoundPart], wanted: Sequence[int]) -> list[Line]:
    """The files that would be used, and what is still missing then."""
    lines = []
    for part in found:
        lines += [
            Line(f"Part {part.number}, {size(part.size_bytes)}:"),
            Line(f"  {safe(part.path)}", clip=True),
        ]
        if part.others:
            named = plural(part.others, "more file")
            lines.append(Line(f"  {named} of this name; p takes another one", Tone.DIM))
    left = [number for number in wanted if number not in {part.number for part in found}]
    if left:
        lines += [Line(), Line(f"Still missing then: {parts(left)}.", Tone.WARNING)]
    return lines


def found_title(found: Sequence[FoundPart]) -> str:
    """`Part 2 was found`."""
    which = parts([part.number for part in found]).capitalize()
    return f"{which} {'was' if len(found) == 1 else 'were'} found"
