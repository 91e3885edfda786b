"""From the keyboard: a file that is gone is got again, parts that an import lacks come from the Hub."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from pumas_tui.core.domain.absent_parts import AbsentPart
from pumas_tui.core.domain.files import Candidate, FileEntry, Member, ModelFormat, Role
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.ids import JobId, new_model_uid
from pumas_tui.core.domain.part_offers import offer
from tests.hub.repos import model
from tests.hub.serving import Hub, serving
from tests.support import modelfiles
from tests.support.program import asking, pumas
from tests.tui.conftest import Start
from tests.tui.linked import Session, running

FLUX = "flux1-dev-{:05}-of-00003.safetensors"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, start: Start) -> Iterator[Hub]:
    """A Hub that the program asks; `start` has set everything else."""
    with serving() as running_hub:
        monkeypatch.setenv("HF_HUB_OFFLINE", "")
        monkeypatch.setenv("HF_ENDPOINT", running_hub.endpoint)
        yield running_hub


def lost(root: Path, tmp_path: Path, hub: Hub) -> tuple[Path, bytes]:
    """A model of a repository whose file is gone; its place and its content."""
    file = Path(modelfiles.safetensors_file(tmp_path / "cosy.safetensors", {"a.weight": ("F16", [8, 8])}))
    hub.add(model("art/cosy", {"cosy.safetensors": file.read_bytes()}))
    assert pumas("init", root=root).code == 0
    assert pumas("import", file, root=root).code == 0
    assert pumas("identify", "cosy", root=root, extra=asking(hub.endpoint)).code == 0
    [there] = (root / "models").glob("*/*/*/cosy.safetensors")
    there.unlink()
    return there, file.read_bytes()


async def show_finding(session: Session) -> str:
    await session.health()
    await session.until("FIX NOW (1)")
    await session.press("enter")
    return await session.dialog("get it again from art/cosy")


async def test_w_gets_the_file_again(tmp_path: Path, start: Start, hub: Hub) -> None:
    there, content = lost(tmp_path / "library", tmp_path, hub)
    async with running(start, tmp_path / "library") as session:
        assert "w" in await show_finding(session)
        await session.press("w")
        await session.until("Everything is right")
        assert there.read_bytes() == content
        await session.press("2")
        await session.until("got for ")


async def test_p_fills_the_model_from_where_its_file_is_now(tmp_path: Path, start: Start, hub: Hub) -> None:
    there, content = lost(tmp_path / "library", tmp_path, hub)
    file = (tmp_path / "cosy.safetensors").rename(tmp_path / "moved.safetensors")
    (tmp_path / "short.safetensors").write_bytes(b"short")
    async with running(start, tmp_path / "library") as session:
        for typed, told in (
            (tmp_path / "short.safetensors", "Nothing was changed: has 5 bytes"),
            (file, "SHA-256"),
        ):
            await show_finding(session)
            await session.press("p")
            await session.until("Path of the file of cosy")
            session.app.screen.query_one(Input).value = str(typed)
            await session.press("enter")
            await session.until(told)
        await session.until("Everything is right")
        assert there.read_bytes() == content == file.read_bytes()
        await session.press("2")
        await session.until("got for ")
        await session.press("1")
        await session.until("1 model")


async def test_enter_looks_for_the_file_on_this_machine(tmp_path: Path, start: Start, hub: Hub) -> None:
    there, content = lost(tmp_path / "library", tmp_path, hub)
    (tmp_path / "old").mkdir()
    file = (tmp_path / "cosy.safetensors").rename(tmp_path / "old" / "called otherwise")
    async with running(start, tmp_path / "library") as session:
        await show_finding(session)
        await session.press("enter")
        assert "old/called" in await session.dialog("cosy.safetensors was found")
        await session.press("enter")
        await session.until("Everything is right")
        assert there.read_bytes() == content == file.read_bytes()


async def test_nothing_is_brought_where_nothing_may_change(tmp_path: Path, start: Start, hub: Hub) -> None:
    lost(tmp_path / "library", tmp_path, hub)
    async with running(start, tmp_path / "library", readonly=True) as session:
        await session.health()
        await session.press("enter")
        seen = await session.dialog("cosy.safetensors is missing")
        assert "look for it" not in seen and "paste" not in seen and "get it again" not in seen


async def test_w_waits_for_the_network(
    tmp_path: Path, start: Start, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, _ = lost(tmp_path / "library", tmp_path, hub)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    async with running(start, tmp_path / "library") as session:
        await show_finding(session)
        await session.press("w")
        await session.until("Waits for the network: cosy is got again from art/cosy")
        await session.press("2")
        await session.until("waits for the network")
        assert not there.exists()


def part(folder: Path, n: int) -> Path:
    tensors = {f"model.layers.{n}.mlp.up_proj.weight": ("F32", [n, 4])}
    return Path(modelfiles.safetensors_file(folder / FLUX.format(n), tensors))


async def test_h_gets_the_parts_that_an_import_lacks(tmp_path: Path, start: Start, hub: Hub) -> None:
    whole = {FLUX.format(n): part(tmp_path / "all", n).read_bytes() for n in (1, 2, 3)}
    hub.add(model("bfl/flux1-dev", whole))
    given = [part(tmp_path / "in", n) for n in (1, 3)]
    async with running(start, tmp_path / "library") as session:
        await session.app.pasted("\n".join(map(str, given)))
        await session.dialog("pasted")
        await session.press("enter", "2")
        await session.until("NEED YOU (1)")
        await session.press("enter")
        seen = await session.dialog("get part 2 from the Hub: bfl/flux1-dev")
        prose = " ".join(seen.replace("│", " ").split())
        assert "has the 2 other parts by name and size; contents were not compared yet" in prose
        await session.press("h")
        await session.until("NEED YOU (0)")
        await session.until("part 2 given to the import")
        await session.until("flux1-dev (3)")
    [path] = (tmp_path / "library" / "models").glob("*/*/*/metadata.json")
    assert [file["shard_index"] for file in json.loads(path.read_text())["files"]] == [1, 2, 3]


def member(name: str, size: int, **more: Any) -> Member:
    return Member(FileEntry(f"/in/{name}", size, 0, 1, 1), name, Role.WEIGHTS, 1, 2, **more)


def test_an_offer_needs_every_other_part_by_name_and_size() -> None:
    first, second = "m-00001-of-00002.gguf", "m-00002-of-00002.gguf"
    wanted = [AbsentPart(2, second, 2, 2)]

    def offered(own: Member, *files: HubFile) -> bool | None:
        candidate = Candidate("m", ModelFormat.SHARDED_SET, (own,), missing=(2,))
        found = offer(JobId(1), new_model_uid(), candidate, wanted, HubModel("o/m", files=files))
        return None if found is None else found.proven

    told = HubFile(f"sub/{second}", 9, "b" * 64)
    assert offered(member(first, 7), HubFile(f"sub/{first}", 7, "a" * 64), told) is False
    assert offered(member(first, 7, expected_sha256="a" * 64), HubFile(f"sub/{first}", 7, "a" * 64), told)
    other = HubFile(f"sub/{first}", 7, "c" * 64)
    assert offered(member(first, 7, expected_sha256="a" * 64), other, told) is None
    assert offered(member(first, 7), HubFile(f"sub/{first}", 8, "a" * 64), told) is None
    assert offered(member(first, 7), HubFile(first, 7, "a" * 64), told) is None, "not of one folder"
    assert offered(member(first, 7), HubFile(f"sub/{first}", 7), HubFile(f"sub/{second}", 9)) is None
