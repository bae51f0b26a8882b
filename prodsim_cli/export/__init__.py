"""Answers for everybody into one file: what ``recommend --all`` and ``export`` write.

One module a table (``similar recs vectors graph``) gives a :class:`~prodsim_cli.export.table.Table`
block by block, ``table_file`` makes a file of it that is complete or not there. ``batch_scorer``
scores by the functions that one person's answer and ``eval`` use; ``lists`` keeps the rules.
"""
