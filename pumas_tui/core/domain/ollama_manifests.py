"""Ollama's manifests: which blobs make the model `name:tag`, and what they are called in a library.

`manifests/<host>/<namespace>/<model>/<tag>` is a JSON image manifest; each layer names a blob by
`sha256:<hex>`, which lies in `blobs/sha256-<hex>` (https://github.com/ollama/ollama, server/manifest.go).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pumas_tui.core.domain.files import Candidate, FileEntry, Member, ModelFormat, Origin, Role
from pumas_tui.core.domain.ids import Sha256

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_LAYER = "application/vnd.ollama.image."
_MODEL = "model"
_NAMES = {
    _MODEL: ("{}.gguf", Role.WEIGHTS),
    "projector": ("mmproj-{}.gguf", Role.WEIGHTS),
    "adapter": ("{}.adapter.gguf", Role.WEIGHTS),
    "template": ("{}.template.txt", Role.OTHER),
    "system": ("{}.system.txt", Role.OTHER),
    "license": ("{}.license.txt", Role.OTHER),
    "params": ("{}.params.json", Role.CONFIG),
}
"""Kinds of layers that are taken, the names their files get, and what they are."""

_MAX_LAYERS = 64
_HUB_HOSTS = ("hf.co", "huggingface.co")


class BadManifestError(ValueError):
    """A manifest that names no model that can be imported; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One blob of a model: its kind, the SHA-256 of its content, its size in bytes."""

    kind: str
    sha256: Sha256
    size: int

    @property
    def blob(self) -> str:
        """The blob's file name."""
        return f"sha256-{self.sha256}"


@dataclass(frozen=True, slots=True)
class OllamaModel:
    """A model as its manifest has it. `aliases` are other names of the same content."""

    name: str
    layers: tuple[Layer, ...]
    origin: Origin | None = None
    aliases: tuple[str, ...] = field(default=())

    @property
    def weights(self) -> tuple[Sha256, ...]:
        """What two names of one model have in common."""
        return tuple(layer.sha256 for layer in self.layers if _NAMES[layer.kind][1] is Role.WEIGHTS)


def read(inside: str, value: object) -> OllamaModel:
    """The model of a manifest at `inside`, its path below manifests/. Raises BadManifestError."""
    parts = inside.split("/")
    if len(parts) < 3:
        raise BadManifestError("does not lie where manifests lie")
    layers = value.get("layers") if isinstance(value, dict) else None
    if not isinstance(layers, list) or len(layers) > _MAX_LAYERS:
        raise BadManifestError("is not an image manifest")
    taken = tuple(layer for layer in map(_layer, layers) if layer is not None)
    if not any(layer.kind == _MODEL for layer in taken):
        raise BadManifestError("names no GGUF file; its model runs elsewhere or is of another kind")
    host, model, tag = parts[0], parts[-2], parts[-1]
    repo = "/".join(parts[1:-1])
    origin = Origin(repo, told_by="filename") if host in _HUB_HOSTS and repo.count("/") == 1 else None
    return OllamaModel(f"{model}:{tag}", taken, origin)


def _layer(value: object) -> Layer | None:
    """None for kinds that are not taken. Raises BadManifestError."""
    if not isinstance(value, dict):
        raise BadManifestError("holds a layer that is none")
    media, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
    kind = media.removeprefix(_LAYER) if isinstance(media, str) else ""
    if kind not in _NAMES:
        return None
    found = _DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    if found is None or type(size) is not int or size < 0:
        raise BadManifestError("holds a layer without SHA-256 or size")
    return Layer(kind, Sha256(found[1]), size)


def merged(models: list[OllamaModel]) -> list[OllamaModel]:
    """One model for each content, named by its first name that is more than `latest`, in the given order."""
    by_content: dict[tuple[Sha256, ...], list[OllamaModel]] = {}
    for model in models:
        by_content.setdefault(model.weights, []).append(model)
    found = []
    for same in by_content.values():
        first = min(same, key=lambda m: m.name.endswith(":latest"))
        others = tuple(m.name for m in same if m is not first)
        found.append(OllamaModel(first.name, first.layers, first.origin, others))
    return found


def candidate(model: OllamaModel, blobs: Mapping[Sha256, FileEntry]) -> Candidate:
    """The candidate of a model whose blobs are all there."""
    stem = model.name.replace(":", "-")
    members: list[Member] = []
    taken: dict[str, int] = {}
    for layer in model.layers:
        name, role = _NAMES[layer.kind]
        count = taken[layer.kind] = taken.get(layer.kind, 0) + 1
        own = name.format(stem if count == 1 else f"{stem}-{count}")
        members.append(Member(blobs[layer.sha256], own, role, expected_sha256=layer.sha256))
    return Candidate(
        name=model.name,
        model_format=ModelFormat.SINGLE_FILE,
        members=tuple(members),
        notes=tuple(f"also called {alias}" for alias in model.aliases),
        main_name=_NAMES[_MODEL][0].format(stem),
        origin=model.origin,
    )
