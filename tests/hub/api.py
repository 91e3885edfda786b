"""The Hub's JSON endpoints: search, one model, its tree, facts about some of its paths."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlencode

from tests.hub.access import Catalogue, RepoPath
from tests.hub.repos import Files, HubFile, Repo
from tests.hub.wire import Answer, Request, as_json, picked, refusal

_Row = TypeVar("_Row")

_LISTED = (
    "likes",
    "trendingScore",
    "private",
    "downloads",
    "tags",
    "pipeline_tag",
    "library_name",
    "createdAt",
    "modelId",
)
_FULL = ("author", "gated", "lastModified", "sha", "siblings")
_NOT_BY_DEFAULT = ("downloadsAllTime", "trendingScore", "baseModels")
EXPANDABLE = (
    "author",
    "baseModels",
    "cardData",
    "childrenModelCount",
    "config",
    "createdAt",
    "disabled",
    "downloads",
    "downloadsAllTime",
    "evalResults",
    "gated",
    "gguf",
    "inference",
    "inferenceProviderMapping",
    "lastModified",
    "library_name",
    "likes",
    "mask_token",
    "model-index",
    "pipeline_tag",
    "private",
    "resourceGroup",
    "safetensors",
    "sha",
    "siblings",
    "spaces",
    "tags",
    "transformersInfo",
    "trendingScore",
    "usedStorage",
    "widgetData",
    "xetEnabled",
)
_SORTS = ("likes", "downloads", "trendingScore", "createdAt", "lastModified")


def facts(repo: Repo) -> dict[str, Any]:
    """Everything the Hub can tell of a repo at `main`, by the name of its field."""
    base = repo.card.get("base_model")
    told = {
        "author": repo.author,
        "cardData": dict(repo.card),
        "createdAt": repo.created,
        "disabled": repo.disabled,
        "downloads": repo.downloads,
        "downloadsAllTime": repo.downloads * 7,
        "gated": repo.gated,
        "lastModified": repo.modified,
        "library_name": repo.library,
        "likes": repo.likes,
        "modelId": repo.id,
        "pipeline_tag": repo.pipeline,
        "private": repo.private,
        "sha": repo.sha,
        "siblings": [{"rfilename": path} for path in sorted(repo.files)],
        "spaces": [],
        "tags": repo.all_tags,
        "trendingScore": repo.trending,
        "usedStorage": sum(file.size for file in repo.files.values()),
    }
    if isinstance(base, str):
        told["baseModels"] = {"relation": "quantized", "models": [{"_id": _object_id(base), "id": base}]}
    return {name: value for name, value in told.items() if value is not None}


class Api:
    """Answers to `/api/models…`. Lists come in pages of at most `page_size`."""

    def __init__(self, catalogue: Catalogue, page_size: int) -> None:
        self._catalogue = catalogue
        self.page_size = page_size

    def models(self, request: Request) -> Answer:
        """`GET /api/models`: repos that the words, author and tags select, one page of them."""
        expand = request.values("expand")
        if expand and (request.flag("full") or request.flag("cardData") or request.flag("config")):
            return refusal(400, '"expand" cannot be used together with "full", "cardData" or "config"')
        if wrong := _not_expandable(expand):
            return wrong
        sort = request.value("sort", "trendingScore")
        if sort not in _SORTS:
            return refusal(400, f'"sort" must be one of [{", ".join(_SORTS)}]')
        found = [repo for repo in self._catalogue.visible(request) if _selected(repo, request)]
        newest_first = request.value("direction", "-1") == "-1"
        found.sort(key=lambda repo: (facts(repo).get(sort, 0), repo.id), reverse=newest_first)
        page, headers = self._page(request, found)
        return as_json([_row(repo, request, expand) for repo in page], headers=headers)

    def model(self, request: Request, at: RepoPath) -> Answer:
        """`GET /api/models/{id}[/revision/{rev}]`: one repo, with sizes and hashes for `blobs=true`."""
        expand = request.values("expand")
        if expand and (request.flag("blobs") or request.flag("securityStatus")):
            return refusal(400, '"expand" cannot be used together with "blobs" or "securityStatus"')
        if wrong := _not_expandable(expand):
            return wrong
        told = facts(at.repo) | {"sha": at.commit}
        siblings = [_sibling(path, file, request.flag("blobs")) for path, file in sorted(at.files.items())]
        told["siblings"] = siblings
        names = expand or [name for name in told if name not in _NOT_BY_DEFAULT]
        return as_json({"_id": at.repo.object_id, "id": at.repo.id, **picked(told, names)})

    def tree(self, request: Request, at: RepoPath) -> Answer:
        """`GET /api/models/{id}/tree/{rev}[/folder]`: files and folders below a folder, one page of them."""
        entries = _entries(at.files)
        folder = at.rest.strip("/")
        if folder and entries.get(folder, {}).get("type") != "directory":
            return refusal(404, f"{folder} does not exist on {at.revision!r}", "EntryNotFound")
        start = f"{folder}/" if folder else ""
        inside = [entry for path, entry in entries.items() if path.startswith(start) and path != folder]
        if not request.flag("recursive"):
            inside = [entry for entry in inside if "/" not in entry["path"][len(start) :]]
        page, headers = self._page(request, inside)
        return as_json([_told(entry, at, request.flag("expand")) for entry in page], headers=headers)

    def paths_info(self, request: Request, at: RepoPath) -> Answer:
        """`POST /api/models/{id}/paths-info/{rev}`: the named paths; those that do not exist are left out."""
        form = request.form()
        entries = _entries(at.files)
        wanted = [path.strip("/") for path in form.get("paths", [])]
        expand = form.get("expand", ["false"])[-1].lower() == "true"
        return as_json([_told(entries[path], at, expand) for path in wanted if path in entries])

    def _page(self, request: Request, rows: Sequence[_Row]) -> tuple[Sequence[_Row], dict[str, str]]:
        """The rows a cursor points at, and the `Link` to the next ones as long as there are any."""
        limit = int(request.value("limit", str(self.page_size)))
        size = max(1, min(limit, self.page_size))
        start = _position(request.value("cursor"))
        end = start + size
        if end >= len(rows):
            return rows[start:end], {}
        query = [(key, value) for key, value in request.query if key != "cursor"]
        query.append(("cursor", base64.urlsafe_b64encode(b"after:%d" % end).decode()))
        url = f"{self._catalogue.endpoint}{quote(request.path)}?{urlencode(query)}"
        return rows[start:end], {"Link": f'<{url}>; rel="next"'}


def _position(cursor: str) -> int:
    return int(base64.urlsafe_b64decode(unquote(cursor)).rpartition(b":")[2]) if cursor else 0


def _not_expandable(expand: Sequence[str]) -> Answer | None:
    wrong = [name for name in expand if name not in EXPANDABLE]
    return refusal(400, f'"expand" must be one of [{", ".join(EXPANDABLE)}]') if wrong else None


def _selected(repo: Repo, request: Request) -> bool:
    tags = chain.from_iterable(value.split(",") for value in request.values("filter"))
    words = chain.from_iterable(value.lower().split() for value in request.values("search"))
    author = request.value("author")
    return (
        all(word in repo.id.lower() for word in words)
        and (not author or repo.author == author)
        and all(tag in (*repo.all_tags, repo.library, repo.pipeline) for tag in tags)
    )


def _row(repo: Repo, request: Request, expand: Sequence[str]) -> dict[str, Any]:
    names = [*expand] if expand else [*_LISTED]
    if request.flag("full"):
        names += _FULL
    if request.flag("cardData"):
        names.append("cardData")
    return {"_id": repo.object_id, "id": repo.id, **picked(facts(repo), names)}


def _sibling(path: str, file: HubFile, blobs: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"rfilename": path}
    if blobs:
        told |= {"blobId": file.blob_id, "size": file.size}
        if file.lfs:
            told["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return told


def _entries(files: Files) -> dict[str, dict[str, Any]]:
    """Files and the folders above them, folders first within each, as the tree endpoint orders them."""
    made: dict[str, dict[str, Any]] = {}
    for path, file in files.items():
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            made[folder] = {"type": "directory", "oid": _tree_id(folder), "size": 0, "path": folder}
        made[path] = {"type": "file", "oid": file.blob_id, "size": file.size, "path": path}
        if file.lfs:
            made[path]["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return dict(sorted(made.items(), key=lambda item: (item[1]["type"], item[0])))


def _told(entry: Mapping[str, Any], at: RepoPath, expand: bool) -> dict[str, Any]:
    if not expand:
        return dict(entry)
    commit = {"id": at.commit, "title": "Upload files", "date": at.repo.modified}
    scan = {"status": "safe", "avScan": {"virusFound": False, "virusNames": None}, "pickleImportScan": None}
    more: dict[str, Any] = {"lastCommit": commit}
    return {**entry, **more, **({"securityFileStatus": scan} if entry["type"] == "file" else {})}


def _tree_id(folder: str) -> str:
    return hashlib.sha1(b"tree " + folder.encode()).hexdigest()


def _object_id(repo_id: str) -> str:
    return Repo(repo_id).object_id
