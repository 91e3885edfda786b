"""The questions of the first start as pictures show them: a machine of which all is known beforehand."""

from typing import Any

from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.first_start import App, Detected, Disk, FirstStartFacts, Place
from pumas_tui.core.domain.lanes import DeviceKind
from pumas_tui.core.flows.first_start import FirstStart
from pumas_tui.tui.screens.first_start import FirstStartApp
from tests.support.stage import HOST, Shot, until

_GB = 10**9
_HOME = "/home/ubuntu"
_SYSTEM = Disk("/", "ext4", DeviceKind.SSD, 1, 41 * _GB, 100 * _GB)
_DATA = Disk("/data", "ext4", DeviceKind.SSD, 2, 1_100 * _GB, 2_000 * _GB)
_WORKSPACE = Disk("/workspace", "xfs", DeviceKind.HDD, 3, 300 * _GB, 4_000 * _GB)


def _app(kind: AppKind, version: str, path: str, disk: Disk, files: int, size: int) -> App:
    return App(kind, version, path, disk, files, size * _GB, (f"{path}/models",))


_APPS = (
    _app(AppKind.COMFYUI, "0.6.0", "/data/ComfyUI", _DATA, 48, 212),
    _app(AppKind.A1111, "1.10.1", "/opt/a1111", _SYSTEM, 11, 40),
    _app(AppKind.COMFYUI, "0.7.1", "/home/ann/ComfyUI", _SYSTEM, 0, 0),
)
_FACTS = FirstStartFacts(
    places=(
        Place("/workspace", _WORKSPACE, models=12),
        Place("/data", _DATA),
        Place(f"{_HOME}/.local/share/pumas", _SYSTEM),
    ),
    detected=Detected(_APPS, ("home folders", "/opt", "/workspace", "/data", "running processes")),
    containers="Docker",
    home=_HOME,
    config=f"{_HOME}/.config/pumas/settings.toml",
    default_root=f"{_HOME}/.local/share/pumas",
)


class _KnownMachine(FirstStart):
    """What a look would tell of a machine that does not depend on where pictures are taken."""

    async def facts(self) -> FirstStartFacts:
        return _FACTS


class FirstOnStage(FirstStartApp):
    """The questions as they are asked on that machine. Nothing is set up."""

    def __init__(self, *, ascii_only: bool = False, **_: Any) -> None:
        first = _KnownMachine(_HOME, _FACTS.default_root)
        super().__init__(first, ascii_only=ascii_only, gap_s=0, host=HOST)


async def step(pilot: Shot, number: int) -> None:
    """Go to this step with a new library on the disk of an app, and the apps that are proposed."""
    await until(pilot, "type another path")
    if number > 1:
        await pilot.press("j")
    for following in range(2, number + 1):
        await pilot.press("enter")
        await until(pilot, f"step {following} of 3")
    await pilot.pause()
