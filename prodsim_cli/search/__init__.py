"""The one engine that finds products for words; ``search`` asks it and ``eval`` judges it.

Its index lives in whatever SQLite connection it is given: the shop's own file, or one in memory
made from a ``Dataset``. ``terms`` (what a word is), ``index`` (the SQL), ``spelling``, ``words``
(BM25 by word) and ``ranking`` need the standard library only; ``meaning`` needs numpy.
"""
