"""Functions by name and by formula, and what is refused with which words."""

import math
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from wildwire.errors import (
    FunctionError,
    LanguageError,
    WildwireError,
)
from wildwire.functions import (
    activation,
    catalogue,
    find,
    find_loss,
    from_definition,
    from_definitions,
    loss,
    losses,
    penalty,
)
from wildwire.functions.primitives import CHOICES, COMPOSITES, PRIMITIVES
from wildwire.language.parser import parse_definition


def test_names_find_the_built_in_functions():
    assert find("tanh") is catalogue()["tanh"]
    assert find_loss("squared") is losses()["squared"]
    assert find("logistic").kind == "activation"
    assert find_loss("logistic").kind == "loss"
    assert find_loss(find_loss("huber")) is find_loss("huber")


@pytest.mark.parametrize(
    ("lookup", "name", "hint"),
    [(find, "tahn", "'tanh'"), (find, "sigmoid_x", "There are"), (find, "Relu", "'relu'"),
     (find_loss, "squard", "'squared'"), (find_loss, "mse", "There are")],
)  # fmt: skip
def test_an_unknown_name_is_met_with_the_nearest(lookup, name, hint):
    with pytest.raises(FunctionError, match=name) as caught:
        lookup(name)
    assert hint in str(caught.value)


def test_an_activation_is_no_loss():
    with pytest.raises(FunctionError, match="not a loss"):
        find_loss(find("tanh"))


def test_a_formula_is_an_activation():
    bump = activation("bump(z, k=10) = exp(-k*(1 - z)**2)")
    assert (bump.name, bump.kind, bump.arguments) == ("bump", "activation", ("z",))
    assert bump.parameters == (("k", 10.0),)
    z, k = np.array([0.0, 0.7, 1.0]), 4.0
    value, in_z, in_k = bump.evaluate(1, [z], [k])
    np.testing.assert_allclose(value, np.exp(-k * (1 - z) ** 2))
    np.testing.assert_allclose(in_z, 2 * k * (1 - z) * value)
    np.testing.assert_allclose(in_k, -((1 - z) ** 2) * value)
    assert activation("activation bump(z, k=10) = exp(-k*(1 - z)**2)") == bump


def test_a_loss_is_an_expression_or_a_definition():
    plain = loss("abs(o - t)**1.5")
    named = loss("mine(o, t, p=1.5) = abs(o - t)**p")
    o, t = np.array([0.0, 1.0, 3.0]), np.array([1.0, 1.0, 1.0])
    expected = [np.abs(o - t) ** 1.5, 1.5 * np.abs(o - t) ** 0.5 * np.sign(o - t)]
    np.testing.assert_allclose(plain.evaluate(1, [o, t])[:2], expected)
    np.testing.assert_allclose(named.evaluate(1, [o, t])[:2], expected)
    assert find_loss("abs(o - t)**1.5") == plain
    assert find_loss("where(o == t, 0, 1)").evaluate(0, [o, t]).tolist() == [[1, 0, 1]]
    assert loss("where(o <= t, 0, 1)").name == "custom"


def test_a_bare_name_is_that_function_of_the_catalogue():
    assert loss("huber") is losses()["huber"]
    assert loss(" squared ") is losses()["squared"]
    assert activation("tanh") is catalogue()["tanh"]
    assert loss("o").evaluate(0, [np.array([3.0]), np.array([1.0])]).tolist() == [[3.0]]
    for make in (loss, activation):
        with pytest.raises(FunctionError, match="unknown"):
            make("nobody")


@pytest.mark.parametrize("make", [loss, find_loss])
def test_parameters_of_a_loss_can_be_set(make):
    o, t = np.array([0.0, 3.0]), np.array([1.0, 1.0])
    chosen = make("quantile(q=0.9)")
    np.testing.assert_allclose(chosen.evaluate(0, [o, t])[0], [0.9, 0.2])
    assert chosen.key == losses()["quantile"].key
    assert make("huber( delta = 0.5 )").defaults == (0.5,)
    np.testing.assert_allclose(
        make("huber(delta=0.5)").evaluate(0, [o, t])[0], [0.375, 0.875]
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("huber(delt=1)", "no parameter 'delt'; it has delta"),
        ("squared(k=1)", "it has none"),
        ("hubr(delta=1)", "did you mean 'huber'"),
        ("huber(delta=x)", "between 0 and inf; it is 'x'"),
        ("huber(delta=-1)", "between 0 and inf"),
        ("quantile(q=1)", "between 0 and 1"),
        ("mse", "did you mean 'squared'"),
        ("L1", "did you mean 'absolute'"),
        ("cross_entropy", "did you mean 'logistic' or 'softmax'"),
        ("Huber", "did you mean 'huber'"),
    ],
)
def test_losses_that_cannot_be_found_are_explained(text, words):
    with pytest.raises(FunctionError, match=words):
        find_loss(text)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sigmoid", "did you mean 'logistic'"),
        ("swish", "did you mean 'silu'"),
        ("linear", "did you mean 'identity'"),
        ("TANH", "did you mean 'tanh'"),
        ("softmax", r"write `output softmax\(...\)`"),
    ],
)
def test_common_names_of_activations_are_known(name, words):
    with pytest.raises(FunctionError, match=words):
        find(name)


@pytest.mark.parametrize(
    ("make", "text", "line", "column"),
    [
        (activation, "f(z) = z $ 2", 1, 10),
        (activation, "activation f(z) = z $ 2", 1, 21),
        (activation, "  f(z) = z $ 2", 1, 12),
        (activation, "\n f(z) = z $ 2", 2, 11),
        (loss, "f(o, t) = o $ t", 1, 13),
        (loss, "o $ t", 1, 3),
        (loss, "  o $ t", 1, 5),
    ],
)
def test_an_error_stands_at_its_place_in_the_users_text(make, text, line, column):
    with pytest.raises(LanguageError) as caught:
        make(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.source == text.split("\n")[line - 1]


def test_a_place_named_in_the_words_of_an_error_is_the_users_too():
    with pytest.raises(LanguageError, match="opened in column 12 is not closed"):
        activation("f(z) = tanh(z")


def test_slope_and_range_are_kept():
    step = activation("hard(z) = where(z > 0, 1, 0), slope = sech2(z), range = 0..1")
    value, slope = step.evaluate(1, [np.array([-1.0, 0.5])])
    np.testing.assert_array_equal(value, [0, 1])
    np.testing.assert_allclose(slope, 1 / np.cosh([-1.0, 0.5]) ** 2)
    assert step.range == (0, 1)
    assert activation("up(z) = exp(z), range = 0..").range == (0, np.inf)


def test_formulas_may_call_the_catalogue_and_each_other():
    both = activation("both(z) = gaussian(z, 2) + relu(z)")
    z = np.array([-1.0, 2.0])
    expected = np.exp(-(z**2) / 8) + np.maximum(z, 0)
    np.testing.assert_allclose(both.evaluate(0, [z])[0], expected)
    texts = ["activation outer(z) = 2*inner(z)", "activation inner(z, a=3) = a*z + 1"]
    known = from_definitions(parse_definition(text) for text in texts)
    np.testing.assert_allclose(known["outer"].evaluate(0, [z])[0], 2 * (3 * z + 1))
    assert find("outer", known) is known["outer"]


def test_a_users_function_may_hide_one_of_the_catalogue():
    texts = ["activation relu(z) = 7*z", "activation twice(z) = 2*relu(z)"]
    known = from_definitions(map(parse_definition, texts))
    assert known["twice"].evaluate(0, [np.array([1.0])])[0, 0] == 14


def test_functions_in_a_circle_are_refused():
    texts = ["activation a(z) = b(z)", "activation b(z) = a(z)"]
    with pytest.raises(FunctionError, match="circle"):
        from_definitions(map(parse_definition, texts))


REFUSED = [
    ("f(z) = logistik(z)", "did you mean 'logistic'"),
    ("f(z) = Tanh(z)", "did you mean 'tanh'"),
    ("f(z) = z + q", "unknown name 'q'"),
    ("f(z, width=1) = widht*z", "did you mean 'width'"),
    ("f(z) = tanh(z, z)", "takes 1 argument, not 2"),
    ("f(z) = where(z, 1, 0)", "comparison"),
    ("f(z) = where(z > 0, 1)", "takes 3 argument"),
    ("f(z) = guard_below(z, z)", "must be a number"),
    ("f(z) = z/0", "divides by zero"),
    ("f(z) = z*(1/0)", "divides a constant by zero"),
    ("f(z) = z + 1e308*10", "not a finite number"),
    ("f(z) = z*10**400", "not a finite number"),
    ("f(z) = tanh(z, k=2)", None),
    ("f(z) = gaussian(z, 2, 3)", "takes z, width by place"),
    ("f(z) = gaussian()", None),
    ("f(z) = z@1", None),
    ("f(z) = z[0]", None),
    ("f(z) = ?*z", None),
    ("f(a, b, c, d, e) = a*b*c*d*e", "one argument"),
    ("f(z, z=1) = z", None),
    ("f(z) = __import__(z)", None),
    ("f(z) = z.real", None),
    ("f(z) = lambda: z", None),
    ("f(z) = (z", None),
    ("f(z)", None),
    ("", None),
    ("f(z) = f(z)", "unknown function 'f'"),
    ("f(z) = z, range = 1..0", None),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_cannot_be_a_function_is_refused(text, words):
    with pytest.raises((FunctionError, LanguageError)) as caught:
        activation(text)
    if words is not None:
        assert words in str(caught.value)


def test_a_formula_that_explodes_is_refused_quickly():
    text = "z"
    for _ in range(12):
        text = f"tanh({text})*({text})"
        if len(text) > 2000:
            break
    with pytest.raises(WildwireError):
        activation(f"f(z) = {'(' * 400}{text}{')' * 400}")


def test_powers_beyond_reason_stay_cheap():
    f = activation("f(z) = z**1024")
    value, slope = f.evaluate(1, [np.array([1.0, 0.25])])
    np.testing.assert_allclose(value, [1, 0])
    np.testing.assert_allclose(slope, [1024, 0])
    with pytest.raises(FunctionError, match="exponent 1e\\+06 is too large"):
        activation("f(z) = z**1000000")


def test_transfers_are_no_activations():
    definition = parse_definition("transfer contrast(w, x) = sum(w*x)/sum(abs(w))")
    with pytest.raises(FunctionError, match=r"ww\.transfer"):
        from_definition(definition)
    assert from_definitions([definition]) == {}


def test_keys_depend_on_the_formula_alone():
    one = activation("f(z, k=10) = exp(-k*z)")
    other = activation("g(x, rate=3) = exp(-rate*x)")
    assert one.key == other.key
    assert one != other
    assert one.key != activation("f(z, k=10) = exp(k*z)").key
    assert one.key != activation("f(z, k=10) = exp(-k*z), slope = z").key
    a = from_definitions([parse_definition("activation a(z, k=1) = k*z")])
    b = from_definitions([parse_definition("activation a(z, k=2) = k*z")])
    outer = parse_definition("activation outer(z) = a(z)")
    assert from_definition(outer, a).key != from_definition(outer, b).key


def test_keys_of_the_catalogue_differ():
    keys = [f.key for f in (*catalogue().values(), *losses().values())]
    assert len(set(keys)) == len(keys)


def test_partners():
    logistic = find_loss("logistic")
    assert logistic.from_z == "logistic_from_z"
    assert logistic.partner == "logistic"
    assert logistic.needs_probability
    assert find_loss("squared").from_z is None
    mine = loss("logistic(o, t) = (o - t)**2")
    assert mine.from_z is None
    assert mine.partner is None
    assert find("logistic").partner is None


def test_the_partner_form_is_exact_far_out():
    form = find_loss("logistic_from_z")
    z = np.array([1e4, -1e4, 1e4, -1e4, 30.0, -30.0])
    t = np.array([1.0, 0.0, 0.0, 1.0, 1.0, 0.0])
    value, slope, _ = form.evaluate(1, [z, t])
    tail = np.exp(-30.0)
    np.testing.assert_allclose(value, [0, 0, 1e4, 1e4, tail, tail], rtol=1e-12)
    np.testing.assert_allclose(slope, [0, 0, 1, -1, -tail, tail], rtol=1e-12)


def test_the_two_forms_of_the_logistic_loss_agree():
    o, t = np.linspace(0.01, 0.99, 25), np.linspace(0, 1, 25)
    z = np.log(o / (1 - o))
    value, in_o, _ = find_loss("logistic").evaluate(1, [o, t])
    from_z, in_z, _ = find_loss("logistic_from_z").evaluate(1, [z, t])
    np.testing.assert_allclose(value, from_z, rtol=1e-12)
    np.testing.assert_allclose(in_o * o * (1 - o), in_z, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("name", ["poisson", "gamma"])
def test_the_two_forms_of_losses_of_positive_numbers_agree(name):
    o, t = np.geomspace(1e-6, 1e6, 25), np.geomspace(0.01, 100, 25)
    plain, form = find_loss(name), find_loss(f"{name}_from_z")
    assert (plain.partner, plain.from_z) == ("exponential", form.name)
    value, in_o, _ = plain.evaluate(1, [o, t])
    from_z, in_z, _ = form.evaluate(1, [np.log(o), t])
    np.testing.assert_allclose(value, from_z, rtol=1e-9)
    np.testing.assert_allclose(in_o * o, in_z, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["poisson", "gamma", "expectile(q=0.9)", "squared"])
def test_losses_are_least_where_output_is_target(name):
    t = np.array([0.0, 1e-3, 1.0, 50.0])[name == "gamma" :]
    value, slope = find_loss(name).evaluate(1, [t + 1e-30, t])[:2]
    np.testing.assert_allclose(value, 0, atol=1e-13)
    assert np.all(np.abs(slope[t > 0]) < 1e-12)
    for o in (t * 1.1 + 0.1, t * 0.9):
        further, slope = find_loss(name).evaluate(1, [o[t > 0], t[t > 0]])[:2]
        assert np.all(further > 0)
        assert np.all(slope * (o - t)[t > 0] > 0)


def test_expectile_and_squared_hinge():
    o, t = np.array([1.0, 3.0]), np.array([2.0, 2.0])
    assert find_loss("expectile").evaluate(0, [o, t])[0].tolist() == [0.5, 0.5]
    assert find_loss("expectile(q=0.75)").evaluate(0, [o, t])[0].tolist() == [
        0.75,
        0.25,
    ]
    t = np.array([-1.0, 1.0])
    assert find_loss("squared_hinge").evaluate(1, [o, t])[:2].tolist() == [
        [4, 0],
        [4, 0],
    ]
    with pytest.raises(FunctionError, match="between 0 and 1"):
        find_loss("expectile(q=1)")
    with pytest.raises(FunctionError, match="did you mean 'expectile'"):
        find_loss("asymmetric_squared")


@pytest.mark.parametrize(
    ("name", "limits"),
    [("squared", None), ("logistic", (0, 1)), ("softmax", (0, 1)), ("poisson", (0, math.inf)),
     ("mine(o, t) = (o - t)**2, range = 0..1", (0, 1)),
     ("poisson(o, t) = o - t", None)],
)  # fmt: skip
def test_targets_of_losses(name, limits):
    assert loss(name).targets == limits


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("0.01*abs(w)", ([0.005, 0.01], [0.01, -0.01])),
        ("0.001*w**2 + 0.01*abs(w)", ([0.00525, 0.011], [0.011, -0.012])),
    ],
)
def test_penalties_are_functions_of_the_weight(text, tables):
    made = penalty(text)
    assert (made.kind, made.arguments) == ("penalty", ("w",))
    np.testing.assert_allclose(made.evaluate(1, [np.array([0.5, -1.0])]), tables)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.5", "does not depend on the weight w"),
        ("0*w", "does not depend on the weight w"),
        ("o + t", "unknown name 'o' in a function formula; its names are w"),
        ("huberised(w)", "unknown function 'huberised'"),
        ("l1", "or l1=0.01"),
        ("w**2 = 1", "`=` cannot stand here"),
        ("w +", "the line ends here"),
        (0.1, "an expression in w, not 0.1"),
    ],
)
def test_what_is_no_penalty(text, words):
    with pytest.raises((FunctionError, LanguageError), match=re.escape(words)):
        penalty(text)


def test_the_logistic_loss_is_finite_at_the_ends():
    o, t = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])
    (value, *_) = find_loss("logistic").evaluate(1, [o, t])
    np.testing.assert_allclose(value, [0, 0, *[-np.log(1e-30)] * 2])


def test_functions_travel_between_processes():
    for function in (find("gelu"), activation("f(z, k=2) = k*relu(z)")):
        find("tanh").functions  # noqa: B018 - what is cached must not travel
        copy = pickle.loads(pickle.dumps(function))
        assert copy == function
        assert hash(copy) == hash(function)
        z = np.array([-1.0, 2.0])
        np.testing.assert_array_equal(copy.evaluate(1, [z]), function.evaluate(1, [z]))


def test_wrong_numbers_of_arrays_are_refused():
    with pytest.raises(FunctionError, match=r"1 argument\(s\), 2 given"):
        find("tanh").evaluate(0, [np.zeros(2), np.zeros(2)])
    with pytest.raises(FunctionError, match=r"0 parameter\(s\), 1 given"):
        find("tanh").evaluate(0, [np.zeros(2)], [1.0])


def test_margin_is_the_distance_to_the_nearest_kink():
    ramp = find("ramp").margin([np.array([-2.0, 0.25, 0.9, 1.5])])
    np.testing.assert_allclose(ramp, [2, 0.25, 0.1, 0.5])
    np.testing.assert_allclose(find("staircase").margin([np.array([1.75])]), 0.25)
    assert np.all(np.isinf(find("tanh").margin([np.zeros(3)])))
    assert np.all(np.isinf(find("sinc").margin([np.zeros(3)])))


def test_the_reference_page_names_everything():
    page = Path(__file__).parents[2] / "docs" / "functions.md"
    named = set(re.findall(r"`(\w+)[`(]", page.read_text(encoding="utf-8")))
    known = {*catalogue(), *losses(), *PRIMITIVES, *COMPOSITES, *CHOICES}
    assert known <= named, known - named
