"""What a look-up came to goes into metadata.json, by the same way as an edit. In the calling thread.

All raise what `editing.change_metadata` raises.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pumas_tui.core.domain import enriching
from pumas_tui.core.domain.enriching import RemoteFacts
from pumas_tui.core.domain.identification import Identification
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.operations import OperationKind
from pumas_tui.core.domain.same_tensors import TensorAnswer
from pumas_tui.core.flows import editing
from pumas_tui.core.flows.changing import EditTools


def settle(edit: EditTools, detail: ModelDetail, answer: Identification, batch: str) -> bool:
    """Write the badge, and the fields that a sure match fills in; True: there were some. `batch`: what is
    filled in is undone together with what else has this id."""
    row, sha256, now = detail.row, detail.metadata.hashes.sha256, datetime.now(UTC)
    score = answer.best.score if answer.best is not None else 0.0
    seen = detail.metadata.model_dump(mode="json", by_alias=True)
    kind, more = OperationKind.LOOKUP, {"title": f"look-up: {row.official_name} is {answer.trust.value}"}
    if answer.facts is not None and enriching.would_fill(seen, answer.trust, answer.facts):
        kind, more = OperationKind.ENRICH, enriching.journaled(row.official_name, answer.facts)

    def decide(document: dict[str, Any]) -> dict[str, Any]:
        if not enriching.is_same_content(document, sha256):
            return document
        return enriching.settled(document, answer.trust, answer.facts, answer.evidence, now, score)

    uid = ModelUid(row.uid)
    wrote = editing.change_metadata(edit, row.model_id, uid, decide, kind=kind, batch_id=batch, more=more)
    return wrote and kind is OperationKind.ENRICH


def tensors(edit: EditTools, detail: ModelDetail, answer: TensorAnswer) -> None:
    """What came of comparing tensors joins the evidence behind the badge Modified."""
    row, sha256, now = detail.row, detail.metadata.hashes.sha256, datetime.now(UTC)

    def decide(document: dict[str, Any]) -> dict[str, Any]:
        if not enriching.is_same_content(document, sha256):
            return document
        return enriching.compared(document, answer, now)

    more = {"title": f"compare the tensors of {row.official_name}"}
    uid = ModelUid(row.uid)
    editing.change_metadata(edit, row.model_id, uid, decide, kind=OperationKind.LOOKUP, more=more)


def confirm(
    edit: EditTools,
    detail: ModelDetail,
    candidate: Compared,
    facts: RemoteFacts,
    only: Collection[str] | None,
) -> None:
    """A person says that this is it: an edit like any other, which is taken back as a whole."""
    row, now = detail.row, datetime.now(UTC)
    decide = partial(enriching.confirmed, compared=candidate, facts=facts, at=now, only=only)
    more = {"title": f"take over {row.official_name} from {candidate.repo_id}"}
    editing.change_metadata(edit, row.model_id, ModelUid(row.uid), decide, more=more)
