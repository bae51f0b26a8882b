"""What every text model promises, whichever file was added last."""

from __future__ import annotations

import socket

import numpy as np
import pytest

from prodsim_cli import embedders, registry
from prodsim_cli.embedders import Embedder
from prodsim_cli.embedders.minilm import folder

TEXTS = ["Red enamel mug", "Mug, red, enamel", "", "Steel garden rake", "红色杯子", "a.jpg", "  "]


def load(name: str) -> Embedder:
    return embedders.load(str(folder()) if name == "sentence_transformer" else name)


@pytest.fixture(scope="module", params=registry.names("embedders"))
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return load(request.param)


@pytest.mark.slow
def test_rows_are_unit_vectors_and_blank_texts_are_zero(embedder: Embedder) -> None:
    vectors = embedder.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    lengths = np.linalg.norm(vectors, axis=1)
    blank = np.array([not text.strip() for text in TEXTS])
    assert lengths[~blank] == pytest.approx(1, abs=1e-5)
    assert (lengths[blank] == 0).all()


def test_the_same_texts_give_the_same_bytes(embedder: Embedder) -> None:
    assert embedder.encode(TEXTS).tobytes() == embedder.encode(TEXTS).tobytes()


def test_a_text_does_not_depend_on_its_company(embedder: Embedder) -> None:
    together = embedder.encode(TEXTS)
    alone = np.concatenate([embedder.encode([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1)[[0, 1, 3, 4, 5]] == pytest.approx(1, abs=1e-3)


def test_alike_is_nearer_than_unlike(embedder: Embedder) -> None:
    mug, other_mug, _, rake, *_ = embedder.encode(TEXTS)
    assert mug @ other_mug > mug @ rake


def test_it_says_what_it_is(embedder: Embedder) -> None:
    assert embedder.revision
    assert embedder.precision in ("float32", "bfloat16")


def test_nothing_is_printed(embedder: Embedder, capfd: pytest.CaptureFixture[str]) -> None:
    embedder.encode(TEXTS)
    assert capfd.readouterr() == ("", "")


def test_no_texts_no_rows(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, embedder.dimension)


@pytest.mark.parametrize("name", registry.names("embedders"))
def test_no_network_is_touched(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    assert load(name).encode(["https://shop.example/mug.jpg"]).any()


@pytest.mark.parametrize("name", registry.names("embedders"))
def test_loading_prints_nothing(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    load(name).encode(["mug"])
    assert capfd.readouterr() == ("", "")
