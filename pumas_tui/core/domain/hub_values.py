"""Answers of the Hub and of Civitai as values: each made of JSON by one function, checked and bounded.

Whatever comes from there is an outside string: texts lose what no store could take, and are cut; lists are
cut; numbers are bounded. Formats: huggingface.co/docs/hub/api and the answers that `huggingface_hub`'s own
client reads; `oid` of the REST answers is the SHA-256 of a large file. Who shows a text passes it through
`text.safe`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pumas_tui.core.domain import ids
from pumas_tui.core.domain.ids import BadIdError

MAX_VALUES = 400_000
"""Commas and brackets of a JSON text: more would take many times its size in memory."""
MAX_FILES = 20_000
_LINE = 500
_MANY = 200
_CARD = 4000
_LARGEST = 2**63 - 1
_BLOB = re.compile(r"[0-9a-f]{40}")
_REPO = re.compile(r"[\w][\w.-]{0,95}(?:/[\w][\w.-]{0,95})?")


class BadAnswerError(ValueError):
    """An answer that is not what it should be; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository. `size` in bytes, None where it was not told; `sha256` empty for small files.

    `blob_id` is what git calls the file: of a small one a hash of its content (see `blob_id`), of a large one
    that of a pointer.
    """

    path: str
    size: int | None = None
    sha256: str = ""
    blob_id: str = ""

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class HubModel:
    """A repository as the Hub tells of it. Times are ISO 8601 as they came; empty where not told."""

    repo_id: str
    revision: str = ""  # commit
    downloads: int = 0
    likes: int = 0
    gated: bool = False
    private: bool = False
    created_at: str = ""
    modified_at: str = ""
    pipeline: str = ""
    library: str = ""
    license: str = ""
    base_model: str = ""
    tags: tuple[str, ...] = ()
    trigger_words: tuple[str, ...] = ()
    files: tuple[HubFile, ...] = ()

    @property
    def name(self) -> str:
        """The repository's name without its owner."""
        return self.repo_id.rpartition("/")[2]

    @property
    def size_bytes(self) -> int:
        """Bytes of all files whose size is known."""
        return sum(file.size or 0 for file in self.files)


@dataclass(frozen=True, slots=True)
class HubPage:
    """One page of a search. `asked_at`: epoch seconds; `stale`: from the cache and older than it should be.

    `more` is the address of the next page, empty where there is none.
    """

    query: str
    models: tuple[HubModel, ...]
    asked_at: float
    stale: bool = False
    more: str = ""


@dataclass(frozen=True, slots=True)
class FileHead:
    """What a HEAD of a file tells: `etag` without quotes, the SHA-256 where it is one, size in bytes."""

    commit: str
    etag: str
    sha256: str
    size: int | None


@dataclass(frozen=True, slots=True)
class CivitaiVersion:
    """A model version that Civitai knows by the hash of one of its files."""

    model: str
    version: str
    base_model: str
    url: str
    published_at: str = ""
    trigger_words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def parse_json(body: bytes) -> Any:
    """The value of a JSON text. Raises BadAnswerError, whatever the bytes are."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES:
        raise BadAnswerError("the answer holds too many values")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError(f"the answer is no JSON: {str(error)[:80]}") from None


def models(value: Any) -> tuple[HubModel, ...]:
    """A page of a search. Entries that are none are left out. Raises BadAnswerError."""
    if not isinstance(value, list):
        raise BadAnswerError("a list of models was expected")
    found = (_model_or_none(one) for one in value[:1000])
    return tuple(one for one in found if one is not None)


def model(value: Any) -> HubModel:
    """One repository with its files. Raises BadAnswerError."""
    found = _model_or_none(value)
    if found is None:
        raise BadAnswerError("a model was expected")
    return found


def without_files(known: HubModel) -> HubModel:
    """The repository without its files."""
    return replace(known, files=())


def to_json(known: HubModel) -> dict[str, Any]:
    """A repository without its files as `model` reads it again."""
    return {
        "id": known.repo_id,
        "sha": known.revision,
        "gated": known.gated,
        "private": known.private,
        "createdAt": known.created_at,
        "lastModified": known.modified_at,
        "tags": list(known.tags),
        "cardData": {
            "license": known.license,
            "base_model": known.base_model,
            "instance_prompt": list(known.trigger_words),
        },
    }


def files(value: Any) -> tuple[HubFile, ...]:
    """Files of a tree or of paths-info; folders are left out. Raises BadAnswerError."""
    if not isinstance(value, list):
        raise BadAnswerError("a list of files was expected")
    found = (_tree_file(one) for one in value[:MAX_FILES])
    return tuple(one for one in found if one is not None)


def head(headers: Mapping[str, str]) -> FileHead:
    """What the headers of `resolve` tell of a file; names in lower case. Raises BadAnswerError."""
    plain, linked = (_untagged(headers.get(name, "")) for name in ("etag", "x-linked-etag"))
    plain = linked or plain  # the storage host's own tag is 64 hex digits too, and no hash
    if not plain:
        raise BadAnswerError("a file's etag was expected")
    size = headers.get("x-linked-size") or headers.get("content-length") or ""
    digits = size.isascii() and size.isdecimal() and len(size) < 19
    known = int(size) if digits else None
    return FileHead(_text(headers.get("x-repo-commit")), _text(plain), _sha(linked), known)


def _untagged(etag: str) -> str:
    return etag.strip().removeprefix("W/").strip('"')


def civitai_version(value: Any) -> CivitaiVersion:
    """A version found by hash. Raises BadAnswerError."""
    given = _object(value)
    about = _object(given.get("model"))
    number, model_number = _count(given.get("id")), _count(given.get("modelId"))
    if not number or not about.get("name"):
        raise BadAnswerError("a model version was expected")
    return CivitaiVersion(
        model=_text(about.get("name")),
        version=_text(given.get("name")),
        base_model=_text(given.get("baseModel")),
        url=f"https://civitai.com/models/{model_number}?modelVersionId={number}",
        published_at=_text(given.get("publishedAt") or given.get("createdAt")),
        trigger_words=_texts(given.get("trainedWords")),
        tags=_texts(about.get("tags")),
    )


def card_text(raw: bytes) -> str:
    """The words of a README, without the YAML header, as an extract."""
    text = raw.decode("utf-8", "replace").replace("\0", "").replace("\r\n", "\n")
    if text.startswith("---\n"):
        text = text[4:].partition("\n---")[2]
    return text.strip()[:_CARD]


def is_repo_id(text: str) -> bool:
    """Written like a repository: `name` or `owner/name`."""
    return _REPO.fullmatch(text) is not None and ".." not in text and "--" not in text


def _model_or_none(value: Any) -> HubModel | None:
    given = _object(value)
    repo = _text(given.get("id") or given.get("modelId"))
    if not is_repo_id(repo):
        return None
    card, tags = _object(given.get("cardData")), _texts(given.get("tags"))
    told = [_file(one) for one in _list(given.get("siblings"))[:MAX_FILES]]
    return HubModel(
        repo_id=repo,
        revision=_text(given.get("sha")),
        downloads=_count(given.get("downloads")),
        likes=_count(given.get("likes")),
        gated=bool(given.get("gated")),
        private=bool(given.get("private")),
        created_at=_text(given.get("createdAt")),
        modified_at=_text(given.get("lastModified")),
        pipeline=_text(given.get("pipeline_tag")),
        library=_text(given.get("library_name")),
        license=_first(card.get("license")) or _tagged(tags, "license:"),
        base_model=_first(card.get("base_model")) or _base(tags),
        tags=tags,
        trigger_words=_texts(card.get("instance_prompt")),
        files=tuple(one for one in told if one is not None),
    )


def _file(value: Any) -> HubFile | None:
    """An entry of `siblings`."""
    given = _object(value)
    large = _object(given.get("lfs"))
    size = large.get("size", given.get("size"))
    return _made(given.get("rfilename"), size, large, given.get("blobId"))


def _tree_file(value: Any) -> HubFile | None:
    given = _object(value)
    if given.get("type", "file") != "file":
        return None
    large = _object(given.get("lfs"))
    return _made(given.get("path"), large.get("size", given.get("size")), large, given.get("oid"))


def _made(path: Any, size: Any, large: Mapping[str, Any], blob_id: Any) -> HubFile | None:
    name = _text(path, 1000)
    if not name or name != path or not is_inside(name):
        return None
    known = size if isinstance(size, int) and 0 <= size <= _LARGEST and not isinstance(size, bool) else None
    blob = blob_id if isinstance(blob_id, str) and _BLOB.fullmatch(blob_id) else ""
    return HubFile(name, known, _sha(large.get("sha256") or large.get("oid")), blob)


def blob_id(content: bytes) -> str:
    """What git calls a file of this content: SHA-1 of a header and the bytes (git-hash-object(1))."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def is_inside(path: str) -> bool:
    """A path of plain parts that stays in its folder."""
    return all(part not in ("", ".", "..") for part in path.split("/")) and path.isprintable()


def _sha(value: Any) -> str:
    try:
        return ids.sha256(value) if isinstance(value, str) else ""
    except BadIdError:
        return ""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any, longest: int = _LINE) -> str:
    """A text without lone surrogates and NUL, cut; empty for anything else."""
    if not isinstance(value, str):
        return ""
    return value[:longest].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _texts(value: Any) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else _list(value)
    return tuple(dict.fromkeys(text for one in given[:_MANY] if (text := _text(one).strip())))


def _first(value: Any) -> str:
    return next(iter(_texts(value)), "")


def _count(value: Any) -> int:
    return min(max(value, 0), _LARGEST) if isinstance(value, int) and not isinstance(value, bool) else 0


def _tagged(tags: tuple[str, ...], prefix: str) -> str:
    return next((tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)), "")


def _base(tags: tuple[str, ...]) -> str:
    """`base_model:owner/name`, or with the relation in between: `base_model:finetune:owner/name`."""
    return _tagged(tags, "base_model:").rpartition(":")[2]
