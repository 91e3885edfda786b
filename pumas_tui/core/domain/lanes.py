"""Lanes: the physical devices that a job keeps busy, and whether each of them has room for one more.

A job's lane is one text in its row: every device it reads or writes, as `kind:name`, joined by `+`:
`hdd:sda+ssd:nvme0n1`. Jobs on different devices never wait for each other. An empty lane needs no device.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, unquote


class DeviceKind(StrEnum):
    """What limits a device: seeking (hdd), its own queue (ssd), the line (network)."""

    SSD = "ssd"
    HDD = "hdd"
    NETWORK = "network"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Device:
    """A physical disk by its kernel name (`sda`, `nvme0n1`), or a network mount by its source."""

    kind: DeviceKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{quote(self.name, safe='/:', errors='surrogateescape')}"


def lane(devices: Iterable[Device]) -> str:
    """The lane of a job that uses all of these; the same for the same devices in any order."""
    return "+".join(sorted({str(device) for device in devices}))


def parts(text: str) -> tuple[str, ...]:
    """The devices of a lane, each as it stands there."""
    return tuple(part for part in text.split("+") if part)


def shared(one: str, other: str) -> bool:
    """Two lanes have a device in common."""
    return not set(parts(one)).isdisjoint(parts(other))


@dataclass(frozen=True, slots=True)
class Widths:
    """How many jobs may use a device at once: by its name, else by its kind, else one."""

    by_name: Mapping[str, int] = field(default_factory=dict)

    def of(self, part: str) -> int:
        """The width of one device of a lane."""
        kind, _, name = part.partition(":")
        plain = unquote(name, errors="surrogateescape")
        return self.by_name.get(plain, self.by_name.get(kind, 1))


@dataclass(frozen=True, slots=True)
class Turns:
    """Who goes next: the widths, and whether the owner of a running job still lives (and holds its place)."""

    widths: Widths = field(default_factory=Widths)
    lives: Callable[[str], bool] = lambda owner: True


def load(texts: Iterable[str]) -> Counter[str]:
    """How many of these lanes use each device."""
    return Counter(part for text in texts for part in set(parts(text)))


def has_room(text: str, busy: Mapping[str, int], widths: Widths) -> bool:
    """Every device of the lane may take one more job."""
    return all(busy.get(part, 0) < widths.of(part) for part in parts(text))
