"""Experiments: which method is best on this shop, by its own future or by known pairs.

Nothing here writes what a customer reads. One module per task (``recommend``, ``pairs``); between
them they share ``training`` (tables made without the future), ``asking`` (lists for people),
``judging`` (metrics per query), ``intervals`` (bootstrap) and ``verdict`` (the sentence). A task is
one function from a dataset to a :class:`~prodsim_cli.records.Scorecard`. First floor.
"""

from prodsim_cli.experiments.pairs import evaluate_pairs
from prodsim_cli.experiments.pairs_file import Pairs, pairs_of, read_pairs
from prodsim_cli.experiments.recommend import evaluate

__all__ = ["Pairs", "evaluate", "evaluate_pairs", "pairs_of", "read_pairs"]
