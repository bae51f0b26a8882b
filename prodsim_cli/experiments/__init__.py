"""Experiments: which method is best on this shop, by its own future or by known answers.

Nothing here writes what a customer reads. One module per task (``recommend``, ``similar``,
``search``, ``pairs``), each from a dataset to a scorecard. The first three share ``splitting``
(which fold), ``leaks`` (nobody sees the future), ``training`` (tables made without it), ``running``
(lists of every method), ``judging`` (figures by question), ``intervals`` and ``verdict`` (how
sure), ``slices`` and ``summary``. First floor.
"""

from prodsim_cli.experiments.pairs import evaluate_pairs
from prodsim_cli.experiments.pairs_file import Pairs, pairs_of, read_pairs
from prodsim_cli.experiments.recommend import evaluate

__all__ = ["Pairs", "evaluate", "evaluate_pairs", "pairs_of", "read_pairs"]
