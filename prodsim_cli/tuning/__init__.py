"""Settings and weights from a shop's own past, before anything is judged by it.

A validation window inside the given data is predicted from what lies before it: each method finds
its settings and how a person's past counts (``settings``); then the parts that help are selected
one by one and weighed (``score_matrix``, ``selection``).
"""
