"""Building, arming and reading the shim, and running programs under it: whole processes, or forks of one.

The layout of the control file is `struct control` in shim.c.
"""

import errno
import json
import mmap
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
_HEAD = struct.Struct("6q")
_MAX_CALLS, _NAME = 4000, 16
_ACTIONS = {"kill": 1, "killafter": 2, "short": 4}
_FAIL = 3


class NoCompilerError(Exception):
    """There is no gcc: nothing can be counted."""


def build(folder: Path) -> Path:
    """Compile the shim into `folder`. Raises NoCompilerError."""
    compiler = shutil.which("gcc")
    if compiler is None:
        raise NoCompilerError("gcc is not installed")
    library = folder / "shim.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(library)]
    subprocess.run([*command, str(HERE / "shim.c"), "-ldl"], check=True)
    return library


def interpreter() -> str:
    """The interpreter's own binary: a wrapper script would be counted and killed in its place."""
    return os.path.realpath(sys.executable)


class Control:
    """The memory shared with a process under the shim."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(_HEAD.size + _MAX_CALLS * _NAME))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)

    def close(self) -> None:
        self._memory.close()

    def arm(self, at: int = 0, action: str = "kill") -> None:
        """Count from nought; at call `at` (from 1, 0 never) do kill, killafter, short or errno:NAME.

        errno:NAME+ fails that call and every later one.
        """
        kind, _, name = action.partition(":")
        sticky = name.endswith("+")
        number = getattr(errno, name.rstrip("+")) if kind == "errno" else 0
        code = _FAIL if kind == "errno" else _ACTIONS[kind]
        self._memory[: _HEAD.size] = _HEAD.pack(0, 0, at, code, number, int(sticky))

    def calls(self) -> list[str]:
        """Names of the calls counted since `arm`, in order."""
        (count,) = struct.unpack_from("q", self._memory)
        raw = [self._memory[o : o + _NAME] for o in range(_HEAD.size, _HEAD.size + count * _NAME, _NAME)]
        return [name.split(b"\0")[0].decode() for name in raw]

    def fired(self) -> int:
        """How often the fault was given."""
        return int(struct.unpack_from("q", self._memory, 8)[0])


class Harness:
    """The shim with a scratch folder for control files."""

    def __init__(self, library: Path, scratch: Path) -> None:
        self._library = library
        self._scratch = scratch
        self._made = 0

    @contextmanager
    def _control(self) -> Iterator[Control]:
        self._made += 1
        control = Control(self._scratch / f"control-{self._made}")
        try:
            yield control
        finally:
            control.close()

    def environment(self, control: Control, roots: Sequence[Path]) -> dict[str, str]:
        """Variables of a process to be counted below `roots`."""
        places = dict.fromkeys(p for root in roots for p in (str(root), os.path.realpath(root)))
        return {
            **os.environ,
            "LD_PRELOAD": str(self._library),
            "SHIM_ROOTS": ":".join(places),
            "SHIM_CONTROL": str(control.path),
        }

    def count(self, argv: Sequence[str], roots: Sequence[Path]) -> int:
        """Calls that a run of `argv` without a fault makes below `roots`. The run must succeed."""
        with self._control() as control:
            control.arm()
            subprocess.run(argv, env=self.environment(control, roots), check=True, capture_output=True)
            return len(control.calls())

    def run_at(
        self, argv: Sequence[str], roots: Sequence[Path], n: int, action: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `argv` with one fault at call `n`; actions as in Control.arm."""
        with self._control() as control:
            control.arm(n, action)
            return subprocess.run(
                argv, env=self.environment(control, roots), check=False, capture_output=True
            )

    @contextmanager
    def forks(self, module: str, roots: Sequence[Path]) -> Iterator["Forks"]:
        """A process that has imported `module` and forks for every run of its `main(args) -> int`."""
        with self._control() as control, Forks(module, control, self.environment(control, roots)) as forks:
            yield forks


class Forks:
    """Runs of one driver, each in a fork of a process that imported it already."""

    def __init__(self, module: str, control: Control, environment: dict[str, str]) -> None:
        self.control = control
        paths = [str(REPOSITORY), *(p for p in sys.path if p)]
        self._process = subprocess.Popen(
            [interpreter(), "-S", str(HERE / "forkserver.py"), module, json.dumps(paths)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Forks":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(self, args: Sequence[str], at: int = 0, action: str = "kill") -> int:
        """Exit code of `main(args)`, negative for a signal, with one fault at call `at`."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None and pipe_out is not None
        self.control.arm(at, action)
        pipe_in.write(json.dumps(list(args)) + "\n")
        pipe_in.flush()
        answer = pipe_out.readline()
        assert answer, "the fork server died"
        return int(answer)
