"""One look-up: search by the name, prove by size and SHA-256, at most four calls. Writes nothing.

Two searches, two file lists; what is in the cache costs no call, and each of them ends by one deadline. A
call that is left brings the model card of a match that is sure.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pumas_tui.core.domain import enriching, matching
from pumas_tui.core.domain.enriching import RemoteFacts
from pumas_tui.core.domain.errors import NetworkError, NotAllowedError, NotFoundError
from pumas_tui.core.domain.hub_values import HubModel
from pumas_tui.core.domain.identification import Identification
from pumas_tui.core.domain.ids import Sha256
from pumas_tui.core.domain.matching import Compared, Subject
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.net.calls import Asking, NothingKeptError
from pumas_tui.core.net.hub import Hub
from pumas_tui.core.net.session import Session
from pumas_tui.core.net.transports import Dated

_LISTS = 2
_MOST_CALLS = 4

Told = Callable[[Sequence[Compared]], None]
"""Takes the candidates that are known so far, those that were compared last at the end."""


def no_one(_: Sequence[Compared]) -> None:
    """For who waits for the whole answer."""


def alike(one: str, other: str) -> float:
    """How alike two names are, 0 to 1, without regard to the order of words and to how they are set apart."""
    from rapidfuzz import fuzz  # 20 ms, and only look-ups need it

    joined = fuzz.ratio(one.replace(" ", ""), other.replace(" ", ""))
    return max(fuzz.token_sort_ratio(one, other), joined) / 100


@dataclass(slots=True)
class LookUp:
    """One question about one file. `document`: its metadata.json as it is now, empty before the import.

    `by_hash`: Civitai may be asked as well. `words`: what to search for, in place of those of the name.
    `tell` gets the candidates each time one more is known. Of a cache that has only a part of the answers
    the look-up makes what it can.
    """

    session: Session
    subject: Subject
    document: Mapping[str, Any]
    asking: Asking
    by_hash: bool = False
    words: str = ""
    tell: Told = no_one
    _found: dict[str, HubModel] = field(default_factory=dict)
    _compared: dict[str, Compared] = field(default_factory=dict)
    _searches: list[str] = field(default_factory=list)
    _evidence: list[str] = field(default_factory=list)
    _calls: int = 0
    _lists: int = 0
    _dates: Dated | None = None
    _began: float = field(default_factory=time.monotonic)

    async def run(self) -> Identification:
        """The answer. Never raises for the network: what could not be asked is pending, with the reason."""
        try:
            hub = await self._dated_hub()
            await self._by_hints(hub)
            if not self._is_verified():
                await self._by_name(hub)
            known = None if self._is_verified() else await self._at_civitai()
        except NetworkError as error:
            if not self._is_verified():
                return self._pending(error)
            known = None
        if known is not None:
            return self._answer(Trust.VERIFIED, known)
        best = matching.best(list(self._compared.values()))
        if best is None:
            return self._answer(Trust.NONE, None)
        facts = enriching.facts_of(best, hub.endpoint)
        return self._answer(best.trust, await self._with_card(hub, best, facts), best)

    async def _dated_hub(self) -> Hub:
        hub = await self.session.hub()
        self._dates = Dated(hub.transport)
        return Hub(self._dates, hub.endpoint)

    async def _by_hints(self, hub: Hub) -> None:
        """Repositories that the file or its place names: one list each, no search."""
        for repo in self.subject.hints[:1]:
            self._evidence.append(f"its own words name {repo}")
            await self._prove(hub, HubModel(repo))

    async def _by_name(self, hub: Hub) -> None:
        for words in (self.words,) if self.words else matching.search_terms(self.subject):
            try:
                page = await hub.search(words, self.asking)
            except NothingKeptError:
                continue
            self._calls += 1
            self._searches.append(words)
            self._evidence.append(f'searched for "{words}": {len(page.models)} repositories')
            self._found.update((model.repo_id, model) for model in page.models)
            if self._surest_name() > matching.SURE:
                break
        ranked = matching.ranked(self.subject, self._found.values(), alike)
        for model in ranked[: matching.PROVEN]:
            if self._is_verified() or self._lists >= _LISTS:
                break
            await self._prove(hub, model)
        for model in ranked:
            if model.repo_id not in self._compared:
                self._compared[model.repo_id] = matching.compare(self.subject, model, alike, proven=False)
        self._tell()

    def _tell(self) -> None:
        self.tell(tuple(self._compared.values()))

    def _surest_name(self) -> float:
        return max((matching.score(self.subject, m, alike) for m in self._found.values()), default=0.0)

    async def _prove(self, hub: Hub, model: HubModel) -> None:
        """Compare with the file list of a repository; one that is not there for us is left to its name."""
        if model.repo_id in self._compared:
            return
        self._calls += 1
        self._lists += 1
        try:
            listed = await hub.model(model.repo_id, self.asking)
        except (NotFoundError, NotAllowedError) as error:
            self._evidence.append(error.message)
            return
        except NothingKeptError:
            self._evidence.append(f"{model.repo_id}: its list of files is not in the cache")
            return
        compared = matching.compare(self.subject, listed, alike, proven=True)
        self._compared[model.repo_id] = compared
        self._evidence.append(matching.evidence(compared))
        self._tell()

    def _is_verified(self) -> bool:
        return any(c.trust is Trust.VERIFIED for c in self._compared.values())

    async def _at_civitai(self) -> RemoteFacts | None:
        sha256 = self.subject.main.sha256
        if not (self.by_hash and sha256):
            return None
        civitai = await self.session.civitai()
        try:
            found = await civitai.by_hash(Sha256(sha256), self.asking)
        except NothingKeptError:
            return None
        if found is None:
            self._evidence.append("Civitai knows no file with this SHA-256")
            return None
        self._evidence.append(f"Civitai: {found.model} {found.version}: SHA-256 equal")
        return enriching.civitai_facts(found)

    async def _with_card(self, hub: Hub, best: Compared, facts: RemoteFacts) -> RemoteFacts:
        """With an extract of the model card, where a call is left for it."""
        if self._calls >= _MOST_CALLS or not enriching.fills_by_itself(best.trust):
            return facts
        try:
            card = await hub.card(best.model, self.asking)
        except (NetworkError, NotFoundError):
            return facts  # the match does not hang on it
        return replace(facts, fields={**facts.fields, "model_card": card}) if card else facts

    def _answer(
        self, trust: Trust, facts: RemoteFacts | None, best: Compared | None = None
    ) -> Identification:
        changes = enriching.changes(self.document, facts, trust) if facts is not None else ()
        earlier = enriching.compared_before(self.document) if trust is Trust.MODIFIED else ()
        dates = self._dates
        return Identification(
            name=self.subject.name,
            trust=trust,
            candidates=matching.in_order(self._compared.values()),
            evidence=(*([self.subject.headline] if self.subject.headline else []), *self._evidence, *earlier),
            searches=tuple(self._searches),
            facts=facts,
            would_change=changes,
            related=matching.related(self.subject, best.model) if best is not None and best.proven else (),
            asked_at=dates.oldest if dates is not None and dates.oldest is not None else 0.0,
            took_s=time.monotonic() - self._began,
            stale=dates is not None and dates.stale,
        )

    def _pending(self, error: NetworkError) -> Identification:
        answer = self._answer(Trust.PENDING, None)
        return replace(answer, reason=error.message, retry_at=error.retry_at)
