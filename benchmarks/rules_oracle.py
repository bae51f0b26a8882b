"""Random --where expressions on a built database against plain Python, and how long they take.

    python benchmarks/rules_oracle.py --db shop.db [--expressions 1000] [--methods hybrid,cosine]

For each expression: the products that pass equal those of an oracle that goes through dictionaries
(tests/rule_worlds.py), and the answer of `similar` is the whole order of the shop, filtered, with
min(k, matching) rows. Stops at the first difference with the smallest expression that shows it.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from contextlib import closing
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from rule_worlds import expressions, holds, products

from prodsim_cli.queries.ranking.live import Live
from prodsim_cli.queries.ranking.pipeline import admitted, answer
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.similar import SimilarItems
from prodsim_cli.store.artifacts import Built
from prodsim_cli.store.connection import open_for_reading


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--expressions", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--methods", default="hybrid")
    asked = parser.parse_args()
    seconds: list[float] = []
    sizes: list[int] = []
    with closing(open_for_reading(asked.db)) as connection:
        rows = products(connection)
        built = Built(connection)
        live = Live(connection, built)
        ids = [row["id"] for row in rows]
        seeds = random.Random(1).sample(ids, asked.seeds)

        def ask(method: str, seed: int, rules: Rules, k: int) -> list[tuple[int, float]]:
            candidates = SimilarItems(connection, built, method, [seed], live)
            found = answer(connection, candidates, rules, k, [seed])
            return [(row.item_id, row.score) for row in found.rows]

        every = Rules(all_stock=True, variants=True)
        methods = asked.methods.split(",")
        whole = {(m, seed): ask(m, seed, every, len(rows)) for m in methods for seed in seeds}

        @settings(
            max_examples=asked.expressions,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(
            expressions(rows),
            st.sampled_from(methods),
            st.sampled_from(seeds),
            st.sampled_from([1, 10, 100, len(rows)]),
        )
        def check(expression: tuple[tuple, str], method: str, seed: int, k: int) -> None:
            tree, text = expression
            rules = Rules(where=(text,), variants=True)
            good = {r["id"] for r in rows if holds(tree, r) and r["in_stock"] in (1, None)}
            assert admitted(connection, rules) == good, text
            begun = time.perf_counter()
            found = ask(method, seed, rules, k)
            seconds.append(time.perf_counter() - begun)
            sizes.append(len(good))
            expected = [pair for pair in whole[method, seed] if pair[0] in good]
            assert len(expected) == len(good - {seed}), text
            assert found == expected[:k], text

        check()
    print(f"{len(seconds):,} expressions on {len(rows):,} products, {asked.seeds} questions: equal")
    print(f"matching: median {statistics.median(sizes):,.0f}, none {sizes.count(0):,} times")
    print(f"seconds: median {statistics.median(seconds):.4f}, largest {max(seconds):.3f}")


if __name__ == "__main__":
    main()
