"""Bytes of files: `/resolve/`, the Hub's own cache for small files, and the storage host for large ones."""

import gzip
import re
from urllib.parse import quote, urlencode

from tests.hub.access import Catalogue, RepoPath
from tests.hub.limits import Clock
from tests.hub.repos import HubFile
from tests.hub.wire import Answer, Headers, Request, redirect, refusal

SIGNED_FOR_S = 3600.0
_COMPRESSED = (".json", ".txt", ".md", ".yaml")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Resolver:
    """`/{id}/resolve/{rev}/{path}`: tells commit, tag and size itself, sends on for the bytes."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self.storage = ""

    def resolve(self, request: Request, at: RepoPath) -> Answer:
        if refused := self._catalogue.gate(request, at.repo):
            return refused
        commit = {"X-Repo-Commit": at.commit, "Accept-Ranges": "bytes"}
        file = at.files.get(at.rest)
        if file is None:
            return refusal(404, "Entry not found", "EntryNotFound", commit)
        if file.lfs:
            return redirect(self._signed(at, file), 302, {**commit, **linked(file.sha256, file.size)})
        place = f"/api/resolve-cache/models/{at.repo.id}/{at.commit}/{at.rest}"
        query = urlencode({request.path: "", "etag": f'"{file.blob_id}"'})
        return redirect(f"{quote(place)}?{query}", 307, {**commit, "ETag": f'"{file.blob_id}"'})

    def cached(self, request: Request, at: RepoPath) -> Answer:
        """A small file. Text is compressed for whom accepts it, and then has no length."""
        if refused := self._catalogue.gate(request, at.repo):
            return refused
        file = at.files.get(at.rest)
        if file is None:
            return refusal(404, "Entry not found", "EntryNotFound")
        headers = {"X-Repo-Commit": at.commit, "Content-Disposition": _disposition(at.rest)}
        takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        if takes_gzip and at.rest.endswith(_COMPRESSED) and "range" not in request.headers:
            headers |= {"Content-Encoding": "gzip", "ETag": f'W/"{file.blob_id}"', "Vary": "Accept-Encoding"}
            return Answer(200, headers, gzip.compress(file.content), sized=False)
        return ranged(request, file.content, file.blob_id, headers)

    def _signed(self, at: RepoPath, file: HubFile) -> str:
        query = {
            "Expires": str(int(self._clock() + SIGNED_FOR_S)),
            "Signature": f"sig-{file.storage_tag[:16]}",
        }
        return f"{self.storage}/repos/{at.repo.object_id}/{file.sha256}?{urlencode(query)}"


class Storage:
    """The storage host: signed URLs only, never a token."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._catalogue = catalogue
        self._clock = clock

    def blob(self, request: Request) -> Answer:
        if "authorization" in request.headers:
            return Answer(400, {"Content-Type": "application/xml"}, b"<Code>InvalidArgument</Code>")
        found = self._found(request.path.rpartition("/")[2])
        if found is None:
            return Answer(404, {"Content-Type": "application/xml"}, b"<Code>NoSuchKey</Code>")
        path, file = found
        if self._clock() >= float(request.value("Expires", "0")):
            return Answer(403, {"Content-Type": "application/xml"}, b"<Code>AccessDenied</Code>")
        headers = {"Content-Disposition": _disposition(path), "Content-Type": "binary/octet-stream"}
        return ranged(request, file.content, file.storage_tag, headers)

    def _found(self, sha256: str) -> tuple[str, HubFile] | None:
        for repo in self._catalogue.repos.values():
            for files in (repo.files, *repo.others.values()):
                for path, file in files.items():
                    if file.lfs and file.sha256 == sha256:
                        return path, file
        return None


def linked(sha256: str, size: int) -> Headers:
    """What `/resolve/` says of an LFS file instead of its own tag and length."""
    return {"X-Linked-ETag": f'"{sha256}"', "X-Linked-Size": str(size)}


def ranged(request: Request, content: bytes, tag: str, headers: Headers) -> Answer:
    """The content or one range of it. Several ranges, and a range of another version, get everything."""
    common = {"Accept-Ranges": "bytes", "ETag": f'"{tag}"', **headers}
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    if (
        request.headers.get("if-range", f'"{tag}"') != f'"{tag}"'
        or not wanted
        or wanted.group(0) == "bytes=-"
    ):
        return Answer(200, common, content)
    first, last = wanted.groups()
    size = len(content)
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    if start >= end:
        return Answer(416, {**common, "Content-Range": f"bytes */{size}"})
    return Answer(206, {**common, "Content-Range": f"bytes {start}-{end - 1}/{size}"}, content[start:end])


def _disposition(path: str) -> str:
    name = path.rpartition("/")[2]
    return f"inline; filename*=UTF-8''{quote(name)}; filename=\"{quote(name, safe=' ')}\";"
