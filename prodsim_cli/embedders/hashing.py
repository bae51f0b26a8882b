"""Character n-grams hashed into 512 dimensions: no weights, numpy only (Weinberger et al. 2009)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.embedders import Embedder

DIMENSION = 512
SIZES = (2, 3, 4)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_PRIME = np.uint64(1099511628211)
_OFFSET = np.uint64(14695981039346656037)


def load() -> Embedder:
    """Nothing to load; the hash is FNV-1a over code points, the same on every machine."""
    return Embedder(
        name="hashing",
        revision="fnv1a-mixed-2-4",
        dimension=DIMENSION,
        weights_hash="",
        precision="float32",
        forward=encode,
    )


def encode(texts: list[str]) -> NDArray[np.floating]:
    """(n, 512) float32: signed counts of the n-grams of each text, one blank around each word."""
    spaced = [" " + " ".join(text.casefold().split()) + " " for text in texts]
    lengths = np.array([len(text) for text in spaced])
    points = np.frombuffer("".join(spaced).encode("utf-32-le"), "<u4").astype(np.uint64)
    owner = np.repeat(np.arange(len(texts)), lengths)
    vectors = np.zeros((len(texts), DIMENSION), np.float32)
    for size in SIZES:
        if len(points) < size:
            continue
        starts = np.arange(len(points) - size + 1)
        starts = starts[owner[starts] == owner[starts + size - 1]]
        hashed = np.full(len(starts), _OFFSET)
        for step in range(size):
            hashed = (hashed ^ points[starts + step]) * _PRIME
        # After so few steps the high bits hardly differ: mix them (the finaliser of MurmurHash3).
        hashed ^= hashed >> np.uint64(33)
        hashed *= _MIX
        hashed ^= hashed >> np.uint64(33)
        sign = np.where(hashed >> np.uint64(63), 1.0, -1.0).astype(np.float32)
        column = ((hashed >> np.uint64(32)) % np.uint64(DIMENSION)).astype(np.intp)
        np.add.at(vectors, (owner[starts], column), sign)
    return vectors
