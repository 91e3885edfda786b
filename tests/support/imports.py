"""Imports as the TUI gets them: inspected candidates, jobs of every state; and an app that shows dialogs."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, ClassVar, TypeVar

from textual.app import App
from textual.screen import Screen

from pumas_tui import assets
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.files import (
    Candidate,
    Container,
    FileEntry,
    Member,
    ModelFormat,
    PastedSource,
    Role,
    SecurityTier,
    SourceKind,
)
from pumas_tui.core.domain.identity import Identity
from pumas_tui.core.domain.ids import JobId, ModelId
from pumas_tui.core.domain.imports import Inspected, Inspection
from pumas_tui.core.domain.jobs import Job, JobKind, JobsState, JobState, Progress, Stage, reduce
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.dialog import GRACE_S, Dialog
from pumas_tui.tui.widgets.frame import FramedScreen

T = TypeVar("T")
GB = 10**9


def single(path: str, size: int, *, pickle: bool = False, refuse: str = "") -> Inspected:
    """A candidate of one file."""
    name = path.rsplit("/", 1)[-1]
    member = Member(FileEntry(path, size, 1, 1, 1), name, Role.WEIGHTS)
    return Inspected(
        candidate=Candidate(name.rsplit(".", 1)[0], ModelFormat.SINGLE_FILE, (member,)),
        container=Container.PICKLE if pickle else Container.SAFETENSORS,
        security_tier=SecurityTier.PICKLE if pickle else SecurityTier.SAFE,
        identity=Identity(),
        model_id=ModelId(f"diffusion/sd/{name}"),
        refuse=Trouble("refused", f"{path}: {refuse}", path) if refuse else None,
    )


def sharded(base: str, total: int, size: int, missing: Sequence[int] = ()) -> Inspected:
    """A candidate of several parts, each of `size` bytes."""
    members = tuple(
        Member(FileEntry(f"{base}-{n:05}-of-{total:05}.x", size, 1, n, 1), f"p{n}", Role.WEIGHTS, n, total)
        for n in range(1, total + 1)
        if n not in missing
    )
    candidate = Candidate(base.rsplit("/", 1)[-1], ModelFormat.SHARDED_SET, members, tuple(missing))
    identity, target = Identity(), ModelId("llm/llama/x")
    return Inspected(candidate, Container.SAFETENSORS, SecurityTier.SAFE, identity, target)


def inspection(
    candidates: Sequence[Inspected],
    absent: Sequence[str] = (),
    text: str = "",
    troubles: Sequence[Trouble] = (),
) -> Inspection:
    """What a paste came to; every absent path looks like one of another computer."""
    away = tuple(PastedSource(path, SourceKind.CLIENT, False) for path in absent)
    here = [m.entry.path for c in candidates for m in c.candidate.members]
    sources = tuple(PastedSource(path, SourceKind.PATH, True) for path in here) + away
    return Inspection(text, sources, tuple(candidates), away, tuple(troubles), 1_100 * GB)


def job(number: int, name: str, state: JobState, *, size: int = GB, lane: str = "sda", **row: Any) -> Job:
    """A row of an import of one file; `payload` in `row` is laid over the usual one."""
    payload = {
        "name": name.rsplit(".", 1)[0],
        "size_bytes": size,
        "model_format": "single-file",
        "container": "safetensors",
        "sources": [f"/mnt/nas/{name}"],
        "model_id": f"diffusion/sd/{name}",
        "shards": {"present": 1, "total": 1},
        **row.pop("payload", {}),
    }
    return Job(JobId(number), JobKind.IMPORT, payload, state, lane=lane, rev=number, **row)


def state_of(*jobs: Job) -> JobsState:
    """Jobs as a front end knows them, without progress."""
    state = JobsState()
    for row in jobs:
        state = reduce(state, row, None)
    return state


def with_progress(state: JobsState, number: int, *steps: tuple[float, int], total: int) -> JobsState:
    """Progress of a running copy: (seconds, bytes done) each."""
    for rev, (at, done) in enumerate(steps, 1):
        progress = Progress(JobId(number), Stage.STAGING, done, total, 412e6, at, rev)
        state = reduce(state, None, progress)
    return state


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Host(App[None]):
    """Shows one screen, with the program's styles."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        assets.styles_dir() / f"{name}.tcss" for name in ("base", "dialogs", "imports")
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, screen: Screen[Any] | None = None) -> None:
        super().__init__()
        self._first = screen if screen is not None else FramedScreen()

    def get_default_screen(self) -> Screen[Any]:
        return self._first

    def text(self) -> str:
        """What is on the screen, line by line."""
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


class Asked:
    """A dialog that is shown: press keys after its first moment, read the screen, get the answer."""

    def __init__(self, size: tuple[int, int] = (80, 24)) -> None:
        self.size = size
        self.clock = Clock()
        self.seen: list[str] = []

    async def __call__(self, dialog: Dialog[T], *keys: str) -> T | None:
        """The answer after these keys, None while there is none; each screen is noted."""
        answers: list[T | None] = []
        app = Host()
        async with app.run_test(size=self.size) as pilot:

            async def asking() -> None:
                answer = await ask(app.screen, dialog)
                answers.append(answer)

            app.run_worker(asking())
            await pilot.pause()
            await pilot.pause()
            self.clock.now += GRACE_S
            self.seen.append(app.text())
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
                self.seen.append(app.text())
        return answers[0] if answers else None
