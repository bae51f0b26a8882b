"""Any sentence-transformers model, by its hub name or by its folder (Reimers & Gurevych 2019)."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.embedders._base import Embedder
from prodsim_cli.errors import InputError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 64
_HUB_SECONDS = "5"


def load(model: str) -> Embedder:
    """Load by hub name or folder; a name that can't be reached is one clear sentence."""
    with quiet():
        loaded, precision = open_model(model)
    return Embedder(
        name=model,
        revision=_revision(loaded, model),
        dimension=dimension(loaded),
        weights_hash="",
        precision=precision,
        forward=forward(loaded),
    )


def open_model(model: str, *, offline: bool = False) -> tuple[SentenceTransformer, str]:
    """The model in bfloat16 where the processor computes in it, and the precision taken."""
    if not os.path.isdir(model) and not offline:
        # Without these a hub that does not answer is asked for minutes.
        os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", _HUB_SECONDS)
        os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", _HUB_SECONDS)
        _check_hub(model)
    import torch
    from sentence_transformers import SentenceTransformer

    precision = torch.bfloat16 if has_bfloat16() else torch.float32
    try:
        loaded = SentenceTransformer(
            model, model_kwargs={"dtype": precision}, local_files_only=os.path.isdir(model)
        )
    except (OSError, ValueError, KeyError, TypeError, ImportError) as problem:
        first = str(problem).strip().splitlines()[0] if str(problem).strip() else repr(problem)
        raise unreachable(model, first) from None
    loaded.eval()
    return loaded, str(precision).removeprefix("torch.")


def unreachable(model: str, why: str) -> InputError:
    """The sentence for a model that can't be had."""
    return InputError(
        f"The model {model!r} cannot be loaded: {why}",
        hint="Give the folder of a sentence-transformers model, or a built-in one:"
        " --model minilm, multilingual or hashing.",
    )


def _check_hub(model: str) -> None:
    """Ask the hub once whether it has the model, unless a copy lies in the local cache."""
    from huggingface_hub import constants, model_info, try_to_load_from_cache

    names = [model] if "/" in model else [f"sentence-transformers/{model}", model]
    try:
        if any(isinstance(try_to_load_from_cache(name, "config.json"), str) for name in names):
            return
    except ValueError as problem:
        raise unreachable(model, f"it is neither a folder nor a hub name ({problem}).") from None
    if constants.HF_HUB_OFFLINE:
        raise unreachable(model, "it is no folder, and the hub is switched off (HF_HUB_OFFLINE).")
    try:
        model_info(names[0], timeout=float(_HUB_SECONDS))
    except Exception as problem:  # the hub's client raises errors of three libraries
        kind = type(problem).__name__
        raise unreachable(
            model, f"it is no folder, and the hub did not give it ({kind})."
        ) from None


def has_bfloat16() -> bool:
    """True if the processor multiplies bfloat16 natively; emulated it is slower than float32."""
    import torch

    if torch.backends.mps.is_available() or torch.cuda.is_available():
        return bool(torch.cuda.is_available() and torch.cuda.is_bf16_supported())
    capability: Callable[[], dict[str, Any]] | None = getattr(torch.cpu, "get_capabilities", None)
    if capability is not None:
        found = capability()
        return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("bf16"))
    check = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(check is not None and check())


def dimension(model: SentenceTransformer) -> int:
    """d of the model's sentence vectors."""
    size = getattr(model, "get_embedding_dimension", model.get_sentence_embedding_dimension)()
    return int(size or 0)


def forward(model: SentenceTransformer) -> Callable[[list[str]], NDArray[np.floating]]:
    """Texts to vectors, silent and without gradients.

    A multimodal model opens a string that looks like the path or URL of a picture; a cell of a
    shop's file must never do that, and between blanks it looks like neither.
    """
    text_only = list(getattr(model, "modalities", ["text"])) == ["text"]

    def run(texts: list[str]) -> NDArray[np.floating]:
        given = texts if text_only else [f" {text} " for text in texts]
        with quiet():
            vectors: NDArray[np.floating] = model.encode(
                given, batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True
            )
        return vectors

    return run


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries from talking to the person: their bars, advice and warnings."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    loggers = [logging.getLogger(name) for name in ("sentence_transformers", "transformers")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import transformers

            transformers.utils.logging.disable_progress_bar()
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _revision(model: SentenceTransformer, name: str) -> str:
    card = getattr(model, "model_card_data", None)
    commit = getattr(card, "base_model_revision", None)
    config = getattr(model[0], "auto_model", None)
    found = commit or getattr(getattr(config, "config", None), "_commit_hash", None)
    return str(found or name)
