"""A set that lacks parts, from the keyboard: look for them, give a path, say what was found or not."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pumas_tui.core.domain.absent_parts import FoundPart, PartSearch
from pumas_tui.core.library import RunJobs
from pumas_tui.tui.modals.missing import FoundPartsDialog, LookingDialog, MissingPartDialog
from pumas_tui.tui.presenters.missing import searched
from tests.support import modelfiles
from tests.support.imports import GB, Asked
from tests.tui.test_imports_screen import Session, metadata, program

LACKS_TWO = {"name": "flux1-dev", "missing": [2, 4], "present": 2, "total": 4, "folder": "/mnt/nas/in"}
CUT_OFF = {
    "name": "flux1-dev",
    "missing": [],
    "short": [{"number": 3, "path": "/x", "size_bytes": 1_200_000_000, "wanted_bytes": 4_900_000_000}],
    "present": 3,
    "total": 4,
    "folder": "/mnt/nas/in",
}


@pytest.fixture
def stem() -> str:
    """A name that no other test's files have: a search goes on into their folders."""
    return f"llama-{uuid4().hex[:12]}"


def part(folder: Path, stem: str, n: int) -> str:
    path = folder / f"{stem}-{n:05}-of-00003.safetensors"
    return modelfiles.safetensors_file(path, {f"model.layers.{n}.mlp.up_proj.weight": ("F32", [n, 4])})


async def ask_about_two(session: Session, folder: Path, stem: str) -> None:
    """Parts 1 and 3 are pasted, and the question is in front."""
    await session.paste(part(folder, stem, 1), part(folder, stem, 3))
    await session.until("NEED YOU (1)")
    await session.press("enter")
    await session.dialog("2 of 3 parts")


def prose(seen: str) -> str:
    return " ".join(seen.replace("│", " ").split())


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_a_part_nearby_is_found_shown_and_used(tmp_path: Path, stem: str, size: Any) -> None:
    async with program(tmp_path / "lib", size) as session:
        part(tmp_path / "elsewhere", stem, 2)
        await ask_about_two(session, tmp_path / "in", stem)
        await session.press("enter")
        await session.dialog("Part 2 was found")
        assert metadata(tmp_path / "lib") == []
        await session.press("enter")
        await session.until(lambda _: len(metadata(tmp_path / "lib")) == 1)
        await session.until("DONE TODAY (1)")
        await session.until("NEED YOU (0)")
    [model] = metadata(tmp_path / "lib")
    assert [file["shard_index"] for file in model["files"]] == [1, 2, 3]


async def test_a_search_that_is_stopped_says_where_it_looked(tmp_path: Path, stem: str) -> None:
    async with program(tmp_path / "lib", (80, 24), run_jobs=RunJobs.NONE) as session:
        await ask_about_two(session, tmp_path / "in", stem)
        await session.press("enter")
        await session.until(lambda text: "so far" in text or "Looked in /" in text)
        await session.pilot.pause(0.3)
        if session.app.screen.query(LookingDialog):
            await session.press("escape")
        seen = prose(await session.until("Looked in /"))
        assert "stopped by you" in seen or "as are looked at" in seen or "not found" in seen
        assert "paste the path of part 2" in seen


async def test_a_pasted_path_is_checked_and_used(tmp_path: Path, stem: str) -> None:
    wrong = modelfiles.vae_sd(tmp_path / "vae.safetensors")
    right = part(tmp_path / "else where", stem, 2)
    async with program(tmp_path / "lib", (80, 24)) as session:
        await ask_about_two(session, tmp_path / "in", stem)
        await session.press("p")
        await session.until("Path of part 2 of llama")
        await session.press("escape")
        await session.dialog("2 of 3 parts")
        await session.press("p")
        await session.until("Path of part 2 of llama")
        await session.app.pasted(wrong)
        await session.press("enter")
        await session.dialog("2 of 3 parts")
        assert "is not part 2: it would be called" in prose(session.text())
        await session.press("p")
        await session.until("Path of part 2 of llama")
        await session.app.pasted(f"'{right}'")
        await session.press("enter")
        await session.until("DONE TODAY (1)")
    [model] = metadata(tmp_path / "lib")
    assert [file["shard_index"] for file in model["files"]] == [1, 2, 3]


async def test_half_a_part_is_a_question_and_is_replaced_when_it_is_whole(tmp_path: Path, stem: str) -> None:
    paths = [Path(part(tmp_path / "in", stem, n)) for n in (1, 2, 3)]
    whole = paths[1].read_bytes()
    paths[1].write_bytes(whole[:-9])
    async with program(tmp_path / "lib", (80, 24)) as session:
        await session.app.pasted("\n".join(map(str, paths)))
        seen = await session.dialog("pasted")
        assert "2 of 3 parts" in seen and "the incomplete one waits for your answer" in prose(seen)
        await session.press("enter", "2")
        await session.until("part 2 cut off")
        await session.press("enter")
        seen = await session.dialog("2 of 3 parts")
        assert f"Part 2 is {len(whole) - 9} B, its header says {len(whole)} B" in prose(seen)
        await session.press("w")
        await session.press("r")
        await session.until("Nothing new beside the other parts")
        paths[1].write_bytes(whole)
        await session.press("enter")
        await session.dialog("2 of 3 parts")
        await session.press("r")
        await session.until("DONE TODAY (1)")
    assert len(metadata(tmp_path / "lib")[0]["files"]) == 3


async def test_the_question_says_what_is_wrong_with_which_part() -> None:
    asked = Asked()
    await asked(MissingPartDialog(CUT_OFF, clock=asked.clock), "w")
    seen = prose(asked.seen[1])
    assert "Part 3 is 1.2 GB, its header says 4.9 GB: half a download." in seen
    assert "No app can load the model before it is whole." in seen
    assert "import the" not in seen
    asked = Asked()
    await asked(MissingPartDialog(LACKS_TWO, clock=asked.clock))
    assert "Parts 2 and 4 are not among the pasted paths" in prose(asked.seen[0])
    assert "Without them no app can load the model." in prose(asked.seen[0])
    both = {**LACKS_TWO, "missing": [2], "short": CUT_OFF["short"]}
    asked = Asked()
    await asked(MissingPartDialog(both, clock=asked.clock))
    assert "half a download. Part 2 is not among" in prose(asked.seen[0])


async def test_what_a_search_came_to_is_said_with_the_question() -> None:
    nothing = PartSearch((), "/mnt/nas", 12_400)
    asked = Asked()
    await asked(MissingPartDialog(LACKS_TWO, told=searched(nothing), clock=asked.clock))
    assert "Looked in /mnt/nas: 12,400 files, not found." in prose(asked.seen[0])
    why = (("/mnt/nas/old/x", "half a download"),)
    more = PartSearch((), "/mnt/nas", 200_000, "too many", why, ("llm/flux/flux1-dev",))
    asked = Asked()
    await asked(MissingPartDialog(LACKS_TWO, told=searched(more), clock=asked.clock))
    seen = prose(asked.seen[0])
    assert "200,000 files; that is as many as are looked at. Not found so far." in seen
    assert "/mnt/nas/old/x: half a download" in seen
    assert "llm/flux/flux1-dev in the library has it" in seen


async def test_what_was_found_is_shown_with_its_place_before_it_is_used() -> None:
    found = [FoundPart(2, "/mnt/nas/old/flux1-dev-00002-of-00004.safetensors", 5 * GB, others=2)]
    asked = Asked()
    assert await asked(FoundPartsDialog(found, [2, 4], clock=asked.clock), "p") == "path"
    seen = prose(asked.seen[0])
    assert "Part 2 was found" in seen and "Part 2, 5.0 GB:" in seen
    assert "/mnt/nas/old/flux1-dev-00002-of-00004.safetensors" in seen
    assert "2 more files of this name" in seen and "Still missing then: part 4." in seen
    assert await Asked()(FoundPartsDialog(found, [2]), "escape") is None


async def test_a_search_shows_how_far_it_is() -> None:
    asked = Asked()
    dialog = LookingDialog("part 2 of flux1-dev", lambda: (1_234, "/mnt/\x1b[31mnas"), clock=asked.clock)
    assert await asked(dialog, "enter", "escape") is None
    assert "Looking for part 2 of flux1-dev" in asked.seen[0]
    assert "1,234 files so far." in asked.seen[0] and "/mnt/<1B>[31mnas" in asked.seen[0]
