"""Parts that an import waits for, as the Hub has them: a repository fits where it has every other part under
its name and with its size.

That proves nothing yet: parts of an import are not hashed before it runs, and are not for this. What settles
it comes later: a part that came is compared with the SHA-256 that the Hub told, and the whole model with the
repository once it is in the library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pumas_tui.core.domain import refetching
from pumas_tui.core.domain.absent_parts import AbsentPart
from pumas_tui.core.domain.downloads import Download, DownloadOrder
from pumas_tui.core.domain.files import Candidate, Member
from pumas_tui.core.domain.hub_values import HubFile, HubModel, without_files
from pumas_tui.core.domain.ids import JobId, ModelUid


@dataclass(frozen=True, slots=True)
class PartOffer:
    """Parts that could be got for an import, with their numbers. `proven`: the other parts are known to be
    the same files by SHA-256; else by name and size only. `uid`: of the import."""

    job_id: JobId
    uid: ModelUid
    name: str
    repo: HubModel  # without files
    parts: tuple[tuple[int, HubFile], ...]
    others: int
    proven: bool

    @property
    def size_bytes(self) -> int:
        """Bytes to be downloaded."""
        return sum(file.size or 0 for _, file in self.parts)

    @property
    def numbers(self) -> list[int]:
        """Which parts."""
        return [number for number, _ in self.parts]


def offer(
    job_id: JobId, uid: ModelUid, candidate: Candidate, wanted: Sequence[AbsentPart], repo: HubModel
) -> PartOffer | None:
    """What a repository has of the parts that are wanted, all of them or nothing. `repo` with its files."""
    gone = {part.name for part in wanted}
    others = [m for m in candidate.weights if m.shard_index is not None and m.name not in gone]
    files = {file.path: file for file in repo.files}
    if not others or not wanted:
        return None
    first = others[0].name
    for place in [file.path.removesuffix(first) for file in repo.files if file.path.endswith(first)]:
        same = [(member, files.get(f"{place}{member.name}")) for member in others]
        parts = [(part.number, files.get(f"{place}{part.name}")) for part in wanted]
        found = tuple((n, file) for n, file in parts if file is not None and file.sha256 and file.size)
        if len(found) == len(wanted) and all(_fits(member, file) for member, file in same):
            proven = all(member.expected_sha256 for member in others)
            bare = without_files(repo)
            return PartOffer(job_id, uid, candidate.name, bare, found, len(others), proven)
    return None


def _fits(member: Member, file: HubFile | None) -> bool:
    if file is None or file.size != member.entry.size:
        return False
    return not member.expected_sha256 or member.expected_sha256 == file.sha256


def encode(found: PartOffer, key: ModelUid) -> dict[str, Any]:
    """The payload of the job that gets them."""
    files = tuple(file for _, file in found.parts)
    numbers = ", ".join(str(number) for number in found.numbers)
    name = f"{found.name}, part {numbers}"
    order = DownloadOrder(Download(found.repo, files, name, folder=True), key)
    into = {"job": found.job_id, "uid": found.uid, "numbers": found.numbers}
    return refetching.payload_of(order, into, {})


def same_import(payload: Mapping[str, Any], job_id: JobId) -> bool:
    """A job that gets parts for this import."""
    return refetching.is_into(payload) and refetching.into_of(payload).get("job") == job_id
