"""The evidence database: built beside, checked, published by an atomic swap; readers are never refused.

DuckDB lets one process write *or* many read a file. So a run writes ``work/build.duckdb``, and what readers open is a
copy of it that is never written again (:mod:`pipeline.store.snapshots`).
"""
