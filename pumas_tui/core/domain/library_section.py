"""The section of ComfyUI's extra_model_paths.yaml that makes it read models where the library keeps them.

    pumas:
        base_path: "/data/models"
        loras: "lora"                    a folder, or one a line
        vae: |
            diffusion/sdxl/vae-fix
            vae/sd15

A folder is listed with all that is below it, so one is named only where everything in it is of that kind. In
`base_path` ComfyUI replaces `~` and `$NAME`; a path with a dollar stands in full before each folder instead.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from pumas_tui.core.domain.extra_model_paths import MAX_BYTES

_NAME = "pumas"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset(
    {"yes", "no", "true", "false", "on", "off", "null", "y", "n"}
)  # YAML makes values of these
_PIPELINES = "diffusers"
_RESERVED = frozenset({"base_path", "is_default", "custom_nodes"})


def folders(
    kind: str, models: Mapping[str, Collection[str]], known: Mapping[str, Collection[str]] | None
) -> dict[str, str]:
    """For each of these models, by id, the folder below models/ by which it is read; as few as can be.

    `models`: names of its files below its own folder. `known`: every model of the library with the kinds
    that it is to be read as; None where not all are known, then each model's own folder. Pipelines are listed
    by their folders' names, so the folder that they are in is named. Left out is a model that would have to
    be read from its own folder and has a file named as one of another such model: ComfyUI shows only one.
    """
    if kind == _PIPELINES:
        return {model_id: model_id.rpartition("/")[0] for model_id in sorted(models)}
    mixed: set[str] = set()
    for model_id, kinds in (known or {}).items():
        if kind not in kinds:
            mixed.update(_above(model_id))
    found: dict[str, str] = {}
    names: set[str] = set()
    for model_id, own in sorted(models.items()):
        pure = [folder for folder in _above(model_id) if known is not None and folder not in mixed]
        if pure:
            found[model_id] = pure[0]
        elif names.isdisjoint(own):
            names.update(own)
            found[model_id] = model_id
    return found


def _above(model_id: str) -> list[str]:
    """The folders that a model is in, outermost first."""
    parts = model_id.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def text(models_dir: str, folders: Mapping[str, Iterable[str]], *, taken: Collection[str] = ()) -> str:
    """The section as YAML; empty for no folder, and where the library's path cannot be written in one.

    `models_dir` is absolute, `folders` are relative to it, by kind; `taken` are names of other sections.
    """
    sorted_ones = {kind: sorted(set(own)) for kind, own in folders.items()}
    chosen = {kind: own for kind, own in sorted_ones.items() if own and kind not in _RESERVED}
    if not chosen or not models_dir.isprintable():
        return ""
    name = next(name for name in _names() if name not in taken)
    is_based = "$" not in models_dir
    lines = [f"{name}:", *([f"    base_path: {_quoted(models_dir)}"] if is_based else [])]
    for kind, own in chosen.items():
        key = kind if _PLAIN.fullmatch(kind) and kind.lower() not in _WORDS else _quoted(kind)
        paths = [folder if is_based else f"{models_dir}/{folder}" for folder in own]
        if len(paths) == 1:
            lines.append(f"    {key}: {_quoted(paths[0])}")
        else:
            lines += [f"    {key}: |", *(f"        {path}" for path in paths)]
    made = "\n".join(lines) + "\n"
    return made if len(made.encode("utf-8")) <= MAX_BYTES else ""


def _names() -> Sequence[str]:
    return [_NAME, *(f"{_NAME}-{n}" for n in range(2, 1000))]


def _quoted(value: str) -> str:
    """As YAML's double-quoted form, of which JSON's is one."""
    return json.dumps(value, ensure_ascii=False)
