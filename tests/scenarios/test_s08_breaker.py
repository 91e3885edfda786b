"""S8: after three failures nobody is asked for a minute, what is cached counts, then one probe decides."""

from pathlib import Path

from tests.hub.repos import model
from tests.hub.serving import serving
from tests.support.program import asking, pumas
from tests.support.waiting import later


def test_a_dead_endpoint(root: Path) -> None:
    with serving(model("org/llama-one"), model("org/qwen-one")) as hub:
        env = asking(hub.endpoint)
        assert pumas("hub", "search", "llama", root=root, extra=env).code == 0
        hub.down()
        failed = pumas("hub", "search", "qwen", "--json", root=root, extra=env)
        assert (failed.code, failed.document["errors"][0]["code"]) == (7, "network")

        hub.up()  # nobody finds out for a minute: no call goes out, from any process
        asked = len(hub.requests)
        at_once = pumas("hub", "search", "qwen", "--json", root=root, extra=env)
        assert (at_once.code, at_once.document["errors"][0]["code"]) == (7, "offline")
        cached = pumas("hub", "search", "llama", "--json", root=root, extra=env)
        assert [m["repo_id"] for m in cached.models] == ["org/llama-one"], "the cache counts"
        assert len(hub.requests) == asked

        later(root.parent, hub.endpoint, 61)
        probe = pumas("hub", "search", "qwen", "--json", root=root, extra=env)
        assert probe.code == 0
        assert len(hub.requests) == asked + 1


def test_a_probe_that_fails_opens_it_again(root: Path) -> None:
    with serving(model("org/qwen-one")) as hub:
        env = asking(hub.endpoint)
        hub.down()
        assert pumas("hub", "search", "qwen", root=root, extra=env).code == 7
        later(root.parent, hub.endpoint, 61)
        assert pumas("hub", "search", "qwen", root=root, extra=env).code == 7
        hub.up()
        again = pumas("hub", "search", "qwen", "--json", root=root, extra=env)
        assert (again.code, again.document["errors"][0]["code"]) == (7, "offline")
        assert hub.requests == []
