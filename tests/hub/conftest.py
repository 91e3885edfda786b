"""A local Hub with a few repos, plain and over TLS, fresh for each test."""

from collections.abc import Iterator

import pytest

from tests.hub.repos import HubFile, Repo, lfs, model
from tests.hub.serving import Hub, serving

WEIGHTS = bytes(range(256)) * 1024
TOKEN = "hf_granted"


def stock() -> list[Repo]:
    """One repo of each sort: public, quantised with folders, gated, private, renamed."""
    card = {"license": "apache-2.0", "base_model": "org/tiny"}
    parts: dict[str, bytes | str | HubFile] = {
        "transformer/part-1.safetensors": b"one" * 100,
        "transformer/config.json": "{}",
        "vae/v.gguf": b"two",
    }
    old = {"model.safetensors": lfs(b"older weights")}
    return [
        model(
            "org/tiny",
            {"model.safetensors": WEIGHTS, "config.json": '{"a": 1}'},
            readme="# Tiny",
            card={"license": "mit"},
            others={"v1.0": old},
            downloads=500,
            likes=7,
            trending=3,
            pipeline="text-generation",
            library="transformers",
            tags=("safetensors",),
            former_ids=("tiny", "old-org/tiny"),
        ),
        model("quants/tiny-GGUF", parts, card=card, downloads=90, tags=("gguf",)),
        model(
            "org/gated", {"w.safetensors": b"gated"}, gated="manual", granted=frozenset({TOKEN}), downloads=10
        ),
        model("me/secret", {"w.safetensors": b"secret"}, private=True, granted=frozenset({TOKEN})),
    ]


@pytest.fixture
def hub() -> Iterator[Hub]:
    """The Hub over HTTP/1.1."""
    with serving(*stock()) as running:
        yield running


@pytest.fixture
def secure_hub() -> Iterator[Hub]:
    """The Hub over TLS, HTTP/2 for whom wants it."""
    with serving(*stock(), tls=True) as running:
        yield running
