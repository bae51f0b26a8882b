"""The same product: in colours and sizes, entered twice, and in two catalogues."""
