"""Stopped copies: kept, gone on with by who wants the same files, thrown away only where nothing is lost."""

import hashlib
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pumas_tui.core.domain import resuming
from pumas_tui.core.domain.errors import CancelledError
from pumas_tui.core.domain.ids import ModelUid, new_model_uid, new_operation_id
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.fs import copying, marker, ops_share, scan, staging
from pumas_tui.core.fs.copying import CopiedFile
from pumas_tui.core.fs.manifest import Manifest, manifest_path
from pumas_tui.core.fs.staging import Staging

CONTENT = hashlib.shake_128(b"adopted").digest(3 << 20)
NAME = "model.bin"


class Place:
    """A library and a source beside it."""

    def __init__(self, folder: Path) -> None:
        self.paths = LibraryPaths(str(folder / "root"))
        Path(self.paths.models).mkdir(parents=True)
        marker.create(self.paths.models)
        self.source = folder / "source.bin"
        self.source.write_bytes(CONTENT)
        self.uid = new_model_uid()

    def manifest(self, mode: str = "copy", uid: ModelUid | None = None) -> Manifest:
        copies = {NAME: scan.entry(str(self.source))}
        return staging.new_manifest(new_operation_id(), mode, copies, uid or self.uid)

    def copy(self, staged: Staging, stop_after: int | None = None) -> CopiedFile:
        """Copy on from what is there. Raises CancelledError once more than `stop_after` bytes are there."""
        cancel = threading.Event()

        def on_bytes(done: int) -> None:
            if stop_after is not None and done >= stop_after:
                cancel.set()

        return copying.copy_hashed(
            str(self.source),
            f"{staged.dir}/{NAME}",
            expect=scan.entry(str(self.source)),
            cancel=cancel,
            on_bytes=on_bytes,
            alone=False,
            have=staged.have.get(NAME),
        )

    def stopped(self, *, dead: bool = False, boot: str | None = None) -> Staging:
        """An operation that copied a third; of a process that is gone, of this boot or another one."""
        made = self.manifest()
        started = 1 if dead else made.owner.started
        owner = replace(made.owner, started=started, boot_id=boot or made.owner.boot_id)
        staged = staging.begin(self.paths, replace(made, owner=owner))
        with pytest.raises(CancelledError):
            self.copy(staged, stop_after=1 << 20)
        return staged

    def go_on(self) -> Staging:
        wanted = self.manifest(uid=new_model_uid())
        return staging.begin(self.paths, wanted, staging.find(self.paths, wanted))

    def in_staging(self) -> list[str]:
        return sorted(os.listdir(self.paths.staging))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def size_of(staged: Staging) -> int:
    return Path(f"{staged.dir}/{NAME}").stat().st_size


def test_a_parked_copy_is_gone_on_with_and_not_copied_again(place: Place) -> None:
    first = place.stopped()
    copied, inode = size_of(first), Path(f"{first.dir}/{NAME}").stat().st_ino
    assert first.park() == copied == 1 << 20
    second = place.go_on()
    assert second.have == {NAME: copied}
    assert Path(f"{second.dir}/{NAME}").stat().st_ino == inode
    done = place.copy(second)
    assert done.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert Path(f"{second.dir}/{NAME}").read_bytes() == CONTENT
    second.discard()
    assert place.in_staging() == []


def test_a_copy_whose_process_was_killed_is_gone_on_with(place: Place) -> None:
    place.stopped(dead=True).close()
    assert place.go_on().have == {NAME: 1 << 20}


def test_a_live_copy_is_left_alone(place: Place) -> None:
    running = place.stopped()
    assert place.go_on().have == {}
    assert size_of(running) == 1 << 20


def test_after_a_reboot_only_what_was_brought_to_the_disk_counts(place: Place) -> None:
    place.stopped(dead=True, boot="earlier").close()
    assert place.go_on().have == {}
    assert staging.sweep(place.paths, {place.uid}).kept == ()
    place.stopped(dead=True, boot="earlier").park()
    assert place.go_on().have == {NAME: 1 << 20}


@pytest.mark.parametrize("change", ["append", "replace", "touch"])
def test_a_copy_of_a_source_that_changed_is_not_gone_on_with(place: Place, change: str) -> None:
    place.stopped(dead=True).close()
    if change == "append":
        with place.source.open("ab") as file:
            file.write(b"x")
    elif change == "touch":
        os.utime(place.source, ns=(1, 1))
    else:
        status = place.source.stat()
        fresh = place.source.with_name("fresh")
        fresh.write_bytes(CONTENT)
        os.utime(fresh, ns=(status.st_mtime_ns, status.st_mtime_ns))
        fresh.rename(place.source)
    assert place.go_on().have == {}


def test_a_copy_that_lost_its_end_is_not_gone_on_with(place: Place) -> None:
    first = place.stopped(dead=True)
    first.close()
    with Path(f"{first.dir}/{NAME}").open("r+b") as file:
        file.seek((1 << 20) - 4096)
        file.write(bytes(4096))
    assert place.go_on().have == {}


def test_of_two_that_want_the_same_copy_one_gets_it(place: Place) -> None:
    place.stopped().park()
    wanted = [place.manifest(uid=new_model_uid()) for _ in range(2)]
    found = [staging.find(place.paths, one) for one in wanted]
    began = [staging.begin(place.paths, one, f) for one, f in zip(wanted, found, strict=True)]
    assert [one.have for one in began] == [{NAME: 1 << 20}, {}]
    for one in began:
        assert place.copy(one).sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_a_sweep_keeps_what_a_job_wants_and_clears_the_rest(place: Place) -> None:
    kept = place.stopped(dead=True)
    kept.close()
    report = staging.sweep(place.paths, {place.uid})
    assert (report.kept, report.removed, report.leftovers) == ((kept.manifest.op,), (), ())
    assert staging.sweep(place.paths).removed == (kept.manifest.op,)
    assert place.in_staging() == []


def test_dropping_clears_what_was_parked_here(place: Place) -> None:
    place.stopped().park()
    assert staging.drop(place.paths, {new_model_uid()}) == ()
    assert len(staging.drop(place.paths, {place.uid})) == 1
    assert place.in_staging() == []


def test_parking_gives_back_the_last_bytes(place: Place) -> None:
    first = place.stopped()
    assert first.park(give_back=1000) == (1 << 20) - 1000
    second = place.go_on()
    assert place.copy(second).sha256 == hashlib.sha256(CONTENT).hexdigest()
    second.discard()
    assert place.stopped().park(give_back=1 << 20) == 0
    assert place.in_staging() == []


def test_the_last_files_are_given_back_first() -> None:
    assert resuming.kept([10, 20, 30], 0) == [10, 20, 30]
    assert resuming.kept([10, 20, 30], 35) == [10, 15, 0]
    assert resuming.kept([10, 20, 30], 100) == [0, 0, 0]


def _linked(place: Place, *, dead: bool = False) -> Staging:
    made = place.manifest("hardlink")
    owner = replace(made.owner, started=1 if dead else made.owner.started)
    staged = staging.begin(place.paths, replace(made, owner=owner))
    fd = os.open(place.source, os.O_RDONLY)
    ops_share.hard_link(fd, f"{staged.dir}/{NAME}")
    os.close(fd)
    return staged


def test_a_hard_link_goes_while_the_source_is_the_same_file_even_if_it_changed(place: Place) -> None:
    place.source.write_bytes(b"changed")
    _linked(place).discard()
    _linked(place, dead=True).close()
    os.utime(place.source, ns=(1, 1))
    assert staging.sweep(place.paths, {place.uid}).kept == ()
    assert place.in_staging() == []
    assert place.source.read_bytes() == b"changed"


@pytest.mark.parametrize("how", ["gone", "another file"])
def test_a_hard_link_that_is_the_last_name_stays_and_is_told(place: Place, how: str) -> None:
    staged = _linked(place, dead=True)
    place.source.unlink()
    if how == "another file":
        place.source.write_bytes(CONTENT)
    staged.discard()
    assert Path(f"{staged.dir}/{NAME}").read_bytes() == CONTENT
    (left,) = staging.sweep(place.paths).leftovers
    assert str(place.source) in left.reason
    assert Path(f"{staged.dir}/{NAME}").read_bytes() == CONTENT
    assert Path(manifest_path(place.paths, staged.manifest.op)).exists()
