"""From a shop's own past to a :class:`~prodsim_cli.scoring.blend.Blend`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.progress import stage
from prodsim_cli.protocol.histories import UserHistories, constants
from prodsim_cli.protocol.relevance import Relevance
from prodsim_cli.protocol.splits._split import Split
from prodsim_cli.protocol.testset import TestSet, product_questions, user_questions
from prodsim_cli.scoring.blend import Blend
from prodsim_cli.scoring.coefficients import EVIDENCE, FEW, MANY, NONE
from prodsim_cli.scoring.over_arrays import Parts, Scores, evidence_of, parts
from prodsim_cli.scoring.weighting import CONSTANTS, FLAT, USERS
from prodsim_cli.similarity import _user_knn as people
from prodsim_cli.similarity import content_first, method
from prodsim_cli.tuning import validation
from prodsim_cli.tuning.score_matrix import ScoreMatrix, gathered, matrix_of_rows, scale_of
from prodsim_cli.tuning.selection import adds, adjust, select
from prodsim_cli.tuning.settings import (
    Judge,
    K,
    Methods,
    Tuned,
    built,
    ndcg_of_rows,
    ndcg_of_users,
    tune,
    with_history_weighting,
)

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress

TASKS = ("recommend", "similar")
POPULAR = "popularity"
_LARGE = 600_000
"""Events above which a sample of the people is learned from, and fewer values are tried."""


def learn(
    data: Dataset,
    methods: Methods,
    *,
    tasks: Collection[str] = TASKS,
    target: str = "purchase",
    again: bool = False,
    seed: int = 42,
    weigh: bool = True,
    progress: Progress | None = None,
) -> Blend | None:
    """Settings, memories and weights from a validation window inside ``data``.

    ``tasks``: what is learned for. ``weigh`` False: only settings and memories. None where the
    events allow no window, or one with fewer than ``validation.ENOUGH`` questions.
    """
    sampled = len(data.events) > _LARGE
    if sampled:
        data, methods = validation.sample(data, _LARGE, seed), replace(methods, quick=True)
    window = validation.window(data, "time" if data.events.timed else "last", target, again, seed)
    if window is None:
        return None
    blend, past = Blend(), _Past(data, window, methods, seed, weigh, progress)
    if "recommend" in tasks or not data.events.timed:
        blend = _for_people(blend, past)
    if "similar" in tasks:
        blend = _for_products(blend, past)
    if not blend.evidence:
        return None
    sample = (f"a sample of {len(data.events):,} events",) if sampled else ()
    return replace(blend, evidence=(*blend.evidence, *sample))


@dataclass(frozen=True)
class _Past:
    """What is learned from: a shop, the window inside it, and the methods that may help."""

    data: Dataset
    window: Split
    methods: Methods
    seed: int
    weigh: bool
    progress: Progress | None

    def asked(self, window: Split, *, of_products: bool = True) -> TestSet | None:
        """Some questions of a window about products, or users; None where they are too few."""
        if of_products:
            testset, _ = product_questions(self.data, window)
        else:
            testset = user_questions(self.data, window)
        testset = validation.some(testset, self.seed)
        return testset if len(testset) >= validation.ENOUGH else None

    def tuned(
        self,
        task: str,
        data: Dataset,
        judge: Judge,
        finish: Callable[[Tuned], Tuned] = lambda tuned: tuned,
    ) -> dict[str, Tuned]:
        """Every method with the settings that suit a task best, on a training part."""
        methods = self.methods
        done = stage(self.progress, f"learning: settings to {task}", len(methods.names), "methods")
        out: dict[str, Tuned] = {}
        for name in content_first(methods.names):
            build = partial(built, methods, name, data)
            out[name] = finish(tune(build, methods.space(name, data), judge))
            if method(name).content_based:
                data = data.with_neighbors(name, out[name].table, learned=False)
            done(1)
        return out


def _for_people(blend: Blend, past: _Past) -> Blend:
    """Settings, memories and weights of ``recommend``, by the evidence there is for a candidate."""
    methods = past.methods
    testset = past.asked(past.window, of_products=False)
    if testset is None:
        return blend
    testset = replace(testset, train=methods.prepare(testset.train))
    histories, right = UserHistories(testset), Relevance(testset.answers, K)
    tuned = past.tuned(
        "recommend",
        testset.train,
        lambda table: ndcg_of_users(table, histories, FLAT, right),
        lambda one: with_history_weighting(one, histories, right),
    )
    blend = replace(
        blend,
        settings={**blend.settings, "recommend": _settings(tuned)},
        memory={name: one.memory for name, one in tuned.items() if one.memory != FLAT},
        evidence=(*blend.evidence, validation.in_words(len(testset), "users", past.window)),
        scales={name: scale_of(one.table) for name, one in tuned.items()},
    )
    if not past.weigh:
        return blend
    personal, scale = _people_alike(testset, methods)
    blend = replace(blend, scales={**blend.scales, **scale})
    made = parts(
        {name: one.table for name, one in tuned.items()},
        {name: histories(one.memory) for name, one in tuned.items()},
        constants(testset),
        testset.candidates,
        personal,
    )
    stage(past.progress, "learning: weights to recommend", 1, "")
    matrix = _matrix_of_people(
        made, testset, evidence_of(testset.train.events.people(len(past.data)))
    )
    weights = select(matrix, CONSTANTS)
    words = [name for name in tuned if method(name).content_based]
    learned = {
        MANY: weights,
        FEW: adjust(matrix, weights, EVIDENCE.index(FEW)),
        NONE: {name: weights[name] for name in weights if name in words}
        or dict.fromkeys(words, 1.0),
    }
    return replace(blend, recommend=learned if weights else {})


def _people_alike(testset: TestSet, methods: Methods) -> tuple[dict[str, Scores], dict[str, float]]:
    """What people alike have, by its name, and the scale of their likeness; empty without it."""
    if not methods.people or people.unable(testset.train):
        return {}, {}
    table = people.people_alike(testset.train, methods.fixed)
    scores = people.answering(table, testset.train, testset.subjects)
    return {USERS: scores}, {USERS: scale_of(table)}


def _settings(tuned: Mapping[str, Tuned]) -> dict[str, dict[str, Any]]:
    return {name: one.settings for name, one in tuned.items() if one.settings}


def _matrix_of_people(made: Parts, testset: TestSet, kind: NDArray[np.int8]) -> ScoreMatrix:
    n = len(testset.candidates)

    def scores(some: slice) -> NDArray[np.float32]:
        size = some.stop - some.start
        return np.stack(
            [np.broadcast_to(made.scores(name, some), (size, n)) for name in made.names]
        )

    return gathered(made.names, testset, scores, kind)


def _for_products(blend: Blend, past: _Past) -> Blend:
    """Settings and weights of ``similar``, by the evidence there is for the product asked about.

    Judged by what shares a later order or session; without times the weights of ``recommend`` stand
    in. What learns from events counts only where it tells more than popularity and the words do: in
    a shop without any order in what people buy, products bought together are popular products.
    """
    methods, timed = past.methods, past.data.events.timed
    testset = past.asked(past.window) if timed else None
    if testset is None:
        return _standing_in(blend, past)
    testset = replace(testset, train=methods.prepare(testset.train))
    right = Relevance(testset.answers, K)
    tuned = past.tuned("similar", testset.train, lambda table: ndcg_of_rows(table, testset, right))
    blend = replace(
        blend,
        settings={**blend.settings, "similar": _settings(tuned)},
        scales={name: scale_of(one.table) for name, one in tuned.items()},
        evidence=(*blend.evidence, validation.in_words(len(testset), "products", past.window)),
    )
    if not past.weigh:
        return blend
    stage(past.progress, "learning: weights for similar products", 1, "")
    evidence = evidence_of(testset.train.events.people(len(past.data)))
    tables = {name: one.table for name, one in tuned.items()}
    words = [name for name in tuned if method(name).content_based]
    popular = {POPULAR: constants(testset)[POPULAR]}
    if not adds(matrix_of_rows(tables, testset, evidence, popular), [*words, POPULAR]):
        methods = replace(methods, names=tuple(words))
    if not methods.names:
        return blend
    kept = {name: table for name, table in tables.items() if name in methods.names}
    matrix = matrix_of_rows(kept, testset, evidence)
    shared = select(matrix, words)
    mine = evidence[testset.subjects]
    weights = {MANY: shared, FEW: shared}
    for kind in (MANY, FEW):
        some = mine == EVIDENCE.index(kind)
        if some.sum() >= validation.ENOUGH:
            weights[kind] = adjust(matrix.only(some), shared)
    weights[NONE] = _for_new(replace(past, methods=methods), blend) or {
        name: weight for name, weight in shared.items() if method(name).content_based
    }
    return replace(blend, similar=_none_silent(weights, words))


def _none_silent(
    weights: Mapping[str, Mapping[str, float]], words: Collection[str]
) -> dict[str, Mapping[str, float]]:
    """Weights of ``similar`` with words alike in classes that nothing else speaks for."""
    return {kind: table or dict.fromkeys(words, 1.0) for kind, table in weights.items()}


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights without those of popularity and of people alike, adding up to 1."""
    left = {name: weight for name, weight in weights.items() if name not in (*CONSTANTS, USERS)}
    return {name: round(weight / sum(left.values()), 6) for name, weight in left.items()}


def _standing_in(blend: Blend, past: _Past) -> Blend:
    """Weights of ``similar`` where nothing can be learned for it: those of ``recommend``."""
    shares = {kind: _shares(table) for kind, table in blend.recommend.items()}
    words = [name for name in past.methods.names if method(name).content_based]
    weights = _none_silent(shares, words)
    settings = blend.settings.get("recommend", {})
    return replace(blend, similar=weights, settings={**blend.settings, "similar": settings})


def _for_new(past: _Past, blend: Blend) -> dict[str, float]:
    """Weights for products without events: those of a fifth of the products made cold."""
    window, methods = past.window, past.methods
    cold = validation.window(past.data, "cold", window.target, window.again, past.seed)
    testset = past.asked(cold) if cold is not None else None
    if testset is None:
        return {}
    tables = {}
    train = methods.prepare(testset.train)
    for name in content_first(methods.names):
        if method(name).content_based or method(name).reaches_new:
            table = built(methods, name, train, blend.settings_of("similar", name))
            tables[name] = table
            if method(name).content_based:
                train = train.with_neighbors(name, table, learned=False)
    if not tables:
        return {}
    people = testset.train.events.people(len(testset.train))
    matrix = matrix_of_rows(tables, testset, evidence_of(people))
    return select(matrix, [name for name in tables if method(name).content_based])
