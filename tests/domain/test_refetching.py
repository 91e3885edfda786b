"""What a model lacks, which files of a repository take their places, what metadata.json says afterwards."""

from pumas_tui.core.domain.files import Role
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.ids import ModelId, new_model_uid
from pumas_tui.core.domain.refetching import Came, Lack, Lacking, Own, Wanted, completed, found_in, wanted

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def own(name: str, sha256: str = A, role: Role = Role.WEIGHTS) -> Own:
    return Own(name, name, 7, sha256, role)


def lacking(wants: list[Wanted], *files: Own) -> Lacking:
    return Lacking(ModelId("llm/x/m"), new_model_uid(), "m", files, tuple(wants))


def test_an_index_tells_parts_whose_names_tell_nothing() -> None:
    index = own("unet/model.safetensors.index.json", B, Role.CONFIG)
    files = [own("unet/one.safetensors"), index]
    lists = {index.name: ["unet/one.safetensors", "unet/two.safetensors", "unet/three.bin"]}
    [absent] = wanted(files, {}, lists)
    assert (absent.name, absent.lack) == ("unet/two.safetensors", Lack.NEVER), "a .bin is of another set"
    repo = HubModel(
        "o/m", files=(HubFile("unet/one.safetensors", 7, A), HubFile("unet/two.safetensors", 8, C))
    )
    [[got], left] = found_in(lacking([absent], *files), repo)
    assert (got.file.path, got.sha256, left) == ("unet/two.safetensors", C, ())


def test_what_is_on_record_is_told_once_and_first() -> None:
    files = [own("m-00001-of-00003.gguf"), own("m-00002-of-00003.gguf", B)]
    found = wanted(files, {"m-00002-of-00003.gguf": Lack.GONE}, {})
    assert [(one.name, one.lack, one.sha256) for one in found] == [
        ("m-00002-of-00003.gguf", Lack.GONE, B),
        ("m-00003-of-00003.gguf", Lack.NEVER, ""),
    ]


def test_a_small_file_without_a_hash_on_the_hub_is_taken_by_name_and_size() -> None:
    config = Wanted("config.json", Lack.GONE, "config.json", 7, A)
    same, other = HubFile("config.json", 7), HubFile("config.json", 8)
    [[got], _] = found_in(lacking([config]), HubModel("o/m", files=(same,)))
    assert got.sha256 == A, "what settles it is the hash on record"
    [none, [(_, why)]] = found_in(lacking([config]), HubModel("o/m", files=(other,)))
    assert none == () and "another content" in why


def test_one_file_of_a_repository_takes_one_place() -> None:
    twins = [Wanted(name, Lack.GONE, name, 7, A) for name in ("x.bin", "y.bin")]
    [[got], [(left, why)]] = found_in(lacking(twins), HubModel("o/m", files=(HubFile("x.bin", 7, A),)))
    assert (got.wanted.name, left.name) == ("x.bin", "y.bin") and "x.bin" in why


def test_new_parts_stand_where_they_belong_and_all_else_stays() -> None:
    parts = [{"name": f"m-0000{n}-of-00004.gguf", "size": 5, "role": "weights"} for n in (2, 4)]
    rest = {"name": "config.json", "size": 2, "role": "config", "mine": None}
    document = {"files": [*parts, rest], "size_bytes": 12, "notes": "mine"}
    came = [Came(f"m-0000{n}-of-00004.gguf", "", 5, A, "") for n in (1, 3)]
    after = completed(document, came)
    assert [file["name"][6:7] for file in after["files"]] == ["1", "2", "3", "4", "."]
    assert after["files"][-1] == rest
    assert (after["size_bytes"], after["notes"]) == (22, "mine")
    assert (after["files"][0]["shard_index"], after["files"][0]["shard_total"]) == (1, 4)
    assert completed(after, came) == after
