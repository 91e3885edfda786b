"""Look-ups that filled in models together, as the history lists them: one change, called by their batch.

A look-up that wrote a badge alone is in the journal and in no list: it says what is, and is not undone.
"""

import sqlite3
from dataclasses import replace

from pumas_tui.core.domain.history import OperationView, look_up_title
from pumas_tui.core.domain.ids import OperationId
from pumas_tui.core.domain.operations import OperationKind, OperationState

LISTED = (
    f"kind != '{OperationKind.LOOKUP}' AND (kind != '{OperationKind.ENRICH}' OR batch_id = ''"
    " OR NOT EXISTS (SELECT 1 FROM operations n WHERE n.batch_id = o.batch_id AND n.batch_id != ''"
    f" AND n.kind = '{OperationKind.ENRICH}' AND (n.created_at, n.id) > (o.created_at, o.id)))"
)
"""A condition for operations `o`: of those that filled in models together only the last one is listed."""


def with_its_batch(conn: sqlite3.Connection, last: OperationView) -> OperationView:
    """The last one as it stands for all that filled in models together with it."""
    if not last.batch_id:
        return last
    rows = conn.execute(
        "SELECT state, (SELECT count(*) FROM steps s WHERE s.op_id = o.id AND s.state = 'done'),"
        " (SELECT count(*) FROM steps s WHERE s.op_id = o.id)"
        f" FROM operations o WHERE batch_id = ? AND batch_id != '' AND kind = '{OperationKind.ENRICH}'",
        (last.batch_id,),
    ).fetchall()
    called = replace(last, id=OperationId(last.batch_id))
    if len(rows) < 2:
        return called
    left = OperationState.DONE in [state for state, _, _ in rows]
    return replace(
        called,
        title=look_up_title(len(rows)),
        state=OperationState.DONE if left else OperationState.UNDONE,
        done=sum(done for _, done, _ in rows),
        total=sum(total for _, _, total in rows),
        undoable=left,
        why_not="" if left else "it is undone",
    )
