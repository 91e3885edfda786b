"""Models, the public face: search, look closely, rescan."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.search import SearchIndex
from pumas_tui.core.domain import query
from pumas_tui.core.domain.errors import AmbiguousError, DamagedError, NotFoundError
from pumas_tui.core.domain.events import Event, LibraryScanned, MessagePosted
from pumas_tui.core.domain.ids import ModelUid
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.models import LinkRow, ModelDetail, ModelRow, Order, Page, ScanReport
from pumas_tui.core.domain.text import safe
from pumas_tui.core.fs import locks, reading

if TYPE_CHECKING:
    from pumas_tui.core.domain.duplicates import Duplicates

_CHOICES_SHOWN = 10
_BY_RELEVANCE = Order()


class Models:
    """The library's models. Searches run on a read connection of their own."""

    def __init__(
        self,
        paths: LibraryPaths,
        search: SearchIndex,
        index: IndexWriter,
        links_of: Callable[[ModelUid], Iterable[LinkRow]],
        publish: Callable[[Event], None],
    ) -> None:
        self._paths = paths
        self._search = search
        self._index = index
        self._links_of = links_of
        self._publish = publish

    async def search(
        self, text: str, *, order: Order = _BY_RELEVANCE, limit: int = 50, offset: int = 0
    ) -> Page:
        """A page of hits and their total."""
        asked = query.parse(text)
        try:
            await self._search.refresh()  # another process may have put a new index in place
            return await self._search.search(asked, order, limit, offset)
        except DamagedError:
            await asyncio.to_thread(self._mend)
            await self._search.refresh()
            return await self._search.search(asked, order, limit, offset)

    async def position(self, uid: ModelUid, text: str, order: Order) -> int | None:
        """Row number of a model in that result, or None."""
        return await self._search.position(uid, query.parse(text), order)

    async def get(self, ref: str) -> ModelDetail:
        """By model id, uid or unambiguous name prefix. Raises NotFoundError, AmbiguousError, DiskError."""
        found = await self._search.find(ref)
        if not found:
            raise NotFoundError(f'no model is called "{ref}"', hint="pumas-tui list shows all")
        if len(found) > 1:
            ids = tuple(row.model_id for row in found)
            shown = ", ".join(ids[:_CHOICES_SHOWN])
            raise AmbiguousError(f'"{ref}" means {len(ids)} models: {shown}', ids)
        return await asyncio.to_thread(self._detail, found[0])

    def _detail(self, row: ModelRow) -> ModelDetail:
        from pumas_tui.core.domain import metadata as metadata_format  # lists do without the parser
        from pumas_tui.core.flows import mapped_models

        path = self._paths.metadata(row.model_id)
        try:
            meta = metadata_format.parse(reading.read_bounded(path, metadata_format.MAX_BYTES))
        except metadata_format.BadMetadataError as error:
            raise DamagedError(f"{path}: {error}", path=path, hint="mend it, then run scan") from error
        links, folder = tuple(self._links_of(row.uid)), self._paths.model_dir(row.model_id)
        ranges, _ = mapped_models.version_ranges(folder)
        return ModelDetail(replace(row, links=len(links)), meta, folder, links, ranges)

    def _mend(self) -> None:
        from pumas_tui.core.flows import mending

        self._publish(MessagePosted(safe(mending.set_index_aside(self._paths)), "warning"))
        self._rescan(deep=True)

    async def duplicates(self) -> "Duplicates":
        """What the library holds more than once, by recorded SHA-256; names of one inode are one copy."""
        from pumas_tui.core.flows import duplicate_files  # only one verb asks for these

        return await asyncio.to_thread(duplicate_files.find, self._index, self._paths)

    async def rescan(self, *, deep: bool = False) -> ScanReport:
        """Bring the index up to the disk; `deep` rebuilds it. Publishes LibraryScanned."""
        return await asyncio.to_thread(partial(self._rescan, deep=deep))

    def _rescan(self, *, deep: bool) -> ScanReport:
        from pumas_tui.core.flows import indexing  # reads metadata.json; lists do without

        def say(read: int, total: int) -> None:
            self._publish(LibraryScanned(read, total, 0.0, done=False))

        if deep:
            with locks.library_lock(self._paths):
                report = indexing.rescan(self._index, self._paths, deep=True, on_folder=say)
        else:
            report = indexing.rescan(self._index, self._paths, on_folder=say)
        self._publish(LibraryScanned(report.found, report.found, report.seconds, done=True))
        return report
