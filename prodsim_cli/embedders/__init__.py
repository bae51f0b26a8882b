"""Text models: one file each, with ``load(...) -> Embedder``. Importing this imports no model.

A name that is no file of this folder is a sentence-transformers name or folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prodsim_cli import registry
from prodsim_cli.data.embeddings import normalized

CHARACTERS = 32_768
"""Characters of one batch of short texts: about a second of work, and what a stop can lose."""


@dataclass(frozen=True)
class Embedder:
    """A loaded text model.

    Attributes
    ----------
    name : of the space that its vectors form.
    revision : version of the model; another one makes stored vectors stale.
    dimension : d, length of a vector.
    weights_hash : sha256 of the weights, '' where there are none or they have no single file.
    precision : number format of the computation (``bfloat16``, ``float32``).
    forward : texts (none of them blank, each valid UTF-8) -> (n, d) array.
    has_token : True for a lower-case word that is one token of the model, so no misspelling.
    """

    name: str
    revision: str
    dimension: int
    weights_hash: str
    precision: str
    forward: Callable[[list[str]], NDArray[np.floating]] = field(repr=False)
    has_token: Callable[[str], bool] = field(default=lambda word: False, repr=False)

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


def resolve(model: str) -> tuple[str, dict[str, str]]:
    """Plug-in and its settings for the value of ``--model``."""
    if model in registry.names("embedders") and model != "sentence_transformer":
        return model, {}
    return "sentence_transformer", {"model": model}


def load(model: str) -> Embedder:
    """Load a model by the value of ``--model``; raises InputError where it can't be had."""
    plugin, settings = resolve(model)
    embedder: Embedder = registry.load("embedders", plugin).load(**settings)
    return embedder


def load_for_queries(model: str) -> Embedder:
    """The same for a few short texts: quick to start, slow over a catalogue, without torch.

    Its vectors have a cosine of .999 and more with those of :func:`load`. A plug-in without
    ``load_for_queries()`` is loaded as it is.
    """
    plugin, settings = resolve(model)
    module = registry.load("embedders", plugin)
    embedder: Embedder = getattr(module, "load_for_queries", module.load)(**settings)
    return embedder


def batches(texts: Sequence[str], size: int = 64) -> Iterator[list[int]]:
    """Positions of the distinct non-blank texts in batches, by length, then text.

    A batch holds ``size`` texts, and more while they are short, up to :data:`CHARACTERS` in all, so
    that little is padded. The cut depends on the texts only, so a run that was stopped cuts the
    same batches when it goes on. Of equal texts the first position stands.
    """
    first: dict[str, int] = {}
    for position, text in enumerate(texts):
        if text.strip():
            first.setdefault(text, position)
    batch: list[int] = []
    characters = 0
    for text in sorted(first, key=lambda text: (len(text), text)):
        if len(batch) >= size and characters + len(text) > CHARACTERS:
            yield batch
            batch, characters = [], 0
        batch.append(first[text])
        characters += len(text)
    if batch:
        yield batch
