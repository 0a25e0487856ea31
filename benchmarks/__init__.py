"""Measurements against peers: scripts that print ratios, never timed tests.

`make bench` runs `python -m benchmarks` in an environment that holds the peers; see `__main__.py`.
"""
