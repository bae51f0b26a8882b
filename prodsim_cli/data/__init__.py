"""Arrays: datasets, event logs, vocabularies, vectors, neighbour tables and exact kNN."""
