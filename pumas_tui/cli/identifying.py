"""`identify`: what models and files are, looked up on the Hub; the evidence; a yes to a candidate."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import click

from pumas_tui.cli import diagnostics
from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.core.domain.errors import NotFoundError, Trouble, UsageError
from pumas_tui.core.domain.identification import Identification
from pumas_tui.core.domain.imports import Inspected
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.network_state import NetworkState, NetworkStatus
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.library import Library

_CODES = {
    NetworkStatus.RATE_LIMITED: "rate_limited",
    NetworkStatus.OFFLINE: "offline",
    NetworkStatus.OFF: "offline",
}
_LATER = "it stays pending; later: pumas-tui identify --pending"

Subject = ModelDetail | Inspected


@dataclass(frozen=True, slots=True)
class Answered:
    """One look-up: of what, and what it came to."""

    subject: Subject
    answer: Identification


@click.command("identify", cls=Verb, short_help="Look models and files up on the Hub.")
@click.argument("subjects", nargs=-1, metavar="[MODEL|PATH]…")
@click.option("--pending", is_flag=True, help="Every model that waits for a look-up.")
@click.option("--explain", is_flag=True, help="Show candidates, what was compared, and what would change.")
@click.option("--confirm", metavar="REPO", help="This candidate is it: take its words, the badge is Manual.")
@click.pass_obj
def identify(
    wanted: Wanted, subjects: tuple[str, ...], pending: bool, explain: bool, confirm: str | None
) -> Outcome:
    """Say what each MODEL of the library, or each model in the file or folder PATH, is, and how sure that is.

    What is sure fills the model's empty fields; the rest waits for --confirm. A PATH is only looked at.
    """
    if pending == bool(subjects):
        raise UsageError("name models or paths, or say --pending", hint="pumas-tui identify --help")
    if confirm is not None and len(subjects) != 1:
        raise UsageError("--confirm is about one model", hint="pumas-tui identify MODEL --confirm REPO")
    paths = {word: os.path.abspath(word) for word in subjects}

    async def work(library: Library) -> Outcome:
        found = await (_waiting(library) if pending else _meant(library, paths))
        answered: list[Answered] = []
        for subject in found:
            answered.append(Answered(subject, await _ask(library, subject)))
            if answered[-1].answer.trust is Trust.PENDING:
                break  # the network does not answer, so nobody else will be answered either
        if confirm is not None:
            answered = [await _confirmed(library, answered[0], confirm)]
        return _outcome(answered, len(found), library.network.state(), explain=explain)

    return with_library(wanted.options(), work)


async def _waiting(library: Library) -> list[Subject]:
    return [await library.models.get(row.uid) for row in await library.network.pending()]


async def _meant(library: Library, words: Mapping[str, str]) -> list[Subject]:
    """Models by reference, else what lies at a word's path. Raises NotFoundError, AmbiguousError."""
    found: list[Subject] = []
    for word, path in words.items():
        try:
            found.append(await library.models.get(word))
        except NotFoundError:
            there = (await library.imports.inspect_paths([path])).candidates
            if not there:
                raise
            found += there
    return found


async def _ask(library: Library, subject: Subject) -> Identification:
    if isinstance(subject, Inspected):
        return await library.network.inspect(subject)
    return await library.network.identify(subject.row.uid)


async def _confirmed(library: Library, answered: Answered, repo_id: str) -> Answered:
    """Raises UsageError for a file, NotFoundError for a repository that was not among the candidates."""
    subject, answer = answered.subject, answered.answer
    if isinstance(subject, Inspected):
        raise UsageError("--confirm is for models of the library", hint="import the file first")
    if answer.trust is Trust.PENDING:
        return answered
    chosen = next((c for c in answer.candidates if c.repo_id.lower() == repo_id.lower()), None)
    if chosen is None:
        named = ", ".join(c.repo_id for c in answer.candidates) or "there is none"
        raise NotFoundError(f"{repo_id} is no candidate for {subject.row.model_id}", hint=f"one of: {named}")
    after = await library.network.confirm(subject.row.uid, chosen)
    return Answered(after, replace(answer, trust=after.row.trust, filled=True))


def _outcome(answered: Sequence[Answered], asked: int, state: NetworkState, *, explain: bool) -> Outcome:
    lines: list[str] = []
    errors: list[Trouble] = []
    for one in answered:
        if one.answer.trust is Trust.PENDING:
            code = _CODES.get(state.status, "network")
            why = diagnostics.with_time(one.answer.reason, one.answer.retry_at)
            errors.append(Trouble(code, f"{_name(one)}: {why}", hint=_hint(one)))
        lines += _lines(one, explain=explain)
    left = asked - len(answered) + len(errors)
    if left > 1:
        lines.append(f"{plural(left, 'model')} still to be looked up")
    data = {"models": [_told(one) for one in answered], "left": left}
    return Outcome(data, lines, (), errors, [diagnostics.exit_code_of(found.code) for found in errors])


def _hint(one: Answered) -> str | None:
    return None if isinstance(one.subject, Inspected) else _LATER


def _name(one: Answered) -> str:
    return one.subject.candidate.name if isinstance(one.subject, Inspected) else one.subject.row.model_id


def _told(one: Answered) -> dict[str, Any]:
    """A look-up as JSON."""
    answer, subject = one.answer, one.subject
    chosen = answer.best
    if isinstance(subject, Inspected):
        paths = [member.entry.path for member in subject.candidate.members]
        about: dict[str, Any] = {"model_id": None, "uid": None, "path": paths[0], "paths": paths}
    else:
        about = {"model_id": subject.row.model_id, "uid": subject.row.uid, "path": subject.directory}
    return about | {
        "name": answer.name,
        "trust": answer.trust.value,
        "repo_id": chosen.repo_id if chosen is not None else None,
        "file": chosen.file.path if chosen is not None and chosen.file is not None else None,
        "candidates": [_candidate(c) for c in answer.candidates],
        "evidence": list(answer.evidence),
        "searches": list(answer.searches),
        "would_change": [asdict(change) for change in answer.would_change],
        "related": [{"path": r.file.path, "size": r.file.size, "kind": r.kind} for r in answer.related],
        "filled": answer.filled,
        "stale": answer.stale,
        "reason": answer.reason,
        "retry_at": answer.retry_at,
    }


def _candidate(found: Compared) -> dict[str, Any]:
    return {
        "repo_id": found.repo_id,
        "file": found.file.path if found.file is not None else None,
        "trust": found.trust.value,
        "score": round(found.score, 3),
        "size_equal": found.size_equal,
        "sha256_equal": found.hash_equal,
    }


def _lines(one: Answered, *, explain: bool) -> list[str]:
    """A look-up for people, printable."""
    answer = one.answer
    source = f" {answer.best.repo_id}" if answer.best is not None else ""
    filled = ", details filled in" if answer.filled else ""
    lines = [f"{_name(one)}: {answer.trust.value}{source}{filled}"]
    if explain:
        lines += [f"  {line}" for line in answer.evidence]
        lines += [
            f"  {c.repo_id}: name {c.score:.0%}, its files not looked at"
            for c in answer.candidates
            if not c.proven
        ]
        verb = "changed" if answer.filled else "would change"
        lines += [f"  {verb} {c.field}: {_value(c.now)} -> {_value(c.after)}" for c in answer.would_change]
        lines += [f"  also there: {r.file.path} ({r.kind})" for r in answer.related]
    return [safe(line) for line in lines]


def _value(value: Any) -> str:
    """A field of metadata.json in a line."""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "-"
    return str(value) if value not in (None, "") else "-"


VERBS = {"identify": identify}
