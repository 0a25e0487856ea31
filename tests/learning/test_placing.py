"""Who is on which manifold: names of neurons and groups, the numbers behind them, and all that is refused."""

from types import SimpleNamespace

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import SettingError, UnknownNameError
from wildwire.learning.learners import RiemannianDescent, manifolds
from wildwire.learning.placing import place

Sphere, Stiefel, Positive = manifolds.Sphere, manifolds.Stiefel, manifolds.Positive

MIXED = """
input a, b, c
let shared = 0.5
let low = 0.3 in [0.2, 2]
let wide = 0.3 in [-3, 3]
let minus = 0.3
h[3] ~ tanh(a, b, c)
g = tanh(0.1*c - 0.2*b + 0.3*a + 0.4)
f = tanh([1]*a + 2*b)
s = tanh(shared*a + 2*b)
t = tanh(shared*b + 2*a)
w = tanh(0.5*(a - 3*b))
d ~ distance(a, b)
q = exp(-a)/([1] + b*b)
v = tanh(shared*a + shared*b)
lo = tanh(low*a + 2*b)
wi = tanh(2*a - wide*b)
mi = tanh(2*a - minus*b)
m = tanh(0.7*a + 0.7*b)
y ~ linear(h, g, f, s, t, w, d, q, v, lo, wi, mi, m)
output y
"""


def surface(placed, text=MIXED):
    network = ww.parse(text) if isinstance(text, str) else text
    free = np.tile([-np.inf, np.inf], (network.n_theta, 1))
    stated = network.bounds
    bounds = free if stated is None else np.where(np.isnan(stated), free, stated)
    objective = SimpleNamespace(network=network, n_theta=network.n_theta, bounds=bounds)
    learner = RiemannianDescent(placed)
    return place(learner.manifold, objective), network


def row(block, theta, neuron):
    return block.of(theta)[block.names.index(neuron)]


def test_weights_of_named_neurons():
    made, network = surface({"h": Stiefel(), "g": Sphere(), "m": Sphere()})
    theta = network.initial(seed=0)
    group, three, two = made.blocks
    assert group.names == ("h[0]", "h[1]", "h[2]")
    np.testing.assert_array_equal(group.of(theta), network.matrix(theta, "h").weights)
    # By source, whatever the order in the text.
    np.testing.assert_array_equal(row(three, theta, "g"), [0.3, -0.2, 0.1])
    np.testing.assert_array_equal(row(two, theta, "m"), [0.7, 0.7])
    flat = np.array(network.theta_names)[made.flat]
    assert {"g bias", "h[1] bias", "shared", "h[0] -> y"} <= set(flat)
    assert not {"a -> h[0]", "c -> h[2]", "a -> g", "b -> m"} & set(flat)


def test_a_minus_sign_of_the_text_belongs_to_the_weight():
    made, network = surface({"mi": Positive()})
    theta = network.initial(seed=0)
    (block,) = made.blocks
    np.testing.assert_array_equal(row(block, theta, "mi"), [2.0, -0.3])
    moved, told = made.project(theta)
    assert network.numbers(moved)["minus"] == -0.3
    assert "mi (Positive; a number by 0.6 at most)" in told


def test_one_number_shared_with_others_may_be_on_a_manifold():
    made, network = surface({"s": Sphere()})
    moved, _ = made.project(network.initial(seed=0))
    assert np.hypot(
        network.numbers(moved)["shared"], network.numbers(moved)["b -> s"]
    ) == pytest.approx(1)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("h[1]", ["h[1]"]),
        (("h[2]", "g"), ["h[2]", "g"]),
        (("g", "h"), ["g", "h[0]", "h[1]", "h[2]"]),
    ],
)
def test_keys(names, expected):
    made, _ = surface({names: Sphere()})
    assert list(made.blocks[0].names) == expected


def test_names_of_dissolved_groups():
    text = """
    input x1, x2
    h_0 = tanh(0.6*x1 + 0.8*x2)
    h_1 = tanh(2*x1 + 0*x2)
    "odd name" ~ linear(h_0, h_1)
    output "odd name"
    """
    made, _ = surface({"h_0": Sphere(), '"odd name"': Sphere()}, text)
    assert made.blocks[0].names == ("h_0", '"odd name"')
    assert surface({"odd name": Sphere()}, text)[0].blocks[0].names == ('"odd name"',)
    by_arrays = ww.Network.from_arrays(2, [0, 1, 0, 2, 3], [0, 0, 1, 2, 2], neurons=3)
    assert by_arrays.inputs + ("n_0", "n_1", "n_2") == by_arrays.names
    made, _ = surface({"n": Sphere()}, by_arrays)
    assert [block.names for block in made.blocks] == [("n_0", "n_2"), ("n_1",)]


def test_euclidean_neurons_are_checked_for_their_names_only():
    made, _ = surface({"f": manifolds.Euclidean()})
    assert made.blocks == ()
    with pytest.raises(UnknownNameError):
        surface({"ff": manifolds.Euclidean()})


@pytest.mark.parametrize(
    ("placed", "words"),
    [
        ({"hh": Sphere()}, "no neuron or group 'hh'. Did you mean 'h'"),
        ({"a": Sphere()}, "'a' is an input"),
        ({"f": Sphere()}, "a weight of f is frozen: it cannot be on Sphere"),
        ({"f": Positive()}, "a weight of f is frozen"),
        ({"w": Sphere()}, "a weight of w is a product of numbers"),
        ({"v": Sphere()}, "the number 'shared' is used twice by v"),
        ({("s", "t"): Sphere()}, "the number 'shared' is shared by s and t"),
        ({"s": Sphere(), "t": Positive()}, "'shared' is shared by s and t"),
        ({"d": Sphere()}, "d has the transfer 'distance'"),
        ({"q": Sphere()}, "q is a formula"),
        ({"h": Sphere(), "h[1]": Positive()}, "h.1. is on two manifolds: .* by 'h' and"),
        ({("h", "m"): Stiefel()}, "m has other sources than h.0.: .*a, b, c"),
        ({("h", "g"): Stiefel()}, "h.0., h.1., h.2., ... are 4 vectors of 3 numbers"),
        ({"h": Stiefel(count=2)}, r"are 3 vectors, and Stiefel\(count=2\)"),
        ({"lo": Sphere()}, "the number 'low' has the bounds 0.2 to 2, which cut the Sphere that lo is on"),
        ({"lo": Positive()}, "'low' has the bounds"),
        ({"wi": Sphere(radius=4)}, "'wide' has the bounds -3 to 3"),
    ],
    ids=str,
)  # fmt: skip
def test_refusals(placed, words):
    with pytest.raises((SettingError, UnknownNameError), match=words):
        surface(placed)


def test_bounds_that_the_manifold_never_meets_are_fine():
    assert len(surface({"wi": Sphere(radius=3)})[0].blocks) == 1


def test_theta_as_a_whole():
    objective = SimpleNamespace(n_theta=6, bounds=np.tile([-np.inf, np.inf], (6, 1)))
    (block,) = place(Stiefel(count=2), objective).blocks
    assert block.of(np.arange(6.0)).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert place(Sphere(), objective).blocks[0].slots.shape == (1, 6)
    with pytest.raises(SettingError, match="6 numbers, which are not 4 vectors"):
        place(Stiefel(count=4), objective)
    with pytest.raises(SettingError, match="need an objective with a network"):
        place((("h", Sphere()),), objective)
    objective.bounds[2] = 0.5, np.inf
    with pytest.raises(SettingError, match="'number 2' has the bounds"):
        place(Sphere(), objective)


def test_starts_without_a_nearest_point_name_the_neuron():
    made, network = surface({"h": Sphere()})
    theta = network.initial(seed=0)
    theta[made.blocks[0].slots[1]] = 0
    with pytest.raises(SettingError, match=r"the start of h\[1\] has no nearest point"):
        made.project(theta)
