"""Endpoints that never work: nobody listens, nobody answers, nobody even accepts."""

import contextlib
import socket
from collections.abc import Iterator


def refusing() -> str:
    """An endpoint whose port is closed: connections are refused at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def silent() -> Iterator[str]:
    """An endpoint that lets connect, takes whatever is sent, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """An endpoint that connections cannot be made to: packets vanish, as behind a firewall.

    The queue of the listener is full, so the kernel drops further attempts without a word.
    """
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        place = listener.getsockname()
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(place)
        yield f"http://127.0.0.1:{place[1]}"
