"""The offline protocol: what is asked, what is right, and that nobody has seen it before.

``splitting`` and ``splits`` part past and future, ``testset`` and ``sessions`` make questions of
it, ``histories`` and ``topk`` what methods answer from and with, ``relevance`` and ``metrics`` what
the answers are worth, ``leaks`` the locks. ``evaluation`` judges by it, ``tuning`` learns by it.
"""
