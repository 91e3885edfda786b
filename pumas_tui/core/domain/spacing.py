"""Space: what could go, with sums. Nothing here goes by itself."""

from dataclasses import dataclass

from pumas_tui.core.domain.duplicates import Spare
from pumas_tui.core.domain.history import TrashItem
from pumas_tui.core.domain.ids import ModelId, ModelUid


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A model that no app uses. `frees_bytes`: what its files take that have no other name."""

    model_id: ModelId
    uid: ModelUid
    frees_bytes: int


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Something that a stopped operation left. `reason` says why it is still there."""

    path: str
    size_bytes: int
    reason: str


@dataclass(frozen=True, slots=True)
class SpaceReport:
    """What could go: the largest first in each group. Bytes; `used_bytes` are those of all models."""

    used_bytes: int
    free_bytes: int
    total_bytes: int
    spare: tuple[Spare, ...]
    unlinked: tuple[Unlinked, ...]
    trash: tuple[TrashItem, ...]
    leftovers: tuple[LeftBehind, ...]

    @property
    def spare_bytes(self) -> int:
        """What models take whose content another model has too."""
        return sum(one.frees_bytes for one in self.spare)

    @property
    def unlinked_bytes(self) -> int:
        """What models take that no app uses."""
        return sum(one.frees_bytes for one in self.unlinked)

    @property
    def trash_bytes(self) -> int:
        """What emptying the trash would free: what has other names frees nothing."""
        return sum(one.size_bytes for one in self.trash if one.names <= 1)

    @property
    def leftover_bytes(self) -> int:
        """What stopped operations left."""
        return sum(one.size_bytes for one in self.leftovers)
