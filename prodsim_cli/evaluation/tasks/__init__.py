"""One module a task: from a dataset to a scorecard."""
