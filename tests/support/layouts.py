"""Headers with the tensors that real models of a family have, for files of the ground truth.

`tests/real/layouts.txt` has a line for each part of a model: its name, then `tensor:shape` for the first of
each long numbered group, `+` where a bias stands beside it. The names are those that the programs which load
such files ask for (ComfyUI 0.33, torchvision, transformers). A recipe puts parts together as a file does:

    model.diffusion_model.=flux vae.=vae_flux       parts, each with what stands before its names
    lora:diffusion_model.=wan                       LoRA parts on the matrices of a part
    +scaled_fp8 +spiece_model                       single tensors

Quantised files get their scales, marks and dtypes by what their name says, as ComfyUI writes them.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.support.containers import Tensors

LAYOUTS = Path(__file__).resolve().parents[1] / "real" / "layouts.txt"
Layout = Mapping[str, tuple[int, ...]]
_RANK = 32
_ROUNDS = 2  # blocks of each numbered group that a file gets
_FIRST_NUMBER = re.compile(r"(?<=[._])0(?=[._])")


@cache
def layouts() -> Mapping[str, Layout]:
    """All parts: name -> tensor -> shape."""
    found: dict[str, Layout] = {}
    for line in LAYOUTS.read_text(encoding="utf-8").splitlines():
        name, *entries = line.split(" ")
        found[name] = part = dict[str, tuple[int, ...]]()
        for entry in entries:
            tensor, _, numbers = entry.rpartition(":")
            part[tensor] = tuple(int(n) for n in numbers.rstrip("+").split(",") if n)
            if numbers.endswith("+"):
                part[tensor.removesuffix("weight") + "bias"] = part[tensor][:1]
    return found


def tensors(recipe: str, file_name: str) -> Tensors:
    """What a recipe puts into a file of this name."""
    made: dict[str, tuple[str, tuple[int, ...]]] = {}
    dtype = _dtype(file_name)
    for word in recipe.split():
        if word.startswith("+"):
            made[word[1:]] = ("U8", (64,)) if word != "+scaled_fp8" else ("F8_E4M3", (2,))
            continue
        prefix, _, name = word.rpartition("=")
        layout = _repeated(layouts()[name])
        style, colon, rest = prefix.partition(":")
        if colon:
            made.update(_lora(layout, rest, style))
        else:
            made.update({prefix + tensor: (dtype, shape) for tensor, shape in layout.items()})
    return made if recipe.startswith(("lora", "kohya")) else _quantised(made, file_name)


def _repeated(layout: Layout) -> Layout:
    """A layout with the second block of each group as well: numbers are rarely all zero in files."""
    more = dict(layout)
    for tensor, shape in layout.items():
        for n in range(1, _ROUNDS):
            more.setdefault(_FIRST_NUMBER.sub(str(n), tensor, count=1), shape)
    return more


def _lora(layout: Layout, prefix: str, style: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    """LoRA parts on the matrices of the numbered blocks, in one of the spellings that are in use."""
    down, up = ("lora_A", "lora_B") if style == "lora" else ("lora_down", "lora_up")
    made: dict[str, tuple[str, tuple[int, ...]]] = {}
    for tensor, shape in layout.items():
        if len(shape) != 2 or not tensor.endswith(".weight") or not re.search(r"[._]\d+\.", tensor):
            continue
        module = prefix + tensor.removesuffix(".weight")
        made[f"{module}.{down}.weight"] = ("BF16", (_RANK, shape[1]))
        made[f"{module}.{up}.weight"] = ("BF16", (shape[0], _RANK))
        if style == "kohya":
            made[f"{module}.alpha"] = ("BF16", ())
    return made


def _dtype(file_name: str) -> str:
    low = file_name.lower()
    if "fp8" in low and "scaled" not in low and "mixed" not in low:
        return "F8_E4M3"
    return "F32" if "fp32" in low else "F16" if "fp16" in low else "BF16"


def _quantised(made: dict[str, tuple[str, tuple[int, ...]]], file_name: str) -> Tensors:
    """Matrices of the blocks as the name says they are stored: one scale and one mark beside each."""
    low = file_name.lower()
    form = next(
        (f for f in ("int8", "w4a8", "nvfp4", "fp4_mixed", "fp8mixed", "fp8_mixed", "scaled") if f in low), ""
    )
    if not form or ("wan2" in low and form == "scaled"):
        return made
    packed = {"int8": "I8", "w4a8": "U8", "nvfp4": "U8", "fp4_mixed": "U8"}.get(form, "F8_E4M3")
    out: dict[str, tuple[str, tuple[int, ...]]] = {}
    for tensor, (dtype, shape) in made.items():
        block = (
            len(shape) == 2
            and tensor.endswith(".weight")
            and "embed" not in tensor
            and re.search(r"\.\d+\.", tensor)
        )
        if not block:
            out[tensor] = (dtype, shape)
            continue
        module = tensor.removesuffix(".weight")
        out[tensor] = (packed, (shape[0], shape[1] // 2 if packed == "U8" else shape[1]))
        out[f"{module}.weight_scale"] = ("F32", (shape[0], 1))
        out[f"{module}.comfy_quant"] = ("U8", (40,))
    return out
