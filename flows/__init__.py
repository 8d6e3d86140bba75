"""Thin Prefect flows over the jobs of ``pipeline``; nothing of ours imports them."""
