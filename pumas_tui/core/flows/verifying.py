"""Verifying: the content of model files, read from the disk, against the hashes recorded when they came in.

Each reading is kept, so that the next call goes on where this one ended, and a file that was found changed
stays so until it is found good again. A file that was once read and found right goes on at the block where a
reading of it was stopped; its first reading has but the whole file's hash, whose state cannot be kept.
Recorded hashes are evidence: nothing here writes them.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain import verification
from pumas_tui.core.domain.errors import CancelledError, DiskError, PumasError, Trouble, trouble
from pumas_tui.core.domain.findings import Finding, ordered
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.verification import (
    Begun,
    FileKey,
    Sums,
    ToVerify,
    Verdict,
    Verified,
    VerifyReport,
)
from pumas_tui.core.flows.check_state import CheckTools
from pumas_tui.core.flows.checking_rest import changed_content
from pumas_tui.core.flows.operating import OnProgress
from pumas_tui.core.fs import content, marker, reading
from pumas_tui.core.fs.content import Pace

_KEEP_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class VerifyOrder:
    """What to read: these models or all, so many bytes at most, so many a second (0: any)."""

    ids: Sequence[ModelId] | None
    limit_bytes: int | None
    rate: int
    on_progress: OnProgress | None
    stop: threading.Event | None

    @property
    def stopped(self) -> bool:
        """Somebody asked to stop."""
        return self.stop is not None and self.stop.is_set()


@dataclass(slots=True)
class _Run:
    tools: CheckTools
    order: VerifyOrder
    known: dict[FileKey, Verified]
    begun: dict[FileKey, Begun]
    not_checked: list[Trouble]
    total_bytes: int = 0
    done: set[FileKey] = field(default_factory=set)
    read_bytes: int = 0
    unkept: list[Verified] = field(default_factory=list)
    unkept_sums: dict[FileKey, Sums] = field(default_factory=dict)
    unkept_begun: dict[FileKey, Begun] = field(default_factory=dict)
    kept_at: float = field(default_factory=time.monotonic)

    def advance(self, count: int) -> None:
        self.read_bytes += count
        if self.order.on_progress is not None:
            self.order.on_progress(min(self.read_bytes, self.total_bytes), self.total_bytes)

    def reached(self, key: FileKey, come: Begun) -> None:
        """A reading has come so far."""
        self.begun[key] = self.unkept_begun[key] = come
        self.keep()

    def found(
        self, file: ToVerify, verdict: Verdict, sha256: str = "", differing: Sequence[int] = ()
    ) -> None:
        """A file was read to its end."""
        key, places = _key(file), file.places(differing)
        self.known[key] = Verified(file.model_uid, file.name, verdict, sha256, time.time(), places)
        self.unkept.append(self.known[key])
        self.begun.pop(key, None)
        self.unkept_begun.pop(key, None)
        self.done.add(key)
        self.keep()

    def left_bytes(self, file: ToVerify) -> int:
        return file.left_bytes(self.begun.get(_key(file)))

    def keep(self, *, now: bool = False) -> None:
        """Write what was read; not after every small file, nor after every block."""
        anything = self.unkept or self.unkept_sums or self.unkept_begun
        if anything and (now or time.monotonic() - self.kept_at > _KEEP_EVERY_S):
            self.tools.registry.keep_verified(self.unkept, self.unkept_sums, self.unkept_begun)
            self.unkept, self.unkept_sums, self.unkept_begun = [], {}, {}
            self.kept_at = time.monotonic()


def verify(tools: CheckTools, order: VerifyOrder) -> VerifyReport:
    """Read and compare. Run in a worker thread. Raises LibraryNotFoundError, DiskError, BusyError."""
    began = time.monotonic()
    with marker.opened(tools.paths.models), content.idle():
        troubles: list[Trouble] = []
        ids = order.ids if order.ids is not None else sorted(tools.index.known())
        files = [file for model_id in ids for file in _files(tools, model_id, troubles)]
        run = _Run(tools, order, tools.registry.verified(), tools.registry.begun_readings(), troubles)
        chosen = list(_within(run, verification.in_turn(files, run.known)))
        run.total_bytes = sum(run.left_bytes(file) for file in chosen)
        try:
            for file in chosen:
                if order.stopped:
                    break
                _one(run, file)
        finally:
            run.keep(now=True)
    left = [file for file in files if _key(file) not in run.done]
    return VerifyReport(
        files=len(run.done),
        size_bytes=run.read_bytes,
        findings=ordered(_findings(files, run.known)),
        not_checked=tuple(run.not_checked),
        left=len(left),
        left_bytes=sum(run.left_bytes(file) for file in left),
        elapsed_s=round(time.monotonic() - began, 3),
        stopped=order.stopped,
    )


def _files(tools: CheckTools, model_id: ModelId, troubles: list[Trouble]) -> Iterator[ToVerify]:
    path = tools.paths.metadata(model_id)
    try:
        meta = metadata_format.parse(reading.read_bounded(path, metadata_format.MAX_BYTES))
    except DiskError as error:
        troubles.append(trouble(error))
        return
    except metadata_format.BadMetadataError as error:
        troubles.append(Trouble("bad_metadata", f"{path}: {error}", path))
        return
    folder, uid = tools.paths.model_dir(model_id), ModelUid(meta.uid)
    for f in meta.files:
        yield ToVerify(uid, model_id, f.name, f"{folder}/{f.name}", f.size, f.sha256, f.xxh3_128)


def _within(run: _Run, files: Sequence[ToVerify]) -> Iterator[ToVerify]:
    """As many as the limit allows, in their turn; one at least, or nothing would ever be read."""
    limit, total = run.order.limit_bytes, 0
    for n, file in enumerate(files):
        total += run.left_bytes(file)
        if limit is not None and n and total > limit:
            return
        yield file


def _one(run: _Run, file: ToVerify) -> None:
    try:
        run.found(file, *_read(run, file, Pace(run.advance, run.order.stop, run.order.rate)))
    except CancelledError:
        return
    except PumasError as error:
        run.not_checked.append(trouble(error))
        run.done.add(_key(file))


def _read(run: _Run, file: ToVerify, pace: Pace) -> tuple[Verdict, str, tuple[int, ...]]:
    """(verdict, SHA-256 of what is changed, blocks that differ). The quick hash first, of the blocks where
    theirs are known; SHA-256 decides where it differs, for the other may itself be recorded wrong.

    Raises CancelledError, SourceChangedError, DiskError.
    """
    key, differing = _key(file), tuple[int, ...]()
    sums = _sums(run.tools, file)
    if sums is not None:
        begun, reached = run.begun.get(key, Begun()), partial(run.reached, key)
        differing = content.differing(file.path, sums.blocks, begun, pace, reached)
        if not differing:
            return Verdict.GOOD, "", ()
    elif file.xxh3_128:
        whole = content.xxh3_128(file.path, pace)
        if whole.digest == file.xxh3_128:
            run.unkept_sums[key] = Sums(file.sha256, whole.blocks)
            return Verdict.GOOD, "", ()
    whole = content.sha256(file.path, pace)
    if whole.digest != file.sha256:
        return Verdict.CHANGED, whole.digest, differing
    run.unkept_sums[key] = Sums(file.sha256, whole.blocks)
    return Verdict.GOOD, "", ()


def _sums(tools: CheckTools, file: ToVerify) -> Sums | None:
    """What each block should be, where that is known of the content that is recorded."""
    kept = tools.registry.block_sums(_key(file))
    return kept if kept is not None and kept.sha256 == file.sha256 else file.own_sums()


def _findings(files: Sequence[ToVerify], known: dict[FileKey, Verified]) -> Iterator[Finding]:
    for file in files:
        last = known.get(_key(file))
        if last is not None and last.verdict is Verdict.CHANGED:
            models_dir = file.path.removesuffix(f"/{file.model_id}/{file.name}")
            yield changed_content(models_dir, file.model_id, last)


def _key(file: ToVerify) -> FileKey:
    return file.model_uid, file.name
