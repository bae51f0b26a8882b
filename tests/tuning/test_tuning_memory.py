"""A person's past: flat, by steps back, by days; and scores on one scale."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from evaluation_worlds import DAY, shop

from prodsim_cli.scoring.blend import Blend
from prodsim_cli.scoring.over_arrays import Parts, blended, evidence_of, standardized
from prodsim_cli.scoring.weighted_history import remembered
from prodsim_cli.scoring.weighting import HistoryWeighting

EVENTS = [
    ("ann", "a", "purchase", 0),
    ("ann", "b", "purchase", 0),  # one moment: one step
    ("bob", "a", "purchase", 0),
    ("ann", "c", "view", 30 * DAY),
    ("ann", "a", "purchase", 60 * DAY),  # again: the latest counts
    ("ann", "d", "return", 60 * DAY),  # no sign of interest
    (None, "b", "purchase", 60 * DAY),
]


def past(memory, now=None, events=EVENTS, users=(0, 1)):
    data = shop(events)
    asked = np.array(users, np.int32)
    return remembered(data.events, asked, (len(asked), len(data)), memory, now).toarray()


def test_flat_is_one_for_everything_but_returns():
    assert past(HistoryWeighting()).tolist() == [[1, 1, 1, 0], [1, 0, 0, 0]]


def test_steps_are_moments_back_from_the_latest():
    assert past(HistoryWeighting("steps", 0.5)).tolist() == [[1, 0.25, 0.5, 0], [1, 0, 0, 0]]


def test_days_halve_from_now():
    found = past(HistoryWeighting("days", 30.0), now=60 * DAY)
    assert found == pytest.approx(np.array([[1, 0.25, 0.5, 0], [0.25, 0, 0, 0]]))
    assert past(HistoryWeighting("days", 30.0)) == pytest.approx(found)


def test_orders_without_times_have_steps():
    events = [("ann", item, "purchase", None, place) for place, item in enumerate("abc")]
    assert past(HistoryWeighting("steps", 0.5), events=events, users=(0,)).tolist() == [
        [0.25, 0.5, 1]
    ]


def test_people_asked_about_in_another_order():
    assert past(HistoryWeighting(), users=(1,)).tolist() == [[1, 0, 0, 0]]
    assert past(HistoryWeighting(), events=[("ann", "a", "return", 0)], users=(0,)).tolist() == [
        [0]
    ]


def test_scores_are_of_unit_spread_among_the_candidates():
    scores = np.array([[0.0, 2.0, 100.0], [3.0, 3.0, 9.0]])
    candidates = np.array([True, True, False])
    assert standardized(scores, candidates).tolist() == [[0, 2, 100], [0, 0, 0]]


def test_a_blend_is_the_weighted_sum_by_the_class_of_the_candidate():
    table = sp.csr_matrix(np.array([[0, 1.0, 0], [2.0, 0, 0], [0, 0, 0]], np.float32))
    made = Parts(
        tables={"cosine": table},
        histories={"cosine": sp.csr_matrix(np.eye(3, dtype=np.float32))},
        constants={"popularity": np.array([4.0, 2.0, 0.0], np.float32)},
        candidates=np.ones(3, bool),
    )
    evidence = evidence_of(np.array([20.0, 1.0, 0.0]))
    assert evidence.tolist() == [0, 1, 2]
    weights = {"many": {"popularity": 1.0}, "few": {"cosine": 10.0, "popularity": 1.0}}
    given = blended(made, weights, evidence)(slice(0, 3))
    popular = np.array([4, 2, 0]) / np.std([4, 2, 0])
    one = 1 / np.std([0, 1, 0])
    expected = [
        [popular[0], popular[1] + 10 * one, 0],
        [popular[0], popular[1], 0],
        [popular[0], popular[1], 0],
    ]
    assert given == pytest.approx(np.array(expected))


def test_a_blend_survives_its_json():
    import json

    blend = Blend(
        recommend={"many": {"ease": 2.5}},
        similar={"none": {"lexical": 1.0}},
        scales={"ease": 0.1},
        settings={"recommend": {"ease": {"half_life": 30.0}}},
        memory={"ease": HistoryWeighting("steps", 0.8)},
        evidence=("60 users",),
    )
    again = Blend.from_dict(json.loads(json.dumps(blend.as_dict())))
    assert again == blend
    assert again.parts() == ["ease", "lexical"]
    assert again.settings_of("similar", "ease") == {}
