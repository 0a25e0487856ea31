"""SciPy: all links of a network as one sparse matrix times a dense batch.

Forward only, and less than the network: one product over all links at once, without the order of levels and without
activations. What a sparse library can reach at most.
"""

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.irregular import links
from benchmarks.measure import Prepared


def forward(workload, dtype) -> Prepared:
    """One batch: links (neurons x nodes) times values (nodes x samples)."""
    wiring = workload.wiring
    source, target = links(wiring)
    rng = np.random.default_rng(0)
    shape = (wiring.n_neurons, wiring.n_inputs + wiring.n_neurons)
    weights = rng.normal(size=len(source)).astype(dtype)
    matrix = csr_matrix((weights, (target, source)), shape)
    values = rng.normal(size=(shape[1], workload.batch)).astype(dtype)
    return Prepared(lambda: matrix @ values, 1)
