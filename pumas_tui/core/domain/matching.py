"""Which repository a file comes from: words to search for, candidates in order, proof by size and SHA-256.

A name is only a hint: quantisations, precisions, shards and versions are taken off before it is searched for.
What decides is the content. How alike two texts are is a function passed in, 0 to 1.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pumas_tui.core.domain import grouping, naming
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.text import size as spoken
from pumas_tui.core.domain.vocabulary import Trust

Alike = Callable[[str, str], float]
"""How alike two texts are: 0 nothing in common, 1 equal."""

MAX_CANDIDATES = 5
PROVEN = 2
"""Candidates whose file lists are worth a call."""
SURE = 0.9
RESEMBLES = 0.6
_MAX_WORDS = 6
_FEWER = 2

_SHARD = re.compile(r"[-_.]\d{1,5}-of-\d{1,5}$|\.part\d{1,4}(?:of\d{1,4})?$", re.I)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[\s_\-.+()\[\]{},@]+")
_NOT_TEXT = re.compile(r"[^\w.+-]+")
_DOTTED = re.compile(r"(?<=\d)\.(?=\d)")
_POINT = "\N{MIDDLE DOT}"

_PACKING = re.compile(
    r"i?q[1-8](?:_?[0-9km])?(?:_?[smlx]{1,3})?|u?int[2-8]|[2-8]b(?:it|pw)|w[48]a(?:8|16)|nf4|mxfp4|nvfp4"
    r"|(?:b?f|fp)(?:4|8|16|32)|fp8(?:e4m3fn?|e5m2)?|e4m3(?:fn)?|e5m2|scaled|awq|gptq|exl[23]|gguf|ggml|imat(?:rix)?"
    r"|safetensors|onnx|mlx|bnb|hf|half|full|k|m|s|l|xs|xxs",
    re.I,
)
"""Words that tell how weights are packed; single letters are the tails of names like `Q4_K_M`."""
_NOISE = frozenset(
    {"pruned", "ema", "emaonly", "nonema", "no", "non", "novae", "vae", "baked", "final", "only"}
)
_VERSION = re.compile(rf"v\.?\d+(?:[{_POINT}.]?\d+)*[a-z]?|ver\d*|step\d+|epoch\d+|e\d{{1,3}}", re.I)


@dataclass(frozen=True, slots=True)
class SubjectFile:
    """A weight file of the model: its name as the source had it, bytes, SHA-256 (empty: not known yet)."""

    name: str
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be identified. `files` begin with the main one; `hints` are repositories that headers or the
    place of the file name; `headline` is what the file says of itself in a few words."""

    name: str
    files: tuple[SubjectFile, ...]
    hints: tuple[str, ...] = ()
    headline: str = ""

    @property
    def main(self) -> SubjectFile:
        """The file that identifies the model."""
        return self.files[0]


@dataclass(frozen=True, slots=True)
class Compared:
    """A candidate and what was compared. None: could not be compared. `score` is how alike the names are.

    `proven`: its file list was looked at. `file` is the file of the repository that fits best.
    """

    model: HubModel
    file: HubFile | None
    score: float
    name_equal: bool
    size_equal: bool | None
    hash_equal: bool | None
    proven: bool
    trust: Trust
    source: str = field(default="hub")

    @property
    def repo_id(self) -> str:
        """The repository."""
        return self.model.repo_id


def words_of(name: str) -> tuple[str, ...]:
    """The words of a file or repository name that say what the model is, lower case, in order."""
    stem = _stem(name)
    stem = _SHARD.sub("", _SHARD.sub("", stem))
    plain = _DOTTED.sub(_POINT, _NOT_TEXT.sub(" ", _CAMEL.sub(" ", stem)))
    words = [word for word in _SEPARATORS.split(plain) if word]
    kept = _without_packing(words)
    while len(kept) > 1 and _VERSION.fullmatch(kept[-1]):
        kept.pop()
    return tuple(word.replace(_POINT, ".").lower() for word in kept or words)


def _stem(name: str) -> str:
    stem, ending = naming.split_extension(name.rpartition("/")[2])
    known = ending.lower() in grouping.WEIGHT_EXTENSIONS or ending.lower() in (".json", ".yaml", ".txt")
    return stem if known else name.rpartition("/")[2]


def _without_packing(words: Sequence[str]) -> list[str]:
    """All words but those of packing and noise; the first word always stays."""
    kept = list(words[:1])
    packed = False
    for word in words[1:]:
        tail = len(word) <= 3 and word.lower() in ("k", "m", "s", "l", "xs", "xxs", "0", "1")
        is_packing = _PACKING.fullmatch(word) is not None and (packed or not tail)
        if is_packing or (packed and tail):
            packed = True
            continue
        packed = False
        if word.lower() not in _NOISE:
            kept.append(word)
    return kept


def search_terms(subject: Subject) -> tuple[str, ...]:
    """At most two searches: the words of the name, then fewer of them."""
    words = words_of(_telling_name(subject))[:_MAX_WORDS]
    whole = " ".join(words)
    if len(words) <= 1:
        return (whole,) if whole else ()
    fewer = " ".join(words[: max(1, min(_FEWER, len(words) - 1))])
    return whole, fewer


def _telling_name(subject: Subject) -> str:
    """The main file's name, or the model's where the file is called like thousands."""
    stem, _ = naming.split_extension(subject.main.name.rpartition("/")[2])
    return subject.name if naming.is_generic(stem) else subject.main.name


def key(name: str) -> str:
    """A file name without regard to case and separators; `a_B-1.safetensors` is `ab1safetensors`."""
    return _SEPARATORS.sub("", name.rpartition("/")[2]).casefold()


def ranked(subject: Subject, found: Iterable[HubModel], alike: Alike) -> tuple[HubModel, ...]:
    """The best candidates first: by names of repository and files, then by downloads; each one once."""
    unique = {model.repo_id.lower(): model for model in found}
    order = sorted(unique.values(), key=lambda m: (-score(subject, m, alike), -m.downloads, m.repo_id))
    return tuple(order[:MAX_CANDIDATES])


def score(subject: Subject, model: HubModel, alike: Alike) -> float:
    """How alike the names are, 0 to 1: the better of the repository's and its best weight file's."""
    own = " ".join(words_of(_telling_name(subject)))
    repo = alike(own, " ".join(words_of(model.name)))
    return max([repo, *(_file_score(subject, file, alike) for file in _weights(model))])


def _file_score(subject: Subject, file: HubFile, alike: Alike) -> float:
    stem, ending = naming.split_extension(file.name)
    if naming.is_generic(stem):
        return 0.0
    if key(file.name) == key(subject.main.name):
        return 1.0
    same_kind = ending.lower() == naming.split_extension(subject.main.name)[1].lower()
    own = " ".join(words_of(_telling_name(subject)))
    return alike(own, " ".join(words_of(file.name))) * (0.99 if same_kind else 0.9)


def _weights(model: HubModel) -> list[HubFile]:
    return [f for f in model.files if grouping.extension(f.name) in grouping.WEIGHT_EXTENSIONS]


def compare(subject: Subject, model: HubModel, alike: Alike, *, proven: bool) -> Compared:
    """One candidate against the files of the model; `proven`: `model` holds sizes and hashes."""
    file = _best_file(subject, model, alike)
    likeness = score(subject, model, alike)
    if file is None:
        trust = _by_name(likeness)
        return Compared(model, None, likeness, False, None, None, proven, trust)
    own = counterpart(subject, file)
    size_equal = None if file.size is None else file.size == own.size
    hash_equal = own.sha256 == file.sha256 if own.sha256 and file.sha256 else None
    if size_equal is False and file.sha256:
        hash_equal = False  # other sizes cannot be the same content
    same_name = _same_name(file, own)
    trust = judged(likeness, same_name=same_name, size_equal=size_equal, hash_equal=hash_equal)
    return Compared(model, file, likeness, same_name, size_equal, hash_equal, proven, trust)


def judged(score: float, *, same_name: bool, size_equal: bool | None, hash_equal: bool | None) -> Trust:
    """The badge that one candidate earns."""
    if hash_equal:
        return Trust.VERIFIED
    if hash_equal is False and (same_name or (score > SURE and size_equal)):
        return Trust.MODIFIED
    if hash_equal is None and same_name and score > SURE and size_equal is not False:
        return Trust.HIGH
    return _by_name(score)


def _by_name(score: float) -> Trust:
    return Trust.LOW if score >= RESEMBLES else Trust.NONE


def _same_name(file: HubFile, own: SubjectFile) -> bool:
    stem, _ = naming.split_extension(own.name.rpartition("/")[2])
    return key(file.name) == key(own.name) and not naming.is_generic(stem)


def _best_file(subject: Subject, model: HubModel, alike: Alike) -> HubFile | None:
    """The file with the same content, else of the same name, else of the same size, else the most alike."""
    hashes = {own.sha256 for own in subject.files if own.sha256}
    weights = _weights(model)
    if not weights:
        return None
    return max(
        weights,
        key=lambda f: (
            f.sha256 in hashes,
            key(f.name) == key(subject.main.name),
            f.size == subject.main.size,
            _file_score(subject, f, alike),
        ),
    )


def counterpart(subject: Subject, file: HubFile) -> SubjectFile:
    """The own file that is to be compared with one of the repository."""
    for own in subject.files:
        if (own.sha256 and own.sha256 == file.sha256) or key(own.name) == key(file.name):
            return own
    return subject.main


_ORDER = (Trust.VERIFIED, Trust.HIGH, Trust.MODIFIED, Trust.LOW, Trust.NONE)


def best(compared: Sequence[Compared]) -> Compared | None:
    """The candidate that counts: the surest, then the most alike; None where none resembles."""
    order = in_order(compared)
    return order[0] if order and order[0].trust is not Trust.NONE else None


def in_order(compared: Iterable[Compared]) -> tuple[Compared, ...]:
    """Candidates as they are shown: surest first."""
    return tuple(sorted(compared, key=lambda c: (_ORDER.index(c.trust), -c.score, -c.model.downloads)))


def evidence(compared: Compared) -> str:
    """One line that says what was compared."""
    file = compared.file
    if file is None:
        return f"{compared.repo_id}: name {compared.score:.0%}"
    size = "" if file.size is None else f" ({spoken(file.size)})"
    facts = [
        f"name {compared.score:.0%}",
        f"size {_word(compared.size_equal)}{size}",
        f"SHA-256 {_word(compared.hash_equal)}",
    ]
    return f"{compared.repo_id} {file.path}: {', '.join(facts)}"


def _word(equal: bool | None) -> str:
    return {True: "equal", False: "differs", None: "not compared"}[equal]


@dataclass(frozen=True, slots=True)
class RelatedFile:
    """A file of the same repository that one may want as well, and why."""

    file: HubFile
    kind: str  # config | shard | vae | quantisation


def related(subject: Subject, model: HubModel) -> tuple[RelatedFile, ...]:
    """Files of the repository that go with the model and are not there yet."""
    have = {key(own.name) for own in subject.files} | {own.sha256 for own in subject.files if own.sha256}
    found = []
    for file in model.files:
        if key(file.name) in have or (file.sha256 and file.sha256 in have):
            continue
        kind = _kind(subject, file)
        if kind:
            found.append(RelatedFile(file, kind))
    return tuple(found)


def _kind(subject: Subject, file: HubFile) -> str:
    ending = grouping.extension(file.name)
    if ending not in grouping.WEIGHT_EXTENSIONS:
        return "config" if file.name.endswith((".json", ".yaml", ".model")) else ""
    if _SHARD.search(_stem(file.name)):
        return "shard" if _unsharded(file.name) == _unsharded(subject.main.name) else "quantisation"
    if "vae" in file.path.lower():
        return "vae"
    return "quantisation" if words_of(file.name) == words_of(subject.main.name) else ""


def _unsharded(name: str) -> str:
    return key(_SHARD.sub("", _stem(name)))
