"""What a match on the Hub may write into metadata.json.

A field keeps who said it: a person beats the file's own header, that beats what a match with equal content
says, that beats a match by name, and a guess from a file's name gives way to all. So a match fills what is
empty or guessed, a surer match replaces what a less sure one said, and nothing manual is ever changed. A
match by name only (Low) or with other content (Modified) writes its badge and its evidence; its fields come
in when a person says so. Who takes back what a match filled in declines it: its badge and evidence stay, as
they say what was found, and no look-up fills in the words of that source again unasked.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pumas_tui.core.domain import matching, same_tensors
from pumas_tui.core.domain.hub_values import CivitaiVersion
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.same_tensors import TensorAnswer
from pumas_tui.core.domain.vocabulary import Trust

_MOST_EVIDENCE = 20
_MOST_TAGS = 40
_NOT_WORDS = ("license:", "base_model:", "region:", "arxiv:", "dataset:", "doi:", "endpoints_compatible")
_CONFIDENCE = {Trust.VERIFIED: 1.0, Trust.HIGH: 0.95, Trust.NONE: 0.0}
_METHOD = {
    Trust.VERIFIED: "sha256",
    Trust.HIGH: "filename_exact",
    Trust.LOW: "filename_fuzzy",
    Trust.MODIFIED: "hash_mismatch",
    Trust.NONE: "none",
}
_FAMILIES = {
    "stable-diffusion-xl": "sdxl",
    "stable-diffusion-3": "sd3",
    "stable-diffusion": "stable-diffusion",
    "flux": "flux",
    "llama": "llama",
    "mistral": "mistral",
    "qwen2": "qwen",
    "qwen3": "qwen",
    "gemma": "gemma",
    "gemma2": "gemma",
    "phi3": "phi",
    "bert": "bert",
    "whisper": "whisper",
}
"""Tags of the Hub that name a family, and what it is called here."""


FOUND = ("trust", "match", "lookup_attempts", "last_lookup_attempt")
"""Fields of metadata.json that say what a look-up found, whatever becomes of the words that it filled in."""


@dataclass(frozen=True, slots=True)
class RemoteFacts:
    """What a source says of a model, by field of metadata.json. `source` is hub or civitai."""

    source: str
    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Which of its pages it is: a repository, or an address of Civitai."""
        return str(self.fields.get("repo_id") or self.fields.get("model_card") or self.source)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that a match changes: values as in metadata.json, None where nothing stood."""

    field: str
    now: Any
    after: Any


def facts_of(compared: Compared, endpoint: str) -> RemoteFacts:
    """What the Hub says of a candidate. `endpoint`: the address repositories are shown at."""
    model = compared.model
    name = spoken_name(model.name)
    fields: dict[str, Any] = {
        "official_name": f"Modified version of {name}" if compared.trust is Trust.MODIFIED else name,
        "family": next((_FAMILIES[tag] for tag in model.tags if tag in _FAMILIES), ""),
        "base_model": model.base_model,
        "tags": _words(model.tags),
        "trigger_words": list(model.trigger_words),
        "license": model.license,
        "release_date": model.created_at[:10],
        "repo_id": model.repo_id,
        "repo_revision": model.revision,
        "download_url": _address(compared, endpoint),
        "model_card": f"{endpoint}/{model.repo_id}",
    }
    return RemoteFacts("hub", {name: value for name, value in fields.items() if value})


def civitai_facts(found: CivitaiVersion) -> RemoteFacts:
    """What Civitai says of the very file."""
    fields: dict[str, Any] = {
        "official_name": found.model,
        "variant": found.version,
        "base_model": found.base_model,
        "tags": list(found.tags[:_MOST_TAGS]),
        "trigger_words": list(found.trigger_words),
        "release_date": found.published_at[:10],
        "model_card": found.url,
    }
    return RemoteFacts("civitai", {name: value for name, value in fields.items() if value})


def spoken_name(name: str) -> str:
    """A repository's name as one says it: underscores are blanks there."""
    return " ".join(name.replace("_", " ").split())


def _address(compared: Compared, endpoint: str) -> str:
    file, model = compared.file, compared.model
    if file is None:
        return f"{endpoint}/{model.repo_id}"
    return f"{endpoint}/{model.repo_id}/resolve/{model.revision or 'main'}/{file.path}"


def _words(tags: Iterable[str]) -> list[str]:
    return [tag for tag in tags if not tag.startswith(_NOT_WORDS)][:_MOST_TAGS]


def changes(
    document: Mapping[str, Any], facts: RemoteFacts, trust: Trust, *, only: Collection[str] | None = None
) -> tuple[FieldChange, ...]:
    """The fields that a match of this badge would change. `only`: fields that a person chose."""
    found = []
    for name, value in facts.fields.items():
        now = document.get(name)
        chosen = only is None or name in only
        if chosen and value != now and _may_fill(document, name, trust):
            found.append(FieldChange(name, now, value))
    return tuple(found)


def _may_fill(document: Mapping[str, Any], name: str, trust: Trust) -> bool:
    source = _sources(document).get(name)
    if source in ("manual", "header"):
        return not document.get(name) and source != "manual"
    if source in ("hub", "civitai"):
        return trust is Trust.VERIFIED or document.get("trust") != Trust.VERIFIED.value
    return True


def fills_by_itself(trust: Trust) -> bool:
    """A match of this badge writes its fields without being asked."""
    return trust in (Trust.VERIFIED, Trust.HIGH)


def would_fill(document: Mapping[str, Any], trust: Trust, facts: RemoteFacts | None) -> bool:
    """A match writes fields without being asked: `settled` with it changes more than the badge."""
    if facts is None or not fills_by_itself(trust) or facts.name in _declined(document):
        return False
    now = document.get("trust")
    kept = now == Trust.MANUAL.value or (now == Trust.VERIFIED.value and trust is not Trust.VERIFIED)
    return not kept and bool(changes(document, facts, trust))


def journaled(name: str, facts: RemoteFacts) -> dict[str, str]:
    """What the journal says of a match that fills in a model by itself: its title, and what taking it back
    declines."""
    return {"title": f"look-up: {name} filled in from {facts.name}", "declines": facts.name}


def declining(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The document once a person took back what a source (`RemoteFacts.name`) had filled in."""
    return {**document, "declined": list(dict.fromkeys([*_declined(document), name]))}


def _declined(document: Mapping[str, Any]) -> list[str]:
    found = document.get("declined")
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def settled(
    document: Mapping[str, Any],
    trust: Trust,
    facts: RemoteFacts | None,
    evidence: Sequence[str],
    at: datetime,
    score: float = 0.0,
) -> dict[str, Any]:
    """The document after a look-up that came to an end. A model whose badge is Manual stays as it is.

    What was proven once stays proven: a later search that finds less takes no badge Verified away.
    """
    if document.get("trust") == Trust.MANUAL.value:
        return dict(document)
    after = dict(document)
    after["lookup_attempts"] = int(document.get("lookup_attempts") or 0) + 1
    after["last_lookup_attempt"] = _stamp(at)
    if document.get("trust") == Trust.VERIFIED.value and trust is not Trust.VERIFIED:
        return after
    if facts is not None and would_fill(document, trust, facts):
        after = _filled(after, facts, changes(document, facts, trust))
    method = "civitai_sha256" if facts is not None and facts.source == "civitai" else _METHOD[trust]
    after["trust"] = trust.value
    after["match"] = _match(method, _CONFIDENCE.get(trust, score), "auto", evidence, at)
    return after


def compared(document: Mapping[str, Any], answer: TensorAnswer, at: datetime) -> dict[str, Any]:
    """The document after the tensors of a Modified file were compared; any other badge says more already."""
    match = document.get("match")
    if document.get("trust") != Trust.MODIFIED.value or not isinstance(match, Mapping):
        return dict(document)
    said = same_tensors.with_answer(list(match.get("evidence") or ()), answer, _MOST_EVIDENCE)
    return {**document, "match": {**match, "evidence": said, "checked_at": _stamp(at)}}


def compared_before(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Evidence of earlier comparisons of tensors: what they found stays true of this file."""
    match = document.get("match")
    said = match.get("evidence") if isinstance(match, Mapping) else None
    return tuple(line for line in said or () if isinstance(line, str) and same_tensors.is_told(line))


def confirmed(
    document: Mapping[str, Any],
    compared: Compared,
    facts: RemoteFacts,
    at: datetime,
    only: Collection[str] | None = None,
) -> dict[str, Any]:
    """The document after a person chose a match: its fields fill all but manual ones, the badge is Manual."""
    wanted = changes(document, facts, compared.trust, only=only)
    after = _filled(document, facts, wanted)
    if facts.name in _declined(document):
        after["declined"] = [name for name in _declined(document) if name != facts.name]
    said = [matching.evidence(compared), "chosen by hand"]
    after["trust"] = Trust.MANUAL.value
    after["match"] = _match(_METHOD[compared.trust], min(compared.score, 1.0), "manual", said, at)
    return after


def _filled(document: Mapping[str, Any], facts: RemoteFacts, wanted: Iterable[FieldChange]) -> dict[str, Any]:
    after, sources = dict(document), _sources(document)
    for change in wanted:
        after[change.field] = change.after
        sources[change.field] = facts.source
    after["field_sources"] = sources
    return after


def _match(method: str, confidence: float, source: str, said: Sequence[str], at: datetime) -> dict[str, Any]:
    return {
        "method": method,
        "confidence": round(min(max(confidence, 0.0), 1.0), 3),
        "source": source,
        "evidence": list(said[:_MOST_EVIDENCE]),
        "checked_at": _stamp(at),
    }


def _stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _sources(document: Mapping[str, Any]) -> dict[str, Any]:
    found = document.get("field_sources")
    return dict(found) if isinstance(found, dict) else {}


def is_same_content(document: Mapping[str, Any], sha256: str) -> bool:
    """The model still has the main file that was looked up."""
    hashes = document.get("hashes")
    return isinstance(hashes, dict) and hashes.get("sha256") == sha256
