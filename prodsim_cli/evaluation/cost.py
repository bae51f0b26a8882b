"""What a piece of work costs: seconds, and the most memory beyond what was in use before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
_EVERY = 0.005
"""Seconds between two looks at the memory: a peak that is shorter can be missed."""


@dataclass(frozen=True)
class Spent:
    """``peak_mb``: resident memory (MB) above that at the beginning."""

    seconds: float
    peak_mb: float


IDLE = Spent(0.0, 0.0)


def spent(work: Callable[[], T]) -> tuple[T, Spent]:
    """Do the work and say what it cost. The memory is that of the whole process, sampled."""
    import gc

    import psutil

    process = psutil.Process()
    gc.collect()
    before = peak = process.memory_info().rss
    over = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(_EVERY):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    begun = time.perf_counter()
    try:
        result = work()
    finally:
        seconds = time.perf_counter() - begun
        over.set()
        watcher.join()
    return result, Spent(seconds, (max(peak, process.memory_info().rss) - before) / 1e6)
