"""Health, the public face: check, repair, verify content, follow what has moved.

Methods may be called from the event loop; disk work runs in threads. A check changes nothing but the index;
every change of links is one operation in the history.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pumas_tui.core.domain import repairs
from pumas_tui.core.domain.events import FindingFound
from pumas_tui.core.domain.findings import Finding, HealthReport
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.relocation import Relocation
from pumas_tui.core.domain.repairs import Repaired, RepairPlan
from pumas_tui.core.domain.verification import VerifyReport
from pumas_tui.core.flows import checking, relocating, repairing, verifying
from pumas_tui.core.flows.check_state import CheckTools, Following
from pumas_tui.core.flows.operating import OnProgress, OperationTools
from pumas_tui.core.flows.planning import PlanTools
from pumas_tui.core.flows.verifying import VerifyOrder

OnFinding = Callable[[Finding], None]
"""Takes a finding as soon as it is found; called in a worker thread."""


@dataclass(frozen=True, slots=True)
class HealthTools:
    """What health works with; all thread-safe. `verify_rate`: bytes a second of verifying, 0 for no limit;
    `self_heals`: the user lets safe repairs be done without asking."""

    checks: CheckTools
    plans: PlanTools
    operations: OperationTools
    verify_rate: int
    self_heals: bool


class Health:
    """What is broken, and putting it right. All raise LibraryNotFoundError, DiskError, BusyError."""

    def __init__(self, tools: HealthTools, find: Callable[[str], Awaitable[ModelDetail]]) -> None:
        self._tools = tools
        self._find = find

    async def check(
        self,
        *,
        on_finding: OnFinding | None = None,
        on_progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> HealthReport:
        """Look at library, links and apps. Findings come as they are found, as FindingFound events too; the
        report has them in order, with what was found of their repairs. `on_progress` takes links looked at so
        far and in all, in a worker thread. A check that is stopped keeps what it found."""
        publish = self._tools.operations.publish

        def found(one: Finding) -> None:
            publish(FindingFound(one))
            if on_finding is not None:
                on_finding(one)

        following = Following(found, on_progress, stop)
        return await asyncio.to_thread(checking.check, self._tools.checks, following)

    async def plan_repair(self, findings: Sequence[Finding], *, instead: bool = False) -> RepairPlan:
        """What repairing these would do; nothing is changed. `instead`: by each finding's other repair, as
        far as it has one: for what a person named."""
        links = await asyncio.to_thread(self._tools.plans.registry.links)
        chosen = (one.instead if instead else one.repair for one in findings)
        return repairs.plan(chosen, len(links))

    async def repair(
        self,
        findings: Sequence[Finding],
        *,
        instead: bool = False,
        confirmed: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Repaired:
        """Do what `plan_repair` shows, as one operation; a place that changed since is left alone and told.

        Raises RemovalNotConfirmedError ("confirm_removal") where the plan `asks` and nobody `confirmed` it.
        """
        order = repairing.Order(await self.plan_repair(findings, instead=instead), confirmed, on_progress)
        tools = self._tools
        return await asyncio.to_thread(repairing.repair, tools.plans, tools.operations, order)

    async def heal(self, report: HealthReport) -> Repaired | None:
        """After a check: do what the user lets be done without asking, which is nothing unless the settings
        say so. None where nothing was to be done; it can be undone like any other repair."""
        safe = [one for one in report.findings if one.repair is not None and one.repair.safe]
        return await self.repair(safe) if safe and self._tools.self_heals else None

    async def verify(
        self,
        refs: Sequence[str] | None = None,
        *,
        limit_bytes: int | None = None,
        on_progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> VerifyReport:
        """Read the content of these models, or of all, from the disk and compare it with what was imported.

        What was never read comes first; a later call goes on with the rest, in a file that was right before
        at the block where it was stopped. `limit_bytes`: read no more than
        that, but one file at least. `on_progress` takes bytes read so far and in all, in a worker thread.
        Raises NotFoundError, AmbiguousError.
        """
        ids: list[ModelId] | None = None
        if refs is not None:
            ids = [(await self._find(ref)).row.model_id for ref in refs]
        order = VerifyOrder(ids, limit_bytes, self._tools.verify_rate, on_progress, stop)
        return await asyncio.to_thread(verifying.verify, self._tools.checks, order)

    async def relocation(self, old: str, new: str) -> Relocation:
        """What a drive or folder that is now at `new` would take; all targets are looked at, nothing is
        changed. Raises UsageError, NotFoundError (nothing of ours is there)."""
        return await asyncio.to_thread(relocating.plan, self._tools.plans, old, new)

    async def moved(self) -> Relocation | None:
        """The library itself is at another place than before, and links still say the old one."""
        return await asyncio.to_thread(relocating.moved, self._tools.plans)

    async def relocate(self, relocation: Relocation) -> Repaired:
        """Follow a move: records of apps first, then their links as one operation."""
        tools = self._tools
        return await asyncio.to_thread(relocating.relocate, tools.plans, tools.operations, relocation)
