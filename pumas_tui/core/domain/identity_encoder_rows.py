"""Rows for encoders of text and sound: sentence embeddings, rerankers, speech. Names of transformers."""

from typing import Final

from pumas_tui.core.domain.identity_rules import Row, Size

_WORDS: Final = "embeddings.word_embeddings.weight"
_BERT: Final = "encoder.layer.#.attention.self.query.weight"
_HEADS: Final = (
    "classifier.*",
    "cls.*",
    "qa_outputs.*",
    "lm_head.*",
    "pre_classifier.*",
    "generator_predictions.*",
)
_EMBEDDING: Final = {"model_type": "embedding"}


def _vocabulary(family: str, least: int, most: int) -> Row:
    """A BERT-like encoder whose number of words tells the family."""
    return Row(
        f"{family}-words-{most}",
        f"as many words as {family} has",
        {**_EMBEDDING, "family": family},
        0.8,
        every=(_WORDS, _BERT),
        none=(*_HEADS, "decoder.*"),
        sizes=(Size(_WORDS, 0, least, most),),
    )


ROWS: Final = (
    Row(
        "bert-encoder",
        "encoder of BERT without a task head",
        _EMBEDDING,
        0.85,
        every=(_WORDS, _BERT),
        none=(*_HEADS, "decoder.*"),
        sizes=(Size(_WORDS, 0, 10_000, 300_000),),
    ),
    _vocabulary("bert", 28_996, 30_522),
    _vocabulary("bert", 21_128, 21_128),
    _vocabulary("roberta", 50_265, 50_265),
    _vocabulary("xlm-roberta", 250_002, 250_002),
    Row(
        "mpnet-encoder",
        "encoder of MPNet without a task head",
        {**_EMBEDDING, "family": "mpnet"},
        0.85,
        every=(_WORDS, "encoder.layer.#.attention.attn.q.weight"),
        none=_HEADS,
    ),
    Row(
        "bert-reranker",
        "BERT with one score",
        {"model_type": "reranker", "family": "bert"},
        0.85,
        every=("bert." + _BERT, "classifier.weight"),
        sizes=(Size("classifier.weight", 0, 1, 1),),
    ),
    Row(
        "roberta-reranker",
        "RoBERTa with one score",
        {"model_type": "reranker", "family": "roberta"},
        0.85,
        every=("roberta." + _BERT, "classifier.out_proj.weight"),
        sizes=(Size("classifier.out_proj.weight", 0, 1, 1),),
    ),
    Row(
        "silero-vad",
        "spectrum, LSTM cell and final convolution of Silero VAD",
        {"model_type": "audio", "family": "silero-vad"},
        0.9,
        every=("stft_conv.weight", "lstm_cell.weight_ih", "final_conv.weight", "conv4.weight"),
        sizes=(Size("stft_conv.weight", 0, 258, 258), Size("lstm_cell.weight_ih", 1, 128, 128)),
    ),
    Row(
        "whisper",
        "encoder and decoder of Whisper",
        {"model_type": "audio", "family": "whisper"},
        0.95,
        every=("model.encoder.conv1.weight", "model.decoder.layers.#.encoder_attn.k_proj.weight"),
    ),
)
