"""What was found in pasted text, as rows and sentences; and the commands that send files here."""

import shlex
from collections.abc import Sequence

from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.domain.files import Container, ModelFormat, PastedSource, SecurityTier, SourceKind
from pumas_tui.core.domain.imports import Inspected, Inspection
from pumas_tui.core.domain.text import plural, safe, size
from pumas_tui.tui.presenters.cells import ASCII, cut_end, pad, pad_left
from pumas_tui.tui.presenters.prose import Line, Tone, clip, without_path

_KINDS = {
    Container.SAFETENSORS: "safetensors file",
    Container.GGUF: "GGUF file",
    Container.ONNX: "ONNX file",
    Container.PICKLE: "pickle file",
    Container.UNKNOWN: "unknown kind of file",
}


def importable(inspection: Inspection) -> tuple[Inspected, ...]:
    """Candidates that are not refused."""
    return tuple(found for found in inspection.candidates if found.refuse is None)


def mark(found: Inspected) -> str:
    """`+` goes ahead, `!` needs an answer, `x` cannot be imported."""
    if found.refuse is not None:
        return "x"
    return "!" if found.needs_you else "+"


def name(found: Inspected) -> str:
    """The file's name with its extension, else what the files have in common. Printable."""
    candidate = found.candidate
    single = candidate.model_format is ModelFormat.SINGLE_FILE
    return safe(candidate.main.entry.name if single else candidate.name)


def reason(trouble: Trouble) -> str:
    """The message without the path that it begins with. Printable."""
    return safe(without_path(trouble.message, trouble.path))


def what(found: Inspected) -> str:
    """What it is, in a few words."""
    if found.refuse is not None:
        return reason(found.refuse)
    candidate = found.candidate
    if candidate.model_format is ModelFormat.SHARDED_SET:
        words = _shards(found)
    elif candidate.is_folder and candidate.missing:
        words = f"folder, {_shards(found)}"
    elif candidate.model_format is ModelFormat.DIFFUSION_FOLDER:
        words = "folder, diffusers"
    elif candidate.model_format is ModelFormat.FOLDER:
        words = f"folder, {plural(len(candidate.members), 'file')}"
    else:
        return _KINDS[found.container]
    return f"pickle, {words}" if found.security_tier is SecurityTier.PICKLE else words


def _shards(found: Inspected) -> str:
    candidate = found.candidate
    present = candidate.parts_present
    if candidate.missing or found.short:
        return f"{found.whole_parts} of {present + len(candidate.missing)} parts"
    return f"{plural(present, 'part')}, {'complete' if candidate.complete_known else 'maybe more'}"


def row(found: Inspected, width: int) -> Line:
    """One candidate: mark, name, what it is, size. Narrow: what it is only where it matters."""
    sign, amount = mark(found), size(found.candidate.size_bytes)
    tone = {"!": Tone.WARNING, "x": Tone.DIM}.get(sign, Tone.PLAIN)
    if width >= 60:
        if sign == "x":
            told = f"not imported: {what(found)}"
            return Line(cut_end(f"  x {clip(name(found), 26)}  {told}", width, ASCII), tone, clip=True)
        room = max(20, width - 36)
        middle = pad(clip(what(found), 20), 21)
        text = f"  {sign} {pad(clip(name(found), room), room + 2)}{middle}{pad_left(amount, 9)}"
    else:
        last = amount if sign == "+" else what(found)
        room = max(6, (width - 4) // 2)
        text = f"{sign} {pad(clip(name(found), room), room)} {clip(last, width - room - 3)}"
    return Line(text, tone, clip=True)


def sentence(inspection: Inspection) -> str:
    """`2 models understood, 1 needs you`."""
    good = importable(inspection)
    words = [f"{plural(len(good), 'model')} understood"]
    needing = sum(found.needs_you for found in good)
    if needing:
        words.append(f"{needing:,} {'needs' if needing == 1 else 'need'} you")
    bad = len(inspection.candidates) - len(good)
    if bad:
        words.append(f"{bad:,} cannot be imported")
    return ", ".join(words)


def pasted(inspection: Inspection) -> str:
    """`6 paths pasted`, `214 files from /mnt/nas/*.gguf`."""
    total = len(inspection.sources)
    many = sum(one.count for one in inspection.globs)
    if many and many == total and len(inspection.globs) == 1:
        return f"{plural(many, 'file')} from {safe(inspection.globs[0].glob)}"
    return f"{plural(total, 'path')} pasted" + (f", {many:,} of them from globs" if many else "")


def waiting_clause(good: Sequence[Inspected]) -> str:
    """What happens to those that need an answer: `; the pickle file waits for your answer`."""
    needing = [found for found in good if found.needs_you]
    if not needing:
        return ""
    if len(needing) > 1:
        return f"; {len(needing):,} wait for your answer"
    pickle = needing[0].security_tier is SecurityTier.PICKLE
    return f"; the {'pickle file' if pickle else 'incomplete one'} waits for your answer"


def add_label(good: Sequence[Inspected]) -> str:
    """What enter does."""
    each = {1: "add it", 2: "add both"}.get(len(good), f"add all {len(good):,}")
    return f"{each} to the queue{waiting_clause(good)}"


def details(inspection: Inspection, width: int) -> list[Line]:
    """Everything that is known before the import, candidate by candidate, then what was left out."""
    lines: list[Line] = []
    for found in inspection.candidates:
        lines.append(row(found, width))
        lines += [_detail("from", member.entry.path) for member in found.candidate.members[:8]]
        if len(found.candidate.members) > 8:
            lines.append(_detail("", f"and {len(found.candidate.members) - 8:,} more files"))
        if found.refuse is None:
            lines.append(_detail("to", found.model_id))
            lines += [_detail("why", text) for text in found.identity.evidence[:3]]
        lines += [_detail("!", reason(warning)) for warning in found.warnings]
        lines.append(Line())
    lines += [Line(f"  x {safe(trouble.message)}", Tone.DIM, hang=4) for trouble in inspection.troubles]
    return lines


def _detail(label: str, text: str) -> Line:
    return Line(f"      {pad(label, 5)}{safe(text)}", clip=True)


# Paths that are not on this machine.


def absence(inspection: Inspection) -> str:
    """How the list of absent paths begins."""
    good, absent = importable(inspection), inspection.absent
    here = f"{len(good):,} can be imported." if good else "Nothing here can be imported."
    count = f"{len(absent):,} {'is' if len(absent) == 1 else 'are'}"
    kinds = {source.kind for source in absent}
    if kinds == {SourceKind.REMOTE}:
        return f"{here} {count} not on this machine:"
    if kinds == {SourceKind.CLIENT}:
        likes = f"{len(absent):,} look{'s' if len(absent) == 1 else ''} like"
        return f"{here} {likes} files on your own computer:"
    return f"{here} {count} not here; look at the spelling, or at which computer has the files:"


def send_lines(absent: Sequence[PastedSource], host: str) -> list[str]:
    """A command per file that may lie on the user's own computer, to run there; ends in the home folder."""
    lines = []
    for source in absent:
        path = safe(source.path)
        if source.kind is SourceKind.REMOTE:
            continue
        windows = "\\" in path and not path.startswith("/")
        lines.append(f'scp "{path}" {host}:' if windows else f"rsync -P {shlex.quote(path)} {host}:")
    return lines
