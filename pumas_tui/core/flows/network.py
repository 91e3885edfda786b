"""The network, the public face: how it is, what a file is, search on the Hub, downloads.

Nothing is asked before somebody asks, or before `start` was called and a while has passed. Look-ups change
metadata.json by the same way as edits, so what a person wrote meanwhile is never overwritten.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from pumas_tui.core.db.jobs import JobStore, NewJob
from pumas_tui.core.domain import downloads, enriching, identification
from pumas_tui.core.domain.downloads import Download, DownloadOrder
from pumas_tui.core.domain.enriching import FieldChange
from pumas_tui.core.domain.errors import NetworkError, NotFoundError, PumasError
from pumas_tui.core.domain.events import Event, JobChanged, LookedUp, NetworkChanged, SearchAnswered
from pumas_tui.core.domain.hub_values import HubModel, HubPage
from pumas_tui.core.domain.identification import Identification, Retried
from pumas_tui.core.domain.ids import ModelUid, new_model_uid
from pumas_tui.core.domain.imports import ImportChoices, Inspected, Submitted
from pumas_tui.core.domain.jobs import JobKind, JobState
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.models import ModelDetail, ModelRow
from pumas_tui.core.domain.network_state import NetworkState, NetworkStatus
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.flows import editing
from pumas_tui.core.flows.changing import EditTools
from pumas_tui.core.flows.identifying import LookUp
from pumas_tui.core.fs import devices
from pumas_tui.core.net.calls import Asking, Freshness, NothingKeptError
from pumas_tui.core.net.session import Options, Session, Store

_BETWEEN_LOOKUPS_S = 1.0
_LOOK_EVERY_S = 1.0
_FIRST_AFTER_S = 3.0
_MOST_PENDING = 1000
_BY_HASH_TYPES = ("diffusion", "unknown")


@dataclass(frozen=True, slots=True)
class NetworkTools:
    """What the network's flows work with. `find`: a model by reference. `waiting`: so many models whose badge
    is pending. `own`: this process runs that batch. `by_itself`: models are looked up unasked; `by_hash`:
    Civitai may be asked."""

    edit: EditTools
    jobs: JobStore
    store: Store
    options: Options
    find: Callable[[str], Awaitable[ModelDetail]]
    waiting: Callable[[int], Awaitable[Sequence[ModelRow]]]
    publish: Callable[[Event], None]
    own: Callable[[str], None]
    by_itself: bool = True
    by_hash: bool = False
    between_s: float = field(default=_BETWEEN_LOOKUPS_S)
    first_after_s: float = field(default=_FIRST_AFTER_S)


class Network:
    """For one event loop. Methods that ask raise NetworkError (OfflineError, RateLimitedError,
    NotAllowedError) and NotFoundError; those about a model of the library also what `Models.get` raises."""

    def __init__(self, tools: NetworkTools) -> None:
        self._tools = tools
        self._session = Session(tools.store, tools.options)
        self._state = NetworkState(NetworkStatus.ONLINE if tools.options.allowed() else NetworkStatus.OFF)
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._retrying = asyncio.Lock()

    def start(self, events: AsyncIterator[Event]) -> None:
        """Watch how the network is, and look up by itself what was imported. `events`: the library's."""
        self._spawn(self._watch())
        if self._tools.by_itself:
            self._spawn(self._listen(events))
            self._spawn(self._look_up_waiting())

    async def close(self) -> None:
        """End everything that was started, and close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    def state(self) -> NetworkState:
        """How the network is, as far as was seen in the last second."""
        return self._state

    async def look(self) -> NetworkState:
        """How the network is now, as all processes know it; asks nobody. Publishes NetworkChanged."""
        state = await asyncio.to_thread(self._session.gate.state)
        if state != self._state:
            self._state = state
            self._tools.publish(NetworkChanged(state))
            if state.may_ask:
                self._wake.set()
        return state

    async def identify(self, ref: str, *, asked_by_user: bool = True, words: str = "") -> Identification:
        """Look up a model of the library, and write what came of it; a badge that is Manual stays.

        `words`: what to search for, in place of those of its name.
        An answer that is pending writes nothing: what it could not ask is tried again later.
        """
        detail = await self._tools.find(ref)
        document = detail.metadata.model_dump(mode="json", by_alias=True)
        subject = identification.of_model(detail.metadata)
        by_hash = self._tools.by_hash and detail.metadata.model_type in _BY_HASH_TYPES
        asking = Asking(by_user=asked_by_user)
        answer = await LookUp(self._session, subject, document, asking, by_hash, words).run()
        await self.look()
        if answer.trust is Trust.PENDING or detail.metadata.trust is Trust.MANUAL:
            return answer
        await asyncio.to_thread(self._write, detail, answer)
        return replace(answer, filled=enriching.fills_by_itself(answer.trust))

    async def inspect(self, inspected: Inspected) -> Identification:
        """Look up what is about to be imported; nothing is hashed for it, so the badge is provisional."""
        answer = await LookUp(self._session, identification.of_candidate(inspected), {}, Asking()).run()
        await self.look()
        return answer

    def changes(self, detail: ModelDetail, candidate: Compared) -> tuple[FieldChange, ...]:
        """What `confirm` would change."""
        document = detail.metadata.model_dump(mode="json", by_alias=True)
        facts = enriching.facts_of(candidate, self._tools.options.hub)
        return enriching.changes(document, facts, candidate.trust)

    async def confirm(
        self, ref: str, candidate: Compared, *, only: Collection[str] | None = None
    ) -> ModelDetail:
        """A person says that this is it: its fields (or `only` these) fill all but manual ones, and the badge
        becomes Manual. Also raises what an edit raises."""
        detail = await self._tools.find(ref)
        facts = enriching.facts_of(candidate, self._tools.options.hub)
        now = datetime.now(UTC)
        await asyncio.to_thread(
            self._change,
            detail,
            lambda document: enriching.confirmed(document, candidate, facts, now, only),
        )
        return await self._tools.find(detail.row.uid)

    async def pending(self) -> tuple[ModelRow, ...]:
        """Models that wait for a look-up."""
        return tuple(await self._tools.waiting(_MOST_PENDING))

    async def retry_pending(self, *, asked_by_user: bool = False) -> Retried:
        """Look up the models that wait, one after the other; stops where the network does."""
        async with self._retrying:
            rows, settled = await self.pending(), 0
            found: list[tuple[ModelUid, Trust]] = []
            for number, row in enumerate(rows):
                if number and not asked_by_user:
                    await asyncio.sleep(self._tools.between_s)
                try:
                    answer = await self.identify(row.uid, asked_by_user=asked_by_user)
                except PumasError as error:  # this model cannot be read or written now; the others can
                    answer = Identification(row.official_name, Trust.NONE, reason=error.message)
                if answer.trust is Trust.PENDING:
                    left = len(rows) - settled
                    return Retried(settled, left, answer.reason, answer.retry_at, tuple(found))
                settled += not answer.reason
                found.append((ModelUid(row.uid), answer.trust))
            return Retried(settled, len(rows) - settled, found=tuple(found))

    async def search(self, query: str, seq: int = 0, *, wait: bool = False) -> HubPage:
        """Models on the Hub: at once from the cache, however old, else asked. `wait`: what is too old is
        asked again first, and given only when nobody answers.

        An answer from the cache that is older than ten minutes is asked again in the background; what comes
        then is told by SearchAnswered with the same `seq`.
        """
        hub = await self._session.hub()
        if not wait:
            with suppress(NothingKeptError):
                page = await hub.search(query, Asking(freshness=Freshness.CACHED))
                if page.stale:
                    self._spawn(self._search_again(query, seq))
                return page
        try:
            return await hub.search(query, Asking())
        finally:
            await self.look()

    async def more(self, page: HubPage) -> HubPage:
        """The page after a page that has one (`page.more`)."""
        return await (await self._session.hub()).more(page, Asking())

    async def files(self, repo_id: str, revision: str = "") -> HubModel:
        """A repository with all its files, their sizes and hashes."""
        try:
            return await (await self._session.hub()).model(repo_id, Asking(), revision)
        finally:
            await self.look()

    async def plan_download(
        self, repo_id: str, include: Sequence[str] = (), revision: str = ""
    ) -> tuple[Download, ...]:
        """What a download would bring, as models with their files and sizes. Raises NotFoundError when
        nothing fits the globs."""
        model = await self.files(repo_id, revision)
        found = downloads.models_of(model, downloads.selected(model, include))
        if not found:
            wanted = ", ".join(include) or "weights"
            raise NotFoundError(f"{repo_id} has no model that fits {wanted}", hint=f"hub files {repo_id}")
        return found

    async def download(
        self,
        repo_id: str,
        include: Sequence[str] = (),
        revision: str = "",
        choices: ImportChoices | None = None,
    ) -> Submitted:
        """One job a model that is to be downloaded."""
        return await self.submit(await self.plan_download(repo_id, include, revision), choices)

    async def submit(self, wanted: Sequence[Download], choices: ImportChoices | None = None) -> Submitted:
        """Jobs for what `plan_download` gave, all in one transaction."""
        batch = str(uuid4())
        lanes = await asyncio.to_thread(devices.lanes_of, self._tools.edit.paths.models, [[]])
        new = [self._job(one, choices or ImportChoices(), lanes[0], batch) for one in wanted]
        self._tools.own(batch)
        ids = await asyncio.to_thread(partial(self._tools.jobs.add_many, JobKind.DOWNLOAD, new))
        self._tools.own(batch)
        return Submitted(ids, batch)

    def _job(self, one: Download, choices: ImportChoices, lane: str, batch: str) -> NewJob:
        order = DownloadOrder(one, new_model_uid(), choices)
        return NewJob(payload=downloads.encode(order), lane=lane, batch_id=batch)

    def _write(self, detail: ModelDetail, answer: Identification) -> None:
        sha256, now = detail.metadata.hashes.sha256, datetime.now(UTC)
        score = answer.best.score if answer.best is not None else 0.0

        def decide(document: dict[str, Any]) -> dict[str, Any]:
            if not enriching.is_same_content(document, sha256):
                return document
            return enriching.settled(document, answer.trust, answer.facts, answer.evidence, now, score)

        self._change(detail, decide)

    def _change(self, detail: ModelDetail, decide: editing.Decide) -> None:
        row = detail.row
        editing.change_metadata(self._tools.edit, row.model_id, ModelUid(row.uid), decide, kind="enrich")

    async def _search_again(self, query: str, seq: int) -> None:
        with suppress(NetworkError, NotFoundError):  # what is shown stays; the state tells why
            hub = await self._session.hub()
            page = await hub.search(query, Asking(freshness=Freshness.FRESH))
            self._tools.publish(SearchAnswered(seq, page))
        await self.look()

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _listen(self, events: AsyncIterator[Event]) -> None:
        async for event in events:
            job = event.job if isinstance(event, JobChanged) else None
            if job is not None and job.state is JobState.DONE:
                self._wake.set()

    async def _look_up_waiting(self) -> None:
        """Once a while after the start, then after each import, and when the network is back."""
        await asyncio.sleep(self._tools.first_after_s)
        while True:
            self._wake.clear()
            if self._state.may_ask:
                with suppress(PumasError):  # an index that cannot be read now: at the next import again
                    done = await self.retry_pending()
                    if done.found:
                        self._tools.publish(LookedUp(done.found))
                    if done.retry_at is not None:
                        await asyncio.sleep(max(0.0, done.retry_at - time.time()))
                        continue
            await self._wake.wait()
