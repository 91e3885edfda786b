"""What the Hub says on the stage: candidates of a model, repositories, files; a network that is gone."""

import time
from dataclasses import replace

from textual.widgets import Input

from pumas_tui.core.domain.downloads import models_of
from pumas_tui.core.domain.enriching import FieldChange
from pumas_tui.core.domain.errors import OfflineError, RateLimitedError
from pumas_tui.core.domain.hub_values import HubFile, HubModel, HubPage
from pumas_tui.core.domain.identification import Identification
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.matching import Compared
from pumas_tui.core.domain.models import ModelDetail, ModelRow
from pumas_tui.core.domain.network_state import NetworkState, NetworkStatus
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.tui import messages
from pumas_tui.tui.modals.arrived import ArrivedDialog
from pumas_tui.tui.modals.hub import DownloadDialog, HubFilesDialog
from pumas_tui.tui.modals.hub_search import HubSearchPage
from pumas_tui.tui.modals.lookup import LookupDialog
from tests.support.stage import Made, Shot, made_metadata, on_stage, until

NOON = 1_795_348_800.0
_VISION = Made("realisticVisionV60B1_v51", "diffusion", "checkpoints", 2_132_625_894, Trust.LOW, "sd-1.5")
_FACTS = {
    "official_name": ("realisticVisionV60B1_v51", "Modified version of Realistic Vision V6.0 B1 noVAE"),
    "family": ("unknown", "stable-diffusion"),
    "base_model": ("", "stable-diffusion-v1-5"),
    "tags": ([], ["realistic", "photo"]),
    "license": ("", "creativeml-openrail-m"),
    "repo_id": ("", "SG161222/Realistic_Vision_V6.0_B1_noVAE"),
    "model_card": ("", "https://huggingface.co/SG161222/Realistic_Vision_V6.0_B1_noVAE"),
}
QWEN = HubModel(
    "Qwen/Qwen2.5-7B-Instruct-GGUF",
    downloads=1_204_332,
    pipeline="text-generation",
    license="apache-2.0",
    base_model="Qwen/Qwen2.5-7B-Instruct",
    modified_at="2026-09-20T12:00:00Z",
    files=(
        HubFile("README.md", 4_321),
        HubFile("qwen2.5-7b-instruct-q4_k_m.gguf", 4_683_073_952, "9f" * 32),
        HubFile("qwen2.5-7b-instruct-q8_0-00001-of-00002.gguf", 4_098_525_088, "8f" * 32),
        HubFile("qwen2.5-7b-instruct-q8_0-00002-of-00002.gguf", 4_000_000_000, "7f" * 32),
    ),
)


def vision() -> ModelDetail:
    """A model whose name alone tells little."""
    meta = made_metadata(_VISION, 22, "diffusion/sd-1.5/realisticvisionv60b1_v51")
    row = ModelRow(
        ModelUid(meta.uid),
        ModelId(meta.model_id),
        _VISION.name,
        _VISION.kind,
        _VISION.subtype,
        _VISION.family,
        meta.model_format,
        _VISION.size,
        1,
        _VISION.trust,
        meta.security_tier,
        False,
        meta.hashes.sha256,
        NOON,
    )
    return ModelDetail(row, meta, "/data/models/x")


def _changes(_: Compared) -> list[FieldChange]:
    return [FieldChange(name, now, after) for name, (now, after) in _FACTS.items()]


def _candidate(repo: str, file: str, size: bool, score: float, trust: Trust) -> Compared:
    return Compared(HubModel(repo), HubFile(file, 1), score, False, size, False, True, trust)


def _found() -> Identification:
    return Identification(
        _VISION.name,
        Trust.MODIFIED,
        (
            _candidate(
                "SG161222/Realistic_Vision_V6.0_B1_noVAE",
                "Realistic_Vision_V6.0_NV_B1.safetensors",
                True,
                0.94,
                Trust.MODIFIED,
            ),
            _candidate(
                "SG161222/Realistic_Vision_V5.1_noVAE",
                "Realistic_Vision_V5.1_fp16-no-ema.safetensors",
                False,
                0.81,
                Trust.LOW,
            ),
            _candidate("Lykon/dreamshaper-8", "DreamShaper_8_pruned.safetensors", True, 0.22, Trust.LOW),
        ),
        evidence=(
            "stable-diffusion, checkpoints, fp16",
            'searched for "realistic vision": 3 repositories',
            "SG161222/Realistic_Vision_V6.0_B1_noVAE: name 94%, size equal (2.1 GB), SHA-256 differs",
        ),
        asked_at=NOON,
        took_s=0.9,
    )


def _lookup(
    answer: Identification | None, state: NetworkState, kept: Identification | None = None
) -> LookupDialog:
    stands = LookupDialog(
        vision(),
        _changes,
        lambda: state,
        waiting=6,
        more=True,
        clock=time.monotonic if answer is not None else _stopped,
        now=lambda: NOON,
    )
    if answer is not None:
        stands.show(answer, kept)
    return stands


def _stopped() -> float:
    """A clock, so that what counts seconds is always the same."""
    return 0.0


ONLINE = NetworkState(NetworkStatus.ONLINE)


def candidates() -> LookupDialog:
    return _lookup(_found(), ONLINE)


def asking() -> LookupDialog:
    return _lookup(None, ONLINE)


def asking_on() -> LookupDialog:
    """One list of files has come."""
    stands = _lookup(None, ONLINE)
    stands.found(_found().candidates[1:2])
    return stands


def no_hit() -> LookupDialog:
    return _lookup(Identification(_VISION.name, Trust.NONE, asked_at=NOON), ONLINE)


def _pending(state: NetworkState) -> LookupDialog:
    waits = Identification(_VISION.name, Trust.PENDING, reason="no answer", retry_at=state.retry_at)
    return _lookup(waits, state, replace(_found(), asked_at=NOON - 2 * 86_400, stale=True))


def offline() -> LookupDialog:
    return _pending(NetworkState(NetworkStatus.OFFLINE, NOON - 250, NOON + 42))


def limited() -> LookupDialog:
    return _pending(NetworkState(NetworkStatus.RATE_LIMITED, None, NOON + 130))


_OTHERS = (
    HubModel("bartowski/Qwen2.5-7B-Instruct-GGUF", downloads=98_112, license="apache-2.0"),
    HubModel("someone/qwen2.5-7b-roleplay-\x1b[31mred", downloads=12, gated=True),
)
_WORDS = "qwen2.5 7b"
_PAGE = HubPage(_WORDS, (QWEN, *_OTHERS), NOON - 2 * 86_400, stale=True, more="more")


async def _searching(pilot: Shot) -> tuple[HubSearchPage, int]:
    """The page with words in its box, before any answer."""
    app = on_stage(pilot)
    assert app.library is not None
    page = HubSearchPage(app.place, app.library, clock=_stopped, now=lambda: NOON)
    await app.place.show_over(page)
    with page.prevent(Input.Changed):
        page.box.value = _WORDS
    await pilot.pause()
    return page, page.begin(_WORDS)


async def repositories(pilot: Shot) -> None:
    """What is kept, while somebody types."""
    page, number = await _searching(pilot)
    page.show(number, _PAGE)
    await until(pilot, "bartowski")


async def new_results(pilot: Shot) -> None:
    """What the Hub says now, after what was kept, and an answer to another question."""
    page, number = await _searching(pilot)
    page.show(number, _PAGE)
    page.show(number - 1, HubPage("qwen2", (HubModel("late/qwen2"),), NOON))
    page.show(number, HubPage(_WORDS, (HubModel("new/qwen2.5-7b"), QWEN), NOON))
    page.rows.focus()
    await until(pilot, "press r")


async def hub_offline(pilot: Shot) -> None:
    """Nobody answers, and something is kept."""
    page, number = await _searching(pilot)
    page.show(number, _PAGE)
    page.fail(number, OfflineError("calls failed just before", retry_at=NOON + 42), by_user=False)
    await until(pilot, "What is kept is shown")


async def hub_scarce(pilot: Shot) -> None:
    """Few calls are left, and nothing is kept."""
    page, number = await _searching(pilot)
    page.fail(number, RateLimitedError("no more calls", retry_at=NOON + 130), by_user=False)
    await until(pilot, "Few calls")


def files() -> HubFilesDialog:
    return HubFilesDialog(QWEN)


def download() -> DownloadDialog:
    return DownloadDialog(QWEN.repo_id, models_of(QWEN, QWEN.files))


def d19() -> ArrivedDialog:
    badges = [Trust.VERIFIED] * 4 + [Trust.HIGH, Trust.LOW]
    return ArrivedDialog([(ModelUid(str(n)), trust) for n, trust in enumerate(badges)], 2, 5)


HUB_DIALOGS = (
    ("hf", candidates),
    ("hf-asking", asking),
    ("hf-asking-on", asking_on),
    ("hf-none", no_hit),
    ("hf-off", offline),
    ("hf-lim", limited),
    ("hub-files", files),
    ("hub-download", download),
    ("D19", d19),
)
HUB_PAGES = (
    ("hub-found", repositories),
    ("hub-new", new_results),
    ("hub-off", hub_offline),
    ("hub-scarce", hub_scarce),
)


async def network_gone(pilot: Shot) -> None:
    """Calls have failed for four minutes and a half."""
    app = on_stage(pilot)
    app.post_message(messages.NetworkChanged(NetworkState(NetworkStatus.OFFLINE, time.time() - 270)))
    await until(pilot, "offline 4")
