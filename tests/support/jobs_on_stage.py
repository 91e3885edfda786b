"""Jobs of an evening with much to import, of all states. Progress ends now, so that paces are the same."""

import time
from collections.abc import Sequence
from typing import Any

from pumas_tui.core.domain.jobs import JobsState, JobState, JobView, Need, NeedKind, Progress, Stage, reduce
from pumas_tui.tui.app import PumasApp
from tests.support.imports import job

GB = 10**9
NOON = 1_795_262_400.0
"""2026-11-21 12:00 UTC."""

FACTS: dict[NeedKind, dict[str, Any]] = {
    NeedKind.PICKLE: {"name": "dreamshaper_8", "sources": ["/mnt/nas/in/dreamshaper_8.ckpt"]},
    NeedKind.MISSING_PART: {
        "name": "flux1-dev",
        "missing": [2],
        "present": 3,
        "total": 4,
        "folder": "/mnt/nas/in",
    },
    NeedKind.DUPLICATE: {
        "name": "realisticVision",
        "model_id": "diffusion/sd/realistic-vision-v5",
        "sha256": "15012c" + "0" * 58,
        "size_bytes": 2_132_625_894,
    },
    NeedKind.NAME_TAKEN: {
        "model_id": "llm/qwen/qwen2.5-7b-instruct",
        "there": {
            "model_id": "llm/qwen/qwen2.5-7b-instruct",
            "name": "Qwen2.5-7B-Instruct",
            "size_bytes": 4_683_073_952,
            "precision": "",
            "quantization": "Q4_K_M",
        },
        "new": {
            "name": "qwen2.5-7b-instruct",
            "size_bytes": 8_098_525_088,
            "precision": "",
            "quantization": "Q8_0",
        },
    },
}
_CHOICES = {
    NeedKind.PICKLE: ("accept", "refuse"),
    NeedKind.MISSING_PART: ("import", "refuse"),
    NeedKind.DUPLICATE: ("skip", "import", "refuse"),
}


def put(app: PumasApp, views: Sequence[JobView]) -> None:
    """Tell the program of these jobs, as if they had come from the registry."""
    app.bridge.know(tuple(views))
    app.bridge.state = JobsState({view.job.id: view for view in views})
    app.bridge.flush()


def _asks(number: int, name: str, kind: NeedKind, size: int, **row: Any) -> JobView:
    need = Need(kind, _CHOICES[kind], FACTS[kind])
    return JobView(job(number, name, JobState.NEEDS_YOU, size=size, needs=(need,), **row))


def _runs(number: int, name: str, size: int, stage: Stage, part: float, rate: float, **row: Any) -> JobView:
    now, done = time.time(), int(size * part)
    view = JobView(job(number, name, JobState.RUNNING, size=size, started_at=NOON + number, **row))
    state = JobsState({view.job.id: view})
    for at, moved in ((now - 60, done - int(rate * 60)), (now, done)):
        state = reduce(state, None, Progress(view.job.id, stage, moved, size, rate, at, int(at)))
    return state.jobs[view.job.id]


def _ended(number: int, name: str, size: int, minutes: int, **row: Any) -> JobView:
    state = row.pop("state", JobState.DONE)
    result = {"status": "imported", "model_id": f"diffusion/sd/{name}", "bytes": size, "mode": "copy"}
    result = row.pop("result", result)
    return JobView(job(number, name, state, size=size, ended_at=NOON - minutes * 60, result=result, **row))


def _shards(name: str, present: int, total: int, *more: str) -> dict[str, Any]:
    paths = [f"/mnt/nas/in/{name}-{n:05}-of-{total:05}.safetensors" for n in range(1, present + 1)]
    return {
        "name": name,
        "model_format": "sharded-set",
        "shards": {"present": present, "total": total},
        "sources": [*paths, *more],
    }


def asking() -> list[JobView]:
    """One question of each kind."""
    pickle = {
        "sources": ["/mnt/nas/incoming/dreamshaper_8.ckpt"],
        "model_id": "diffusion/stable-diffusion/dreamshaper_8",
        "model_type": "diffusion",
        "subtype": "checkpoints",
        "family": "stable-diffusion",
        "security_tier": "pickle",
        "container": "pickle",
        "evidence": ["pickle in a zip, as torch.save writes it"],
    }
    return [
        _asks(1, "dreamshaper_8.ckpt", NeedKind.PICKLE, 2_132_625_918, payload=pickle),
        _asks(2, "flux1-dev", NeedKind.MISSING_PART, 17_200_000_000, payload=_shards("flux1-dev", 3, 4)),
        _asks(3, "realisticVision.safetensors", NeedKind.DUPLICATE, 2_132_625_894),
    ]


def everything() -> list[JobView]:
    """Every section of the queue has rows."""
    llama = _shards("llama-3.1-70b-instruct", 5, 5)
    folder = {"model_format": "diffusion-folder", "name": "wan2.1-t2v-14b"}
    return [
        *asking(),
        _runs(4, "llama-3.1-70b-instruct", 131_400_000_000, Stage.STAGING, 0.612, 412e6, payload=llama),
        _runs(5, "qwen-image-fp8.safetensors", 20_430_698_552, Stage.CHECKING, 0.44, 190e6, lane="sdb"),
        JobView(job(6, "wan2.1-t2v-14b", JobState.WAITING, size=57_100_000_000, payload=folder)),
        JobView(job(7, "detail-tweaker-xl.safetensors", JobState.WAITING, size=218_000_000)),
        JobView(job(8, "ae.safetensors", JobState.PAUSED, size=335_304_388)),
        _ended(9, "sdxl_vae.safetensors", 334_641_164, 8),
        _ended(10, "juggernautXL_v9.safetensors", 6_900_000_000, 11),
        _ended(
            11,
            "same-vae.safetensors",
            334_641_164,
            30,
            result={"status": "duplicate", "model_id": "diffusion/sd/sdxl_vae", "bytes": 334_641_164},
        ),
        _ended(12, "old-merge.ckpt", 2_000_000_000, 41, state=JobState.CANCELLED, result=None),
    ]


def failed() -> list[JobView]:
    """What went wrong, each in its own way."""
    path = "/mnt/nas/in/broken.safetensors"
    io = {"code": "disk", "message": f"cannot read {path}: Input/output error", "path": path, "hint": ""}
    no = {
        "code": "refused",
        "message": "/mnt/nas/in/page.safetensors: an HTML page, not a model",
        "path": "/mnt/nas/in/page.safetensors",
        "hint": "download it again",
    }
    return [
        _ended(1, "broken.safetensors", 6_900_000_000, 3, state=JobState.FAILED, result=None, error=io),
        _ended(2, "page.safetensors", 912, 5, state=JobState.REFUSED, result=None, error=no),
        _ended(3, "sdxl_vae.safetensors", 334_641_164, 8),
    ]


def disk_full() -> list[JobView]:
    """A copy that ran out of space."""
    full = {
        "code": "disk_full",
        "message": "/data is full: llama-3.1-70b-instruct needs 51 GB more; 3.2 GB are free",
        "path": "/data/models",
        "hint": "free space, then let it go on",
    }
    llama = _shards("llama-3.1-70b-instruct", 5, 5)
    size = 131_400_000_000
    paused = job(1, "llama-3.1-70b-instruct", JobState.PAUSED, size=size, error=full, payload=llama)
    return [JobView(paused), JobView(job(2, "ae.safetensors", JobState.WAITING, size=335_304_388))]


def thousands() -> list[JobView]:
    """A night's paste."""
    waiting = [JobView(job(n, f"model-{n:04}.safetensors", JobState.WAITING)) for n in range(10, 2010)]
    return [*asking(), *waiting]
