"""What rules may ask of a header's tensors: names, numbered names, modules, first and last parts, shapes.

Every tensor `a.3.b.weight` is found under its own name, with numbers replaced (`a.#.b.weight`), as a module
(`a.#.b`), by its first part (`a.*`) and by its last one or two parts (`*.weight`, `*.b.weight`). Shapes are
in the order of PyTorch, outermost first, whatever the file format's own order is.
"""

import re
from collections.abc import Iterable

from pumas_tui.core.domain.files import TensorFact

_NUMBER = re.compile(r"(?<=[._])\d+(?=[._]|$)")
_ADAPTER_TAIL = re.compile(
    r"\.(?:(lora_down\.weight|lora_A\.(?:default\.)?weight|lora\.down\.weight|lora_linear_layer\.down\.weight"
    r"|hada_w1_b|lokr_w1(?:_b)?)"
    r"|lora_up\.weight|lora_B\.(?:default\.)?weight|lora\.up\.weight|lora_linear_layer\.up\.weight|alpha"
    r"|hada_w[12]_[ab]|hada_t[12]|lokr_w2(?:_[ab])?|lokr_w1_a|lokr_t2|dora_scale|diff(?:_b)?"
    r"|lora_magnitude_vector(?:\.default)?(?:\.weight)?)$"
)
_UNET_BLOCK = re.compile(r"down_blocks|up_blocks|mid_block|input_blocks|output_blocks|middle_block")
_DENOISER_PREFIXES = ("model.diffusion_model.", "diffusion_model.", "model.model.", "model.", "net.", "core.")


class TensorNames:
    """An index over tensors, built once. `adapter` is True when most tensors are LoRA parts.

    `prefixes` may stand before the names of a denoising network, as in a checkpoint; `context_width` is the
    size of the text vectors that an adapter's cross-attention takes, None where it does not tell.
    """

    def __init__(self, tensors: Iterable[TensorFact], *, reversed_shapes: bool = False) -> None:
        self._shapes: dict[str, tuple[int, ...]] = {}
        self.context_width: int | None = None
        total = parts = 0
        for tensor in tensors:
            shape = tensor.shape[::-1] if reversed_shapes else tensor.shape
            total += 1
            parts += self._add(tensor.name, shape)
        self.total = total
        self.adapter = total > 0 and parts * 2 >= total
        self.prefixes = ("", *(prefix for prefix in _DENOISER_PREFIXES if prefix in self))

    def __contains__(self, name: str) -> bool:
        return name in self._shapes

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of the first tensor found under a name; empty where there is none."""
        return self._shapes.get(name, ())

    def _add(self, name: str, shape: tuple[int, ...]) -> bool:
        """Enter one tensor under all its names; True when it is part of an adapter."""
        numbered = _NUMBER.sub("#", name)
        parts = numbered.split(".")
        keys = [name, numbered, ".".join(parts[:-1]), parts[0] + ".*", "*." + parts[-1]]
        if len(parts) > 1:
            keys.append("*." + ".".join(parts[-2:]))
        keys.extend(prefix for prefix in _DENOISER_PREFIXES if name.startswith(prefix))
        for key in keys:
            self._shapes.setdefault(key, shape)
        tail = _ADAPTER_TAIL.search(name)
        if tail:
            self._add_adapted(_NUMBER.sub("#", name[: tail.start()]), tail.group(1), shape)
        return tail is not None

    def _add_adapted(self, module: str, down: str | None, shape: tuple[int, ...]) -> None:
        """Enter the module that an adapter part changes, `lora_te1_*` for its group, and the text width."""
        self._shapes.setdefault(module, ())
        if module.startswith("lora_"):
            self._shapes.setdefault("_".join(module.split("_", 2)[:2]) + "_*", ())
        if not down or len(shape) < 2:
            return
        if not self._shapes[module]:
            self._shapes[module] = shape
        if "attn2" in module and "to_k" in module and _UNET_BLOCK.search(module):
            self.context_width = shape[1]
