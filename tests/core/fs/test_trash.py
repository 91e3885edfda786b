"""Trashes: where displaced things find a place, that they can be told and brought back, and how they go."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pumas_tui.core.domain import ids
from pumas_tui.core.domain.app_records import App, MountFacts
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import DamagedError, DiskError
from pumas_tui.core.domain.ids import OperationId
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.operations import Step, StepKind, StepState
from pumas_tui.core.fs import ops_remove, steps, trash
from pumas_tui.core.fs.trash import Manifest, Trashed
from tests.support.disks import NoDiskError, bind, tmpfs
from tests.support.entries import tree

OP = ids.new_operation_id()
LIBRARY = ids.new_library_id()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """An app with one kind folder that holds a file."""
    (tmp_path / "app" / "loras").mkdir(parents=True)
    (tmp_path / "app" / "loras" / "style\udcff.pt").write_bytes(b"theirs")
    return tmp_path / "app"


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    try:
        with tmpfs(tmp_path / "disk", 1 << 20) as folder:
            yield folder
    except NoDiskError as error:
        pytest.skip(f"needs a second file system: {error}")


def find(base: Path, folder: Path, *others: Path) -> str | None:
    return trash.find_place(OP, str(base), str(folder), [str(other) for other in others])


def put(place: str, file: Path, op: OperationId = OP) -> str:
    """Displace a file into an opened trash; its path there."""
    before = steps.look(str(file))
    kept = Trashed(file.name, str(file), before, "ab" * 32)
    trash.open_trash(place, Manifest(op, LIBRARY, 1_700_000_000.5, (kept,)))
    to = f"{place}/{file.name}"
    moved = Step(1, StepKind.MOVE, str(file), "absent", before, detail={"to": to, "why": "trash"})
    assert steps.perform_group([moved])[0].state is StepState.DONE
    return to


def test_the_apps_own_folder_comes_first_and_trying_leaves_nothing(base: Path) -> None:
    before = tree(base.parent)
    assert trash.likely(str(base), f"{base}/loras")
    assert find(base, base / "loras") == f"{base}/.pumas-trash/{OP}"
    assert tree(base.parent) == before


def test_a_kind_folder_on_another_disk_has_its_trash_there(base: Path, other_disk: Path) -> None:
    """Whole kinds often lie elsewhere; a rename leads no further than to the top of that disk."""
    kind = other_disk / "models" / "loras"
    kind.mkdir(parents=True)
    before = tree(other_disk)
    assert find(base, kind) == f"{kind.parent}/.pumas-trash/{OP}"
    assert tree(other_disk) == before


def test_where_the_trash_beside_it_is_somebody_elses_the_top_of_the_disk_takes_it(
    base: Path, other_disk: Path
) -> None:
    kind = other_disk / "models" / "loras"
    kind.mkdir(parents=True)
    theirs = kind.parent / ".pumas-trash"
    top = f"{other_disk}/.pumas-trash-{os.geteuid()}/{OP}"
    theirs.symlink_to("/tmp")
    assert find(base, kind) == top
    theirs.unlink()
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    assert find(base, kind) == top


def test_no_trash_lies_in_a_kind_folder(base: Path, other_disk: Path) -> None:
    """Not in the one that is emptied, nor in one around it: the app would list what was thrown away."""
    inner = base / "loras" / "old"
    inner.mkdir()
    try:
        with bind(inner, base / "loras" / "old") as kind:  # its own mount: the app's trash is out of reach
            own = f"{kind}/.pumas-trash-{os.geteuid()}/{OP}"
            assert find(base, kind, base / "loras") is None, own
            assert not trash.likely(str(base), str(kind), [f"{base}/loras"])
    except NoDiskError as error:
        pytest.skip(f"needs a bind mount: {error}")
    assert find(base / "loras", base / "loras") != f"{base}/loras/.pumas-trash/{OP}"


def test_what_was_put_there_is_told_with_its_place_and_can_come_back(base: Path) -> None:
    file = base / "loras" / "style\udcff.pt"
    before = tree(base)
    place = f"{base}/.pumas-trash/{OP}"
    to = put(place, file)
    assert Path(place).stat().st_mode & 0o777 == Path(place).parent.stat().st_mode & 0o777 == 0o700
    [kept] = trash.read(place).items
    assert (kept.original, kept.sha256) == (str(file), "ab" * 32)
    [item] = trash.list_in([f"{base}/.pumas-trash", f"{base}/none"])
    assert (item.place, item.original, item.name, item.kind) == (to, str(file), file.name, "displaced")
    assert (item.size_bytes, item.names, item.at, item.op_id) == (6, 1, 1_700_000_000.5, OP)
    back = Step(1, StepKind.MOVE, to, "absent", steps.look(to), detail={"to": str(file), "why": "restore"})
    assert steps.perform_group([back])[0].state is StepState.DONE
    assert trash.list_in([f"{base}/.pumas-trash"]) == []
    trash.forget_if_empty(place)
    assert tree(base) == before


def test_opening_it_again_after_a_crash_keeps_what_is_there(base: Path) -> None:
    place = f"{base}/.pumas-trash/{OP}"
    to = put(place, base / "loras" / "style\udcff.pt")
    trash.open_trash(place, trash.read(place))
    trash.forget_if_empty(place)
    assert Path(to).read_bytes() == b"theirs"
    assert trash.read(place).op == OP


def test_without_its_manifest_a_thing_is_listed_all_the_same(base: Path) -> None:
    place = f"{base}/.pumas-trash/{OP}"
    to = put(place, base / "loras" / "style\udcff.pt")
    for manifest in (b"{", b'{"op": 1}', b"[" * 100_000):
        Path(f"{place}.json").write_bytes(manifest)
        with pytest.raises(DamagedError):
            trash.read(place)
        [item] = trash.list_in([f"{base}/.pumas-trash"])
        assert (item.place, item.original) == (to, "")


def test_a_manifest_leads_nowhere_else(base: Path) -> None:
    """Names are taken as names: a manifest that somebody wrote cannot point out of its trash."""
    place = f"{base}/.pumas-trash/{OP}"
    put(place, base / "loras" / "style\udcff.pt")
    path = Path(f"{place}.json")
    for name in ("../x", "..", "", "a/b"):
        path.write_bytes(Manifest(OP, LIBRARY, 0.0, (Trashed(name, "/x", "absent"),)).to_bytes())
        with pytest.raises(DamagedError):
            trash.read(place)


def model_trash(tmp_path: Path) -> tuple[LibraryPaths, Path]:
    """A library with one deleted model in its trash; and where that is."""
    paths = LibraryPaths(str(tmp_path / "library"))
    model = Path(paths.models) / "llm" / "llama" / "tiny"
    (model / "sub").mkdir(parents=True)
    Path(paths.trash).mkdir()
    (model / "tiny.gguf").write_bytes(b"x" * 1000)
    (model / "sub" / "config.json").write_bytes(b"{}")
    os.link(model / "tiny.gguf", tmp_path / "other name")
    return paths, Path(put(f"{paths.trash}/{OP}", model))


def test_a_deleted_model_is_told_by_its_id_with_its_size_and_names(tmp_path: Path) -> None:
    paths, there = model_trash(tmp_path)
    [item] = trash.list_in(trash.places(paths, []))
    assert (item.kind, item.name, item.place) == ("model", "llm/llama/tiny", str(there))
    assert (item.size_bytes, item.names, item.ref) == (1002, 2, OP)


def test_emptying_removes_that_alone(tmp_path: Path) -> None:
    paths, there = model_trash(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"theirs")
    (there / "link").symlink_to(outside)
    (there / "sub" / "link").symlink_to(outside / "precious")
    for item in trash.list_in([paths.trash]):
        trash.empty(item)
    assert os.listdir(paths.trash) == []
    assert (outside / "precious").read_bytes() == b"theirs"
    assert (tmp_path / "other name").read_bytes() == b"x" * 1000


def test_emptying_enters_no_other_disk(tmp_path: Path) -> None:
    paths, there = model_trash(tmp_path)
    try:
        with tmpfs(there / "sub", 1 << 20) as mounted:
            (mounted / "precious").write_bytes(b"theirs")
            [item] = trash.list_in([paths.trash])
            with pytest.raises(DiskError):
                trash.empty(item)
            assert (mounted / "precious").read_bytes() == b"theirs"
    except NoDiskError as error:
        pytest.skip(f"needs a second file system: {error}")


def test_only_what_lies_in_a_trash_is_removed(tmp_path: Path) -> None:
    (tmp_path / "folder" / "op").mkdir(parents=True)
    (tmp_path / "folder" / "op" / "file").touch()
    (tmp_path / ".trash").symlink_to("folder")
    for bad in ("folder/op/file", ".trash/../folder", ".trash/op/..", ".pumas-trash-x/op/file"):
        with pytest.raises(ValueError, match="not in a trash"):
            ops_remove.remove_trashed(f"{tmp_path}/{bad}")
    ops_remove.remove_trashed(f"{tmp_path}/.trash/op/file")  # a link is not followed: nothing is there
    assert (tmp_path / "folder" / "op" / "file").exists()


def test_trashes_of_an_app_are_looked_for_where_its_folders_are(tmp_path: Path, base: Path) -> None:
    app = App(
        ids.new_app_uid(),
        AppKind.COMFYUI,
        "a",
        "",
        str(base),
        MountFacts("/", "ext4", "x"),
        {"loras": f"{base}/loras"},
    )
    put(f"{base}/.pumas-trash/{OP}", base / "loras" / "style\udcff.pt")
    places = trash.places(LibraryPaths(str(tmp_path)), [app])
    assert [item.op_id for item in trash.list_in(places, LIBRARY)] == [OP]
    assert OP not in [item.op_id for item in trash.list_in(places, ids.new_library_id())]
