"""A path that comes as key presses runs no command; typing stays typing."""

import random
import string

import pytest

from pumas_tui.tui.widgets.burst import GAP_S, BurstGuard, Pasted

FAST = 0.001
SLOW = 0.2


def typed(text: str, gaps: list[float] | None = None) -> list[str | Pasted]:
    """What the guard makes of characters that come with these gaps (default: all at once)."""
    guard: BurstGuard[str] = BurstGuard()
    out: list[str | Pasted] = []
    now = 0.0
    for number, char in enumerate(text):
        now += gaps[number] if gaps else FAST
        out += guard.take(char, char, now)
    return [*out, *guard.flush()]


def test_one_key_goes_on_after_a_moment() -> None:
    guard: BurstGuard[str] = BurstGuard()
    assert list(guard.take("q", "q", 1.0)) == []
    assert guard.hold_s == GAP_S
    assert list(guard.flush()) == ["q"]


def test_keys_without_a_character_are_never_held() -> None:
    guard: BurstGuard[str] = BurstGuard()
    assert list(guard.take("down", None, 1.0)) == ["down"]
    guard.take("d", "d", 2.0)
    assert list(guard.take("escape", None, 2.001)) == ["d", "escape"]


@pytest.mark.parametrize(
    "text",
    [
        "/data/quit d.ckpt",
        "'/mnt/nas/a b.safetensors' /mnt/q.gguf",
        r"C:\models\quit.ckpt",
        "file:///tmp/a%20b.gguf\n/tmp/c.gguf\n",
        "model.safetensors",
    ],
)
def test_a_burst_that_is_a_path_is_one_paste(text: str) -> None:
    assert typed(text) == [Pasted(text)]


def test_a_paste_in_two_pieces_is_one_paste() -> None:
    text = "/data/models/quit d.ckpt"
    gaps = [FAST] * len(text)
    gaps[9] = 0.15  # a slow line delivers the rest later
    assert typed(text, gaps) == [Pasted(text)]


@pytest.mark.parametrize("text", ["jjjjjjjjjjjjjjjjj", "jjjjjjkkkkkkkk", "/llama", "gg", "2!", "qwen\n"])
def test_keys_that_a_slow_line_delivers_at_once_stay_keys(text: str) -> None:
    assert typed(text) == list(text)


def test_typing_at_human_speed_stays_keys() -> None:
    text = "/data/quit d.ckpt"
    assert typed(text, [SLOW] * len(text)) == list(text)


def test_random_paths_never_come_through_as_keys() -> None:
    rng = random.Random(7)
    for _ in range(500):
        parts = ["".join(rng.choices(string.ascii_letters + " .-_", k=rng.randint(2, 12))) for _ in range(3)]
        text = "/" + "/".join(parts)
        gaps = [rng.uniform(0, 0.01) for _ in text]
        assert typed(text, gaps) == [Pasted(text)], text
