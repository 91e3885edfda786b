"""Which repo a path means, and who may see it: what the Hub checks before any endpoint answers."""

from dataclasses import dataclass
from urllib.parse import quote

from tests.hub.repos import Files, Repo
from tests.hub.wire import Answer, Request, redirect, refusal

_AFTER_ID = ("revision", "tree", "paths-info", "resolve", "cached")


@dataclass(frozen=True)
class RepoPath:
    """A repo at a revision, and the rest of the path."""

    repo: Repo
    revision: str
    commit: str
    files: Files
    rest: str


@dataclass(frozen=True)
class Asked:
    """A path taken apart: `{id}[/{verb}/{revision}[/{rest}]]`."""

    repo_id: str
    verb: str
    revision: str
    rest: str


def taken_apart(path: str) -> Asked:
    """Ids have one part or two; what follows is a verb, or there is nothing."""
    parts = path.strip("/").split("/")
    length = 1 if len(parts) == 1 or parts[1] in _AFTER_ID else 2
    verb, revision = [*parts[length : length + 2], "", ""][:2]
    if verb not in _AFTER_ID:
        return Asked("/".join(parts[:length]), "unknown" if verb else "", revision, "")
    rest = parts[length + 2 :]
    return Asked("/".join(parts[:length]), verb, revision or "main", "/".join(rest))


class Catalogue:
    """The repos by id, and the tokens the Hub knows."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.repos: dict[str, Repo] = {}
        self.tokens: set[str] = set()

    def visible(self, request: Request) -> list[Repo]:
        """Repos that a list shows to the caller: gated ones too, private ones only to who may read them."""
        return [repo for repo in self.repos.values() if not repo.private or request.token in repo.granted]

    def unknown_token(self, request: Request) -> Answer | None:
        """The refusal of a token the Hub never gave out."""
        if request.token and request.token not in self.known_tokens():
            return refusal(401, "Invalid credentials in Authorization header")
        return None

    def known_tokens(self) -> set[str]:
        return self.tokens.union(*(repo.granted for repo in self.repos.values()))

    def find(self, request: Request, asked: Asked) -> RepoPath | Answer:
        """The repo at its revision, or what the Hub says instead: moved, not there, no such revision."""
        repo = self.repos.get(asked.repo_id)
        if repo is None and (moved := self._moved(asked.repo_id)):
            old, new = quote(asked.repo_id), quote(moved.id)
            return redirect(request.target.replace(old, new, 1), 307)
        if repo is None or (repo.private and request.token not in repo.granted):
            if not request.token:
                return refusal(401, "Invalid username or password.")
            return refusal(404, "Repository not found", "RepoNotFound")
        at = repo.at(asked.revision or "main")
        if at is None:
            return refusal(404, f"Invalid rev id: {asked.revision}", "RevisionNotFound")
        return RepoPath(repo, asked.revision or "main", *at, asked.rest)

    def gate(self, request: Request, repo: Repo) -> Answer | None:
        """The refusal of a gated repo's files: 401 to nobody, 403 to somebody who was not let in."""
        if repo.disabled:
            return refusal(403, "Access to this resource is disabled.")
        if not repo.gated or request.token in repo.granted:
            return None
        if not request.token:
            wanted = "You must have access to it and be authenticated to access it. Please log in."
            return refusal(401, f"Access to model {repo.id} is restricted. {wanted}", "GatedRepo")
        wanted = f"Visit {self.endpoint}/{repo.id} to ask for access."
        said = f"Access to model {repo.id} is restricted and you are not in the authorized list. {wanted}"
        return refusal(403, said, "GatedRepo")

    def _moved(self, repo_id: str) -> Repo | None:
        """The repo under whose former name, or whose name in another case, it was asked for."""
        for repo in self.repos.values():
            if repo_id.lower() == repo.id.lower() or repo_id in repo.former_ids:
                return repo
        return None
