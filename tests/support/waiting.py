"""Time that passes for the network without anybody waiting: what all processes know of a host gets older."""

from dataclasses import replace
from pathlib import Path

from pumas_tui.core.db.lookups import Lookups
from pumas_tui.core.domain.network_state import HostState
from pumas_tui.core.fs import ops


def later(home: Path, endpoint: str, seconds: float) -> None:
    """As if so much time had gone by since the last call, for the user whose home this is."""

    def older(host: HostState) -> tuple[HostState, None]:
        opened = host.breaker.opened_at
        breaker = replace(host.breaker, opened_at=None if opened is None else opened - seconds)
        windows = {name: replace(w, resets_at=w.resets_at - seconds) for name, w in host.windows.items()}
        return replace(host, breaker=breaker, windows=windows), None

    known = Lookups(str(home / ".cache" / "pumas" / "hub.db"), ops.set_aside)
    known.change_host(endpoint, older)
    known.close()
