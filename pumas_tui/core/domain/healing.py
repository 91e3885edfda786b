"""Links on record against what stands at their places: right, wrong with a repair, or impossible to tell.

A link of ours is one that says what the registry says it was made to say. All else at its place is the
user's: then only the record can go. What cannot be looked at is told, and nothing is concluded from it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pumas_tui.core.domain import fingerprints, planner_links
from pumas_tui.core.domain.app_ground import is_plain
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.findings import Finding, FindingKind, Severity, finding
from pumas_tui.core.domain.ids import ModelId
from pumas_tui.core.domain.library_facts import ID_PARTS, Found, LibraryFacts, Presence, Seen, Source, find
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.domain.repairs import Repair, RepairKind


def judge(app: App, link: Link, seen: Seen, facts: LibraryFacts) -> Finding | Trouble | None:
    """What is wrong with a link on record: None for nothing, a Trouble where it could not be found out."""
    if seen.problem or not is_plain(link.source):
        why = seen.problem or f"{link.source} is no path in the library"
        return Trouble("not_checked", f"{seen.path}: {why}", seen.path)
    judged = _Judge(app, link, seen, facts)
    kind = fingerprints.kind_of(seen.fingerprint)
    if kind == "absent":
        return judged.gone()
    if link.kind is LinkKind.HARD and kind == "file":
        return judged.hard()
    if link.kind is not LinkKind.HARD and kind == "link":
        return judged.symbolic()
    return judged.replaced(fingerprints.described(seen.fingerprint))


class _Judge:
    """One link, and the words and repairs for it."""

    def __init__(self, app: App, link: Link, seen: Seen, facts: LibraryFacts) -> None:
        self._app = app
        self._link = link
        self._seen = seen
        self._facts = facts

    def gone(self) -> Finding | Trouble:
        """Nothing stands at the place: it is made again if there is something to lead to."""
        source = self._facts.source(self._link.source)
        forget = self._forget()
        if source.presence is Presence.UNKNOWN:
            return self._unknown()
        if source.presence is Presence.HERE:
            remake = self._remake(self._link, "make the link again", source, proven=True)
        else:
            found = find(self._link, None, self._facts)
            if found is None:
                return self._broken("link and file are both gone", repair=forget)
            row = self._following(found)
            words = f"make the link again, to {found.source}"
            remake = self._remake(row, words, self._facts.source(found.source), proven=found.proven)
        if self._link.origin == "adopted":  # it was the user's own, and so was taking it away
            return self._broken("the link is gone", repair=forget, instead=remake)
        return self._broken("the link is gone", repair=remake, instead=forget)

    def hard(self) -> Finding | Trouble | None:
        """A file stands at the place of a hard link."""
        source = self._facts.source(self._link.source)
        if source.presence is Presence.UNKNOWN:
            return self._unknown()
        if source.presence is Presence.HERE:
            return None if source.place == self._seen.place else self.replaced("a file")
        found = find(self._link, self._seen.place, self._facts)
        if found is not None and self._facts.source(found.source).place == self._seen.place:
            return self._broken("the file has another name in the library", repair=self._record(found))
        return self._last_copy()

    def symbolic(self) -> Finding | Trouble | None:
        """A symbolic link stands at the place of one."""
        seen, link, facts = self._seen, self._link, self._facts
        leads = fingerprints.leads_to(seen.path, seen.fingerprint)
        if seen.alive is None:
            return self._unknown()
        if leads == facts.absolute(link.source):
            return None if seen.alive else self._dead()
        if not seen.alive and any(leads == f"{base}/{link.source}" for base in facts.former):
            return self._dead()
        found = find(link, None, facts) if seen.alive else None
        if found is not None and leads == facts.absolute(found.source) and found.proven:
            return self._broken("the record names the old place", repair=self._record(found))
        return self.replaced(fingerprints.described(seen.fingerprint))

    def _dead(self) -> Finding | Trouble:
        """Our own link leads nowhere."""
        source = self._facts.source(self._link.source)
        leads = fingerprints.leads_to(self._seen.path, self._seen.fingerprint) or ""
        if source.presence is Presence.UNKNOWN:
            return self._unknown()
        if source.presence is Presence.HERE:
            if leads == self._facts.absolute(self._link.source):
                return self._unknown()  # it came back, or the library is not where its path says just now
            held = self._facts.with_hash(self._link.sha256) if self._link.sha256 else ()
            proven = not self._link.sha256 or any(one.source == self._link.source for one in held)
            link = self._link
            found = Found(link.source, link.sha256, link.model_uid, "the library has moved", proven)
        else:
            sought = find(self._link, None, self._facts)
            if sought is None:
                remove, forget = self._remove(), self._forget()
                if self._link.origin == "adopted":
                    remove, forget = forget, remove
                return self._broken(
                    "leads nowhere", f"no such file: {leads}", "found nowhere in the library",
                    repair=remove, instead=forget,
                )  # fmt: skip
            found = sought
        why = (f"no such file: {leads}", f"found: {self._facts.absolute(found.source)}, {found.how}")
        return self._broken("leads nowhere", *why, repair=self._repoint(found), instead=self._remove())

    def replaced(self, by: str) -> Finding:
        """Something that we did not make stands there: it stays, whatever becomes of the record."""
        forget = self._forget()
        words = f"{by} is there now, which was not made here"
        return self._broken(words, repair=forget, severity=Severity.WARNING)

    def _last_copy(self) -> Finding:
        link, path = self._link, self._facts.absolute(self._link.source)
        does = f"give {link.source} back its name in the library"
        back = Repair(
            RepairKind.LINK_BACK,
            does,
            safe=False,
            path=path,
            source=self._seen.path,
            inode=fingerprints.inode(self._seen.fingerprint) or 0,
            folders=_missing(link.source, self._facts),
        )
        message = f"{self._where}: {link.source} is gone from the library; this may be all that is left of it"
        evidence = (f"no such file: {path}", "a hard link: the file itself, under its name in the app")
        return self._finding(FindingKind.LAST_COPY, message, evidence, repair=back)

    def _unknown(self) -> Trouble:
        return Trouble("not_checked", f"{self._where}: could not find out where it leads", self._seen.path)

    @property
    def _where(self) -> str:
        return f"{self._app.name} {self._link.target}"

    def _broken(self, words: str, *evidence: str, **more: Any) -> Finding:
        return self._finding(FindingKind.BROKEN_LINK, f"{self._where}: {words}", evidence, **more)

    def _finding(self, kind: FindingKind, message: str, evidence: Sequence[str], **more: Any) -> Finding:
        return finding(
            kind,
            message,
            self._seen.path,
            app=self._app.name,
            app_uid=self._app.uid,
            model_uid=self._link.model_uid,
            model_id=ModelId("/".join(self._link.source.split("/")[:ID_PARTS])),
            evidence=tuple(evidence),
            **more,
        )

    def _following(self, found: Found) -> Link:
        return replace(self._link, source=found.source, sha256=found.sha256, model_uid=found.model_uid)

    def _text(self, row: Link) -> str:
        parent = self._seen.path.rpartition("/")[0]
        return planner_links.text_for(row.kind, parent, self._facts.absolute(row.source))

    def _repair(self, kind: RepairKind, does: str, *, safe: bool, **more: Any) -> Repair:
        seen = self._seen
        return Repair(
            kind, does, safe, seen.path, seen.fingerprint, was=self._link, app_uid=self._app.uid, **more
        )

    def _repoint(self, found: Found) -> Repair:
        row = self._following(found)
        source = self._facts.absolute(row.source)
        does = f"point the link at {row.source}"
        return self._repair(
            RepairKind.REPOINT, does, safe=found.proven, row=row, text=self._text(row), source=source
        )

    def _record(self, found: Found) -> Repair:
        does = f"note that it leads to {found.source}"
        row = self._following(found)
        return self._repair(
            RepairKind.REPOINT, does, safe=True, row=row, source=self._facts.absolute(row.source)
        )

    def _remake(self, row: Link, does: str, source: Source, *, proven: bool) -> Repair:
        more: dict[str, Any] = {
            "row": row, "source": self._facts.absolute(row.source), "folders": self._seen.missing
        }  # fmt: skip
        if row.kind is LinkKind.HARD:
            more["inode"] = source.place[1] if source.place is not None else 0
        else:
            more["text"] = self._text(row)
        return self._repair(RepairKind.REMAKE, does, safe=proven, **more)

    def _remove(self) -> Repair:
        return self._repair(RepairKind.REMOVE, "remove the link", safe=False)

    def _forget(self) -> Repair:
        return self._repair(RepairKind.FORGET, "forget the record, leave what is there", safe=False)


def _missing(source: str, facts: LibraryFacts) -> tuple[str, ...]:
    """Folders of the library that a source would need, outer ones first, absolute."""
    parts = source.split("/")[:-1]
    above = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    return tuple(facts.absolute(f) for f in above if facts.source(f).presence is Presence.GONE)
