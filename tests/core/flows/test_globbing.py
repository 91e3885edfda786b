"""Globs in pasted text: what they stand for, how many, and what is left as it is."""

from pathlib import Path

import pytest

from pumas_tui.core.domain.globs import is_glob, matching
from pumas_tui.core.library import Library, OpenOptions, RunJobs
from tests.support import modelfiles

NAMES = ("a.safetensors", "b.safetensors", "b.gguf", "b.json", ".hid.gguf", "[x].gguf", "sub/", "ä.ckpt")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/in/*.safetensors", ["a.safetensors", "b.safetensors"]),
        ("/in/?.gguf", ["b.gguf"]),
        ("/in/b.*", ["b.gguf", "b.safetensors"]),
        ("/in/.*", [".hid.gguf"]),
        ("/in/[x]*", ["[x].gguf"]),
        ("/in/s*", ["sub"]),
        ("/in/s*/", ["sub"]),
        ("/in/?.ckpt", ["ä.ckpt"]),
        ("/in/*.onnx", []),
    ],
)
def test_signs_stand_for_names(pattern: str, found: list[str]) -> None:
    assert is_glob(pattern)
    assert matching(pattern, NAMES) == tuple(f"/in/{name}" for name in found)


@pytest.mark.parametrize("path", ["/in/a.gguf", "/i*/a.gguf", "/i*/b*", "/in/[ab].gguf", ""])
def test_only_the_last_part_may_be_a_glob(path: str) -> None:
    assert not is_glob(path)


def test_a_hostile_pattern_takes_no_time() -> None:
    assert matching("/in/" + "*a" * 100 + "*b", ["a" * 255 + ".gguf"] * 100) == ()


async def test_pasted_globs_are_counted_and_taken_apart(tmp_path: Path) -> None:
    folder = tmp_path / "in box"
    for n in range(3):
        modelfiles.vae_sd(folder / f"vae{n}.safetensors", mark=bytes([n]))
    literal = modelfiles.vae_sd(folder / "what*.safetensors", mark=b"9")
    (folder / "vae.txt").write_text("beside")
    async with Library.open(OpenOptions(str(tmp_path / "lib"), create=True, run_jobs=RunJobs.NONE)) as door:
        found = await door.imports.inspect_text(f"{folder}/vae*")
        assert [(one.glob, one.count) for one in found.globs] == [(f"{folder}/vae*", 3)]
        assert [one.candidate.name for one in found.candidates] == ["vae0", "vae1", "vae2"]
        assert not found.absent and not found.troubles
        again = await door.imports.inspect_text(f"'{folder}/vae?.safetensors'\n{folder}/vae0.safetensors")
        assert len(again.sources) == len(again.candidates) == 3
        exact = await door.imports.inspect_text(literal)
        assert exact.globs == () and len(exact.candidates) == 1
        nothing = await door.imports.inspect_text(f"{folder}/none*.gguf")
        assert nothing.globs == () and len(nothing.absent) == 1
        argv = await door.imports.inspect_paths([f"{folder}/vae*"])
        assert argv.globs == () and len(argv.absent) == 1
