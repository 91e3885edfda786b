"""Which repository a file is from: words of names, order of candidates, what size and hash prove."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain import matching
from pumas_tui.core.domain.hub_values import HubFile, HubModel
from pumas_tui.core.domain.matching import Subject, SubjectFile
from pumas_tui.core.domain.vocabulary import Trust
from pumas_tui.core.flows.identifying import alike

A, B = "a" * 64, "b" * 64


def subject(name: str, size: int = 100, sha256: str = A) -> Subject:
    return Subject(name.rpartition(".")[0], (SubjectFile(name, size, sha256),))


def repo(
    repo_id: str, path: str = "", size: int | None = None, sha256: str = "", downloads: int = 0
) -> HubModel:
    files = (HubFile(path, size, sha256),) if path else ()
    return HubModel(repo_id, files=files, downloads=downloads)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Meta-Llama-3-8B-Instruct-Q4_K_M.gguf", "meta llama 3 8b instruct"),
        ("llama-3.1-70b-instruct-q8_0-00001-of-00005.gguf", "llama 3.1 70b instruct"),
        ("sd_xl_base_1.0.safetensors", "sd xl base 1.0"),
        ("flux1-dev-fp8-e4m3fn.safetensors", "flux1 dev"),
        ("mistral-7b-v0.1.Q5_K_S.gguf", "mistral 7b"),
        ("Qwen2.5-7B-Instruct-IQ3_XXS.gguf", "qwen2.5 7b instruct"),
        ("realisticVisionV60B1_v51.safetensors", "realistic vision v60b1"),
        ("big.model.safetensors.part1", "big model"),
        ("模型-fp16.gguf", "模型"),
        ("fp16.safetensors", "fp16"),
    ],
)
def test_a_name_without_how_it_is_packed(name: str, words: str) -> None:
    assert " ".join(matching.words_of(name)) == words


@given(st.text(max_size=80))
def test_any_name_gives_at_most_two_short_searches(name: str) -> None:
    terms = matching.search_terms(Subject(name, (SubjectFile(name, 1),)))
    assert len(terms) <= 2
    assert all(len(term.split()) <= 6 for term in terms)


def test_a_file_called_like_thousands_is_searched_by_the_models_name() -> None:
    nameless = Subject("Tiny Llama", (SubjectFile("model.safetensors", 1),))
    assert matching.search_terms(nameless)[0] == "tiny llama"


def test_candidates_by_likeness_then_by_downloads() -> None:
    found = [
        repo("x/other-thing", downloads=9000),
        repo("a/mistral-7b", downloads=5),
        repo("b/mistral-7b", downloads=50),
        repo("B/Mistral-7B", downloads=50),
    ]
    order = matching.ranked(subject("mistral-7b-Q4_K_M.gguf"), found, alike)
    assert [model.repo_id.lower() for model in order] == ["b/mistral-7b", "a/mistral-7b", "x/other-thing"]


CASES = [
    # path, size and hash over there -> badge
    ("mistral-7b.gguf", 100, A, Trust.VERIFIED),
    ("another-name.gguf", 100, A, Trust.VERIFIED),
    ("mistral-7b.gguf", 100, B, Trust.MODIFIED),
    ("mistral-7b.gguf", 99, B, Trust.MODIFIED),
    ("Mistral_7B.gguf", None, "", Trust.HIGH),
    ("mistral-7b.gguf", 100, "", Trust.HIGH),
    ("mistral-7b.gguf", 99, "", Trust.LOW),
    ("mistral-7b-Q8_0.gguf", 400, B, Trust.LOW),
    ("mistral-7b-Q8_0.safetensors", 100, B, Trust.MODIFIED),
]


@pytest.mark.parametrize(("path", "size", "sha256", "badge"), CASES)
def test_badges_of_one_candidate(path: str, size: int | None, sha256: str, badge: Trust) -> None:
    compared = matching.compare(
        subject("mistral-7b.gguf"), repo("org/mistral-7b", path, size, sha256), alike, proven=True
    )
    assert compared.trust is badge


def test_before_its_hash_is_known_the_right_name_and_size_are_high() -> None:
    unhashed = subject("mistral-7b.gguf", sha256="")
    compared = matching.compare(unhashed, repo("org/x", "mistral-7b.gguf", 100, B), alike, proven=True)
    assert compared.trust is Trust.HIGH
    assert compared.hash_equal is None
    other = matching.compare(unhashed, repo("org/x", "mistral-7b.gguf", 99, B), alike, proven=True)
    assert other.trust is Trust.MODIFIED, "another size cannot be the same content"


def test_the_same_common_name_proves_nothing() -> None:
    nameless = Subject("my lora", (SubjectFile("model.safetensors", 100, A),))
    compared = matching.compare(nameless, repo("org/bert", "model.safetensors", 100, B), alike, proven=True)
    assert compared.trust is Trust.NONE


def test_the_surest_counts_and_says_why() -> None:
    own = subject("mistral-7b.gguf")
    low = matching.compare(own, repo("a/mistral-7b-chat"), alike, proven=False)
    sure = matching.compare(own, repo("b/x", "m.gguf", 100, A), alike, proven=True)
    best = matching.best([low, sure])
    assert best is sure
    assert "SHA-256 equal" in matching.evidence(sure)
    assert matching.best([matching.compare(own, repo("c/zzz"), alike, proven=False)]) is None


def test_related_files_are_what_is_missing_of_the_same_model() -> None:
    files = (
        "m-00001-of-00002.gguf",
        "m-00002-of-00002.gguf",
        "config.json",
        "vae/v.safetensors",
        "README.md",
    )
    model = HubModel("org/m", files=tuple(HubFile(path, 1) for path in files))
    found = matching.related(subject("m-00001-of-00002.gguf"), model)
    assert [(r.file.path, r.kind) for r in found] == [
        ("m-00002-of-00002.gguf", "shard"),
        ("config.json", "config"),
        ("vae/v.safetensors", "vae"),
    ]
