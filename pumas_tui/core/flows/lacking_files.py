"""What a model of the library lacks, by its metadata and one look at its files; and which files of a
repository take their places."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pumas_tui.core.domain import folders, grouping, ids, refetching
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.errors import AmbiguousError, DamagedError, DiskError, NotFoundError
from pumas_tui.core.domain.hub_values import HubModel, is_repo_id, without_files
from pumas_tui.core.domain.ids import BadIdError, ModelId, ModelUid
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.metadata import Metadata
from pumas_tui.core.domain.refetching import Get, Lack, Lacking, Own, Wanted
from pumas_tui.core.domain.verification import Verdict
from pumas_tui.core.flows import sources
from pumas_tui.core.flows.changing import EditTools
from pumas_tui.core.flows.operating import OperationTools
from pumas_tui.core.fs import reading, scan
from pumas_tui.core.fs.scan import FileState

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Described:
    """A model by its metadata.json, in the index or not: one whose files are gone is in none."""

    model_id: ModelId
    meta: Metadata


def read(paths: LibraryPaths, model_id: ModelId) -> Described:
    """The model in this directory. Raises DiskError, DamagedError."""
    path = paths.metadata(model_id)
    try:
        raw = reading.read_bounded(path, metadata_format.MAX_BYTES)
        return Described(model_id, metadata_format.parse(raw))
    except metadata_format.BadMetadataError as error:
        raise DamagedError(f"{path}: {error}", path=path, hint="mend it, then run scan") from error


def described(tools: EditTools, uid: ModelUid, model_id: ModelId) -> Described:
    """The model of this uid, which was at `model_id`. Raises NotFoundError, DiskError, DamagedError."""
    for place in dict.fromkeys((tools.index.model_id_of(uid) or model_id, model_id)):
        try:
            found = read(tools.paths, place)
        except DiskError as error:
            if not reading.is_absent(error):
                raise
            continue
        if found.meta.uid == uid:
            return found
    raise NotFoundError(f"{model_id} is not in the library any more", hint="run scan")


def looked_up(paths: LibraryPaths, ref: str) -> Described:
    """A model that no index lists, by its id, uid, or unambiguous beginning of its name.

    Raises NotFoundError, AmbiguousError, DiskError, DamagedError.
    """
    try:
        model_id = ids.model_id(ref)
    except BadIdError:
        return _searched(paths, ref)
    try:
        return read(paths, model_id)
    except DiskError as error:
        if reading.is_absent(error):
            raise _unknown(ref) from None
        raise


def _searched(paths: LibraryPaths, ref: str) -> Described:
    entries = [one.model_id for one in scan.model_dirs(paths.models).entries if one.metadata is not None]
    named = [place for place in entries if place.rpartition("/")[2].startswith(ref)]
    if len(named) > 1:
        shown = ", ".join(named[:_SHOWN])
        raise AmbiguousError(f'"{ref}" means {len(named)} models: {shown}', tuple(named))
    try:
        uid: str | None = ids.model_uid(ref)
    except BadIdError:
        uid = None
    for place in named or (entries if uid is not None else ()):
        try:
            found = read(paths, place)
        except (DiskError, DamagedError):
            if named:
                raise
            continue
        if named or found.meta.uid == uid:
            return found
    raise _unknown(ref)


def _unknown(ref: str) -> NotFoundError:
    return NotFoundError(f'no model is called "{ref}"', hint="pumas-tui list shows all")


def lacking(tools: OperationTools, known: Described) -> Lacking:
    """What the model lacks. The caller holds the marker: what is absent then is absent. Raises DiskError."""
    meta, uid = known.meta, ModelUid(known.meta.uid)
    own = tuple(Own(f.name, f.original_name, f.size, f.sha256, f.role) for f in meta.files)
    folder = tools.paths.model_dir(known.model_id)
    bad: dict[str, Lack] = {}
    read_before = tools.registry.verified()
    for name, state in scan.file_sizes(folder, {one.name: one.size for one in own}).items():
        verdict = read_before.get((uid, name))
        if state is FileState.MISSING:
            bad[name] = Lack.GONE
        elif state is FileState.DIFFERS:
            bad[name] = Lack.SIZE
        elif verdict is not None and verdict.verdict is Verdict.CHANGED:
            bad[name] = Lack.CONTENT
    indexes = {one.name: _listed(folder, one.name) for one in own if grouping.is_index(one.name)}
    repo_id = meta.repo_id if "/" in meta.repo_id and is_repo_id(meta.repo_id) else ""
    return Lacking(
        model_id=known.model_id,
        uid=uid,
        name=meta.official_name,
        own=own,
        wanted=refetching.wanted(own, bad, indexes),
        repo_id=repo_id,
        revision=meta.repo_revision,
        kind=_kind(meta),
    )


def _listed(folder: str, name: str) -> list[str]:
    place = name.rpartition("/")[0]
    listed = folders.listed_names(sources.document(f"{folder}/{name}"))
    return [f"{place}/{one}".lstrip("/") for one in listed]


def _kind(meta: Metadata) -> dict[str, str]:
    """What a job's payload says of the model."""
    return {
        "model_type": meta.model_type,
        "subtype": meta.subtype,
        "family": meta.family,
        "security_tier": meta.security_tier.value,
    }


async def at(
    listing: Callable[[str], Awaitable[HubModel]], wanted: Lacking, revision: str
) -> tuple[HubModel, tuple[Get, ...], tuple[tuple[Wanted, str], ...]]:
    """What a repository has of it: at the recorded revision, else at its newest one. `listing` gives its
    files at a revision (empty: the newest). Raises what that raises."""
    best: tuple[HubModel, tuple[Get, ...], tuple[tuple[Wanted, str], ...]] | None = None
    for place in dict.fromkeys((revision, "")):
        try:
            repo = await listing(place)
        except NotFoundError:
            if not place:
                raise
            continue
        got, left = refetching.found_in(wanted, repo)
        if best is None or len(got) > len(best[1]):
            best = (without_files(repo), got, left)
        if not left:
            break
    assert best is not None  # the newest revision was listed, or its error raised
    return best
