"""Apps that read models: what their folders look like, which version one is. Texts only, nothing is executed.

ComfyUI   main.py, folder_paths.py, models/     version: comfyui_version.py, pyproject.toml, git tag
A1111     webui.py, models/Stable-diffusion/    version: CHANGELOG.md, git tag
Forge     as A1111, and modules_forge/          version: modules_forge/forge_version.py, git tag
"""

import posixpath
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from enum import StrEnum

from pumas_tui.core.domain.text import safe


class AppKind(StrEnum):
    """Kinds of apps. The first three are recognised by their folder, the others are what the user says."""

    COMFYUI = "comfyui"
    A1111 = "a1111"
    FORGE = "forge"
    LLAMACPP = "llamacpp"  # a folder of GGUF files
    LMSTUDIO = "lmstudio"  # a models folder of publisher/model/file
    VLLM = "vllm"  # a folder with a folder per model
    GENERIC = "generic"


TITLES = {
    AppKind.COMFYUI: "ComfyUI",
    AppKind.A1111: "a1111",
    AppKind.FORGE: "Forge",
    AppKind.LLAMACPP: "llama.cpp",
    AppKind.LMSTUDIO: "LM Studio",
    AppKind.VLLM: "vLLM",
    AppKind.GENERIC: "folder",
}
"""What people call them."""

_COMFYUI = {"main.py", "folder_paths.py", "models"}
_WEBUI = {"webui.py", "models"}
_WEBUI_MODELS = "Stable-diffusion"
_FORGE = "modules_forge"
_SCRIPTS = frozenset({"main.py", "webui.py", "launch.py"})
_RUNTIMES = {"dockerd": "Docker", "podman": "Podman", "kubelet": "Kubernetes", "k3s-server": "Kubernetes"}

_ASSIGNED = re.compile(r"^\s*(?:__version__|version)\s*=\s*[\"']([^\"'\n]+)[\"']", re.M)
_HEADING = re.compile(r"^#+\s*\[?v?(\d[\w.+-]*)", re.M)
_TAG = re.compile(r"v?(\d[\w.+-]*)")
_PACKED = re.compile(r"^(?P<hash>[0-9a-f]{40,64}) (?P<ref>\S+)$(?:\n\^(?P<peeled>[0-9a-f]{40,64})$)?", re.M)
_MOST_LOOSE_TAGS = 500
_MOST_VERSION = 24


def may_be(names: Collection[str]) -> bool:
    """The names in a folder are those of an app, as far as one listing tells."""
    return set(names) >= _COMFYUI or set(names) >= _WEBUI


def recognised(names: Collection[str], below_models: Collection[str]) -> AppKind | None:
    """Which app a folder is, by the names in it and those in its `models/`."""
    if set(names) >= _COMFYUI:
        return AppKind.COMFYUI
    if set(names) >= _WEBUI and _WEBUI_MODELS in below_models:
        return AppKind.FORGE if _FORGE in names else AppKind.A1111
    return None


def model_folders(kind: AppKind) -> tuple[str, ...]:
    """Folders of an app, relative to it, that hold model files."""
    return ("models",) if kind is AppKind.COMFYUI else ("models", "embeddings")


def version(kind: AppKind, read: Callable[[str], str], listed: Callable[[str], Sequence[str]]) -> str:
    """The version of an app, empty where nothing tells.

    `read(name)` gives a file's text, empty where there is none; `listed(name)` the names in a folder. Both
    take names relative to the app.
    """
    found = next((text for text in _told(kind, read) if text), "") or _tag(read, listed)
    return safe(found.strip(), _MOST_VERSION)


def _told(kind: AppKind, read: Callable[[str], str]) -> Iterator[str]:
    if kind is AppKind.COMFYUI:
        yield _first(_ASSIGNED, read("comfyui_version.py"))
        yield _of_pyproject(read("pyproject.toml"))
    elif kind is AppKind.FORGE:
        yield _first(_ASSIGNED, read("modules_forge/forge_version.py"))
    else:
        yield _first(_HEADING, read("CHANGELOG.md"))


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _of_pyproject(text: str) -> str:
    try:
        project = tomllib.loads(text).get("project")
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""
    told = project.get("version") if isinstance(project, dict) else None
    return told if isinstance(told, str) else ""


def _tag(read: Callable[[str], str], listed: Callable[[str], Sequence[str]]) -> str:
    """The tag of the commit that is checked out, as gitrepository-layout(5) has it; no object is opened."""
    packed = [(m["ref"], m["peeled"] or m["hash"]) for m in _PACKED.finditer(read(".git/packed-refs"))]
    head = read(".git/HEAD").strip()
    if head.startswith("ref: refs/") and ".." not in head:
        ref = head.removeprefix("ref: ")
        head = read(f".git/{ref}").strip() or dict(packed).get(ref, "")
    if not head:
        return ""
    tags = [ref.removeprefix("refs/tags/") for ref, at in packed if at == head and "refs/tags/" in ref]
    names = listed(".git/refs/tags")[:_MOST_LOOSE_TAGS]
    tags += [name for name in names if read(f".git/refs/tags/{name}").strip() == head]
    numbers = (_TAG.fullmatch(tag) for tag in sorted(tags, reverse=True))
    return next((found[1] for found in numbers if found), "")


def may_be_app(argv: Sequence[str]) -> bool:
    """A command line that may be an app's: it runs one of the scripts they are started by."""
    return any(posixpath.basename(word) in _SCRIPTS for word in argv)


def folders_of_process(argv: Sequence[str], cwd: str) -> tuple[str, ...]:
    """Absolute folders in which the scripts of a command line lie. `cwd` is empty where it is not known."""
    scripts = (word for word in argv if posixpath.basename(word) in _SCRIPTS)
    folders = (posixpath.normpath(posixpath.join(cwd, posixpath.dirname(word))) for word in scripts)
    return tuple(dict.fromkeys(folder for folder in folders if folder.startswith("/")))


def container_runtime(process: str) -> str:
    """What runs containers under this name of a process, empty for any other."""
    return _RUNTIMES.get(process, "")
