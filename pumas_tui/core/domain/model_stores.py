"""Folders in which other programs keep models, told by their layout: where a path lies says what it is.

Hugging Face Hub cache (https://huggingface.co/docs/huggingface_hub/guides/manage-cache):

    models--org--name/blobs/<etag>            content; the etag of a large file is its SHA-256
    models--org--name/refs/main               text: the commit that `main` was when it was fetched
    models--org--name/snapshots/<commit>/…    links to ../../blobs/<etag>

LM Studio: `.lmstudio/models/<publisher>/<model>/<file>` (before 2025 `.cache/lm-studio/models/…`).
"""

import re
from dataclasses import dataclass

from pumas_tui.core.domain.files import Origin

_REPO_PART = re.compile(r"\w[\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LM_STUDIO = re.compile(r"/(?:\.lmstudio|\.cache/lm-studio)/models/(?P<repo>[^/]+/[^/]+)/[^/]", re.S)


@dataclass(frozen=True, slots=True)
class HubPlace:
    """A path at or below `models--org--name`. `folder` is that folder; `part` is the one below it, or empty.

    `revision` is the commit of a path at or below a snapshot; `inside` is what comes after the snapshot, or
    the name of a blob.
    """

    folder: str
    repo_id: str
    part: str = ""
    revision: str = ""
    inside: str = ""

    @property
    def origin(self) -> Origin:
        """The repository that the cache names."""
        return Origin(self.repo_id, self.revision)

    @property
    def sha256(self) -> str:
        """What a blob's content must hash to, where its name says it; else empty."""
        return self.inside if self.part == "blobs" and _SHA256.fullmatch(self.inside) else ""


def hub_place(path: str) -> HubPlace | None:
    """Where an absolute path lies in a Hub cache; None outside of one. The innermost cache counts."""
    parts = path.split("/")
    for at in range(len(parts) - 1, 0, -1):
        repo = repo_of(parts[at])
        if repo:
            folder, below = "/".join(parts[: at + 1]), parts[at + 1 :]
            if not below:
                return HubPlace(folder, repo)
            if below[0] == "snapshots" and len(below) > 1:
                return HubPlace(folder, repo, "snapshots", below[1], "/".join(below[2:]))
            return HubPlace(folder, repo, below[0], inside="/".join(below[1:]))
    return None


def repo_of(folder_name: str) -> str:
    """`org/name` or `name` of a cache folder's name; empty for any other name."""
    kind, *parts = folder_name.split("--")
    if kind != "models" or not 1 <= len(parts) <= 2 or not all(map(_REPO_PART.fullmatch, parts)):
        return ""
    return "/".join(parts)


def revision(text: str) -> str:
    """The commit that a file below refs/ names; empty when its text cannot be a snapshot's name."""
    stripped = text.strip()
    return stripped if _REVISION.fullmatch(stripped) else ""


def origin_of(path: str) -> Origin | None:
    """The repository that the place of a file or folder tells, if any."""
    place = hub_place(path)
    if place is not None:
        return place.origin
    found = _LM_STUDIO.search(path)
    return Origin(found["repo"], told_by="filename") if found else None


def folder_name(folder: str) -> str:
    """What a person calls a folder: its name; the repository's for a snapshot, which has a commit's name."""
    place = hub_place(folder)
    if place is not None and not (place.part == "snapshots" and place.inside):
        return place.repo_id.rpartition("/")[2]
    return folder.rstrip("/").rpartition("/")[2]


_COMPONENTS = re.compile(
    r"(?:unet|transformer|vae|text_encoder|image_encoder|vision_encoder|audio_vae|vocoder|prior|decoder"
    r"|controlnet|safety_checker|onnx)(?:_[0-9])?"
)
"""Folders of a pipeline's components: every pipeline has them, so they name nothing by themselves."""


_PLACES = re.compile(
    r"downloads?|desktop|documents|te?mp|home|models?|weights|files|checkpoints|loras?|embeddings"
    r"|diffusion_models|text_encoders|clip|clip_vision|upscale_models|stable-diffusion",
    re.IGNORECASE,
)
"""Folders that people and programs keep many models in."""


def name_from_folder(folder: str) -> str:
    """What a file that has no name of its own is called after its folder; empty where that says nothing."""
    name = folder_name(folder)
    if _PLACES.fullmatch(name):
        return ""
    if not _COMPONENTS.fullmatch(name):
        return name
    above = folder_name(folder.rstrip("/").rpartition("/")[0])
    return f"{above}-{name}" if above and not _PLACES.fullmatch(above) else ""


_SAVED = re.compile(
    r"(?:model|weights|files|output|final|best|last|merged|main|(?:checkpoint|step|epoch)[-_]?[0-9]+)",
    re.IGNORECASE,
)
"""Folders that programs save one model in, beside others of its run: they name nothing by themselves."""


def name_of_model_folder(folder: str) -> str:
    """What a folder that is one model is called: its name, or with that of the folder above it."""
    name = folder_name(folder)
    if not (_SAVED.fullmatch(name) or _COMPONENTS.fullmatch(name)):
        return name
    above = folder_name(folder.rstrip("/").rpartition("/")[0])
    if not above or _PLACES.fullmatch(above):
        return name
    return above if _PLACES.fullmatch(name) else f"{above}-{name}"
