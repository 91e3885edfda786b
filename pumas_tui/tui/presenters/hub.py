"""Repositories of the Hub and their files as rows, and what a choice of files would become."""

from collections.abc import Collection, Sequence

from pumas_tui.core.domain import downloads
from pumas_tui.core.domain.downloads import Download
from pumas_tui.core.domain.holdings import Holdings
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.text import count, plural, safe, size, size_of
from pumas_tui.tui.presenters.cells import cut_end, cut_middle, pad, pad_left
from pumas_tui.tui.presenters.prose import Line, Tone

_ROOMY = 100
_SHOWN_MODELS = 4
_UNDER = " " * 13


def repo_heads(width: int) -> Line:
    """The column heads above repositories."""
    return Line("  " + _repo("Repository", "task", "licence", "downloads", width - 2), Tone.DIM, clip=True)


def repo_row(model: HubModel, width: int) -> str:
    """One repository in `width` cells."""
    door = " (gated)" if model.gated else " (private)" if model.private else ""
    named = safe(model.repo_id) + door
    return _repo(named, safe(model.pipeline), safe(model.license), count(model.downloads), width)


def _repo(name: str, task: str, licence: str, many: str, width: int) -> str:
    facts = f" {pad(cut_end(licence, 12), 12)} {pad_left(many, 11)}"
    if width >= _ROOMY:
        facts = f" {pad(cut_end(task, 24), 24)}{facts}"
    room = width - len(facts)
    return pad(cut_middle(name, room, 12), room) + facts


def file_row(file: HubFile, marked: bool, here: str, width: int) -> str:
    """One file in `width` cells; `here` is the model of the library that has it, empty where none has."""
    told = pad_left(size(file.size) if file.size is not None else "?", 9)
    if here:
        place = width * 2 // 5 if width >= _ROOMY else width // 3
        told = f"{pad(cut_middle(f'here as {safe(here)}', place, place // 3), place)} {told}"
    room = width - len(told) - 3
    name = cut_middle(safe(file.path), room - 1, min(24, room // 2))
    return f"{'*' if marked else ' '} {pad(name, room)} {told}"


def chosen(model: HubModel, marks: Collection[str], holdings: Holdings) -> tuple[Download, ...]:
    """What the marked files would become; without marks all that are there."""
    files = [file for file in downloads.selected(model) if not marks or file.path in marks]
    found = downloads.models_of(model, files)
    return tuple(downloads.with_holdings(one, holdings) for one in found)


def missing(planned: Sequence[Download]) -> tuple[Download, ...]:
    """Those that the library does not have as a whole."""
    return tuple(one for one in planned if one.known_as is None)


def becomes(planned: Sequence[Download], marks: Collection[str]) -> list[Line]:
    """What is said below the files."""
    if not planned:
        return [Line(), Line("No model weights among these files.", Tone.WARNING)]
    which = plural(len(marks), "marked file") if marks else "All files"
    verb = "becomes" if len(marks) == 1 else "become"
    return [
        Line(),
        Line(f"{which} {verb} {plural(len(planned), 'model')}, {downloads.amount(planned)}:", Tone.STRONG),
        *plan_lines(planned),
    ]


def plan_lines(planned: Sequence[Download]) -> list[Line]:
    """The models that would come, with their sizes, and what of them is here."""
    lines = [line for one in planned[:_SHOWN_MODELS] for line in _model_lines(one)]
    more = len(planned) - _SHOWN_MODELS
    return [*lines, *([Line(f"  and {plural(more, 'more model')}")] if more > 0 else [])]


def _model_lines(one: Download) -> list[Line]:
    known = one.known_as
    part = f", {size(one.held_bytes)} of it is here" if one.held and known is None else ""
    files = f"({plural(len(one.files), 'file')}){part}"
    line = Line(f"  {pad_left(size(one.size_bytes), 9)}  {safe(one.name)} {files}", clip=True)
    return [line] if known is None else [line, Line(f"{_UNDER}is here as {safe(known.model_id)}", clip=True)]


def download_title(repo_id: str, planned: Sequence[Download]) -> str:
    """What is asked: how much would come, or that nothing has to."""
    todo = missing(planned)
    if todo:
        total = sum(one.size_bytes for one in todo)
        return f"Download {size_of(total - _held(todo), total)} from {safe(repo_id)}?"
    if len(planned) == 1:
        return f"{safe(planned[0].name)} is already here"
    return f"{plural(len(planned), 'model')} of {safe(repo_id)} are already here"


def download_lines(planned: Sequence[Download]) -> list[Line]:
    """What would come of a yes."""
    todo = missing(planned)
    if not todo:
        return [_same(one) for one in planned[:_SHOWN_MODELS]]
    checked = "Checked against the SHA-256 of the Hub, then imported and linked. It can be paused."
    taken = f"{size(_held(todo))} is here, and taken from the library. " if _held(todo) else ""
    return [*plan_lines(planned), Line(), Line(f"{taken}{checked}")]


def _held(planned: Sequence[Download]) -> int:
    return sum(one.held_bytes for one in planned)


def _same(one: Download) -> Line:
    known = one.known_as
    if known is None:
        return Line()
    sha256 = next((file.sha256 for file in one.files if file.path == known.path), "")
    return Line(f"Same content (SHA-256 {sha256[:6]}...) as {safe(known.model_id)}, {size(one.size_bytes)}.")
