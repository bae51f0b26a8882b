"""A sentence encoder of the BERT family in numpy, float32: a few short texts without torch.

Devlin et al. 2019, BERT (the network is the encoder of Vaswani et al. 2017); Reimers & Gurevych
2019, Sentence-BERT (mean pooling). ``import torch`` takes seconds, a query of five words here some
milliseconds; for a whole catalogue torch is faster.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

TOKENS = 2_048
"""Tokens of one pass. Changes the memory, not the answer."""


@dataclass(frozen=True)
class Network:
    """Weights by their name in the file, and the shape of the network."""

    weights: Mapping[str, Floats]
    layers: int
    heads: int
    epsilon: float

    def linear(self, x: Floats, name: str) -> Floats:
        """x W^T + b, with W as (out, in)."""
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def normed(self, x: Floats, name: str) -> Floats:
        """Ba et al. 2016, Layer Normalization, eq. 4: each token to mean 0 and variance 1."""
        x = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + np.float32(self.epsilon))
        return x / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def embedded(self, ids: NDArray[np.intp]) -> Floats:
        """(n, t) token ids -> (n, t, d): word + place + first sentence (Devlin, figure 2)."""
        w, name = self.weights, "embeddings"
        places = w[f"{name}.position_embeddings.weight"][: ids.shape[1]]
        x = w[f"{name}.word_embeddings.weight"][ids] + places
        return self.normed(x + w[f"{name}.token_type_embeddings.weight"][0], f"{name}.LayerNorm")

    def attention(self, x: Floats, name: str) -> Floats:
        """Vaswani, eq. 1, in every head: softmax(Q K^T / sqrt(d_head)) V."""
        n, t, d = x.shape
        q, k, v = (
            self.linear(x, f"{name}.self.{part}").reshape(n, t, self.heads, -1).swapaxes(1, 2)
            for part in ("query", "key", "value")
        )
        logits = q @ k.swapaxes(2, 3) / np.float32(np.sqrt(d // self.heads))
        shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        return self.linear((shares @ v).swapaxes(1, 2).reshape(n, t, d), f"{name}.output.dense")

    def vectors(self, ids: NDArray[np.intp]) -> Floats:
        """(n, t) ids of texts with t tokens each -> (n, d): the mean over the last layer's tokens.

        Each block is x + attention, normed, then x + two linear maps with a GELU between, normed.
        """
        x = self.embedded(ids)
        for layer in range(self.layers):
            name = f"encoder.layer.{layer}"
            seen = self.attention(x, f"{name}.attention")
            x = self.normed(x + seen, f"{name}.attention.output.LayerNorm")
            inner = gelu(self.linear(x, f"{name}.intermediate.dense"))
            inner = self.linear(inner, f"{name}.output.dense")
            x = self.normed(x + inner, f"{name}.output.LayerNorm")
        mean: Floats = x.mean(axis=1)
        return mean


def gelu(x: Floats) -> Floats:
    """x Phi(x), Phi the normal distribution function (Hendrycks & Gimpel 2016, eq. 1).

    erf after Abramowitz & Stegun 1964, 7.1.26, |error| <= 1.5e-7; ``import scipy.special`` would
    take longer than all the rest.
    """
    z = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = np.zeros_like(t)
    for a in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + np.float32(a)) * t
    tail = series * np.exp(-z * z)  # 1 - erf(|x| / sqrt 2)
    out: Floats = np.maximum(x, 0) - np.float32(0.5) * np.abs(x) * tail
    return out


def forward(folder: Path) -> Callable[[list[str]], Floats]:
    """Texts to vectors (n, d), not yet of unit length, from a sentence-transformers folder.

    Texts are grouped by their number of tokens, so nothing is padded and no mask is needed. One
    thread: at the size of a query several wait for each other (0.4 s in place of 0.03 s).
    """
    from threadpoolctl import threadpool_limits
    from tokenizers import Tokenizer

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    longest = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest["max_seq_length"])
    shape = (config[key] for key in ("num_hidden_layers", "num_attention_heads", "layer_norm_eps"))
    network = Network(mapped(folder / "model.safetensors"), *shape)

    def run(texts: list[str]) -> Floats:
        ids = [tokens.ids for tokens in tokenizer.encode_batch(texts)]
        vectors = np.zeros((len(texts), config["hidden_size"]), np.float32)
        counts = np.array([len(row) for row in ids])
        for count in np.unique(counts).tolist():
            same = np.flatnonzero(counts == count)
            step = max(1, TOKENS // count)
            for part in (same[at : at + step] for at in range(0, len(same), step)):
                with threadpool_limits(1, user_api="blas"):
                    vectors[part] = network.vectors(np.array([ids[i] for i in part]))
        return vectors

    return run


def vocabulary(folder: Path) -> Callable[[str], bool]:
    """Whether a word is one token; the file is read when the first word is asked for."""

    @cache
    def known() -> frozenset[str]:
        return frozenset((folder / "vocab.txt").read_text(encoding="utf-8").split())

    return lambda word: word in known()


def mapped(file: Path) -> dict[str, Floats]:
    """float32 tensors of a safetensors file by name, mapped: only what is used is read.

    The file is a length (8 bytes, little-endian), a JSON header of that length, and the numbers.
    """
    with file.open("rb") as opened:
        held = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    start = 8 + int.from_bytes(held[:8], "little")
    header: dict[str, Any] = json.loads(held[8:start])
    return {
        name: np.frombuffer(
            held, "<f4", int(np.prod(about["shape"])), start + about["data_offsets"][0]
        ).reshape(about["shape"])
        for name, about in header.items()
        if about.get("dtype") == "F32"
    }
