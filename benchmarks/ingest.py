"""Ingest beside ``sqlite3 .import`` and ``sqlite-utils insert`` over the same CSV, in one run.

    python benchmarks/ingest.py [events.csv.gz] [--runs 3]

Prints wall time and peak memory of each (least of the runs, taken in turn) and the ratio of prodsim
to ``.import``, which reads no date, cleans nothing and writes text columns. The bar of the project:
at most 5 times the wall time of ``.import`` and at most 1 GB.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "online_retail" / "events.csv.gz"


def measure(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak resident MB of a finished child; its output is thrown away."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)} failed:\n{said.decode(errors='replace')}")
    return wall, usage.ru_maxrss / 1024


def unpack(source: Path, target: Path) -> None:
    opener = gzip.open if source.suffix == ".gz" else open
    with opener(source, "rb") as packed, target.open("wb") as plain:
        shutil.copyfileobj(packed, plain)


def commands(plain: Path, folder: Path) -> dict[str, list[str]]:
    """Each competitor as a command that starts from no database."""
    found = {
        "prodsim ingest --no-build": [
            *(sys.executable, "-m", "prodsim_cli", "--db", str(folder / "prodsim.db")),
            *("ingest", str(plain), "--no-build"),
        ]
    }
    if shutil.which("sqlite3"):
        found["sqlite3 .import"] = [
            *("sqlite3", str(folder / "import.db")),
            *("-cmd", ".mode csv", f".import {plain} events"),
        ]
    found["sqlite-utils insert --csv"] = [
        *(sys.executable, "-m", "sqlite_utils", "insert", str(folder / "utils.db"), "events"),
        *(str(plain), "--csv"),
    ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    best: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = folder / "events.csv"
        unpack(arguments.file, plain)
        for _ in range(arguments.runs):
            for label, command in commands(plain, folder).items():
                for old in folder.glob("*.db*"):
                    old.unlink()
                wall, memory = measure(command)
                before = best.get(label, (wall, 0.0))
                best[label] = (min(wall, before[0]), max(memory, before[1]))
    for label, (wall, memory) in best.items():
        print(f"{label:28} {wall:7.2f} s {memory:8.0f} MB")
    if "sqlite3 .import" in best:
        ratio = best["prodsim ingest --no-build"][0] / best["sqlite3 .import"][0]
        print(f"prodsim / .import: {ratio:.2f} (bar: 5 or less)")


if __name__ == "__main__":
    main()
