"""The `huggingface_hub` library, for what it knows best: which token this user has.

Loading it takes 0.4 s: it is done in a worker thread, when the first call is about to go out. A token may be
one that the library has to renew, so its own calls pass our gate, and stop while the network is off.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from pumas_tui.core.domain.budget import Bucket
from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.net import client
from pumas_tui.core.net.transports import Gate

_BEFORE_IMPORT = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_XET": "1",  # its downloader in Rust passes by the client
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",  # the token goes where we send it
}


@dataclass(frozen=True, slots=True)
class GateHooks:
    """The library's calls at our gate."""

    gate: Gate

    def before(self, url: str) -> None:
        """Raises OfflineError, RateLimitedError."""
        self.gate.enter(_bucket(url), asked_by_user=False)

    def after(self, url: str, status: int, headers: Mapping[str, str]) -> None:
        """An answer came."""
        self.gate.answered(_bucket(url), status, headers)

    def failed(self) -> None:
        """None came."""
        self.gate.failed()


def _bucket(url: str) -> Bucket:
    return Bucket.RESOLVERS if "/resolve/" in url else Bucket.API


def join(gate: Gate) -> None:
    """Load the library and let every client it makes pass the gate. Run in a worker thread."""
    for name, value in _BEFORE_IMPORT.items():
        os.environ.setdefault(name, value)
    from huggingface_hub import set_client_factory

    set_client_factory(lambda: client.hooked_client(GateHooks(gate)))


def token(gate: Gate) -> str:
    """The user's token: HF_TOKEN, else what a login left; empty: none. Run in a worker thread."""
    join(gate)
    from huggingface_hub import get_token

    try:
        return get_token() or ""
    except (OSError, ValueError, PumasError):  # a login that cannot be renewed now: go on without
        return ""
