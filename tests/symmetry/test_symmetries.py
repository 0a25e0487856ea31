"""`ww.symmetries` on networks whose symmetries are known."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import SettingError, UntrainedError
from wildwire.symmetry import inputs, symmetries


def found_in(text, **options):
    network = ww.parse(text)
    return symmetries(network, network.start, **options)


def swaps(found):
    return [str(permutation) for permutation in found.inputs.permutations]


def flips(found):
    return {flip.inputs: flip.effect for flip in found.inputs.flips}


XOR = """
input x1, x2
h1 = logistic(20*x1 + 20*x2 - 30)
h2 = logistic(-20*x1 - 20*x2 + 10)
y = logistic(-20*h1 - 20*h2 + 10)
output y
"""


def test_exclusive_or_is_symmetric_in_its_inputs():
    found = found_in(XOR)
    assert found.inputs.classes == (("x1", "x2"),)
    assert [swap.evidence for swap in found.inputs.swaps] == ["structural"]
    assert found.inputs.flips == () and found.inputs.parity is None
    assert found.interchangeable == (("h1", "h2"),)
    assert found.redundant == () and found.notes == ()


def test_partners_are_found_through_hidden_neurons():
    found = found_in("""
        input a, b
        p = tanh(0.3*a - 0.7*b)
        q = tanh(-0.7*a + 0.3*b)
        y = 2*p + 2*q + [1]*a + [1]*b
        output y""")
    assert found.inputs.classes == (("a", "b"),)
    assert found.inputs.swaps[0].evidence == "structural"


@pytest.mark.parametrize(
    ("formula", "classes"),
    [
        ("tanh(a + b + c)", (("a", "b", "c"),)),
        ("a*b + c", (("a", "b"),)),
        ("tanh(2*a + b) + c", ()),
        ("a*b*exp(c) + b*a*exp(a*b)", (("a", "b"),)),
        ("(a - b)**2 + c", (("a", "b"),)),
        ("exp(a - b) + exp(b - a) + c**2", (("a", "b"),)),
        ("logistic(a - b) + logistic(b - a) + a*b*c", (("a", "b", "c"),)),
    ],
)
def test_inputs_that_may_be_exchanged(formula, classes):
    found = found_in(f"input a, b, c\ny = {formula}\noutput y")
    assert found.inputs.classes == classes
    assert {swap.evidence for swap in found.inputs.swaps} <= {"structural"}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("tanh(a + [2]*b) + tanh(c + [2]*d)", ["(a c)(b d)"]),
        ("a*b**2 + b*c**2 + c*a**2 + d", ["(a b c)"]),
        ("a*b + c*d", ["(a c)(b d)"]),
        ("a + 2*b + 3*c + d**2", []),
    ],
)
def test_inputs_that_may_be_exchanged_together(formula, expected):
    found = found_in(f"input a, b, c, d\ny = {formula}\noutput y")
    assert swaps(found) == expected
    assert {p.evidence for p in found.inputs.permutations} <= {"structural"}


def test_orbits_join_what_exchanges_alone_do_not():
    found = found_in("input a, b, c, d\ny = a*b + c*d\noutput y")
    assert found.inputs.classes == (("a", "b"), ("c", "d"))
    assert found.inputs.orbits == (("a", "b", "c", "d"),)


@pytest.mark.parametrize(
    ("formula", "expected", "parity"),
    [
        ("a**2 + tanh(b) + c", {("a",): "unchanged"}, None),
        ("a*b*c", {("a",): "negated", ("b",): "negated", ("c",): "negated"}, "odd"),
        ("tanh(a)*b + abs(c)", {("a", "b"): "unchanged", ("c",): "unchanged"}, "even"),
        ("tanh(a + 2*b - c)", {("a", "b", "c"): "negated"}, "odd"),
        ("cos(a + 2*b)*c", {("a", "b"): "unchanged", ("c",): "negated"}, "odd"),
        ("logistic(a + b + c)", {}, None),
        (
            "a*b*c + 1",
            {("a", "b"): "unchanged", ("a", "c"): "unchanged", ("b", "c"): "unchanged"},
            None,
        ),
        ("logistic(a + b) + c*0.5 - 0.5", {("a", "b", "c"): "negated"}, "odd"),
    ],
)
def test_signs_that_may_be_turned(formula, expected, parity):
    found = found_in(f"input a, b, c\ny = {formula}\noutput y")
    assert flips(found) == expected
    assert found.inputs.parity == parity
    assert {flip.evidence for flip in found.inputs.flips} <= {"structural"}


def test_what_is_seen_in_numbers_only_is_called_numerical():
    found = found_in("input a, b\ny = (a + b)**2 - a**2 - b**2 + a + b\noutput y")
    assert [swap.evidence for swap in found.inputs.swaps] == ["structural"]
    found = found_in("input a, b\ny = (a + [2]*b)**2 - [3]*b**2 - [3]*a*b\noutput y")
    assert [swap.evidence for swap in found.inputs.swaps] == ["numerical"]


def test_inputs_without_effect_are_in_no_other_list():
    found = found_in("input a, b, c\ny = tanh(a + 0*b + 0*c)\noutput y")
    assert found.inputs.unused == ("b", "c")
    assert found.inputs.classes == () and flips(found) == {("a",): "negated"}


def test_the_values_of_a_category_are_exchanged_among_themselves_only():
    found = found_in("""
        input x, colour: "red" | "green" | "blue"
        y = 2*x + 2*colour["red"] + 2*colour["blue"] - colour["green"]
        output y""")
    assert found.inputs.classes == (('colour["red"]', 'colour["blue"]'),)
    assert flips(found) == {}


def test_rows_are_drawn_from_the_ranges_that_the_network_knows():
    text = "input a, b\n{}y = relu(a - 50) + relu(b - 60)\noutput y"
    near = found_in(text.format(""))
    assert near.inputs.unused == ("a", "b")  # on standard normal rows nothing happens
    far = found_in(text.format("range a 0..100\nrange b 0..100\n"))
    assert far.inputs.unused == () and far.inputs.classes == ()


def test_redundant_neurons_and_why():
    found = found_in("""
        input a, b
        h1 = tanh(2*a - b + 0.5)
        h2 = tanh(2*a - b + 0.5)
        h3 = tanh(-2*a + b - 0.5)
        p = logistic(a*b)
        q = logistic(-a*b)
        u = 3*h1 + 1
        r = tanh(0*a + 0.5)
        dead = sin(a)
        dead2 = 2*dead
        zero = cos(b)
        w = relu(a**2 + b**2)
        v = a**2 + b**2
        y = h1 + h2 + 2*h3 + p + 3*q + u + r + 0*zero + w + v
        output y""")
    reasons = {
        item.neuron: (item.kind, item.reason, item.evidence) for item in found.redundant
    }
    assert reasons == {
        "h2": ("duplicate", "the same as h1", "structural"),
        "h3": ("duplicate", "the negative of h1 (odd activation, negated weights)", "structural"),
        "q": ("duplicate", "1 - p", "structural"),
        "u": ("duplicate", "3*h1 + 1", "structural"),
        "r": ("constant", "always 0.462117", "structural"),
        "dead": ("dead", "only neurons that reach no output read it", "structural"),
        "dead2": ("dead", "nothing reads it", "structural"),
        "zero": ("dead", "all weights that read it are 0", "structural"),
        "v": ("duplicate", "the same as w", "numerical"),
    }  # fmt: skip


def test_a_scaled_input_is_no_repetition():
    found = found_in("input a\nfixed s = (a - 3)/2\nh = tanh(s)\ny = h + s\noutput y")
    assert found.redundant == ()


def test_neurons_that_may_change_places_are_those_whose_numbers_are_their_own():
    network = ww.parse("""
        input a, b
        let k = 0.5
        h[3] ~ tanh(a, b)
        g = tanh(k*a + 2*b)
        f = tanh(k*a + 3*b)
        e = tanh([1]*a + b)
        d = tanh([2]*a + b)
        y = ?*h[0] + ?*h[1] + ?*h[2] + ?*g + ?*f + ?*e + ?*d
        output y""")
    found = symmetries(network, network.initial(0))
    # one bias more or less, a frozen or shared weight that differs: no exchange
    assert found.interchangeable == (("h[0]", "h[1]", "h[2]"), ("g", "f"))


def test_signs_of_numbers_that_may_be_turned():
    network = ww.parse("""
        input a
        p ~ tanh(a)
        q ~ cos(a)
        r ~ relu(a)
        s = tanh([1]*a)
        t ~ tanh(a)
        y = ?*p + ?*q + ?*r + ?*s + [1]*t
        output y""")
    assert symmetries(network, network.initial(0)).signs == {"p": "odd", "q": "even"}


@pytest.mark.parametrize(
    ("degree", "signs"),
    [("", {"h": "odd"}), ("[2]", {}), ("[5]", {"h": "odd"}), ("3", {})],
)
def test_the_sign_of_a_transfer_depends_on_its_numbers(degree, signs):
    chosen = f", degree={degree}" if degree else ""
    network = ww.parse(
        f"input a, b\nh ~ polynomial(a, b{chosen})\ny ~ linear(h)\noutput y"
    )
    assert symmetries(network, network.initial(0)).signs == signs


def test_functions_are_listed_once_for_each_parity():
    found = found_in("""
        input a
        activation wave(z, k=1) = sin(k*z + 1 - k)
        h = wave(a, k=1)
        g = wave(a, k=2)
        y = h + g
        output y""")
    facts = {f.neurons: (f.name, f.parity, f.period) for f in found.functions}
    assert facts["h",] == ("wave", "odd", pytest.approx(2 * np.pi))
    assert facts["g",] == ("wave", None, pytest.approx(np.pi))


def test_the_report_says_it_all():
    text = str(
        found_in(
            "input a, b\nh = sin(a + b)\ng = tanh(h)\nk = tanh(-h)\ny = g - 2*k\noutput y"
        )
    )
    assert text.splitlines() == [
        "functions",
        "  sin       odd, period 6.28319",
        "  tanh      odd",
        "  identity  odd",
        "inputs",
        "  may be exchanged: a, b (structural)",
        "  signs turned of a, b: outputs negated (structural)",
        "  signs of all inputs turned: the network is odd (structural)",
        "hidden neurons",
        "  k: the negative of g (odd activation, negated weights) (structural)",
    ]


def test_signs_of_many_inputs_are_guessed_from_two_at_a_time():
    terms = " + ".join(f"x[{i}]*x[{i + 1}]" for i in range(0, 14, 2))
    found = found_in(f"input x[14]\ny = exp({terms})\noutput y")
    pairs = {(f"x[{i}]", f"x[{i + 1}]"): "unchanged" for i in range(0, 14, 2)}
    assert flips(found) == pairs
    assert any("two at a time" in note for note in found.notes)
    assert len(found.inputs.classes) == 7 and len(found.inputs.orbits) == 1


def test_limits_are_reported(monkeypatch):
    network = ww.wiring.layered(30, 4, 1)
    found = symmetries(network, network.initial(0))
    assert any("more than 24 inputs (30)" in note for note in found.notes)
    assert "not searched" in str(found)
    monkeypatch.setattr(inputs, "MOST_INPUTS", 29)
    found = symmetries(network, network.initial(0))
    assert found.notes == ("inputs: more than 29 (30)",)


def test_a_network_without_finite_outputs_is_not_judged():
    network = ww.parse("input a, b\ny = (-a*a - b*b - [1])**[0.5]\noutput y")
    with np.errstate(invalid="ignore"):
        found = symmetries(network, network.start)
    assert found.inputs.classes == () and "not finite" in found.notes[0]


@pytest.mark.parametrize("tolerance", [0, -1, 0.5])
def test_tolerance_out_of_range_is_refused(tolerance):
    with pytest.raises(SettingError, match="tolerance"):
        found_in(XOR, tolerance=tolerance)


def test_unknown_numbers_are_refused():
    network = ww.parse("input a\ny ~ tanh(a)\noutput y")
    with pytest.raises(UntrainedError, match="a -> y"):
        symmetries(network, network.start)
    with pytest.raises(SettingError, match="parse"):
        symmetries("input a", [])
