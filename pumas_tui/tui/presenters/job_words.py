"""What a job's state says, in words: four wordings from wide to tiny, and what stands at the right end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pumas_tui.core.domain import lanes, pickle_verdict
from pumas_tui.core.domain.errors import DiskFullError
from pumas_tui.core.domain.imports import ImportMode
from pumas_tui.core.domain.jobs import (
    Job,
    JobRequest,
    JobState,
    JobView,
    Need,
    NeedKind,
    Stage,
    pace,
    round_eta,
)
from pumas_tui.core.domain.text import clock, plural, safe, size
from pumas_tui.tui.presenters.jobs import bar, percent, rate_text
from pumas_tui.tui.presenters.pickles import scan_count
from pumas_tui.tui.presenters.prose import without_path

STAGES: Mapping[Stage, tuple[str, str]] = {
    Stage.CHECKING: ("checking", "check"),
    Stage.RESUMING: ("reading it again", "again"),
    Stage.STAGING: ("copying + hashing", "copy"),
    Stage.COMMITTING: ("writing", "write"),
    Stage.INDEXING: ("indexing", "index"),
    Stage.LINKING: ("linking", "link"),
}


SAME_DISK = ", same disk"
MODES = {
    "a": ImportMode.AUTO,
    "c": ImportMode.COPY,
    "r": ImportMode.REFLINK,
    "h": ImportMode.HARDLINK,
}
"""Modes by the letters that choose them."""
_MODE_WORDS = {
    ImportMode.AUTO: "auto: shares the blocks where it can, else copies",
    ImportMode.COPY: "copy",
    ImportMode.REFLINK: "reflink: shares the blocks of the original, or fails",
    ImportMode.HARDLINK: "hard link: a second name of the same file, or fails",
}
MODE_CHOICES = tuple((letter, _MODE_WORDS[mode]) for letter, mode in MODES.items())


class Words(NamedTuple):
    """The same statement for lines of 110 columns and more, 80, 60 and 40."""

    wide: str
    middle: str
    narrow: str
    tiny: str


def words_of(view: JobView, now: float, waits: str) -> tuple[Words, str]:
    """The wordings and the right end of a job's row."""
    job = view.job
    match job.state:
        case JobState.NEEDS_YOU:
            return _asking(open_needs(job))
        case JobState.RUNNING:
            return _running(view, now), ""
        case JobState.DONE:
            return _done(job), _time_of_day(job.ended_at)
        case JobState.CANCELLED:
            return Words("cancelled", "cancelled", "cancelled", "cancelled"), _time_of_day(job.ended_at)
        case JobState.FAILED | JobState.REFUSED:
            return _failed(job), "r  try again" if job.state is JobState.FAILED else ""
        case JobState.PAUSED:
            return _paused(view), "p  go on"
        case _:
            return Words(waits, waits.removesuffix(SAME_DISK), "waits" if waits else "", ""), ""


def _running(view: JobView, now: float) -> Words:
    job, progress = view.job, view.progress
    if job.request is JobRequest.CANCEL:
        return Words("stopping ...", "stopping ...", "stopping ...", "stopping")
    if job.request is JobRequest.PAUSE:
        return Words("pausing ...", "pausing ...", "pausing ...", "pausing")
    if progress is None:
        return Words("starting", "starting", "starting", "starts")
    long, short = STAGES[progress.stage]
    if progress.bytes_total <= 0:
        return Words(long, long, long, short)
    done, getting_on = percent(view), pace(view, now)
    if getting_on.stalled_s is not None:
        when = f"stalled {clock(getting_on.stalled_s)}"
        return Words(
            f"{long:<17} {bar(view.fraction, 20)} {done:>4}  {when}",
            f"{short:<5} {bar(view.fraction, 9)} {done:>3} {when}",
            f"{done:>3} {when}",
            "stalled",
        )
    eta = round_eta(getting_on.eta_s) if getting_on.eta_s is not None else ""
    speed = rate_text(getting_on.rate)
    return Words(
        f"{long:<17} {bar(view.fraction, 20)} {done:>4}  {speed:>8}  {eta}".rstrip(),
        f"{short:<5} {bar(view.fraction, 12)} {done:>3}  {eta}".rstrip(),
        f"{done:>3}  {eta or short}",
        f"{done:>3}",
    )


def mode_words(job: Job) -> str:
    """How its bytes came in, or are to come in."""
    said = (job.result or {}).get("mode") or (job.payload.get("choices") or {}).get("mode")
    return _MODE_WORDS[ImportMode(said)] if said in list(ImportMode) else ""


def open_needs(job: Job) -> tuple[Need, ...]:
    """Questions that have no answer yet."""
    return tuple(need for need in job.needs if need.kind.value not in job.answers)


def asks_about_pickle(view: JobView) -> bool:
    """One of the job's open questions is about a pickle file."""
    return any(need.kind is NeedKind.PICKLE for need in open_needs(view.job))


def _asking(needs: Sequence[Need]) -> tuple[Words, str]:
    if not needs:
        return Words("needs you", "needs you", "needs you", "needs you"), ""
    words, tail = _question(needs[0])
    if len(needs) > 1:
        more = f"; {len(needs) - 1} more to answer"
        words = words._replace(wide=words.wide + more)
    return words, tail


def _question(need: Need) -> tuple[Words, str]:
    facts = need.facts
    match need.kind:
        case NeedKind.PICKLE:
            return _pickle(facts), "!  read and decide"
        case NeedKind.MISSING_PART if facts.get("short"):
            which = parts([int(part["number"]) for part in facts["short"]])
            verb = "is" if which.startswith("part ") else "are"
            words = Words(
                f"{which} {verb} half a download", f"{which} cut off", f"{which} cut off", "cut off"
            )
            return words, "enter  choose"
        case NeedKind.MISSING_PART:
            which, total = parts(facts.get("missing") or ()), facts.get("total") or "?"
            verb = "is" if which.startswith("part ") else "are"
            words = Words(
                f"{which} of {total} {verb} not among the paths",
                f"{which} of {total} not found",
                f"{which} missing",
                f"no {which}" if verb == "is" else "no parts",
            )
            return words, "enter  choose"
        case NeedKind.DUPLICATE:
            name = safe(str(facts.get("model_id") or "")).rsplit("/", 1)[-1] or "another"
            words = Words(f"same content as {name}", f"same as {name}", "same content", "same file")
            return words, "enter  choose"
        case NeedKind.NAME_TAKEN:
            held = safe(str(facts.get("model_id") or "?"))
            words = Words(f"another model has {held}", "another has its name", "name taken", "taken")
            return words, "enter  choose"
        case NeedKind.DISK_FULL:
            return _full(facts), "p  go on"


def _pickle(facts: Mapping[str, Any]) -> Words:
    scan = pickle_verdict.read_facts(facts.get("scan"))
    if scan is None:
        return Words("PICKLE: can run code when loaded", "PICKLE: can run code", "PICKLE", "PICKLE")
    said = f"PICKLE, scan: {scan_count(scan)}"
    return Words(said, said, "PICKLE", "PICKLE")


def parts(numbers: Sequence[int]) -> str:
    """`part 2`, `parts 2 and 4`, `parts 2, 3, 4 and 12 more`."""
    shown = [str(n) for n in numbers]
    if len(shown) <= 1:
        return f"part {shown[0] if shown else '?'}"
    if len(shown) > 4:
        return f"parts {', '.join(shown[:3])} and {len(shown) - 3} more"
    return f"parts {', '.join(shown[:-1])} and {shown[-1]}"


def _full(facts: Mapping[str, Any]) -> Words:
    missing = int(facts.get("missing_bytes") or 0)
    if not missing:
        said = reason(facts) if facts.get("message") else "the disk is full"
        return Words(f"PAUSED: {said}", "PAUSED: disk full", "disk full", "disk full")
    short, disk = size(missing), safe(str(facts.get("path") or "the disk"))
    return Words(
        f"PAUSED: {disk} is full, {short} more are needed",
        f"disk full, needs {short}",
        "disk full",
        "disk full",
    )


def reason(error: Mapping[str, Any]) -> str:
    """The message of a row's error without the path that it begins with. Printable.

    The path of a full disk is no source of the import: it stays.
    """
    message = str(error.get("message") or "no reason was recorded")
    return safe(
        message if error.get("code") == DiskFullError.code else without_path(message, error.get("path"))
    )


def is_full(job: Job) -> bool:
    """It waits for room on a disk."""
    return job.state is JobState.PAUSED and (job.error or {}).get("code") == DiskFullError.code


def _failed(job: Job) -> Words:
    said = reason(job.error or {})
    if job.state is JobState.REFUSED:
        return Words(f"refused: {said}", f"refused: {said}", f"refused: {said}", "refused")
    return Words(f"failed: {said}", f"failed: {said}", f"failed: {said}", "failed")


def _paused(view: JobView) -> Words:
    if is_full(view.job):
        return _full(view.job.error or {})
    if view.job.waits_for_network:
        return Words(reason(view.job.error or {}), "waits for the network", "no network", "offline")
    if view.job.error:
        said = reason(view.job.error)
        return Words(f"PAUSED: {said}", f"PAUSED: {said}", "PAUSED", "PAUSED")
    words = f"paused at {percent(view)}" if view.progress is not None else "paused"
    return Words(words, words, words, "paused")


def _done(job: Job) -> Words:
    result = job.result or {}
    model_id = safe(str(result.get("model_id") or ""))
    wanted = safe(str(job.payload.get("model_id") or ""))
    if wanted and model_id.startswith(f"{wanted}-"):  # other content has the name: the hash tells them apart
        said = f"name was taken: ...{model_id.removeprefix(wanted)}"
        return Words(f"name was taken: imported as {model_id}", said, said, "renamed")
    if result.get("status") == "completed":
        came, lacked = len(result.get("files") or ()), len((job.payload.get("into") or {}).get("names") or ())
        how = "it is whole" if came >= lacked else f"{came} of {lacked} files"
        return Words(f"got for {model_id}: {how}", f"got for {model_id}", "got", "done")
    if result.get("status") == "parts":
        said = f"{parts(result.get('numbers') or ())} given to the import"
        return Words(said, said, "got", "done")
    if result.get("status") == "duplicate":
        return Words(f"already here as {model_id}", f"already here as {model_id}", "already here", "was here")
    return Words(f"imported as {model_id}" if model_id else "imported", "imported", "imported", "done")


def _time_of_day(at: float | None) -> str:
    """`11:52` in the time zone of this machine."""
    return datetime.fromtimestamp(at).strftime("%H:%M") if at else ""


def why_waiting(job: Job, running: Sequence[Job]) -> str:
    """Why a waiting job does not run yet, as far as the rows tell."""
    same_disk = [other for other in running if lanes.shared(job.lane, other.lane)]
    if same_disk:
        name = safe(str(same_disk[0].payload.get("name") or "another"))
        return f"after {name}{SAME_DISK}"
    return f"after {plural(len(running), 'running import')}" if running else "starts next"
