"""A driver for the fault sweeps: stages one source and publishes it as a model, with the disk modules only.

    drive_staging.py ROOT SOURCE

Exit code 0 when the model is in place, 1 when it said an error and gave its space back.
"""

import json
import sys
import threading
from collections.abc import Sequence

from pumas_tui.core.domain.errors import PumasError
from pumas_tui.core.domain.ids import ModelId, ModelUid, new_operation_id
from pumas_tui.core.domain.layout import METADATA, LibraryPaths
from pumas_tui.core.fs import copying, marker, ops, scan, staging

UID = ModelUid("6c1f0e8e-7f0e-4e0c-9d0e-3a1b2c3d4e5f")
MODEL = ModelId("llm/llama/driven")
FILE = "sub/model.bin"


def main(args: Sequence[str]) -> int:
    root, source = args
    try:
        _import(LibraryPaths(root), source)
    except PumasError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


def _import(paths: LibraryPaths, source: str) -> None:
    with marker.opened(paths.models):
        if scan.is_there(paths.metadata(MODEL)):
            return
        entry = scan.entry(source)
        manifest = staging.new_manifest(new_operation_id(), "copy", {FILE: entry}, UID)
        staged = staging.begin(paths, manifest)
        try:
            ops.make_dirs(staged.dir, "sub")
            copied = copying.copy_hashed(
                source,
                f"{staged.dir}/{FILE}",
                expect=entry,
                cancel=threading.Event(),
                on_bytes=lambda done: None,
            )
            metadata = {"uid": UID, "sha256": copied.sha256}
            ops.write_new_file(f"{staged.dir}/{METADATA}", json.dumps(metadata).encode())
            staging.commit(staged, paths.model_dir(MODEL))
        except BaseException:
            staged.discard()
            raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
