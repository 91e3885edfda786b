"""The first start: where a library could live, which apps are there, and what is proposed of it.

A library that is there comes before anything new. Of the disks that hold apps the one with most room comes
next, since links are simplest on one disk; then the home; then the other disks.
"""

import posixpath
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.lanes import DeviceKind
from pumas_tui.core.domain.mounts import is_inside

MODELS = "models"
_BESIDE = "pumas"
"""What the root is called in a folder whose `models` is somebody else's."""
_SMALLEST_DISK = 10**9  # bytes free: on less there is no room for a library


@dataclass(frozen=True, slots=True)
class Disk:
    """The file system under a folder: `dev` is its `st_dev`, `type` as the kernel spells it."""

    mount_point: str
    type: str
    device: DeviceKind
    dev: int
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a library is or could be. `models` counts what is in it, None where it would be made."""

    root: str
    disk: Disk
    models: int | None = None

    @property
    def folder(self) -> str:
        """The folder of the models, which is what people call the library."""
        return posixpath.join(self.root, MODELS)

    @property
    def is_new(self) -> bool:
        """No library is there yet."""
        return self.models is None


@dataclass(frozen=True, slots=True)
class App:
    """An app that was found, and the files in it that are named like weights.

    `version` may be empty. `folders` are what an import of its files reads. `complete` False: there are more
    files than were counted.
    """

    kind: AppKind
    version: str
    path: str
    disk: Disk
    files: int
    size_bytes: int
    folders: tuple[str, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Detected:
    """Apps that were found, the folders that were looked in, and what could not be looked into."""

    apps: tuple[App, ...]
    looked_in: tuple[str, ...]
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class FirstStartFacts:
    """All that the questions need. `places` are in the order of preference and never empty.

    `containers` names what runs containers here, or the box around this program. `config` is the settings
    file, `default_root` the place that needs none.
    """

    places: tuple[Place, ...]
    detected: Detected
    containers: str
    home: str
    config: str
    default_root: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What was agreed to. `copy` are folders whose model files are to be imported as copies, `apps` the
    folders of the apps that shall get links."""

    root: str
    copy: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()


def places(
    found: Sequence[Place], new: Sequence[Place], apps: Sequence[App], home: Place
) -> tuple[Place, ...]:
    """Libraries that are there and places for a new one, best first, each root once."""
    shared = {app.disk.dev for app in apps}

    def rank(place: Place) -> tuple[int, int]:
        group = (
            0 if place.disk.dev in shared and place.disk.dev != home.disk.dev else 1 if place is home else 2
        )
        return group, -place.disk.free_bytes

    known = sorted(found, key=lambda place: -(place.models or 0))
    ordered = [*known, *sorted([home, *new], key=rank)]
    first = {place.root: place for place in reversed(ordered)}
    return tuple(dict.fromkeys(first[place.root] for place in ordered))


def roots_on(disk: Disk, apps: Sequence[App], home: Disk) -> Iterator[str]:
    """Folders of a disk where a library may be made, best first; none on the disk of the home.

    The top of the disk, else the folder that holds an app there: who may not write the one may the other.
    """
    if disk.dev == home.dev or disk.mount_point == "/" or disk.free_bytes < _SMALLEST_DISK:
        return
    for folder in (
        disk.mount_point,
        *(posixpath.dirname(app.path) for app in apps if app.disk.dev == disk.dev),
    ):
        yield folder
        yield posixpath.join(folder, _BESIDE)


def usual_roots(home: str, default_root: str, folders: Sequence[str]) -> tuple[str, ...]:
    """Roots where libraries are looked for by name: below a home, in well-known folders, on disks."""
    near = [posixpath.join(folder, _BESIDE) for folder in (home, *folders)]
    return tuple(dict.fromkeys((default_root, home, *folders, *near)))


def root_typed(path: str) -> str:
    """The root that an absolute path means: as it is listed, a library's path ends in `models`."""
    whole = posixpath.normpath(path)
    head, name = posixpath.split(whole)
    return head if name == MODELS and head != "/" else whole


def proposed(place: Place, apps: Sequence[App]) -> frozenset[str]:
    """Paths of the apps that are ticked at first: those on the disk of the library."""
    return frozenset(app.path for app in apps if app.disk.dev == place.disk.dev)


def to_copy(apps: Sequence[App], ticked: Collection[str], place: Place) -> tuple[str, ...]:
    """Folders whose files would be imported: none inside another, none inside the library."""
    folders = [f for app in apps if app.path in ticked and app.files for f in app.folders]
    outside = [f for f in folders if not is_inside(f, place.folder) and not is_inside(place.folder, f)]
    kept = (f for f in outside if not any(f != other and is_inside(f, other) for other in outside))
    return tuple(dict.fromkeys(kept))


def search_order(home: str, roots: Sequence[str], drives: Sequence[str]) -> tuple[str, ...]:
    """Folders in which apps are looked for, the home first; a drive's top unless it is the system's."""
    tops = [drive for drive in drives if drive != "/" and drive not in roots]
    return tuple(dict.fromkeys((home, *roots, *tops)))


def told_as(home: str, searched: Sequence[str]) -> tuple[str, ...]:
    """The folders that were looked in, in the words of a person: homes are one thing."""
    others = [root for root in searched if root not in (home, posixpath.dirname(home), "/home")]
    return ("home folders", *others, "running processes")


def needs_settings(root: str, facts: FirstStartFacts) -> bool:
    """The place has to be remembered, because it is not where one looks without being told."""
    return root != facts.default_root


def shortened(path: str, home: str) -> str:
    """A path with the home as `~`."""
    return f"~{path[len(home) :]}" if home != "/" and is_inside(path, home) else path


STEPS = PLACE, APPS, LAST = range(3)
"""The questions: where, which apps, what becomes of the files in them."""
LEAVE, COPY = range(2)
"""Rows of the last question."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How far the questions have come. `rows` is the row in front of each step.

    Below the places and the apps stands one more row, which asks for a path. `ticked` are paths of apps, None
    while it is as proposed.
    """

    facts: FirstStartFacts
    step: int = PLACE
    rows: tuple[int, int, int] = (0, 0, LEAVE)
    ticked: frozenset[str] | None = None

    @property
    def apps(self) -> tuple[App, ...]:
        """All apps there are to tick."""
        return self.facts.detected.apps

    @property
    def place(self) -> Place | None:
        """The place in front, None on the row that asks for a path."""
        row = self.rows[PLACE]
        return self.facts.places[row] if row < len(self.facts.places) else None

    @property
    def app(self) -> App | None:
        """The app in front, None on the row that asks for a path."""
        return self.apps[self.rows[APPS]] if self.rows[APPS] < len(self.apps) else None

    @property
    def chosen(self) -> tuple[App, ...]:
        """The ticked apps."""
        if self.place is None:
            return ()
        paths = self.ticked if self.ticked is not None else proposed(self.place, self.apps)
        return tuple(app for app in self.apps if app.path in paths)

    @property
    def asks_for_path(self) -> bool:
        """The row in front stands for a path that is still to be typed. Without apps one may just go on."""
        return self.place is None or (self.step == APPS and bool(self.apps) and self.app is None)

    @property
    def choice(self) -> Choice | None:
        """What was agreed to, None while there is no place."""
        if self.place is None:
            return None
        chosen = tuple(app.path for app in self.chosen)
        copy = to_copy(self.apps, set(chosen), self.place) if self.copies else ()
        return Choice(self.place.root, copy, chosen)

    @property
    def copies(self) -> bool:
        """The files of the ticked apps are to be copied."""
        return self.rows[LAST] == COPY and any(app.files for app in self.chosen)

    def at(self, row: int) -> "Answers":
        """The cursor of this step is on another row."""
        rows = [row if step == self.step else was for step, was in zip(STEPS, self.rows, strict=True)]
        return replace(self, rows=(rows[0], rows[1], rows[2]))

    def gone(self, steps: int) -> "Answers":
        """So many steps on, or back; the last question is always asked anew."""
        step = max(PLACE, min(self.step + steps, LAST))
        place, app, last = self.rows
        return replace(self, step=step, rows=(place, app, LEAVE if step == LAST else last))

    def toggled(self) -> "Answers":
        """The tick of the app in front the other way round."""
        if self.app is None:
            return self
        return replace(self, ticked=frozenset(app.path for app in self.chosen) ^ {self.app.path})

    def with_place(self, place: Place) -> "Answers":
        """One more place, unless it is there, in front."""
        roots = [known.root for known in self.facts.places]
        row = roots.index(place.root) if place.root in roots else len(roots)
        places = (*self.facts.places[:row], place, *self.facts.places[row + 1 :])
        return replace(
            self, facts=replace(self.facts, places=places), rows=(row, self.rows[APPS], self.rows[LAST])
        )

    def with_app(self, app: App) -> "Answers":
        """One more app, unless it is there, in front and ticked."""
        paths = [known.path for known in self.apps]
        row = paths.index(app.path) if app.path in paths else len(paths)
        detected = replace(self.facts.detected, apps=(*self.apps[:row], app, *self.apps[row + 1 :]))
        ticked = frozenset(known.path for known in self.chosen) | {app.path}
        facts = replace(self.facts, detected=detected)
        return replace(self, facts=facts, ticked=ticked, rows=(self.rows[PLACE], row, self.rows[LAST]))
