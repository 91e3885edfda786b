"""The program in processes that need not load it: one process imports it, and each call is a fork of that.

A call is a process of its own all the same: its own arguments, environment, working directory, standard
streams, end and exit code. To start it costs what a fork costs, not what the imports do.

Run as `python -m tests.support.prepared FD`, this is the process that forks. On the socket FD come a length
in eight bytes with the descriptors of stdout and stderr, then a call as JSON; four bytes with the exit code,
negative for a signal, go back.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parents[2]
_LENGTH, _CODE = struct.Struct("!Q"), struct.Struct("!i")


class Prepared:
    """A process that has the program loaded. Calls are made one after the other."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=REPOSITORY,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # it and its forks can be ended together
            )

    def run(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        out: IO[bytes],
        err: IO[bytes],
        timeout_s: float,
    ) -> int:
        """The exit code of one call that writes to these files. A TimeoutError ends it for good."""
        call = json.dumps([list(arguments), dict(env), os.getcwd()]).encode()
        self._socket.settimeout(timeout_s)
        try:
            socket.send_fds(self._socket, [_LENGTH.pack(len(call))], [out.fileno(), err.fileno()])
            self._socket.sendall(call)
            answer = self._socket.recv(_CODE.size, socket.MSG_WAITALL)
        except TimeoutError:
            os.killpg(self._process.pid, signal.SIGKILL)
            self.close()
            raise
        assert answer, "the process that forks has died"
        return int(_CODE.unpack(answer)[0])

    def close(self) -> None:
        """End it."""
        self._socket.close()
        self._process.wait()


def load() -> None:
    """Import all of the command line and of what works below it, before the first fork."""
    for room in ("pumas_tui.cli", "pumas_tui.core"):
        for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            with contextlib.suppress(ImportError, SyntaxError):  # then the calls that need it say so
                importlib.import_module(module.name)
    assert threading.active_count() == 1, "a fork takes no other thread along"
    gc.freeze()  # what is loaded stays: no fork looks through it, which would also copy it


def _serve(connection: socket.socket) -> bool:
    """Fork for each call; True in the fork, which has become the call, False when no more can come."""
    while True:
        head, streams, _, _ = socket.recv_fds(connection, _LENGTH.size, 2, socket.MSG_WAITALL)
        if not head:
            return False
        (length,) = _LENGTH.unpack(head)
        arguments, env, cwd = json.loads(connection.recv(length, socket.MSG_WAITALL))
        child = os.fork()
        if child == 0:
            _become(arguments, env, cwd, streams)
            return True
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        connection.sendall(_CODE.pack(os.waitstatus_to_exitcode(status)))


def _become(arguments: list[str], env: dict[str, str], cwd: str, streams: Sequence[int]) -> None:
    """Make this process what a new one with these arguments would be."""
    for number, stream in enumerate(streams, 1):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    sys.argv[1:] = arguments


def main() -> int:
    """Serve; in a fork, run its call. The exit code of either."""
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        load()
        called = _serve(connection)
    if not called:
        return 0
    from pumas_tui.__main__ import main as program

    return program()


if __name__ == "__main__":
    sys.exit(main())
