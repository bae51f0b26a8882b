"""A cold `prodsim similar SKU -f json` beside `llm similar` and beside nothing, in one run.

    python benchmarks/similar.py [--db shop.db --sku SKU] [--products 50000] [--runs 7]

Prints CPU seconds (user + system of the whole process, median of the runs, taken in turn) of

- ``python -c "import click, sqlite3"``: the floor of any command line with a database,
- ``prodsim similar SKU -f json`` on a database that is built already,
- ``llm similar COLLECTION SKU`` over the same products with vectors of 384 dimensions,

for the database given (else Online Retail, read for the purpose) and for a synthetic catalogue.
``llm`` is installed into a virtual environment of its own in a temporary folder; its collection is
filled with the vectors of the database (random ones for the synthetic shop), so that it embeds
nothing. Bars of the project: at most 2.5 times the floor; 8 times less than llm, 30 times less at
50,000 products.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "online_retail" / "events.csv.gz"
FLOOR = [sys.executable, "-c", "import click, sqlite3"]
DIMENSION = 384
WORDS = [
    a + b for a in ("ka", "lo", "mi", "nu", "pe", "ri", "so") for b in ("ba", "de", "fo", "gu")
]


def cpu_seconds(command: list[str], **environment: str) -> float:
    """User + system seconds of one finished child."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, env={**os.environ, **environment})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or (command is not FLOOR and not done.stdout):
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')}")
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def install_llm(folder: Path) -> Path:
    """The `llm` command in a virtual environment of its own."""
    venv.create(folder / "llm", with_pip=True)
    binaries = folder / "llm" / "bin"
    subprocess.run([binaries / "python", "-m", "pip", "install", "-qq", "llm"], check=True)
    return binaries / "llm"


def vectors_of(database: Path) -> list[tuple[str, bytes]]:
    """(sku, vector) of every item; a random vector where the database has no text model."""
    rng = random.Random(0)
    shop = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    rows = shop.execute(
        """select i.sku, v.vector from items i left join vectors v on v.entity_id = i.id
           and v.space = (select name from artifacts where kind = 'space' limit 1)"""
    ).fetchall()
    shop.close()

    def vector() -> bytes:
        return struct.pack(f"<{DIMENSION}f", *(rng.gauss(0, 1) for _ in range(DIMENSION)))

    return [(sku, stored or vector()) for sku, stored in rows]


def fill_llm(llm: Path, home: Path, database: Path) -> None:
    """An embeddings.db of llm's own making, with our vectors in it."""
    home.mkdir()
    script = (
        "import llm, sqlite_utils, sys; db = sqlite_utils.Database(sys.argv[1]);"
        "llm.Collection('shop', db, model_id='3-small')"  # named, never asked
    )
    python = str(llm.parent / "python")
    subprocess.run([python, "-c", script, str(home / "embeddings.db")], check=True)
    db = sqlite3.connect(home / "embeddings.db")
    (collection,) = db.execute("select id from collections").fetchone()
    db.executemany(
        "insert into embeddings (collection_id, id, embedding, content_hash, updated)"
        " values (?, ?, ?, ?, 0)",
        ((collection, sku, vector, sku.encode()) for sku, vector in vectors_of(database)),
    )
    db.commit()
    db.close()


def synthetic(folder: Path, products: int) -> tuple[Path, str]:
    """A built database of that many products with made-up titles, words only."""
    rng = random.Random(1)
    catalog = folder / "catalog.csv"
    with catalog.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sku", "title", "price"])
        for number in range(products):
            title = " ".join(rng.choices(WORDS, k=5)) + f" {rng.randrange(10_000)}"
            writer.writerow([f"P{number}", title, round(rng.uniform(1, 99), 2)])
    return ingested(catalog, folder / "synthetic.db", "--no-lm"), "P7"


def ingested(source: Path, database: Path, *options: str) -> Path:
    """The database of a file, built."""
    command = [sys.executable, "-m", "prodsim_cli", "--db", str(database), "ingest", str(source)]
    subprocess.run([*command, *options, "-q"], check=True, stdout=subprocess.DEVNULL)
    return database


def compare(label: str, database: Path, sku: str, llm: Path, folder: Path, runs: int) -> None:
    home = folder / f"llm-{label}"
    fill_llm(llm, home, database)
    prodsim = [str(Path(sys.executable).with_name("prodsim")), "--db", str(database)]
    commands = {
        "import click, sqlite3": (FLOOR, {}),
        "prodsim similar": ([*prodsim, "similar", sku, "-f", "json"], {}),
        "llm similar": ([str(llm), "similar", "shop", sku], {"LLM_USER_PATH": str(home)}),
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, (command, environment) in commands.items():
            spent = cpu_seconds(command, **environment)
            if run:  # the first run warms the caches
                seconds[name].append(spent)
    floor, ours, theirs = (statistics.median(values) for values in seconds.values())
    print(f"{label}: {len(vectors_of(database)):,} products, median of {runs} runs, CPU seconds")
    for name, values in seconds.items():
        print(f"  {name:24} {statistics.median(values):.3f}")
    print(f"  prodsim / floor {ours / floor:.2f} (bar 2.5), llm / prodsim {theirs / ours:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--db", type=Path)
    parser.add_argument("--sku", default="85123A")
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        llm = install_llm(folder)
        shop = arguments.db or ingested(DEFAULT, folder / "online_retail.db")
        compare("given", shop, arguments.sku, llm, folder, arguments.runs)
        if arguments.products:
            database, sku = synthetic(folder, arguments.products)
            compare("synthetic", database, sku, llm, folder, arguments.runs)


if __name__ == "__main__":
    main()
