"""Which kind of link suits a place, what it says, and where it would not work."""

import posixpath
from collections.abc import Iterable, Sequence

from pumas_tui.core.domain.app_ground import Ground, is_below
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.links import LinkKind
from pumas_tui.core.domain.mapped import FolderFacts
from pumas_tui.core.domain.plan import Act, PlannedAction
from pumas_tui.core.domain.text import plural

_EXAMPLES = 3


def kind_for(folder: FolderFacts, is_folder: bool) -> LinkKind | None:
    """The kind of link to make in a folder, None where none works."""
    if folder.symlinks:
        return LinkKind.RELATIVE if folder.same_file_system else LinkKind.ABSOLUTE
    if folder.same_file_system and folder.hard_links and not is_folder:
        return LinkKind.HARD
    return None


def refusal(folder: FolderFacts, is_folder: bool, app: AppKind) -> str:
    """Why no kind of link works in a folder, as `code: words` with what else can be done."""
    where = folder.real
    if folder.same_file_system and folder.hard_links and is_folder:
        why = f"{where} takes no symbolic links, and a folder cannot be hard-linked"
    elif folder.same_file_system:
        why = f"{where} takes neither symbolic nor hard links"
    else:
        why = f"{where} is on another disk than the library and takes no symbolic links"
    if app is AppKind.COMFYUI:
        why += "; list the library in ComfyUI's extra_model_paths.yaml instead, the plan says how"
    return f"no_link: {why}"


def text_for(kind: LinkKind | None, parent: str, source: str) -> str:
    """What a symbolic link in the real folder `parent` says to lead to the absolute path `source`; empty for
    a hard link."""
    if kind is LinkKind.RELATIVE:
        return posixpath.relpath(source, parent)
    return source if kind is LinkKind.ABSOLUTE else ""


def kind_of_text(text: str | None) -> LinkKind:
    """The kind of a link by its text; None is no symbolic link."""
    if text is None:
        return LinkKind.HARD
    return LinkKind.ABSOLUTE if text.startswith("/") else LinkKind.RELATIVE


def warnings(actions: Sequence[PlannedAction], ground: Ground) -> tuple[Trouble, ...]:
    """What is to be said of a whole plan: links to another disk, links that are dead in a container."""
    linking = [action for action in actions if action.link_kind is not None and _links(action)]
    return (*_other_disks(linking, ground), *_containers(linking, ground))


def _links(action: PlannedAction) -> bool:
    return action.act in (Act.CREATE, Act.REPLACE_OURS, Act.CONFLICT, Act.KEEP)


def _other_disks(actions: Iterable[PlannedAction], ground: Ground) -> list[Trouble]:
    library = ground.facts.models_mount or ground.facts.models_dir
    mounts: dict[str, None] = {}
    for action in actions:
        folder = ground.folder_of(action.target)
        if folder is not None and action.act is not Act.KEEP and action.link_kind is LinkKind.ABSOLUTE:
            mounts[folder.mount or folder.real] = None
    return [
        Trouble(
            "other_disk",
            f"{library} and {mount} are on different disks: links will be absolute, and stop working if"
            f" {library} is mounted elsewhere",
            mount,
            f"pumas-tui relocate OLD NEW makes them anew after {library} has moved",
        )
        for mount in sorted(mounts)
    ]


def _containers(actions: Iterable[PlannedAction], ground: Ground) -> list[Trouble]:
    pairs = ground.facts.app.containers
    linking = [action for action in actions if pairs]
    dead = [action.target for action in linking if not works_inside(action, ground)]
    if not dead:
        return []
    more = f" and {len(dead) - _EXAMPLES} more" if len(dead) > _EXAMPLES else ""
    words = f"{len(dead)} of {plural(len(linking), 'link')} would be dead inside the container"
    return [
        Trouble(
            "container",
            f"{words}: {', '.join(dead[:_EXAMPLES])}{more}",
            ground.facts.app.base,
            f"mount {ground.facts.models_dir} in the container at the same path as here",
        )
    ]


def works_inside(action: PlannedAction, ground: Ground) -> bool:
    """Whether an action's link leads to its source for an app in a container with the declared mounts."""
    pairs = ground.facts.app.containers
    place = _moved(ground.real(action.target), pairs)
    if place is None:
        return False
    if action.link_kind is LinkKind.HARD:
        return True
    leads_to = posixpath.normpath(posixpath.join(posixpath.dirname(place), action.link_text))
    outside = _moved(leads_to, [(inside, host) for host, inside in pairs])
    return outside == ground.source(action.source)


def _moved(path: str, pairs: Iterable[tuple[str, str]]) -> str | None:
    """A path as the other side of the innermost mount has it, None if no mount shows it."""
    fitting = [pair for pair in pairs if is_below(path, pair[0])]
    if not fitting:
        return None
    here, there = max(fitting, key=lambda pair: len(pair[0]))
    return posixpath.normpath(posixpath.join(there, path[len(here.rstrip("/")) :].lstrip("/")))
