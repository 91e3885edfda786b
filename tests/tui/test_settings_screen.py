"""The Settings screen: values with where they come from, changes that are saved, apps that come and go."""

from pathlib import Path

from textual import events
from textual.widgets import Input

from pumas_tui.core import settings
from pumas_tui.tui.app import PumasApp
from pumas_tui.tui.screens.settings import REST_S, SettingsScreen
from pumas_tui.tui.widgets.popup import Prompt
from tests.support.apps import links
from tests.tui.conftest import Start, shown, until
from tests.tui.test_mapping_screen import dialog, imported, loras, register, root, see

__all__ = ["imported", "loras", "root"]


def saved(tmp_path: Path) -> str:
    """The user's settings file; empty where there is none."""
    path = tmp_path / "config" / "pumas" / "settings.toml"
    return path.read_text() if path.exists() else ""


def in_front(app: PumasApp) -> str:
    """The row under the cursor."""
    return next((line for line in shown(app).splitlines() if line.startswith(" > ")), "")


async def test_every_setting_is_there_with_its_value_and_origin(root: Path, start: Start) -> None:
    async with start(root, (120, 60)) as (app, pilot):
        await pilot.press("5")
        seen = await see(pilot, app, "APPS (0)")
        await see(pilot, app, "library.root   from: default")
        screen = app.place
        assert isinstance(screen, SettingsScreen)
        for one in settings.listed():
            shown_value = "268 MB" if one.key == "import.reserve_bytes" else str(one.value)
            assert one.key == "library.root" or shown_value.lower() in seen.lower(), one.key
        assert "auto / copy / reflink / hardlink" in seen and str(root)[:20] in seen


async def test_space_takes_the_next_value_and_saves_it(root: Path, tmp_path: Path, start: Start) -> None:
    async with start(root) as (app, pilot):
        await pilot.press("5")
        await see(pilot, app, "from: default")
        await pilot.press("j")
        await until(pilot, lambda: "Import mode" in in_front(app))
        await pilot.press("space")
        await see(pilot, app, "import.mode = copy is saved. It counts from the next start on.")
        assert 'mode = "copy"' in saved(tmp_path)
        assert "copy" in in_front(app)
        await pilot.press("j")
        await see(pilot, app, "import.link   from: default")
        await pilot.press("k")
        await see(pilot, app, "import.mode   from: file")


async def test_enter_offers_the_values_there_are(root: Path, tmp_path: Path, start: Start) -> None:
    async with start(root) as (app, pilot):
        await pilot.press("5")
        await see(pilot, app, "from: default")
        await pilot.press("j", "enter")
        await see(pilot, app, "4  hardlink")
        await pilot.press("4")
        await see(pilot, app, "import.mode = hardlink is saved")
        assert 'mode = "hardlink"' in saved(tmp_path)


async def test_a_wrong_value_is_refused_and_nothing_is_saved(
    root: Path, tmp_path: Path, start: Start
) -> None:
    async with start(root, (120, 40)) as (app, pilot):
        await pilot.press("5")
        await see(pilot, app, "from: default")
        await pilot.press("j", "j", "j", "enter")
        await until(pilot, lambda: isinstance(app.focused, Input))
        assert isinstance(app.focused, Input) and app.focused.value == "268435456"
        app.focused.value = "a lot"
        await pilot.press("enter")
        await see(pilot, app, "import.reserve_bytes: must be a whole number")
        assert saved(tmp_path) == ""


async def test_a_size_is_typed_as_people_write_it(root: Path, tmp_path: Path, start: Start) -> None:
    async with start(root, (80, 24)) as (app, pilot):
        await pilot.press("5")
        await see(pilot, app, "from: default")
        await pilot.press("j", "j", "j", "enter")
        await until(pilot, lambda: isinstance(app.focused, Input))
        assert isinstance(app.focused, Input)
        app.focused.value = "2.5 GB"
        await pilot.press("enter")
        await see(pilot, app, "import.reserve_bytes = 2.5 GB is saved")
        assert "reserve_bytes = 2500000000" in saved(tmp_path)
        assert "2.5 GB" in in_front(app)


async def test_an_app_is_added_shown_with_its_plan_and_removed(root: Path, loras: Path, start: Start) -> None:
    async with start(root, (120, 40)) as (app, pilot):
        await pilot.press("5")
        await see(pilot, app, "APPS (0)")
        await pilot.press("i")
        await until(pilot, lambda: bool(app.screen.query(Prompt)))
        app.post_message(events.Paste(str(loras.parents[1])))
        await pilot.press("enter")
        await dialog(pilot, app, "Add ComfyUI?")
        await pilot.press("enter")
        await see(pilot, app, "13 new")
        assert app.place.PLACE == "mapping"
        await pilot.press("enter")
        await dialog(pilot, app, "Apply the plan")
        await pilot.press("y")
        await see(pilot, app, "Added 13 links to ComfyUI.")
        await pilot.press("minus")
        await see(pilot, app, "13 links   relative")
        await pilot.press("j")
        await until(pilot, lambda: "ComfyUI 0.6.0" in in_front(app))
        await pilot.press("d")
        seen = await dialog(pilot, app, "Remove ComfyUI from Pumas?")
        assert "No file of the app and no model" in seen
        await pilot.press("d", "enter", "space", "y")  # none of them removes
        await pilot.press("x")
        await see(pilot, app, "Removed ComfyUI and 13 links.")
        await see(pilot, app, "APPS (0)")
        await pilot.pause(3 * REST_S)  # another row is in front now, and tells nothing of itself
        assert "Removed ComfyUI and 13 links." in shown(app)
        assert links(loras) == {}


async def test_a_read_only_session_changes_nothing(
    root: Path, loras: Path, tmp_path: Path, start: Start
) -> None:
    await register(root, loras.parents[1])
    async with start(root, readonly=True) as (app, pilot):
        await pilot.press("5")
        await see(pilot, app, "APPS (1)")
        await pilot.press("j", "d")
        await see(pilot, app, "read only: started with --readonly")
        await pilot.press("j", "space", "enter", "i")
        await pilot.pause(0.1)
        assert saved(tmp_path) == "" and app.place.overlay is None
