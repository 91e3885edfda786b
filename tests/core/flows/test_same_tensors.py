"""A Modified file against the published one: the same bytes under another header, proven; or what differs."""

import json
import threading
import tracemalloc
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.domain import hub_values
from pumas_tui.core.domain.errors import CancelledError, NetworkError
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.same_tensors import HeaderChange, TensorAnswer, TensorVerdict
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.flows.same_tensors import Reading, TensorCheck
from pumas_tui.core.fs import ops, other_header, reading
from pumas_tui.core.library import Library, OpenOptions, RunJobs
from pumas_tui.core.net.session import Options, Session
from tests.hub import behaviours as b
from tests.hub.repos import HubFile, lfs, model
from tests.hub.serving import Hub, serving
from tests.support import containers

REPO, FILE = "art/Cosy_Lights", "Cosy_Lights.safetensors"
TOKEN = "hf_CANARY0123456789"
ABOUT = f"{REPO} {FILE}: its tensors "


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub, and an environment of a user's own that leads there."""
    for place in ("CONFIG", "CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{place}_HOME", str(tmp_path / place))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with serving() as running:
        running.tokens.add(TOKEN)
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        yield running


def tensors(value: float = 1.0) -> dict[str, Any]:
    made: dict[str, Any] = {f"block.{n}.weight": np.full((16, 64), n, np.float32) for n in range(4)}
    made["block.3.weight"][-1, -1] = value
    return made


class Bench:
    """A model of the library beside the published file that it is thought to be."""

    def __init__(self, library: Library, hub: Hub, uid: str, candidate: Compared) -> None:
        self.library = library
        self.hub = hub
        self.uid = uid
        self.candidate = candidate

    async def compare(self, **watch: Any) -> TensorAnswer:
        return await self.library.network.compare_tensors(self.uid, self.candidate, **watch)

    async def document(self) -> dict[str, Any]:
        """metadata.json as it is on the disk."""
        detail = await self.library.models.get(self.uid)
        loaded: dict[str, Any] = json.loads((Path(detail.directory) / "metadata.json").read_text())
        return loaded

    async def evidence(self) -> list[str]:
        """Lines of it that are about tensors."""
        document = await self.document()
        return [line for line in document["match"]["evidence"] if ": its tensors " in line]

    @property
    def fetched(self) -> list[str]:
        """The parts of the published file that storage was asked for."""
        return [str(r.headers.get("range")) for r in self.hub.storage.requests]


@asynccontextmanager
async def bench(tmp_path: Path, hub: Hub, own: bytes, published: bytes) -> AsyncIterator[Bench]:
    path = tmp_path / FILE
    path.write_bytes(own)
    hub.add(model(REPO, {FILE: published}))
    options = OpenOptions(str(tmp_path / "library"), run_jobs=RunJobs.OWN, create=True)
    async with Library.open(options) as library:
        found = await library.imports.inspect_paths([str(path)])
        submitted = await library.imports.submit(found.candidates, ImportChoices())
        [job] = await library.jobs.wait(submitted.jobs)
        uid = str((job.result or {})["uid"])
        answer = await library.network.identify(uid)
        assert answer.trust is Trust.MODIFIED
        assert answer.best is not None
        assert hub.storage.requests == [], "a look-up alone fetches nothing of the file"
        yield Bench(library, hub, uid, answer.best)


async def test_the_same_bytes_under_another_header_are_proven_and_told(tmp_path: Path, hub: Hub) -> None:
    published = save(tensors(), {"format": "pt", "modelspec.title": "Cosy", "modelspec.date": "2024"})
    own = save(tensors(), {"format": "np", "note": "re-saved"})
    header = 8 + int.from_bytes(published[:8], "little")
    async with bench(tmp_path, hub, own, published) as on:
        seen: list[tuple[int, int]] = []
        answer = await on.compare(on_progress=lambda done, total: seen.append((done, total)))
        assert answer.verdict is TensorVerdict.SAME_BYTES
        assert answer.change == HeaderChange(("note",), ("modelspec.date", "modelspec.title"), ("format",))
        assert on.fetched == ["bytes=0-23", f"bytes=24-{header - 1}"]
        assert {r.token for r in hub.requests} == {TOKEN}
        assert not any(TOKEN in json.dumps(r.headers) for r in hub.storage.requests)
        assert seen[-1] == (answer.read_bytes, answer.read_bytes) == (4 * 16 * 64 * 4,) * 2
        said = (
            f"{ABOUT}are the published ones, byte for byte; only the header differs: "
            "added note, removed modelspec.date, modelspec.title, changed format"
        )
        assert await on.evidence() == [said]
        assert (await on.document())["trust"] == "modified"
        assert said in (await on.library.network.identify(on.uid)).evidence, (
            "a later look-up does not forget it"
        )
        await on.compare()
        assert await on.evidence() == [said], "told once"


ORDERED = {"a.weight": ("F32", [8, 8]), "b.weight": ("F32", [8, 8])}


def laid_out(kinds: Mapping[str, tuple[str, Sequence[int]]], mark: bytes = b"\1", **words: str) -> bytes:
    """A file with its tensors in this very order."""
    start, size = containers.safetensors_header(kinds, words)
    return start + mark.rjust(size, b"\0")


def gguf(name: str, mark: bytes = b"\1", url: str = "") -> bytes:
    more = {"general.url": url} if url else {}
    start, size = containers.gguf_bytes(
        {"general.architecture": "llama", "tokenizer.ggml.tokens": ["a", "b"], "general.name": name, **more},
        {"token_embd.weight": (0, (64, 4)), "output.weight": (0, (64,))},
    )
    return start + mark.rjust(size, b"\0")


CASES: Mapping[str, tuple[bytes, bytes, TensorVerdict, str, bool]] = {
    "one value": (
        save(tensors(7.0), {"format": "pt"}),
        save(tensors()),
        TensorVerdict.OTHER_VALUES,
        "have the published names, types and shapes, and other values",
        True,
    ),
    "one value, the very header": (
        save(tensors(7.0)),
        save(tensors()),
        TensorVerdict.OTHER_VALUES,
        "have the published names, types and shapes, and other values",
        False,
    ),
    "another order": (
        laid_out(dict(reversed(ORDERED.items()))),
        laid_out(ORDERED),
        TensorVerdict.OTHER_TENSORS,
        "are others: the same names, types and shapes in another order",
        False,
    ),
    "other names and types": (
        laid_out({**ORDERED, "b.weight": ("F16", [16, 8]), "lora.up": ("F32", [2])}),
        laid_out({**ORDERED, "c.weight": ("F32", [2])}, b"\2"),
        TensorVerdict.OTHER_TENSORS,
        "are others: 1 tensor only in this file (lora.up), 1 tensor only in the published one (c.weight), "
        "1 tensor of another type or shape (b.weight)",
        False,
    ),
    "fewer": (
        laid_out({"a.weight": ("F32", [8, 8])}),
        laid_out(ORDERED),
        TensorVerdict.OTHER_TENSORS,
        "are others: 1 tensor only in the published one (b.weight)",
        False,
    ),
    "gguf": (
        gguf("mine"),
        gguf("Cosy", url="https://example.org"),
        TensorVerdict.SAME_BYTES,
        "are the published ones, byte for byte; only the header differs: removed general.url, "
        "changed general.name",
        True,
    ),
    "gguf, other values": (
        gguf("mine", b"\2"),
        gguf("Cosy"),
        TensorVerdict.OTHER_VALUES,
        "have the published names, types and shapes, and other values",
        True,
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_what_differs_is_told_and_no_more_is_read_than_it_takes(
    case: str, tmp_path: Path, hub: Hub
) -> None:
    own, published, verdict, words, reads = CASES[case]
    answer = await compared(tmp_path, hub, own, lfs(published))
    assert (answer.verdict, bool(answer.read_bytes)) == (verdict, reads)
    assert answer.line == ABOUT + words
    assert hub.storage.calls() == 2, "two small parts"


async def compared(tmp_path: Path, hub: Hub, own: bytes, published: HubFile) -> TensorAnswer:
    """Two files, without a library."""
    (tmp_path / "own").write_bytes(own)
    repo = model(REPO, {FILE: published})
    hub.add(repo)
    store = Lookups(str(tmp_path / "hub.db"), ops.set_aside)
    session = Session(store, Options(hub.endpoint, hub.endpoint, lambda: True, token=""))
    file = hub_values.HubFile(FILE, published.size, published.sha256)
    candidate = Compared(
        hub_values.HubModel(REPO, repo.sha), file, 1.0, True, False, False, True, Trust.MODIFIED
    )
    try:
        return await TensorCheck(await session.hub(), str(tmp_path / "own"), candidate, Reading()).run()
    finally:
        await session.close()
        store.close()


SIZE = len(save(tensors()))
HOSTILE = {
    "longer than is looked at": HubFile(
        (60 << 20).to_bytes(8, "little") + b"{" * 91, True, 70 << 20, "a" * 64
    ),
    "unreadable header": lfs(SIZE.to_bytes(8, "little") + b"{" * (SIZE + 90)),
    "another format": lfs(SIZE.to_bytes(8, "little") + b"[" * (SIZE + 90)),
}


@pytest.mark.parametrize("words", HOSTILE)
async def test_what_cannot_be_compared_says_why(words: str, tmp_path: Path, hub: Hub) -> None:
    answer = await compared(tmp_path, hub, save(tensors()), HOSTILE[words])
    assert answer.verdict is TensorVerdict.NOT_COMPARED
    assert words in answer.line
    assert hub.storage.calls() <= 2


async def test_servers_that_know_no_ranges_or_send_the_wrong_ones(tmp_path: Path, hub: Hub) -> None:
    published = save(tensors(), {"format": "pt"})
    async with bench(tmp_path, hub, save(tensors()), published) as on:
        hub.storage.behave("GET *", b.body(published, "binary/octet-stream"))
        assert (await on.compare()).verdict is TensorVerdict.SAME_BYTES
        hub.storage.behave("GET *", b.body(published[:20], "binary/octet-stream"))
        with pytest.raises(NetworkError, match="another part"):
            await on.compare()
        hub.down()
        with pytest.raises(NetworkError):
            await on.compare()


async def test_what_was_stopped_is_not_told_and_a_badge_that_a_person_set_stays(
    tmp_path: Path, hub: Hub
) -> None:
    stop = threading.Event()
    stop.set()
    async with bench(tmp_path, hub, save(tensors()), save(tensors(), {"format": "pt"})) as on:
        with pytest.raises(CancelledError):
            await on.compare(stop=stop)
        assert await on.evidence() == []
        await on.library.editing.protect(on.uid)
        before = await on.document()
        assert (await on.compare()).verdict is TensorVerdict.SAME_BYTES
        assert await on.document() == before


def test_memory_is_bounded_whatever_the_size(tmp_path: Path) -> None:
    path = containers.sparse_file(tmp_path / "big", b"head", 96 << 20)
    done: list[int] = []
    tracemalloc.start()
    other_header.sha256_under(
        path, b"other", 4, expect=reading.entry(path), cancel=threading.Event(), on_bytes=done.append
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20
    assert (done[-1], len(done)) == ((96 << 20) - 4, 24)
