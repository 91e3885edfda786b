"""S35: after a 429 no further call goes out before the window resets, and the answer says until when."""

import time
from pathlib import Path

from tests.hub.repos import model
from tests.hub.serving import serving
from tests.support.program import asking, pumas
from tests.support.waiting import later


def test_no_call_before_the_window_resets(root: Path) -> None:
    with serving(model("org/llama-one"), model("org/qwen-one")) as hub:
        env = asking(hub.endpoint)
        hub.limits.api.quota = 1
        assert pumas("hub", "search", "llama", root=root, extra=env).code == 0
        asked = len(hub.requests)
        for words in ("qwen", "mistral"):
            limited = pumas("hub", "search", words, "--json", root=root, extra=env)
            [error] = limited.document["errors"]
            assert (limited.code, error["code"]) == (7, "rate_limited")
            assert any(clock in error["message"] for clock in the_next_minutes()), error
        assert len(hub.requests) <= asked + 1, "one found out at most"
        assert hub.requests[-1].status in (200, 429)

        hub.clock.advance(301)
        later(root.parent, hub.endpoint, 301)
        assert pumas("hub", "search", "qwen", root=root, extra=env).code == 0


def the_next_minutes() -> list[str]:
    """Times of day of the next six minutes, as people read them."""
    now = time.time()
    return [time.strftime("%H:%M", time.localtime(now + 60 * n)) for n in range(7)]
