"""Apps, links, drafts and last places in the registry."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pumas_tui.core.db.journal import Journal
from pumas_tui.core.db.migrations import migrate
from pumas_tui.core.db.registry import Registry
from pumas_tui.core.db.registry_schema import SCHEMA
from pumas_tui.core.domain import ids
from pumas_tui.core.domain.app_records import App, MountFacts
from pumas_tui.core.domain.app_records import row_json as row_json_of_app
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import NotFoundError
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.links import Link, LinkKind, row_json
from pumas_tui.core.domain.operations import (
    Operation,
    Step,
    StepKind,
    StepResult,
    StepState,
    registry_step,
)

ROOT = "/data/pumas"


def app(base: str, name: str = "ComfyUI", **folders: str) -> App:
    return App(
        uid=ids.new_app_uid(),
        kind=AppKind.COMFYUI,
        name=name,
        version="0.6.0",
        base=base,
        mount=MountFacts("/data", "ext4", "/dev/sda1", "1234-abcd"),
        kind_folders=folders,
        containers=(("/data/\udcff", "/models"),),
        variant="sdxl-only",
        created_at=12.5,
        version_said=True,
        folder="/srv/Comfy\udcffUI",
    )


def link(to: App, target: str, model: ModelUid, source: str = "llm/f/m/m.gguf") -> Link:
    return Link(to.uid, target, model, source, LinkKind.RELATIVE, "rule", "loras", "ab" * 32)


def record(path: Path, *links: Link, kind: StepKind = StepKind.LINK) -> None:
    """As an operation does it: journaled, then marked done."""
    journal = Journal(str(path), ROOT)
    op = Operation(ids.new_operation_id(), "apply", "here", "1", 1.0)
    steps = [
        Step(n, kind, f"/t/{n}", "link:x", "absent", detail={"row": row_json(one)})
        for n, one in enumerate(links, 1)
    ]
    journal.begin(op, steps)
    journal.mark_group(op.id, [StepResult(step, StepState.DONE) for step in steps])
    journal.done(op.id)
    journal.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


@pytest.fixture
def registry(path: Path) -> Iterator[Registry]:
    store = Registry(str(path), ROOT)
    yield store
    store.close()


@pytest.mark.parametrize(
    "base", ["/opt/ComfyUI/models", f"{ROOT}/apps/ComfyUI/models", ROOT, "/data/pumas2/\udcff"]
)
def test_an_app_comes_back_as_it_was(registry: Registry, base: str) -> None:
    one = app(base, loras=f"{base}/loras", vae="/disk2/\udcfe", all=base)
    registry.put_app(one)
    assert registry.apps() == [one]
    assert registry.app(one.uid) == one
    with pytest.raises(NotFoundError):
        registry.app(ids.new_app_uid())


def test_apps_below_the_root_move_with_it(registry: Registry, path: Path, tmp_path: Path) -> None:
    inside = app(f"{ROOT}/apps/a", "inside", loras=f"{ROOT}/apps/a/loras", vae="/disk2/vae")
    outside = app("/data/pumas-other/b", "outside", loras="/data/pumas-other/b/loras")
    for one in (inside, outside):
        registry.put_app(one)
    registry.close()
    shutil.copy(path, tmp_path / "moved.db")
    moved = Registry(str(tmp_path / "moved.db"), "/mnt/new")
    assert moved.apps() == [
        replace(
            inside,
            base="/mnt/new/apps/a",
            kind_folders={"loras": "/mnt/new/apps/a/loras", "vae": "/disk2/vae"},
        ),
        outside,
    ]
    moved.close()


def test_an_app_that_moves_keeps_its_links(registry: Registry, path: Path) -> None:
    one = app("/opt/a", loras="/opt/a/loras")
    registry.put_app(one)
    made = link(one, "loras/x", ids.new_model_uid())
    record(path, made)
    registry.put_app(replace(one, base="/opt/b", version="0.7", kind_folders={"loras": "/opt/b/loras"}))
    assert registry.app(one.uid).kind_folders == {"loras": "/opt/b/loras"}
    assert registry.links(one.uid) == [made]


@pytest.mark.parametrize("base", ["/opt/a", f"{ROOT}/apps/a\udcff"])
def test_an_app_is_forgotten_after_its_links_and_comes_back_as_it_was(
    registry: Registry, path: Path, base: str
) -> None:
    one = app(base, loras=f"{base}/loras", vae="/disk2/vae\udcfe")
    registry.put_app(one)
    made = link(one, "loras/x", ids.new_model_uid())
    record(path, made)

    def do(kind: StepKind) -> None:
        journal = Journal(str(path), ROOT)
        op = Operation(ids.new_operation_id(), "unlink", "here", "1", 1.0)
        journal.begin(op, [replace(registry_step(kind, base, app=row_json_of_app(one)), n=1)])
        [step] = journal.steps(op.id)
        try:
            journal.mark_group(op.id, [StepResult(step, StepState.DONE)])
        finally:
            journal.close()

    with pytest.raises(sqlite3.IntegrityError):
        do(StepKind.FORGET_APP)
    assert registry.apps() == [one]
    record(path, made, kind=StepKind.FORGET_ROW)
    for _ in range(2):
        do(StepKind.FORGET_APP)
        assert registry.apps() == []
    for _ in range(2):
        do(StepKind.REMEMBER_APP)
        assert registry.apps() == [one]


def test_links_are_found_by_app_and_by_model(registry: Registry, path: Path) -> None:
    """Also of more models than one statement takes."""
    apps = [app(f"/opt/{name}", name) for name in "ab"]
    models = [ids.new_model_uid() for _ in range(1200)]
    for one in apps:
        registry.put_app(one)
    made = [link(one, f"loras/{n:04}\udcff", uid) for one in apps for n, uid in enumerate(models)]
    record(path, *made)
    ordered = sorted(made, key=lambda one: (one.app_uid, one.target))
    assert registry.links() == ordered
    assert registry.links(apps[0].uid) == [one for one in ordered if one.app_uid == apps[0].uid]
    assert registry.links(model_uids=models) == ordered
    assert registry.links(model_uids=models[:1]) == [one for one in ordered if one.model_uid == models[0]]
    assert registry.links(apps[1].uid, models[:2]) == [
        one for one in ordered if one.app_uid == apps[1].uid and one.model_uid in models[:2]
    ]
    assert registry.links(model_uids=[]) == []
    assert registry.count_links() == {one.uid: 1200 for one in apps}
    assert {row.app for row in registry.links_of(models[0])} == {"a", "b"}


def test_answers_are_kept_until_they_are_dropped(registry: Registry) -> None:
    answers = {"loras/a\udcff": {"resolution": "rename"}, "vae/b": {"resolution": "other_name", "name": "c"}}
    registry.keep_drafts("app:1", answers)
    registry.keep_drafts("app:2", {"x": "skip"})
    assert registry.drafts("app:1") == answers
    registry.keep_drafts("app:1", {"vae/b": "skip"})
    assert registry.drafts("app:1") == {"vae/b": "skip"}
    registry.keep_drafts("app:1", {"vae/b": "skip", "vae/c": "skip"})
    registry.drop_drafts("app:1", ["vae/b", "vae/other"])
    assert registry.drafts("app:1") == {"vae/c": "skip"}
    registry.drop_drafts("app:1", ["vae/c"])
    assert (registry.drafts("app:1"), registry.drafts("app:2")) == ({}, {"x": "skip"})


def test_places_are_remembered_as_last_seen(registry: Registry) -> None:
    registry.remember_base("root", "/a")
    registry.remember_base("models", "/a/models\udcff")
    registry.remember_base("root", "/b")
    assert registry.bases() == {"root": "/b", "models": "/a/models\udcff"}


def test_a_registry_of_an_older_version_gets_what_is_new(path: Path) -> None:
    conn = sqlite3.connect(path, isolation_level=None)
    migrate(conn, str(path), SCHEMA[:2])
    conn.execute(
        "INSERT INTO apps VALUES ('a', 'comfyui', 'n', '', x'2f61', 0, 'comfyui', 'default', ?, '{}', 0, 1)",
        ('{"mount_point": "/", "type": "ext4", "source": "/dev/sda1"}',),
    )
    conn.execute("INSERT INTO operations VALUES ('o', '', 'edit', 'done', '{}', 0, 'here', '1', 1)")
    conn.execute("INSERT INTO steps VALUES ('o', 1, 'edit', x'2f61', x'61', x'62', 'done')")
    conn.close()
    registry, journal = Registry(str(path), ROOT), Journal(str(path), ROOT)
    [one] = registry.apps()
    assert (one.base, one.containers, one.version_said) == ("/a", (), False)
    [step] = journal.steps(ids.OperationId("o"))
    assert (step.target, step.detail) == ("/a", {})
    registry.close()
    journal.close()
