"""Models, apps and rules as mapping sees them, made of what a test says."""

import hashlib
import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pumas_tui.core.domain import ids, mapping_config
from pumas_tui.core.domain.app_records import App, MountFacts
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.files import ModelFormat, Role, SecurityTier
from pumas_tui.core.domain.mapped import MappedFile, MappedModel
from pumas_tui.core.domain.mapping_config import MappingConfig


def app(kind: AppKind = AppKind.COMFYUI, version: str = "0.3.64", **given: Any) -> App:
    """An app at /srv/app."""
    uid = ids.AppUid(str(uuid5(NAMESPACE_URL, kind)))
    return App(uid, kind, kind.value, version, "/srv/app", MountFacts("/", "ext4", "/dev/sda1"), **given)


def file(name: str, size: int = 1_000_000, role: Role = Role.WEIGHTS, **given: Any) -> MappedFile:
    """A file of a model."""
    return MappedFile(name, size, hashlib.sha256(ascii(name).encode()).hexdigest(), role, **given)


def shards(total: int, stem: str = "model", ending: str = ".safetensors") -> tuple[MappedFile, ...]:
    """The parts of a set."""
    return tuple(
        file(f"{stem}-{n:05}-of-{total:05}{ending}", shard_index=n, shard_total=total)
        for n in range(1, total + 1)
    )


def model(
    *files: MappedFile | str,
    name: str = "pony",
    kind: tuple[str, str] = ("diffusion", "checkpoints"),
    family: str = "sdxl",
    form: ModelFormat = ModelFormat.SINGLE_FILE,
    **given: Any,
) -> MappedModel:
    """A model of one safetensors file unless files are named; `kind` is type and subtype."""
    made = tuple(file(one) if isinstance(one, str) else one for one in files or (f"{name}.safetensors",))
    return MappedModel(
        uid=ids.ModelUid(str(uuid5(NAMESPACE_URL, ascii((kind, name))))),
        model_id=ids.ModelId(f"{kind[0]}/{family}/{name}"),
        official_name=name,
        cleaned_name=name,
        model_type=kind[0],
        subtype=kind[1],
        family=family,
        model_format=form,
        security_tier=given.pop("security_tier", SecurityTier.SAFE),
        files=made,
        **given,
    )


def rule(name: str = "loras", **given: Any) -> dict[str, Any]:
    """A rule as JSON has it; its folder is its name."""
    return {"name": name, "target_subdir": name, "patterns": ["*.safetensors"], **given}


def raw_config(
    *rules: dict[str, Any], app_id: str = "comfyui", version: str = "*", variant: str = "default"
) -> tuple[bytes, str]:
    """The bytes of a config and the name of its file."""
    document = {"app": app_id, "version": version, "variant": variant, "mappings": list(rules)}
    return json.dumps(document, indent=2).encode(), f"{app_id}_{version}_{variant}.json"


def config(*rules: dict[str, Any], packaged: bool = False, **place: str) -> MappingConfig:
    """A config as it is read from a file."""
    raw, name = raw_config(*rules, **place)
    return mapping_config.parse(raw, name, packaged=packaged)
