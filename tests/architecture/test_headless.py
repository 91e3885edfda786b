"""The core runs without the front ends: importing the door loads no terminal library and starts no thread."""

import subprocess
import sys

PROBE = """
import sys, threading
import pumas_tui.core.library
heavy = [m for m in ("textual", "rich", "huggingface_hub", "httpx", "pickle5", "torch") if m in sys.modules]
print(heavy, threading.active_count())
"""


def test_importing_the_door_is_light_and_starts_no_thread() -> None:
    said = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[] 1"


PROBE_NETWORK = """
import sys, threading
import pumas_tui.core.flows.connecting, pumas_tui.core.flows.network
print([m for m in ("httpx", "huggingface_hub", "rapidfuzz") if m in sys.modules], threading.active_count())
"""


def test_the_network_loads_its_libraries_with_the_first_call() -> None:
    said = subprocess.run([sys.executable, "-c", PROBE_NETWORK], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[] 1"
