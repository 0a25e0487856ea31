"""Learners that compare many thetas by their values alone; no slope is asked for.

Comes in: an objective. Goes out: the best theta that was met. One learner a file; `search.py` is what they share,
`box.py` where they look, `refining.py` how candidates are improved by a learner that knows slopes.
"""
