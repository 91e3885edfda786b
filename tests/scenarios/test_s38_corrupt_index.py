"""S38 (index): a corrupt models.db is set aside and rebuilt without asking."""

import random
from pathlib import Path

import pytest

from tests.support import modelfiles
from tests.support.program import pumas


@pytest.mark.parametrize("harm", ["garbage", "truncated", "flipped", "empty", "foreign"])
def test_set_aside_and_rebuilt(root: Path, inbox: Path, harm: str) -> None:
    for n in range(4):
        modelfiles.safetensors_file(inbox / f"m{n}.safetensors", {"w": ("F32", [n + 1])})
    assert pumas("import", *sorted(inbox.iterdir()), "--json", root=root).code == 0
    before = pumas("list", "--json", root=root).models
    database = root / "models" / "models.db"
    hurt(database, harm)
    after = pumas("list", "--json", root=root)
    assert after.code == 0, after.err
    assert after.models == before
    if harm != "empty":
        assert len(list((root / "models").glob("models.db.*"))) >= 1


def hurt(database: Path, harm: str) -> None:
    raw = database.read_bytes()
    for beside in database.parent.glob("models.db-*"):
        beside.unlink()
    if harm == "garbage":
        database.write_bytes(random.Random(1).randbytes(8192))
    elif harm == "truncated":
        database.write_bytes(raw[: len(raw) // 3])
    elif harm == "flipped":
        database.write_bytes(raw[:100] + bytes(b ^ 0xFF for b in raw[100:8192]) + raw[8192:])
    elif harm == "empty":
        database.write_bytes(b"")
    else:
        import sqlite3

        database.unlink()
        other = sqlite3.connect(database)
        other.execute("CREATE TABLE models (id TEXT)")
        other.commit()
        other.close()
