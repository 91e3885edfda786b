"""Civitai's look-up of a model version by the SHA-256 of its file."""

from typing import Any

from tests.hub.repos import CREATED, CivitaiVersion
from tests.hub.wire import Answer, Request, as_json

PREFIX = "/api/v1/model-versions/by-hash/"


class Civitai:
    """Answers to `GET /api/v1/model-versions/by-hash/{sha256}`; digits in either case."""

    def __init__(self) -> None:
        self.versions: list[CivitaiVersion] = []

    def by_hash(self, request: Request) -> Answer:
        wanted = request.path.removeprefix(PREFIX).lower()
        for version in self.versions:
            if version.sha256.lower() == wanted:
                return as_json(_told(version))
        return as_json({"error": "Model not found"}, 404)


def _told(version: CivitaiVersion) -> dict[str, Any]:
    sha256 = version.sha256.upper()
    url = f"https://civitai.com/api/download/models/{version.number}"
    file = {
        "id": version.number + 1,
        "name": version.file,
        "type": "Model",
        "sizeKB": version.size / 1024,
        "metadata": {"format": "SafeTensor", "size": "pruned", "fp": "fp16"},
        "pickleScanResult": "Success",
        "virusScanResult": "Success",
        "hashes": {"SHA256": sha256, "AutoV2": sha256[:10]},
        "downloadUrl": url,
        "primary": True,
    }
    return {
        "id": version.number,
        "modelId": version.number // 3,
        "name": version.version,
        "description": None,
        "baseModel": version.base_model,
        "air": f"urn:air:sdxl:lora:civitai:{version.number // 3}@{version.number}",
        "status": "Published",
        "createdAt": CREATED,
        "publishedAt": CREATED,
        "trainedWords": [*version.words],
        "stats": {"downloadCount": 0, "thumbsUpCount": 0},
        "model": {"name": version.model, "type": version.kind, "nsfw": False, "poi": False},
        "files": [file],
        "images": [],
        "downloadUrl": url,
    }
