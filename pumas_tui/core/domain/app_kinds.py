"""Folders below an app's base that need more than a rule to be told: those only newer versions of the app
read, second names of folders that a rule fills under their first, and where extensions have theirs.

ComfyUI: `folder_names_and_paths` in its folder_paths.py; ultralytics and mmdets: what its Impact Pack and
Impact Subpack add to it (`ultralytics_bbox`, `ultralytics_segm`, `mmdets_bbox`, `mmdets_segm`).
"""

from pumas_tui.core.domain.apps import AppKind

_NEWER = {
    AppKind.COMFYUI: frozenset(
        {
            "latent_upscale_models",
            "background_removal",
            "frame_interpolation",
            "geometry_estimation",
            "optical_flow",
            "detection",
        }
    )
}
_ALSO_READ = {
    AppKind.COMFYUI: frozenset({"clip", "unet", "t2i_adapter"}),
    AppKind.A1111: frozenset({"models/LyCORIS", "models/RealESRGAN", "models/SwinIR"}),
    AppKind.FORGE: frozenset({"models/LyCORIS", "models/RealESRGAN", "models/SwinIR"}),
}
_AMONG = {
    AppKind.COMFYUI: ("",),
    AppKind.A1111: ("models",),
    AppKind.FORGE: ("models",),
    AppKind.GENERIC: ("",),
}
_MODELS_KINDS = {"clip": "text_encoders", "unet": "diffusion_models", "t2i_adapter": "controlnet"}
_IN_PARTS = {AppKind.COMFYUI: frozenset({"ultralytics", "mmdets"})}


def folders_with_kinds(kind: AppKind) -> tuple[str, ...]:
    """Folders in which each folder is one kind of model, empty for the base; none where the app reads all
    below its base alike."""
    return _AMONG.get(kind, ())


def is_in_parts(kind: AppKind, folder: str) -> bool:
    """Each folder right in this one is a kind of its own."""
    return folder in _IN_PARTS.get(kind, frozenset())


def is_newer(kind: AppKind, folder: str) -> bool:
    """Versions of the app that are in use do not all read this folder; those that do bring it along."""
    return folder in _NEWER.get(kind, frozenset())


def is_read(kind: AppKind, folder: str) -> bool:
    """What the app reads there it reads from another folder as well, which is the one to fill."""
    return folder in _ALSO_READ.get(kind, frozenset())


def models_kind(kind: AppKind, folder: str) -> str:
    """What ComfyUI calls the models it reads from a folder below its base: `text_encoders` for `clip/sdxl`.

    Empty for the base itself, and for apps that have no such kinds.
    """
    top = folder.partition("/")[0]
    return _MODELS_KINDS.get(top, top) if kind is AppKind.COMFYUI else ""


def folders_of_kind(kind: AppKind, models: str) -> tuple[str, ...]:
    """The folders below an app's base that it reads models of a kind from, by itself."""
    if kind is not AppKind.COMFYUI:
        return ()
    return (models, *(folder for folder, name in _MODELS_KINDS.items() if name == models))
