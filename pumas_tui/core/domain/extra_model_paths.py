"""ComfyUI's extra_model_paths.yaml: folders outside of its own tree that it reads models from.

    a1111:                       a section; its name means nothing
      base_path: /srv/webui      what the folders of the section are relative to, else the file's own folder
      is_default: true           these folders come first; of several sections the last wins
      loras: |                   a kind, and one folder a line
        models/Lora
        models/LyCORIS

Format: utils/extra_config.py and extra_model_paths.yaml.example of ComfyUI. The YAML is never made into
objects: its nodes are read, so that tags do nothing and merge keys cannot multiply. What cannot be read is
a Trouble that names the line; the rest counts.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeGuard

from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.text import safe

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

MAX_BYTES = 32 << 10
_MAX_ROOTS = 1000
_MAX_SECTIONS = 200
_MAX_TROUBLES = 50
_LEGACY = {"unet": "diffusion_models", "clip": "text_encoders"}
_CODE = "custom_nodes"  # holds programs, no models
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>[^}]*)\}|(?P<plain>[A-Za-z0-9_]+))")
_TRUE = frozenset({"yes", "true", "on"})  # YAML 1.1
_BOOL = "tag:yaml.org,2002:bool"
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class ExtraRoot:
    """A folder that a kind is read from. `path` is absolute; `base_path` is empty where none is given."""

    kind: str
    path: str
    section: str
    base_path: str = ""
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class ExtraPaths:
    """What a file says, in its order, and what in it could not be read."""

    roots: tuple[ExtraRoot, ...]
    troubles: tuple[Trouble, ...] = ()

    def of(self, kind: str) -> tuple[str, ...]:
        """The folders of one kind in the app's order: the default ones first, the last of them foremost."""
        own = [root for root in self.roots if root.kind == kind]
        first = [root.path for root in reversed(own) if root.is_default]
        return tuple(dict.fromkeys([*first, *(root.path for root in own)]))


def parse(
    text: str,
    file: str,
    *,
    home: str = "",
    environ: Mapping[str, str] = MappingProxyType({}),
) -> ExtraPaths:
    """What the text of such a file says; never raises. `file` is its absolute path.

    `home` and `environ` stand for `~` and `$NAME` in a base path; what they do not know stays as written.
    """
    import yaml  # 15 ms that only apps with such a file need

    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return _nothing(file, f"larger than {MAX_BYTES} bytes")
    try:
        top = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return _nothing(file, f"line {line}: not YAML: {error.problem or error.context or 'damaged'}")
    except (yaml.YAMLError, ValueError) as error:
        return _nothing(file, f"not YAML: {str(error).splitlines()[0]}")
    except RecursionError:
        return _nothing(file, "nested too deep")
    if top is None:
        return ExtraPaths(())
    if not _is_mapping(top):
        return _nothing(file, "must be sections, each with its kinds")
    reader = _Reader(file, home, environ)
    roots = tuple(reader.roots(top))
    return ExtraPaths(roots, tuple(reader.troubles))


class _Reader:
    """Walks the nodes of one file and collects what is wrong with them."""

    def __init__(self, file: str, home: str, environ: Mapping[str, str]) -> None:
        self.troubles: list[Trouble] = []
        self._file = file
        self._home = home
        self._environ = environ

    def roots(self, top: "MappingNode") -> Iterator[ExtraRoot]:
        count = 0
        if len(top.value) > _MAX_SECTIONS:
            self._trouble(top, f"more than {_MAX_SECTIONS} sections; the rest is not read")
        for key, section in top.value[:_MAX_SECTIONS]:
            for root in self._section(_text(key) or "?", section):
                count += 1
                if count > _MAX_ROOTS:
                    self._trouble(section, f"more than {_MAX_ROOTS} folders; the rest is not read")
                    return
                yield root

    def _section(self, name: str, section: "Node") -> Iterator[ExtraRoot]:
        if section.tag == _NULL:
            return
        if not _is_mapping(section):
            self._trouble(section, f"{name}: must be kinds and their folders")
            return
        values = {_text(key) or "?": value for key, value in section.value}
        base, default = values.pop("base_path", None), values.pop("is_default", None)
        base_path = self._base(name, base) if base is not None else ""
        if base_path is None:
            return
        is_default = default is not None and default.tag == _BOOL and default.value.lower() in _TRUE
        if default is not None and default.tag != _BOOL:
            self._trouble(default, f"{name}: is_default must be true or false")
        for kind, value in values.items():
            if kind != _CODE:
                for path in self._paths(name, kind, value, base_path):
                    yield ExtraRoot(_LEGACY.get(kind, kind), path, name, base_path, is_default)

    def _base(self, name: str, node: "Node") -> str | None:
        """Absolute; None, and a Trouble, where it is no text: then nothing of the section can be placed."""
        written = _text(node)
        if not written or "\0" in written:
            self._trouble(node, f"{name}: base_path must be a folder")
            return None
        if written == "~" or written.startswith("~/"):
            written = f"{self._home or '~'}{written[1:]}"
        return self._absolute(_VARIABLE.sub(self._variable, written))

    def _paths(self, name: str, kind: str, node: "Node", base: str) -> Iterator[str]:
        written = _text(node)
        if written is None or "\0" in written or kind in ("?", "<<"):
            self._trouble(node, f"{name}: {kind}: must be folders, one a line")
            return
        for line in written.split("\n"):
            if line:
                yield posixpath.normpath(posixpath.join(base, line)) if base else self._absolute(line)

    def _absolute(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self._file), path))

    def _variable(self, found: re.Match[str]) -> str:
        return self._environ.get(found["braced"] or found["plain"] or "", found[0])

    def _trouble(self, node: "Node", message: str) -> None:
        line = node.start_mark.line + 1
        if len(self.troubles) < _MAX_TROUBLES:
            self.troubles.append(_trouble(self._file, f"line {line}: {safe(message, 200)}"))


def _text(node: "Node") -> str | None:
    """The text of a plain value, None for a list, a mapping or nothing."""
    from yaml.nodes import ScalarNode

    return str(node.value) if isinstance(node, ScalarNode) and node.tag != _NULL else None


def _is_mapping(node: "Node") -> TypeGuard["MappingNode"]:
    from yaml.nodes import MappingNode

    return isinstance(node, MappingNode)


def _nothing(file: str, message: str) -> ExtraPaths:
    return ExtraPaths((), (_trouble(file, message),))


def _trouble(file: str, message: str) -> Trouble:
    return Trouble("bad_config", f"{file}: {message}", file, "mend it; ComfyUI reads it too")
