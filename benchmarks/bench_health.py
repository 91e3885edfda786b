"""P18: a check of 5,000 models and 20,000 links, against find -L looking for broken links in both trees."""

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.measure import paired, report
from benchmarks.synthetic import make_library
from pumas_tui.core.domain import fingerprints, ids
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.links import Link, LinkKind, row_json
from pumas_tui.core.domain.operations import Operation, Step, StepKind, StepResult, StepState
from pumas_tui.core.flows import checking, opening
from pumas_tui.core.flows.check_state import CheckTools, Following
from pumas_tui.core.fs import app_facts


def make_links(opened: opening.Opened, base: Path, count: int) -> None:
    """Links to the library's files in folders of an app, on disk and on record."""
    (base / "loras").mkdir(parents=True)
    app = App(
        ids.new_app_uid(), AppKind.COMFYUI, "app", "1", str(base), app_facts.mount_facts(str(base)),
        app_facts.kind_folders(str(base), ["loras"]),
    )  # fmt: skip
    opened.registry.put_app(app)
    known, files = opened.index.known(), opened.index.known_files()
    steps, models = [], sorted(known)
    for n in range(count):
        model = models[n % len(models)]
        target = f"loras/{n // len(models)}-{model.rpartition('/')[2]}.safetensors"
        source = f"{model}/{next(iter(files[model]))}"
        place = base / target
        text = os.path.relpath(f"{opened.paths.models}/{source}", place.parent)
        place.symlink_to(text)
        row = Link(app.uid, target, known[model].uid, source, LinkKind.RELATIVE)
        mark = fingerprints.link(text)
        steps.append(Step(n + 1, StepKind.LINK, str(place), mark, "absent", detail={"row": row_json(row)}))
    op = Operation(ids.new_operation_id(), "apply", "bench", "0", 0.0)
    opened.journal.begin(op, steps)
    for start in range(0, count, 500):
        opened.journal.mark_group(op.id, [StepResult(s, StepState.DONE) for s in steps[start : start + 500]])
    opened.journal.done(op.id)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=5_000)
    parser.add_argument("--links", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root, base = Path(scratch) / "library", Path(scratch) / "app"
        opening.create(str(root))
        make_library(root, options.models)
        opened = opening.open_library(str(root), str(Path(scratch) / "state"))
        make_links(opened, base, options.links)
        tools = CheckTools(opened.paths, opened.index, opened.registry, opened.jobs, 0)

        def ours() -> None:
            found = checking.check(tools, Following(lambda one: None))
            assert found.links_right == options.links and found.models_right == options.models

        def peer() -> None:
            subprocess.run(
                ["find", "-L", str(base), f"{root}/models", "-type", "l"],
                stdout=subprocess.DEVNULL,
                check=True,
            )

        name = f"P18 health, {options.models:,} models, {options.links:,} links"
        results = [paired(name, ours, peer, 3.0, peer_name="find -L -type l")]
        opened.close()
    report(results, options.json)


if __name__ == "__main__":
    main()
