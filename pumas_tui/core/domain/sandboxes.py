"""Apps in a box of their own: whether links into the library can work inside of it.

Flatpak and Snap keep an app's data in fixed places, so an app's folder tells (Filesystem Hierarchy of
flatpak-run(1), Snap data locations); a container says so itself when the app is registered.
"""

import re

from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.mounts import is_inside

_FLATPAK = re.compile(r"/\.var/app/([^/]+)(?:/|$)")
_SNAP = re.compile(r"/snap/([^/]+)(?:/|$)")


def problem(app: App, models_dir: str) -> tuple[str, str] | None:
    """(what is the matter, what to do) where an app may not see the library; None where nothing says so."""
    flatpak, snap = _FLATPAK.search(app.base), _SNAP.search(app.base)
    if flatpak is not None and not is_inside(models_dir, app.base):
        hint = f"flatpak override --user --filesystem={models_dir} {flatpak[1]}"
        return f"it is a Flatpak, which sees only its own folders unless {models_dir} is shown to it", hint
    if snap is not None:
        hint = "keep the library below your home folder, or install the app in another way"
        return "it is a Snap, which may not follow links out of its own folders", hint
    if app.containers and not any(
        host == inside and is_inside(models_dir, host) for host, inside in app.containers
    ):
        hint = f"mount {models_dir} in the container at the same path as here"
        return f"its container does not show {models_dir} at that path, where links may lead", hint
    return None
