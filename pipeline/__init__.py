"""resistmine: typed claims about oncology drug resistance, each with its exact words.

The order of the stages, and the whole way of one article, is told in :mod:`pipeline.article`.
"""

__version__ = "0.1.0"
