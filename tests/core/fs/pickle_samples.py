"""Pickles that try to get past a scanner, written as raw bytes. None of them is ever loaded here.

Each shape was used against a scanner in the open: wrong sums and flags in zips, members under other names,
pickles cut off behind the call, imports built from memo slots, numbers instead of names.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support.containers import PathLike, pickle_zip, raw_file

CALL = b"cos\nsystem\n(Vtrue\ntR"  # os.system("true"), in protocol 0
EVIL = b"\x80\x02" + CALL + b"."
CLEAN = b"\x80\x02}q\x00X\x01\x00\x00\x00wq\x01K\x01s."
_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


def text(value: bytes) -> bytes:
    """The opcode that pushes a short string."""
    return b"\x8c" + bytes((len(value),)) + value


def zipped(path: PathLike, members: Sequence[tuple[str, bytes]]) -> str:
    """A stored zip of these members, as torch.save makes one."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return str(path)


def _torch(pickle: bytes, *more: tuple[str, bytes]) -> list[tuple[str, bytes]]:
    return [("a/data.pkl", pickle), ("a/version", b"3\n"), ("a/data/0", b"\0" * 16), *more]


def _patched(path: PathLike, old: bytes, new: bytes, count: int = -1) -> str:
    place = Path(path)
    content = place.read_bytes()
    assert old in content and len(old) == len(new)
    place.write_bytes(content.replace(old, new, count))
    return str(path)


def plain_call(path: Path) -> str:
    return zipped(path, _torch(EVIL))


def old_instance(path: Path) -> str:
    return raw_file(path, b"\x80\x02(Vtrue\nios\nsystem\n.")


def from_the_memo(path: Path) -> str:
    """Module and name are put away, other strings pushed, then both are fetched again."""
    put = (
        text(b"os")
        + b"\x94"
        + text(b"system")
        + b"\x94"
        + text(b"collections")
        + text(b"OrderedDict")
        + b"00"
    )
    return zipped(path, _torch(b"\x80\x04" + put + b"00h\x00h\x01\x93" + text(b"true") + b"\x85R."))


def from_an_empty_memo_slot(path: Path) -> str:
    return raw_file(path, b"\x80\x04h\x07h\x08\x93" + text(b"true") + b"\x85R.")


def cut_off(path: Path) -> str:
    """The call is made before the loader finds that STOP is missing."""
    return raw_file(path, b"\x80\x02" + CALL)


def broken_behind_the_call(path: Path) -> str:
    return zipped(path, _torch(b"\x80\x02" + CALL + b"0\xff\xff\xff."))


def broken_before_anything(path: Path) -> str:
    """Nothing but bytes that no opcode has: what a scanner reports as clean because it found no import."""
    return zipped(path, _torch(b"\x80\x02\xff\xff" + CALL + b"."))


def second_pickle(path: Path) -> str:
    return raw_file(path, CLEAN + EVIL)


def behind_the_magic_number(path: Path) -> str:
    """torch's old form, in which a later pickle of the row is the evil one."""
    return raw_file(path, _MAGIC + b"\x80\x02M\xe9\x03." + b"\x80\x02}." + EVIL + b"\x80\x02]." + b"\0" * 64)


def by_number(path: Path) -> str:
    """EXT1: an import that the loading program's registry resolves."""
    return raw_file(path, b"\x80\x02\x82\x01(Vtrue\ntR.")


def unheard_of(path: Path) -> str:
    """A function that no list of evil ones has."""
    return zipped(path, _torch(b"\x80\x02cmy.plugin\nrun\n(Vtrue\ntR."))


def wrong_sum(path: Path) -> str:
    """zipfile stops at the wrong CRC, loaders that do not look go on."""
    zipped(path, _torch(EVIL))
    return _patched(path, struct.pack("<I", zlib.crc32(EVIL)), b"\1\2\3\4")


def flagged_as_encrypted(path: Path) -> str:
    zipped(path, _torch(EVIL))
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + offset] |= 1
    path.write_bytes(content)
    return str(path)


def other_name_inside(path: Path) -> str:
    """The name before the member is not the one in the directory."""
    zipped(path, _torch(EVIL))
    return _patched(path, b"a/data.pkl", b"a/data.txt", 1)


def under_another_ending(path: Path) -> str:
    return zipped(path, _torch(CLEAN, ("a/extra.bin", EVIL)))


def zip_in_the_zip(path: Path) -> str:
    inner = plain_call(path.with_name("inner"))
    return zipped(path, _torch(CLEAN, ("a/inner.pt", Path(inner).read_bytes())))


def two_zips(path: Path) -> str:
    """Readers that start in front see the evil one, readers that start behind the clean one."""
    first = Path(plain_call(path.with_name("first"))).read_bytes()
    second = Path(zipped(path.with_name("second"), _torch(CLEAN))).read_bytes()
    return raw_file(path, first + second)


def zip_with_a_tail(path: Path) -> str:
    plain = Path(zipped(path.with_name("plain"), _torch(CLEAN))).read_bytes()
    return raw_file(path, plain + EVIL)


def name_with_a_nul(path: Path) -> str:
    zipped(path, [("a/data.pkl", CLEAN), ("a/dataXpkl", EVIL)])
    return _patched(path, b"a/dataXpkl", b"a/data\0pkl")


def more_than_fits(path: Path) -> str:
    """The call comes after more opcodes than any check reads."""
    return zipped(path, _torch(b"\x80\x02" + b"N0" * 400_000 + CALL + b"."))


MALICIOUS: tuple[Callable[[Path], str], ...] = (
    plain_call, old_instance, from_the_memo, from_an_empty_memo_slot, cut_off, broken_behind_the_call,
    broken_before_anything, second_pickle, behind_the_magic_number, by_number, unheard_of, wrong_sum,
    flagged_as_encrypted, other_name_inside, under_another_ending, zip_in_the_zip, two_zips, zip_with_a_tail,
    name_with_a_nul, more_than_fits,
)  # fmt: skip

_TENSOR = (
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nHalfStorage\nX\x01\x00\x00\x000"
    b"X\x03\x00\x00\x00cpuK\x08tQK\x00K\x08\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
)


def torch_zip(path: Path) -> str:
    """A state dict of one tensor."""
    return zipped(path, _torch(b"\x80\x02}X\x01\x00\x00\x00w" + _TENSOR + b"s.", ("a/byteorder", b"little")))


def torch_legacy(path: Path) -> str:
    """The same as torch wrote it before 1.6: five pickles, then the weights."""
    state = b"\x80\x02}X\x01\x00\x00\x00w" + _TENSOR + b"s."
    return raw_file(
        path, _MAGIC + b"\x80\x02M\xe9\x03." + b"\x80\x02}." + state + b"\x80\x02]." + b"\xff" * 64
    )


HARMLESS: tuple[Callable[[Path], str], ...] = (torch_zip, torch_legacy, pickle_zip)
