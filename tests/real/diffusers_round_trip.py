"""Pipelines made and read by diffusers itself: `… make DIR`, `… compare ONE OTHER [ONE OTHER]…`.

Runs in an environment of its own that has diffusers, transformers and torch, none of which the project needs:
`python -m tests.real.diffusers_env` makes it. Imports nothing of the project.

`make` saves one tiny pipeline of each kind below DIR and prints their names as a JSON list. `compare` loads a
pipeline from each folder of a pair and prints how many tensors each pair has, as a JSON list; it ends with 1
and the difference when one is not equal.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DDPMPipeline,
    DDPMScheduler,
    DiffusionPipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
    UNet2DModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

_WORDS = ["<|startoftext|>", "<|endoftext|>", "a", "b", "a</w>", "b</w>", "ab</w>"]


def unconditional() -> DDPMPipeline:
    """A U-Net and its scheduler, nothing else."""
    unet = UNet2DModel(
        sample_size=8,
        in_channels=1,
        out_channels=1,
        layers_per_block=1,
        block_out_channels=(8, 8),
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
        norm_num_groups=4,
    )
    return DDPMPipeline(unet=unet, scheduler=DDPMScheduler())


def text_to_image(scratch: Path) -> StableDiffusionPipeline:
    """Every part that Stable Diffusion has, each as small as it can be; the tokenizer is read from files."""
    (scratch / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(_WORDS)}))
    (scratch / "merges.txt").write_text("#version: 0.2\na b</w>\n")
    tokenizer = CLIPTokenizer(str(scratch / "vocab.json"), str(scratch / "merges.txt"), model_max_length=16)
    text = CLIPTextConfig(
        vocab_size=len(_WORDS),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=16,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    unet = UNet2DConditionModel(
        sample_size=8,
        layers_per_block=1,
        block_out_channels=(8, 8),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=4,
        norm_num_groups=4,
    )
    return StableDiffusionPipeline(
        vae=AutoencoderKL(block_out_channels=(8,), norm_num_groups=4, latent_channels=4),
        text_encoder=CLIPTextModel(text),
        tokenizer=tokenizer,
        unet=unet,
        scheduler=DDIMScheduler(clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def tensors(pipeline: DiffusionPipeline) -> dict[str, torch.Tensor]:
    """Every tensor of every part, by part and name."""
    found: dict[str, torch.Tensor] = {}
    for part, module in pipeline.components.items():
        if isinstance(module, torch.nn.Module):
            found |= {f"{part}.{name}": value for name, value in module.state_dict().items()}
    return found


def parts(pipeline: DiffusionPipeline) -> dict[str, Any]:
    """What each part is; of those without tensors what they do: the scheduler's settings, a text's tokens."""
    said: dict[str, Any] = {part: type(module).__name__ for part, module in pipeline.components.items()}
    said["settings"] = dict(pipeline.scheduler.config)
    if "tokenizer" in said:
        said["tokens"] = pipeline.tokenizer("a b ab")["input_ids"]
    return said


def make(folder: Path) -> list[str]:
    """Save them; their names."""
    torch.manual_seed(1)
    with TemporaryDirectory() as scratch:
        made = {"tiny-ddpm": unconditional(), "tiny-sd": text_to_image(Path(scratch))}
    for name, pipeline in made.items():
        pipeline.save_pretrained(folder / name)
    return list(made)


def compare(one: str, other: str) -> int:
    """How many tensors the pipelines in both folders have, all equal. Else SystemExit with the difference."""
    first, second = (DiffusionPipeline.from_pretrained(p, local_files_only=True) for p in (one, other))
    if parts(first) != parts(second):
        raise SystemExit(f"{other} has other parts: {parts(first)} became {parts(second)}")
    here, there = tensors(first), tensors(second)
    wrong = [name for name in here.keys() | there if not _equal(here.get(name), there.get(name))]
    if wrong or not here:
        raise SystemExit(f"{other}: {len(wrong)} of {len(here)} tensors differ: {sorted(wrong)}")
    return len(here)


def _equal(one: torch.Tensor | None, other: torch.Tensor | None) -> bool:
    if one is None or other is None or one.dtype != other.dtype:
        return False
    return bool(torch.equal(one, other))


def main() -> int:
    """Do what the command line says."""
    verb, *places = sys.argv[1:]
    answer = make(Path(places[0])) if verb == "make" else [compare(*p) for p in pairs(places)]
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def pairs(places: list[str]) -> Iterator[tuple[str, str]]:
    """Places by twos."""
    return zip(places[::2], places[1::2], strict=True)


if __name__ == "__main__":
    sys.exit(main())
