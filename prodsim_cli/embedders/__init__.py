"""Text models: one file each, with ``load(...) -> Embedder``. Importing this imports no model.

A name that is no file of this folder is a sentence-transformers name or folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodsim_cli import registry
from prodsim_cli.embedders._base import Embedder

__all__ = ["CHARACTERS", "Embedder", "batches", "load", "questions", "resolve"]

CHARACTERS = 32_768
"""Characters of one batch of short texts: about a second of work, and what a stop can lose."""


def resolve(model: str) -> tuple[str, dict[str, str]]:
    """Plug-in and its settings for the word that a person gives to ``--model``."""
    if model in registry.names("embedders") and model != "sentence_transformer":
        return model, {}
    return "sentence_transformer", {"model": model}


def load(model: str) -> Embedder:
    """Load a model by the word that a person gives; raises InputError where it can't be had."""
    plugin, settings = resolve(model)
    embedder: Embedder = registry.load("embedders", plugin).load(**settings)
    return embedder


def questions(model: str) -> Embedder:
    """The same for a few short texts, without torch where the model can do without.

    Its vectors are those of :func:`load` (a cosine of .999 and more), its start is quick, its speed
    over a whole catalogue is not. A plug-in without ``questions()`` is loaded as it is.
    """
    plugin, settings = resolve(model)
    module = registry.load("embedders", plugin)
    embedder: Embedder = getattr(module, "questions", module.load)(**settings)
    return embedder


def batches(texts: Sequence[str], size: int = 64) -> Iterator[list[int]]:
    """Positions of the distinct non-blank texts, cut by a fixed order: length, then text.

    A batch holds ``size`` texts, and more while they are short, up to :data:`CHARACTERS` in all:
    many titles at once leave little to pad, and a batch of long texts is no long wait. The cut
    depends on nothing but the texts, so a run that was stopped cuts the same batches when it goes
    on. Of equal texts the first position stands.
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
