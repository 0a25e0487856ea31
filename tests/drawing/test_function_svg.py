"""Drawings of functions: well-formed, to scale, with marks at the right places.

Comes in: entries of the registry. Goes out: failures. Called by pytest.
"""

import re
import xml.etree.ElementTree as xml

import numpy as np
import pytest

import wildwire as ww
from wildwire.drawing.curves import plot_of
from wildwire.drawing.function_svg import LARGE, draw_function, draw_sheet
from wildwire.functions.entry import drawn_form, entry_of

ENTRIES = list(ww.functions)
SVG = "{http://www.w3.org/2000/svg}"


def own(text):
    return entry_of(ww.activation(text) if text.startswith("f(z") else ww.loss(text))


def texts(svg):
    return [element.text for element in xml.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: f"{e.kind} {e.name}")
def test_every_function_can_be_drawn(entry):
    svg = draw_function(entry)
    words = texts(svg)
    assert words[0].startswith(entry.name)
    assert "nan" not in svg
    assert "inf" not in svg
    # Text stays on its card: nothing ends beyond the right edge.
    width = float(xml.fromstring(svg).get("width"))
    for element in xml.fromstring(svg).iter(f"{SVG}text"):
        if element.get("text-anchor") == "start":
            size = float(element.get("font-size"))
            assert float(element.get("x")) + 0.6 * size * len(element.text) < width


def test_the_sheet_holds_all_of_them():
    words = texts(draw_sheet(ENTRIES, "Everything"))
    assert words[:2] == ["Everything", "activations"]
    assert "losses" in words
    for entry in ENTRIES:
        signature = drawn_form(entry).signature
        told = entry.parameters and entry.kind != "transfer" and len(signature) < 35
        assert (signature if told else entry.name) in words
    for sign in (
        "value",
        "slope",
        "kink",
        "jump",
        "curvature jumps",
        "held by a guard",
    ):
        assert sign in words


def points(svg, dashed):
    """Pixels of the curves that are dashed, or not."""
    inner = xml.fromstring(svg).find(f".//{SVG}svg")
    dashes = {True: "5 3.5", False: None}[dashed]
    paths = [p for p in inner.iter(f"{SVG}path") if "L" in p.get("d")]
    (path,) = [p for p in paths if p.get("stroke-dasharray") == dashes]
    numbers = re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d"))
    return np.array(numbers, float)


@pytest.mark.parametrize("name", ["tanh", "abs", "sin", "loss huber", "elu"])
def test_curves_are_where_the_function_is(name):
    entry = ww.functions[name]
    svg = draw_function(entry)
    for level, dashed in ((0, False), (1, True)):
        x, y = points(svg, dashed).T
        z = x / LARGE.unit - 4.4
        rest = [np.zeros_like(z)] * (len(entry.arguments) - 1)
        expected = (3.4 - entry.function.evaluate(1, [z, *rest])[level]) * LARGE.unit
        # Pixels are written with two digits; at a kink they belong to either side.
        usable = entry.function.margin([z, *rest]) > 0.01
        np.testing.assert_allclose(y[usable], expected[usable], atol=0.06)


MARKS = [
    ("f(z) = abs(z - 1)", [("kink", 1)]),
    ("f(z) = where(z > 2, 1, -1)", [("jump", 2)]),
    ("f(z) = abs(z)*z", [("jump of the curvature", 0)]),
    ("f(z) = 1/(z + 1)", [("pole", -1)]),
    ("f(z) = floor(z/3)", [("jump", -3), ("jump", 0), ("jump", 3)]),
    ("f(z) = tanh(z)", []),
    ("f(z) = log(guard_below(z, 0.5))", [("edge of a guard", 0.5)]),
    ("abs(o - t)", [("kink", 0)]),
]


@pytest.mark.parametrize(("text", "marks"), MARKS)
def test_marks_stand_where_something_breaks(text, marks):
    (curve,) = plot_of(own(text)).curves
    assert [(mark.what, round(mark.x, 9)) for mark in curve.marks] == marks


def test_a_jump_shows_both_values():
    (curve,) = plot_of(own("f(z) = where(z > 2, 1, -1)")).curves
    assert (curve.marks[0].left, curve.marks[0].right) == (-1, 1)
    assert len(curve.value) == 2
    assert curve.value[0][1].tolist() == [-1.0] * len(curve.value[0][1])


def test_guarded_stretches_are_shaded():
    (curve,) = plot_of(own("f(z) = log(guard_below(z, 0.5))")).curves
    ((low, high),) = curve.held
    assert (low, round(high, 9)) == (-4.4, 0.5)
    assert "held by a guard" in texts(draw_function(own("f(z) = 1/guard_zero(z, 1)")))


@pytest.mark.parametrize(
    ("text", "names", "x_name"),
    [
        ("(o - t)**2", [""], "o - t"),
        ("where(t*o >= 1, 0, 1 - t*o)", ["t = -1", "t = 1"], "o - t"),
        ("l(o, t) = -t*log(o), range = 0..1", ["t = 0", "t = 1"], "o - t"),
        ("l(z, t) = t*softplus(-z)", ["t = 0", "t = 1"], "z"),
    ],
)
def test_losses_are_drawn_at_sensible_targets(text, names, x_name):
    plot = plot_of(own(text))
    assert [curve.name for curve in plot.curves] == names
    assert plot.x_name == x_name


def test_a_training_slope_is_called_one():
    words = texts(draw_function(own("f(z) = where(z > 0, 1, 0), slope = sech2(z)")))
    assert "training slope" in words


def test_what_is_written_by_users_is_escaped():
    svg = draw_function(own("f(z) = where(z < 0, 1, 2)"))
    assert "where(z < 0, 1, 2)" in texts(svg)
