"""One job of the queue in full: where from, where to, what it is, what went wrong; and what its keys do."""

from pumas_tui.core.domain import pickle_verdict
from pumas_tui.core.domain.jobs import Job, JobState, JobView, NeedKind
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.tui.presenters.cells import ASCII, cut_end, width_of
from pumas_tui.tui.presenters.imports import job_name, main_file, size_bytes
from pumas_tui.tui.presenters.job_words import asks_about_pickle, is_full, mode_words, open_needs, reason
from pumas_tui.tui.presenters.prose import Line, Tone

_NEXT = {
    NeedKind.PICKLE: "! to read and decide; d takes it off the queue",
    NeedKind.MISSING_PART: "enter to choose; d takes it off the queue",
    NeedKind.DUPLICATE: "enter to choose; d takes it off the queue",
    NeedKind.NAME_TAKEN: "enter to choose, e gives it another name; d takes it off the queue",
    NeedKind.DISK_FULL: "free space, then p goes on; d takes it off the queue",
}
_NEXT_IN_STATE = {
    JobState.RUNNING: "p pauses, c cancels",
    JobState.WAITING: "t puts it first, p pauses, d takes it off the queue",
    JobState.PAUSED: "p goes on, d takes it off the queue",
    JobState.FAILED: "r tries again, d takes it off the queue",
    JobState.REFUSED: "d takes it off the queue",
    JobState.CANCELLED: "r tries again, d takes it off the list",
    JobState.DONE: "d takes it off the list; the model stays",
}


def next_keys(job: Job) -> str:
    """What can be done with it now."""
    if is_full(job):
        return _NEXT[NeedKind.DISK_FULL]
    asking = open_needs(job) if job.state is JobState.NEEDS_YOU else ()
    return _NEXT[asking[0].kind] if asking else _NEXT_IN_STATE.get(job.state, "")


def one_line(view: JobView, width: int) -> Line:
    """The error, else name and next keys in `width` cells, else the keys alone where both do not fit."""
    if view.job.error:
        return Line(cut_end(f" {reason(view.job.error)}", width, ASCII), Tone.DANGER)
    keys = next_keys(view.job)
    both = f" {job_name(view.job.payload)}: {keys}"
    return Line(both if width_of(both) <= width else cut_end(f" {keys}", width, ASCII))


def fitting(view: JobView | None) -> frozenset[str]:
    """Labels of the key line that make sense for this job, besides those that always do."""
    always = {"import"}
    if view is None:
        return frozenset(always)
    states = {
        JobState.NEEDS_YOU: {"cancel", "first", "off queue", "edit", "mode"},
        JobState.RUNNING: {"pause", "cancel"},
        JobState.WAITING: {"pause", "cancel", "first", "off queue", "edit", "mode"},
        JobState.PAUSED: {"pause", "cancel", "first", "off queue", "edit", "mode"},
        JobState.FAILED: {"retry", "off queue"},
        JobState.REFUSED: {"retry", "off queue"},
        JobState.CANCELLED: {"retry", "off queue"},
        JobState.DONE: {"off queue"},
    }
    pickle = {"pickle"} if asks_about_pickle(view) else set()
    return frozenset(always | {"open", "mark", "copy"} | pickle | states[view.job.state])


def detail_lines(view: JobView, models_dir: str) -> list[Line]:
    """The block below the list of a wide window."""
    job, payload = view.job, view.job.payload
    lines = [Line(f" {job_name(payload)}", Tone.STRONG, clip=True), _field("From", _origin(job))]
    result = job.result or {}
    target = result.get("model_id") or payload.get("model_id")
    if target:
        lines.append(_field("To", f"{models_dir}/{target}/"))
    lines.append(_field("Kind", _kind(job)))
    if job.error:
        lines.append(_field("Error", str(job.error.get("message") or "no reason was recorded"), Tone.DANGER))
        if job.error.get("path"):
            lines.append(_field("Path", str(job.error["path"])))
        if job.error.get("hint") and not is_full(job):
            lines.append(_field("Do", str(job.error["hint"])))
    else:
        if mode := mode_words(job):
            lines.append(_field("Mode", mode))
        evidence = payload.get("evidence") or ()
        lines += [_field("Why", str(text)) for text in evidence[:1]]
        scan = pickle_verdict.read_facts(payload.get("pickle_scan"))
        lines += [_field("Scan", scan.text)] if scan is not None else []
        lines += [_field("SHA-256", str(result["sha256"]))] if result.get("sha256") else []
    lines.append(_field("Keys", next_keys(job)))
    return lines


def copy_text(view: JobView, letter: str) -> str:
    """What goes to the clipboard: `p` the path as it is on disk, `n` the name, `e` the error."""
    payload, error = view.job.payload, view.job.error or {}
    texts = {
        "p": main_file(payload),
        "n": str(payload.get("name") or ""),
        "e": str(error.get("message") or ""),
    }
    return texts.get(letter, "")


def _field(label: str, text: str, tone: Tone = Tone.PLAIN) -> Line:
    return Line(f"   {label:<8} {safe(text)}", tone, clip=True)


def _origin(job: Job) -> str:
    sources = job.payload.get("sources") or ()
    more = len(sources) - 1
    return main_file(job.payload) + (f"   and {plural(more, 'more file')}" if more > 0 else "")


def _kind(job: Job) -> str:
    payload = job.payload
    words = [str(payload.get(key) or "") for key in ("model_type", "family", "subtype")]
    told = " / ".join(word for word in words if word and word != "unknown") or "not recognised"
    return f"{told}, {payload.get('container') or 'unknown'}, {size(size_bytes(payload))}"
