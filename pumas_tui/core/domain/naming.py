"""Names in the library: what a directory or file may be called on every file system a library may live on.

The forbidden characters, device names and trailing dots are those of NTFS and of Windows, because a library
may be read there; lengths are bytes of UTF-8, because that is what Linux counts.
"""

import re
import unicodedata

from pumas_tui.core.domain import ids, layout

_GENERIC = frozenset(
    {"model", "pytorch_model", "diffusion_pytorch_model", "adapter_model", "consolidated", "weights"}
)
_GENERIC_TAIL = re.compile(r"(?:\.(?:fp16|fp32|bf16|non_ema|ema))?(?:-[0-9]{5}-of-[0-9]{5})?")
"""What the Hub's libraries put between such a name and its extension."""

MAX_CLEANED_BYTES = 120
MAX_FILE_NAME_BYTES = 255
_NAMELESS = "unnamed"
_UNKNOWN = "unknown"
_MAX_EXTENSION_BYTES = 32  # a longer tail after the last dot is part of the name, not an extension

_FORBIDDEN = frozenset('<>:"|?*\\/')
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of controls, format characters (bidi, zero width), surrogates and line separators."""

_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])", re.IGNORECASE)
"""Device names of Windows, taken with any extension ("Naming Files, Paths, and Namespaces", Microsoft)."""


def cleaned_name(stem: str) -> str:
    """The directory name made of a main file's stem: lower case, no blanks, legal everywhere, 1–120 bytes.

    Cleaning a cleaned name changes nothing.
    """
    lower = unicodedata.normalize("NFC", unicodedata.normalize("NFC", stem).lower())
    legal = "".join("_" if _replaced(char) or char.isspace() else char for char in lower.rstrip(" ."))
    return _shortened(_visible(_no_device(legal)), MAX_CLEANED_BYTES) or _NAMELESS


def safe_file_name(name: str) -> str:
    """A file's name inside a model: only what NTFS forbids or nobody can see is changed; 1–255 bytes.

    The extension survives shortening. A name that the library keeps for itself gets `_file` before its
    extension. One path part: separators are replaced like any forbidden character.
    """
    legal = "".join("_" if _replaced(char) else char for char in name).rstrip(" .")
    visible = _visible(_no_device(legal)) or _NAMELESS
    if fold(visible) in layout.RESERVED_NAMES:
        visible = _with_file(visible)
    stem, extension = split_extension(visible)
    return (_shortened(stem, MAX_FILE_NAME_BYTES - len(extension.encode())) or _NAMELESS) + extension


def split_extension(name: str) -> tuple[str, str]:
    """(stem, last extension with its dot); a leading dot, or a tail too long for one, starts no extension."""
    at = name.rfind(".")
    if at <= 0 or len(name[at:].encode("utf-8", "surrogatepass")) > _MAX_EXTENSION_BYTES:
        return name, ""
    return name[:at], name[at:]


def model_id(model_type: str, family: str, cleaned: str) -> ids.ModelId:
    """The directory below models/, each part made legal; an empty type or family is `unknown`."""
    parts = (model_type or _UNKNOWN, family or _UNKNOWN, cleaned)
    return ids.model_id("/".join(cleaned_name(part) for part in parts))


def with_hash(cleaned: str, sha256: ids.Sha256, digits: int = 4) -> str:
    """The name for other content where a name is taken: `-` and hex digits added, 120 bytes at most."""
    return f"{_shortened(cleaned, MAX_CLEANED_BYTES - 1 - digits)}-{sha256[:digits]}"


def is_generic(stem: str) -> bool:
    """A name that thousands of repositories use for their weights and that says nothing of the model."""
    folded = fold(stem)
    return any(
        folded.startswith(name) and _GENERIC_TAIL.fullmatch(folded, len(name)) is not None
        for name in _GENERIC
    )


def fold(name: str) -> str:
    """The key under which two names collide on a case-insensitive or normalising file system."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def same_name(a: str, b: str) -> bool:
    """Whether a case-insensitive or normalising file system takes two names for one."""
    return fold(a) == fold(b)


def _replaced(char: str) -> bool:
    return char in _FORBIDDEN or unicodedata.category(char) in _INVISIBLE


def _no_device(name: str) -> str:
    base = name.split(".", 1)[0].rstrip(" ")
    return _with_file(name, base) if _DEVICE.fullmatch(base) else name


def _with_file(name: str, base: str | None = None) -> str:
    """`con.gguf` -> `con_file.gguf`; without `base` the mark goes before the last extension."""
    if base is None:
        base = split_extension(name)[0]
    return f"{base}_file{name[len(base) :].lstrip(' ')}"


def _visible(name: str) -> str:
    """A leading dot would hide the name, or climb out of its directory."""
    return f"_{name[1:]}" if name.startswith(".") else name


def _shortened(name: str, limit: int) -> str:
    """At most `limit` bytes, cut between characters, without the trailing dots or blanks a cut may bare."""
    raw = name.encode()
    return name if len(raw) <= limit else raw[:limit].decode(errors="ignore").rstrip(" .")
