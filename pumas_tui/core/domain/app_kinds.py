"""Folders below an app's base that need more than a rule to be told: those only newer versions of the app
read, and second names of folders that a rule fills under their first.

ComfyUI: `folder_names_and_paths` in its folder_paths.py.
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


def is_newer(kind: AppKind, folder: str) -> bool:
    """Versions of the app that are in use do not all read this folder; those that do bring it along."""
    return folder in _NEWER.get(kind, frozenset())


def is_read(kind: AppKind, folder: str) -> bool:
    """What the app reads there it reads from another folder as well, which is the one to fill."""
    return folder in _ALSO_READ.get(kind, frozenset())
