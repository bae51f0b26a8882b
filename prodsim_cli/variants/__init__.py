"""One product in colours and sizes: what its title, SKU and attributes say. Standard library only.

``words`` holds the lists, ``titles`` takes a title apart, ``skus`` a SKU, ``grouping`` joins them.
"""
