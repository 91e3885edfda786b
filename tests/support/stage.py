"""Where pictures of the program are taken: a fixed place, libraries that are always the same, the program.

Paths are on the screens, so they must be the same on every machine and in every run: the place is fixed, and
who finds it taken waits. Its name is part of the stored pictures.
"""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from textual.app import App
from textual.pilot import Pilot

from pumas_tui.core.domain import metadata
from pumas_tui.core.domain.files import ModelFormat, SecurityTier
from pumas_tui.core.domain.layout import METADATA
from pumas_tui.core.domain.metadata import (
    Acknowledgement,
    Hashes,
    ImportOrigin,
    Match,
    Metadata,
    ModelFile,
)
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.library import Library, OpenOptions, RunJobs
from pumas_tui.tui.app import PumasApp, opened_aside

PLACE = Path("/tmp/pumas-pictures")
ROOT = PLACE / "library"
HOST = "gpu-box-3"

Size = tuple[int, int]
"""Columns and rows of a window."""
Shot = Pilot[int]


@dataclass(frozen=True)
class Made:
    """One model of a made library: what `metadata.json` says of it. Its file has that size and no content."""

    name: str
    kind: str
    subtype: str
    size: int
    trust: Trust = Trust.VERIFIED
    family: str = "qwen"
    quantization: str = ""
    parts: int = 1
    repo: str = ""
    pickle: bool = False


@contextlib.contextmanager
def taken_place() -> Iterator[None]:
    """The fixed place for the time of a block, empty, with the environment of a user who lives there."""
    PLACE.mkdir(mode=0o700, exist_ok=True)
    wanted: dict[str, str | None] = {
        "HOME": str(PLACE),
        "XDG_CONFIG_HOME": str(PLACE / "config"),
        "XDG_STATE_HOME": str(PLACE / "state"),
        "XDG_CACHE_HOME": str(PLACE / "cache"),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "HF_HUB_OFFLINE": None,
        "TZ": "UTC",
        "NO_COLOR": None,
    }
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = _environment(wanted)
        clear()
        try:
            yield
        finally:
            clear()
            _environment(before)


def _environment(wanted: Mapping[str, str | None]) -> dict[str, str | None]:
    """Set variables, remove those that are None; what they were before."""
    before = {name: os.environ.get(name) for name in wanted}
    for name, value in wanted.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    time.tzset()
    return before


def clear() -> None:
    """Leave nothing but the lock."""
    for path in PLACE.iterdir():
        if path.name != "lock":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def make_library(models: Sequence[Made]) -> None:
    """A library with exactly these models at the fixed root, not opened yet."""
    clear()
    (ROOT / "models").mkdir(parents=True)
    marker = '{"library_id": "00000000-0000-4000-8000-000000000001", "format_version": 1}'
    (ROOT / "models" / "library.json").write_text(marker)
    for number, made in enumerate(models, 1):
        _make(made, number)


def _make(made: Made, number: int) -> None:
    folder = f"model-{number:02}" if not made.name.isascii() or "\x1b" in made.name else made.name.lower()
    folder = folder.replace(" ", "-").replace("[", "").replace("]", "")
    where = ROOT / "models" / made.kind / made.family / folder
    where.mkdir(parents=True)
    meta = made_metadata(made, number, f"{made.kind}/{made.family}/{folder}")
    for file in meta.files:
        with (where / file.name).open("wb") as out:
            out.truncate(file.size)
    (where / METADATA).write_bytes(metadata.dump(meta))


def made_metadata(made: Made, number: int, model_id: str) -> Metadata:
    """What `metadata.json` says of the model with this number."""
    at = datetime(2026, 11, number, 14, 2, tzinfo=UTC)
    folder = model_id.rpartition("/")[2]
    sha256 = f"9f2c{number:056x}41ab"
    extension = "ckpt" if made.pickle else "gguf" if made.quantization else "safetensors"
    share = made.size // made.parts
    files = [
        ModelFile(
            name=f"{folder}.{extension}"
            if made.parts == 1
            else f"{folder}-{n:05}-of-{made.parts:05}.{extension}",
            original_name=f"{made.name}.{extension}",
            size=share if n > 1 else made.size - share * (made.parts - 1),
            sha256=sha256,
            xxh3_128=f"{number:032x}",
        )
        for n in range(1, made.parts + 1)
    ]
    evidence = [f"SHA-256 equals {made.repo}"] if made.repo else []
    said: dict[str, Any] = {}
    if made.pickle:
        said["acknowledged"] = Acknowledgement(by="alice", at=at, sha256=sha256)
    if evidence:
        said["match"] = Match(method="sha256", confidence=1.0, evidence=evidence)
    return Metadata(
        model_id=model_id,
        uid=str(UUID(int=number)),
        model_type=made.kind,
        subtype=made.subtype,
        family=made.family,
        model_format=ModelFormat.SINGLE_FILE if made.parts == 1 else ModelFormat.SHARDED_SET,
        official_name=made.name,
        cleaned_name=folder,
        quantization=made.quantization,
        tags=["chat"] if made.repo else [],
        repo_id=made.repo,
        imported=ImportOrigin(source=f"/mnt/nas/in/{files[0].name}", mode="copy", at=at),
        trust=made.trust,
        security_tier=SecurityTier.PICKLE if made.pickle else SecurityTier.SAFE,
        files=files,
        hashes=Hashes(sha256=sha256, xxh3_128=f"{number:032x}"),
        size_bytes=made.size,
        added_date=at,
        updated_date=at,
        **said,
    )


class _Later:
    """An awaitable that is known only once there is an event loop."""

    def __init__(self) -> None:
        self.opening: Any = None

    def __await__(self) -> Any:
        return self.opening.__await__()


class OnStage(PumasApp):
    """The program as it runs, on the library at the fixed place; it opens and closes it by itself."""

    CHECK_AFTER_S = 3600.0  # what a check finds depends on the machine

    def __init__(self, *, readonly: bool = False, ascii_only: bool = False) -> None:
        self._later = _Later()
        super().__init__(self._later, readonly=readonly, ascii_only=ascii_only, gap_s=0, host=HOST)

    async def run_async(self, **options: Any) -> int | None:
        wanted = OpenOptions(str(ROOT), readonly=self._readonly, run_jobs=RunJobs.NONE)
        async with opened_aside(Library.open(wanted)) as opening:
            self._later.opening = opening
            return await super().run_async(**options)

    @property
    def text(self) -> str:
        """What the window shows, line by line."""
        return text_of(self)


def text_of(app: App[int]) -> str:
    """What the window of a program shows, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def on_stage(pilot: Shot) -> OnStage:
    """The running program behind a pilot."""
    assert isinstance(pilot.app, OnStage)
    return pilot.app


async def until(pilot: Shot, true: str | Callable[[], bool], limit_s: float = 20.0) -> None:
    """Let the program run until something holds, or until a text shows; fails with the screen."""
    end = time.monotonic() + limit_s
    while not (true in text_of(pilot.app) if isinstance(true, str) else true()):
        assert time.monotonic() < end, f"{true!r} did not happen on:\n{text_of(pilot.app)}"
        await pilot.pause(0.02)
    await pilot.pause()
