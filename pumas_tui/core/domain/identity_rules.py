"""The form of an identity rule and how rules are weighed. The rules are tables in `identity_*_rows`.

A row names tensors that must be there, or must not, and what follows from it. Each row that holds makes a
claim; per field the heaviest claim wins, two different ones of equal weight cancel out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pumas_tui.core.domain.tensor_names import TensorNames
from pumas_tui.core.domain.vocabulary import FieldSource


@dataclass(frozen=True, slots=True)
class Size:
    """One axis of a tensor's shape lies between two sizes, both included. Axis -1 is the last one."""

    tensor: str
    axis: int
    least: int
    most: int

    def holds(self, names: TensorNames, prefix: str) -> bool:
        """True when such a tensor is there and its axis fits."""
        shape = names.shape(prefix + self.tensor)
        return len(shape) > max(self.axis, -self.axis - 1) and self.least <= shape[self.axis] <= self.most


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of evidence: `every`, `some` and `none` are names in the forms of `TensorNames`.

    `gives` maps fields of Identity to what follows, `weight` (0–1) says how surely. `width` holds the sizes
    of text vectors an adapter may have. Rows speak of adapters only when `adapter` is set.
    """

    name: str
    reason: str
    gives: Mapping[str, str]
    weight: float = 0.9
    every: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()
    width: tuple[int, ...] = ()
    adapter: bool = False

    def holds(self, names: TensorNames, prefix: str = "") -> bool:
        """True when the tensors are as the row says. `prefix` is put before the row's names."""
        return (
            self.adapter == names.adapter
            and all(prefix + name in names for name in self.every)
            and (not self.some or any(prefix + name in names for name in self.some))
            and not any(prefix + name in names for name in self.none)
            and (not self.width or names.context_width in self.width)
            and all(size.holds(names, prefix) for size in self.sizes)
        )

    def claim(self) -> "Claim":
        """What the row says once it holds."""
        return Claim(self.name, self.reason, self.gives, self.weight)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one row, header key or file name says of a model, and how surely."""

    rule: str
    reason: str
    gives: Mapping[str, str]
    weight: float
    source: FieldSource = "header"


@dataclass(slots=True)
class Verdict:
    """Fields that were decided, where each comes from, the claims that decided, in the order of weight."""

    values: dict[str, str] = field(default_factory=dict)
    sources: dict[str, FieldSource] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    decided_by: list[Claim] = field(default_factory=list)

    def take(self, claims: Iterable[Claim], name: str) -> None:
        """Decide one field by the heaviest claims on it."""
        speaking = [claim for claim in claims if claim.gives.get(name)]
        if not speaking:
            return
        best = max(claim.weight for claim in speaking)
        heaviest = [claim for claim in speaking if claim.weight == best]
        if len({claim.gives[name] for claim in heaviest}) > 1:
            return
        self.values[name] = heaviest[0].gives[name]
        self.sources[name] = heaviest[0].source
        self.weights[name] = best
        self.decided_by.extend(claim for claim in heaviest if claim not in self.decided_by)


def weigh(claims: Iterable[Claim]) -> Verdict:
    """Decide all fields. Once type and subtype are decided, claims that spoke for others are not heard."""
    verdict = Verdict()
    heard = list(claims)
    for name in ("model_type", "subtype"):
        verdict.take(heard, name)
        decided = verdict.values.get(name)
        if decided:
            heard = [claim for claim in heard if claim.gives.get(name, decided) == decided]
    if "model_type" not in verdict.values and any(claim.gives.get("model_type") for claim in heard):
        # The rows contradict each other: only what is true of any type can be relied on.
        heard = [claim for claim in heard if not claim.gives.get("model_type")]
    for name in sorted({name for claim in heard for name in claim.gives}):
        if name not in verdict.values:
            verdict.take(heard, name)
    return verdict
