"""The search language and the tokens: what a person types finds what a person means, and nothing raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumas_tui.core.domain.query import (
    MAX_TEXT,
    MAX_WORDS,
    Filter,
    FilterField,
    Query,
    fold,
    fts_text,
    joins,
    parse,
    pieces,
    tokens,
    type_names,
)


def _found_by(name: str, typed: str) -> bool:
    stored = tokens(name)
    return all(
        any(token.startswith(term) for token in stored) for w in parse(typed).words for term in w.terms
    )


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Llama-3.1-8b-Instruct", "llama"),
        ("Llama-3.1-8b-Instruct", "3.1"),
        ("Llama-3.1-8b-Instruct", "8b"),
        ("Llama-3.1-8b-Instruct", "llama3"),
        ("Llama-3.1-8b-Instruct", "llama-3.1-8b"),
        ("Llama-3.1-8b-Instruct", "LLAMA_3.1_8B_INSTRUCT"),
        ("Llama-3.1-8b-Instruct", "instr lla"),
        ("mistral-7B-v0.3.Q4_K_M", "q4_k"),
        ("mistral-7B-v0.3.Q4_K_M", "q4km"),
        ("mistral-7B-v0.3.Q4_K_M", "7b"),
        ("mistral-7B-v0.3.Q4_K_M", "v0.3"),
        ("sd_xl_base_1.0_fp16", "fp16"),
        ("sd_xl_base_1.0_fp16", "sdxl"),
        ("sd_xl_base_1.0_fp16", "base-1.0"),
        ("Café Déjà", "cafe deja"),
        ("水墨画风格", "墨画"),
        ("水墨画风格模型合集", "水墨画风格模型"),
    ],
)
def test_typed_words_meet_stored_tokens(name: str, typed: str) -> None:
    assert _found_by(name, typed)


@pytest.mark.parametrize(
    ("name", "typed"),
    [("qwen-37b", "7b"), ("llama-31b", "3.1"), ("qwen-7b-chat", "chat-7b"), ("flux", "fluxx")],
)
def test_other_words_do_not(name: str, typed: str) -> None:
    assert not _found_by(name, typed)


def test_filters() -> None:
    query = parse('type:LoRAs family:flux tag:"Line Art" trust:verified tier:pickle app:comfyui unlinked')
    assert query.words == ()
    assert query.filters == (
        Filter(FilterField.TYPE, ("loras", "lora")),
        Filter(FilterField.FAMILY, ("flux",)),
        Filter(FilterField.TAG, ("line art",)),
        Filter(FilterField.TRUST, ("verified",)),
        Filter(FilterField.TIER, ("pickle",)),
        Filter(FilterField.APP, ("comfyui",)),
        Filter(FilterField.UNLINKED),
    )


@pytest.mark.parametrize(
    ("text", "op", "amount"),
    [
        ("size:>4g", ">", 4e9),
        ("size:<=1.5gb", "<=", 1.5e9),
        ("size:>=512mi", ">=", 512 * 1024**2),
        ("size:<100", "<", 100.0),
        ("added:<7d", "<", 7 * 86400.0),
        ("added:>2w", ">", 14 * 86400.0),
    ],
)
def test_measures(text: str, op: str, amount: float) -> None:
    (found,) = parse(text).filters
    assert (found.op, found.amount) == (op, amount)


@pytest.mark.parametrize("text", ["size:4g", "size:>x", "trust:maybe", "colour:red", "added:>1q", "tier:"])
def test_what_is_no_filter_is_no_error(text: str) -> None:
    assert parse(text).filters == ()


def test_a_filter_being_typed_hides_nothing() -> None:
    assert parse("type:") == Query()
    assert parse("flux -").words == parse("flux").words


def test_negation_and_phrases() -> None:
    query = parse('"stable diffusion" -inpaint -type:vae -"not this"')
    phrase, word, other = query.words
    assert phrase.exact and phrase.terms == ("stable", "diffusion") and not phrase.negated
    assert word.negated and word.terms == ("inpaint",)
    assert other.negated and other.exact
    assert query.filters == (Filter(FilterField.TYPE, ("vae", "vaes"), negated=True),)
    assert query.name == "stable diffusion"


def test_an_open_quote_is_an_ordinary_word() -> None:
    (word,) = parse('"stab').words
    assert word.terms == ("stab",) and not word.exact


def test_singular_and_plural() -> None:
    assert set(type_names("text-encoder")) == {"text_encoder", "text_encoders"}
    assert set(type_names("loras")) == {"lora", "loras"}


@given(st.text(max_size=80))
def test_nothing_is_a_syntax_error(text: str) -> None:
    query = parse(text)
    assert len(query.words) + len(query.filters) <= MAX_WORDS
    for word in query.words:
        word.text.encode()
        assert all(term and set(term).isdisjoint('"*(){}:^\0 ') for term in word.terms)


def test_a_pasted_file_is_cut() -> None:
    assert len(parse("word " * 100_000).words) <= MAX_WORDS
    assert sum(len(word.text) for word in parse("x" * 100_000).words) <= MAX_TEXT


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_stored_text_is_text_that_can_be_stored(name: str) -> None:
    stored = fts_text([fold(name)], [name], [name])
    for text in (stored.names, stored.words, stored.joins, stored.plain):
        text.encode()


@given(st.text(max_size=40))
def test_a_whole_name_finds_itself(name: str) -> None:
    plain = name.replace('"', " ").replace(":", " ").replace("-", " ")
    assert _found_by(plain, plain)


def test_pieces_and_joins_of_a_hex_digest_are_bounded() -> None:
    digest = "a1" * 500
    assert len(joins(digest)) <= 24
    assert pieces(digest) == [digest]
