"""The formula that joins methods into one score: its coefficients, over rows and over arrays."""
