"""The compiled way from arrays to a network against the slow one: same networks, same refusals."""

from dataclasses import fields

import numpy as np
import pytest

from wildwire.errors import WildwireError
from wildwire.functions import activation
from wildwire.network import Network
from wildwire.network.array_kernel import fill_tables
from wildwire.network.arrays import _from_given
from wildwire.network.quick import quick_network

NAMES = (
    "inputs", "source", "target", "neurons", "outputs", "activation", "parameters",
    "delay", "weight", "frozen", "bias", "bias_frozen", "lets", "link_let", "link_sign",
    "head", "classes", "output_names",
)  # fmt: skip
BUMP = activation("bump2(z, k=1.5) = exp(-k*z*z)")


def given(**options):
    """Arguments in order, as `from_arrays` passes them on."""
    values = dict.fromkeys(NAMES) | {"activation": "tanh"} | options
    return [values[name] for name in NAMES]


def both(**options):
    """The network of the slow way, or its error, and the network of the quick way."""
    try:
        slow = _from_given(*given(**options))
    except WildwireError as error:
        slow = error
    return slow, quick_network(fill_tables, *given(**options))


def assert_same(slow: Network, quick: Network):
    for field in fields(Network):
        one, other = getattr(slow, field.name), getattr(quick, field.name)
        if isinstance(one, np.ndarray):
            assert (one.dtype, one.shape) == (other.dtype, other.shape), field.name
            assert one.tobytes() == other.tobytes(), field.name
            assert other.flags.c_contiguous
            with pytest.raises(ValueError, match="cannot set WRITEABLE"):
                other.flags.writeable = True
        elif field.name != "_memo":
            assert one == other, field.name
            assert type(one) is type(other), field.name
    assert (slow.n_inputs, slow.names) == (quick.n_inputs, quick.names)


def drawn(rng):
    """Random arguments of an acyclic network, in any order, every kind of number among them."""
    n_inputs, n = int(rng.integers(1, 4)), int(rng.integers(1, 8))
    order = rng.permutation(n)
    count = rng.integers(1, 5, n)
    target = np.repeat(np.arange(n), count)
    source = rng.integers(0, n_inputs + target)
    inner = source >= n_inputs
    source[inner] = n_inputs + order[source[inner] - n_inputs]
    mixed = rng.permutation(len(target))
    source, target = source[mixed], order[target][mixed]
    m = len(source)
    options = {"source": source, "target": target}
    options["inputs"] = [n_inputs, [f"x{i}" for i in range(n_inputs)]][rng.integers(2)]
    neurons = [None, n, [f"n{i}" for i in range(n)], [("h", n)]]
    options["neurons"] = neurons[rng.integers(4)]
    functions = ["tanh", ["sin", "tanh"] * 4, [BUMP, "relu"] * 4, BUMP]
    chosen = functions[rng.integers(4)]
    options["activation"] = chosen[:n] if isinstance(chosen, list) else chosen
    if rng.random() < 0.3 and BUMP in np.ravel(np.array(options["activation"], object)):
        options["parameters"] = {"k": rng.normal(size=n)}
    if rng.random() < 0.6:
        options["outputs"] = rng.permutation(n)[: rng.integers(1, n + 1)].tolist()
    if rng.random() < 0.7:
        options["weight"] = np.where(rng.random(m) < 0.3, np.nan, rng.normal(size=m))
    if rng.random() < 0.5:
        options["frozen"] = (rng.random(m) < 0.3) & ~np.isnan(
            options.get("weight", np.full(m, np.nan))
        )
    if rng.random() < 0.4:
        shared = rng.random(m) < 0.4
        options["lets"] = {"a": 0.5, "b": float("nan"), "c": 2}
        options["link_let"] = np.where(shared, rng.integers(0, 3, m), -1)
        options["link_sign"] = np.where(shared & (rng.random(m) < 0.5), -1, 1)
    kind = rng.integers(4)
    if kind == 0:
        options["bias"] = False
    elif kind == 1:
        options["bias"] = np.where(rng.random(n) < 0.5, 0.0, rng.normal(size=n))
        options["bias_frozen"] = rng.random(n) < 0.5
    return options


def damaged(options, rng):
    """The arguments with one entry of one array changed to what is wrong nearly everywhere."""
    arrays = {n: np.array(v) for n, v in options.items() if np.ndim(v) == 1}
    names = [n for n, array in arrays.items() if array.dtype.kind in "biuf"]
    name = names[rng.integers(len(names))]
    array = arrays[name]
    wrong = [-2, -1, 2, 9, 2**33, np.inf, np.nan][rng.integers(7)]
    if array.dtype.kind in "iu" and not np.isfinite(wrong):
        wrong = -(2**33)
    array[rng.integers(len(array))] = wrong
    return options | {name: array}


def test_valid_arrays_give_the_same_network():
    for seed in range(300):
        options = drawn(np.random.default_rng(seed))
        slow, quick = both(**options)
        assert isinstance(slow, Network), (seed, slow)
        assert quick is not None, seed
        assert_same(slow, quick)


def test_wrong_arrays_are_left_to_the_slow_way():
    refused = 0
    for seed in range(600):
        rng = np.random.default_rng(seed)
        slow, quick = both(**damaged(drawn(rng), rng))
        if isinstance(slow, Network):
            if quick is not None:
                assert_same(slow, quick)
        else:
            assert quick is None, (seed, slow)
            refused += 1
    assert refused > 200


@pytest.mark.parametrize(
    "options",
    [
        {"head": "softmax", "classes": ("a", "b"), "outputs": [0, 1]},
        {"neurons": ["h", "g", "y"], "outputs": ["y", "h"]},
        {"neurons": ["a b", "input", "y"], "outputs": ["input", '"a b"']},
        {"neurons": [("h", 2), "y"], "outputs": ["h"], "classes": "ab"},
        {"neurons": [("h", 2), "y"], "outputs": ["h[1]"], "output_names": ["second"]},
        {"source": [0, 1, 0, 1, 2, 3], "weight": [1, 2, 3, 4, 5, 6]},
        {"source": np.array([0, 1, 0, 1, 2, 3], np.uint8)},
        {"source": np.array([0, 9, 1, 9, 0, 9, 1, 9, 2, 9, 3, 9])[::2]},
        {"frozen": [0, 1, 0, 0, 0, 0], "weight": [2.0] * 6},
        {"lets": {"n": 1.0}},
    ],
)
def test_usual_forms_are_taken(options):
    base = {"inputs": 2, "source": [0, 1, 0, 1, 2, 3], "target": [0, 0, 1, 1, 2, 2]}
    slow, quick = both(**base | options)
    assert_same(slow, quick)


@pytest.mark.parametrize(
    "options",
    [
        {"target": [0, 0, 1, 1, 2**40, 2]},
        {"source": np.array([0, 1, 0, 1, 2, 2**63], np.uint64)},
        {"link_let": np.array([2**64 - 1] * 6, np.uint64)},
        {"neurons": 2**40},
        {"neurons": ["a", "a", "b"]},
        {"neurons": ["x", "a", "b"]},
        {"lets": {"n_1": 1.0}},
        {"outputs": []},
        {"delay": [0, 0, 0, 0, 0, 1]},
        {"source": [[0, 1], [0]]},
        {"output_names": ["a", "b"]},
    ],
)
def test_the_wrong_and_the_rare_are_left_to_the_slow_way(options):
    base = {"inputs": 2, "source": [0, 1, 0, 1, 2, 3], "target": [0, 0, 1, 1, 2, 2]}
    assert quick_network(fill_tables, *given(**base | options)) is None


def test_an_iterator_is_not_used_up():
    base = {"inputs": 2, "source": [0, 1], "target": [0, 0]}
    names = iter(["y"])
    assert quick_network(fill_tables, *given(**base | {"neurons": names})) is None
    assert next(names) == "y"
