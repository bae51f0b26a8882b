"""Methods of similarity: one file each, and what the rest of the program asks of them."""

from prodsim_cli.similarity._method import (
    FAMILY,
    K,
    Method,
    content_first,
    method,
    methods,
    sweep,
    together,
)

__all__ = ["FAMILY", "K", "Method", "content_first", "method", "methods", "sweep", "together"]
