"""Learning what a shop's own past says: settings of each method, and the weights of the blend.

A validation window inside the data that is given is foretold from what lies before it. Each method
first finds its own settings and how a person's past counts (``tuning``); then the parts that help
are selected one by one and weighed (``boards``, ``rows``, ``selecting``); what does not help gets
no weight. ``builds`` learns from the whole shop, ``experiments`` from the training part only.
First floor.
"""
