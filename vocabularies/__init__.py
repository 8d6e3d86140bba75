"""Identifiers for the tables of ``pipeline/lexicon``, taken from published vocabularies (README.md)."""
