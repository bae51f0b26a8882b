"""Any sentence-transformers model, by its hub name or by its folder (Reimers & Gurevych 2019)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from prodsim_cli.embedders import Embedder, _transformer

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_HUB_SECONDS = "5"
_WEIGHTS = (".safetensors", ".bin", ".npz", ".onnx", ".h5")


def load(model: str) -> Embedder:
    """Load by hub name or folder; a name that can't be reached is one clear InputError."""
    folder = os.path.isdir(model)
    if not folder:
        # A hub that does not answer would be asked for minutes. Read when the hub is imported.
        os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", _HUB_SECONDS)
        os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", _HUB_SECONDS)
    with _transformer.quiet():
        cached = not folder and _check_hub(model)
        loaded, precision = _transformer.open_model(model, local=folder or cached)
    weights = _weights_hash(Path(model)) if folder else ""
    return Embedder(
        name=model,
        revision=_revision(loaded) or weights[:16] or model,
        dimension=_transformer.dimension(loaded),
        weights_hash=weights,
        precision=precision,
        forward=_transformer.forward(loaded),
    )


def _check_hub(model: str) -> bool:
    """True if a copy lies in the cache of this machine; else ask the hub once for the model."""
    from huggingface_hub import constants, model_info, try_to_load_from_cache
    from huggingface_hub.errors import RepositoryNotFoundError

    names = [model] if "/" in model else [f"sentence-transformers/{model}", model]
    try:
        if any(isinstance(try_to_load_from_cache(name, "modules.json"), str) for name in names):
            return True
    except ValueError:
        raise _transformer.unreachable(model, "it is neither a folder nor a hub name.") from None
    if constants.HF_HUB_OFFLINE:
        why = "it is no folder, and the hub is switched off (HF_HUB_OFFLINE)."
        raise _transformer.unreachable(model, why)
    why = "it is no folder, and the hub has no model of this name."
    for name in names:
        try:
            model_info(name, timeout=float(_HUB_SECONDS))
            return False
        except RepositoryNotFoundError:
            continue
        except _transformer.failures() as problem:
            why = f"it is no folder, and the hub cannot be reached ({type(problem).__name__})."
            break
    raise _transformer.unreachable(model, why)


def _weights_hash(folder: Path) -> str:
    """sha256 over the weights in a folder, '' where there are none."""
    files = sorted(file for file in folder.rglob("*") if file.suffix in _WEIGHTS)
    return _transformer.sha256_of(files) if files else ""


def _revision(model: SentenceTransformer) -> str:
    """The commit that the hub gave, '' where there is none."""
    card = getattr(model, "model_card_data", None)
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    commit = getattr(card, "base_model_revision", None) or getattr(config, "_commit_hash", None)
    return str(commit or "")
