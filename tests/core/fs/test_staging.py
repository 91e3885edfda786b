"""Staging, publishing and the sweep: what a crash leaves is cleared when proven to be a copy, else told."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pumas_tui.core.domain.errors import DamagedError, DiskError
from pumas_tui.core.domain.ids import ModelUid, OperationId, new_operation_id
from pumas_tui.core.domain.layout import METADATA, LibraryPaths
from pumas_tui.core.fs import manifest as manifests
from pumas_tui.core.fs import marker, ops, scan, staging
from pumas_tui.core.fs.staging import Staging

UID = ModelUid("6c1f0e8e-7f0e-4e0c-9d0e-3a1b2c3d4e5f")
MODEL = "llm/llama/model"


@dataclass
class Place:
    """A library and a source beside it."""

    paths: LibraryPaths
    source: Path

    def begin(self, *, dead: bool = False, host: str | None = None, boot: str | None = None) -> Staging:
        """An operation; a dead one is of a process that had this pid earlier."""
        made = staging.new_manifest(
            new_operation_id(), "copy", {"model.bin": scan.entry(str(self.source))}, UID
        )
        owner = replace(
            made.owner,
            started=1 if dead else made.owner.started,
            host=host or made.owner.host,
            boot_id=boot or made.owner.boot_id,
        )
        return staging.begin(self.paths, replace(made, owner=owner))

    def staged(self, *, dead: bool = False, host: str | None = None, boot: str | None = None) -> Staging:
        """An operation with all of its files."""
        begun = self.begin(dead=dead, host=host, boot=boot)
        ops.write_new_file(f"{begun.dir}/model.bin", self.source.read_bytes())
        ops.write_new_file(f"{begun.dir}/{METADATA}", json.dumps({"uid": UID}).encode())
        return begun

    def crashed(self) -> OperationId:
        """What a process leaves that was killed before its commit."""
        begun = self.staged(dead=True)
        begun.close()
        return begun.manifest.op

    @property
    def final(self) -> Path:
        return Path(self.paths.models) / MODEL

    def in_staging(self) -> list[str]:
        return sorted(os.listdir(self.paths.staging))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    paths = LibraryPaths(str(tmp_path / "root"))
    Path(paths.models).mkdir(parents=True)
    marker.create(paths.models)
    source = tmp_path / "model.bin"
    source.write_bytes(b"weights")
    return Place(paths, source)


def test_commit_shows_the_whole_model_and_leaves_nothing(place: Place) -> None:
    staging.commit(place.staged(), str(place.final))
    assert sorted(p.name for p in place.final.iterdir()) == [METADATA, "model.bin"]
    assert place.in_staging() == []


def test_discard_gives_everything_back(place: Place) -> None:
    place.staged().discard()
    assert place.in_staging() == []
    assert place.source.read_bytes() == b"weights"


def test_commit_without_metadata_is_refused(place: Place) -> None:
    begun = place.begin()
    with pytest.raises(DiskError, match=METADATA):
        staging.commit(begun, str(place.final))
    assert not place.final.exists()
    begun.discard()


@pytest.mark.parametrize("final", ["../x/y", "a/b", "a/b/c/d", ".staging/b/c"])
def test_commit_outside_the_three_levels_is_refused(place: Place, final: str) -> None:
    begun = place.staged()
    with pytest.raises(ValueError):
        staging.commit(begun, f"{place.paths.models}/{final}")
    begun.discard()


def test_a_taken_name_changes_nothing_and_another_one_works(place: Place) -> None:
    place.final.mkdir(parents=True)
    (place.final / "theirs").write_text("kept")
    begun = place.staged()
    with pytest.raises(staging.NameTakenError):
        staging.commit(begun, str(place.final))
    staging.commit(begun, f"{place.final}-2")
    assert [p.name for p in place.final.iterdir()] == ["theirs"]
    assert (Path(f"{place.final}-2") / "model.bin").read_bytes() == b"weights"


def test_a_manifest_comes_back_even_with_bytes_that_are_no_text(tmp_path: Path, place: Place) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/odd-\xff\n.bin")
    Path(odd).write_bytes(b"x")
    made = staging.new_manifest(new_operation_id(), "copy", {"odd.bin": scan.entry(odd)}, UID, MODEL)
    begun = staging.begin(place.paths, made)
    assert manifests.read_manifest(manifests.manifest_path(place.paths, made.op)) == made
    begun.discard()


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"{}", b"[" * 100_000])
def test_a_manifest_that_is_none_is_damaged(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "m.json").write_bytes(raw)
    with pytest.raises(DamagedError):
        manifests.read_manifest(str(tmp_path / "m.json"))


def test_sweep_of_a_library_that_never_staged(place: Place) -> None:
    assert staging.sweep(place.paths) == staging.SweepReport((), (), ())


def test_sweep_clears_a_dead_operation(place: Place) -> None:
    op = place.crashed()
    report = staging.sweep(place.paths)
    assert (report.removed, report.leftovers) == ((op,), ())
    assert place.in_staging() == []
    assert place.source.read_bytes() == b"weights"


def test_sweep_leaves_a_live_operation_by_its_lock(place: Place) -> None:
    begun = place.staged(dead=True)  # as if its process could not be found: the lock alone protects it
    before = place.in_staging()
    assert staging.sweep(place.paths) == staging.SweepReport((), (), ())
    assert place.in_staging() == before
    staging.commit(begun, str(place.final))


def test_sweep_leaves_a_live_operation_by_its_process(place: Place) -> None:
    begun = place.staged()
    begun.close()  # as where locks do not work
    before = place.in_staging()
    assert staging.sweep(place.paths) == staging.SweepReport((), (), ())
    assert place.in_staging() == before


def test_another_hosts_operation_is_only_told(place: Place) -> None:
    place.staged(host="elsewhere", boot="b").close()
    before = place.in_staging()
    (left,) = staging.sweep(place.paths).leftovers
    assert left.host == "elsewhere" and left.age_s >= 0
    assert place.in_staging() == before


def test_an_earlier_boot_of_this_host_is_dead(place: Place) -> None:
    place.staged(boot="earlier").close()
    assert len(staging.sweep(place.paths).removed) == 1


def touch_source(place: Place) -> None:
    os.utime(place.source, (1, 1))


def lengthen_source(place: Place) -> None:
    place.source.write_bytes(b"weights and more")


def lose_source(place: Place) -> None:
    place.source.rename(place.source.with_name("elsewhere"))


@pytest.mark.parametrize("change", [touch_source, lengthen_source, lose_source])
def test_a_copy_whose_source_is_no_longer_there_stays(place: Place, change: Callable[[Place], None]) -> None:
    op = place.crashed()
    change(place)
    before = place.in_staging()
    (left,) = staging.sweep(place.paths).leftovers
    assert left.op == op and "source" in left.reason
    assert place.in_staging() == before


def test_a_staged_file_that_no_manifest_calls_a_copy_stays(place: Place) -> None:
    op = place.crashed()
    (Path(place.paths.staged(op)) / "precious").write_text("only here")
    (left,) = staging.sweep(place.paths).leftovers
    assert "precious" in left.reason
    assert (Path(place.paths.staged(op)) / "model.bin").exists()


def test_a_directory_without_a_manifest_stays(place: Place) -> None:
    op = place.crashed()
    os.unlink(manifests.manifest_path(place.paths, op))
    (left,) = staging.sweep(place.paths).leftovers
    assert left.op == op and "manifest" in left.reason


def test_strangers_in_staging_are_told_and_left(place: Place) -> None:
    place.begin().discard()
    (Path(place.paths.staging) / "notes.txt").write_text("kept")
    (left,) = staging.sweep(place.paths).leftovers
    assert (left.op, left.path) == ("", f"{place.paths.staging}/notes.txt")


def test_a_crash_after_the_publish_is_finished_and_told(place: Place) -> None:
    op = place.crashed()
    kept = replace(manifests.read_manifest(manifests.manifest_path(place.paths, op)), model_id=MODEL)
    Path(manifests.manifest_path(place.paths, op)).write_bytes(kept.to_bytes())
    place.final.parent.mkdir(parents=True)
    os.rename(place.paths.staged(op), place.final)
    report = staging.sweep(place.paths)
    assert report.published == (kept,)
    assert (report.removed, report.leftovers) == ((), ())
    assert place.in_staging() == []
    assert (place.final / "model.bin").read_bytes() == b"weights"


@pytest.mark.parametrize("staged", [True, False])
def test_an_empty_claim_is_freed(place: Place, staged: bool) -> None:
    op = place.crashed()
    kept = replace(manifests.read_manifest(manifests.manifest_path(place.paths, op)), model_id=MODEL)
    Path(manifests.manifest_path(place.paths, op)).write_bytes(kept.to_bytes())
    place.final.mkdir(parents=True)
    if not staged:
        os.rename(place.paths.staged(op), place.source.parent / "away")
    assert staging.sweep(place.paths).removed == (op,)
    assert not place.final.exists()
