"""The Hugging Face Hub's HTTP interface: search, one model, its files, facts about one file.

Endpoints as huggingface.co/docs/hub/api has them and the `huggingface_hub` client uses them. All methods
raise NetworkError and its kin, and NotFoundError.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from pumas_tui.core.domain import hub_values
from pumas_tui.core.domain.budget import Bucket
from pumas_tui.core.domain.hub_values import BadAnswerError, FileHead, HubFile, HubModel, HubPage
from pumas_tui.core.domain.kept_answers import LISTING_S, SEARCH_S
from pumas_tui.core.net.calls import Answer, Asking, Call, Transport, UnusableAnswerError, refused

_T = TypeVar("_T")

_MOST_PAGES = 20
_MOST_CARD = 64 << 10
_PARTIAL = re.compile(r"bytes (\d{1,18})-")
_NEXT = re.compile(r'<([^<>]{1,2000})>\s*;[^,]*\brel="?next"?')


@dataclass(frozen=True, slots=True)
class Hub:
    """The Hub at an endpoint (`scheme://host[:port]`), reached through a transport."""

    transport: Transport
    endpoint: str

    async def search(self, query: str, asking: Asking, *, limit: int = 20) -> HubPage:
        """Models whose names hold the words, most downloaded first, with the names of their files."""
        asked = {"search": query, "limit": str(limit), "full": "true", "sort": "downloads", "direction": "-1"}
        return await self._page(f"{self.endpoint}/api/models?{urlencode(asked)}", query, asking)

    async def more(self, page: HubPage, asking: Asking) -> HubPage:
        """The page after a page; it must have one."""
        return await self._page(page.more, page.query, asking)

    async def _page(self, url: str, query: str, asking: Asking) -> HubPage:
        answer = await self._got(url, asking, SEARCH_S, f'the search for "{query}"')
        found = _parsed(answer, hub_values.models)
        return HubPage(query, found, answer.fetched_at, answer.stale, self._next(answer))

    async def model(self, repo_id: str, asking: Asking, revision: str = "") -> HubModel:
        """A repository with sizes and hashes of all its files."""
        at = f"/revision/{quote(revision, safe='')}" if revision else ""
        url = f"{self._api(repo_id)}{at}?blobs=true"
        answer = await self._got(url, asking, LISTING_S, repo_id)
        return _parsed(answer, hub_values.model)

    async def tree(self, repo_id: str, asking: Asking, revision: str = "main") -> tuple[HubFile, ...]:
        """All files of a revision, folders walked."""
        url = f"{self._api(repo_id)}/tree/{quote(revision, safe='')}?recursive=true"
        files: list[HubFile] = []
        for _ in range(_MOST_PAGES):
            answer = await self._got(url, asking, LISTING_S, repo_id)
            files += _parsed(answer, hub_values.files)
            url = self._next(answer)
            if not url:
                break
        return tuple(files)

    async def paths_info(
        self, repo_id: str, paths: Sequence[str], asking: Asking, revision: str = "main"
    ) -> tuple[HubFile, ...]:
        """These files of a revision; those that are not there are left out."""
        url = f"{self._api(repo_id)}/paths-info/{quote(revision, safe='')}"
        form = urlencode([*(("paths", path) for path in paths), ("expand", "false")]).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        call = Call("POST", url, asking, headers=headers, body=form, age_s=LISTING_S)
        answer = await self.transport.send(call)
        return _parsed(_good(answer, repo_id), hub_values.files)

    async def head(self, repo_id: str, path: str, asking: Asking, revision: str = "main") -> FileHead:
        """Commit, tag, hash and size of one file, without its bytes."""
        url = self.file_url(repo_id, path, revision)
        call = Call("HEAD", url, asking, Bucket.RESOLVERS, age_s=LISTING_S, identity=True)
        answer = await self.transport.send(call)
        if not 300 <= answer.status < 400:  # the storage host it points to is not asked
            _good(answer, f"{repo_id} {path}")
        try:
            return hub_values.head(answer.headers)
        except BadAnswerError as error:
            raise UnusableAnswerError(f"{repo_id} {path}: {error}") from None

    async def card(self, model: HubModel, asking: Asking) -> str:
        """The text of a repository's model card, its start, without the header; empty where there is none."""
        if not any(file.path == "README.md" for file in model.files):
            return ""
        url = self.file_url(model.repo_id, "README.md", model.revision or "main")
        answer = await self.transport.send(Call("GET", url, asking, Bucket.RESOLVERS, age_s=LISTING_S))
        return hub_values.card_text(_good(answer, model.repo_id).body[:_MOST_CARD])

    async def part(self, repo_id: str, path: str, asking: Asking, revision: str, span: range) -> bytes:
        """These bytes of a file, a few MB at most."""
        url = self.file_url(repo_id, path, revision or "main")
        headers = {"range": f"bytes={span.start}-{span.stop - 1}"}
        call = Call("GET", url, asking, Bucket.RESOLVERS, headers=headers, identity=True)
        answer = _good(await self.transport.send(call), f"{repo_id} {path}")
        begins = 0  # where the server sends all of it
        if answer.status == 206:
            said = _PARTIAL.match(answer.headers.get("content-range", ""))
            begins = int(said[1]) if said else -1
        found = answer.body[span.start - begins : span.stop - begins]
        if begins not in (0, span.start) or len(found) != len(span):
            raise UnusableAnswerError(f"{repo_id} {path}: the server sent another part than was asked for")
        return found

    def file_url(self, repo_id: str, path: str, revision: str) -> str:
        """Where a file is to be had."""
        return f"{self.endpoint}/{quote(repo_id)}/resolve/{quote(revision, safe='')}/{quote(path)}"

    def _api(self, repo_id: str) -> str:
        return f"{self.endpoint}/api/models/{quote(repo_id)}"

    async def _got(self, url: str, asking: Asking, age_s: float, what: str) -> Answer:
        return _good(await self.transport.send(Call("GET", url, asking, age_s=age_s)), what)

    def _next(self, answer: Answer) -> str:
        """The address of the next page; one that leads elsewhere is none."""
        found = _NEXT.search(answer.headers.get("link", "")[:10_000])
        url = found[1] if found else ""
        return url if url.startswith(f"{self.endpoint}/") else ""


def _good(answer: Answer, what: str) -> Answer:
    error = refused(answer.status, answer.headers, what)
    if error is not None:
        raise error
    return answer


def _parsed(answer: Answer, read: Callable[[Any], _T]) -> _T:
    try:
        return read(hub_values.parse_json(answer.body))
    except BadAnswerError as error:
        raise UnusableAnswerError(f"an answer that cannot be used: {error}") from None
