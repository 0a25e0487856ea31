"""Problems that need memory: test errors of Wildwire, PyTorch and a linear model, `python -m benchmarks.memory_problems`.

`problems.py` has the data and the sizes, `linear.py`, `wildwire_networks.py` and `torch_networks.py` one system each,
`table.py` medians and intervals. Not part of the timed suite.
"""
