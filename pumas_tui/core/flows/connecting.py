"""How the network's flows get what they work with: the shared store, what may be asked, the speed."""

import os
from contextlib import suppress
from pathlib import Path

from pumas_tui.core import settings as settings_file
from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.flows.downloading import DownloadTools
from pumas_tui.core.flows.import_job import ImportTools
from pumas_tui.core.fs import ops
from pumas_tui.core.net import session
from pumas_tui.core.net.civitai import ENDPOINT
from pumas_tui.core.net.downloading import Pace
from pumas_tui.core.net.session import Options
from pumas_tui.core.settings import NetworkSettings

_STORE = "hub.db"


def open_store(cache: Path | None = None) -> Lookups:
    """hub.db in the user's cache folder. Where that cannot be made, the store keeps nothing."""
    folder = str(cache if cache is not None else settings_file.cache_dir())
    with suppress(DiskError):
        ops.make_dirs("/", os.path.abspath(folder).strip("/"))
    return Lookups(f"{folder}/{_STORE}", ops.set_aside)


def options_of(settings: NetworkSettings, *, offline: bool) -> Options:
    """What may be asked, and where. `offline`: the option of this run."""
    off = offline or settings.offline or session.is_offline()
    return Options(session.endpoint(), ENDPOINT, lambda: not off)


def download_tools(
    imports: ImportTools, store: Lookups, options: Options, settings: NetworkSettings
) -> DownloadTools:
    """For `downloading.handler`."""
    return DownloadTools(imports, store, options, Pace(settings.bandwidth_limit))
