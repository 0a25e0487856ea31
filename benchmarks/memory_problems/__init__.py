"""`python -m benchmarks.memory_problems`: test errors of Wildwire, PyTorch and a linear model where memory is needed.

`problems.py` has the data and the sizes, `linear.py`, `wildwire_networks.py` and `torch_networks.py` one system each,
`table.py` medians and intervals. Not part of the timed suite.
"""
