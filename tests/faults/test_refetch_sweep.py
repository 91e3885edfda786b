"""Getting files into a model broken off at calls all over its last part: each file of the model is what it
was or what it should be, never less; after the next start all are, and the wrong one lies in the trash."""

import hashlib
import json
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.synthetic import make_library
from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.jobs import JobStore, NewJob
from pumas_tui.core.db.journal import Journal
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain import refetching
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.ids import ModelId, ModelUid, new_model_uid
from pumas_tui.core.domain.jobs import JobKind
from pumas_tui.core.domain.refetching import Get, Lack, Lacking, Refetch, Wanted
from pumas_tui.core.flows import opening
from pumas_tui.core.fs import space
from tests.faults.harness import Forks, Harness
from tests.faults.test_import_sweep import chosen
from tests.support.trees import model_dirs

POINTS = 12
FLOOR = 60
"""Fewer calls than this: the shim does not see the program any more."""
REPO = HubModel("org/repo", "f" * 40)
WRONG = b"what became of it"
RIGHT = {
    "a-00001-of-00002.safetensors": b"the first part",
    "a-00002-of-00002.safetensors": b"the part that never came in",
    "more/deep.bin": b"a file in a folder",
}
FIRST, NEVER, DEEP = RIGHT


class Bench:
    """A library of one model with a wrong file, one that is gone and a part that never came in, and a job
    that has all bytes of the right ones, or (`here`) is to copy them from another folder; copied for each
    run."""

    def __init__(self, folder: Path, forks: Forks, *, here: bool) -> None:
        self._folder = folder
        self._theirs = folder / "theirs" if here else None
        self._forks = forks
        self._runs = 0
        self._original = folder / "original"
        opening.create(str(self._original))
        make_library(self._original, 1)
        [place] = model_dirs(self._original)
        meta = self._describe(place)
        opening.open_library(str(self._original), "/nonexistent").close()
        self._submit(meta)

    def _describe(self, place: Path) -> dict[str, Any]:
        meta: dict[str, Any] = json.loads((place / "metadata.json").read_bytes())
        for path in place.glob("*.safetensors"):
            path.unlink()
        meta["files"] = [self._listed(FIRST, 1), self._listed(DEEP)]
        meta["size_bytes"] = sum(file["size"] for file in meta["files"])
        (place / "metadata.json").write_text(json.dumps(meta))
        (place / FIRST).write_bytes(WRONG)
        return meta

    @staticmethod
    def _listed(name: str, shard: int | None = None) -> dict[str, Any]:
        content = RIGHT[name]
        sha256, short = hashlib.sha256(content).hexdigest(), "0" * 32
        file = {
            "name": name,
            "original_name": name,
            "size": len(content),
            "sha256": sha256,
            "xxh3_128": short,
        }
        return file | ({"shard_index": shard, "shard_total": 2} if shard else {"role": "other"})

    def _submit(self, meta: dict[str, Any]) -> None:
        lacks = {FIRST: Lack.SIZE, NEVER: Lack.NEVER, DEEP: Lack.GONE}
        theirs = self._theirs
        gets = tuple(
            Get(
                Wanted(name, lacks[name], name),
                HubFile(name, len(c), hashlib.sha256(c).hexdigest()),
                "",
                () if theirs is None else (str(theirs / name),),
            )
            for name, c in RIGHT.items()
        )
        wanted = tuple(get.wanted for get in gets)
        lacking = Lacking(ModelId(meta["model_id"]), ModelUid(meta["uid"]), "a", (), wanted)
        key = new_model_uid()
        path = "" if theirs is None else str(theirs)
        payload = refetching.encode(Refetch(lacking, REPO, gets, (), 0, path=path), key)
        jobs = JobStore(f"{self._original}/registry.db")
        jobs.add_many(JobKind.DOWNLOAD, [NewJob(payload=json.loads(json.dumps(payload)))])
        jobs.close()
        place = theirs or self._original / "models" / ".downloads" / key / "repo"
        for name, content in RIGHT.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)

    def library(self) -> Path:
        self._runs += 1
        root = self._folder / f"library{self._runs}"
        shutil.copytree(self._original, root)
        return root

    def run(self, root: Path, at: int = 0, action: str = "kill") -> int:
        return self._forks.run([str(root)], at, action)

    def calls(self) -> list[str]:
        """Of a run without fault."""
        root = self.library()
        assert self.run(root) == 0
        calls = self._forks.control.calls()
        self.whole(root)
        assert not list((root / "models" / ".downloads").iterdir())
        return calls

    def check(self, root: Path) -> None:
        """What must hold at any moment."""
        [place] = model_dirs(root)
        meta = metadata_format.parse((place / "metadata.json").read_bytes())
        for name, content in RIGHT.items():
            path = place / name
            fine = (content, WRONG) if name == FIRST else (content,)
            assert not path.exists() or path.read_bytes() in fine, name
        if NEVER in {file.name for file in meta.files}:
            assert (place / NEVER).exists(), "what is listed is there"
        kept = [p for p in (root / "models").rglob("*") if p.is_file() and p.read_bytes() == WRONG]
        assert len(kept) == 1, "nothing of the user's is lost"
        if self._theirs is not None:
            assert {name: (self._theirs / name).read_bytes() for name in RIGHT} == RIGHT

    def whole(self, root: Path) -> None:
        """What must hold in the end."""
        self.check(root)
        [place] = model_dirs(root)
        assert {name: (place / name).read_bytes() for name in RIGHT} == RIGHT
        meta = metadata_format.parse((place / "metadata.json").read_bytes())
        assert {file.name for file in meta.files} == set(RIGHT)
        assert meta.size_bytes == sum(map(len, RIGHT.values()))
        there = {str(p.relative_to(place)) for p in place.rglob("*") if p.is_file()}
        assert there - {"metadata.json", "preview.png"} == set(RIGHT)
        [trashed] = [p for p in (root / "models" / ".trash").glob("*/*") if p.is_file()]
        assert trashed.read_bytes() == WRONG
        index = IndexWriter(f"{root}/models/models.db")
        journal = Journal(f"{root}/registry.db", str(root))
        [row] = index.known().values()
        assert row.uid == meta.uid
        assert journal.unfinished(space.host_name()) == []
        index.close()
        journal.close()

    def recover(self, root: Path) -> None:
        """The next start makes it whole."""
        assert self.run(root) == 0
        self.whole(root)


@pytest.fixture(scope="module", params=["hub", "here"])
def bench(
    request: pytest.FixtureRequest, harness: Harness, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("refetch")
    with harness.forks("tests.faults.drive_refetch", [folder]) as forks:
        yield Bench(folder, forks, here=request.param == "here")


@pytest.mark.parametrize("action", ["kill", "killafter"])
def test_killed(bench: Bench, action: str) -> None:
    calls = bench.calls()
    points = chosen(calls, action, POINTS)
    sys.stdout.write(f"{len(calls)} calls, {len(points)} points\n")
    assert len(calls) > FLOOR
    for n in points:
        root = bench.library()
        code = bench.run(root, n, action)
        assert code in (-signal.SIGKILL, 0), f"call {n}, {calls[n - 1]}: exit {code}"
        bench.check(root)
        bench.recover(root)
        assert not list((root / "models" / ".downloads").iterdir()), f"call {n}, {calls[n - 1]}"


@pytest.mark.parametrize("action", ["errno:EIO"])
def test_failing(bench: Bench, action: str) -> None:
    calls = bench.calls()
    for n in chosen(calls, action, POINTS):
        root = bench.library()
        code = bench.run(root, n, action)
        assert code in (0, 1), f"call {n}, {calls[n - 1]}: exit {code}"
        bench.check(root)
        bench.recover(root)
