"""Files of a repository that the library has already: in which model each is, and under which name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pumas_tui.core.domain.ids import ModelId, ModelUid


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file of the library with the content of one on the Hub. `path` is its name there, `name` its name in
    the model's folder, `size` in bytes."""

    path: str
    model_id: ModelId
    uid: ModelUid
    name: str
    size: int


Holdings: TypeAlias = Mapping[str, tuple[HeldFile, ...]]
"""By path in the repository: every model that has the file; paths of files that none has are left out."""
