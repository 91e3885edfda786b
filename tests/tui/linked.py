"""The program on a library whose models are linked into an app: keys, and waiting for what they show."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from pumas_tui.core.library import Library, OpenOptions, RunJobs
from pumas_tui.tui.app import PumasApp
from pumas_tui.tui.modals.dialog import GRACE_S, Dialog
from tests.support.apps import comfyui, links
from tests.tui.conftest import Start, shown, until


class Session:
    """A running program: keys, and waiting for what they show."""

    def __init__(self, app: PumasApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, there: str | Callable[[str], bool]) -> str:
        wanted = (lambda text: there in text) if isinstance(there, str) else there
        try:
            await until(self.pilot, lambda: wanted(shown(self.app)))
        except AssertionError:
            raise AssertionError(f"{there!r} did not show up on:\n{shown(self.app)}") from None
        return shown(self.app)

    async def dialog(self, text: str) -> str:
        seen = await self.until(text)
        assert self.app.screen.query(Dialog)
        await self.pilot.pause(GRACE_S + 0.05)
        return seen

    async def health(self) -> str:
        await self.press("4")
        await self.until(lambda text: "checked " in text and "Checking links" not in text)
        return shown(self.app)


async def link_all(root: Path, app: Path) -> Path:
    """Add an app made at `app` to the library at `root` and link all that it can use; its models folder."""
    models = comfyui(app)
    async with Library.open(OpenOptions(str(root), run_jobs=RunJobs.NONE)) as library:
        await library.mapping.add_app(await library.mapping.propose(str(app)))
        await library.mapping.sync()
    assert links(models)
    return models


@asynccontextmanager
async def running(
    start: Start, root: Path, size: tuple[int, int] = (80, 24), *, readonly: bool = False
) -> AsyncIterator[Session]:
    async with start(root, size, readonly=readonly) as (app, pilot):
        yield Session(app, pilot)
