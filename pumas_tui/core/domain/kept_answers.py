"""A server's answer as it is kept for later: what came, when, and what tells that it is still as it was."""

import hashlib
import json
from dataclasses import dataclass, replace

SEARCH_S = 600.0
LISTING_S = 24 * 3600.0
NEGATIVE_S = 3600.0
"""How long a search, the facts and files of a repository, and "not there" count as fresh."""

Key = bytes
"""A digest of the question, the address, and who asked."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it came. `fetched_at`: epoch seconds; `headers` are those worth keeping, in lower case."""

    endpoint: str
    status: int
    etag: str
    fetched_at: float
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def is_young(self, age_s: float, now: float) -> bool:
        """It counts as fresh; one from the future (a clock set back) does not."""
        return 0 <= now - self.fetched_at < (NEGATIVE_S if self.status == 404 else age_s)

    def confirmed(self, now: float) -> "KeptAnswer":
        """The answer once the server said that it is still the same."""
        return replace(self, fetched_at=now)

    def mark(self, key: Key) -> bytes:
        """What tells that a stored answer is as it was written, under the key it was written for."""
        told = [self.endpoint, self.status, self.etag, float(self.fetched_at), self.headers]
        return hashlib.blake2b(key + json.dumps(told).encode() + self.body, digest_size=16).digest()


def key_of(endpoint: str, token: str, method: str, url: str, body: bytes) -> Key:
    """The key of an answer. The token goes in as a hash only: what is kept tells nothing of it."""
    who = hashlib.sha256(token.encode()).digest() if token else b""
    told = json.dumps([endpoint, method, url]).encode()
    return hashlib.blake2b(told + b"\0" + who + b"\0" + body, digest_size=32).digest()
