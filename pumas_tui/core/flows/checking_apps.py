"""Checking apps: their links on record against the disk, and links there that are not on record."""

import os
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from pumas_tui.core.domain import fingerprints, healing, orphans
from pumas_tui.core.domain.app_ground import is_below, parent_of
from pumas_tui.core.domain.app_records import App, AppState
from pumas_tui.core.domain.errors import DiskError, Trouble
from pumas_tui.core.domain.findings import Finding, FindingKind, finding
from pumas_tui.core.domain.ids import AppUid
from pumas_tui.core.domain.library_facts import LibraryFacts
from pumas_tui.core.domain.library_facts import Seen as SeenLink
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.domain.repairs import Repair, RepairKind
from pumas_tui.core.domain.text import plural
from pumas_tui.core.flows.check_state import CheckTools, Seen
from pumas_tui.core.fs import app_facts, link_scan
from pumas_tui.core.fs import steps as disk
from pumas_tui.core.fs.link_scan import FolderLinks, Thing


def check(tools: CheckTools, seen: Seen, facts: LibraryFacts) -> list[tuple[Link, Finding]]:
    """Look at every app; the links that are wrong, with what was found of each."""
    links = tools.registry.links()
    by_app: dict[AppUid, list[Link]] = {}
    for link in links:
        by_app.setdefault(link.app_uid, []).append(link)
    seen.links_total = len(links)
    broken: list[tuple[Link, Finding]] = []
    for app in tools.registry.apps():
        if seen.following.stopped:
            break
        broken += _app(seen, facts, app, by_app.get(app.uid, []))
    return broken


def _app(seen: Seen, facts: LibraryFacts, app: App, links: list[Link]) -> list[tuple[Link, Finding]]:
    state, reason = app_facts.state(app)
    look: AppLook | None = None
    if state is AppState.HERE:
        look = AppLook(app, links, facts)
        look.run(seen)
        state, reason = app_facts.state(app)  # taken away meanwhile, it proves nothing
    if state is not AppState.HERE:
        _away(seen, app, state, reason, len(links))
        seen.advance(len(links) - look.judged if look is not None else len(links))
        return []
    assert look is not None
    seen.apps_seen += 1
    seen.links_right += look.right
    for one in look.findings:
        seen.tell(one)
    seen.not_checked += look.not_checked
    return look.broken


def _away(seen: Seen, app: App, state: AppState, reason: str, links: int) -> None:
    """An app that is not here: its links are neither right nor wrong."""
    count = plural(links, "link")
    values = {"app": app.name, "app_uid": app.uid}
    if state is AppState.OFFLINE:
        seen.links_waiting += links
        words = f"{app.name}: {reason}; {count} wait for it"
        evidence = (f"registered at {app.base}", "nothing about them is removed while the disk is out")
        seen.tell(finding(FindingKind.OFFLINE_DRIVE, words, app.base, evidence=evidence, **values))
    elif state is AppState.GHOST:
        does = f"forget {app.name} and the records of {count}; no file is touched"
        forget = Repair(RepairKind.FORGET_APP, does, False, app.base, app_uid=app.uid)
        evidence = ("its disk is mounted as it was", f"{count} on record")
        words = f"{app.name}: {reason}"
        seen.tell(finding(FindingKind.GHOST_APP, words, app.base, evidence=evidence, repair=forget, **values))
    else:
        words = f"{app.name}: {reason}: its {count} are not counted"
        seen.not_checked.append(Trouble("not_checked", words, app.base))


@dataclass(frozen=True, slots=True)
class _Top:
    """A folder of an app that is scanned with all below it. `real`: where it is now."""

    folder: str
    real: str
    scanned: FolderLinks
    problem: str


@dataclass(slots=True)
class AppLook:
    """One look at an app that is here."""

    app: App
    links: Sequence[Link]
    facts: LibraryFacts
    right: int = 0
    judged: int = 0
    findings: list[Finding] = field(default_factory=list)
    broken: list[tuple[Link, Finding]] = field(default_factory=list)
    not_checked: list[Trouble] = field(default_factory=list)

    def run(self, seen: Seen) -> None:
        """Scan its folders and judge all that is there."""
        stop = seen.following.stop
        tops = [self._top(folder, stop) for folder in folders_of(self.app, self.links)]
        for top in tops:
            if top.problem:
                self.findings.append(self._unusable(top))
        by_folder: dict[str, list[Link]] = {}
        for link in self.links:
            by_folder.setdefault(parent_of(link.target), []).append(link)
        for folder, links in by_folder.items():
            if seen.following.stopped:
                return
            top = next(top for top in tops if is_below(folder, top.folder))
            self._judge_all(folder, links, top)
            self.judged += len(links)
            seen.advance(len(links))
        recorded = {link.target for link in self.links}
        for top in tops:
            if not top.problem:
                self.findings += self._strangers(top, recorded)

    def _top(self, folder: str, stop: threading.Event | None) -> _Top:
        real = os.path.realpath(f"{self.app.base}/{folder}" if folder else self.app.base)
        expected = app_facts.recorded(self.app, folder)
        problem = ""
        if expected is not None and expected != real:
            problem = f"{folder or self.app.base} leads to {real} now, not to {expected} as it was added"
        elif is_inside(real, self.facts.models_dir):
            problem = f"{folder or self.app.base} lies in the library itself"
        scanned = FolderLinks() if problem else link_scan.scan(real, folder, stop)
        return _Top(folder, real, scanned, problem)

    def _unusable(self, top: _Top) -> Finding:
        return finding(
            FindingKind.BAD_CONFIG,
            f"{self.app.name}: {top.problem}; its links are not counted",
            top.real,
            app=self.app.name,
            app_uid=self.app.uid,
            evidence=("remove the app and add it again to use the folder as it is now",),
        )

    def _judge_all(self, folder: str, links: Sequence[Link], top: _Top) -> None:
        """Links of one folder. Nearly every one says just what it was made to say, and leads somewhere."""
        if top.problem:
            words = f"{self.app.name} {folder}: {top.problem}: {plural(len(links), 'link')} not counted"
            self.not_checked.append(Trouble("not_checked", words, top.real))
            return
        models = self.facts.models_dir
        relative = os.path.relpath(models, _real_parent(f"{folder}/" if folder else "", top))
        prefixes = {LinkKind.RELATIVE: f"{relative}/", LinkKind.ABSOLUTE: f"{models}/"}
        live = top.scanned.live
        for link in links:
            text = live.get(link.target)
            if text is not None and text == prefixes.get(link.kind, "\0") + link.source:
                self.right += 1
            else:
                self._judge(link, top)

    def _judge(self, link: Link, top: _Top) -> None:
        judged = healing.judge(self.app, link, self._seen(link.target, top), self.facts)
        if judged is None:
            self.right += 1
        elif isinstance(judged, Trouble):
            self.not_checked.append(judged)
        else:
            self.findings.append(judged)
            self.broken.append((link, judged))

    def _seen(self, target: str, top: _Top) -> SeenLink:
        scanned = top.scanned
        path = f"{_real_parent(target, top)}/{target.rpartition('/')[2]}"
        for links, alive in ((scanned.live, True), (scanned.dead, False), (scanned.unsure, None)):
            if target in links:
                return SeenLink(path, fingerprints.link(links[target]), alive)
        thing = scanned.things.get(target)
        if thing is not None:
            return SeenLink(path, thing.fingerprint, place=thing.place)
        return self._looked(path)

    def _looked(self, path: str) -> SeenLink:
        """What was not listed is looked at by itself: absent must be proven."""
        folder = os.path.dirname(path)
        try:
            there = disk.look(path)
            real = os.path.realpath(folder)
            if real != folder:
                return SeenLink(path, problem=f"{folder} is reached over a link and is really {real}")
            missing = link_scan.missing_folders(folder) if there == fingerprints.ABSENT else ()
        except DiskError as error:
            return SeenLink(path, problem=error.message)
        alive = link_scan.resolved(path) is not None or None
        return SeenLink(path, there, alive, missing=missing)

    def _strangers(self, top: _Top, recorded: Collection[str]) -> Iterator[Finding]:
        scanned = top.scanned
        for target, text in scanned.live.items():
            if target not in recorded:
                yield from self._orphan(target, text, top)
        for target, text in scanned.dead.items():
            if target not in recorded:
                seen = SeenLink(_path(target, top), fingerprints.link(text))
                yield orphans.foreign_dead(self.app, target, seen, self.facts.models_dir)
        for target, thing in scanned.things.items():
            if target not in recorded and thing.size and fingerprints.kind_of(thing.fingerprint) == "file":
                yield from self._second_name(target, thing, top)
        for folder, why in scanned.unread.items():
            self.not_checked.append(
                Trouble("not_checked", f"{self.app.name}: {why}", f"{self.app.base}/{folder}")
            )

    def _orphan(self, target: str, text: str, top: _Top) -> Iterator[Finding]:
        path = _path(target, top)
        models = self.facts.models_dir
        leads = os.path.normpath(os.path.join(os.path.dirname(path), text))
        resolved = leads if is_inside(leads, models) else link_scan.resolved(path)
        if resolved is not None and is_inside(resolved, models) and resolved != models:
            seen = SeenLink(path, fingerprints.link(text), alive=True)
            yield orphans.orphan(self.app, target, seen, resolved, self.facts)

    def _second_name(self, target: str, thing: Thing, top: _Top) -> Iterator[Finding]:
        """A file that is a file of the library, under another name."""
        for held in self.facts.with_size(thing.size):
            if self.facts.source(held.source).place == thing.place:
                seen = SeenLink(_path(target, top), thing.fingerprint, place=thing.place)
                yield orphans.orphan(self.app, target, seen, self.facts.absolute(held.source), self.facts)
                return


def folders_of(app: App, links: Sequence[Link]) -> list[str]:
    """Folders, relative to the base, that hold all links of an app and all kind folders; none in another.

    An app without kind folders keeps models anywhere below its base.
    """
    wanted = {parent_of(link.target) for link in links} | set(app.kind_folders)
    if not app.kind_folders:
        wanted.add("")
    tops: list[str] = []
    for folder in sorted(wanted, key=lambda f: (f.count("/") if f else -1, f)):
        if not any(is_below(folder, top) for top in tops):
            tops.append(folder)
    return tops


def _real_parent(target: str, top: _Top) -> str:
    rest = parent_of(target)[len(top.folder) :].strip("/")
    return f"{top.real}/{rest}" if rest else top.real


def _path(target: str, top: _Top) -> str:
    return f"{_real_parent(target, top)}/{target.rpartition('/')[2]}"
