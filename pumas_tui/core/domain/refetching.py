"""Files that a model of the library lacks, got from the Hub or from this machine into it: which they are,
where they can be had, why those are the right ones, the job that brings them, and what metadata.json says
once they are there.

A recorded file is the right one when its SHA-256 is the recorded one, wherever it comes from. Of a
part that was never here no hash is on record: it is the right one where the repository's other parts of that
set are the very files that the model has.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from pumas_tui.core.domain import folder_parts, folders, grouping, hub_values, import_payload
from pumas_tui.core.domain.downloads import Download, DownloadOrder
from pumas_tui.core.domain.files import FileEntry, Role
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.imports import ImportChoices
from pumas_tui.core.domain.text import plural

_INTO = "into"


class Lack(StrEnum):
    """What is the matter with a file of a model."""

    GONE = "gone"  # recorded, and nothing is there
    SIZE = "size"  # recorded, and there with another size
    CONTENT = "content"  # recorded, and reading it told that its content is another
    NEVER = "never"  # a part of a set that never came in


@dataclass(frozen=True, slots=True)
class Own:
    """A file that a model has on record. `name` below its folder, `original_name` as its source had it."""

    name: str
    original_name: str
    size: int
    sha256: str
    role: Role = Role.WEIGHTS


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to be got. Bytes and SHA-256 as recorded: None and empty for a part that never came in."""

    name: str
    lack: Lack
    original_name: str = ""
    size: int | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Get:
    """A file and the one of a repository that takes its place. `why` it is the right one.

    `places`: files of this machine that may be it, the likeliest first; empty where it comes from the Hub.
    """

    wanted: Wanted
    file: HubFile
    why: str
    places: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """What its content must hash to."""
        return self.wanted.sha256 or self.file.sha256


@dataclass(frozen=True, slots=True)
class Lacking:
    """A model as its metadata describes it, and what it lacks. `repo_id` and `revision`: where it is said to
    come from, empty where nothing says so."""

    model_id: ModelId
    uid: ModelUid
    name: str
    own: tuple[Own, ...]
    wanted: tuple[Wanted, ...]
    repo_id: str = ""
    revision: str = ""
    kind: Mapping[str, str] = field(default_factory=dict)  # as a job's payload tells it


@dataclass(frozen=True, slots=True)
class Refetch:
    """What would be got for a model, nothing of it done. `left`: what is not to be had, with the reason.

    `waits`: nobody could be asked, and why; the files of `repo` are looked at when the job runs then.
    `path`: where on this machine it comes from, in place of a repository.
    """

    lacking: Lacking
    repo: HubModel  # without files; of no name where none was found
    files: tuple[Get, ...]
    left: tuple[tuple[Wanted, str], ...]
    free_bytes: int
    waits: str = ""
    path: str = ""

    @property
    def source(self) -> str:
        """Where it comes from: a path of this machine, or a repository."""
        return self.path or self.repo.repo_id

    @property
    def size_bytes(self) -> int:
        """Bytes to be brought, as far as they are known."""
        if self.waits:
            return sum(one.size or 0 for one in self.lacking.wanted)
        return sum(one.file.size or 0 for one in self.files)


def wanted(
    own: Sequence[Own], bad: Mapping[str, Lack], indexes: Mapping[str, Collection[str]]
) -> tuple[Wanted, ...]:
    """What a model lacks, in the order of its files. `bad`: recorded files that are not right, by name.

    `indexes`: its index files, each with the paths below its folder that it lists.
    """
    recorded = [
        Wanted(one.name, bad[one.name], one.original_name, one.size, one.sha256)
        for one in own
        if one.name in bad
    ]
    parts = folder_parts.parts_of(
        [one.name for one in own], indexes, lambda name: folders.role_of(name) is Role.WEIGHTS
    )
    absent = [name for name in parts.missing if hub_values.is_inside(name) and _peers(own, name)]
    return (*recorded, *(Wanted(name, Lack.NEVER, name) for name in absent))


def _peers(own: Sequence[Own], name: str) -> list[Own]:
    """The recorded parts of the set that a part belongs to."""
    return [one for one in own if one.role is Role.WEIGHTS and _set_of(one.name) == _set_of(name)]


def _set_of(name: str) -> tuple[str, ...]:
    """What the parts of one set have in common: by their numbers, else folder and ending."""
    part = grouping.part_number(_entry(name))
    return (part[0],) if part is not None else (name.rpartition("/")[0], grouping.extension(name))


def _entry(name: str) -> FileEntry:
    return FileEntry(f"/{name}", 0, 0, 0, 0)


def found_in(lacking: Lacking, repo: HubModel) -> tuple[tuple[Get, ...], tuple[tuple[Wanted, str], ...]]:
    """What of it a repository has, and why not the rest. `repo` with its files, their sizes and hashes."""
    got: list[Get] = []
    left: list[tuple[Wanted, str]] = []
    for one in lacking.wanted:
        found = _part(one, lacking.own, repo) if one.lack is Lack.NEVER else _recorded(one, repo)
        if not isinstance(found, Get):
            left.append((one, found))
        elif (twin := next((g for g in got if g.file == found.file), None)) is not None:
            left.append((one, f"has the content of {twin.wanted.name}: get it once that is here"))
        else:
            got.append(found)
    return tuple(got), tuple(left)


def _recorded(one: Wanted, repo: HubModel) -> Get | str:
    same = [f for f in repo.files if f.sha256 == one.sha256 and f.size is not None]
    if same:
        names = (one.original_name, one.name)
        best = min(same, key=lambda f: (f.path not in names, f.name != one.name.rpartition("/")[2], f.path))
        return Get(one, best, "its SHA-256 is the recorded one")
    named = [f for f in repo.files if f.path in (one.original_name, one.name)]
    for file in named:
        if not file.sha256 and file.size == one.size:  # the Hub tells no SHA-256 of small files
            return Get(one, file, "name and size are equal; its SHA-256 is compared when it is here")
    what = "has another content under this name now" if named else "has no file with its SHA-256"
    return f"{repo.repo_id} {what}"


def _part(one: Wanted, own: Sequence[Own], repo: HubModel) -> Get | str:
    """A part that was never here, by the parts of its set that are on record."""
    peers = _peers(own, one.name)
    places = [(peer, file) for peer in peers for file in repo.files if file.sha256 == peer.sha256]
    if {peer.name for peer, _ in places} != {peer.name for peer in peers}:
        return f"{repo.repo_id} has not the same other parts, by SHA-256"
    named = {_called(one.name, file.path) for _, file in places}
    for file in repo.files:
        if file.path in named and file.sha256 and file.size is not None:
            others = plural(len(peers), "other part")
            return Get(one, file, f"its set is the same: {others} equal by SHA-256")
    return f"{repo.repo_id} has the other parts, and not this one"


def _called(name: str, like: str) -> str:
    """What a part is called in a repository that has another part of the set at `like`."""
    folder, slash, last = like.rpartition("/")
    part = grouping.part_number(_entry(name))
    if part is not None and grouping.part_number(_entry(last)) is not None:
        return f"{folder}{slash}{grouping.part_name(last, part[1])}"
    return f"{folder}{slash}{name.rpartition('/')[2]}"


# The job.


@dataclass(frozen=True, slots=True)
class RefetchOrder:
    """A job's model and what it is to get. `key` names the folder of what has come so far.

    No `files`: nobody could be asked yet which they are.
    """

    key: ModelUid
    uid: ModelUid
    model_id: ModelId
    name: str
    repo: HubModel
    files: tuple[Get, ...]

    @property
    def download(self) -> DownloadOrder:
        """The same as what is to be downloaded."""
        files = tuple(one.file for one in self.files)
        return DownloadOrder(Download(self.repo, files, self.name, folder=True), self.key)


def is_into(payload: Mapping[str, Any]) -> bool:
    """A download job whose files go into what is there: a model, or an import that waits."""
    return _INTO in payload


def payload_of(order: DownloadOrder, into: Mapping[str, Any], kind: Mapping[str, str]) -> dict[str, Any]:
    """The payload of a download into what is there; with the keys of an import's, for whoever shows jobs."""
    one = order.download
    return {
        "name": one.name,
        "size_bytes": one.size_bytes,
        "sources": [f"{one.model.repo_id}/{file.path}" for file in one.files] or [one.model.repo_id],
        "uid": order.uid,
        "repo": hub_values.to_json(one.model),
        "files": [_file(file) for file in one.files],
        "choices": import_payload.encoded_choices(ImportChoices()),
        **kind,
        _INTO: into,
    }


def _file(file: HubFile) -> dict[str, Any]:
    return {"path": file.path, "size": file.size, "sha256": file.sha256}


def order_of(payload: Mapping[str, Any]) -> DownloadOrder:
    """The download of a payload that `payload_of` made."""
    files = tuple(HubFile(**file) for file in payload["files"])
    here = into_of(payload).get("path")
    repo = HubModel("") if here else hub_values.model(payload["repo"])
    one = Download(repo, files, payload["name"], folder=True)
    return DownloadOrder(one, import_payload.uid_of(payload))


def into_of(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a download's files go into."""
    into: Mapping[str, Any] = payload[_INTO]
    return into


def encode(plan: Refetch, key: ModelUid) -> dict[str, Any]:
    """The payload of a job for what a plan gets."""
    lacking = plan.lacking
    order = RefetchOrder(key, lacking.uid, lacking.model_id, lacking.name, plan.repo, plan.files)
    gets = [
        {"wanted": asdict(g.wanted), "file": _file(g.file), "why": g.why, "places": list(g.places)}
        for g in plan.files
    ]
    into = {
        "uid": lacking.uid,
        "gets": gets,
        "names": [one.name for one in lacking.wanted],
        "bytes": plan.size_bytes,
        "path": plan.path,
    }
    payload = payload_of(order.download, into, lacking.kind)
    if plan.path:
        payload["sources"] = [plan.path]
    return {**payload, "model_id": lacking.model_id, "size_bytes": plan.size_bytes}


def decode(payload: Mapping[str, Any]) -> RefetchOrder:
    """The order behind a payload that `encode` made."""
    into = into_of(payload)
    gets = tuple(_get(one) for one in into["gets"])
    bare = order_of(payload)
    repo, name = bare.download.model, bare.download.name
    model_id = ModelId(payload["model_id"])
    return RefetchOrder(bare.uid, ModelUid(into["uid"]), model_id, name, repo, gets)


def _get(values: Mapping[str, Any]) -> Get:
    said = values["wanted"]
    one = Wanted(**{**said, "lack": Lack(said["lack"])})
    return Get(one, HubFile(**values["file"]), values["why"], tuple(values["places"]))


def same_model(payload: Mapping[str, Any], plan: Refetch) -> bool:
    """A job that gets these files of this model from there: from this place, or from the Hub."""
    into = payload.get(_INTO, {})
    lacking = plan.lacking
    names = [one.name for one in lacking.wanted] if plan.waits else [g.wanted.name for g in plan.files]
    same = into.get("uid") == lacking.uid and into.get("path") == plan.path
    return same and set(names) <= set(into.get("names", ()))


# What metadata.json says afterwards.


@dataclass(frozen=True, slots=True)
class Came:
    """A file that is in the model's folder now, with its hashes."""

    name: str
    original_name: str
    size: int
    sha256: str
    xxh3_128: str


def completed(document: Mapping[str, Any], came: Sequence[Came]) -> dict[str, Any]:
    """The document with parts that it did not list, and its sums; what is on record stays as it is."""
    files: list[dict[str, Any]] = list(document["files"])
    known = {file["name"] for file in files}
    fresh = [one for one in came if one.name not in known]
    if not fresh:
        return dict(document)
    for one in fresh:
        entry = _listed(one)
        files.insert(_place(files, entry), entry)
    weights = sum(int(file["size"]) for file in files if file.get("role", "weights") == Role.WEIGHTS)
    return {
        **document,
        "files": files,
        "size_bytes": sum(int(file["size"]) for file in files),
        "approx_weight_size_gb": round(weights / 2**30, 3),
    }


def _listed(one: Came) -> dict[str, Any]:
    part = grouping.part_number(_entry(one.name))
    numbers = {} if part is None else {"shard_index": part[1], "shard_total": part[2]}
    return {**asdict(one), "role": Role.WEIGHTS.value, **numbers}


def _place(files: Sequence[Mapping[str, Any]], entry: Mapping[str, Any]) -> int:
    """Behind the last part of its set that comes before it, else before the first one, else at the end."""
    mates = [n for n, file in enumerate(files) if _set_of(str(file["name"])) == _set_of(str(entry["name"]))]
    before = [n for n in mates if str(files[n]["name"]) < str(entry["name"])]
    return before[-1] + 1 if before else mates[0] if mates else len(files)
