"""The network, the public face: how it is, what a file is, search on the Hub, downloads.

Nothing is asked before somebody asks, or before `start` was called and a while has passed. Look-ups change
metadata.json by the same way as edits, so what a person wrote meanwhile is never overwritten.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import uuid4

from pumas_tui.core.db.jobs import JobStore, NewJob
from pumas_tui.core.domain import downloads, enriching, identification
from pumas_tui.core.domain.downloads import Download, DownloadOrder
from pumas_tui.core.domain.enriching import FieldChange
from pumas_tui.core.domain.errors import NotFoundError, PumasError
from pumas_tui.core.domain.events import Event, JobChanged, LookedUp, NetworkChanged
from pumas_tui.core.domain.holdings import Holdings
from pumas_tui.core.domain.hub_values import HubFile, HubModel, HubPage
from pumas_tui.core.domain.identification import Identification, Retried
from pumas_tui.core.domain.ids import ModelUid, new_model_uid, new_operation_id
from pumas_tui.core.domain.imports import ImportChoices, Inspected, Submitted
from pumas_tui.core.domain.jobs import JobKind, JobState
from pumas_tui.core.domain.matching import Compared, Subject
from pumas_tui.core.domain.models import ModelDetail, ModelRow
from pumas_tui.core.domain.network_state import NetworkState, NetworkStatus
from pumas_tui.core.domain.same_tensors import TensorAnswer, TensorVerdict
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.flows import held_files, same_tensors, settling, waiting_jobs
from pumas_tui.core.flows.changing import EditTools
from pumas_tui.core.flows.identifying import LookUp, Told, no_one
from pumas_tui.core.flows.operating import OnProgress
from pumas_tui.core.flows.same_tensors import Reading, TensorCheck
from pumas_tui.core.fs import devices
from pumas_tui.core.net.calls import Asking, Freshness, NothingKeptError
from pumas_tui.core.net.session import Options, Session, Store

_BETWEEN_LOOKUPS_S = 1.0
_LOOK_EVERY_S = 1.0
_FIRST_AFTER_S = 3.0
_WAKE_JOBS_EVERY_S = 60.0
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
        self._spawn(self._go_on())
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

    async def identify(
        self, ref: str, *, asked_by_user: bool = True, words: str = "", tell: Told = no_one, batch: str = ""
    ) -> Identification:
        """Look up a model of the library, and write what came of it; a badge that is Manual stays.

        `words`: what to search for, in place of those of its name. `tell` gets the candidates as they become
        known. `batch`: what is filled in is undone together with what else has this id.
        An answer that is pending writes nothing: what it could not ask is tried again later.
        """
        detail = await self._tools.find(ref)
        asking = Asking(by_user=asked_by_user, freshness=Freshness.YOUNG)
        answer = await self._of_model(detail, asking, words, tell).run()
        await self.look()
        if answer.trust is Trust.PENDING or detail.metadata.trust is Trust.MANUAL:
            return answer
        filled = await asyncio.to_thread(settling.settle, self._tools.edit, detail, answer, batch)
        return replace(answer, filled=filled)

    def _of_model(self, detail: ModelDetail, asking: Asking, words: str, tell: Told = no_one) -> LookUp:
        meta = detail.metadata
        document = meta.model_dump(mode="json", by_alias=True)
        by_hash = self._tools.by_hash and meta.model_type in _BY_HASH_TYPES
        subject = identification.of_model(meta)
        return LookUp(self._session, subject, document, asking, by_hash, words, tell)

    async def kept(self, subject: ModelDetail | Inspected, *, words: str = "") -> Identification | None:
        """What can be said of a model, or of what is about to be imported, from answers in the cache alone,
        however old; None where it has none. Asks nobody and writes nothing; the answer counts as stale."""
        asking = Asking(freshness=Freshness.CACHED)
        if isinstance(subject, ModelDetail):
            look_up = self._of_model(subject, asking, words)
        else:
            look_up = LookUp(self._session, identification.of_candidate(subject.candidate), {}, asking)
        answer = await look_up.run()
        return replace(answer, stale=True) if answer.asked_at else None

    async def inspect(self, inspected: Inspected) -> Identification:
        """Look up what is about to be imported; nothing is hashed for it, so the badge is provisional."""
        return await self.look_up(identification.of_candidate(inspected.candidate))

    async def look_up(self, subject: Subject) -> Identification:
        """The answer alone: nothing is written."""
        answer = await LookUp(self._session, subject, {}, Asking()).run()
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
        await asyncio.to_thread(settling.confirm, self._tools.edit, detail, candidate, facts, only)
        return await self._tools.find(detail.row.uid)

    async def compare_tensors(
        self,
        ref: str,
        candidate: Compared,
        *,
        on_progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> TensorAnswer:
        """Whether the model's file holds the very tensors that are published as a Modified candidate's file;
        what came of it joins the evidence behind the badge. Reads the whole file where that is open.

        `on_progress` takes bytes read and to be read, in a worker thread. Also raises what an edit raises,
        SourceChangedError and CancelledError.
        """
        detail = await self._tools.find(ref)
        watch = Reading(on_progress, stop or threading.Event())
        path = same_tensors.own_path(detail, candidate)
        try:
            answer = await TensorCheck(await self._session.hub(), path, candidate, watch).run()
        finally:
            await self.look()
        if answer.verdict is not TensorVerdict.NOT_COMPARED:
            await asyncio.to_thread(settling.tensors, self._tools.edit, detail, answer)
        return answer

    async def pending(self) -> tuple[ModelRow, ...]:
        """Models that wait for a look-up."""
        return tuple(await self._tools.waiting(_MOST_PENDING))

    async def retry_pending(self, *, asked_by_user: bool = False) -> Retried:
        """Look up the models that wait, one after the other; stops where the network does."""
        async with self._retrying:
            rows, settled, filled, batch = await self.pending(), 0, 0, new_operation_id()
            found: list[tuple[ModelUid, Trust]] = []
            for number, row in enumerate(rows):
                if number and not asked_by_user:
                    await asyncio.sleep(self._tools.between_s)
                try:
                    answer = await self.identify(row.uid, asked_by_user=asked_by_user, batch=batch)
                except PumasError as error:  # this model cannot be read or written now; the others can
                    answer = Identification(row.official_name, Trust.NONE, reason=error.message)
                if answer.trust is Trust.PENDING:
                    left, why = len(rows) - settled, answer.reason
                    return Retried(settled, left, why, answer.retry_at, tuple(found), filled, batch)
                settled += not answer.reason
                filled += answer.filled
                found.append((ModelUid(row.uid), answer.trust))
            return Retried(settled, len(rows) - settled, found=tuple(found), filled=filled, batch_id=batch)

    async def search(self, query: str, *, asked_by_user: bool = True, or_older: bool = True) -> HubPage:
        """Models on the Hub; what is in the cache and younger than ten minutes is not asked again.

        `or_older`: an older answer counts where nobody answers now. Cancelled, it ends the call.
        """
        freshness = Freshness.KEPT if or_older else Freshness.YOUNG
        hub = await self._session.hub()
        try:
            return await hub.search(query, Asking(asked_by_user, freshness))
        finally:
            await self.look()

    async def kept_search(self, query: str) -> HubPage | None:
        """What the Hub said to this the last time, however long ago; None: nothing is kept. Asks nobody."""
        hub = await self._session.hub()
        with suppress(NothingKeptError):
            return await hub.search(query, Asking(freshness=Freshness.CACHED))
        return None

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
        """What a download would bring, as models with their files, their sizes, and what of them is in the
        library already. Raises NotFoundError when nothing fits the globs."""
        model = await self.files(repo_id, revision)
        found = downloads.models_of(model, downloads.selected(model, include))
        if not found:
            wanted = ", ".join(include) or "weights"
            raise NotFoundError(f"{repo_id} has no model that fits {wanted}", hint=f"hub files {repo_id}")
        holdings = await self.held([file for one in found for file in one.files])
        return tuple(downloads.with_holdings(one, holdings) for one in found)

    async def held(self, files: Sequence[HubFile]) -> Holdings:
        """Which of these files of one repository the library has already; asks nobody."""
        edit = self._tools.edit
        return await asyncio.to_thread(held_files.find, edit.index, edit.paths, files)

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

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _go_on(self) -> None:
        """Jobs that wait for the network go on when it is back, and from time to time while it is there."""
        asked_at, could = time.monotonic(), True
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            can, now = self._state.may_ask, time.monotonic()
            if can and (not could or now - asked_at >= _WAKE_JOBS_EVERY_S):
                asked_at = now
                with suppress(PumasError):
                    await asyncio.to_thread(waiting_jobs.go_on, self._tools.jobs)
            could = can

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
                        self._tools.publish(LookedUp(done.found, done.filled, done.batch_id))
                    if done.retry_at is not None:
                        await asyncio.sleep(max(0.0, done.retry_at - time.time()))
                        continue
            await self._wake.wait()
