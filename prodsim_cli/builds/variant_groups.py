"""``build`` finds colours and sizes of one product: table ``variants``, artifact of that kind.

What belongs together is in :mod:`prodsim_cli.matching.variants`; it reads titles, SKUs and columns
of the catalogue and no events, so it is as old as ``catalog_version``.
"""

from __future__ import annotations

import time

from prodsim_cli.builds.reports import Stage
from prodsim_cli.builds.state import Build
from prodsim_cli.matching.variants import Product, variants
from prodsim_cli.store import artifacts, writing

KIND = NAME = "variants"
RULES = 1
"""Counted up when other products belong together than before, so that old tables are made anew."""

_LISTED = """select id, source, sku, title, brand, category, attributes from items
             where listed = 1 order by id"""


def group_variants(run: Build) -> None:
    """Bring the groups up to date."""
    settings, version = {"rules": RULES}, run.versions["catalog"]
    if artifacts.recorded(run.connection, NAME, KIND) == (settings, version):
        run.stages.append(Stage(NAME, KIND, "fresh"))
        return
    done = run.progress.stage("colours and sizes")
    begun = time.perf_counter()
    products = (Product(*row) for row in run.connection.execute(_LISTED).fetchall())
    groups = variants(products)
    seconds = time.perf_counter() - begun
    writing.replace_variants(
        run.connection, groups, settings=settings, data_version=version, seconds=seconds
    )
    run.stages.append(Stage(NAME, KIND, "built", len(groups), seconds))
    done(1)
