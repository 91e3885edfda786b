"""A drive or folder that is somewhere else now: what follows it, told before anything is changed."""

from dataclasses import dataclass

from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.domain.repairs import Repair


@dataclass(frozen=True, slots=True)
class Relocation:
    """What a move from `old` to `new` would take; both absolute, `new` real.

    `links`: repairs that make links anew; `unchanged`: links on record that need no change, for their texts
    lead to the right place already. `missing`: targets below `new` that links would lead to and that are not
    there; such links stay as they are. `differing`: of those that are there, how many have another size than
    recorded. `apps`: records of apps that moved along, as they will be. `proven`: the library's marker, or
    every link that was looked at, says that it is the same thing. `waiting`: links in apps whose disk is out.
    """

    old: str
    new: str
    links: tuple[Repair, ...]
    unchanged: int = 0
    missing: tuple[str, ...] = ()
    differing: int = 0
    apps: tuple[App, ...] = ()
    app_names: tuple[str, ...] = ()
    proven: bool = False
    waiting: int = 0
    library_id: str = ""

    @property
    def changes(self) -> bool:
        """Relocating would change something on the disk or in the registry."""
        return bool(self.links or self.apps)


def moved(path: str, old: str, new: str) -> str | None:
    """A path after the move, None for one that is not `old` or below it, by whole components."""
    if not is_inside(path, old):
        return None
    return new.rstrip("/") + path[len(old.rstrip("/")) :] or "/"
