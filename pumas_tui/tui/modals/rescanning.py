"""Reading again what changed on the disk, and what is said of it."""

from typing import TYPE_CHECKING

from pumas_tui.core.domain.errors import DiskError, PumasError
from pumas_tui.tui.presenters.library import scanned, unreadable
from pumas_tui.tui.widgets.frame import FramedScreen

if TYPE_CHECKING:
    from pumas_tui.core.library import Library


async def rescan(place: FramedScreen, library: "Library", *, quiet: bool) -> str:
    """Bring the index up to the disk and say it; `quiet` tells only what is wrong.

    What to say as long as the library's folder cannot be read; empty where it can.
    """
    try:
        report = await library.models.rescan()
        if report.problems or not quiet:
            place.show_message(*scanned(report))
    except DiskError as error:
        return unreadable(library.paths.models, error.message, place.keymap)
    except PumasError as error:
        place.show_message(error.message, "warning")
    return ""
