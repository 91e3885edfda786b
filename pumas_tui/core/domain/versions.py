"""Versions of apps as PEP 440 has them: whether two are one, whether a model is meant for one.

Fails closed: a range or a version that cannot be read never lets a model through. `packaging` is imported
when the first version is compared, which most starts of the program never do.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from pumas_tui.core.domain.apps import TITLES, AppKind
from pumas_tui.core.domain.mapped import MappedModel

if TYPE_CHECKING:
    from packaging.version import Version

_LONGEST = 200
_OUTSIDE = "version"
BAD = "bad_override"


def same(one: str, other: str) -> bool:
    """Two texts name one version; texts that are none of PEP 440 must be equal."""
    if one == other:
        return True
    first, second = _version(one), _version(other)
    return first is not None and first == second


class Ranges:
    """Answers for one app whether models are meant for its version."""

    def __init__(self, kind: AppKind, version: str) -> None:
        self._kind = kind
        self._shown = f"{TITLES[kind]} {version}".strip()
        self._text = version
        self._of = lru_cache(maxsize=256)(self._answer)

    def problem(self, model: MappedModel) -> tuple[str, str] | None:
        """(code, reason) why the app's version must not see a model; None where it may."""
        if model.version_ranges is None:
            return BAD, f"overrides.json cannot be read: {model.overrides_problem or 'damaged'}"
        return self.outside(model.version_ranges)

    def outside(self, ranges: Mapping[str, str]) -> tuple[str, str] | None:
        """`problem` by the ranges themselves, app id to specifier. Code "bad_override": it cannot be read."""
        wanted = next((text for app, text in ranges.items() if app.lower() == self._kind.value), "").strip()
        return self._of(wanted) if wanted else None

    def _answer(self, wanted: str) -> tuple[str, str] | None:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        try:
            if len(wanted) > _LONGEST:
                raise InvalidSpecifier
            specifier = SpecifierSet(wanted)
        except InvalidSpecifier:
            return (
                BAD,
                f'overrides.json: "{wanted[:_LONGEST]}" is not a range of versions, such as >=0.5,<0.7',
            )
        version = _version(self._text)
        if version is None:
            return (
                BAD,
                f"overrides.json asks for {wanted}, and the version of {self._shown} cannot be compared",
            )
        if specifier.contains(version, prereleases=True):
            return None
        return _OUTSIDE, f"overrides.json asks for {wanted}, and this is {self._shown}"


def _version(text: str) -> "Version | None":
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text) if len(text) <= _LONGEST else None
    except InvalidVersion:
        return None
