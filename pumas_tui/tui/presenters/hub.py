"""Repositories of the Hub and their files as rows, and what a choice of files would become."""

import time
from collections.abc import Collection, Sequence

from pumas_tui.core.domain import downloads
from pumas_tui.core.domain.downloads import Download
from pumas_tui.core.domain.hub_values import HubFile, HubModel, HubPage
from pumas_tui.core.domain.text import count, plural, safe, size
from pumas_tui.tui.presenters.cells import cut_end, cut_middle, pad, pad_left
from pumas_tui.tui.presenters.prose import Line, Tone

_ROOMY = 100
_SHOWN_MODELS = 4


def found_line(page: HubPage | None, asking_s: float) -> str:
    """How many there are, or that it is being asked."""
    if page is None:
        return f"asking, {int(asking_s) // 60}:{int(asking_s) % 60:02}"
    at = time.strftime("%H:%M", time.localtime(page.asked_at))
    more = " and more" if page.more else ""
    old = f"   from the cache, asked {at}" if page.stale else ""
    repositories = plural(len(page.models), "repository", "repositories")
    return f"{repositories}{more}, most downloaded first{old}"


def fresh_line(fresh: HubPage, shown: HubPage) -> str:
    """What an answer brings that came after what is shown."""
    known = {model.repo_id for model in shown.models}
    new = sum(model.repo_id not in known for model in fresh.models)
    return f"{plural(new, 'new result')}: press r" if new else "Hugging Face answered anew: press r"


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


def file_row(file: HubFile, marked: bool, width: int) -> str:
    """One file in `width` cells."""
    amount = pad_left(size(file.size) if file.size is not None else "?", 9)
    room = width - len(amount) - 3
    return f"{'*' if marked else ' '} {pad(cut_middle(safe(file.path), room - 1, 24), room)} {amount}"


def chosen(model: HubModel, marks: Collection[str]) -> tuple[Download, ...]:
    """What the marked files would become; without marks all that are there."""
    files = [file for file in downloads.selected(model) if not marks or file.path in marks]
    return downloads.models_of(model, files)


def becomes(planned: Sequence[Download], marks: Collection[str]) -> list[Line]:
    """What is said below the files."""
    if not planned:
        return [Line(), Line("No model weights among these files.", Tone.WARNING)]
    total = size(sum(one.size_bytes for one in planned))
    which = plural(len(marks), "marked file") if marks else "All files"
    verb = "becomes" if len(marks) == 1 else "become"
    return [
        Line(),
        Line(f"{which} {verb} {plural(len(planned), 'model')}, {total}:", Tone.STRONG),
        *plan_lines(planned),
    ]


def plan_lines(planned: Sequence[Download]) -> list[Line]:
    """The models that would come, with their sizes."""
    lines = [
        Line(
            f"  {pad_left(size(one.size_bytes), 9)}  {safe(one.name)} ({plural(len(one.files), 'file')})",
            clip=True,
        )
        for one in planned[:_SHOWN_MODELS]
    ]
    more = len(planned) - _SHOWN_MODELS
    return [*lines, *([Line(f"  and {plural(more, 'more model')}")] if more > 0 else [])]
