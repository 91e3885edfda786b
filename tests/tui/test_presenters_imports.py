"""The import queue as text: sections, words of each state at each width, sums."""

import pytest
from rich.cells import cell_len

from pumas_tui.core.domain.jobs import Job, JobRequest, JobsState, JobState, JobView, Need, NeedKind
from pumas_tui.tui.presenters.imports import (
    Heading,
    JobRow,
    More,
    Section,
    job_name,
    queue_rows,
    row_text,
    summary,
    sums,
)
from pumas_tui.tui.presenters.job_detail import detail_lines, fitting, one_line
from pumas_tui.tui.presenters.prose import Hint, hint_rows, short_hint_rows, wrap
from tests.support.imports import GB, job, state_of, with_progress

WIDTHS = (120, 80, 60, 40)
PICKLE = Need(NeedKind.PICKLE, ("accept", "refuse"), {"name": "a", "sources": ["/mnt/nas/a.ckpt"]})
MISSING = Need(
    NeedKind.MISSING_PART,
    ("import", "refuse"),
    {"name": "flux1-dev", "missing": [2], "present": 3, "total": 4, "folder": "/mnt"},
)
DUPLICATE = Need(NeedKind.DUPLICATE, ("skip", "import"), {"model_id": "diffusion/sd/realistic-vision-v5"})
BAD_DISK = {
    "code": "disk",
    "message": "/mnt/nas/a.safetensors: input/output error",
    "path": "/mnt/nas/a.safetensors",
    "hint": "check the disk, then retry",
}


def line(state: JobsState, width: int, now: float = 0.0) -> str:
    """The first job's row."""
    row = next(row for row in queue_rows(state, now) if isinstance(row, JobRow))
    return row_text(row, width)


def of(row: Job, width: int) -> str:
    return line(state_of(row), width)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            job(1, "a.ckpt", JobState.NEEDS_YOU, needs=(PICKLE,)),
            ("PICKLE: can run code when loaded", "PICKLE: can run code", "PICKLE", "PICKLE"),
        ),
        (
            job(1, "flux.x", JobState.NEEDS_YOU, needs=(MISSING,)),
            ("part 2 of 4 is not among the paths", "part 2 of 4 not found", "part 2 missing", "part 2"),
        ),
        (
            job(1, "r.safetensors", JobState.NEEDS_YOU, needs=(DUPLICATE,)),
            (
                "same content as realistic-vision-v5",
                "same as realistic-vision-v5",
                "same content",
                "same",
            ),
        ),
        (
            job(1, "a.safetensors", JobState.FAILED, error=BAD_DISK),
            ("failed: input/output error", "failed: input/output error", "failed: input", "failed"),
        ),
        (
            job(1, "a.safetensors", JobState.REFUSED, error={"message": "an HTML page"}),
            ("refused: an HTML page", "refused: an HTML page", "refused: an", "refused"),
        ),
        (job(1, "a.safetensors", JobState.PAUSED), ("paused", "paused", "paused", "paused")),
        (
            job(1, "a.safetensors", JobState.RUNNING, request=JobRequest.CANCEL),
            ("stopping ...", "stopping ...", "stopping ...", "stopping"),
        ),
        (
            job(1, "a.x", JobState.DONE, result={"status": "imported", "model_id": "diffusion/sd/a"}),
            ("imported as diffusion/sd/a", "imported", "imported", "done"),
        ),
        (
            job(1, "a.x", JobState.DONE, result={"status": "duplicate", "model_id": "diffusion/sd/b"}),
            ("already here as diffusion/sd/b", "already here as diffusion/sd/b", "already here", "was here"),
        ),
        (job(1, "a.x", JobState.CANCELLED), ("cancelled",) * 4),
    ],
    ids=lambda value: value.state.value if isinstance(value, Job) else None,
)
def test_every_state_has_words_at_every_width(row: Job, words: tuple[str, ...]) -> None:
    for width, expected in zip(WIDTHS, words, strict=True):
        text = of(row, width)
        assert expected in text, text
        assert cell_len(text) == width


@pytest.mark.parametrize("width", [200, 120, 110, 109, 80, 79, 60, 59, 48, 40])
@pytest.mark.parametrize("name", ["a.ckpt", "x" * 255 + ".safetensors", "模型" * 80 + ".pt", "\x1b[31m[red]‮"])
def test_a_row_is_exactly_as_wide_as_the_list_whatever_its_name(name: str, width: int) -> None:
    for row in (
        job(1, name, JobState.NEEDS_YOU, needs=(PICKLE,)),
        job(1, name, JobState.FAILED, error={**BAD_DISK, "message": name * 3}),
        job(1, name, JobState.DONE, ended_at=1.0, result={"status": "imported", "model_id": name}),
    ):
        text = of(row, width)
        assert cell_len(text) == width
        assert text.isprintable()


def test_a_copy_shows_stage_bar_rate_and_time_left() -> None:
    running = state_of(job(1, "llama.safetensors", JobState.RUNNING, size=100 * GB))
    running = with_progress(running, 1, (0.0, 0), (122.0, 61 * GB), total=100 * GB)
    at = 122.5
    assert "copying + hashing [##########--------]  61%  412 MB/s  ~80 s" in line(running, 120, at)
    assert "copy  [######----] 61%  ~80 s" in line(running, 80, at)
    assert "61%  ~80 s" in line(running, 60, at)
    assert "61%" in line(running, 40, at)


def test_no_time_left_in_the_first_seconds_and_stalled_after_ten() -> None:
    running = state_of(job(1, "llama.safetensors", JobState.RUNNING))
    early = with_progress(running, 1, (0.0, 0), (3.0, GB // 2), total=GB)
    assert "~" not in line(early, 120, 3.1)
    for width in (120, 80, 60):
        assert "stalled 0:40" in line(early, width, 43.0)
    assert "stalled" in line(early, 40, 43.0)


def test_a_hundred_percent_only_when_it_is_done() -> None:
    running = state_of(job(1, "a.x", JobState.RUNNING))
    full = with_progress(running, 1, (0.0, 0), (9.0, GB), total=GB)
    assert "99%" in line(full, 120, 9.0) and "100%" not in line(full, 120, 9.0)
    assert "[##################]" not in line(full, 120, 9.0)


def test_sections_stand_in_their_order_and_failed_only_when_there_is_one() -> None:
    state = state_of(
        job(1, "done.x", JobState.DONE, ended_at=1.0),
        job(2, "wait.x", JobState.WAITING),
        job(3, "run.x", JobState.RUNNING),
        job(4, "ask.ckpt", JobState.NEEDS_YOU, needs=(PICKLE,)),
    )
    headings = [row for row in queue_rows(state, 0.0) if isinstance(row, Heading)]
    assert [(h.section.value, h.count) for h in headings] == [
        ("NEED YOU", 1),
        ("WORKING", 1),
        ("WAITING", 1),
        ("DONE TODAY", 1),
    ]
    failed = state_of(*[v.job for v in state.jobs.values()], job(5, "bad.x", JobState.FAILED, error=BAD_DISK))
    assert Heading(Section.FAILED, 1) in queue_rows(failed, 0.0)
    assert queue_rows(JobsState(), 0.0) == ()


def test_a_paused_job_with_an_error_needs_the_user() -> None:
    full = job(1, "a.x", JobState.PAUSED, error={"code": "disk_full", "message": "/data is full"})
    assert Heading(Section.NEED_YOU, 1) in queue_rows(state_of(full), 0.0)
    assert "PAUSED: /data is full" in of(full, 120)


def test_two_thousand_waiting_jobs_are_capped_but_counted_exactly() -> None:
    state = state_of(*[job(n, f"m{n}.x", JobState.WAITING, size=n) for n in range(1, 2001)])
    rows = queue_rows(state, 0.0)
    assert sum(isinstance(row, JobRow) for row in rows) == 50
    assert More(Section.WAITING, 1950) in rows
    assert "1,950 more" in row_text(More(Section.WAITING, 1950), 80)
    total = sums(state)
    assert (total.queued, total.bytes_left) == (2000, sum(range(1, 2001)))
    everything = queue_rows(state, 0.0, {Section.WAITING})
    assert sum(isinstance(row, JobRow) for row in everything) == 2000


def test_sums_count_what_is_left_to_copy() -> None:
    state = state_of(
        job(1, "run.x", JobState.RUNNING, size=10 * GB),
        job(2, "wait.x", JobState.WAITING, size=5 * GB),
        job(3, "done.x", JobState.DONE, size=90 * GB),
        job(4, "bad.x", JobState.FAILED, size=90 * GB),
    )
    state = with_progress(state, 1, (0.0, 4 * GB), total=10 * GB)
    assert (sums(state).queued, sums(state).bytes_left) == (2, 11 * GB)
    assert summary(state, 120, "auto").startswith("2 in queue   11.0 GB to import")
    assert summary(state, 80, "auto") == "2 queued  11.0 GB"
    assert summary(JobsState(), 80, "auto") == "empty"


def test_the_first_of_a_disk_says_what_it_waits_for() -> None:
    busy = state_of(
        job(1, "qwen.x", JobState.RUNNING), job(2, "wan.x", JobState.WAITING), job(3, "b.x", JobState.WAITING)
    )
    words = [row.words.wide for row in queue_rows(busy, 0.0) if isinstance(row, JobRow)]
    assert words[1:] == ["after qwen, same disk", ""]
    idle = state_of(job(2, "wan.x", JobState.WAITING))
    assert "starts next" in line(idle, 120)


def test_next_in_line_comes_first_and_newest_done_comes_first() -> None:
    state = state_of(
        job(1, "old.x", JobState.WAITING),
        job(2, "top.x", JobState.WAITING, priority=1),
        job(3, "early.x", JobState.DONE, ended_at=10.0),
        job(4, "late.x", JobState.DONE, ended_at=20.0),
    )
    names = [row.name for row in queue_rows(state, 0.0) if isinstance(row, JobRow)]
    assert names == ["top.x", "old.x", "late.x", "early.x"]


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ({}, "a.safetensors"),
        ({"model_format": "sharded-set", "shards": {"present": 5, "total": 5}}, "a (5 parts)"),
        ({"model_format": "sharded-set", "shards": {"present": 3, "total": 4}}, "a (3 of 4 parts)"),
        ({"model_format": "diffusion-folder"}, "a (folder, diffusers)"),
        ({"model_format": "folder", "sources": ["/x/1", "/x/2"]}, "a (folder, 2 files)"),
        ({"sources": ["/x/a.json", "/x/a.safetensors"]}, "a.safetensors"),
    ],
)
def test_names_say_what_a_model_is_made_of(payload: dict[str, object], name: str) -> None:
    assert job_name(job(1, "a.safetensors", JobState.WAITING, payload=payload).payload) == name


def test_the_detail_of_a_failure_has_reason_path_and_what_to_do() -> None:
    view = JobView(job(1, "a.safetensors", JobState.FAILED, error=BAD_DISK))
    text = "\n".join(row.text for row in detail_lines(view, "/data/models"))
    assert "From     /mnt/nas/a.safetensors" in text
    assert "To       /data/models/diffusion/sd/a.safetensors/" in text
    assert "input/output error" in text and "check the disk, then retry" in text
    assert "r tries again" in text
    assert len(detail_lines(view, "/data/models")) <= 8
    assert "input/output error" in one_line(view, 80).text


def test_the_line_below_a_narrow_list_names_the_keys() -> None:
    view = JobView(job(1, "dreamshaper_8.ckpt", JobState.NEEDS_YOU, needs=(PICKLE,)))
    assert one_line(view, 79).text == " dreamshaper_8.ckpt: ! to read and decide; d takes it off the queue"
    assert one_line(view, 50).text == " ! to read and decide; d takes it off the queue"


def test_the_key_line_offers_what_fits_the_row() -> None:
    def keys(state: JobState, *needs: Need) -> frozenset[str]:
        return fitting(JobView(job(1, "a.x", state, needs=needs)))

    assert "pickle" in keys(JobState.NEEDS_YOU, PICKLE) and "pickle" not in keys(JobState.NEEDS_YOU, MISSING)
    assert "retry" in keys(JobState.FAILED) and "cancel" not in keys(JobState.FAILED)
    assert "off queue" not in keys(JobState.RUNNING) and "cancel" in keys(JobState.RUNNING)
    assert fitting(None) == {"import"}


def test_wrapping_keeps_every_word_and_no_line_is_too_wide() -> None:
    text = "a 模型模型模型模型 " + "x" * 30 + " end"
    lines = wrap(text, 12, hang=2)
    assert all(cell_len(row) <= 12 for row in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_key_hints_stand_in_columns_or_one_below_the_other() -> None:
    rows = (
        (Hint("enter", "add both", "add 2"),),
        (Hint("t", "search", "find"), Hint("esc", "drop it", "drop")),
    )
    assert hint_rows(rows, 60) == ["enter  add both", "t      search      esc  drop it"]
    assert hint_rows(rows, 20) == ["enter  add both", "t      search", "esc    drop it"]
    assert short_hint_rows(rows, 20) == ["enter add 2  t find", "esc drop"]
