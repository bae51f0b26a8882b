"""Splits: how a shop's own events become a past to learn from and a future to be judged on.

One file per split, its name is its name. Each has
``split(data, *, target="purchase", again=False, ...) -> tuple[Split, ...]``, one fold or several,
and raises :class:`~prodsim_cli.errors.InputError` with the reason where the events don't allow it.
``again``: products that a user had before are right answers, too (what is bought *next*, not what
is bought *anew*). Further keywords that a split may have: ``at``, ``windows``, ``seed``.
"""
