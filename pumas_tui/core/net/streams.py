"""HTTP/2 streams that nobody reads any more are ended.

httpcore (1.0, `_async/http2.py`) forgets the stream of a call that is given up and tells the server nothing:
the answer would be made, and sent as far as the window of the connection lets it, which is then never opened
again. RST_STREAM with the code CANCEL (RFC 9113, 6.4 and 7) ends it. httpcore has no public way to that: what
is private there is looked at in this module only, and a test with a real server tells when it changed.
"""

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx
    from httpcore import AsyncHTTP2Connection

_PRIVATE = ("_h2_state", "_events", "_write_outgoing_data")
"""What a connection must have for this; one of another httpcore is left as it is."""
_RESET_S = 1.0
"""A connection that takes no frame for so long is left to whoever uses it next."""


async def end_abandoned(client: "httpx.AsyncClient") -> None:
    """End the streams of calls that are over without their answer having come to its end. Raises nothing of
    the network; asyncio's cancellation goes through."""
    import httpx

    transport = getattr(client, "_transport", None)
    if not isinstance(transport, httpx.AsyncHTTPTransport):
        return
    for one in getattr(getattr(transport, "_pool", None), "connections", ()):
        inner = getattr(one, "_connection", None)
        if inner is None or not all(hasattr(inner, name) for name in _PRIVATE):
            continue
        if not inner.is_closed():
            await _end_in(inner)


async def _end_in(connection: "AsyncHTTP2Connection") -> None:
    import httpcore
    from h2.errors import ErrorCodes
    from h2.exceptions import ProtocolError

    state, read = connection._h2_state, connection._events
    abandoned = [number for number, stream in state.streams.items() if stream.open and number not in read]
    if not abandoned:
        return
    gone = (ProtocolError, TimeoutError, httpcore.NetworkError, httpcore.TimeoutException)
    with contextlib.suppress(*gone):  # then the connection is over, and its streams with it
        for number in abandoned:
            state.reset_stream(number, ErrorCodes.CANCEL)
        async with asyncio.timeout(_RESET_S):
            await connection._write_outgoing_data(httpcore.Request("GET", "https://localhost"))
