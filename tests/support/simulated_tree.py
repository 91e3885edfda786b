"""A file system and a registry in memory, to do steps on as on a disk and to take facts of an app from.

Paths are absolute posix texts. Links are followed by their texts; where case does not count, names below the
app's base that differ in nothing else are one.
"""

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pumas_tui.core.domain import fingerprints, planner, stepping, undoing
from pumas_tui.core.domain.app_records import App, MountFacts
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.extra_model_paths import ExtraRoot
from pumas_tui.core.domain.extra_roots import RootState, SeenRoot
from pumas_tui.core.domain.ids import AppUid, LibraryId, ModelId, ModelUid
from pumas_tui.core.domain.links import Link, LinkKind, from_row
from pumas_tui.core.domain.mapped import (
    AppFacts,
    ConflictPolicy,
    Entry,
    FolderFacts,
    ReadAs,
    RootFacts,
    WantedLink,
    Wants,
)
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.domain.naming import fold
from pumas_tui.core.domain.operations import Step, StepKind, StepState
from pumas_tui.core.domain.plan import Answer, Plan, PlanHeader

MODELS = "/lib/models"
BASE = "/apps/comfy/models"
TRASH = "/apps/comfy/.pumas-trash/op"
DEV = 7
APP = App(
    AppUid("a0000000-0000-4000-8000-000000000001"),
    AppKind.COMFYUI,
    "comfy",
    "0.6.0",
    BASE,
    MountFacts("/", "ext4", "/dev/sda1"),
    {"loras": f"{BASE}/loras", "checkpoints": f"{BASE}/checkpoints"},
)
_ROWS = (StepKind.FORGET_ROW, StepKind.REMEMBER_ROW)
HEADER = PlanHeader(
    LibraryId("b0000000-0000-4000-8000-000000000001"), "gpu-box", APP.uid, APP.name, BASE, "0" * 64, 1.5
)


def meets(folder: str) -> bool:
    """A folder is the library's, lies in it or holds it."""
    return is_inside(folder, MODELS) or is_inside(MODELS, folder)


def uid(name: str) -> ModelUid:
    """A model's uid by its name."""
    return ModelUid(f"c0000000-0000-4000-8000-{name.encode().hex():0>12}"[:36])


def source_of(name: str) -> str:
    """The source of a model's one file."""
    return f"lora/sdxl/{name}/{name}.safetensors"


@dataclass(frozen=True)
class Node:
    """`kind`: dir, file or link. `text` of a link; `ino` of the others; `content` of a file."""

    kind: str
    ino: int = 0
    text: str = ""
    content: str = ""

    @property
    def fingerprint(self) -> str:
        if self.kind == "link":
            return fingerprints.link(self.text)
        if self.kind == "dir":
            return fingerprints.directory(self.ino)
        return fingerprints.file(len(self.content), self.ino * 10, self.ino)


@dataclass
class Tree:
    """Nodes by absolute path, and the registry's rows by target; `extra`: (kind, folder) of what the app
    reads beside its own."""

    nodes: dict[str, Node] = field(default_factory=dict)
    rows: dict[str, Link] = field(default_factory=dict)
    ignores_case: bool = False
    symlinks: bool = True
    same_file_system: bool = True
    has_trash: bool = True
    folders: tuple[str, ...] = ("loras", "checkpoints")
    extra: tuple[tuple[str, str], ...] = ()
    app: App = APP
    next_ino: int = 100

    def folder(self, path: str) -> None:
        """Make a folder and those above it."""
        if path != "/" and self.at(path) is None:
            self.folder(posixpath.dirname(path))
            self.nodes[path] = Node("dir", self._ino())

    def file(self, path: str, content: str = "x") -> Node:
        """Make a file, and the folders above it."""
        self.folder(posixpath.dirname(path))
        self.nodes[path] = Node("file", self._ino(), content=content)
        return self.nodes[path]

    def link(self, path: str, text: str) -> None:
        """Make a symbolic link, and the folders above it."""
        self.folder(posixpath.dirname(path))
        self.nodes[path] = Node("link", text=text)

    def at(self, path: str) -> Node | None:
        """What stands at a path, not following it."""
        return self.nodes.get(self.spelled(path))

    def resolved(self, path: str, depth: int = 8) -> str | None:
        """Where a path leads in the end, None for nothing."""
        node = self.at(path)
        if node is None or depth == 0:
            return None
        if node.kind != "link":
            return self.spelled(path)
        return self.resolved(
            posixpath.normpath(posixpath.join(posixpath.dirname(path), node.text)), depth - 1
        )

    def facts(self, wanted: Iterable[WantedLink] = ()) -> AppFacts:
        """The app as it is now."""
        same = set()
        for want in wanted:
            node = self.at(f"{BASE}/{want.target}")
            if node is not None and node.kind == "file" and node.content == want.sha256:
                same.add((want.target, want.sha256))
        sources = {}
        for row in self.rows.values():
            node = self.at(f"{MODELS}/{row.source}")
            if row.kind is LinkKind.HARD and node is not None:
                sources[row.source] = (DEV, node.ino)
        folders = {name: self._folder_facts(name) for name in self.folders}
        extra = tuple(self._root_facts(*root) for root in self.extra)
        return AppFacts(self.app, MODELS, folders, frozenset(same), sources, extra=extra)

    def _root_facts(self, kind: str, top: str) -> RootFacts:
        root = ExtraRoot(kind, top, "other")
        if top != "/" and self.resolved(top) is None:
            return RootFacts(SeenRoot(root, RootState.ABSENT, reason="it is not there"), problem="not there")
        files: dict[tuple[int, int], list[ReadAs]] = {}
        folders = {top: ReadAs(top, top)} if meets(top) else {}
        for path in self.nodes if not meets(top) else ():
            resolved = self.resolved(path) if path.startswith(f"{top}/") else None
            end = self.at(resolved) if resolved is not None else None
            if end is not None and end.kind == "file":
                files.setdefault((DEV, end.ino), []).append(ReadAs(path, path))
            elif end is not None and resolved is not None and meets(resolved):
                folders[resolved] = ReadAs(path, path)
        seen = SeenRoot(root, RootState.HERE, top, meets(top))
        return RootFacts(seen, {place: tuple(found) for place, found in files.items()}, folders)

    def _folder_facts(self, name: str) -> FolderFacts:
        real = f"{BASE}/{name}"
        return FolderFacts(
            name,
            real,
            exists=self.at(real) is not None,
            recorded=self.app.kind_folders.get(name),
            same_file_system=self.same_file_system,
            symlinks=self.symlinks,
            ignores_case=self.ignores_case,
            has_trash=self.has_trash,
            entries=dict(self._entries(real)),
        )

    def _entries(self, real: str) -> Iterator[tuple[str, Entry]]:
        for path, node in self.nodes.items():
            if path.startswith(real + "/"):
                target = path[len(BASE) + 1 :]
                resolved = self.resolved(path) if node.kind == "link" else None
                end = self.at(resolved) if resolved is not None else None if node.kind == "link" else node
                yield (
                    target,
                    Entry(
                        target,
                        node.fingerprint,
                        size_bytes=len(node.content),
                        items=sum(posixpath.dirname(other) == path for other in self.nodes),
                        resolved=resolved,
                        place=(DEV, end.ino) if end is not None else None,
                    ),
                )

    def links(self) -> list[Link]:
        """The registry's links."""
        return list(self.rows.values())

    def perform(self, steps: Sequence[Step]) -> list[Step]:
        """Do steps in their order; each comes back with its state."""
        return [replace(step, state=self._done(step)) for step in steps]

    def _done(self, step: Step) -> StepState:
        node = self.at(step.target)
        now = node.fingerprint if node is not None else fingerprints.ABSENT
        hard = step.kind in (StepKind.UNLINK, StepKind.HARD_LINK) and fingerprints.same_file(now, step.before)
        if now != step.before and not hard and step.kind != StepKind.REMOVE_DIR:
            return StepState.SKIPPED
        path = self.spelled(step.target)
        if self.at(posixpath.dirname(path)) is None and step.kind not in _ROWS:
            return StepState.SKIPPED
        return StepState.DONE if self._apply(step, path) else StepState.SKIPPED

    def _apply(self, step: Step, path: str) -> bool:
        match step.kind:
            case StepKind.MAKE_DIR:
                self.nodes[path] = Node("dir", self._ino())
            case StepKind.REMOVE_DIR:
                if any(other.startswith(path + "/") for other in self.nodes):
                    return False
                del self.nodes[path]
            case StepKind.LINK:
                self.nodes[path] = Node("link", text=fingerprints.link_text(step.want) or "")
            case StepKind.HARD_LINK:
                source = self.at(step.detail["source"])
                if source is None or not fingerprints.same_file(source.fingerprint, step.want):
                    return False
                self.nodes[path] = source
            case StepKind.UNLINK:
                if self.nodes[path].kind != "link":
                    source = self.at(step.detail["source"])
                    assert source == self.nodes[path], "the last name of a file would go"
                del self.nodes[path]
            case StepKind.MOVE:
                to = step.detail["to"]
                if self.at(to) is not None:
                    return False
                self._move(path, to)
        self._write_rows(step)
        return True

    def _move(self, path: str, to: str) -> None:
        for inner in [other for other in self.nodes if other == path or other.startswith(path + "/")]:
            self.nodes[to + inner[len(path) :]] = self.nodes.pop(inner)

    def _write_rows(self, step: Step) -> None:
        row: Mapping[str, str] | None = step.detail.get("row")
        if row is None:
            return
        link = from_row(row)
        if step.kind in (StepKind.UNLINK, StepKind.FORGET_ROW):
            self.rows.pop(link.target, None)
        else:
            self.rows[link.target] = link

    def copy(self) -> "Tree":
        """Another tree that is the same now."""
        return replace(self, nodes=dict(self.nodes), rows=dict(self.rows))

    def shape(self) -> dict[str, str]:
        """Every path with what it is; folders without their inodes, which nobody can bring back."""
        return {
            path: "dir" if node.kind == "dir" else node.fingerprint
            for path, node in sorted(self.nodes.items())
        }

    def spelled(self, path: str) -> str:
        """A path as the tree has it, where case does not count."""
        if not self.ignores_case or path in self.nodes or not path.startswith(BASE + "/"):
            return path
        folded = fold(path)
        return next((other for other in self.nodes if fold(other) == folded), path)

    def _ino(self) -> int:
        self.next_ino += 1
        return self.next_ino


def want(tree: Tree, name: str, target: str = "", **more: Any) -> WantedLink:
    """The link that a rule wants of a model's one file; its file is looked up in the tree now."""
    source = source_of(name)
    node = tree.at(f"{MODELS}/{source}")
    target = target or f"loras/{name}.safetensors"
    values: dict[str, Any] = {
        "model_uid": uid(name),
        "model_id": ModelId(source.rpartition("/")[0]),
        "target": target,
        "source": source,
        "rule": "LoRAs",
        "config": "comfyui_*_default.json",
        "folder": target.split("/")[0],
        "sha256": node.content if node is not None else "",
        "size_bytes": len(node.content) if node is not None else 0,
        "place": (DEV, node.ino) if node is not None else None,
        "conflict": ConflictPolicy.ASK,
    }
    return WantedLink(**{**values, **more})


def plan(tree: Tree, wanted: Sequence[WantedLink], models: Collection[ModelUid] | None = None) -> Plan:
    """The plan for a tree."""
    return planner.make(HEADER, Wants(tuple(wanted), ()), tree.facts(wanted), tree.links(), models=models)


def apply(tree: Tree, made: Plan, answers: Mapping[str, Answer] | None = None) -> list[Step]:
    """Do a plan on a tree; its steps with what came of them."""
    trash = dict.fromkeys(tree.folders, TRASH) if tree.has_trash else {}
    tree.folder(TRASH)
    planned = stepping.steps_of(made, answers or {}, stepping.Places(tree.facts(), trash))
    return tree.perform([step for one in planned for step in one.steps])


def undo(tree: Tree, steps: Sequence[Step]) -> list[Step]:
    """Take steps back on a tree; the inverse steps with what came of them."""
    return tree.perform(undoing.inverse(steps))
