"""Answers for everybody in one vectorised pass: what ``recommend --all`` and ``export recs`` write.

The same scores as one person's answer (queries/recommending) and as ``eval`` judges: ``crowd``
scores, ``lists`` lets the rules through and takes k, ``files`` writes. First floor.
"""
