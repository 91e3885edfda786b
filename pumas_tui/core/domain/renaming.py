"""Renaming a model, decided: its folder moves, and every link of ours follows in the same operation."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pumas_tui.core.domain import fingerprints, ids, naming, planner_links
from pumas_tui.core.domain.deletion import LinkToGo
from pumas_tui.core.domain.errors import UsageError
from pumas_tui.core.domain.ids import BadIdError, ModelId, ModelUid
from pumas_tui.core.domain.links import LinkKind, row_json
from pumas_tui.core.domain.operations import Step, StepKind
from pumas_tui.core.domain.vocabulary import MODEL_TYPES, subtypes_of


@dataclass(frozen=True, slots=True)
class RenamePlan:
    """What renaming would do. `links`: those on record; `folders`: parents, below models/, that will be
    made."""

    uid: ModelUid
    old_id: ModelId
    new_id: ModelId
    links: tuple[LinkToGo, ...]
    folders: tuple[str, ...]

    @property
    def following(self) -> tuple[LinkToGo, ...]:
        """Links that will lead to the new place."""
        return tuple(link for link in self.links if link.ours and not link.stays)

    @property
    def staying(self) -> tuple[LinkToGo, ...]:
        """Links that cannot be changed now; a sync does so when their app is back."""
        return tuple(link for link in self.links if link.stays)


def new_id(old: ModelId, text: str) -> ModelId:
    """What a person typed as the new id: TYPE/FAMILY/NAME, or only a name. Raises UsageError."""
    wanted = text.strip().strip("/")
    if "/" not in wanted:
        wanted = f"{old.rpartition('/')[0]}/{wanted}"
    try:
        made = ids.model_id(wanted)
    except BadIdError:
        raise UsageError(f'"{text}" is no id of a model', hint="TYPE/FAMILY/NAME, or only NAME") from None
    kind, *rest = made.split("/")
    bad = next((part for part in rest if naming.cleaned_name(part) != part), None)
    if bad is not None:
        raise UsageError(
            f'"{bad}" is no name of a folder here', hint=f'"{naming.cleaned_name(bad)}" would be'
        )
    if kind not in MODEL_TYPES:
        raise UsageError(f'"{kind}" is no type of model', hint=f"one of {', '.join(MODEL_TYPES)}")
    if made == old:
        raise UsageError(f"{old} has that name already")
    return made


def parents(made: ModelId, there: Collection[str]) -> tuple[str, ...]:
    """Folders below models/ that the new place needs and that are not `there` yet, outer ones first."""
    kind, family, _ = made.split("/")
    return tuple(folder for folder in (kind, f"{kind}/{family}") if folder not in there)


def changes(plan: RenamePlan, document: Mapping[str, Any]) -> dict[str, str]:
    """What the metadata says otherwise at the new place: type and family, where they are not what they were.

    A subtype that does not go with the new type gives way.
    """
    pairs = zip(("model_type", "family"), plan.old_id.split("/"), plan.new_id.split("/"), strict=False)
    made = {field: to for field, was, to in pairs if was != to}
    subtype = document.get("subtype")
    if "model_type" in made and subtype and subtype not in subtypes_of(made["model_type"]):
        made["subtype"] = ""
    return made


def steps(plan: RenamePlan, models_dir: str, folder: str) -> list[Step]:
    """Parents, the move, then each link. `models_dir` is real; `folder`: fingerprint of the model's
    folder."""
    made = [
        Step(
            0, StepKind.MAKE_DIR.value, f"{models_dir}/{name}", fingerprints.directory(0), fingerprints.ABSENT
        )
        for name in plan.folders
    ]
    detail = {"to": f"{models_dir}/{plan.new_id}", "why": "model"}
    old = f"{models_dir}/{plan.old_id}"
    made.append(Step(0, StepKind.MOVE.value, old, fingerprints.ABSENT, folder, detail=detail))
    made += [_following(plan, found, models_dir) for found in plan.following]
    return [replace(step, n=n) for n, step in enumerate(made, 1)]


def _following(plan: RenamePlan, found: LinkToGo, models_dir: str) -> Step:
    link = found.link
    source = plan.new_id + link.source[len(plan.old_id) :]
    rows = {"row": row_json(replace(link, source=source)), "was": row_json(link)}
    if link.kind is LinkKind.HARD:
        return Step(0, StepKind.REMEMBER_ROW.value, found.path, found.there, found.there, detail=rows)
    parent = found.path.rpartition("/")[0]
    text = planner_links.text_for(link.kind, parent, f"{models_dir}/{source}")
    return Step(0, StepKind.LINK.value, found.path, fingerprints.link(text), found.there, detail=rows)
