"""Paths as they stand in the registry: what lies below a folder that may move as a whole is kept relative to
it."""

from pumas_tui.core.domain.mounts import is_inside


def joined(top: str, path: str) -> str:
    """The absolute path of what `below` made."""
    if path.startswith("/"):
        return path
    return f"{top.rstrip('/')}/{path}" if path else top


def below(path: str, top: str) -> str:
    """Relative to `top` when it is that or below it, empty for itself; else as it is."""
    return path[len(top.rstrip("/")) :].lstrip("/") if is_inside(path, top) else path
