"""Civitai's HTTP interface, as far as one call goes: which model version a file belongs to, by its SHA-256.

`GET /api/v1/model-versions/by-hash/{sha256}`, developer.civitai.com/docs/api/public-rest.
"""

from dataclasses import dataclass

from pumas_tui.core.domain import hub_values
from pumas_tui.core.domain.hub_values import BadAnswerError, CivitaiVersion
from pumas_tui.core.domain.ids import Sha256
from pumas_tui.core.domain.kept_answers import LISTING_S
from pumas_tui.core.net.calls import Asking, Call, Transport, UnusableAnswerError, refused

ENDPOINT = "https://civitai.com"


@dataclass(frozen=True, slots=True)
class Civitai:
    """Civitai at an endpoint, reached through a transport."""

    transport: Transport
    endpoint: str = ENDPOINT

    async def by_hash(self, sha256: Sha256, asking: Asking) -> CivitaiVersion | None:
        """The version that holds this very file; None: no such file there. Raises NetworkError."""
        url = f"{self.endpoint}/api/v1/model-versions/by-hash/{sha256}"
        answer = await self.transport.send(Call("GET", url, asking, age_s=LISTING_S))
        if answer.status == 404:
            return None
        error = refused(answer.status, answer.headers, "Civitai")
        if error is not None:
            raise error
        try:
            return hub_values.civitai_version(hub_values.parse_json(answer.body))
        except BadAnswerError as bad:
            raise UnusableAnswerError(f"an answer that cannot be used: {bad}") from None
