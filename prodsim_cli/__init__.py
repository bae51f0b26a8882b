"""prodsim: which products are like this one, and how do you know?"""

__version__ = "0.1.0"
