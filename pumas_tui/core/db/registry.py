"""What registry.db knows of apps, links, places and answers. Jobs and journal have their own stores."""

import json
import os
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pumas_tui.core.db import apps, bases, links, verified
from pumas_tui.core.db.registry_schema import open_registry, to_json
from pumas_tui.core.db.revision import next_rev
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.errors import NotFoundError
from pumas_tui.core.domain.ids import AppUid, ModelUid
from pumas_tui.core.domain.links import Link
from pumas_tui.core.domain.models import LinkRow
from pumas_tui.core.domain.verification import Begun, FileKey, Sums, Verified


@dataclass(frozen=True, slots=True)
class Abilities:
    """Which links a place can hold, found out by making one. `disk`: (file-system type, source) it was on."""

    disk: tuple[str, ...]
    symbolic_links: bool
    hard_links: bool


class Registry:
    """Apps, links, abilities, drafts and bases. Sync, usable from any thread.

    Link rows are written by `Journal.mark_group`, together with the steps that make them true; by such steps
    apps are forgotten too.
    """

    def __init__(self, path: str, root: str) -> None:
        """Open registry.db, creating it; `root` is the library's real root, to which paths below it are
        relative. Raises NewerLibraryError, DamagedError, DiskError, BusyError."""
        self._db = open_registry(path)
        self._root = root

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def apps(self) -> list[App]:
        """All registered apps, by name."""
        with self._db.read() as conn:
            return apps.select(conn, self._root)

    def app(self, uid: AppUid) -> App:
        """One app. Raises NotFoundError."""
        with self._db.read() as conn:
            found = apps.select(conn, self._root, uid)
        if not found:
            raise NotFoundError(f"no app {uid}")
        return found[0]

    def put_app(self, app: App) -> None:
        """Write an app, new or changed."""
        with self._db.write() as conn:
            apps.put(conn, self._root, app)

    def links(
        self, app_uid: AppUid | None = None, model_uids: Collection[ModelUid] | None = None
    ) -> list[Link]:
        """Links of an app or of all, of these models or of all, by app and target."""
        with self._db.read() as conn:
            return links.select(conn, app_uid, model_uids)

    def count_links(self) -> dict[AppUid, int]:
        """Links on record of each app that has any."""
        with self._db.read() as conn:
            return links.counts(conn)

    def links_of(self, uid: ModelUid) -> list[LinkRow]:
        """Links of one model as its details show them, by app and place."""
        with self._db.read() as conn:
            return links.shown(conn, uid)

    def abilities(self, name: str) -> Abilities | None:
        """What was found out about a place, if it was ever tried."""
        with self._db.read() as conn:
            row = conn.execute(
                "SELECT disk, symbolic_links, hard_links FROM abilities WHERE name = ?", (name,)
            ).fetchone()
        return None if row is None else Abilities(tuple(json.loads(row[0])), bool(row[1]), bool(row[2]))

    def remember_abilities(self, name: str, found: Abilities) -> None:
        """Keep what was found out about a place."""
        with self._db.write() as conn:
            conn.execute(
                "INSERT OR REPLACE INTO abilities VALUES (?, ?, ?, ?, ?)",
                (name, to_json(found.disk), found.symbolic_links, found.hard_links, time.time()),
            )

    def drafts(self, plan_key: str) -> dict[str, Any]:
        """Answers given and not applied yet: target to a JSON value, as `keep_drafts` took them."""
        with self._db.read() as conn:
            rows = conn.execute(
                "SELECT target, answer FROM drafts WHERE plan_key = ?", (plan_key,)
            ).fetchall()
        return {os.fsdecode(target): json.loads(answer) for target, answer in rows}

    def keep_drafts(self, plan_key: str, answers: Mapping[str, Any]) -> None:
        """Keep these answers (target to a JSON value) in place of all that were kept under this key."""
        with self._db.write() as conn:
            next_rev(conn)
            conn.execute("DELETE FROM drafts WHERE plan_key = ?", (plan_key,))
            conn.executemany(
                "INSERT INTO drafts VALUES (?, ?, ?)",
                [(plan_key, os.fsencode(target), to_json(answer)) for target, answer in answers.items()],
            )

    def drop_drafts(self, plan_key: str, targets: Iterable[str]) -> None:
        """Forget the answers kept under this key for these targets; those for others stay."""
        gone = self.drafts(plan_key).keys() & set(targets)
        if not gone:
            return
        with self._db.write() as conn:
            next_rev(conn)
            conn.executemany(
                "DELETE FROM drafts WHERE plan_key = ? AND target = ?",
                [(plan_key, os.fsencode(target)) for target in gone],
            )

    def bases(self) -> dict[str, str]:
        """Places as they were last seen: `root`, `models` or an app's uid, to an absolute path."""
        with self._db.read() as conn:
            return bases.select(conn)

    def remember_base(self, name: str, path: str) -> None:
        """A place was seen here."""
        with self._db.write() as conn:
            bases.put(conn, name, path)

    def forget_base(self, name: str) -> None:
        """A place does not matter any more."""
        with self._db.write() as conn:
            bases.remove(conn, name)

    def verified(self) -> dict[FileKey, Verified]:
        """What the last reading of each file told."""
        with self._db.read() as conn:
            return verified.select(conn)

    def block_sums(self, key: FileKey) -> Sums | None:
        """The sums of a file's blocks when it was last read and found right."""
        with self._db.read() as conn:
            return verified.sums(conn, key)

    def begun_readings(self) -> dict[FileKey, Begun]:
        """How far readings came that did not come to their end."""
        with self._db.read() as conn:
            return verified.begun(conn)

    def keep_verified(
        self, read: Iterable[Verified], sums: Mapping[FileKey, Sums], begun: Mapping[FileKey, Begun]
    ) -> None:
        """Readings of files, each in place of the one before, and how far others have come."""
        with self._db.write() as conn:
            verified.put(conn, read)
            verified.put_sums(conn, sums)
            verified.put_begun(conn, begun)
