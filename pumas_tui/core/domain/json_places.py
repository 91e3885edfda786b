"""Where in a JSON text a value stands, so that an error in a file written by hand can name the line."""

import json
import re
from collections.abc import Sequence

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line, counted from 1, on which the value at a path begins, by its key where it has one.

    `text` is valid JSON. Where there is no such value, the line of what it would stand in.
    """
    wanted = list(path)
    here: list[str | int] = []  # keys and indexes of the containers that are open
    found, at, in_key = -1, 0, False
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "}]":
            here.pop()
            in_key = False
            continue
        if in_key and sign[0] == '"':
            here[-1] = str(json.loads(sign))
        if sign == ",":
            last = here[-1]
            in_key = isinstance(last, str)
            here[-1] = last + 1 if isinstance(last, int) else last
        elif sign == ":":
            in_key = False
        elif len(here) > found and here == wanted[: len(here)]:
            found, at = len(here), token.start()
        if sign in "{[":
            here.append("" if sign == "{" else 0)
            in_key = sign == "{"
    return text.count("\n", 0, at) + 1
