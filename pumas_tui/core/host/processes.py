"""Running programs that read models, and container runtimes, as /proc shows them.

Formats: /proc/PID/{cmdline,cwd,comm} as in proc(5). Reads are bounded; processes of other users show nothing.
"""

import os
from dataclasses import dataclass

from pumas_tui.core.domain import apps

_MOST_PROCESSES = 20_000
_MOST_BYTES = 16 << 10


@dataclass(frozen=True, slots=True)
class Running:
    """`folders`: where programs were started that look like apps. `containers` names a container runtime."""

    folders: tuple[str, ...]
    containers: str = ""


def running(proc: str = "/proc") -> Running:
    """Look at all processes once. Never raises: a process may end while it is looked at."""
    folders: dict[str, None] = {}
    containers = ""
    try:
        pids = [name for name in os.listdir(proc) if name.isdecimal()][:_MOST_PROCESSES]
    except OSError:
        return Running(())
    for pid in pids:
        containers = containers or apps.container_runtime(_read(f"{proc}/{pid}/comm").strip())
        argv = _read(f"{proc}/{pid}/cmdline").split("\0")
        if apps.may_be_app(argv):
            folders.update(dict.fromkeys(apps.folders_of_process(argv, _cwd(f"{proc}/{pid}/cwd"))))
    return Running(tuple(folders), containers)


def _read(path: str) -> str:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.fsdecode(os.read(fd, _MOST_BYTES))
    except OSError:
        return ""
    finally:
        os.close(fd)


def _cwd(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
