"""Whole tables by SKU, as files for the shop's own site: what ``export`` writes.

One module a table (``similar recs vectors graph``) gives a :class:`~prodsim_cli.sheets.sheet.Sheet`
block by block; ``writing`` makes a file of it that is complete or not there. First floor.
"""
