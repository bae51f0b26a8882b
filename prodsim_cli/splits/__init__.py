"""Splits: how a shop's own events become a past to learn from and a future to be judged on.

One file per split, its name is its name. Each has
``split(data, *, target="purchase", ...) -> Split`` and raises
:class:`~prodsim_cli.errors.InputError` with the reason where the events don't allow it.
"""
