"""The import queue as rows: which section a job stands in, and its words at 120, 80, 60 and 40 columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pumas_tui.core.domain.files import ModelFormat
from pumas_tui.core.domain.ids import JobId
from pumas_tui.core.domain.jobs import JobsState, JobState, JobView
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.tui.presenters import job_words
from pumas_tui.tui.presenters.cells import ASCII, cut_end, pad, pad_left
from pumas_tui.tui.presenters.job_words import Words
from pumas_tui.tui.presenters.prose import Tone, clip

WAITING_SHOWN = 50
DONE_SHOWN = 5
_ROOMY, _TIGHT = 30, 16


class Section(StrEnum):
    """Headings of the queue, in their order. FAILED stands there only when something failed."""

    NEED_YOU = "NEED YOU"
    FAILED = "FAILED"
    WORKING = "WORKING"
    WAITING = "WAITING"
    DONE = "DONE TODAY"


_OPTIONAL = frozenset({Section.FAILED})


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job. `words` say its state at four widths; `tail` stands at the right end in wide windows."""

    job_id: JobId
    section: Section
    flag: str
    name: str
    short_name: str
    size_bytes: int
    words: Words
    tail: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section, with the exact number of its jobs."""

    section: Section
    count: int


@dataclass(frozen=True, slots=True)
class More:
    """Rows of a section that are not listed until they are asked for."""

    section: Section
    hidden: int


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty row between sections."""


QueueRow = JobRow | Heading | More | Gap


@dataclass(frozen=True, slots=True)
class Sums:
    """Exact totals: unfinished jobs, the bytes they still have to copy, and the number per section."""

    queued: int
    bytes_left: int
    counts: Mapping[Section, int]


def section_of(view: JobView) -> Section:
    """Where a job is listed."""
    state = view.job.state
    if view.needs_the_user:
        return Section.NEED_YOU
    if state in (JobState.FAILED, JobState.REFUSED):
        return Section.FAILED
    if state is JobState.RUNNING:
        return Section.WORKING
    return Section.DONE if state.final else Section.WAITING


def by_section(state: JobsState) -> dict[Section, list[JobView]]:
    """Jobs per section: best priority first, then oldest; the finished ones newest first."""
    found: dict[Section, list[JobView]] = {section: [] for section in Section}
    for view in state.jobs.values():
        found[section_of(view)].append(view)
    for section, views in found.items():
        if section is Section.DONE:
            views.sort(key=lambda v: (-(v.job.ended_at or 0.0), -v.job.id))
        else:
            views.sort(key=lambda v: (-v.job.priority, v.job.id))
    return found


def sums(state: JobsState) -> Sums:
    """Totals over all jobs, listed or not."""
    counts = dict.fromkeys(Section, 0)
    queued = left = 0
    for view in state.jobs.values():
        counts[section_of(view)] += 1
        if not view.job.state.final:
            queued += 1
            left += max(0, size_bytes(view.job.payload) - _copied(view))
    return Sums(queued, left, counts)


def _copied(view: JobView) -> int:
    return view.progress.bytes_done if view.job.state is JobState.RUNNING and view.progress else 0


def queue_rows(
    state: JobsState, now: float, expanded: Iterable[Section] = (), *, height: int = _ROOMY
) -> tuple[QueueRow, ...]:
    """All rows of the list. `now` in epoch seconds; `expanded` sections list every job.

    `height` of the window: high ones set sections apart by an empty row, low ones leave out empty sections.
    """
    found = by_section(state)
    if not state.jobs:
        return ()
    opened = frozenset(expanded)
    running = [view.job for view in found[Section.WORKING]]
    first_in_lane: set[str] = set()
    rows: list[QueueRow] = []
    for section, views in found.items():
        if not views and (section in _OPTIONAL or height < _TIGHT):
            continue
        if rows and height >= _ROOMY:
            rows.append(Gap())
        rows.append(Heading(section, len(views)))
        shown = views if section in opened else views[: _limit(section)]
        for view in shown:
            first = view.job.state is JobState.WAITING and view.job.lane not in first_in_lane
            if first:
                first_in_lane.add(view.job.lane)
            waits = job_words.why_waiting(view.job, running) if first else ""
            rows.append(job_row(view, now, waits))
        if len(shown) < len(views):
            rows.append(More(section, len(views) - len(shown)))
    return tuple(rows)


def _limit(section: Section) -> int | None:
    return {Section.WAITING: WAITING_SHOWN, Section.DONE: DONE_SHOWN}.get(section)


def job_row(view: JobView, now: float, waits: str = "") -> JobRow:
    """One job as a row. `waits` says what it waits for, empty when the order of the list says it."""
    section = section_of(view)
    words, tail = job_words.words_of(view, now, waits)
    tone = {Section.NEED_YOU: Tone.WARNING, Section.FAILED: Tone.DANGER, Section.DONE: Tone.DIM}.get(section)
    return JobRow(
        job_id=view.job.id,
        section=section,
        flag="!" if section in (Section.NEED_YOU, Section.FAILED) else " ",
        name=job_name(view.job.payload),
        short_name=job_name(view.job.payload, short=True),
        size_bytes=size_bytes(view.job.payload),
        words=words,
        tail=tail,
        tone=tone or Tone.PLAIN,
    )


# Names.

_COMPANIONS = (".json", ".yaml", ".yml", ".txt", ".md", ".png", ".jpg", ".jpeg", ".webp", ".info")


def size_bytes(payload: Mapping[str, Any]) -> int:
    """Bytes the import is about, 0 when the payload does not say."""
    return int(payload.get("size_bytes") or 0)


def main_file(payload: Mapping[str, Any]) -> str:
    """Path of the file that the model is named after; empty when there is none."""
    paths = [str(path) for path in payload.get("sources") or ()]
    weights = [path for path in paths if not path.lower().endswith(_COMPANIONS)]
    return next(iter(weights or paths), "")


def plain_name(payload: Mapping[str, Any]) -> str:
    """What a person calls it: the file's name with its extension, else the model's name. Printable."""
    if payload.get("model_format") == ModelFormat.SINGLE_FILE and main_file(payload):
        return safe(main_file(payload).rsplit("/", 1)[-1])
    return safe(str(payload.get("name") or "?"))


def job_name(payload: Mapping[str, Any], *, short: bool = False) -> str:
    """The name with what it is made of: `flux1-dev (3 of 4 parts)`, `wan2.1 (folder, 9 files)`. Printable.

    `short`: `llama (5)`, `wan2.1 (folder)`.
    """
    name, kind = plain_name(payload), payload.get("model_format")
    shards = payload.get("shards") or {}
    present, total = int(shards.get("present") or 0), int(shards.get("total") or 0)
    if kind == ModelFormat.SHARDED_SET and total > 1:
        if present != total:
            return f"{name} ({present} of {total}{'' if short else ' parts'})"
        return f"{name} ({total}{'' if short else ' parts'})"
    if kind in (ModelFormat.DIFFUSION_FOLDER, ModelFormat.FOLDER):
        files = len(payload.get("sources") or ())
        what = "diffusers" if kind == ModelFormat.DIFFUSION_FOLDER else plural(files, "file")
        return f"{name} (folder)" if short else f"{name} (folder, {what})"
    return name


# Cells.


@dataclass(frozen=True, slots=True)
class _Columns:
    name: int
    size: int
    gap: int
    words: int
    level: int  # which of the four wordings


_MARGIN = 5  # " >*! "


def _columns(width: int) -> _Columns:
    if width >= 110:
        name, size, gap, level = max(28, min(60, width - 82)), 9, 3, 0
    elif width >= 80:
        name, size, gap, level = width - 50, 9, 2, 1
    elif width >= 60:
        name, size, gap, level = width - 35, 9, 2, 2
    else:
        name, size, gap, level = max(6, width - 26), 9, 2, 3
    return _Columns(name, size, gap, max(0, width - _MARGIN - name - size - gap - 1), level)


def row_text(row: QueueRow, width: int, *, cursor: bool = False, marked: bool = False) -> str:
    """The row as one line of exactly `width` cells."""
    match row:
        case Gap():
            return " " * width
        case Heading(section, count):
            title = f" {section.value} ({count:,})"
            more = "" if count or width < 60 else "  -"
            return pad(title + more, width)
        case More(_, hidden):
            lead = f" {'>' if cursor else ' '}   "
            return pad(f"{lead}{hidden:,} more{'' if width < 60 else ', enter shows them'}", width)
        case JobRow():
            return _job_text(row, width, f" {'>' if cursor else ' '}{'*' if marked else ' '}{row.flag} ")


def _job_text(row: JobRow, width: int, margin: str) -> str:
    at = _columns(width)
    words = row.words[at.level]
    if at.level == 0 and row.tail:
        room = at.words - len(row.tail) - 1
        words = f"{pad(cut_end(words, room, ASCII), room)} {row.tail}" if room > 20 else words
    name = pad(clip(row.name if at.level == 0 else row.short_name, at.name), at.name)
    amount = pad_left(size(row.size_bytes) if row.size_bytes else "", at.size)
    return pad(f"{margin}{name}{amount}{' ' * at.gap}{cut_end(words, at.words, ASCII)}", width)


def summary(state: JobsState, width: int, mode: str) -> str:
    """What stands at the right of the screen's title: how much there is to do, and how it will come in."""
    total = sums(state)
    if not state.jobs:
        return "empty"
    if width < 110:
        return f"{total.queued:,} queued  {size(total.bytes_left)}" if total.queued else "nothing queued"
    left = f"{total.queued:,} in queue   {size(total.bytes_left)} to import   "
    return f"{left if total.queued else 'nothing in queue   '}mode: {mode}   originals: keep"


_EMPTY = """\
 Paste paths of model files, here or on any screen. All of these work:

    /mnt/nas/a.safetensors   'with spaces.ckpt'   with\\ spaces.ckpt
    file:///mnt/nas/a%20b.gguf   a folder   a glob (you are asked first)

 i   type a path

 Files that are only on your own computer? Paste their paths: you get the
 commands that send them here."""

_EMPTY_NARROW = """\
 Paste paths of model files, here or on any screen:

    /mnt/nas/a.safetensors   with\\ spaces.ckpt
    file:///mnt/nas/a%20b.gguf   a folder   a glob

 i   type a path

 Files only on your own computer? Paste their paths:
 you get the commands that send them here."""


def empty_text(width: int) -> str:
    """What the screen says while there is nothing in the queue."""
    if width < 60:
        return " Paste paths of model files, here or on\n any screen, or press i to type one."
    return _EMPTY if width >= 80 else _EMPTY_NARROW


def paste_hint(width: int, key: str, mode: str) -> str:
    """The line above the queue."""
    mode = mode.upper()
    types = f"{key} types one path." if key else ""
    if width >= 110:
        first = "Paste paths here or anywhere (dropping files on the window pastes them)."
        return f" {first}  {types}  Originals stay: mode {mode}"
    if width >= 80:
        return f" Paste paths anywhere, or drop files on the window.   Mode: {mode}"
    return f" Paste paths anywhere.  Mode: {mode}"
