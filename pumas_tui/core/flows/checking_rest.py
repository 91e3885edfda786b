"""Checking what is neither a model nor a link: what files say of apps, contents known to be changed, room,
leftovers. Each check tells what it finds; the number it gives is that of models it found wrong."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from pumas_tui.core.domain import folder_parts, folders, sandboxes, verification, versions
from pumas_tui.core.domain.errors import DiskError, trouble
from pumas_tui.core.domain.files import Role
from pumas_tui.core.domain.findings import Finding, FindingKind, Severity, finding
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.domain.layout import OVERRIDES
from pumas_tui.core.domain.library_facts import LibraryFacts, Presence
from pumas_tui.core.domain.text import plural, size
from pumas_tui.core.domain.verification import Verdict, Verified
from pumas_tui.core.domain.versions import Ranges
from pumas_tui.core.flows import app_versions, duplicate_files, mapped_models, mapping_rules, recovering
from pumas_tui.core.flows.check_state import CheckTools, Seen
from pumas_tui.core.fs import leftovers, space

_NAMED = 8
"""Missing parts of one model that are named one by one."""
_IN_A_SENTENCE = 2
"""Places in a file that its finding's sentence names; more are evidence only."""


def _contents(tools: CheckTools, seen: Seen, facts: LibraryFacts) -> int:
    """Files that a reading found changed, until a later one finds them good."""
    wrong = set()
    for read in tools.registry.verified().values():
        model_id = facts.model_of(read.model_uid)
        if read.verdict is Verdict.CHANGED and model_id is not None:
            wrong.add(read.model_uid)
            seen.tell(changed_content(facts.models_dir, model_id, read))
    return len(wrong)


def changed_content(models_dir: str, model_id: ModelId, read: Verified) -> Finding:
    """A file whose content is not what was imported, and where in it, as far as that can be told."""
    places = tuple(verification.told(read.places))
    where = f": it differs in {' and '.join(places)}" if 0 < len(places) <= _IN_A_SENTENCE else ""
    unknown = "where it differs cannot be told: it was never read while it was right"
    return finding(
        FindingKind.HASH_MISMATCH,
        f"{model_id}: the content of {read.name} is not what was imported{where}",
        f"{models_dir}/{model_id}/{read.name}",
        model_id=model_id,
        model_uid=read.model_uid,
        evidence=(
            f"SHA-256 of what is there: {read.sha256}",
            *([f"differs in {place}" for place in places] or [unknown]),
        ),
    )


def _parts(tools: CheckTools, seen: Seen, facts: LibraryFacts) -> int:
    """Sets that lack parts, by the numbers in the names on record: no file is read for it."""
    found = 0
    for model_id, files in groupby(tools.index.parts(), key=lambda file: file.model_id):
        own = list(files)
        lacked = folder_parts.parts_of([file.name for file in own], {}, _is_weights).missing
        missing = [name for name in lacked if _is_weights(name)]
        if missing:
            found += 1
            never = f"{plural(len(missing), 'part')} of its set never came in"
            seen.tell(
                finding(
                    FindingKind.PART_MISSING, f"{model_id}: {never}", f"{facts.models_dir}/{model_id}",
                    model_id=model_id, model_uid=own[0].uid, evidence=tuple(_named(missing)),
                )
            )  # fmt: skip
    return found


def _named(missing: Sequence[str]) -> Iterator[str]:
    yield from (f"not here: {name}" for name in missing[:_NAMED])
    if len(missing) > _NAMED:
        yield f"and {len(missing) - _NAMED} more"


def _is_weights(name: str) -> bool:
    return folders.role_of(name) is Role.WEIGHTS


def _configs(tools: CheckTools, seen: Seen, facts: LibraryFacts) -> int:
    for one in mapping_rules.load(tools.paths).troubles:
        evidence = (one.hint,) if one.hint else ()
        seen.tell(
            finding(FindingKind.BAD_CONFIG, one.message, one.path or tools.paths.mappings, evidence=evidence)
        )
    return 0


def _overrides(tools: CheckTools, seen: Seen, facts: LibraryFacts) -> int:
    """Only models that have such a file are read."""
    apps = [Ranges(app.kind, app.version) for app in map(app_versions.now, tools.registry.apps())]
    for model_id in sorted(facts.models):
        if facts.source(f"{model_id}/{OVERRIDES}").presence is Presence.GONE:
            continue
        path = f"{tools.paths.model_dir(model_id)}/{OVERRIDES}"
        ranges, problem = mapped_models.version_ranges(tools.paths.model_dir(model_id))
        reasons = {problem: None} if ranges is None else {}
        for app in apps if ranges is not None else ():
            code, why = app.outside(ranges or {}) or ("", "")
            if code == versions.BAD:
                reasons[why] = None
        for reason in reasons:
            words = f"{model_id}: {reason}"
            seen.tell(
                finding(
                    FindingKind.BAD_OVERRIDE, words, path, model_id=model_id, model_uid=facts.models[model_id]
                )
            )
    return 0


def _sandboxes(tools: CheckTools, seen: Seen, facts: LibraryFacts) -> int:
    for app in tools.registry.apps():
        why = sandboxes.problem(app, facts.models_dir)
        if why is not None:
            message, hint = why
            seen.tell(
                finding(
                    FindingKind.SANDBOXED_APP, f"{app.name}: {message}", app.base, app=app.name,
                    app_uid=app.uid, evidence=(hint,),
                )
            )  # fmt: skip
    return 0


def _duplicates(tools: CheckTools, seen: Seen, facts: LibraryFacts) -> int:
    """Models whose content another one holds too: nothing is wrong with them, but room could be had."""
    for spare in duplicate_files.find(tools.index, tools.paths).spare:
        words = f"{spare.model_id} holds only what {spare.kept} holds too; it takes {size(spare.frees_bytes)}"
        seen.tell(
            finding(
                FindingKind.DUPLICATE_MODEL, words, f"{facts.models_dir}/{spare.model_id}",
                severity=Severity.INFO, model_id=spare.model_id, model_uid=spare.uid,
            )
        )  # fmt: skip
    return 0


def _leftovers(tools: CheckTools, seen: Seen, facts: LibraryFacts) -> int:
    try:
        for left in leftovers.look(tools.paths, recovering.wanted_models(tools.jobs)):
            words = f"{left.path}: {left.reason}"
            evidence = (size(left.size_bytes),)
            seen.tell(finding(FindingKind.LEFTOVER_OPERATION, words, left.path, evidence=evidence))
    except DiskError as error:
        seen.not_checked.append(trouble(error))
    return 0


def _room(tools: CheckTools, seen: Seen, facts: LibraryFacts) -> int:
    try:
        free = space.free_bytes(facts.models_dir)
    except DiskError as error:
        seen.not_checked.append(trouble(error))
        return 0
    if free < tools.reserve_bytes:
        words = (
            f"{size(free)} free on the library's disk; imports keep {size(tools.reserve_bytes)} free and stop"
        )
        evidence = ("pumas-tui space shows what could go",)
        seen.tell(finding(FindingKind.LOW_SPACE, words, facts.models_dir, evidence=evidence))
    return 0


def _lookups(tools: CheckTools, seen: Seen, facts: LibraryFacts) -> int:
    for model_id, uid in tools.index.waiting_for_lookup():
        path = f"{facts.models_dir}/{model_id}"
        words = f"{model_id} waits for a look-up"
        seen.tell(finding(FindingKind.PENDING_LOOKUP, words, path, model_id=model_id, model_uid=uid))
    return 0


CHECKS: tuple[Callable[[CheckTools, Seen, LibraryFacts], int], ...] = (
    _contents,
    _parts,
    _configs,
    _overrides,
    _sandboxes,
    _duplicates,
    _leftovers,
    _room,
    _lookups,
)
"""In the order in which they are done; between two of them a check can be stopped."""
