"""From a repository of the Hub to jobs: its files, what is chosen of them, a yes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.imports import DuplicatePolicy, ImportChoices
from pumas_tui.core.domain.text import plural
from pumas_tui.tui.modals.ask import ask
from pumas_tui.tui.modals.hub import DownloadDialog, HubFilesDialog
from pumas_tui.tui.presenters.frame import Severity
from pumas_tui.tui.presenters.hub import missing
from pumas_tui.tui.widgets.frame import FramedScreen

if TYPE_CHECKING:
    from pumas_tui.core.library import Library

Tell = Callable[[str, Severity], object]
"""Says one line, which need not be printable yet."""
_SECOND = ImportChoices(duplicates=DuplicatePolicy.IMPORT)


async def show_files(place: FramedScreen, library: "Library", repo_id: str, tell: Tell | None = None) -> None:
    """Show the files of a repository and download what is chosen. `tell`: where a page covers the place."""
    tell = tell or place.show_message
    tell(f"Reading the list of files of {repo_id} ...", "info")
    try:
        model = await library.network.files(repo_id)
        holdings = await library.network.held(model.files)
        tell("", "info")
        planned = await ask(place, HubFilesDialog(model, holdings, readonly=place.readonly))
        if planned is None:
            return
        match await ask(place, DownloadDialog(repo_id, planned)):
            case "second":
                submitted = await library.network.submit(planned, _SECOND)
            case "missing":
                submitted = await library.network.submit(missing(planned))
            case _:
                return
        tell(f"Queued: {plural(len(submitted.jobs), 'download')} from {repo_id}.", "info")
    except PumasError as error:
        tell(f"{error.message} ({error.hint})" if error.hint else error.message, "error")
