"""Lines of text fit their window at every width, keep what matters, and are always printable."""

import dataclasses

import pytest
from rich.cells import cell_len

from pumas_tui.core.domain.files import ModelFormat, SecurityTier
from pumas_tui.core.domain.ids import JobId, ModelId, ModelUid
from pumas_tui.core.domain.jobs import Job, JobKind, JobsState, JobState, Progress, Stage, reduce
from pumas_tui.core.domain.models import ModelRow, Order, OrderBy
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.tui.presenters import frame, jobs, library, models
from pumas_tui.tui.presenters.cells import ASCII, UNICODE, Glyphs, line_width, plain

ROW = ModelRow(
    uid=ModelUid("u"),
    model_id=ModelId("llm/qwen/qwen"),
    official_name="Qwen2.5-7B-Instruct-Q4_K_M",
    model_type="llm",
    subtype="gguf",
    family="qwen",
    model_format=ModelFormat.SINGLE_FILE,
    size_bytes=4_700_000_000,
    file_count=1,
    trust=Trust.VERIFIED,
    security_tier=SecurityTier.SAFE,
    acknowledged=False,
    sha256="0" * 64,
    added_at=0.0,
)
HOSTILE = [
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "two\nlines\r\tand tab",
    "\u202egpj.exe",
    "[bold]markup[/bold] [link=x]",
    "a" * 255,
    "日本語モデル" * 20,
    "e" + "\u0301" * 200,
    "heart\u2764\ufe0f",
    "bytes\udcff\udc80",
    "CON",
    "..",
    "",
]
WIDTHS = [40, 47, 60, 79, 80, 100, 110, 120, 200]
TABS = (frame.Tab("library", "1", "Library", "Lib"), frame.Tab("import", "2", "Import", "Imp", 3))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:12]))
def test_a_row_fills_its_width_and_is_printable(name: str, width: int) -> None:
    row = dataclasses.replace(ROW, official_name=name, model_type=name, subtype=name)
    text = models.row_text(row, width, models.columns(width))
    assert cell_len(text) == width - models.MARKER
    assert text.isprintable()
    assert len(models.head(width, models.columns(width))) == width


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_cutting_keeps_shard_number_and_extension(glyphs: Glyphs) -> None:
    name = "a-very-long-model-name-that-does-not-fit-00003-of-00005.safetensors"
    cut = models.fit_name(name, 40, glyphs)
    assert cut.endswith("-00003-of-00005.safetensors") and cut.startswith("a-very")
    assert models.fit_name("x" * 80 + ".gguf", 30, glyphs).endswith(f"x{glyphs.cut}.gguf")
    assert models.fit_name("short.gguf", 30, glyphs).rstrip() == "short.gguf"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_header_fits_and_shows_what_needs_the_user(width: int) -> None:
    facts = frame.HeaderFacts("gpu-box-3.example.org", "/very/long/" * 20, TABS, readonly=True)
    line = frame.header_line(facts, "import", width)
    assert line_width(line) <= width
    assert "3!" in plain(line) and "[2" in plain(line) and "read only" in plain(line)


@pytest.mark.parametrize("width", WIDTHS)
def test_help_and_palette_keys_are_never_dropped(width: int) -> None:
    hints = [frame.KeyHint("enter", f"label{n}", n) for n in range(20)]
    line = plain(frame.key_line(hints, width))
    assert cell_len(line) == width
    assert ": all" in line and "?" in line and "label19" in line


def job(number: int, state: JobState, **more: object) -> Job:
    fields: dict[str, object] = {
        "payload": {"name": f"model-{number}", "size_bytes": 10**9},
        "started_at": 1.0,
    }
    return Job(JobId(number), JobKind.IMPORT, state=state, **{**fields, **more})  # type: ignore[arg-type]


def running(done: int = 610, seconds: float = 20.0) -> JobsState:
    state = reduce(
        JobsState(), job(1, JobState.RUNNING), Progress(JobId(1), Stage.STAGING, 0, 1000, 0, 0.0, 1)
    )
    progress = Progress(JobId(1), Stage.STAGING, done, 1000, 412e6, seconds, 2)
    state = reduce(state, None, progress)
    return reduce(state, job(2, JobState.NEEDS_YOU), None)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_jobs_line_says_how_far_how_fast_and_who_waits(width: int) -> None:
    line = jobs.jobs_line(running(), 20.5, width)
    assert cell_len(line) == width
    assert "61%" in line and "~15 s" in line and "1 needs you" in line
    if width >= 79:
        assert "1 running" in line and "412 MB/s" in line


def test_a_stalled_copy_says_so_instead_of_guessing() -> None:
    line = jobs.jobs_line(running(), 60.0, 80)
    assert "stalled 0:40" in line and "~" not in line


def test_no_jobs_is_said_too() -> None:
    assert jobs.jobs_line(JobsState(), 0.0, 80).strip() == "Jobs: none"
    assert jobs.jobs_words(JobsState(), 0.0) == ""
    assert jobs.jobs_words(running(), 20.5) == "Jobs run on: 61%, ~15 s."


@pytest.mark.parametrize("width", [38, 60, 80, 118])
@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:12]))
def test_a_jobs_line_fits_whatever_its_name(name: str, width: int) -> None:
    state = reduce(JobsState(), job(1, JobState.WAITING, payload={"name": name}), None)
    line = jobs.job_line(state.jobs[JobId(1)], 0.0, width)
    assert cell_len(line) == width and line.isprintable()


def test_the_same_order_again_turns_it_round() -> None:
    once = models.reordered(Order(), "s")
    assert once == Order(OrderBy.SIZE, reverse=True)
    assert models.reordered(once, "s") == Order(OrderBy.SIZE, reverse=False)
    assert models.reordered(once, "n") == Order(OrderBy.NAME)


def test_no_hits_says_which_word_to_leave_out() -> None:
    text = library.no_hits(["qwen", "3.5", "vison"], {"vison": 2, "qwen": 0}, "s")
    assert text.startswith('No model has all three words.\n2 match without "vison".')
    assert "\x1b" not in library.no_hits(["\x1b[31m"], {}, "s")
