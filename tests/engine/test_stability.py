"""Stability of loops, on networks whose answer is known."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import SettingError

RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=(400, 1))


def test_a_linear_loop_has_the_eigenvalues_of_its_companion_matrix():
    # roots of z**2 = 1.2 z - 0.7: |z|**2 = 0.7
    network = ww.parse("input x\nm = [1.2]*m@1 - [0.7]*m@2 + [1]*x\noutput m")
    found = ww.stability(network, [], NOISE)
    assert found.at_rest
    assert found.spectral_radius == pytest.approx(np.sqrt(0.7), rel=1e-12)
    assert found.lyapunov == pytest.approx(np.log(0.7) / 2, abs=0.01)
    assert "dies out" in str(found)


def test_an_explosive_loop_is_never_at_rest():
    network = ww.parse("input x\nm = [1.1]*m@1 + [1]*x\noutput m")
    found = ww.stability(network, [], NOISE)
    assert not found.at_rest and np.isnan(found.spectral_radius)
    assert found.lyapunov == pytest.approx(np.log(1.1), abs=1e-9)


def test_the_logistic_map_parts_neighbours_by_the_logarithm_of_two():
    network = ww.parse("input y\nz = [4]*y@1*([1] - y@1)\noutput z")
    y = [0.3]
    for _ in range(4999):
        y.append(4 * y[-1] * (1 - y[-1]))
    X = np.array(y)[:, None]
    found = ww.stability(network, [], X, feedback={"y": "z"})
    assert found.lyapunov == pytest.approx(np.log(2), abs=0.02)
    assert found.bounded and "near their range" in found.bounded_because
    # The loop by itself starts at 0, a state of rest with slope 4.
    assert found.at_rest and found.spectral_radius == pytest.approx(4.0)


def test_memory_by_neuron():
    network = ww.parse(
        "input x\nlong = [0.9]*long@1 + [1]*x\nbrief = [0.2]*brief@1 + [1]*x\n"
        "deaf = [0.5]*deaf@1 + [1]*x\ny = [1]*long@1 + [1]*brief@1 + [1]*x@7\noutput y"
    )
    memory = ww.stability(network, [], NOISE).memory
    # 0.9**k > 0.05 for k <= 28; 0.2**k > 0.05 for k <= 1
    assert memory["long"] == 29 and memory["brief"] == 2 and memory["x"] == 7
    assert memory["deaf"] == 0


def test_whether_the_closed_loop_runs_away():
    text = "input y\nz = [%s]*y@1\noutput z"
    X = 1 + 0.1 * NOISE
    calm = ww.stability(ww.parse(text % 0.9), [], X, feedback={"y": "z"})
    wild = ww.stability(ww.parse(text % 1.5), [], X, feedback={"y": "z"})
    assert calm.bounded and not wild.bounded
    assert "leaves the data's range" in wild.bounded_because
    network = ww.parse("input y\nz = tanh([3]*y@1)\noutput z")
    held = ww.stability(network, [], X, feedback={"y": "z"})
    assert held.bounded and "bounded neurons" in held.bounded_because


def test_a_memory_that_ends_has_no_exponent():
    network = ww.parse("input x\ny = [1]*x@1 + [1]*x@2\noutput y")
    found = ww.stability(network, [], NOISE)
    assert found.lyapunov == -np.inf and found.spectral_radius == pytest.approx(
        0, abs=1e-6
    )


def test_a_network_without_memory_is_refused():
    network = ww.parse("input x\ny = tanh([1]*x)\noutput y")
    with pytest.raises(SettingError, match="no memory"):
        ww.stability(network, [], NOISE)
