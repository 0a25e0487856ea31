"""`python -m benchmarks.learners`: what the learners of second order and the populations learn, against their rivals.

One script a question, each printing its tables: `parity.py`, `tables.py` (its methods: `fits.py`), `saddle.py`,
`ants.py`, `simplex_swarm.py`. They share `data.py` (rows), `networks.py` (one hidden layer), `paired.py` (medians and
paired intervals) and `spending.py` (a learner within a budget). Not part of the timed suite.
"""
