"""Names that the library has already: what holds one, what is asked about it, and which name is free."""

from typing import Any

from pumas_tui.core.domain import describing, naming
from pumas_tui.core.domain import metadata as metadata_format
from pumas_tui.core.domain.errors import DiskError, RefusedError
from pumas_tui.core.domain.ids import ModelId, Sha256
from pumas_tui.core.domain.import_payload import ImportOrder
from pumas_tui.core.domain.imports import Inspected
from pumas_tui.core.domain.jobs import Need, NeedKind
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.fs import reading, scan


def question(paths: LibraryPaths, order: ImportOrder, inspected: Inspected) -> Need | None:
    """What to ask where another model has the name that this one would get; None where it is free.

    A look without a lock: a name that is taken only later gets a suffix at the commit. Raises DiskError.
    """
    wanted = describing.chosen_model_id(order.candidate.name, inspected.identity, order.choices)
    parent, _, name = wanted.rpartition("/")
    folder = f"{paths.models}/{parent}"
    holder = next((n for n in scan.names(folder) if naming.same_name(n, name)), None)
    if holder is None or _is_claim(f"{folder}/{holder}"):
        return None
    new = {
        "name": order.candidate.name,
        "size_bytes": order.candidate.size_bytes,
        "precision": inspected.identity.precision,
        "quantization": inspected.identity.quantization,
    }
    facts = {"model_id": wanted, "new": new, "there": _there(paths, ModelId(f"{parent}/{holder}"))}
    return Need(NeedKind.NAME_TAKEN, ("rename", "refuse"), facts)


def _is_claim(path: str) -> bool:
    """An empty folder is no model: it is a name that somebody is about to take, or was when a crash came."""
    return reading.is_folder(path) and not reading.names(path)


def _there(paths: LibraryPaths, model_id: ModelId) -> dict[str, Any]:
    """What is known of a model; only its id where its metadata cannot be read."""
    try:
        meta = metadata_format.parse(scan.read_bounded(paths.metadata(model_id), metadata_format.MAX_BYTES))
    except (DiskError, metadata_format.BadMetadataError):
        return {"model_id": model_id}
    return {
        "model_id": model_id,
        "name": meta.official_name,
        "size_bytes": meta.size_bytes,
        "precision": meta.precision,
        "quantization": meta.quantization,
    }


def free_model_id(paths: LibraryPaths, wanted: ModelId, sha256: Sha256) -> ModelId:
    """The id, or with 4, 8, … digits of the hash where other content has it (without regard to case).

    Ask under the library lock. Raises RefusedError, DiskError.
    """
    parent, _, name = wanted.rpartition("/")
    folder = f"{paths.models}/{parent}"
    taken = {naming.fold(n) for n in scan.names(folder) if n != name or not _is_claim(f"{folder}/{n}")}
    for tried in (name, *(naming.with_hash(name, sha256, digits) for digits in (4, 8, 16, 64))):
        if naming.fold(tried) not in taken:
            return ModelId(f"{parent}/{tried}")
    raise RefusedError(f"{wanted} and its hashed names are taken", path=paths.model_dir(wanted))
