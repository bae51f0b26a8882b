"""Slices: the main figure on parts of the questions and answers, beside a plain loop."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from evaluation_shop import AT, run_eval, write_aisles
from evaluation_worlds import DAY, shop, two_aisles

from prodsim_cli.evaluation.report import ReportOptions
from prodsim_cli.evaluation.slices import Part, parts_of, with_languages
from prodsim_cli.evaluation.tasks import recommend
from prodsim_cli.evaluation.trained_tables import EvalRequest
from prodsim_cli.protocol.splitting import SplitRequest

K = 5
DAY_OF_SPLIT = 50 * DAY
CATEGORIES = ["tools", "toys", None]
LANGUAGES = ["en", "de"]


def events_of(seed: int = 5):
    """40 people, 30 products: a few that everybody buys, many that hardly anybody does."""
    random = np.random.default_rng(seed)
    taste = 1 / (1 + np.arange(30)) ** 1.2
    events = []
    for person in range(40):
        for _ in range(int(random.integers(2, 30))):
            item = int(random.choice(30, p=taste / taste.sum()))
            kind = "view" if random.random() < 0.2 else "purchase"
            at = int(random.integers(0, 100)) * DAY + person
            events.append((f"u{person:02d}", f"p{item:02d}", kind, at))
    return sorted(events, key=lambda event: (event[3], event[0], event[1]))


@pytest.fixture(scope="module")
def judged():
    data = shop(events_of(), items=[f"p{n:02d}" for n in range(30)])
    columns = {
        "category": [CATEGORIES[n % 3] for n in range(30)],
        "lang": [LANGUAGES[n % 2] for n in range(30)],
    }
    data = replace(data, columns={**data.columns, **columns})
    where = SplitRequest(None, "1970-02-20", None, None, False)
    wish = EvalRequest(("cosine", "bm25"), learn=False)
    return recommend.judged(data, where, wish, ReportOptions((K,)))


def plain():
    """What each person had and got, by SKU; who has to do with each product."""
    past, bought, later, people = (defaultdict(set) for _ in range(4))
    for user, item, kind, at in events_of():
        if at < DAY_OF_SPLIT:
            past[user].add(item)
            people[item].add(user)
            if kind == "purchase":
                bought[user].add(item)
        elif kind == "purchase":
            later[user].add(item)
    right = {
        user: {item for item in items if item in people and item not in bought[user]}
        for user, items in later.items()
        if past[user]
    }
    return past, people, {user: items for user, items in right.items() if items}


def ndcg(shown: list[str], right: set[str]) -> float:
    """Binary gains, logarithmic discount, over the best that a list of K could do."""
    gain = sum(1 / math.log2(n + 2) for n, item in enumerate(shown[:K]) if item in right)
    return gain / sum(1 / math.log2(n + 2) for n in range(min(K, len(right))))


def expected_parts() -> dict[tuple[str, str], tuple[set[str], set[str]]]:
    """Part -> people and products that it keeps."""
    past, people, right = plain()
    items = [f"p{n:02d}" for n in range(30)]
    known = sorted((item for item in items if people[item]), key=lambda i: (-len(people[i]), i))
    head = set(known[: math.ceil(len(known) / 5)])
    cold = {item for item in items if len(people[item]) < 5}
    parts = {
        ("products", "head (top 20%)"): (set(right), head),
        ("products", "tail"): (set(right), set(items) - head),
        ("evidence", "cold (< 5 people)"): (set(right), cold),
        ("evidence", "warm"): (set(right), set(items) - cold),
    }
    for kind, names, step in (("category", CATEGORIES, 3), ("language", LANGUAGES, 2)):
        for place, name in enumerate(names):
            if name:
                parts[kind, name] = (set(right), {f"p{n:02d}" for n in range(place, 30, step)})
    for low, high, name in ((1, 4, "1-4"), (5, 19, "5-19"), (20, 99, "20-99")):
        users = {user for user in right if low <= len(past[user]) <= high}
        if users:
            parts["history", name] = (users, set(items))
    return parts


def test_every_slice_is_that_of_a_plain_loop(judged):
    _, _, right = plain()
    assert set(judged.queries) == set(right)
    parts = expected_parts()
    found = {(part.kind, part.name): part for part in judged.card.slices}
    assert set(found) == set(parts)
    assert {kind for kind, _ in found} == {
        "products", "evidence", "category", "language", "history"
    }  # fmt: skip
    for key, (users, items) in parts.items():
        asked = {user: right[user] & items for user in users if right[user] & items}
        assert found[key].queries == len(asked)
        assert found[key].answers == sum(map(len, asked.values()))
        for method, lists in judged.lists.items():
            values = [
                ndcg([judged.items[p] for p in lists[row] if p >= 0], asked[user])
                for row, user in enumerate(judged.queries)
                if user in asked
            ]
            assert found[key].methods[method].mean == pytest.approx(np.mean(values), abs=1e-12)


def test_the_parts_of_a_kind_make_the_whole(judged):
    _, _, right = plain()
    answers = sum(map(len, right.values()))
    by_kind = defaultdict(list)
    for part in judged.card.slices:
        by_kind[part.kind].append(part)
    for kind in ("products", "evidence", "language"):
        assert sum(part.answers for part in by_kind[kind]) == answers
    assert sum(part.queries for part in by_kind["history"]) == len(right)


def test_intervals_hold_their_means_and_few_people_have_wide_ones(judged):
    wide = {}
    for part in judged.card.slices:
        value = part.methods["cosine"]
        assert value.low <= value.mean <= value.high
        wide[part.name] = value.high - value.low
    assert wide["tail"] > 0


class Asking:
    """Just enough of the questions for the parts."""

    def __init__(self, data, answers, candidates=None):
        import scipy.sparse as sp

        self.train = data
        self.answers = sp.csr_matrix(answers)
        n = len(data)
        self.candidates = np.ones(n, bool) if candidates is None else candidates
        self.history = None

    def __len__(self):
        return self.answers.shape[0]


def test_only_the_eight_categories_with_the_most_answers_are_shown():
    data = shop([], items=[f"p{n:02d}" for n in range(12)])
    data = replace(data, columns={**data.columns, "category": [f"c{n:02d}" for n in range(12)]})
    answers = np.tril(np.ones((12, 12)))[:, ::-1]  # p11 is right for all, p00 for one
    parts = parts_of(Asking(data, answers))
    assert list(parts) == [Part("category", f"c{n:02d}") for n in range(11, 3, -1)]
    queries, items = parts[Part("category", "c11")]
    assert queries.all()
    assert np.flatnonzero(items).tolist() == [11]


def test_one_category_alone_is_no_slice():
    data = shop([], items=["a", "b"])
    data = replace(data, columns={**data.columns, "category": ["x", None]})
    assert parts_of(Asking(data, np.ones((1, 2)))) == {}


def test_products_that_nobody_knows_have_no_head():
    """As in the split `cold`, where candidates are those without a past."""
    data = shop(two_aisles()[:4], items=[f"a{n}" for n in range(6)])
    unknown = np.array([False] * 4 + [True] * 2)
    assert parts_of(Asking(data, np.ones((1, 6)), unknown)) == {}
    kinds = {part.kind for part in parts_of(Asking(data, np.ones((1, 6))))}
    assert kinds == {"products", "evidence"}


def test_a_kind_with_one_part_is_the_whole_and_is_not_shown(tmp_path):
    import json

    database = write_aisles(tmp_path / "shop.db")
    words = ("--at", AT, "--methods", "cosine", "-k", "2", "-f", "json")
    slices = json.loads(run_eval(database, *words).stdout)["slices"]
    # everybody has four products, every product twelve or more people
    assert {part["kind"] for part in slices} == {"products", "category"}


class TestLanguages:
    TITLES = ("Grüne Tasse für Kinder", "Blue mug with a handle", "红色 保温杯", None, "12 x 40")

    def test_titles_tell_what_the_catalogue_does_not(self):
        data = shop([], items=list("abcde"), titles=self.TITLES)
        told, notes = with_languages(data)
        assert told.columns["lang"] == ["de", "en", "zh", None, None]
        assert notes == ["The languages of 4 titles were found by their words."]
        assert data.columns.get("lang") is None

    def test_what_the_catalogue_says_stays(self):
        data = shop([], items=list("abcde"), titles=self.TITLES)
        data = replace(data, columns={**data.columns, "lang": ["fr", *[None] * 4]})
        assert with_languages(data)[0].columns["lang"] == ["fr", "en", "zh", None, None]
        full = replace(data, columns={**data.columns, "lang": ["fr"] * 5})
        assert with_languages(full) == (full, [])

    def test_a_shop_of_one_language_has_no_such_slice(self, tmp_path):
        database = write_aisles(tmp_path / "shop.db")
        result = run_eval(database, "--at", AT, "--methods", "cosine", "-k", "2", "--slices")
        assert "The languages of 12 titles were found by their words." in result.stderr
        assert "language" not in result.stdout
        assert "aisle a" in result.stdout
