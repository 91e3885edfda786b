"""What verbs answer: the one envelope for scripts, printable lines for people."""

import json
from pathlib import Path

from tests.support.program import Ran, pumas


def envelope(ran: Ran, verb: str) -> None:
    document = json.loads(ran.out)
    assert ran.out.isascii()
    assert set(document) == {"schema", "ok", "data", "warnings", "errors"}
    assert document["schema"] == f"pumas.{verb}/1"
    assert document["ok"] is (ran.code == 0)
    assert bool(document["errors"]) is (ran.code != 0)
    for told in [*document["warnings"], *document["errors"]]:
        assert {"code", "message"} <= set(told) <= {"code", "message", "path", "hint"}
    assert len(ran.err.splitlines()) == len(document["warnings"]) + len(document["errors"])


def test_wrong_usage_names_the_verb(tmp_path: Path) -> None:
    wrong = pumas("--json", "scan", "--no-such-option", root=tmp_path)
    assert wrong.code == 2
    envelope(wrong, "scan")


def test_list_for_scripts_and_for_people(filled: Path) -> None:
    found = pumas("list", "--json", "--sort", "size", root=filled)
    assert found.data["total"] == len(found.models) == 6
    sizes = [m["size_bytes"] for m in found.models]
    assert sizes == sorted(sizes, reverse=True)
    keys = {"model_id", "official_name", "model_type", "subtype", "family", "size_bytes", "trust"}
    assert keys | {"security_tier", "links"} <= set(found.models[0])
    lines = pumas("list", root=filled).out.splitlines()
    assert lines[0].split() == ["MODEL", "TYPE", "SIZE", "TRUST", "SAFETY"]
    assert len(lines) == 7


def test_list_searches_and_pages(filled: Path) -> None:
    found = pumas("list", "llama", "--json", root=filled)
    assert [m["family"] for m in found.models] == ["llama"]
    pages = [pumas("list", "--json", "--limit", "4", "--offset", n, root=filled) for n in ("0", "4")]
    assert [len(page.models) for page in pages] == [4, 2]
    assert len({m["uid"] for page in pages for m in page.models}) == 6
    nothing = pumas("list", "no such model", "--json", root=filled)
    assert (nothing.code, nothing.data["total"]) == (0, 0)


def test_show_and_path_by_id_uid_and_prefix(filled: Path) -> None:
    [model] = pumas("list", "ink", "--json", root=filled).models
    shown = pumas("show", model["model_id"], "--json", root=filled)
    assert shown.data["uid"] == model["uid"]
    metadata = json.loads((Path(shown.data["path"]) / "metadata.json").read_bytes())
    assert shown.data["metadata"]["files"][0]["sha256"] == metadata["files"][0]["sha256"]
    assert pumas("path", "ink-wash", root=filled).out == shown.data["path"] + "\n"
    text = pumas("show", model["uid"], root=filled).out
    assert f"sha256: {metadata['hashes']['sha256']}" in text
    assert "original_name: ink-wash-style-xl.safetensors" in text


def test_quiet_keeps_warnings_off_stderr_but_in_the_document(
    filled: Path, samples: Path, tmp_path: Path
) -> None:
    parts = sorted(samples.glob("*/*.safetensors"))[1:]
    for part in parts:
        (tmp_path / part.name).write_bytes(part.read_bytes())
    loud = pumas("import", "--dry-run", tmp_path, "--json", root=filled)
    assert "missing 1" in loud.document["warnings"][0]["message"]
    assert "warning: " in loud.err
    quiet = pumas("import", "--dry-run", tmp_path, "--json", "--quiet", root=filled)
    assert quiet.document["warnings"] == loud.document["warnings"]
    assert quiet.err == ""


def test_scan_tells_what_it_found(filled: Path) -> None:
    for arguments in ([], ["--deep"]):
        ran = pumas("scan", *arguments, "--json", root=filled)
        assert {"found", "indexed", "skipped_phantom", "errors", "seconds"} <= set(ran.data)
        assert (ran.data["found"], ran.data["indexed"], ran.data["errors"]) == (6, 6, 0)
    assert "6 models found" in pumas("scan", root=filled).out
