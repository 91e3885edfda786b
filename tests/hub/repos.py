"""What the local Hub holds: repos with files at revisions, and versions of models on Civitai, all values.

Ids, hashes and pointers are computed as git, Git LFS and the Hub compute them, so that a client that checks
them is satisfied, and one that compares the wrong ones is not.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

CREATED = "2024-03-02T10:00:00.000Z"
MODIFIED = "2024-06-18T12:34:56.000Z"


@dataclass(frozen=True)
class HubFile:
    """A file of a repo. Make one with `lfs`, `plain` or `claimed`."""

    content: bytes
    lfs: bool
    size: int
    """Bytes, as the Hub says it: that of the content, except for `claimed` files."""
    sha256: str
    """Lower-case hex of the content; the Hub tells it only of LFS files."""

    @cached_property
    def pointer(self) -> bytes:
        """What git stores in place of an LFS file's content."""
        text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {self.size}\n"
        return text.encode()

    @cached_property
    def blob_id(self) -> str:
        """Git's id of the blob: of the content, or of the pointer for an LFS file."""
        stored = self.pointer if self.lfs else self.content
        return hashlib.sha1(b"blob %d\0" % len(stored) + stored).hexdigest()

    @cached_property
    def storage_tag(self) -> str:
        """ETag at the storage host: 64 hex digits as well, and no hash of the content."""
        return hashlib.sha256(b"stored:" + self.sha256.encode()).hexdigest()


def lfs(content: bytes) -> HubFile:
    """A file in Git LFS: the Hub knows its SHA-256 and sends it from the storage host."""
    return HubFile(content, True, len(content), hashlib.sha256(content).hexdigest())


def plain(content: bytes | str) -> HubFile:
    """A small file in git itself: no SHA-256 in any answer, sent by the Hub."""
    raw = content.encode() if isinstance(content, str) else content
    return HubFile(raw, False, len(raw), hashlib.sha256(raw).hexdigest())


def claimed(size: int, sha256: str = "") -> HubFile:
    """An LFS file that the Hub lists with any size and hash, without bytes behind it."""
    return HubFile(b"", True, size, sha256 or hashlib.sha256(b"claimed %d" % size).hexdigest())


Files = Mapping[str, HubFile]


@dataclass(frozen=True)
class Repo:
    """A model repo. `files` is its `main`; `others` are further branches, tags or commits by name."""

    id: str
    files: Files = field(default_factory=dict)
    others: Mapping[str, Files] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    downloads: int = 0
    likes: int = 0
    trending: int = 0
    pipeline: str | None = None
    library: str | None = None
    card: Mapping[str, Any] = field(default_factory=dict)
    """YAML header of the README: `license`, `base_model`, …; those two are told as tags, too."""
    private: bool = False
    gated: Literal[False, "auto", "manual"] = False
    disabled: bool = False
    granted: frozenset[str] = frozenset()
    """Tokens that may read the repo although it is private or gated."""
    former_ids: tuple[str, ...] = ()
    """Ids from before renames: asking for them redirects."""
    created: str = CREATED
    modified: str = MODIFIED

    @property
    def author(self) -> str:
        return self.id.partition("/")[0] if "/" in self.id else ""

    @cached_property
    def all_tags(self) -> list[str]:
        """The tags as the Hub tells them: the author's, and those it makes from the card."""
        made = [*self.tags]
        for key in ("license", "base_model"):
            if value := self.card.get(key):
                made += [f"{key}:{one}" for one in ([value] if isinstance(value, str) else value)]
        return [*dict.fromkeys(made)]

    @cached_property
    def sha(self) -> str:
        """Commit of `main`."""
        return _commit(self.id, self.files)

    @cached_property
    def object_id(self) -> str:
        return hashlib.md5(self.id.encode(), usedforsecurity=False).hexdigest()[:24]

    def at(self, revision: str) -> tuple[str, Files] | None:
        """Commit and files at a branch, tag or commit; None when there is no such revision."""
        if revision in ("main", self.sha):
            return self.sha, self.files
        for name, files in self.others.items():
            commit = name if _is_commit(name) else _commit(self.id, files)
            if revision in (name, commit):
                return commit, files
        return None


def _commit(repo_id: str, files: Files) -> str:
    listing = "".join(f"{file.blob_id} {path}\n" for path, file in sorted(files.items()))
    return hashlib.sha1(f"commit {repo_id}\n{listing}".encode()).hexdigest()


def _is_commit(name: str) -> bool:
    return len(name) == 40 and not set(name) - set("0123456789abcdef")


def card_text(card: Mapping[str, Any], body: str) -> str:
    """A README with its YAML header."""
    lines = [f"{key}: {value}" for key, value in card.items()]
    return "\n".join(["---", *lines, "---", body])


def model(repo_id: str, files: Mapping[str, bytes | str | HubFile] | None = None, **facts: Any) -> Repo:
    """A repo from bytes and text: weights go to LFS, text stays in git, and a README is made of the card.

    `facts` are fields of `Repo`; `readme="…"` is the text under the card.
    """
    body = facts.pop("readme", None)
    made = {path: _stored(path, content) for path, content in (files or {}).items()}
    if body is not None:
        made["README.md"] = plain(card_text(facts.get("card", {}), body))
    return Repo(repo_id, made, **facts)


def _stored(path: str, content: bytes | str | HubFile) -> HubFile:
    if isinstance(content, HubFile):
        return content
    if isinstance(content, str) or path.endswith((".json", ".txt", ".md", ".yaml")):
        return plain(content)
    return lfs(content)


@dataclass(frozen=True)
class CivitaiVersion:
    """A version of a model on Civitai, found there by the SHA-256 of one of its files."""

    model: str
    version: str
    sha256: str
    file: str
    size: int
    kind: str = "LORA"
    base_model: str = "SDXL 1.0"
    words: tuple[str, ...] = ()
    number: int = 2514310
