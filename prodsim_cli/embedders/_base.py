"""What an embedder is: a named, versioned function from texts to unit vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.embeddings import normalized


def _nothing(word: str) -> bool:
    return False


@dataclass(frozen=True)
class Embedder:
    """A loaded text model.

    Attributes
    ----------
    name : name of the space that its vectors form.
    revision : version of the model; another one makes stored vectors stale.
    dimension : d, length of a vector.
    weights_hash : sha256 of the weights, '' where there are none or they have no single file.
    precision : number format of the computation (``bfloat16``, ``float32``).
    forward : texts (none of them blank, each valid UTF-8) -> (n, d) array; the house does the rest.
    knows : True for a word, in small letters, that the model has whole, not in pieces: one that is
        common in what it has read, and so no slip.
    """

    name: str
    revision: str
    dimension: int
    weights_hash: str
    precision: str
    forward: Callable[[list[str]], NDArray[np.floating]] = field(repr=False)
    knows: Callable[[str], bool] = field(default=_nothing, repr=False)

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """(n, d) float32: rows of unit length, a zero row for a blank text.

        Half a surrogate pair (a word of a command line that is no UTF-8) is read as ``?``.
        """
        texts = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        filled = [i for i, text in enumerate(texts) if text.strip()]
        if filled:
            made = np.asarray(self.forward([texts[i] for i in filled]), np.float32)
            vectors[filled] = normalized(made)
        return vectors
