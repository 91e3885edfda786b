"""`identify`: what models and files are, looked up on the Hub; the evidence; a yes to a candidate."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import click

from pumas_tui.cli import diagnostics
from pumas_tui.cli.front import with_library
from pumas_tui.cli.options import Verb, Wanted
from pumas_tui.cli.output import Outcome
from pumas_tui.cli.running import stoppable
from pumas_tui.cli.status_line import measured
from pumas_tui.core.domain.errors import (
    CancelledError,
    NotFoundError,
    PumasError,
    Trouble,
    UsageError,
    trouble,
)
from pumas_tui.core.domain.identification import Identification
from pumas_tui.core.domain.ids import new_operation_id
from pumas_tui.core.domain.imports import Inspected
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.models import ModelDetail
from pumas_tui.core.domain.network_state import NetworkState, NetworkStatus
from pumas_tui.core.domain.same_tensors import TensorAnswer, with_answer
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.library import Library

_CODES = {
    NetworkStatus.RATE_LIMITED: "rate_limited",
    NetworkStatus.OFFLINE: "offline",
    NetworkStatus.OFF: "offline",
}
_SHORT = 8
"""Characters of an id that name a change, as `history` shows it."""
_LATER = "it stays pending; later: pumas-tui identify --pending"

Subject = ModelDetail | Inspected


@dataclass(frozen=True, slots=True)
class Answered:
    """One look-up: of what, and what it came to; what came of comparing tensors, or why it failed."""

    subject: Subject
    answer: Identification
    tensors: TensorAnswer | None = None
    trouble: Trouble | None = None


@click.command("identify", cls=Verb, short_help="Look models and files up on the Hub.")
@click.argument("subjects", nargs=-1, metavar="[MODEL|PATH]…")
@click.option("--pending", is_flag=True, help="Every model that waits for a look-up.")
@click.option("--explain", is_flag=True, help="Show candidates, what was compared, and what would change.")
@click.option("--cached", is_flag=True, help="What the cache has, however old; nothing is asked or written.")
@click.option("--confirm", metavar="REPO", help="This candidate is it: take its words, the badge is Manual.")
@click.option(
    "--tensors", is_flag=True, help="Of what is Modified: does only the header differ? Reads the file."
)
@click.pass_obj
def identify(
    wanted: Wanted,
    subjects: tuple[str, ...],
    pending: bool,
    explain: bool,
    cached: bool,
    confirm: str | None,
    tensors: bool,
) -> Outcome:
    """Say what each MODEL of the library, or each model in the file or folder PATH, is, and how sure that is.

    What is sure fills the model's empty fields, which one `undo` takes back; the rest waits for --confirm. A
    PATH is only looked at.

    A model is Modified when its name is that of a published file and its content is not. --tensors then
    fetches the published header and proves by SHA-256 whether the tensors are the very same bytes.
    """
    if pending == bool(subjects):
        raise UsageError("name models or paths, or say --pending", hint="pumas-tui identify --help")
    if confirm is not None and len(subjects) != 1:
        raise UsageError("--confirm is about one model", hint="pumas-tui identify MODEL --confirm REPO")
    if confirm is not None and tensors:
        raise UsageError("--tensors is for models that nobody has confirmed", hint="say --confirm afterwards")
    if cached and (confirm is not None or tensors):
        raise UsageError("--cached asks nobody and writes nothing", hint="leave it out")
    paths = {word: os.path.abspath(word) for word in subjects}

    async def work(library: Library) -> Outcome:
        found = await (_waiting(library) if pending else _meant(library, paths))
        if cached:
            return _of_cache([Answered(one, await _kept(library, one)) for one in found], explain=explain)
        answered: list[Answered] = []
        batch = new_operation_id()
        for subject in found:
            answered.append(Answered(subject, await _ask(library, subject, batch)))
            if answered[-1].answer.trust is Trust.PENDING:
                break  # the network does not answer, so nobody else will be answered either
        if tensors:
            answered = [await _with_tensors(library, wanted, one) for one in answered]
        filled = sum(one.answer.filled for one in answered)
        if confirm is not None:
            answered = [await _confirmed(library, answered[0], confirm)]
        outcome = _outcome(answered, len(found), library.network.state(), explain=explain)
        return _with_undo(outcome, filled, batch)

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


async def _ask(library: Library, subject: Subject, batch: str) -> Identification:
    if isinstance(subject, Inspected):
        return await library.network.inspect(subject)
    return await library.network.identify(subject.row.uid, batch=batch)


async def _kept(library: Library, subject: Subject) -> Identification:
    name = subject.candidate.name if isinstance(subject, Inspected) else subject.row.official_name
    kept = await library.network.kept(subject)
    return kept or Identification(name, Trust.PENDING, reason="nothing of it is in the cache")


def _of_cache(answered: Sequence[Answered], *, explain: bool) -> Outcome:
    """What is kept, with its date."""
    lines = [line for one in answered for line in _lines(one, explain=explain)]
    errors = [
        Trouble("not_found", f"{_name(one)}: {one.answer.reason}", hint="leave --cached out to ask")
        for one in answered
        if not one.answer.asked_at
    ]
    data = {"models": [_told(one) for one in answered], "left": len(errors), "operation": None}
    return Outcome(data, lines, (), errors, [diagnostics.exit_code_of(found.code) for found in errors])


def _with_undo(outcome: Outcome, filled: int, batch: str) -> Outcome:
    """With what takes back what was filled in."""
    if not filled:
        return replace(outcome, data={**outcome.data, "operation": None})
    line = f"{plural(filled, 'model')} filled in; to take that back: pumas-tui undo {batch[:_SHORT]}"
    return replace(outcome, data={**outcome.data, "operation": batch}, lines=[*outcome.lines, line])


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


async def _with_tensors(library: Library, wanted: Wanted, one: Answered) -> Answered:
    """Compare where the badge is Modified. Raises CancelledError."""
    best = one.answer.best
    if isinstance(one.subject, Inspected) or one.answer.trust is not Trust.MODIFIED or best is None:
        return one
    try:
        with measured(wanted, "reading") as so_far:
            row = one.subject.row
            compare = partial(library.network.compare_tensors, row.uid, best, on_progress=so_far)
            told = await stoppable(lambda stop: compare(stop=stop))
    except CancelledError:
        raise
    except PumasError as error:  # the look-up itself is answered
        return replace(one, trouble=trouble(error))
    evidence = tuple(with_answer(one.answer.evidence, told, len(one.answer.evidence) + 1))
    return replace(one, answer=replace(one.answer, evidence=evidence), tensors=told)


def _outcome(answered: Sequence[Answered], asked: int, state: NetworkState, *, explain: bool) -> Outcome:
    lines: list[str] = []
    errors: list[Trouble] = []
    for one in answered:
        if one.answer.trust is Trust.PENDING:
            code = _CODES.get(state.status, "network")
            why = diagnostics.with_time(one.answer.reason, one.answer.retry_at)
            errors.append(Trouble(code, f"{_name(one)}: {why}", hint=_hint(one)))
        errors += [one.trouble] if one.trouble is not None else []
        lines += _lines(one, explain=explain)
    left = asked - sum(one.answer.trust is not Trust.PENDING for one in answered)
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
        "tensors": _compared(one.tensors) if one.tensors is not None else None,
        "searches": list(answer.searches),
        "would_change": [asdict(change) for change in answer.would_change],
        "related": [{"path": r.file.path, "size": r.file.size, "kind": r.kind} for r in answer.related],
        "filled": answer.filled,
        "asked_at": answer.asked_at or None,
        "stale": answer.stale,
        "reason": answer.reason,
        "retry_at": answer.retry_at,
    }


def _compared(told: TensorAnswer) -> dict[str, Any]:
    return {
        "verdict": told.verdict.value,
        "repo_id": told.repo_id,
        "file": told.path,
        **asdict(told.change),
        "reason": told.reason,
        "read_bytes": told.read_bytes,
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
    if answer.stale:
        filled = f", from the cache of {time.strftime('%Y-%m-%d %H:%M', time.localtime(answer.asked_at))}"
    lines = [f"{_name(one)}: {answer.trust.value}{source}{filled}"]
    if one.tensors is not None and not explain:
        lines.append(f"  {one.tensors.line}")
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
