"""The drawing: well formed, complete, legible, with links that run around neurons."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from wildwire.drawing.canvas import (
    NEGATIVE,
    POSITIVE,
    UNKNOWN,
    link_path,
    shortened,
    text_width,
)
from wildwire.drawing.layout import arrange
from wildwire.drawing.picture import node_levels
from wildwire.drawing.svg import draw
from wildwire.errors import SettingError
from wildwire.network import Network
from wildwire.wiring import cascade, layered, random

SVG = "{http://www.w3.org/2000/svg}"


def skip_network(**options):
    return Network.from_arrays(
        ["x1", "x2"], [0, 1, 2, 0, 1], [0, 0, 1, 1, 1], neurons=["h", "y"],
        activation=["tanh", "logistic"], **options,
    )  # fmt: skip


def feedback_network():
    return Network.from_arrays(
        ["u"], [0, 1, 1, 2, 2], [0, 0, 1, 0, 1], neurons=["m", "y"], outputs=["y"],
        delay=[0, 1, 0, 2, 1],
    )  # fmt: skip


def irises():
    names = ["sepal length", "sepal width", "petal length", "petal width"]
    classes = ("setosa", "versicolor", "virginica")
    return layered(names, 8, 3, head="softmax", classes=classes)


SMALL = {
    "skip": skip_network,
    "cascade": lambda: cascade(3, 6, 1),
    "deep cascade": lambda: cascade(2, 12, 2),
    "er": lambda: random(3, 20, 2, kind="er", p=0.12, seed=3),
    "ws": lambda: random(4, 32, 1, kind="ws", seed=1),
    "ba": lambda: random(2, 38, 2, kind="ba", m=2, seed=2),
    "irises": irises,
    "feedback": feedback_network,
    "wide": lambda: layered(12, 12, 1),
}
LARGE = {
    "digits": lambda: layered(784, 128, 10, activation="relu", head="softmax"),
    "skips": lambda: layered(20, 64, 32, 3, skip=True),
    "irregular": lambda: random(20, 560, 1, kind="er", p=0.06, seed=1),
    "two by two": lambda: Network.from_arrays(
        [("a", 20), ("b", 30)], *two_by_two(), neurons=[("c", 10), ("d", 10), "y"]
    ),
}


def two_by_two():
    inputs, hidden = np.arange(50), np.arange(20)
    source = np.concatenate([np.tile(inputs, 20), 50 + hidden])
    return source, np.concatenate([np.repeat(hidden, 50), np.full(20, 20)])


def numbers(network, seed=0):
    return np.random.default_rng(seed).normal(size=network.n_theta)


def parsed(network, theta=None):
    return ElementTree.fromstring(draw(network, theta))


def walk(node, x=0.0, y=0.0):
    """All elements with the shift that the groups around them add."""
    moved = re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", node.get("transform", ""))
    if moved and node.tag == f"{SVG}g":
        x, y = x + float(moved[1]), y + float(moved[2])
    yield node, x, y
    for child in node:
        yield from walk(child, x, y)


def texts(root):
    """(text, left, right, top, bottom) of all upright labels."""
    found = []
    for node, x, y in walk(root):
        if node.tag == f"{SVG}text" and "transform" not in node.attrib:
            size, width = float(node.get("font-size")), 0.0
            width = text_width(node.text, size) * 0.93
            anchor = node.get("text-anchor")
            left = x + float(node.get("x"))
            left -= {"start": 0, "middle": width / 2, "end": width}[anchor]
            base = y + float(node.get("y"))
            found.append((node.text, left, left + width, base - 0.75 * size, base + 2))
    return found


def circles(root):
    """(x, y, r) of nodes; the dots inside inputs are smaller."""
    return [
        (x + float(n.get("cx")), y + float(n.get("cy")), float(n.get("r")))
        for n, x, y in walk(root)
        if n.tag == f"{SVG}circle" and float(n.get("r")) > 5
    ]


def links(root):
    """The paths with a tooltip `a → b: ...`, as (element, shift)."""
    return [
        (n, x, y)
        for n, x, y in walk(root)
        if n.tag == f"{SVG}path" and n.find(f"{SVG}title") is not None
    ]


def points(path, shift_x, shift_y):
    """Points along a path of M, L, H, V, C and Q."""
    x = y = 0.0
    found = []
    for command, body in re.findall(r"([MLHVCQ])([^MLHVCQ]*)", path):
        values = [float(text) for text in body.split()]
        if command == "H":
            ends = [(values[0], y)]
        elif command == "V":
            ends = [(x, values[0])]
        else:
            ends = list(zip(values[::2], values[1::2], strict=True))
        controls = np.array([(x, y), *ends])
        t = np.linspace(0, 1, 41)[:, None]
        while len(controls) > 1 and command != "M":
            # De Casteljau, for all t at once.
            controls = controls if controls.ndim == 3 else controls[:, None, :]
            controls = controls[:-1] * (1 - t) + controls[1:] * t
        if command != "M":
            found.extend(controls[0] + (shift_x, shift_y))
        x, y = ends[-1]
    return np.array(found)


@pytest.mark.parametrize(
    "make", [*SMALL.values(), *LARGE.values()], ids=[*SMALL, *LARGE]
)
@pytest.mark.parametrize("known", [True, False])
def test_well_formed_and_inside_the_card(make, known):
    network = make()
    root = parsed(network, numbers(network) if known else None)
    assert root.tag == f"{SVG}svg"
    width, height = float(root.get("width")), float(root.get("height"))
    for text, left, right, top, bottom in texts(root):
        assert left >= 4 and right <= width - 4, text
        assert top >= 4 and bottom <= height - 4, text
    for x, y, r in circles(root):
        assert r < x < width - r and r < y < height - r
    assert "nan" not in draw(network).lower().replace("unknown", "")


@pytest.mark.parametrize(
    "make", [*SMALL.values(), *LARGE.values()], ids=[*SMALL, *LARGE]
)
def test_no_label_overlaps_a_label(make):
    found = texts(parsed(make()))
    for i, (text, left, right, top, bottom) in enumerate(found):
        for other, left_2, right_2, top_2, bottom_2 in found[:i]:
            apart = (
                right <= left_2 or right_2 <= left or bottom <= top_2 or bottom_2 <= top
            )
            assert apart, f"{text!r} and {other!r}"


@pytest.mark.parametrize("make", SMALL.values(), ids=SMALL)
def test_no_link_runs_through_a_neuron_or_a_name(make):
    network = make()
    root = parsed(network)
    nodes, labels = circles(root), texts(root)
    drawn = links(root)
    assert len(drawn) == network.n_links
    for element, x, y in drawn:
        route = points(element.get("d"), x, y)
        text = element.find(f"{SVG}title").text
        touched = [
            (cx, cy)
            for cx, cy, r in nodes
            if np.hypot(route[:, 0] - cx, route[:, 1] - cy).min() < r - 1
        ]
        assert touched == [], text
        for name, left, right, top, bottom in labels:
            inside = (route[:, 0] > left + 1) & (route[:, 0] < right - 1)
            inside &= (route[:, 1] > top + 1) & (route[:, 1] < bottom - 1)
            assert not inside.any() or name.startswith("@"), f"{text} crosses {name}"


@pytest.mark.parametrize("make", SMALL.values(), ids=SMALL)
def test_every_node_is_drawn_and_named(make):
    network = make()
    root = parsed(network)
    assert len(circles(root)) == network.n_inputs + network.n_neurons
    shown = {text.split(" = ")[0] for text, *_ in texts(root)}
    assert {name.strip('"') for name in network.names} <= shown


def test_a_link_starts_and_ends_at_its_nodes():
    network = skip_network()
    root = parsed(network)
    centre = dict(zip(network.names, circles(root), strict=True))
    for element, x, y in links(root):
        source, target = re.match(r"(\w+) → (\w+):", element[0].text).groups()
        route = points(element.get("d"), x, y)
        (sx, sy, r), (tx, ty, _) = centre[source], centre[target]
        assert np.allclose(route[0], (sx + r, sy), atol=0.2)
        assert np.allclose(route[-1], (tx - r, ty), atol=0.2)


def test_parallel_links_are_drawn_side_by_side():
    network = Network.from_arrays(["x"], [0, 0, 0], [0, 0, 0], delay=[0, 1, 2])
    heights = [points(e.get("d"), x, y)[:, 1] for e, x, y in links(parsed(network))]
    for i, height in enumerate(heights):
        for other in heights[:i]:
            assert abs(height.mean() - other.mean()) > 4


def test_a_link_stays_in_its_lane_across_a_column():
    layout = arrange(
        [0, 1, 2], [(20, 20), (60, 20), (20, 20)], [(0, 1), (0, 2), (1, 2)]
    )
    path = link_path(layout, layout.lanes[1], (20.0, 10.0), (layout.left[2], 10.0))
    route = points(path, 0, 0)
    ((column, height),) = layout.lanes[1]
    inside = route[:, 0] >= layout.left[column] - 0.1
    inside &= route[:, 0] <= layout.right[column] + 0.1
    assert inside.sum() > 10 and np.allclose(route[inside, 1], height, atol=0.06)
    assert np.all(np.diff(route[:, 0]) >= -0.06)


def test_weights_are_width_and_colour():
    network = skip_network()
    theta = network.theta(
        {"x1 -> h": 2.0, "x2 -> h": -1.0, "h -> y": 0.5, "x1 -> y": -2.0}
    )
    drawn = {e[0].text.split(":")[0]: e for e, *_ in links(parsed(network, theta))}
    width = {name: float(e.get("stroke-width")) for name, e in drawn.items()}
    colour = {name: e.get("stroke") for name, e in drawn.items()}
    assert width["x1 → h"] == width["x1 → y"] > width["x2 → h"] > width["h → y"]
    assert colour["x1 → h"] == colour["h → y"] == POSITIVE
    assert colour["x2 → h"] == colour["x1 → y"] == NEGATIVE
    assert colour["x2 → y"] == UNKNOWN
    assert drawn["x2 → h"][0].text == "x2 → h: -1"
    assert drawn["x2 → y"][0].text == "x2 → y: unknown"


def test_strong_links_are_drawn_over_weak_ones():
    network = layered(5, 5, 1)
    order = [
        float(e.get("stroke-width"))
        for e, *_ in links(parsed(network, numbers(network)))
    ]
    assert order == sorted(order) and len(set(order)) > 5


def test_frozen_and_delayed_links_look_different():
    network = Network.from_arrays(
        ["u"], [0, 0, 1], [0, 1, 1], neurons=["m", "y"], delay=[0, 1, 0],
        weight=[0.5, np.nan, np.nan], frozen=[True, False, False],
    )  # fmt: skip
    drawn = {e[0].text: e.get("stroke-dasharray") for e, *_ in links(parsed(network))}
    assert len(set(drawn.values())) == 3
    assert drawn["m → y: unknown"] is None
    assert "u → m: 0.5, frozen" in drawn and "u@1 → y: unknown" in drawn
    assert {"frozen", "from the past"} <= {text for text, *_ in texts(parsed(network))}


def test_feedback_runs_above_and_says_how_far_back():
    root = parsed(feedback_network())
    top = min(y - r for _, y, r in circles(root))
    routes = {e[0].text: points(e.get("d"), x, y) for e, x, y in links(root)}
    for name in ("m@1 → m", "y@2 → m", "y@1 → y"):
        assert routes[f"{name}: unknown"][:, 1].min() < top
    assert sorted(t for t, *_ in texts(root) if t[0] == "@") == ["@1", "@1", "@2"]


def test_each_neuron_shows_the_curve_of_its_own_function():
    functions = ["tanh", "relu", "sin"]
    network = Network.from_arrays(
        ["x"], [0, 0, 0], [0, 1, 2], activation=functions, outputs=[0, 1, 2]
    )
    curves = {
        node.get("d")
        for node, *_ in walk(parsed(network))
        if node.tag == f"{SVG}path" and node.get("transform")
    }
    assert len(curves) == 3


NASTY = ['a<b>&"c"', "x\x0by", "]]>", "ü ≤ π", "a" * 60]


@pytest.mark.parametrize("name", NASTY)
def test_names_are_escaped(name):
    network = Network.from_arrays([name], [0, 1], [0, 1], neurons=["h", f"{name} out"])
    for theta in (None, numbers(network)):
        root = parsed(network, theta)
        assert len(links(root)) == 2
        assert "<b>" not in draw(network, theta)


def test_large_networks_are_blocks_with_counts():
    shown = [text for text, *_ in texts(parsed(LARGE["digits"]()))]
    assert {"784 → 128", "100,352 links", "128 → 10", "1,280 links"} <= set(shown)
    assert {"x[784]", "784 inputs", "h[128]", "128 neurons", "y[10]"} <= set(shown)
    assert len(draw(LARGE["digits"]())) < 10_000


@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
def test_block_counts_add_up(make):
    network = make()
    shown = " ".join(text for text, *_ in texts(parsed(network)))
    counts = re.findall(r"([\d,]+) links?\b", shown)
    assert sum(int(text.replace(",", "")) for text in counts) == network.n_links
    nodes = re.findall(r"([\d,]+) (?:input|neuron)s?\b", shown)
    total = sum(int(text.replace(",", "")) for text in nodes)
    assert total == network.n_inputs + network.n_neurons


def test_two_hundred_links_are_drawn_and_one_more_is_not():
    source, target = np.arange(200) % 20, np.arange(200) // 20
    drawn = Network.from_arrays([("x", 20)], source, target)
    counted = Network.from_arrays([("x", 20)], [*source, 0], [*target, 0])
    assert len(links(parsed(drawn))) == 200
    assert "201 links" in [text for text, *_ in texts(parsed(counted))]


def test_hundreds_of_loose_neurons_become_a_handful_of_blocks():
    n = 300
    source = np.concatenate([np.zeros(n, int), np.arange(1, n)])
    target = np.concatenate([np.arange(n), np.arange(1, n)])
    network = Network.from_arrays(
        ["x"], source, target, neurons=[f"n{i}" for i in range(n)]
    )
    root = parsed(network)
    boxes = [node for node, *_ in walk(root) if node.tag == f"{SVG}rect"]
    assert 3 < len(boxes) < 12


def test_levels():
    assert node_levels(skip_network()) == [0, 0, 1, 2]
    # An unread output stands last, beside the deepest neuron.
    network = Network.from_arrays(
        ["x"], [0, 1, 2, 0], [0, 1, 2, 3], neurons=["a", "b", "c", "d"]
    )
    assert node_levels(network) == [0, 1, 2, 3, 3]
    # Text order may differ from the order of evaluation.
    network = Network.from_arrays(
        ["x"], [2, 0], [0, 1], neurons=["y", "h"], outputs=["y"]
    )
    assert node_levels(network) == [0, 2, 1]


def test_notebooks_get_the_same_drawing():
    network = skip_network()
    assert network._repr_svg_() == draw(network)


def test_wrong_theta_is_refused():
    with pytest.raises(SettingError, match="shape"):
        draw(skip_network(), np.zeros(3))


def test_long_names_keep_both_ends():
    text = shortened("a_very_long_name_of_a_column_3", 80, 11)
    assert text.startswith("a_v") and text.endswith("_3") and "…" in text
    assert text_width(text, 11) <= 80
    assert shortened("short", 80, 11) == "short"


# ---- transfers ----------------------------------------------------------------------

TRANSFERS = """input a, b
d ~ gaussian(distance(a, b))
k ~ quadratic(a, b)
u ~ norm(pairing(d, k))
y ~ logistic(max(u, d))
transfer pairing(w, x, v) = (sum(w*x), sum(v*x))
activation norm(a, b) = sqrt(a**2 + b**2)
output y"""


def test_a_transfer_has_a_mark_a_name_and_a_line_of_the_legend():
    network = Network.parse(TRANSFERS)
    root = ElementTree.fromstring(draw(network, network.initial(0)))
    texts = [found.text for found in root.iter(f"{SVG}text")]
    for text in ("d", "x²", "pair", "max"):
        assert texts.count(text) >= 2  # on the neuron and in the legend
    for name in ("distance", "quadratic", "pairing"):
        assert texts.count(name) == 1
    titles = [found.text for found in root.iter(f"{SVG}title")]
    assert any(title.startswith("d: gaussian of distance") for title in titles)


def test_the_legend_of_many_transfers_takes_more_rows_and_stays_narrow():
    names = ["distance", "quadratic", "product", "max", "min", "cosine", "contrast"]
    lines = "\n".join(f"h{i} ~ {name}(x)" for i, name in enumerate(names))
    outputs = ", ".join(f"h{i}" for i in range(len(names)))
    text = f"input x\n{lines}\noutput {outputs}"
    few, many = "input x\nh0 ~ distance(x)\noutput h0", text
    small, large = (ElementTree.fromstring(draw(Network.parse(t))) for t in (few, many))
    assert float(large.get("width")) < 1.3 * float(small.get("width")) + 60
    for element in large.iter(f"{SVG}text"):
        assert float(element.get("y")) < float(large.get("height"))


def test_blocks_name_their_transfer():
    network = layered(30, 40, 8, transfer="distance", activation="gaussian")
    assert ">of distance</text>" in draw(network)


def test_a_loop_without_delay_is_drawn_back_and_without_a_mark():
    text = "input x\na = tanh(0.5*b + x)\nb = tanh(0.3*a - 0.9*b)\n{}output b"
    drawn = draw(Network.parse(text.format("settle\n")))
    assert "b → a: 0.5<" in drawn
    assert "b → b: -0.9<" in drawn
    assert "@0" not in drawn
