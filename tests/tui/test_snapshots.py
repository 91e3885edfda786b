"""The main screens and dialogs look as they did when somebody last looked at them.

After a change that is meant: `pytest tests/tui/test_snapshots.py --snapshot-update`, and look at the pictures
that `make screenshots` makes.
"""

from collections.abc import Callable, Iterator

import pytest
from textual.app import App

from tests.support.stage import OnStage, Shot, Size, make_library, taken_place, text_of
from tests.support.states import State, stored


@pytest.fixture(autouse=True)
def place() -> Iterator[None]:
    """The place where pictures are taken is ours for one of them; others may wait for it."""
    with taken_place():
        yield


def named(value: State | Size) -> str:
    return value.name if isinstance(value, State) else f"{value[0]}x{value[1]}"


@pytest.mark.parametrize(("state", "size"), stored(), ids=named)
def test_picture(state: State, size: Size, snap_compare: Callable[..., bool]) -> None:
    make_library(state.models)

    async def drive(pilot: Shot) -> None:
        await state.drive(pilot)
        assert_fits(pilot.app, size)

    assert snap_compare(state.app(), terminal_size=size, run_before=drive)


def assert_fits(app: App[int], size: Size) -> None:
    """As many lines as the window has, and the way to all the rest at the right end of the last one."""
    lines = text_of(app).split("\n")
    assert len(lines) == size[1], text_of(app)
    if not isinstance(app, OnStage):
        assert next(line for line in reversed(lines) if line).endswith("? help")
    elif app.place.overlay is None:
        assert lines[-1].endswith(": all  ? help" if size[0] >= 60 else ": all  ?"), lines[-1]
