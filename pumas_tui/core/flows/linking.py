"""Links after an import or an edit: only these models, and only what needs no decision.

An incremental sync creates, keeps and re-points; removals are asked for elsewhere. What went wrong is told
and fails nothing: the models are in the library whatever the apps say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pumas_tui.core.db.jobs import JobStore
from pumas_tui.core.domain.ids import JobId, ModelId
from pumas_tui.core.domain.imports import BROUGHT
from pumas_tui.core.domain.jobs import JobKind, JobState
from pumas_tui.core.domain.plan import Act, Applied
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.flows import mapping
from pumas_tui.core.flows.mapping import MappingTools, SyncOrder

_BUSY = (JobState.WAITING, JobState.RUNNING)
_BRING_MODELS = (JobKind.IMPORT, JobKind.DOWNLOAD)
_MADE = (Act.CREATE, Act.REPLACE_OURS)


@dataclass(frozen=True, slots=True)
class Linked:
    """What a sync of some models came to, app by app."""

    applied: tuple[Applied, ...]

    @property
    def created(self) -> int:
        """Links made or re-pointed."""
        return sum(_made(one) for one in self.applied)

    @property
    def conflicts(self) -> int:
        """Targets that something else has."""
        return sum(r.action.act is Act.CONFLICT for one in self.applied for r in one.results)

    def lines(self) -> tuple[tuple[str, bool], ...]:
        """(line, is a warning) for the message line."""
        said = [
            (f"Added {plural(_made(one), 'link')} to {safe(one.app)}.  u undo", False)
            for one in self.applied
            if _made(one)
        ]
        if self.conflicts:
            said.append((f"{plural(self.conflicts, 'target is', 'targets are')} taken: see 3 Mapping", True))
        for one in self.applied:
            said += [(safe(one.error.message), True)] if one.error is not None else []
            said += [(safe(w.message), True) for w in one.warnings]
            said += [(safe(f"{r.action.target}: {r.message}"), True) for r in one.failed]
        return tuple(said)


def _made(one: Applied) -> int:
    return sum(r.state == "done" and r.action.act in _MADE for r in one.results)


def link_models(tools: MappingTools, models: Sequence[ModelId], batch_id: str = "") -> Linked:
    """Sync these models into every app that is here. Run in a worker thread. Never raises PumasError."""
    order = SyncOrder(batch_id=batch_id)
    apps = tools.apps.registry.apps() if models else []
    return Linked(tuple(mapping.sync_app(tools, app, list(models), order) for app in apps))


def link_batch(tools: MappingTools, jobs: JobStore, job_id: JobId) -> Linked:
    """Called when a job has ended: once no other import of its batch waits or runs, its models get links.

    Of two that end at the same moment the later one to write its row sees none that runs.
    """
    ended = jobs.get(job_id)
    if ended.kind not in _BRING_MODELS or ended.state is not JobState.DONE or not ended.batch_id:
        return Linked(())
    batch = jobs.of_batch(ended.batch_id)
    if any(job.state in _BUSY for job in batch):
        return Linked(())
    done = [job.result for job in batch if job.state is JobState.DONE and job.result is not None]
    wanted = [r for r in done if r.get("status") in BROUGHT and r.get("link", True)]
    return link_models(tools, [ModelId(str(r["model_id"])) for r in wanted], ended.batch_id)
