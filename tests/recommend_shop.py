"""A shop with a year of purchases, views and returns, built: for tests of ``recommend``."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from prodsim_cli import builds
from prodsim_cli.builds import BuildOptions

AISLES = ("tea", "mugs", "tools", "yarn", "soap", "lamps")
KINDS = (
    "garden", "travel", "kitchen", "holiday", "country",
    "harbour", "school", "forest", "opera", "desert",
)  # fmt: skip
START = datetime(2011, 1, 3)


def write_files(folder: Path, people: int = 220, seed: int = 3) -> Path:
    """``catalog.csv`` and ``events.csv``; people stay in two aisles, and fashion moves on."""
    random = np.random.default_rng(seed)
    folder.mkdir(exist_ok=True)
    skus = {
        (a, c): f"{aisle.upper()}{c}" for a, aisle in enumerate(AISLES) for c in range(len(KINDS))
    }
    with (folder / "catalog.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sku", "title", "category", "price", "in_stock"])
        for (a, c), sku in skus.items():
            stock = 0 if c == 9 and a < 2 else 1
            writer.writerow([sku, f"{KINDS[c]} {AISLES[a]}", AISLES[a], 2 + c, stock])
        writer.writerow(["NEW1", "woollen garden tea cosy", "tea", 9, 1])
        writer.writerow(["NEW2", "travel mugs with a lid", "mugs", 9, 1])
        writer.writerow(["ODD1", "returned only", "odd", 1, 1])
    with (folder / "events.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user", "sku", "type", "quantity", "at"])
        for person in range(people):
            home = random.choice(len(AISLES), 2, replace=False)
            day = float(random.integers(0, 60))
            for _ in range(int(random.integers(8, 16))):
                day += float(random.exponential(30))
                if day > 360:
                    break
                for _ in range(int(random.integers(1, 4))):
                    aisle = int(
                        random.choice(home if random.random() < 0.85 else [0, 1, 2, 3, 4, 5])
                    )
                    # what is in fashion moves through the kinds
                    kind_ = int((day // 45 + random.integers(0, 4)) % 10)
                    kind = "view" if random.random() < 0.3 else "purchase"
                    at = START + timedelta(days=day)
                    row = [
                        f"u{person:03d}",
                        skus[aisle, kind_],
                        kind,
                        1,
                        at.isoformat("T", "seconds"),
                    ]
                    writer.writerow(row)
                    if kind == "purchase" and random.random() < 0.05:
                        late = (at + timedelta(days=3)).isoformat("T", "seconds")
                        writer.writerow([row[0], row[1], "return", 1, late])
        writer.writerow(["u000", "ODD1", "return", 1, START.isoformat("T", "seconds")])
    return folder


def write_recommend_shop(folder: Path) -> str:
    """The database of these files, built with words but without a language model."""
    path = str(folder / "shop.db")
    builds.ingest(path, [str(write_files(folder / "files"))])
    builds.build(path, BuildOptions(lm=False))
    return path
