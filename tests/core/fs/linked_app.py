"""An app's folder beside a model of a library, and steps that link the one into the other."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.operations import Step, StepKind, StepResult, StepState
from pumas_tui.core.fs import steps

ABSENT = fingerprints.ABSENT
ROW = {"row": {"kind": "hard"}}


@dataclass
class App:
    """An app's folder and a model of the library beside it."""

    folder: Path
    source: Path

    @property
    def target(self) -> Path:
        return self.folder / "model"

    def link(self, *, before: str = ABSENT, text: str = "../models/model.bin") -> Step:
        return Step(1, StepKind.LINK, str(self.target), fingerprints.link(text), before)

    def hard_link(self, *, before: str = ABSENT) -> Step:
        want = fingerprints.file(0, 0, self.source.stat().st_ino)
        detail = {"source": str(self.source), **ROW}
        return Step(1, StepKind.HARD_LINK, str(self.target), want, before, detail=detail)

    def links(self) -> dict[str, Step]:
        """One step of each kind of link."""
        return {
            "relative": self.link(),
            "absolute": self.link(text=str(self.source)),
            "hard": self.hard_link(),
        }

    def unlink(self, made: Step) -> Step:
        """The step that takes back what `made` made."""
        return replace(made, kind=StepKind.UNLINK, want=ABSENT, before=made.want)

    def move(self, to: str = "moved") -> Step:
        before = steps.look(str(self.target))
        detail = {"to": str(self.folder / to), "why": "rename"}
        return Step(1, StepKind.MOVE, str(self.target), ABSENT, before, detail=detail)

    def names(self) -> list[str]:
        return sorted(os.listdir(self.folder))


def app_at(top: Path) -> App:
    (top / "models").mkdir()
    (top / "models" / "model.bin").write_bytes(b"weights")
    (top / "app").mkdir()
    return App(top / "app", top / "models" / "model.bin")


def done(step: Step) -> None:
    result = steps.perform(step)
    assert (result.state, result.message) == (StepState.DONE, "")


def skipped(step: Step) -> StepResult:
    result = steps.perform(step)
    assert result.state is StepState.SKIPPED, result
    assert str(step.target) in result.message
    return result
