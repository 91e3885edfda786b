"""Links in apps that are not on record, and models that are gone though links should lead to them."""

from collections.abc import Collection, Sequence
from typing import Any

from pumas_tui.core.domain import fingerprints, planner_links
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.findings import Finding, FindingKind, finding
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.library_facts import ID_PARTS, LibraryFacts, Seen
from pumas_tui.core.domain.links import Link
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.domain.repairs import Repair, RepairKind
from pumas_tui.core.domain.text import plural


def orphan(app: App, target: str, seen: Seen, resolved: str, facts: LibraryFacts) -> Finding:
    """A link, not on record, that leads into the library; `resolved`: where it really leads, absolute."""
    source = resolved[len(facts.models_dir) + 1 :]
    row = _orphan_row(app, target, seen, source, facts)
    values: dict[str, Any] = {"model_id": ModelId("/".join(source.split("/")[:ID_PARTS]))}
    why = "leads into the library, and is not on record"
    if row is not None:
        adopt = Repair(
            RepairKind.ADOPT, "take it on record", True, seen.path, seen.fingerprint, row=row,
            source=resolved, app_uid=app.uid,
        )  # fmt: skip
        values |= {"repair": adopt, "model_uid": row.model_uid}
    else:
        why += "; it leads to no file of a model"
    remove = Repair(RepairKind.REMOVE, "remove the link", False, seen.path, seen.fingerprint, app_uid=app.uid)
    if fingerprints.kind_of(seen.fingerprint) == "link":
        values["instead"] = remove
    evidence = (f"leads to {resolved}",)
    return finding(
        FindingKind.ORPHANED_LINK, f"{app.name} {target}: {why}", seen.path, app=app.name, app_uid=app.uid,
        evidence=evidence, **values,
    )  # fmt: skip


def _orphan_row(app: App, target: str, seen: Seen, source: str, facts: LibraryFacts) -> Link | None:
    """The record it would get; None where it leads to no model, or to one only over another link."""
    text = fingerprints.link_text(seen.fingerprint)
    if text is not None and fingerprints.leads_to(seen.path, seen.fingerprint) != facts.absolute(source):
        return None
    parts = source.split("/")
    uid = facts.models.get(ModelId("/".join(parts[:ID_PARTS])))
    if uid is None or len(parts) < ID_PARTS:
        return None
    name = "/".join(parts[ID_PARTS:])
    file = next((one for one in facts.files_of(uid) if one.name == name), None)
    if name and file is None:
        return None
    sha256 = file.sha256 if file is not None else ""
    return Link(app.uid, target, uid, source, planner_links.kind_of_text(text), "adopted", "", sha256)


def foreign_dead(app: App, target: str, seen: Seen, models_dir: str) -> Finding:
    """A dead link that we did not make: told, never touched."""
    leads = fingerprints.leads_to(seen.path, seen.fingerprint) or ""
    words = "leads nowhere; it was not made here and stays"
    if is_inside(leads, models_dir):
        words = "leads to a place in the library where nothing is; it is not on record and stays"
    return finding(
        FindingKind.FOREIGN_DEAD_LINK, f"{app.name} {target}: {words}", seen.path, app=app.name,
        app_uid=app.uid, evidence=(f"no such file: {leads}",),
    )  # fmt: skip


def missing_sources(
    broken: Sequence[tuple[Link, Finding]], facts: LibraryFacts, described: Collection[ModelId]
) -> tuple[Finding, ...]:
    """One finding for each model that links on record lead to and that is nowhere in the library.

    `described`: models with a metadata.json that are not whole; those are told by themselves.
    """
    lost: dict[ModelUid, list[Link]] = {}
    for link, one in broken:
        healed = one.repair is not None and one.repair.row is not None
        if not healed and one.model_id not in described and facts.model_of(link.model_uid) is None:
            lost.setdefault(link.model_uid, []).append(link)
    return tuple(_missing_source(uid, links, facts) for uid, links in lost.items())


def _missing_source(uid: ModelUid, links: Sequence[Link], facts: LibraryFacts) -> Finding:
    model_id = ModelId("/".join(links[0].source.split("/")[:ID_PARTS]))
    count = f"{plural(len(links), 'link')} on record"
    return finding(
        FindingKind.MISSING_SOURCE,
        f"{model_id} is not in the library any more, and {count} should lead to it",
        facts.absolute(model_id),
        model_uid=uid,
        model_id=model_id,
        evidence=tuple(link.target for link in links[:3]),
    )
