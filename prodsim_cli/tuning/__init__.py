"""Settings and weights from a shop's own past, before anything is judged by it.

A validation window inside the data that is given is predicted from what lies before it. Each method
finds its own settings and how a person's past counts (``settings``); then the parts that help are
selected one by one and weighed (``score_matrix``, ``selection``); what does not help gets none.
``builds`` learns from the whole shop, ``evaluation`` from the training part only.
"""
