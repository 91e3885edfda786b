"""What a look-up came to, as front ends show it; and what of a model or a candidate is looked up."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pumas_tui.core.domain import hub_values
from pumas_tui.core.domain.enriching import FieldChange, RemoteFacts
from pumas_tui.core.domain.files import Candidate, Role
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.matching import Compared, RelatedFile, Subject, SubjectFile
from pumas_tui.core.domain.vocabulary import Trust

if TYPE_CHECKING:
    from pumas_tui.core.domain.metadata import Metadata  # screens start without the parser of the format


@dataclass(frozen=True, slots=True)
class Identification:
    """The answer to "what is this file?". Times are epoch seconds.

    `trust` is the badge; PENDING: it could not be asked, and `reason` says why. `candidates` stand surest
    first; `evidence` are the lines behind the badge. `would_change` is what `facts` would put into
    metadata.json; `filled`: it is there already. `asked_at`: when the oldest of the answers came that it
    rests on, 0 where none came; `took_s`: seconds from the question to here. `stale`: from the cache, older
    than it should be.
    """

    name: str
    trust: Trust
    candidates: tuple[Compared, ...] = ()
    evidence: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    facts: RemoteFacts | None = None
    would_change: tuple[FieldChange, ...] = ()
    related: tuple[RelatedFile, ...] = ()
    asked_at: float = 0.0
    took_s: float = 0.0
    stale: bool = False
    filled: bool = False
    reason: str = ""
    retry_at: float | None = None

    @property
    def best(self) -> Compared | None:
        """The candidate that the badge is about."""
        fits = (c for c in self.candidates if c.trust is self.trust)
        return next(fits, None) if self.trust not in (Trust.NONE, Trust.PENDING) else None


@dataclass(frozen=True, slots=True)
class Retried:
    """What a round over the models that wait came to. `left` still wait, because of `reason`.

    `found`: the models that were answered, with the badge that each answer earned; `filled` of them got new
    fields, which are undone together as `batch_id`.
    """

    settled: int
    left: int
    reason: str = ""
    retry_at: float | None = None
    found: tuple[tuple[ModelUid, Trust], ...] = ()
    filled: int = 0
    batch_id: str = ""


def of_model(meta: "Metadata") -> Subject:
    """A model of the library, with the hashes of its import."""
    weights = [f for f in meta.files if f.role is Role.WEIGHTS] or list(meta.files)
    weights.sort(key=lambda f: (f.sha256 != meta.hashes.sha256, f.shard_index or 0))
    files = tuple(SubjectFile(f.original_name, f.size, f.sha256) for f in weights)
    return Subject(meta.official_name, files, _repo(meta.repo_id), _headline(meta))


def of_candidate(candidate: Candidate) -> Subject:
    """What is about to be imported; nothing is hashed for it, but a cache may know hashes."""
    members = sorted(candidate.weights or candidate.members, key=lambda m: m != candidate.main)
    files = tuple(SubjectFile(m.name, m.entry.size, m.expected_sha256) for m in members)
    origin = candidate.origin.repo_id if candidate.origin is not None else ""
    return Subject(candidate.name, files, _repo(origin))


def _repo(name: str) -> tuple[str, ...]:
    return (name,) if "/" in name and hub_values.is_repo_id(name) else ()


def _headline(meta: "Metadata") -> str:
    words = [
        meta.base_model or meta.family,
        meta.subtype or meta.model_type,
        meta.precision or meta.quantization,
    ]
    return ", ".join(word for word in words if word and word != "unknown")
