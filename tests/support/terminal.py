"""A real pseudo-terminal round the program: sends keys, counts bytes, and reads the screen with pyte."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

import pyte

_SYNC_QUERY, _SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"


class Terminal:
    """A child process on a pty of `width` x `height` cells. Use as a context manager."""

    def __init__(
        self, argv: Sequence[str], *, width: int = 80, height: int = 24, env: Mapping[str, str] | None = None
    ) -> None:
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self.screen)
        self.output = bytearray()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            chosen = dict(env if env is not None else os.environ)
            chosen.setdefault("TERM", "xterm-256color")
            os.execvpe(argv[0], list(argv), chosen)
        self.resize(width, height)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def resize(self, width: int, height: int) -> None:
        """Change the window's size, as dragging its corner would."""
        self.screen.resize(height, width)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def send(self, data: str | bytes) -> None:
        """Type."""
        left = data.encode() if isinstance(data, str) else data
        while left:
            left = left[os.write(self.fd, left[:4096]) :]

    def paste(self, text: str) -> None:
        """Bracketed paste, line ends as terminals send them."""
        self.send("\x1b[200~" + text.replace("\n", "\r") + "\x1b[201~")

    def read(self, quiet_s: float = 0.25, longest_s: float = 10.0) -> int:
        """Read until nothing came for `quiet_s`; the number of bytes."""
        count, ends = 0, time.monotonic() + longest_s
        while time.monotonic() < ends:
            ready, _, _ = select.select([self.fd], [], [], quiet_s)
            if not ready:
                break
            try:
                data = os.read(self.fd, 1 << 16)
            except OSError:  # EIO: the child closed its side
                break
            if not data:
                break
            count += len(data)
            self._take(data)
        return count

    def _take(self, data: bytes) -> None:
        self.output += data
        if _SYNC_QUERY in data:
            os.write(self.fd, _SYNC_ANSWER)
        self._stream.feed(data)

    def wait_for(self, text: str, longest_s: float = 20.0) -> str:
        """The screen as soon as `text` is on it. Raises AssertionError with the screen when it never is."""
        ends = time.monotonic() + longest_s
        while time.monotonic() < ends:
            self.read(quiet_s=0.05, longest_s=0.5)
            if text in self.text:
                return self.text
        raise AssertionError(f"{text!r} never came; the screen is\n{self.text}")

    @property
    def text(self) -> str:
        """What the screen shows, lines without trailing blanks."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def hang_up(self) -> None:
        """Close our side, as a dropped SSH line does."""
        os.close(self.fd)
        self.fd = -1

    def wait(self, longest_s: float = 10.0) -> int | None:
        """The child's exit status, or None when it still runs."""
        ends = time.monotonic() + longest_s
        while time.monotonic() < ends:
            if self.fd >= 0:
                self.read(quiet_s=0.02, longest_s=0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        return None

    def close(self) -> None:
        """End the child whatever it does."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        if self.fd >= 0:
            os.close(self.fd)
