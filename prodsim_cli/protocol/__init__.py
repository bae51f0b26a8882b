"""The offline protocol: what is asked, what is right, and that nobody has seen it before.

``evaluation`` judges by it, ``tuning`` learns by it; neither is needed here.
"""
