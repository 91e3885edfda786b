"""On the stage: a repository of which the library has a part already, and tensors that are compared."""

from pumas_tui.core.domain.downloads import models_of, with_holdings
from pumas_tui.core.domain.holdings import HeldFile
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.same_tensors import HeaderChange, TensorAnswer, TensorVerdict
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.tui.modals.hub import DownloadDialog, HubFilesDialog
from pumas_tui.tui.modals.tensors import TensorsDialog
from pumas_tui.tui.presenters import tensors as present

_FILES = (
    HubFile("README.md", 4_321),
    HubFile("qwen2.5-7b-instruct-q4_k_m.gguf", 4_683_073_952, "9f" * 32),
    HubFile("qwen2.5-7b-instruct-q8_0-00001-of-00002.gguf", 4_098_525_088, "8f" * 32),
    HubFile("qwen2.5-7b-instruct-q8_0-00002-of-00002.gguf", 4_000_000_000, "7f" * 32),
)
_QWEN = HubModel("Qwen/Qwen2.5-7B-Instruct-GGUF", license="apache-2.0", files=_FILES)
_MODEL = ModelId("llm/qwen/qwen2.5-7b-instruct-q4_k_m")
_HELD = {
    file.path: (HeldFile(file.path, _MODEL, ModelUid("u"), file.path, file.size or 0),)
    for file in _FILES[1:3]
}
_VISION = Compared(
    HubModel("SG161222/Realistic_Vision_V6.0_B1_noVAE"),
    HubFile("Realistic_Vision_V6.0_NV_B1.safetensors", 2_132_625_894, "6e" * 32),
    0.94,
    True,
    False,
    False,
    True,
    Trust.MODIFIED,
)


def _download(*files: HubFile) -> DownloadDialog:
    return DownloadDialog(_QWEN.repo_id, [with_holdings(one, _HELD) for one in models_of(_QWEN, files)])


def files() -> HubFilesDialog:
    return HubFilesDialog(_QWEN, _HELD)


def partly() -> DownloadDialog:
    return _download(*_FILES)


def all_here() -> DownloadDialog:
    return _download(_FILES[1])


def fetching() -> TensorsDialog:
    return TensorsDialog(_VISION)


def reading() -> TensorsDialog:
    shown = fetching()
    shown.advanced(640_000_000, 2_132_400_000)
    return shown


def compared() -> TensorsDialog:
    shown = fetching()
    change = HeaderChange(("modelspec.title", "ss_tag_frequency"), (), ("format\x1b[31m",))
    file = _VISION.file
    path = file.path if file is not None else ""
    shown.show(present.answer(TensorAnswer(TensorVerdict.SAME_BYTES, _VISION.repo_id, path, change)))
    return shown


HELD_DIALOGS = (
    ("hub-files-here", files),
    ("hub-partly-here", partly),
    ("hub-all-here", all_here),
    ("tensors-fetching", fetching),
    ("tensors-reading", reading),
    ("tensors-same", compared),
)
