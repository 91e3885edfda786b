"""Files grouped into candidates: single files, sharded sets with gaps, companions, and what is left over."""

from collections.abc import Sequence
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain.files import Candidate, FileEntry, ModelFormat, Role
from pumas_tui.core.domain.grouping import Grouping, extension, group


def files(*paths: str, folder: str = "/in") -> list[FileEntry]:
    """Entries with an inode made of the path, so that equal paths are equal files."""
    full = [path if path.startswith("/") else f"{folder}/{path}" for path in paths]
    return [FileEntry(path, 10, 0, crc32(path.encode("utf-8", "surrogateescape")) + 1, 1) for path in full]


def parts(stem: str, total: int, *numbers: int, ending: str = "safetensors") -> list[FileEntry]:
    return files(*(f"{stem}-{n:05}-of-{total:05}.{ending}" for n in numbers or range(1, total + 1)))


def only(found: Grouping) -> Candidate:
    (candidate,) = found.candidates
    return candidate


def names(candidate: Candidate) -> list[str]:
    return [member.name for member in candidate.members]


def left(found: Grouping) -> list[tuple[str, str]]:
    return [(trouble.code, (trouble.path or "").rsplit("/", 1)[-1]) for trouble in found.left]


def test_a_single_file() -> None:
    candidate = only(group(files("Juggernaut XL_v9.safetensors"), []))
    assert candidate.name == "Juggernaut XL_v9"
    assert candidate.model_format is ModelFormat.SINGLE_FILE
    assert candidate.missing == ()
    assert candidate.complete_known
    assert candidate.main.role is Role.WEIGHTS
    assert candidate.main.shard_index is None


def test_five_pasted_parts_are_one_complete_model() -> None:
    candidate = only(group(list(reversed(parts("Llama-3", 5))), []))
    assert candidate.name == "Llama-3"
    assert candidate.model_format is ModelFormat.SHARDED_SET
    assert [(m.shard_index, m.shard_total) for m in candidate.weights] == [(n, 5) for n in range(1, 6)]
    assert candidate.missing == ()
    assert candidate.main.name == "Llama-3-00001-of-00005.safetensors"
    assert candidate.size_bytes == 50


def test_a_part_that_is_nowhere_is_missing() -> None:
    candidate = only(group(parts("Llama-3", 5, 1, 2, 4, 5), []))
    assert len(candidate.weights) == 4
    assert candidate.missing == (3,)
    assert candidate.complete_known


def test_parts_beside_the_picked_ones_belong_to_them() -> None:
    whole = parts("m", 4)
    candidate = only(group(whole[1:2], whole[:1] + whole[2:3] + files("other-00001-of-00002.safetensors")))
    assert [m.shard_index for m in candidate.weights] == [1, 2, 3]
    assert candidate.missing == (4,)


def test_sets_in_one_folder_stay_apart() -> None:
    found = group(parts("a", 2) + parts("b", 2) + parts("a", 3) + parts("a", 2, ending="gguf"), [])
    assert [(c.name, len(c.weights), c.missing) for c in found.candidates] == [
        ("a", 2, ()),
        ("b", 2, ()),
        ("a", 3, ()),
        ("a", 2, ()),
    ]
    assert found.left == ()


def test_the_same_names_in_two_folders_are_two_sets() -> None:
    found = group(
        files("/x/m-00001-of-00002.gguf", "/y/m-00001-of-00002.gguf", "/x/m-00002-of-00002.gguf"), []
    )
    assert [(len(c.weights), c.missing) for c in found.candidates] == [(2, ()), (1, (2,))]


@pytest.mark.parametrize(
    ("picked", "name", "missing", "known"),
    [
        (["q-00001-of-00002.gguf", "q-00002-of-00002.gguf"], "q", (), True),
        (["m.fp16-00001-of-00001.safetensors"], "m.fp16", (), True),
        (["m-00001-of-00001.fp16.safetensors"], "m.fp16", (), True),
        (["big.gguf.part1", "big.gguf.part2"], "big", (), False),
        (["big.gguf.part1", "big.gguf.part3"], "big", (2,), False),
        (["big.gguf.part2of3"], "big", (1, 3), True),
        (["w_00001.bin", "w_00002.bin", "w_00004.bin"], "w", (3,), False),
    ],
)
def test_forms_of_parts(picked: list[str], name: str, missing: tuple[int, ...], known: bool) -> None:
    candidate = only(group(files(*picked), []))
    assert candidate.model_format is ModelFormat.SHARDED_SET
    assert (candidate.name, candidate.missing, candidate.complete_known) == (name, missing, known)


@pytest.mark.parametrize(
    "picked",
    [
        ["lora_00002.safetensors"],
        ["lora_00500.safetensors", "lora_01000.safetensors"],
        ["w_00000.bin", "w_00001.bin", "w_00002.bin"],
        ["m-00000-of-00002.bin"],
        ["m-00003-of-00002.bin"],
        ["m-00001-of-99999.bin"],
        ["model-1-of-a-kind.bin"],
    ],
)
def test_names_that_only_look_like_parts_are_single_files(picked: list[str]) -> None:
    found = group(files(*picked), [])
    assert [c.name for c in found.candidates] == [name.rsplit(".", 1)[0] for name in picked]
    assert {c.model_format for c in found.candidates} == {ModelFormat.SINGLE_FILE}


def test_one_picked_check_point_does_not_bring_the_others() -> None:
    every = files("lora_00001.safetensors", "lora_00002.safetensors", "lora_00003.safetensors")
    assert names(only(group(every[1:2], every))) == ["lora_00002.safetensors"]


def test_two_files_with_one_part_number() -> None:
    found = group(files("m-00001-of-00002.gguf", "m-1-of-00002.gguf", "m-00002-of-00002.gguf"), [])
    assert names(only(found)) == ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]
    assert left(found) == [("refused", "m-1-of-00002.gguf")]
    assert "m-00001-of-00002.gguf" in found.left[0].message


def test_companions_go_along_picked_or_not() -> None:
    beside = files("Mix.preview.png", "Mix.civitai.info", "Mix.txt", "Mixture.json", "readme.md")
    candidate = only(group(files("Mix.safetensors", "Mix.yaml"), beside))
    assert {m.name: m.role for m in candidate.members} == {
        "Mix.safetensors": Role.WEIGHTS,
        "Mix.yaml": Role.CONFIG,
        "Mix.preview.png": Role.PREVIEW,
        "Mix.civitai.info": Role.OTHER,
        "Mix.txt": Role.OTHER,
    }
    assert candidate.main.name == "Mix.safetensors"


def test_companions_of_another_folder_stay_there() -> None:
    found = group(files("/a/x.gguf", "/b/x.json"), [])
    assert names(only(found)) == ["x.gguf"]
    assert left(found) == [("no_weights", "x.json")]


def test_an_index_file_goes_with_its_set_and_is_named() -> None:
    beside = files("m.safetensors.index.json", "other.safetensors.index.json", "config.json")
    candidate = only(group(parts("m", 2), beside))
    assert [(m.name, m.role) for m in candidate.members[2:]] == [("m.safetensors.index.json", Role.CONFIG)]
    assert any("m.safetensors.index.json" in note for note in candidate.notes)


def test_files_without_weights_are_left_with_a_reason() -> None:
    picked = files("readme.txt", "photo.png", "notes.xyz")
    found = group(picked, [], explicit=[picked[0].path])
    assert found.candidates == ()
    assert left(found) == [
        ("no_weights", "readme.txt"),
        ("no_weights", "photo.png"),
        ("no_weights", "notes.xyz"),
    ]
    assert all(trouble.message for trouble in found.left)


def test_an_unknown_ending_counts_when_a_person_named_the_file() -> None:
    picked = files("mix_v1.5", "mixture.xyz")
    assert group(picked, []).candidates == ()
    found = group(picked, [], explicit=[entry.path for entry in picked])
    assert [c.name for c in found.candidates] == ["mix_v1.5", "mixture"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/m/Great LoRA/pytorch_model.bin", "Great LoRA"),
        ("/m/sdxl/unet/diffusion_pytorch_model.fp16.safetensors", "sdxl-unet"),
        ("/m/Llama-3/model-00001-of-00001.safetensors", "Llama-3"),
        ("/home/u/Downloads/model.safetensors", "model"),
        ("/ComfyUI/models/vae/diffusion_pytorch_model.safetensors", "diffusion_pytorch_model"),
        ("/model.safetensors", "model"),
    ],
)
def test_a_name_that_says_nothing_gives_way_to_the_folders(path: str, name: str) -> None:
    assert only(group(files(path), [])).name == name


@pytest.mark.parametrize("ending", ["part", "incomplete", "crdownload", "aria2"])
def test_half_downloads_are_refused(ending: str) -> None:
    picked = files(f"x.safetensors.{ending}")
    found = group(picked, [], explicit=[picked[0].path])
    assert found.candidates == ()
    assert left(found) == [("refused", f"x.safetensors.{ending}")]
    assert "half a download" in found.left[0].message


def test_a_control_file_beside_it_makes_a_half_download() -> None:
    found = group(files("x.gguf", "y.gguf"), files("x.gguf.aria2"))
    assert names(only(found)) == ["y.gguf"]
    assert left(found) == [("refused", "x.gguf")]


def test_a_half_part_is_missing() -> None:
    found = group(parts("m", 2, 1) + files("m-00002-of-00002.safetensors.part"), [])
    assert only(found).missing == (2,)
    assert left(found) == [("refused", "m-00002-of-00002.safetensors.part")]


def test_the_same_path_twice_counts_once() -> None:
    picked = files("x.gguf")
    assert len(group(picked * 2, picked).candidates) == 1


def test_one_inode_counts_once_and_is_said() -> None:
    picked = [FileEntry("/a/x.gguf", 10, 0, 7, 1), FileEntry("/b/y.gguf", 10, 0, 7, 1)]
    candidate = only(group(picked, []))
    assert names(candidate) == ["x.gguf"]
    assert any("/b/y.gguf" in note for note in candidate.notes)


def test_files_without_inode_numbers_are_all_different() -> None:
    assert len(group([FileEntry(f"/a/{n}.gguf", 10, 0, 0, 1) for n in range(3)], []).candidates) == 3


def test_a_hard_linked_copy_of_a_whole_set_counts_once() -> None:
    def linked(folder: str, numbers: Sequence[int]) -> list[FileEntry]:
        return [FileEntry(f"{folder}/m-0000{n}-of-00002.gguf", 10, 0, n, 1) for n in numbers]

    assert only(group(linked("/a", (1, 2)) + linked("/b", (1, 2)), [])).main.entry.path.startswith("/a/")
    assert len(group(linked("/a", (1,)) + linked("/b", (1, 2)), []).candidates) == 2


def test_names_with_line_breaks_and_raw_bytes() -> None:
    picked = files("a\nb-00001-of-00002.gguf", "a\nb-00002-of-00002.gguf", "caf\udce9.gguf")
    assert [c.name for c in group(picked, []).candidates] == ["a\nb", "caf\udce9"]


file_names = st.from_regex(
    r"[ab](-0000[123]-of-0000[23]|_0000[1-4])?\.(safetensors|gguf|json|preview\.png|xyz)(\.part[12]?|\.aria2)?",
    fullmatch=True,
)


@given(st.lists(file_names, max_size=12), st.lists(file_names, max_size=6), st.booleans())
def test_every_picked_file_is_in_a_candidate_or_left(picked: list[str], near: list[str], named: bool) -> None:
    entries = files(*picked)
    found = group(entries, files(*near), explicit=[e.path for e in entries] if named else ())
    members = [m.entry.path for c in found.candidates for m in c.members]
    weights = [m.entry.path for c in found.candidates for m in c.weights]
    over = [trouble.path for trouble in found.left]
    assert {e.path for e in entries} == ({*members} | {*over}) & {e.path for e in entries}
    assert not {*members} & {*over}
    assert len(set(weights)) == len(weights)
    assert len(set(over)) == len(over)
    for candidate in found.candidates:
        present = {m.shard_index for m in candidate.weights}
        assert not present & set(candidate.missing)


def test_extension() -> None:
    assert extension("A.SafeTensors") == ".safetensors"
    assert extension("none") == ""
