"""What header readers say of good files, refused files and paths that are no files."""

import os
import socket
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy
import pytest
from safetensors.numpy import save_file

from pumas_tui.core.domain.errors import DiskError
from pumas_tui.core.domain.files import Container
from pumas_tui.core.fs import headers
from tests.support import containers, modelfiles


def test_safetensors_written_by_the_reference(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    tensors = {
        "a.weight": numpy.zeros((3, 5), numpy.float16),
        "b": numpy.zeros((), numpy.int64),
        "empty": numpy.zeros((0, 4), numpy.float32),
        "层.0": numpy.zeros((2,), numpy.bool_),
    }
    save_file(tensors, path, metadata={"format": "np", "quote": 'a "b" \\ \n é 😀'})
    facts = headers.read(str(path))
    assert (facts.container, facts.problem, facts.refuse) == (Container.SAFETENSORS, None, None)
    assert {fact.name: (fact.dtype, fact.shape) for fact in facts.tensors} == {
        "a.weight": ("F16", (3, 5)),
        "b": ("I64", ()),
        "empty": ("F32", (0, 4)),
        "层.0": ("BOOL", (2,)),
    }
    assert facts.metadata == {"format": "np", "quote": 'a "b" \\ \n é 😀'}


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2", "BF16", "F4", "U8", "F64"])
def test_dtypes_of_safetensors(tmp_path: Path, dtype: str) -> None:
    path = containers.safetensors_file(tmp_path / "m.safetensors", {"a": (dtype, (4, 2))})
    (fact,) = headers.read(path).tensors
    assert (fact.dtype, fact.shape) == (dtype, (4, 2))


def test_safetensors_with_spaces_and_another_field_order(tmp_path: Path) -> None:
    text = b'{ "a" : { "data_offsets" : [ 0 , 8 ], "shape" : [ 2 ],\n "dtype" : "F32" } } '
    path = containers.raw_file(tmp_path / "m", struct.pack("<Q", len(text)) + text + b"\0" * 8)
    assert [fact.shape for fact in headers.read(path).tensors] == [(2,)]


def test_a_lone_surrogate_in_metadata_becomes_text_that_can_be_stored(tmp_path: Path) -> None:
    text = rb'{"__metadata__":{"a":"x\ud800y"},"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
    path = containers.raw_file(tmp_path / "m", struct.pack("<Q", len(text)) + text + b"\0")
    assert headers.read(path).metadata == {"a": "x?y"}


def _write_gguf(path: Path, endianess: gguf.GGUFEndian) -> None:
    writer = gguf.GGUFWriter(path, "qwen2", endianess=endianess)
    writer.add_name("Qwen 测试")
    writer.add_context_length(32768)
    writer.add_file_type(15)
    writer.add_rope_freq_base(1000000.0)
    writer.add_bool("some.flag", True)
    writer.add_int64("some.negative", -5)
    writer.add_token_list([f"t{number}" for number in range(70_000)])
    writer.add_array("some.numbers", [1, 2, 3])
    writer.add_tensor("token_embd.weight", numpy.zeros((4, 32), numpy.float16))
    writer.add_tensor("output_norm.weight", numpy.zeros((32,), numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize("endianess", [gguf.GGUFEndian.LITTLE, gguf.GGUFEndian.BIG])
def test_gguf_written_by_the_reference(tmp_path: Path, endianess: gguf.GGUFEndian) -> None:
    path = tmp_path / "m.gguf"
    _write_gguf(path, endianess)
    facts = headers.read(str(path))
    assert (facts.container, facts.problem, facts.refuse) == (Container.GGUF, None, None)
    assert facts.metadata == {
        "general.architecture": "qwen2",
        "general.name": "Qwen 测试",
        "qwen2.context_length": "32768",
        "general.file_type": "15",
        "qwen2.rope.freq_base": "1000000",
        "some.flag": "true",
        "some.negative": "-5",
    }
    assert [(fact.name, fact.dtype, fact.shape) for fact in facts.tensors] == [
        ("token_embd.weight", "F16", (32, 4)),
        ("output_norm.weight", "F32", (32,)),
    ]


def test_gguf_version_2_and_a_vocabulary_without_tensors(tmp_path: Path) -> None:
    path = containers.gguf_file(tmp_path / "v.gguf", "gpt2", {"gpt2.context_length": 1024}, {}, version=2)
    facts = headers.read(path)
    assert (facts.container, facts.tensors, facts.refuse) == (Container.GGUF, (), None)


PICKLES: list[Callable[[Path], str]] = [
    modelfiles.pickle_zip,
    modelfiles.pickle_legacy,
    modelfiles.pickle_bare,
    lambda path: modelfiles.pickle_bare(path, protocol=5),
    lambda path: containers.raw_file(path, b"L119547037146038801333356L\n."),
    lambda path: containers.raw_file(path, b"cposix\nsystem\n(S'true'\ntR."),
]


@pytest.mark.parametrize("write", PICKLES)
def test_pickles_by_content_whatever_they_are_called(tmp_path: Path, write: Callable[[Path], str]) -> None:
    facts = headers.read(write(tmp_path / "model.safetensors"))
    assert (facts.container, facts.problem, facts.refuse) == (Container.PICKLE, None, None)


def test_a_torchscript_zip_is_a_pickle_also_with_the_name_in_capitals(tmp_path: Path) -> None:
    path = tmp_path / "m.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3_000):
            archive.writestr(zipfile.ZipInfo(f"M/code/{number}.py"), b"")
        archive.writestr(zipfile.ZipInfo("M/DATA.PKL"), b".")
    assert headers.read(str(path)).container is Container.PICKLE


def test_onnx_by_its_frame(tmp_path: Path) -> None:
    facts = headers.read(modelfiles.onnx_file(tmp_path / "m.bin"))
    assert facts.container is Container.ONNX
    assert facts.metadata == {"ir_version": "8", "producer_name": "pumas"}


@pytest.mark.parametrize(
    "write", [modelfiles.ggml_file, modelfiles.zip_without_pickle], ids=lambda write: write.__name__
)
def test_other_files_are_unknown_and_no_problem(tmp_path: Path, write: Callable[[Path], str]) -> None:
    facts = headers.read(write(tmp_path / "m.bin"))
    assert (facts.container, facts.problem, facts.refuse) == (Container.UNKNOWN, None, None)


REFUSED: list[tuple[Callable[[Path], str], str]] = [
    (modelfiles.html_file, "web page"),
    (modelfiles.lfs_pointer, "Git LFS pointer"),
    (modelfiles.empty_file, "empty"),
    (modelfiles.truncated_safetensors, "half a download"),
    (lambda path: containers.raw_file(path, b'{"error":"Repository not found"}'), "error message"),
    (lambda path: containers.raw_file(path, b"\xef\xbb\xbf<!-- x -->\n<HTML>"), "web page"),
]


@pytest.mark.parametrize(("write", "words"), REFUSED)
def test_refused_with_the_reason(tmp_path: Path, write: Callable[[Path], str], words: str) -> None:
    assert words in (headers.read(write(tmp_path / "m.safetensors")).refuse or "")


@pytest.mark.parametrize("suffix", [".part", ".incomplete", ".crdownload", ".aria2"])
def test_half_downloads_by_name_and_by_what_is_beside(tmp_path: Path, suffix: str) -> None:
    itself = modelfiles.gguf_file(tmp_path / f"m.gguf{suffix}")
    assert "half a download" in (headers.read(itself).refuse or "")
    beside = modelfiles.gguf_file(tmp_path / "m.gguf")
    assert f"m.gguf{suffix} is beside it" in (headers.read(beside).refuse or "")


def test_a_gguf_whose_weights_end_too_early_is_half_a_download(tmp_path: Path) -> None:
    path = modelfiles.gguf_file(tmp_path / "m.gguf")
    os.truncate(path, Path(path).stat().st_size - 100)
    facts = headers.read(path)
    assert facts.container is Container.GGUF
    assert "half a download" in (facts.refuse or "")


def test_paths_that_are_no_regular_files(tmp_path: Path) -> None:
    fifo = tmp_path / "x.gguf"
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.gguf"))
        expected = {
            str(fifo): "EINVAL",
            str(tmp_path): "EISDIR",
            str(tmp_path / "absent.gguf"): "ENOENT",
            str(fifo / "below"): "ENOTDIR",
            "/dev/null": "EINVAL",
            str(tmp_path / "s.gguf"): "ENXIO",
            str(tmp_path / ("n" * 256)): "ENAMETOOLONG",
            "a\0b": "EINVAL",
        }
        for path, name in expected.items():
            with pytest.raises(DiskError) as caught:
                headers.read(path)
            assert (caught.value.errno_name, caught.value.path) == (name, path)


def test_a_name_of_255_bytes_has_nothing_beside_it(tmp_path: Path) -> None:
    path = modelfiles.gguf_file(tmp_path / ("n" * 250 + ".gguf"))
    assert headers.read(path).refuse is None


def test_links_are_followed(tmp_path: Path) -> None:
    modelfiles.gguf_file(tmp_path / "m.gguf")
    (tmp_path / "link").symlink_to("m.gguf")
    assert headers.read(str(tmp_path / "link")).container is Container.GGUF
