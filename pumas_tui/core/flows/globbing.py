"""Globs among sources: each is looked up once, so that it can be counted before anything of it is taken."""

from collections.abc import Sequence
from dataclasses import replace

from pumas_tui.core.domain import globs
from pumas_tui.core.domain.errors import DiskError, Trouble, trouble
from pumas_tui.core.domain.files import PastedSource
from pumas_tui.core.domain.imports import GlobCount
from pumas_tui.core.flows.inspecting import may_be_there
from pumas_tui.core.fs.folders import names_with_slashes


class Globs:
    """What globs of one text stand for. Sync, for one thread."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, ...]] = {}
        self.troubles: list[Trouble] = []
        """Folders that could not be listed."""

    def may_be_there(self, path: str) -> bool:
        """A path is there, or is a glob that stands for something that is."""
        return may_be_there(path) or bool(globs.is_glob(path) and self._matching(path))

    def _matching(self, path: str) -> tuple[str, ...]:
        if path not in self._found:
            try:
                names = names_with_slashes(path.rpartition("/")[0] or ("/" if path.startswith("/") else "."))
            except DiskError as error:
                self.troubles.append(trouble(error))
                names = ()
            self._found[path] = globs.matching(path, names)
        return self._found[path]

    def expanded(
        self, sources: Sequence[PastedSource]
    ) -> tuple[tuple[PastedSource, ...], tuple[GlobCount, ...]]:
        """The sources with what each glob stands for in its place, each path once; and the globs' numbers."""
        out: dict[str, PastedSource] = {}
        counts = []
        for source in sources:
            paths = self._found.get(source.path, ()) if not may_be_there(source.path) else ()
            if paths:
                counts.append(GlobCount(source.path, len(paths)))
            for path in paths or (source.path,):
                out.setdefault(path, replace(source, path=path))
        return tuple(out.values()), tuple(counts)
