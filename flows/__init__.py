"""Thin Prefect flows over the jobs of ``pipeline``; nothing of ours imports them.

They run with a server, without one (``flow.fn(…)``), and in Prefect's test harness. What is done is known by the
database itself, so Prefect's caching and result storage stay off. Only what asks the network is tried again.
"""

from __future__ import annotations

import os

# before Prefect is imported: nothing is reported to anyone (prefect.toml says the same to Prefect's own commands)
for _name, _value in {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
}.items():
    os.environ.setdefault(_name, _value)
