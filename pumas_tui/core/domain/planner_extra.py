"""What extra roots mean for a plan: models that an app reads through one already need no link, and where no
link works the app can be told to read the library itself.

An extra root counts as far as it holds the very file or folder that is wanted. What lies in folders whose
links plans change does not count: it may be gone when the plan is done.
"""

from collections.abc import Iterable, Iterator, Sequence

from pumas_tui.core.domain import library_section
from pumas_tui.core.domain.app_ground import Ground, ancestors, is_below
from pumas_tui.core.domain.app_kinds import models_kind
from pumas_tui.core.domain.apps import TITLES, AppKind
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.extra_roots import FILE_NAME, RootState, origin
from pumas_tui.core.domain.mapped import ReadAs, RootFacts, WantedLink
from pumas_tui.core.domain.naming import split_extension
from pumas_tui.core.domain.plan import Act, Offer, PlannedAction
from pumas_tui.core.domain.text import plural

CODE = "extra_root"
NO_LINK = "no_link"
_LISTED = frozenset({".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft"})
"""Endings of files that ComfyUI lists as weights: `supported_pt_extensions` in its folder_paths.py."""
_EXAMPLES = 3


def read_already(want: WantedLink, ground: Ground) -> str:
    """How the app reads a wanted file or folder through an extra root, as `code: words`; empty for not."""
    if want.place is None and not want.is_folder:
        return ""
    app = ground.facts.app
    kind = models_kind(app.kind, want.folder)
    for root in ground.facts.extra if kind else ():
        found = min(_ways(root, want, ground), default="") if root.seen.root.kind == kind else ""
        if found:
            return f"{CODE}: {TITLES[app.kind]} reads it already as {found} ({origin(root.seen.root)})"
    return ""


def _ways(root: RootFacts, want: WantedLink, ground: Ground) -> Iterator[str]:
    """Paths by which the app lists a wanted file or folder in one root."""
    source = ground.source(want.source)
    if want.place is not None and not want.is_folder:
        for one in root.files.get(want.place, ()):
            if _is_listed(one.path, want) and _stays(one, ground):
                yield one.path
    for above in (source, *ancestors(source)):
        way = root.folders.get(above or "/")
        if way is not None and _is_listed(source, want) and _stays(way, ground):
            yield f"{way.path.rstrip('/')}{source[len(above) :]}"


def _is_listed(path: str, want: WantedLink) -> bool:
    """A file of this name is in the list that the wanted link would be in; of a folder what is in it is."""
    ending, wanted = split_extension(path)[1].lower(), split_extension(want.target)[1].lower()
    return want.is_folder or ending == wanted or {ending, wanted} <= _LISTED


def _stays(way: ReadAs, ground: Ground) -> bool:
    return not any(is_below(way.real, folder.real) for folder in ground.facts.folders.values())


def warnings(actions: Iterable[PlannedAction], ground: Ground) -> list[Trouble]:
    """Extra roots that could not be looked at, of kinds that get new links: those may be one too many."""
    app = ground.facts.app
    kinds = {models_kind(app.kind, action.folder) for action in actions if action.act is Act.CREATE}
    away = [root for root in ground.facts.extra if root.problem and root.seen.root.kind in kinds]
    if not away:
        return []
    said = [f"{root.seen.root.path}: {_words(root)}" for root in away[:_EXAMPLES]]
    more = [f"and {len(away) - _EXAMPLES} more"] if len(away) > _EXAMPLES else []
    return [
        Trouble(
            CODE,
            f"{plural(len(away), 'folder')} of {FILE_NAME} could not be looked at"
            f" ({'; '.join([*said, *more])}): links are planned as if nothing was read from there",
            ground.facts.extra_file or away[0].seen.root.path,
            "what is read from there as well would be listed twice",
        )
    ]


def _words(root: RootFacts) -> str:
    return "not there" if root.seen.state is RootState.ABSENT else root.problem


def offer(actions: Sequence[PlannedAction], ground: Ground, *, is_whole: bool) -> Offer | None:
    """Lines for the app's own file that let it read models which no link can lead to.

    `is_whole`: the plan was made for all of the library, so that folders with nothing else in them are known.
    """
    facts = ground.facts
    refused = [a for a in actions if a.act is Act.REFUSE and a.code == NO_LINK]
    if facts.app.kind is not AppKind.COMFYUI or not refused:
        return None
    wanted: dict[str, dict[str, set[str]]] = {}  # kind -> model -> names of its files
    known: dict[str, set[str]] = {action.model_id: set() for action in actions}
    for action in refused:
        kind = models_kind(facts.app.kind, action.folder)
        if kind:
            name = action.source[len(action.model_id) :].lstrip("/")
            wanted.setdefault(kind, {}).setdefault(action.model_id, set()).add(name)
            known[action.model_id].add(kind)
    found = {
        kind: library_section.folders(kind, models, known if is_whole else None)
        for kind, models in sorted(wanted.items())
    }
    folders = {kind: own.values() for kind, own in found.items()}
    text = library_section.text(facts.models_dir, folders, taken=facts.extra_sections)
    models = {model_id for own in found.values() for model_id in own}
    return Offer(facts.extra_file, text, len(models)) if text else None
