"""Names in any folder of the user's, for completing what is typed."""

import os

from pumas_tui.core.fs.failures import ABSENT, disk_error


def names_with_slashes(folder: str) -> tuple[str, ...]:
    """Names in a folder, with a slash after those of folders; none when it is absent. Raises DiskError."""
    try:
        with os.scandir(folder) as entries:
            return tuple(f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries)
    except OSError as error:
        if error.errno in ABSENT:
            return ()
        raise disk_error(error, "list", folder) from error
