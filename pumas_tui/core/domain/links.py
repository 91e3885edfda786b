"""Links that a plan made: how each kind looks on disk, and what the registry keeps of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.ids import AppUid, ModelUid


class LinkKind(StrEnum):
    """How a model's file shows in an app. RELATIVE and ABSOLUTE are symbolic links."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"
    HARD = "hard"


Origin = Literal["rule", "adopted"]


@dataclass(frozen=True, slots=True)
class Link:
    """One link as the registry knows it.

    `target` is relative to the app's base, `source` relative to models/; both posix, without `..`. `sha256`
    is that of the source file, empty for a folder. `rule` is empty for an adopted link without one.
    """

    app_uid: AppUid
    target: str
    model_uid: ModelUid
    source: str
    kind: LinkKind
    origin: Origin = "rule"
    rule: str = ""
    sha256: str = ""


def row_json(link: Link) -> dict[str, Any]:
    """A link as a step's `row`: a JSON object of texts."""
    return {
        "app_uid": link.app_uid,
        "target": link.target,
        "model_uid": link.model_uid,
        "source": link.source,
        "kind": link.kind.value,
        "origin": link.origin,
        "rule": link.rule,
        "sha256": link.sha256,
    }


def from_row(row: Mapping[str, Any]) -> Link:
    """The link of a step's `row`. Raises KeyError, ValueError for what `row_json` did not write."""
    origin: Origin = "adopted" if row["origin"] == "adopted" else "rule"
    return Link(
        app_uid=AppUid(str(row["app_uid"])),
        target=str(row["target"]),
        model_uid=ModelUid(str(row["model_uid"])),
        source=str(row["source"]),
        kind=LinkKind(row["kind"]),
        origin=origin,
        rule=str(row["rule"]),
        sha256=str(row["sha256"]),
    )


def is_as_made(link: Link, path: str, there: str, source: str, source_inode: int | None) -> bool:
    """What stands at a link's place is the link that was made: leads to the very source, or shares its inode.

    `path`: where the link is, real; `there`: the fingerprint of what is there now; `source`: absolute path of
    what it should lead to, below the real models/; `source_inode`: of the file there, None when it is gone.
    """
    if link.kind is LinkKind.HARD:
        return source_inode is not None and fingerprints.inode(there) == source_inode
    return fingerprints.leads_to(path, there) == source
