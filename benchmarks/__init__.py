"""Measurements against peers and against the machine: scripts that print figures, never timed tests.

`make bench` runs `python -m benchmarks` in an environment that holds the peers; see `__main__.py`. One table of
rows (`rows/`, one file a subject) and systems (`systems/`, one file a system) is measured (`measure.py`), related
to what the machine can do (`machine_limits.py`), judged (`targets.py`) and written down (`report.py`).
"""
