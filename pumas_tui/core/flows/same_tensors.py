"""Are a file's tensors the published ones under another header? Two small parts of the published file are
fetched, and this one is read once, only as far as it takes to know.
"""

import asyncio
import threading
from dataclasses import dataclass, field, replace

from pumas_tui.core.domain import identification, matching, same_tensors
from pumas_tui.core.domain.files import Container, FileEntry, HeaderFacts
from pumas_tui.core.domain.hub_values import HubFile
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.same_tensors import TensorAnswer, TensorVerdict
from pumas_tui.core.domain.text import size
from pumas_tui.core.flows.operating import OnProgress
from pumas_tui.core.fs import headers, other_header, reading
from pumas_tui.core.net.calls import Asking
from pumas_tui.core.net.hub import Hub

_FIRST = 24  # bytes: the length of a safetensors header, or the counts of a GGUF
_PART = 1 << 20  # comes within the time of one call over a slow line, too


@dataclass(frozen=True, slots=True)
class Reading:
    """How a comparison is watched and stopped. `on_progress` takes the bytes read and to be read, in a worker
    thread."""

    on_progress: OnProgress | None = None
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class _Own:
    """The file of the library and what its header says."""

    path: str
    entry: FileEntry
    facts: HeaderFacts

    @property
    def data_bytes(self) -> int:
        return self.entry.size - self.facts.data_offset


@dataclass(frozen=True, slots=True)
class TensorCheck:
    """One file of the library against the file of a candidate."""

    hub: Hub
    path: str
    candidate: Compared
    reading: Reading

    async def run(self) -> TensorAnswer:
        """Compare. Raises NetworkError and its kin, NotFoundError, DiskError, SourceChangedError,
        CancelledError."""
        try:
            return await self._compared()
        except _NotComparedError as error:
            return self._answer(TensorVerdict.NOT_COMPARED, str(error))
        finally:
            self.reading.stop.set()  # whoever waited is gone: so is the reason to read on

    async def _compared(self) -> TensorAnswer:
        file = self.candidate.file
        if file is None or file.size is None or not file.sha256:
            raise _NotComparedError("the Hub tells no SHA-256 of such a file")
        own = await asyncio.to_thread(_own, self.path)
        header = await self._header(own, file, file.size)
        if header is None:
            return self._answer(TensorVerdict.OTHER_TENSORS, "another amount of data")
        published = await asyncio.to_thread(headers.read_start, header, file.size)
        if published.problem is not None:
            raise _NotComparedError(f"of the published file, {published.problem}")
        if published.container is not own.facts.container:
            raise _NotComparedError("the published file is of another format")
        other = same_tensors.difference(own.facts, published)
        if other or published.data_offset != same_tensors.header_bytes(own.entry.size, own.facts, file.size):
            return self._answer(TensorVerdict.OTHER_TENSORS, other or "another amount of data")
        return await asyncio.to_thread(self._proven, own, published, header, file.sha256)

    async def _header(self, own: _Own, file: HubFile, published_size: int) -> bytes | None:
        """The published header; None where its place tells that other data follow it."""
        first = await self._part(file, range(min(_FIRST, published_size)))
        if own.facts.container is Container.SAFETENSORS:
            length = 8 + int.from_bytes(first[:8], "little")
        else:
            length = same_tensors.header_bytes(own.entry.size, own.facts, published_size)
        if not len(first) <= length <= published_size:
            return None
        if length > headers.MOST_LOOKED_AT:
            if own.facts.container is Container.GGUF:  # rather another amount of data than such a header
                return None
            raise _NotComparedError(f"the published header of {size(length)} is longer than is looked at")
        header = bytearray(first)
        while len(header) < length:
            header += await self._part(file, range(len(header), min(len(header) + _PART, length)))
        return bytes(header)

    async def _part(self, file: HubFile, span: range) -> bytes:
        model = self.candidate.model
        return await self.hub.part(model.repo_id, file.path, Asking(), model.revision, span)

    def _proven(self, own: _Own, published: HeaderFacts, header: bytes, sha256: str) -> TensorAnswer:
        """Read the file, unless its header is the published one: then only its tensors can differ."""
        if own.facts.data_offset == len(header) and reading.read_start(own.path, len(header)) == header:
            return self._answer(TensorVerdict.OTHER_VALUES)
        watch, total = self.reading, own.data_bytes

        def on_bytes(done: int) -> None:
            if watch.on_progress is not None:
                watch.on_progress(done, total)

        found = other_header.sha256_under(
            own.path, header, own.facts.data_offset, expect=own.entry, cancel=watch.stop, on_bytes=on_bytes
        )
        verdict = TensorVerdict.SAME_BYTES if found == sha256 else TensorVerdict.OTHER_VALUES
        answer = self._answer(verdict)
        return replace(answer, change=same_tensors.change_of(own.facts, published), read_bytes=total)

    def _answer(self, verdict: TensorVerdict, reason: str = "") -> TensorAnswer:
        path = self.candidate.file.path if self.candidate.file is not None else ""
        return TensorAnswer(verdict, self.candidate.repo_id, path, reason=reason)


def own_path(detail: ModelDetail, candidate: Compared) -> str:
    """The file of the model that stands against the candidate's."""
    meta, subject = detail.metadata, identification.of_model(detail.metadata)
    own = matching.counterpart(subject, candidate.file) if candidate.file is not None else subject.main
    named = (f.name for f in meta.files if (f.original_name, f.sha256) == (own.name, own.sha256))
    return f"{detail.directory}/{next(named)}"


class _NotComparedError(Exception):
    """The two cannot be compared; the text says why."""


def _own(path: str) -> _Own:
    entry, facts = reading.entry(path), headers.read(path)
    if facts.problem is not None:
        raise _NotComparedError(f"of this file, {facts.problem}")
    if facts.container not in same_tensors.COMPARABLE:
        raise _NotComparedError("only safetensors and GGUF keep header and tensors apart")
    return _Own(path, entry, facts)
