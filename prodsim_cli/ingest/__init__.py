"""Files into clean rows: ``readers`` for formats, ``cleaning`` for values and columns."""
