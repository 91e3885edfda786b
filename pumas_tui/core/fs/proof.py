"""What proves that a staged file may go: that it is a copy of a source that is still as it was, or one more
name of a source that is still the same file."""

import os

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.layout import METADATA
from pumas_tui.core.fs import ops
from pumas_tui.core.fs.failures import disk_error
from pumas_tui.core.fs.manifest import Manifest, StagedCopy
from pumas_tui.core.fs.reading import tree
from pumas_tui.core.fs.sharing import same_file

HARD_LINKS = "hardlink"


def not_proven(manifest: Manifest, staged: str) -> str:
    """Why the staged files must stay; empty when nothing is lost with them. Raises DiskError."""
    copies = {copy.name: copy for copy in manifest.copies}
    for name, is_dir in tree(staged):
        if is_dir or name == METADATA or ops.is_temp_name(name):
            continue  # written by us from what the sources say
        copy = copies.get(name)
        if copy is None:
            return f"holds {name}, which its manifest does not call a copy"
        linked = manifest.mode == HARD_LINKS
        reason = _other_file(f"{staged}/{name}", copy) if linked else source_differs(copy)
        if reason:
            return reason
    return ""


def source_differs(copy: StagedCopy) -> str:
    """Why a copy's source is not as it was when it was copied; empty when it is."""
    try:
        status = os.stat(copy.source)
    except OSError as error:
        return disk_error(error, "find the source", copy.source).message
    if (status.st_size, status.st_mtime_ns) != (copy.size, copy.mtime_ns):
        return f"the source {copy.source} changed since it was copied"
    return ""


def _other_file(staged: str, copy: StagedCopy) -> str:
    """A hard link is the file itself: it may go only while the source is another name of it."""
    try:
        if same_file(staged, copy.source):
            return ""
    except DiskError as error:
        return error.message
    return f"may be the last name of what was {copy.source}"
