"""Why: what two products share, and what led to a recommendation."""
