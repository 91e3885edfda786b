"""Editing imports before they are written, choosing how their bytes come in, names that were taken."""

import json
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from pumas_tui.core.domain.editing import BadFieldError
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.jobs import JobState
from pumas_tui.core.library import Library, OpenOptions, RunJobs
from pumas_tui.tui.widgets.form import Form
from tests.support import modelfiles
from tests.support.imports import GB, job, state_of
from tests.tui.test_imports_screen import Session, metadata, program
from tests.tui.test_imports_screen import shown as stand


def paths(tmp_path: Path, count: int) -> list[str]:
    return [modelfiles.vae_sd(tmp_path / "in" / f"vae{n}.safetensors", mark=bytes([n])) for n in range(count)]


async def fill(session: Session, **texts: str) -> None:
    await session.until("enter  save")
    for box in session.app.screen.query_one(Form).query(Input):
        if box.name in texts:
            box.value = texts[box.name]
    await session.pilot.pause()


async def run_all(root: Path) -> None:
    async with Library.open(OpenOptions(str(root))) as library:
        await library.jobs.wait([view.job.id for view in await library.jobs.list()])


async def test_a_waiting_import_gets_the_name_and_kind_it_was_given(tmp_path: Path) -> None:
    async with program(tmp_path / "lib", run_jobs=RunJobs.NONE) as session:
        await session.paste(*paths(tmp_path, 1))
        await session.until("WAITING (1)")
        await session.press("e")
        await fill(session, name="My VAE", type="llm", subtype="", family="mine", tags="one, two")
        await session.press("enter")
        await session.until("Changed name, type, subtype, family, tags of 1 import, not written yet.")
        await session.until("/models/llm/mine/my_vae/")
    await run_all(tmp_path / "lib")
    [model] = metadata(tmp_path / "lib")
    said = (model["official_name"], model["model_type"], model["subtype"], model["family"], model["tags"])
    assert said == ("My VAE", "llm", "", "mine", ["one", "two"])
    assert model["model_id"] == "llm/mine/my_vae"
    assert model["field_sources"]["official_name"] == model["field_sources"]["tags"] == "manual"


async def test_a_wrong_kind_is_said_in_the_form_and_escape_changes_nothing(tmp_path: Path) -> None:
    async with program(tmp_path / "lib", (80, 24), run_jobs=RunJobs.NONE) as session:
        await session.paste(*paths(tmp_path, 1))
        await session.until("WAITING (1)")
        await session.press("e")
        await fill(session, subtype="gguf")
        await session.press("enter")
        await session.until('"gguf" does not go with diffusion')
        await session.press("escape")
        await session.until("WAITING (1)")
        [view] = await session.library.jobs.list()
        assert view.job.payload["subtype"] == "vae"


async def test_marked_imports_are_edited_together_and_modes_are_chosen(tmp_path: Path) -> None:
    async with program(tmp_path / "lib", run_jobs=RunJobs.NONE) as session:
        await session.paste(*paths(tmp_path, 3))
        await session.until("WAITING (3)")
        await session.press("space", "space", "e")
        await session.until("Edit 2 imports")
        await fill(session, family="both")
        await session.press("enter")
        await session.until("Changed family of 2 imports")
        await session.press("o", "c")
        await session.until("Mode copy: 2 imports.")
        views = sorted(await session.library.jobs.list(), key=lambda view: view.job.id)
        assert [view.job.payload["family"] for view in views][:2] == ["both", "both"]
        assert [view.job.payload["choices"]["mode"] for view in views] == ["copy", "copy", "auto"]
        await session.press("k")
        await session.until("Mode     copy")


async def test_what_has_begun_is_edited_in_the_library(tmp_path: Path) -> None:
    async with program(tmp_path / "lib") as session:
        await session.paste(*paths(tmp_path, 1))
        await session.until("DONE TODAY (1)")
        await session.press("e")
        await session.until("e is off: what waits can be edited")
        await session.press("o")
        await session.until("o is off: nothing here waits")
        [view] = await session.library.jobs.list()
        assert await session.library.jobs.revise([view.job.id], {"name": "late"}) == ()


async def test_revising_refuses_what_is_no_value_and_writes_nothing(tmp_path: Path) -> None:
    async with Library.open(
        OpenOptions(str(tmp_path / "lib"), create=True, run_jobs=RunJobs.NONE)
    ) as library:
        found = await library.imports.inspect_paths(paths(tmp_path, 2))
        done = await library.imports.submit(found.candidates, ImportChoices())
        before = [view.job.payload for view in await library.jobs.list()]
        wrong: list[dict[str, Any]] = [
            {"name": ""}, {"type": "spaceship"}, {"mode": "move"}, {"notes": "x"}, {"subtype": "gguf"},
        ]  # fmt: skip
        for changes in wrong:
            with pytest.raises(BadFieldError):
                await library.jobs.revise(done.jobs, changes)
        assert [view.job.payload for view in await library.jobs.list()] == before
        assert await library.jobs.revise(done.jobs, {"type": "llm"}) == done.jobs
        [payload] = {json.dumps(view.job.payload["subtype"]) for view in await library.jobs.list()}
        assert json.loads(payload) == ""  # a VAE's subtype does not go with language models
        await library.jobs.revise(done.jobs, {"type": "diffusion", "subtype": "", "family": ""})
        after = [view.job.payload for view in await library.jobs.list()]
        assert [one["subtype"] for one in after] == [one["subtype"] for one in before]
        assert [one["model_id"] for one in after] == [one["model_id"] for one in before]
        assert {view.job.state for view in await library.jobs.list()} == {JobState.WAITING}


async def two_of_one_name(session: Session, tmp_path: Path) -> None:
    """A model is in the library, and other content of its name was pasted."""
    one = modelfiles.vae_sd(tmp_path / "a" / "vae.safetensors", mark=b"1")
    two = modelfiles.vae_sd(tmp_path / "b" / "vae.safetensors", mark=b"2")
    await session.paste(one)
    await session.until("DONE TODAY (1)")
    await session.press("1")
    await session.paste(two)
    await session.until("another has its name")
    await session.press("g", "enter")
    await session.dialog("A different model has this folder")


async def test_a_taken_name_is_asked_about_and_told_with_what_it_became(tmp_path: Path) -> None:
    async with program(tmp_path / "lib", (80, 24)) as session:
        await two_of_one_name(session, tmp_path)
        assert len(metadata(tmp_path / "lib")) == 1
        await session.press("enter")
        seen = await session.until("name was taken: ...-")
    suffix = seen.partition("name was taken: ...-")[2].split()[0]
    assert any(model["model_id"].endswith(f"/vae-{suffix}") for model in metadata(tmp_path / "lib"))


async def test_a_taken_name_can_be_given_up_or_changed(tmp_path: Path) -> None:
    async with program(tmp_path / "lib", (80, 24)) as session:
        await two_of_one_name(session, tmp_path)
        await session.press("escape")
        await session.until("Nothing decided: vae.safetensors.")
        await session.press("e")
        await fill(session, name="my vae")
        await session.press("enter")
        await session.until("DONE TODAY (2)")
        assert len(metadata(tmp_path / "lib")) == 2
        third = modelfiles.vae_sd(tmp_path / "c" / "vae.safetensors", mark=b"3")
        await session.press("1")
        await session.paste(third)
        await session.until("another has its name")
        await session.press("g", "enter")
        await session.dialog("A different model has this folder")
        await session.press("d")
        await session.until("Off the queue: vae.safetensors. No file was touched.")
    assert sorted(one["cleaned_name"] for one in metadata(tmp_path / "lib")) == ["my_vae", "vae"]


async def test_a_typed_glob_is_counted_before_it_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    paths(tmp_path, 3)
    async with program(tmp_path / "lib", (80, 24), run_jobs=RunJobs.NONE) as session:
        await session.press("i", *"~/in/*.safe?ensors", "enter")
        seen = await session.dialog("3 files from ")
        assert "3 models understood" in seen
        assert await session.library.jobs.list() == ()
        await session.press("enter", "2")
        await session.until("WAITING (3)")


async def test_a_full_disk_says_what_is_missing_and_which_key_goes_on(tmp_path: Path) -> None:
    full = {
        "code": "disk_full",
        "message": "/data/models is full: llama needs 51 GB more, 3.2 GB are free; "
        "the 80 GB copied so far are kept",
        "path": "/data/models",
        "missing_bytes": 51 * GB,
        "kept_bytes": 80 * GB,
        "hint": "free space, then retry",
    }
    state = state_of(job(1, "llama.gguf", JobState.PAUSED, size=131 * GB, error=full))
    async with stand(tmp_path / "lib", state) as session:
        seen = await session.until("PAUSED: /data/models is full, 51.0 GB more are needed")
        assert "NEED YOU (1)" in seen and "p  go on" in seen
        assert "3.2 GB are free; the 80 GB copied so far are kept" in seen
        assert "free space, then p goes on" in seen and "retry" not in seen
    async with stand(tmp_path / "lib", state, (80, 24)) as session:
        seen = await session.until("disk full, needs 51.0 GB")
        assert "/data/models is full: llama needs 51 GB more, 3.2 GB are free" in seen
