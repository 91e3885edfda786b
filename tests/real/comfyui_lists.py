"""What a ComfyUI checkout itself lists: `python tests/real/comfyui_lists.py CHECKOUT BASE` prints JSON.

Runs ComfyUI's own `folder_paths` with BASE as its base directory: kind -> names in the drop-down, and the
folders that each kind is read from, those of BASE's extra_model_paths.yaml included. Of ComfyUI's
dependencies it needs a YAML reader only.
"""

import importlib
import json
import sys
from pathlib import Path


def main(checkout: str, base: str) -> None:
    """Print the lists."""
    sys.path.insert(0, checkout)
    sys.argv = ["main.py", "--base-directory", base]
    importlib.import_module("comfy.options").enable_args_parsing()
    folder_paths = importlib.import_module("folder_paths")
    extra = Path(base, "extra_model_paths.yaml")
    if extra.is_file():
        importlib.import_module("utils.extra_config").load_extra_path_config(str(extra))
    kinds = [kind for kind in folder_paths.folder_names_and_paths if kind not in ("custom_nodes", "configs")]
    told = {
        kind: {
            "folders": folder_paths.folder_names_and_paths[kind][0],
            "names": folder_paths.get_filename_list(kind),
            "paths": [
                folder_paths.get_full_path(kind, name) for name in folder_paths.get_filename_list(kind)
            ],
        }
        for kind in kinds
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
