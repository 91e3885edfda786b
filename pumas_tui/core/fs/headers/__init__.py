"""What a file is, by its content: bounded readers of weight formats. Nothing is run, unpickled or trusted."""

from pumas_tui.core.domain.files import Container, HeaderFacts
from pumas_tui.core.fs.headers import gguf, onnx, pickles, refusals, safetensors
from pumas_tui.core.fs.headers.source import Beginning, Source, UnreadableHeaderError, opened

MOST_LOOKED_AT = safetensors.MAX_LOOKED_AT
"""Bytes of a header."""
_START = 4_096  # bytes that tell one format from another


def read(path: str) -> HeaderFacts:
    """Facts of a file's header, for any bytes: memory and time are bounded whatever the file claims.

    Blocking; call it in a worker thread. `problem` is set when the header breaks its format's rules, `refuse`
    when the file must not be imported. Raises DiskError when the path cannot be read or is no regular file.
    """
    with opened(path) as source:
        start = source.at(0, _START)
        refuse = refusals.refusal(path, source.size, start)
        if refuse:
            return HeaderFacts(Container.UNKNOWN, refuse=refuse)
        try:
            return _by_content(source, start)
        except UnreadableHeaderError as error:
            # A broken header may hide a pickle that begins with the same bytes: then it counts as one.
            container = Container.PICKLE if pickles.is_bare_pickle(start) else Container.UNKNOWN
            return HeaderFacts(container, problem=f"unreadable header: {error}")


def read_start(start: bytes, size: int) -> HeaderFacts:
    """Facts of a header that was brought from elsewhere: the first bytes of a file of `size` bytes. `problem`
    is set when they break their format's rules, also where they end too early."""
    try:
        return _by_content(Beginning(start, size), start[:_START])
    except UnreadableHeaderError as error:
        return HeaderFacts(Container.UNKNOWN, problem=f"unreadable header: {error}")


def _by_content(source: Source, start: bytes) -> HeaderFacts:
    for reader in (safetensors.read, gguf.read, pickles.read, onnx.read):
        facts = reader(source, start)
        if facts is not None:
            return facts
    return HeaderFacts(Container.UNKNOWN)
