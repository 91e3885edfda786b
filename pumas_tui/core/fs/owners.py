"""Who holds a lock or runs an operation, so that others can tell whether it still lives and say who it is."""

import os
import pwd
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pumas_tui.core.fs import space


@dataclass(frozen=True, slots=True)
class Owner:
    """One process on one boot of one host. `started` is field 22 of /proc/PID/stat, in clock ticks: it tells
    a process from a later one with the same pid. `since` is ISO 8601 UTC."""

    host: str
    boot_id: str
    pid: int
    started: int
    since: str

    def lives(self, host: str, boot_id: str) -> bool:
        """It runs on this host and boot. Of another host's nothing is known: False."""
        return (self.host, self.boot_id) == (host, boot_id) and _started(self.pid) == self.started

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return asdict(self)


def from_json(values: Any) -> Owner:
    """Parse. Raises ValueError, KeyError, TypeError for anything else."""
    pid, started = values["pid"], values["started"]
    if type(pid) is not int or type(started) is not int or pid <= 0:
        raise ValueError("pid and started must be numbers")
    return Owner(str(values["host"]), str(values["boot_id"]), pid, started, str(values["since"]))


def this_process() -> Owner:
    """The calling process, as of now."""
    pid = os.getpid()
    since = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds")
    return Owner(space.host_name(), space.boot_id(), pid, _started(pid), since)


def _started(pid: int) -> int:
    """Start time in ticks since boot; -1 when there is no such process or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return -1
    return -1 if fields[0] in (b"Z", b"X") else int(fields[19])


def mark(owner: Owner) -> str:
    """One text for rows: `host/boot/pid/started`."""
    return f"{owner.host}/{owner.boot_id}/{owner.pid}/{owner.started}"


def runs(marked: str) -> bool:
    """The process behind a `mark` runs here. A text of another form, host or boot: False."""
    host, _, rest = marked.rpartition("/")[0].rpartition("/")[0].rpartition("/")
    numbers = marked.split("/")[-2:]
    if len(numbers) != 2 or not all(n.isdigit() for n in numbers):
        return False
    owner = Owner(host, rest, int(numbers[0]), int(numbers[1]), "")
    return owner.lives(space.host_name(), space.boot_id())


def user_name() -> str:
    """Who runs this: the login name, or the uid where it has none (containers)."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
