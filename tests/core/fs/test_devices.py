"""Which disks are under a path, told by trees like those the kernel shows below /sys."""

import os
from pathlib import Path

import pytest

from pumas_tui.core.domain import lanes
from pumas_tui.core.domain.lanes import Device, DeviceKind, Widths
from pumas_tui.core.fs import devices, scan

SSD, HDD = DeviceKind.SSD, DeviceKind.HDD


class Sys:
    """A /sys with block devices."""

    def __init__(self, top: Path) -> None:
        self.top = top
        (top / "dev" / "block").mkdir(parents=True)

    def _number(self, number: str, folder: Path) -> None:
        (self.top / "dev" / "block" / number).symlink_to(os.path.relpath(folder, self.top / "dev" / "block"))

    def disk(self, number: str, name: str, rotational: str | None, bus: str = "pci0/ata1") -> Path:
        """A whole disk."""
        folder = self.top / "devices" / bus / "block" / name
        (folder / "queue").mkdir(parents=True)
        (folder / "slaves").mkdir()
        if rotational is not None:
            (folder / "queue" / "rotational").write_text(f"{rotational}\n")
        self._number(number, folder)
        return folder

    def partition(self, number: str, disk: Path, name: str) -> Path:
        """A part of a disk, inside its folder as the kernel has it."""
        folder = disk / name
        folder.mkdir()
        (folder / "partition").write_text("1\n")
        self._number(number, folder)
        return folder

    def stacked(self, number: str, name: str, *below: Path) -> Path:
        """dm or md, made of others."""
        folder = self.disk(number, name, "0", "virtual")
        for other in below:
            (folder / "slaves" / other.name).symlink_to(os.path.relpath(other, folder / "slaves"))
        return folder

    def disks(self, number: str) -> list[Device]:
        """What the program finds under a device number."""
        major, minor = map(int, number.split(":"))
        return list(devices.disks(major, minor, str(self.top)))


@pytest.fixture
def sys(tmp_path: Path) -> Sys:
    return Sys(tmp_path / "sys")


def test_a_disk_and_its_partition_are_one_device(sys: Sys) -> None:
    sys.partition("8:1", sys.disk("8:0", "sda", "1"), "sda1")
    assert sys.disks("8:0") == sys.disks("8:1") == [Device(HDD, "sda")]


def test_nvme(sys: Sys) -> None:
    disk = sys.disk("259:0", "nvme0n1", "0", "virtual/nvme-subsystem/nvme-subsys0")
    sys.partition("259:3", disk, "nvme0n1p3")
    assert sys.disks("259:3") == [Device(SSD, "nvme0n1")]


def test_a_volume_on_a_crypt_device_on_an_array_is_all_its_disks(sys: Sys) -> None:
    first = sys.partition("8:1", sys.disk("8:0", "sda", "1"), "sda1")
    second = sys.partition("8:17", sys.disk("8:16", "sdb", "0"), "sdb1")
    crypt = sys.stacked("253:0", "dm-0", sys.stacked("9:0", "md0", first, second))
    sys.stacked("253:1", "dm-1", crypt)
    assert sys.disks("253:1") == [Device(HDD, "sda"), Device(SSD, "sdb")]


def test_a_disk_that_does_not_say_is_unknown_and_a_number_without_device_is_none(sys: Sys) -> None:
    sys.disk("8:0", "sda", None)
    sys.disk("8:16", "sdb", "maybe")
    assert [sys.disks(n)[0].kind for n in ("8:0", "8:16")] == [DeviceKind.UNKNOWN] * 2
    assert sys.disks("8:32") == []


def test_devices_made_of_themselves_end(sys: Sys) -> None:
    folder = sys.disk("253:0", "dm-0", "0")
    (folder / "slaves" / "dm-0").symlink_to("..")
    assert sys.disks("253:0") == []


def test_the_lane_of_an_import_has_both_ends(tmp_path: Path, sys: Sys) -> None:
    (tmp_path / "file").write_text("")
    entry = scan.entry(str(tmp_path / "file"))
    if os.major(entry.dev) == 0:
        pytest.skip(f"{tmp_path} is not on a block device")
    sys.disk(f"{os.major(entry.dev)}:{os.minor(entry.dev)}", "sdx", "1")
    [lane, memory] = devices.lanes_of(str(tmp_path / "later"), [[entry], []], str(sys.top))
    assert lane == memory == "hdd:sdx"
    [both] = devices.lanes_of("/dev/shm", [[entry]], str(sys.top))
    assert lanes.parts(both) == ("hdd:sdx", "ssd:memory")


def test_this_machine_has_a_lane(tmp_path: Path) -> None:
    [lane] = devices.lanes_of(str(tmp_path), [[]])
    assert len(lanes.parts(lane)) >= 1


@pytest.mark.parametrize("name", ["server:/export", "//nas/a+b", "ünï 1", os.fsdecode(b"\xff:/x")])
def test_any_name_makes_one_part_that_a_width_finds(name: str) -> None:
    lane = lanes.lane([Device(DeviceKind.NETWORK, name), Device(SSD, "vda")])
    assert lane.isascii() and len(lanes.parts(lane)) == 2
    widths = Widths({name: 5, "ssd": 2, "network": 3})
    assert sorted(widths.of(part) for part in lanes.parts(lane)) == [2, 5]


def test_the_name_goes_before_the_kind_and_without_either_it_is_one() -> None:
    widths = Widths({"ssd": 2, "sda": 4})
    assert [widths.of(part) for part in ("ssd:vda", "ssd:sda", "hdd:sdb")] == [2, 4, 1]


def test_room_is_needed_on_every_device() -> None:
    widths = Widths({"ssd": 2, "hdd": 1})
    busy = lanes.load(["hdd:sda+ssd:vda", "ssd:vdb"])
    rooms = [lanes.has_room(lane, busy, widths) for lane in ("ssd:vda", "hdd:sda+ssd:vda", "hdd:sdb", "")]
    assert rooms == [True, False, True, True]
    assert lanes.shared("hdd:sda+ssd:vda", "ssd:vda") and not lanes.shared("hdd:sda", "hdd:sdb")
