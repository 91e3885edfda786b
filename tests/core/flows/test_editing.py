"""Edits on a real library: nothing is lost, whoever else edits, and whatever the file looks like."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.synthetic import make_library
from pumas_tui.core.domain.editing import BadFieldError
from pumas_tui.core.domain.errors import ChangedMeanwhileError, DamagedError, DiskError, NewerLibraryError
from pumas_tui.core.domain.ids import new_operation_id
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.operations import Operation, Step
from pumas_tui.core.flows import changing
from pumas_tui.core.fs import ops
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library

EDITS = 100
_OTHER = """
import asyncio, sys
from pathlib import Path
from pumas_tui.core.library import Library, OpenOptions, RunJobs

async def main(root, ref, name, field):
    async with Library.open(OpenOptions(root=root, run_jobs=RunJobs.NONE)) as library:
        for n in range(100):
            await library.editing.tag(ref, [f"{name}-{n}"])
            await library.editing.edit(ref, {field: f"{name} {n}"})

asyncio.run(main(*sys.argv[1:]))
"""


def options(root: Path) -> OpenOptions:
    return OpenOptions(root=str(root), run_jobs=RunJobs.NONE)


@pytest.fixture
async def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    """A library of two models."""
    monkeypatch.setenv("HOME", str(tmp_path))
    root = tmp_path / "library"
    await create_library(str(root))
    make_library(root, 2)
    async with Library.open(options(root)) as opened:
        yield opened


@pytest.fixture
async def ref(library: Library) -> str:
    """The first model's id."""
    return (await library.models.search("")).rows[0].model_id


def file_of(library: Library, ref: str) -> Path:
    return Path(library.paths.models) / ref / "metadata.json"


def operations(library: Library) -> list[tuple[str, str, dict[str, Any]]]:
    with sqlite3.connect(library.paths.registry_db) as conn:
        rows = conn.execute("SELECT kind, state, plan FROM operations ORDER BY created_at").fetchall()
    conn.close()
    return [(kind, state, json.loads(plan)) for kind, state, plan in rows]


async def test_an_edit_is_in_the_file_the_index_and_the_journal(library: Library, ref: str) -> None:
    path = file_of(library, ref)
    document = json.loads(path.read_bytes())
    document["field_sources"] = {"family": "header"}
    document["from_the_future"] = {"a": None}
    document["files"][0]["extra"] = None
    path.write_text(json.dumps(document))
    await library.models.rescan()
    detail = await library.editing.edit(ref, {"name": "Ink", "tags": ["x", "y"], "notes": "für später"})
    assert detail.row.official_name == "Ink" == detail.metadata.official_name
    now = json.loads(path.read_bytes())
    assert now["from_the_future"] == {"a": None} and now["files"] == document["files"]
    assert now["field_sources"] == {
        "family": "header",
        "official_name": "manual",
        "tags": "manual",
        "notes": "manual",
    }
    assert now["updated_date"] > document["updated_date"]
    assert [row.model_id for row in (await library.models.search("später")).rows] == [ref]
    assert [row.model_id for row in (await library.models.search("tag:y")).rows] == [ref]
    [(kind, state, plan)] = operations(library)
    assert (kind, state, plan["uid"]) == ("edit", "done", detail.row.uid)
    assert plan["before"]["official_name"] == document["official_name"]
    assert plan["after"]["official_name"] == "Ink"
    before = path.stat()
    await library.editing.edit(ref, {"name": "Ink"})
    assert path.stat().st_ino == before.st_ino and len(operations(library)) == 1
    assert (await library.models.rescan()).problems == ()


async def test_a_bad_value_changes_nothing(library: Library, ref: str) -> None:
    before = file_of(library, ref).read_bytes()
    with pytest.raises(BadFieldError, match="model_type"):
        await library.editing.edit(ref, {"notes": "fine", "model_type": "spaceship"})
    assert file_of(library, ref).read_bytes() == before
    assert operations(library) == []


async def test_protect_and_limit(library: Library, ref: str) -> None:
    assert (await library.editing.protect(ref)).row.trust == "manual"
    assert (await library.models.search("trust:manual")).rows[0].model_id == ref
    limited = await library.editing.limit(ref, "comfyui", ">=0.5,<0.7")
    assert limited.version_ranges == {"comfyui": ">=0.5,<0.7"}
    path = file_of(library, ref).with_name("overrides.json")
    assert json.loads(path.read_bytes()) == {"version_ranges": {"comfyui": ">=0.5,<0.7"}}
    assert (await library.editing.limit(ref, "comfyui", "")).version_ranges == {}
    path.write_text("not json")
    assert (await library.models.get(ref)).version_ranges is None
    with pytest.raises(DamagedError, match=r"overrides\.json"):
        await library.editing.limit(ref, "comfyui", ">=1")
    assert path.read_text() == "not json"


async def test_an_editor_never_overwrites_what_it_did_not_see(library: Library, ref: str) -> None:
    seen = await library.models.get(ref)
    await library.editing.edit(ref, {"notes": "theirs"})
    with pytest.raises(ChangedMeanwhileError, match="notes"):
        await library.editing.edit(ref, {"notes": "mine"}, seen=seen)
    mine = await library.editing.edit(ref, {"family": "flux"}, seen=seen)
    assert (mine.metadata.notes, mine.metadata.family) == ("theirs", "flux")


@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b"[" * 100_000, b'\xff\xfe{"a": 1}', b'{"uid": 1}', b"{" + b" " * (5 << 20), b"null"],
    ids=["empty", "cut", "deep", "utf16", "wrong", "huge", "null"],
)
async def test_a_broken_file_is_left_as_it_is(library: Library, ref: str, broken: bytes) -> None:
    path = file_of(library, ref)
    path.write_bytes(broken)
    verbs: tuple[Callable[[], Awaitable[ModelDetail]], ...] = (
        lambda: library.editing.edit(ref, {"notes": "x"}),
        lambda: library.editing.tag(ref, ["x"]),
        lambda: library.editing.protect(ref),
    )
    for verb in verbs:
        with pytest.raises((DamagedError, DiskError)):
            await verb()
    assert path.read_bytes() == broken
    assert operations(library) == []


async def test_a_newer_file_is_not_rewritten(library: Library, ref: str) -> None:
    path = file_of(library, ref)
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    before = path.read_bytes()
    with pytest.raises(NewerLibraryError):
        await library.editing.edit(ref, {"notes": "x"})
    assert path.read_bytes() == before


async def test_c4_two_processes_edit_one_model_and_nothing_is_lost(library: Library, ref: str) -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", _OTHER, library.paths.root, ref, name, field])
        for name, field in (("first", "notes"), ("second", "variant"))
    ]
    codes = [await asyncio.to_thread(child.wait, 120) for child in children]
    assert codes == [0, 0]
    document = json.loads(file_of(library, ref).read_bytes())
    wanted = {f"{name}-{n}" for name in ("first", "second") for n in range(EDITS)}
    assert wanted <= set(document["tags"])
    assert (document["notes"], document["variant"]) == ("first 99", "second 99")
    row = (await library.models.get(ref)).row
    assert set(row.tags) == set(document["tags"])
    assert {state for _, state, _ in operations(library)} <= {"done", "failed"}
    assert (await library.models.rescan()).problems == ()


@pytest.mark.parametrize("written", [True, False])
async def test_an_edit_cut_off_by_a_crash_is_settled(library: Library, ref: str, written: bool) -> None:
    opened = library._opened
    path = file_of(library, ref)
    uid = (await library.models.get(ref)).row.uid
    after = path.read_bytes().replace(b"\n", b"\n\n", 1)
    op = Operation(new_operation_id(), "edit", "here", "1", 1.0, plan={"uid": uid})
    steps = [Step(1, "edit", str(path), changing.content_of(after), changing.content_of(path.read_bytes()))]
    opened.journal.begin(op, steps)
    left = path.with_name(ops.temp_name())
    left.write_bytes(after)
    if written:
        left.rename(path)
    [found] = opened.journal.unfinished("here")
    await asyncio.to_thread(changing.settle, opened.paths, opened.journal, found)
    assert not left.exists()
    assert [state for _, state, _ in operations(library)] == ["done" if written else "failed"]
