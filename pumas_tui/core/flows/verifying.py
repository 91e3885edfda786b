"""Verifying: the content of model files, read from the disk, against the hashes recorded when they came in.

Each reading is kept, so that the next call goes on where this one ended, and a file that was found changed
stays so until it is found good again. Recorded hashes are evidence: nothing here writes them.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain import verification
from pumas_tui.core.domain.errors import CancelledError, DiskError, PumasError, Trouble, trouble
from pumas_tui.core.domain.findings import Finding, ordered
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.verification import FileKey, ToVerify, Verdict, Verified, VerifyReport
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
    total_bytes: int
    known: dict[FileKey, Verified]
    done: set[FileKey] = field(default_factory=set)
    read_bytes: int = 0
    not_checked: list[Trouble] = field(default_factory=list)
    unkept: list[Verified] = field(default_factory=list)
    kept_at: float = field(default_factory=time.monotonic)

    def advance(self, count: int) -> None:
        self.read_bytes += count
        if self.order.on_progress is not None:
            self.order.on_progress(min(self.read_bytes, self.total_bytes), self.total_bytes)

    def keep(self, *, now: bool = False) -> None:
        """Write what was read; not after every small file."""
        if self.unkept and (now or time.monotonic() - self.kept_at > _KEEP_EVERY_S):
            self.tools.registry.keep_verified(self.unkept)
            self.unkept, self.kept_at = [], time.monotonic()


def verify(tools: CheckTools, order: VerifyOrder) -> VerifyReport:
    """Read and compare. Run in a worker thread. Raises LibraryNotFoundError, DiskError, BusyError."""
    began = time.monotonic()
    with marker.opened(tools.paths.models), content.idle():
        troubles: list[Trouble] = []
        ids = order.ids if order.ids is not None else sorted(tools.index.known())
        files = [file for model_id in ids for file in _files(tools, model_id, troubles)]
        known = tools.registry.verified()
        chosen = list(_within(verification.in_turn(files, known), order.limit_bytes))
        run = _Run(tools, order, sum(file.size for file in chosen), known, not_checked=troubles)
        try:
            for file in chosen:
                if order.stopped:
                    break
                _one(run, file)
                run.keep()
        finally:
            run.keep(now=True)
    left = [file for file in files if _key(file) not in run.done]
    return VerifyReport(
        files=len(run.done),
        size_bytes=run.read_bytes,
        findings=ordered(_findings(files, run.known)),
        not_checked=tuple(run.not_checked),
        left=len(left),
        left_bytes=sum(file.size for file in left),
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


def _within(files: Sequence[ToVerify], limit: int | None) -> Iterator[ToVerify]:
    """As many as the limit allows, in their turn; one at least, or nothing would ever be read."""
    total = 0
    for n, file in enumerate(files):
        total += file.size
        if limit is not None and n and total > limit:
            return
        yield file


def _one(run: _Run, file: ToVerify) -> None:
    pace = Pace(run.advance, run.order.stop, run.order.rate)
    try:
        verdict, sha256 = _read(file, pace)
    except CancelledError:
        return
    except PumasError as error:
        run.not_checked.append(trouble(error))
        run.done.add(_key(file))
        return
    found = Verified(file.model_uid, file.name, verdict, sha256, time.time())
    run.known[_key(file)] = found
    run.unkept.append(found)
    run.done.add(_key(file))


def _read(file: ToVerify, pace: Pace) -> tuple[Verdict, str]:
    """The quick hash first; the other decides where it differs, for it may itself be recorded wrong."""
    if file.xxh3_128 and content.xxh3_128(file.path, pace) == file.xxh3_128:
        return Verdict.GOOD, ""
    sha256 = content.sha256(file.path, pace)
    return (Verdict.GOOD, "") if sha256 == file.sha256 else (Verdict.CHANGED, sha256)


def _findings(files: Sequence[ToVerify], known: dict[FileKey, Verified]) -> Iterator[Finding]:
    for file in files:
        last = known.get(_key(file))
        if last is not None and last.verdict is Verdict.CHANGED:
            models_dir = file.path.removesuffix(f"/{file.model_id}/{file.name}")
            yield changed_content(models_dir, file.model_id, last)


def _key(file: ToVerify) -> FileKey:
    return file.model_uid, file.name
