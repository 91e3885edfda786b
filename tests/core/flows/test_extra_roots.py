"""A ComfyUI that reads models from elsewhere as well: told wherever it is shown, heeded by every plan."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pumas_tui.core.domain.extra_roots import RootState
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.plan import Act, Plan
from pumas_tui.core.library import Library, OpenOptions, RunJobs, create_library
from tests.support import modelfiles
from tests.support.apps import comfyui, links, stamped


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return comfyui(tmp_path / "ComfyUI")


@pytest.fixture
async def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    """A library with two LoRAs, `m0` and `m1`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    await create_library(str(tmp_path / "library"))
    async with Library.open(OpenOptions(root=str(tmp_path / "library"), run_jobs=RunJobs.OWN)) as library:
        await library.ready()
        await imported(library, tmp_path / "in", 0, 1)
        yield library


async def imported(library: Library, inbox: Path, *numbers: int) -> None:
    for n in numbers:
        modelfiles.lora_sdxl(inbox / f"m{n}.safetensors", mark=b"%d" % n)
    inspection = await library.imports.inspect_paths([str(inbox)])
    submitted = await library.imports.submit(inspection.candidates, ImportChoices())
    await library.jobs.wait(submitted.jobs)


def config(app: Path, text: str) -> Path:
    file = app.parent / "extra_model_paths.yaml"
    file.write_text(text)
    return file


def weights(tmp_path: Path, name: str) -> Path:
    return next((tmp_path / "library/models").glob(f"*/*/{name}/{name}.safetensors"))


async def planned(library: Library) -> Plan:
    [plan] = await library.mapping.plan()
    return plan


def acts(plan: Plan) -> dict[str, str]:
    """What comes of each target."""
    return {a.target: a.code if a.act is Act.REFUSE else a.act.value for a in plan.actions}


async def test_an_app_is_shown_with_all_that_it_reads(library: Library, app: Path, tmp_path: Path) -> None:
    lora = tmp_path / "srv/Lora"
    lora.mkdir(parents=True)
    config(app, f"a1111:\n  base_path: ~/srv\n  loras: Lora\n  vae: VAE\nme:\n  loras: {app}/loras\nbad: 3\n")
    proposal = await library.mapping.propose(str(app.parent))
    assert [(s.root.kind, s.root.path, s.state) for s in proposal.extra.roots] == [
        ("loras", str(lora), RootState.HERE),
        ("vae", str(tmp_path / "srv/VAE"), RootState.ABSENT),
    ]
    assert any("bad: must be kinds" in note for note in proposal.notes)
    assert any(note.startswith("vae is also read from") and "not there" in note for note in proposal.notes)
    await library.mapping.add_app(proposal)
    (tmp_path / "srv/VAE").symlink_to(tmp_path / "library/models")
    [status] = await library.mapping.apps()
    assert [(s.state, s.in_library) for s in status.extra.roots] == [
        (RootState.HERE, False),
        (RootState.HERE, True),
    ]
    assert [t.code for t in status.extra.troubles] == ["bad_config"]
    (app.parent / "main.py").unlink()  # no ComfyUI starts from here, so none reads the file
    [status] = await library.mapping.apps()
    assert status.extra.roots == ()


async def test_what_is_read_from_elsewhere_is_linked_once(
    library: Library, app: Path, tmp_path: Path
) -> None:
    lora = tmp_path / "srv/Lora"
    (lora / "mine").mkdir(parents=True)
    os.link(weights(tmp_path, "m0"), lora / "mine/other name.safetensors")
    config(app, f"a1111:\n  loras: {lora}\n")
    await library.mapping.add_app(await library.mapping.propose(str(app.parent)))
    before = stamped(lora)
    plan = await planned(library)
    assert acts(plan) == {"loras/m0.safetensors": "extra_root", "loras/m1.safetensors": "create"}
    [told] = plan.of(Act.REFUSE)
    assert f"{lora}/mine/other name.safetensors" in told.words and "section a1111" in told.words
    [done] = await library.mapping.sync()
    assert not done.failed and list(links(app)) == ["loras/m1.safetensors"]
    [some] = await library.mapping.plan(models=["m0"])
    assert acts(some) == {"loras/m0.safetensors": "extra_root"}
    assert not (await planned(library)).changes and stamped(lora) == before

    (lora / "mine/other name.safetensors").unlink()
    await library.mapping.sync()
    assert len(links(app)) == 2
    os.link(weights(tmp_path, "m0"), lora / "again.safetensors")
    [done] = await library.mapping.sync(prune=True)  # a link of ours stays
    assert len(links(app)) == 2 and done.count("kept") == 2


async def test_a_library_that_the_app_reads_itself_needs_no_links(
    library: Library, app: Path, tmp_path: Path
) -> None:
    config(app, f"pumas:\n  base_path: {tmp_path}/library/models\n  loras: diffusion/sdxl\n")
    await library.mapping.add_app(await library.mapping.propose(str(app.parent)))
    assert set(acts(await planned(library)).values()) == {"extra_root"}
    await imported(library, tmp_path / "more", 2)
    [done] = await library.mapping.sync(models=["m2"])
    assert links(app) == {} and not done.failed


async def test_a_root_that_is_away_counts_for_nothing_and_is_told(
    library: Library, app: Path, tmp_path: Path
) -> None:
    config(app, "usb:\n  base_path: /nowhere/usb\n  loras: Lora\n  vae: VAE\n[")
    await library.mapping.add_app(await library.mapping.propose(str(app.parent)))
    plan = await planned(library)
    assert [w.code for w in plan.warnings] == ["bad_config"] and plan.count(Act.CREATE) == 2
    config(app, "usb:\n  base_path: /nowhere/usb\n  loras: Lora\n  vae: VAE\n")
    [warning] = (await planned(library)).warnings
    assert warning.code == "extra_root" and "/nowhere/usb/Lora" in warning.message
    await library.mapping.sync()
    assert (await planned(library)).warnings == ()
