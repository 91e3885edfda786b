"""Which box this program is locked into, if any: Flatpak, Snap, or a container.

Sources: /.flatpak-info (flatpak-metadata(5)), $SNAP (Snapcraft environment variables), /.dockerenv and
/run/.containerenv as Docker and Podman make them, control-group paths of container runtimes.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pumas_tui.core.domain.preflight import Sandbox, SandboxKind

_RUNTIMES = ("docker", "containerd", "kubepods", "libpod", "lxc", "crio")


def find(root: str = "/", environ: Mapping[str, str] | None = None) -> Sandbox | None:
    """The box that `root` is the top of; None outside of any. Never raises: what cannot be read is silent."""
    variables = os.environ if environ is None else environ
    top = root.rstrip("/")
    flatpak = _text(f"{top}/.flatpak-info")
    if flatpak is not None:
        return Sandbox(SandboxKind.FLATPAK, _shown_to_flatpak(flatpak))
    if variables.get("SNAP"):
        return Sandbox(SandboxKind.SNAP)
    if any(_text(f"{top}/{name}") is not None for name in (".dockerenv", "run/.containerenv")):
        return Sandbox(SandboxKind.CONTAINER)
    groups = _text(f"{top}/proc/1/cgroup") or ""
    return Sandbox(SandboxKind.CONTAINER) if any(name in groups for name in _RUNTIMES) else None


def _text(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _shown_to_flatpak(info: str) -> tuple[str, ...]:
    """The `filesystems` that the sandbox lets through."""
    for line in info.splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "filesystems":
            return tuple(part for part in value.strip().split(";") if part)
    return ()
