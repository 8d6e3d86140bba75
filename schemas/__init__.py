"""The contract: claim kinds, tables and views, export schemas. Read by ``pipeline`` as package data."""
