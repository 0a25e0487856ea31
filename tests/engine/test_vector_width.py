"""Both widths of vectors, each in a process of its own: the width is fixed when kernels are made."""

import os
import subprocess
import sys

import numpy as np
import pytest

import wildwire as ww
from wildwire.functions.vector_width import VARIABLE, vector_bits

WORK = """
import sys
import numpy as np
import wildwire as ww
from wildwire.engine.emitter import VECTOR_BITS

rng = np.random.default_rng(0)
found = {"bits": VECTOR_BITS}
for dtype in ("float64", "float32"):
    for sizes in ((3, 21, 2), (18, 5, 37, 1)):
        network = ww.wiring.layered(*sizes, activation="tanh")
        theta = network.initial(0)
        for rows in (1, 7, 50, 300):
            X = rng.normal(size=(rows, sizes[0]))
            Y = rng.normal(size=(rows, sizes[-1]))
            name = f"{dtype} {sizes} {rows}"
            found[name] = ww.run(network, theta, X, dtype=dtype)
            value, gradient = ww.loss_and_gradient(network, theta, X, Y, dtype=dtype)
            found[name + " gradient"] = np.append(gradient, value)
np.savez(sys.argv[1], **found)
"""


def computed(bits, path):
    surroundings = {**os.environ, VARIABLE: str(bits)}
    subprocess.run([sys.executable, "-c", WORK, path], env=surroundings, check=True)
    return dict(np.load(path))


@pytest.mark.slow
def test_both_widths_agree(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    narrow, wide = (computed(bits, tmp_path / f"{bits}.npz") for bits in (256, 512))
    assert narrow.pop("bits") == 256
    assert wide.pop("bits") == vector_bits()
    assert list(narrow) == list(wide) and len(wide) == 32
    for name, numbers in narrow.items():
        tolerance = 1e-12 if "float64" in name else 1e-4
        np.testing.assert_allclose(
            numbers, wide[name], rtol=tolerance, atol=tolerance, err_msg=name
        )


@pytest.mark.slow
def test_sums_over_sources_have_the_same_bits_at_both_widths(tmp_path):
    """Identity neurons: no function is between the sums and the outputs."""
    text = "input x[19]\nh[6] ~ identity(x)\ny ~ identity(h, x)\noutput y"
    work = (
        "import sys, numpy as np, wildwire as ww\n"
        f"network = ww.parse({text!r})\n"
        "X = np.random.default_rng(1).normal(size=(40, 19))\n"
        "np.save(sys.argv[1], ww.run(network, network.initial(0), X))\n"
    )
    found = []
    for bits in (256, 512):
        path = tmp_path / f"{bits}.npy"
        surroundings = {**os.environ, VARIABLE: str(bits)}
        subprocess.run([sys.executable, "-c", work, path], env=surroundings, check=True)
        found.append(np.load(path))
    assert np.array_equal(*found)
    network = ww.parse(text)
    X = np.random.default_rng(1).normal(size=(40, 19))
    assert np.array_equal(found[1], ww.run(network, network.initial(0), X))
