"""The dialogs of the Health screen: repairing what was found, one finding in full, reading contents."""

import time
from collections.abc import Callable, Sequence
from enum import StrEnum

from pumas_tui.core.domain.findings import FETCHABLE, FILLABLE, Finding, FindingKind
from pumas_tui.core.domain.repairs import RepairKind
from pumas_tui.core.domain.text import plural, safe
from pumas_tui.tui.modals.dialog import Dialog
from pumas_tui.tui.presenters.health import WORDS, place_of, why_of
from pumas_tui.tui.presenters.prose import Hint, Line, Tone, labelled
from pumas_tui.tui.presenters.repairs import Chosen, every_line, left_lines, repair_lines

_GONE = frozenset({FindingKind.MISSING_SOURCE, FindingKind.PHANTOM_MODEL})
_AWAY = frozenset({FindingKind.GHOST_APP, FindingKind.OFFLINE_DRIVE})
_FORGETS = frozenset({RepairKind.REMOVE, RepairKind.FORGET, RepairKind.FORGET_APP})


class RepairDialog(Dialog[bool]):
    """Do these repairs? `left`: findings that are not touched. `healing`: all safe ones are meant."""

    trigger = frozenset({"x", "s"})

    def __init__(
        self,
        chosen: Chosen,
        left: Sequence[Finding] = (),
        *,
        healing: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._chosen = chosen
        self._left = left
        self._healing = healing

    @property
    def _harm(self) -> bool:
        return any(repair.kind in _FORGETS for _, repair in self._chosen)

    def on_mount(self) -> None:
        self.set_class(self._harm, "-danger")

    def heading(self) -> str:
        number = len(self._chosen)
        if self._healing:
            return f"Self-heal: {plural(number, 'safe fix', 'safe fixes')}"
        return f"Fix {plural(number, 'issue')}?"

    def body(self, width: int) -> Sequence[Line]:
        lines = [Line(f"  {text}", clip=True) for text in repair_lines(self._chosen)]
        left = left_lines(self._left)
        if left:
            why = "because they need you" if self._healing else "because there is no fix for them"
            lines += [Line(), Line(f"Not touched, {why}:"), *(Line(f"  {text}") for text in left)]
        return [*lines, Line(), Line("u takes it back.")]

    def full_list(self, width: int) -> Sequence[Line]:
        return [Line(text, clip=True) for text in every_line(self._chosen)]

    def hints(self) -> Sequence[Sequence[Hint]]:
        number = len(self._chosen)
        does = "do it" if number == 1 else f"do the {number:,}"
        read = Hint("l", "read the list", "list")
        return ((Hint("y", does, does, harm=self._harm), read, Hint("esc", "no", "no")),)

    def press(self, key: str) -> None:
        if key == "y":
            self.close(True)


class Way(StrEnum):
    """What a person chose for one finding."""

    FIX = "fix"
    INSTEAD = "instead"
    PASTE = "paste"  # where the file, or the app, is now
    LOOK = "look"  # on this machine
    FILL = "fill"  # from where its file is now
    FETCH = "fetch"  # from the Hub, again
    OPEN = "open"


class FindingDialog(Dialog[Way]):
    """One finding in full, with everything that can be done about it. `repo`: where its model's files can be
    had again; `fills`: files may be brought into it at all."""

    trigger = frozenset({"enter"})

    def __init__(
        self,
        finding: Finding,
        repo: str = "",
        *,
        fills: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._finding = finding
        self._repo = repo
        self._ways = ways(finding, repo, fills=fills)

    def heading(self) -> str:
        one = self._finding
        if one.kind in _AWAY:
            return f"{safe(one.app)} is not there"
        if one.kind in _GONE:
            name = safe((one.model_id or one.path).rpartition("/")[2])
            return (
                f"{name}: {WORDS[one.kind].means}"
                if one.kind is FindingKind.PHANTOM_MODEL
                else f"{name} is gone"
            )
        return f"{WORDS[one.kind].one.capitalize()}: {place_of(one)}"

    def body(self, width: int) -> Sequence[Line]:
        one = self._finding
        why = why_of(one)  # that of a lost file begins with its name, which stays as it is
        said = why if one.kind in FETCHABLE else f"{why[:1].upper()}{why[1:]}"
        lines = [Line(f"{said}.", Tone.STRONG), Line()]
        lines += labelled("at", safe(one.path), width)
        for number, text in enumerate(one.evidence):
            lines += labelled("" if number else "seen", safe(text), width)
        if one.repair is None and one.kind not in _AWAY | FILLABLE and not self._repo:
            lines += [Line(), Line("There is nothing here that Pumas may change by itself.")]
        return lines

    def hints(self) -> Sequence[Sequence[Hint]]:
        away = "wait" if self._finding.kind in _AWAY else "later"
        return (*((hint,) for hint, _ in self._ways), (Hint("esc", away, away),))

    def press(self, key: str) -> None:
        way = next((way for hint, way in self._ways if hint.key == key), None)
        if way is not None:
            self.close(way)


def ways(finding: Finding, repo: str = "", *, fills: bool = True) -> tuple[tuple[Hint, Way], ...]:
    """The keys of a finding's dialog, and what each stands for. What takes something away is on `f`."""
    found: list[tuple[Hint, Way]] = []
    repair, other = finding.repair, finding.instead
    if fills and finding.kind in FILLABLE and finding.model_id is not None:
        it = "it" if finding.kind is FindingKind.PHANTOM_MODEL else "the right file"
        look = f"look for {it} on other disks (by size, then SHA-256)"
        found.append((Hint("enter", look, "look for it"), Way.LOOK))
        found.append((Hint("p", f"paste where {it} is now", "paste"), Way.FILL))
    elif fills and finding.kind in _GONE:
        found.append((Hint("p", "paste where it is now: it is imported again", "paste"), Way.PASTE))
    if repo:
        does = "get them" if finding.kind is FindingKind.PART_MISSING else "get it again"
        found.append((Hint("w", f"{does} from {safe(repo)}", does), Way.FETCH))
    if finding.kind in _AWAY:
        found.append((Hint("p", "it moved: type or paste the new folder", "it moved"), Way.PASTE))
    if repair is not None:
        harm = repair.kind in _FORGETS
        found.append((Hint("f" if harm else "y", safe(repair.does), "fix", harm=harm), Way.FIX))
    if other is not None:
        harm = other.kind in _FORGETS
        taken = {hint.key for hint, _ in found}
        key = next(key for key in (("f", "x") if harm else ("y", "x")) if key not in taken)
        found.append((Hint(key, safe(other.does), "instead", harm=harm), Way.INSTEAD))
    if finding.model_id is not None and finding.kind not in _GONE:
        found.append((Hint("o", "open the model", "open"), Way.OPEN))
    return tuple(found)


class VerifyDialog(Dialog[bool]):
    """Read the contents of all models, or of those in front?"""

    trigger = frozenset({"c"})

    def __init__(self, models: int | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._models = models

    def heading(self) -> str:
        which = "all models" if self._models is None else plural(self._models, "model")
        return f"Check the contents of {which}?"

    def body(self, width: int) -> Sequence[Line]:
        return [
            Line("Reads every byte from the disk and compares it with what was imported (SHA-256)."),
            Line(),
            Line(
                "That takes hours where there are terabytes. esc stops it, and the next time goes on with "
                "what was not read yet. Nothing is changed; the list stays usable."
            ),
        ]

    def hints(self) -> Sequence[Sequence[Hint]]:
        return ((Hint("y", "read them", "read"), Hint("esc", "no", "no")),)

    def press(self, key: str) -> None:
        if key == "y":
            self.close(True)
