"""The main screens and dialogs look as they did when somebody last looked at them.

After a change that is meant: `pytest tests/tui/test_snapshots.py --snapshot-update`, and look at the pictures
that `make screenshots` makes.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.support.stage import OnStage, Shot, Size, make_library, on_stage, taken_place
from tests.support.states import State, stored


@pytest.fixture(scope="module", autouse=True)
def place() -> Iterator[None]:
    """The place where pictures are taken is ours meanwhile."""
    with taken_place():
        yield


def named(value: State | Size) -> str:
    return value.name if isinstance(value, State) else f"{value[0]}x{value[1]}"


@pytest.mark.parametrize(("state", "size"), stored(), ids=named)
def test_picture(state: State, size: Size, snap_compare: Callable[..., bool]) -> None:
    make_library(state.models)

    async def drive(pilot: Shot) -> None:
        await state.drive(pilot)
        assert_fits(on_stage(pilot), size)

    app = OnStage(readonly=state.readonly, ascii_only=state.ascii_only)
    assert snap_compare(app, terminal_size=size, run_before=drive)


def assert_fits(app: OnStage, size: Size) -> None:
    """As many lines as the window has, and the way to all the rest at the right end of the last one."""
    lines = app.text.split("\n")
    assert len(lines) == size[1], app.text
    if app.place.overlay is None:
        assert lines[-1].endswith(": all  ? help" if size[0] >= 60 else ": all  ?"), lines[-1]
