"""Vector parameters written out, sizes and slopes that a call chooses, and the spline."""

import pickle

import numpy as np
import pytest
from scipy.interpolate import BSpline, CubicSpline

from functions.kernel_calls import at
from wildwire.errors import FunctionError, LanguageError
from wildwire.functions import activation, catalogue, find
from wildwire.functions.choices import vector_start
from wildwire.language.printer import print_definition

SERIES = (
    "series(z, c[terms=3]) = sum(c*sin((1 + index(c))*z)), start c = 1/(1 + index(c))"
)
Z = np.linspace(-2, 2, 9)
C = np.array([0.5, -1.25, 2.0])

# formula of (z, c[n=3], k=2), and the same in NumPy
MEANINGS = [
    ("sum(c*z**index(c))", lambda z: sum(c * z**k for k, c in enumerate(C))),
    ("prod(c + z)", lambda z: np.prod([c + z for c in C], axis=0)),
    ("mean(c*z)*k", lambda z: 2 * C.mean() * z),
    ("max(c) + min(c*z)", lambda z: 2 + np.min([c * z for c in C], axis=0)),
    ("z*size(c) + n", lambda z: 3 * z + 3),
    ("c[0]*z + c[n-1] - c[2*n-5]", lambda z: 0.5 * z + 2 + 1.25),
    ("sum(c*sum(c)) + z", lambda z: C.sum() ** 2 + z),
    (
        "sum(c*max(z, index(c)))",
        lambda z: sum(c * np.maximum(z, k) for k, c in enumerate(C)),
    ),
    ("sum(stable(index(c) == 1, z, c))", lambda z: z + 2.5),
]


@pytest.mark.parametrize(("formula", "meaning"), MEANINGS, ids=[f for f, _ in MEANINGS])
def test_reductions_run_over_the_elements(formula, meaning):
    function = activation(f"f(z, c[n=3], k=2) = {formula}")
    assert [name for name, _ in function.parameters] == ["c0", "c1", "c2", "k"]
    assert function.elements == (True, True, True, False)
    numbers = [*C, 2.0]
    np.testing.assert_allclose(
        function.evaluate(0, [Z], numbers)[0], meaning(Z), atol=1e-14
    )
    compiled, plain = (
        at(function, 1, Z, parameters=numbers),
        function.evaluate(1, [Z], numbers),
    )
    np.testing.assert_allclose(compiled, plain, rtol=1e-13, atol=1e-13)


def test_two_vectors_of_one_size_run_side_by_side():
    waves = activation("waves(z, a[n=2], b[n=2]) = sum(a*sin(b*z))")
    value = waves.chosen(n=3).evaluate(0, [Z], [1, 2, 3, 4, 5, 6])[0]
    expected = sum(a * np.sin(b * Z) for a, b in ((1, 4), (2, 5), (3, 6)))
    np.testing.assert_allclose(value, expected, atol=1e-14)


REFUSED = [
    ("f(z, c[3]) = c*z", "c stands outside of a reduction"),
    ("f(z, c[3]) = index(c)*z", "index(c) stands outside"),
    ("f(z, c[3]) = sum(z)", "sum(...) takes one argument and runs over"),
    ("f(z, c[3], d[2]) = sum(c*d)", "vectors of 2 and 3 elements at once"),
    ("f(z, c[3]) = c[3]*z", "c[3], and c has 3 elements, 0 to 2"),
    ("f(z, c[3]) = c[k]*z", "'k' of c is not the name of a size"),
    ("f(z, c[3], c0=1) = sum(c)*z", "two things called 'c0'"),
    ("f(z, c[3]) = sum(c)*z, start c = q", "start of c: unknown name 'q'"),
    ("f(z) = spline(z)", "a vector of numbers to be learnt"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=[t for t, _ in REFUSED])
def test_what_makes_no_sense_is_refused(text, words):
    with pytest.raises(FunctionError) as caught:
        activation(text)
    assert words in str(caught.value)


def test_losses_have_no_vectors():
    from wildwire.functions import loss

    with pytest.raises(FunctionError, match="a loss learns no numbers"):
        loss("l(o, t, c[2]) = sum(c)*(o - t)")
    with pytest.raises(LanguageError, match="no indices"):
        loss("o[1]*t")


def test_a_size_makes_another_function_and_the_usual_size_the_same():
    series = activation(SERIES)
    longer = series.chosen(terms=5)
    assert longer.name == "series" and longer.n_parameters == 5
    assert longer.key != series.key and longer != series
    assert longer.base is series and longer.choices == (("terms", 5),)
    assert longer.chosen(terms=3) is series and series.chosen(terms=3) is series
    assert series.chosen(terms=5) == pickle.loads(pickle.dumps(longer))
    assert print_definition(longer.written).endswith(SERIES)
    numbers = [1, 2, 3, 4, 5]
    expected = sum((k + 1) * np.sin((k + 1) * Z) for k in range(5))
    np.testing.assert_allclose(
        longer.evaluate(0, [Z], numbers)[0], expected, atol=1e-14
    )


@pytest.mark.parametrize("size", [0, 65, -1, 2.0, True, "4"])
def test_sizes_are_whole_and_between_bounds(size):
    with pytest.raises(FunctionError, match="a whole number from 1 to 64"):
        activation(SERIES).chosen(terms=size)


def test_choices_are_read_from_a_name():
    assert find("spline(knots=4)") == find("spline").chosen(knots=4)
    assert find("step( slope = triangle )").slope is not None
    for name, words in [
        ("spline(terms=4)", "nothing called 'terms' to choose; there is knots, slope"),
        ("tanh(knots=4)", "there is slope"),
        ("spline(knots=x)", "a whole number"),
        ("step(slope=tanh)", "slope=tanh is no training slope"),
    ]:
        with pytest.raises(FunctionError) as caught:
            find(name)
        assert words in str(caught.value)


def test_a_word_gives_the_slope_and_leaves_the_value():
    z = np.linspace(-3, 3, 25)
    step = find("step")
    for word, slope in [
        ("triangle", lambda z: np.maximum(0, 1 - np.abs(z))),
        ("logistic", lambda z: np.exp(z) / (1 + np.exp(z)) ** 2),
        ("straight_through", np.ones_like),
    ]:
        form = step.chosen(slope=word)
        for tables in (form.evaluate(1, [z]), at(form, 1, z, parameters=[])):
            np.testing.assert_array_equal(tables[0], z >= 0)
            np.testing.assert_allclose(tables[1], slope(z), atol=1e-15)
    assert (
        len({step.chosen(slope=w).key for w in ("triangle", "logistic")} | {step.key})
        == 3
    )


def test_starts_follow_the_clause_and_the_other_parameters():
    series = activation(SERIES).chosen(terms=4)
    assert series.starts == (1.0, 0.5, 1 / 3, 0.25)
    spline = find("spline(knots=3)")
    assert spline.starts == (-1.0, 0.0, 1.0, -1.0, 1.0)
    low, high = np.array([0.0, 2.0]), np.array([1.0, 6.0])
    parameters = [low, low, low, low, high]
    np.testing.assert_array_equal(vector_start(spline, "v", 1, parameters), [0.5, 4.0])
    assert activation("f(z, c[2]) = sum(c)*z").starts == (0.0, 0.0)


# ---- splines ------------------------------------------------------------------------


def natural(v, low, high, z):
    """The same spline by SciPy's de Boor recursion, with values on a line added at both ends."""
    n, step = len(v), (high - low) / (len(v) - 1)
    before = [v[0] - k * (v[1] - v[0]) for k in (40, *range(39, 0, -1))]
    behind = [v[-1] + k * (v[-1] - v[-2]) for k in range(1, 41)]
    knots = low + step * np.arange(-42, n + 42)
    return BSpline(knots, np.array([*before, *v, *behind]), 3)(z)


@pytest.mark.parametrize("knots", [2, 3, 4, 8, 17])
def test_splines_are_those_of_de_boor(knots):
    random = np.random.default_rng(knots)
    v, low, high = random.normal(size=knots), -0.5, 2.0
    z = random.uniform(low - 3, high + 3, 400)
    if knots > 8:  # the steps are small, and SciPy is given values for forty of them
        z = random.uniform(low - 1, high + 1, 400)
    z[:3] = low, high, low + (high - low) / (knots - 1)
    function = find("spline").chosen(knots=knots)
    parameters = [*v, low, high]
    value = at(function, 1, z, parameters=parameters)[0]
    np.testing.assert_allclose(value, natural(v, low, high, z), rtol=1e-11, atol=1e-11)
    assert value[0] == pytest.approx(v[0]) and value[1] == pytest.approx(v[-1])


def test_splines_are_smooth_and_straight_outside():
    spline = find("spline")
    assert spline.smooth
    random = np.random.default_rng(1)
    parameters = [*random.normal(size=8), -1.0, 1.0]
    places = np.array([-1, 1, -1 / 7, 3 / 7])
    beside = np.stack([places - 1e-9, places, places + 1e-9])
    tables = spline.evaluate(2, [beside], parameters)
    for table in (tables[0], tables[1], tables[12]):  # value, slope, curvature in z
        np.testing.assert_allclose(table[0], table[1], atol=1e-4)
        np.testing.assert_allclose(table[2], table[1], atol=1e-4)
    assert np.all(np.abs(tables[12][:, :2]) < 1e-4)  # curvature at the ends
    outside = spline.evaluate(2, [np.array([-9.0, -2.0, 1.5, 40.0])], parameters)
    np.testing.assert_array_equal(outside[12], 0)
    slopes = 3.5 * np.diff(parameters[:8])
    np.testing.assert_allclose(outside[1], slopes[[0, 0, -1, -1]], rtol=1e-13)


def test_a_spline_follows_the_natural_interpolant_of_its_own_knots():
    random = np.random.default_rng(3)
    parameters = [*random.normal(size=8), -1.0, 1.0]
    knots = np.linspace(-1, 1, 8)
    values = find("spline").evaluate(0, [knots], parameters)[0]
    z = np.linspace(-1, 1, 101)
    other = CubicSpline(knots, values, bc_type="natural")(z)
    np.testing.assert_allclose(
        find("spline").evaluate(0, [z], parameters)[0], other, atol=1e-12
    )


def test_bumps_add_up_to_one_to_steps_and_to_ramps():
    bump, step, ramp = (catalogue()[f"cubic_{n}"] for n in ("bump", "step", "ramp"))
    z = np.linspace(-3, 3, 61)
    bumps = {k: bump.evaluate(0, [z - k])[0] for k in range(-6, 9)}
    np.testing.assert_allclose(sum(bumps.values()), 1, rtol=1e-14)
    steps = sum(bumps[k] for k in range(9))
    np.testing.assert_allclose(step.evaluate(0, [z])[0], steps, atol=1e-15)
    ramps = sum(k * bumps[k] for k in range(9))
    np.testing.assert_allclose(ramp.evaluate(0, [z])[0], ramps, atol=2e-15)


def test_a_staircase_has_as_many_steps_as_it_is_told():
    staircase = find("staircase")
    z = np.array([-0.3, 0.0, 0.24, 0.25, 0.99, 1.0])
    np.testing.assert_array_equal(staircase.evaluate(0, [z])[0], np.floor(z))
    four = staircase.evaluate(0, [z], [4.0])[0]
    np.testing.assert_array_equal(four, [-0.5, 0, 0, 0.25, 0.75, 1])
