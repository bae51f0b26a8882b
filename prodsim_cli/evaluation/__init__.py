"""Evaluation: which method is best on this shop, by its own future or by known answers.

``tasks`` holds one module a task (``recommend similar search pairs``), each from a dataset to a
scorecard: ``trained_tables`` (made without the future), ``run`` (lists of every method), ``judge``
(figures by question), ``bootstrap`` and ``verdict`` (how sure), ``slices``, ``report``. ``compare``
holds a run against an earlier one. Nothing here writes what a customer reads.
"""
