"""A library in memory beside a simulated app: models with recorded hashes, moved and damaged by hand, and
what a check of it all comes to."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field

from pumas_tui.core.domain import healing, orphans, repairs
from pumas_tui.core.domain.findings import Finding
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.library_facts import Held, LibraryFacts, Presence, Seen, Source
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.domain.operations import Step
from pumas_tui.core.domain.repairs import Repair
from tests.support.simulated_tree import BASE, DEV, MODELS, Tree, uid


@dataclass
class Model:
    """A described model: where it is now, and the content of its one file when it came in."""

    uid: ModelUid
    model_id: ModelId
    name: str
    content: str

    @property
    def path(self) -> str:
        return f"{MODELS}/{self.model_id}/{self.name}"


@dataclass
class Box:
    """A tree with the models in it; `former`: where the library was before."""

    tree: Tree = field(default_factory=Tree)
    models: dict[str, Model] = field(default_factory=dict)
    former: tuple[str, ...] = ()

    def add(self, name: str, content: str, kind: LinkKind) -> Link:
        """A model with one file, and a link to it in the app that is on record."""
        model = Model(uid(name), ModelId(f"lora/sdxl/{name}"), f"{name}.safetensors", content)
        self.models[name] = model
        node = self.tree.file(model.path, content)
        row = Link(
            self.tree.app.uid,
            f"loras/{name}.safetensors",
            model.uid,
            f"{model.model_id}/{model.name}",
            kind,
            "rule",
            "LoRAs",
            content,
        )
        place = f"{BASE}/{row.target}"
        self.tree.folder(posixpath.dirname(place))
        if kind is LinkKind.HARD:
            self.tree.nodes[place] = node
        else:
            text = model.path if kind is LinkKind.ABSOLUTE else posixpath.relpath(model.path, f"{BASE}/loras")
            self.tree.link(place, text)
        self.tree.rows[row.target] = row
        return row

    def move(self, name: str, to: str) -> None:
        """Somebody renames a model's folder by hand."""
        model = self.models[name]
        self.tree._move(f"{MODELS}/{model.model_id}", f"{MODELS}/{to}")
        model.model_id = ModelId(to)

    def drop(self, name: str) -> None:
        """Somebody removes a model's folder with all in it."""
        top = f"{MODELS}/{self.models.pop(name).model_id}"
        for path in [p for p in self.tree.nodes if p == top or p.startswith(top + "/")]:
            del self.tree.nodes[path]

    def facts(self) -> LibraryFacts:
        """The library as a check would see it: models whose file is there are whole."""
        whole = [m for m in self.models.values() if self.tree.at(m.path) is not None]
        held = [Held(m.uid, m.model_id, m.name, len(m.content), m.content) for m in whole]
        return LibraryFacts(
            MODELS,
            self._source,
            {m.uid: m.model_id for m in whole}.get,
            {m.model_id: m.uid for m in whole},
            lambda sha256: [one for one in held if one.sha256 == sha256],
            lambda one: [h for h in held if h.model_uid == one],
            lambda size: [h for h in held if h.size == size],
            self.former,
        )

    def _source(self, source: str) -> Source:
        node = self.tree.at(f"{MODELS}/{source}")
        if node is None:
            return Source(Presence.GONE)
        return Source(Presence.HERE, (DEV, node.ino), len(node.content))

    def seen(self, path: str) -> Seen:
        """What stands at a place of the app."""
        node = self.tree.at(path)
        if node is None:
            folder = posixpath.dirname(path)
            missing = (folder,) if self.tree.at(folder) is None else ()
            return Seen(path, missing=missing)
        place = (DEV, node.ino) if node.kind == "file" else None
        return Seen(path, node.fingerprint, self.tree.resolved(path) is not None, place)

    def check(self) -> list[Finding]:
        """All findings on links."""
        facts, app = self.facts(), self.tree.app
        found = []
        for target, row in sorted(self.tree.rows.items()):
            judged = healing.judge(app, row, self.seen(f"{BASE}/{target}"), facts)
            if judged is not None:
                assert isinstance(judged, Finding), judged
                found.append(judged)
        for path, node in sorted(self.tree.nodes.items()):
            target = path[len(BASE) + 1 :]
            if node.kind != "link" or not path.startswith(BASE + "/") or target in self.tree.rows:
                continue
            resolved = self.tree.resolved(path)
            if resolved is None:
                found.append(orphans.foreign_dead(app, target, self.seen(path), MODELS))
            elif resolved.startswith(MODELS + "/"):
                found.append(orphans.orphan(app, target, self.seen(path), resolved, facts))
        return found

    def repair(self, wanted: Sequence[Repair]) -> list[Step]:
        """Do repairs; the steps with what came of them."""
        steps = [step for _, own in repairs.steps_of(wanted) for step in own]
        return self.tree.perform(steps)

    def heal(self) -> list[Step]:
        """Do all safe repairs."""
        return self.repair([f.repair for f in self.check() if f.repair is not None and f.repair.safe])
