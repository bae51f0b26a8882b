"""Texts: folding, n-grams, codes that look like model numbers, languages."""
