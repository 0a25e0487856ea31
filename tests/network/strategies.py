"""Hypothesis strategies for random networks, as text and from arrays.

`networks(...)` draws a `Network` of any acyclic wiring: mixed activations, shared, frozen and
unknown numbers, parameters that learn, derived numbers such as 0.5*(x - 3), parallel links, groups,
and lines in any order. `network_texts(...)` draws the text of one, `array_networks(...)` one made
from arrays. `filled(network, seed)` gives a theta without unknown numbers.

Numbers are between -2 and 2 and divisors away from 0, so that values stay moderate and central
differences are trustworthy.
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from wildwire.network import Network

SMOOTH = ("tanh", "logistic", "sin", "softplus", "identity", "gaussian", "arctan")
"""Activations without kinks, guards or poles."""

KINKED = ("relu", "abs")
"""Activations with a kink."""

_number = st.integers(-40, 40).map(lambda i: i / 20)
_size = st.integers(8, 40).map(lambda i: i / 20)


def networks(
    max_inputs: int = 4,
    max_neurons: int = 7,
    activations=SMOOTH,
    parameters: bool = True,
    softmax: bool = False,
):
    """Random acyclic networks, half of them read from text and half made from arrays.

    Parameters
    ----------
    max_inputs, max_neurons : int
        Upper limits; a group counts as one neuron line of up to three neurons.
    activations : sequence of str
        Names to choose from; `SMOOTH` and `KINKED` are ready.
    parameters : bool
        Also neurons with a user's activation whose parameter learns, is frozen or shared.
    softmax : bool
        Also outputs under a softmax head.
    """
    return st.one_of(
        network_texts(max_inputs, max_neurons, activations, parameters, softmax).map(
            Network.parse
        ),
        array_networks(max_inputs, max_neurons, activations),
    )


def filled(network: Network, seed: int = 0) -> np.ndarray:
    """A theta with the numbers of the text and, where they are unknown, uniform ones in [-1, 1]."""
    theta = np.array(network.start)
    unknown = np.isnan(theta)
    drawn = np.random.default_rng(seed).uniform(-1, 1, len(theta))
    theta[unknown] = drawn[unknown]
    divisors = network.derived.slot[network.derived.power < 0]
    small = divisors[np.abs(theta[divisors]) < 0.3]
    theta[small] = 0.7
    return theta


# ---- from arrays ----------------------------------------------------------------------------------------------------


@st.composite
def array_networks(draw, max_inputs: int = 4, max_neurons: int = 7, activations=SMOOTH):
    """Random acyclic networks from arrays, neurons in any order, some links parallel, frozen, shared or known."""
    n_inputs = draw(st.integers(1, max_inputs))
    n_neurons = draw(st.integers(1, max_neurons))
    order = draw(st.permutations(range(n_neurons)))
    source, target = [], []
    for place, neuron in enumerate(order):
        known = [*range(n_inputs), *(n_inputs + n for n in order[:place])]
        chosen = draw(st.lists(st.sampled_from(known), min_size=1, max_size=5))
        source += chosen
        target += [neuron] * len(chosen)
    n_links = len(source)
    rows = st.lists(_number, min_size=n_links, max_size=n_links)
    weight = np.array(draw(rows))
    kind = np.array(draw(_choices(n_links, ("free", "unknown", "frozen", "shared"))))
    weight[kind == "unknown"] = np.nan
    sign = np.where(np.array(draw(_choices(n_links, (1, -1)))) > 0, 1, -1)
    bias_kind = np.array(
        draw(_choices(n_neurons, ("free", "unknown", "frozen", "none")))
    )
    bias = np.array(draw(st.lists(_number, min_size=n_neurons, max_size=n_neurons)))
    bias[bias_kind == "unknown"] = np.nan
    bias[bias_kind == "none"] = 0.0
    return Network.from_arrays(
        [f"x{i}" for i in range(n_inputs)],
        source,
        target,
        neurons=[f"n{i}" for i in range(n_neurons)],
        activation=draw(_choices(n_neurons, activations)),
        weight=weight,
        frozen=kind == "frozen",
        bias=bias,
        bias_frozen=(bias_kind == "frozen") | (bias_kind == "none"),
        lets={"a": 0.7, "b": -0.4},
        link_let=np.where(kind == "shared", np.arange(n_links) % 2, -1),
        link_sign=np.where(kind == "shared", sign, 1),
    )


def _choices(size: int, options):
    return st.lists(st.sampled_from(list(options)), min_size=size, max_size=size)


# ---- as text --------------------------------------------------------------------------------------------------------


@st.composite
def network_texts(
    draw,
    max_inputs: int = 4,
    max_neurons: int = 7,
    activations=SMOOTH,
    parameters: bool = True,
    softmax: bool = False,
):
    """Texts of random acyclic networks, every kind of line among them, lines in any order."""
    inputs = [f"x{i}" for i in range(draw(st.integers(1, max_inputs)))]
    known: list[tuple[str, int | None]] = [(name, None) for name in inputs]
    lines, neurons = [], []
    for number in range(draw(st.integers(1, max_neurons))):
        size = draw(st.sampled_from([None, None, None, 1, 2, 3]))
        name = f"n{number}"
        lines.append(draw(_line(name, size, known, activations, parameters)))
        known.append((name, size))
        neurons.append((name, size))
    lines = draw(st.permutations(lines))
    outputs = draw(
        st.lists(st.sampled_from(neurons), min_size=1, max_size=3, unique=True)
    )
    text = f"input {', '.join(inputs)}\n" + "\n".join(lines)
    text += (
        "\nlet a = 0.7\nlet b = -0.4" if draw(st.booleans()) else "\nlet a = 0.3\nlet b"
    )
    if parameters:
        text += "\nactivation wave(z, k=1.5) = sin(k*z)*exp(-z*z/8)"
    names = ", ".join(name for name, _ in outputs)
    if softmax and draw(st.booleans()):
        names = f"softmax({names})"
    return f"{text}\noutput {names}\n"


@st.composite
def _line(draw, name, size, known, activations, parameters):
    kind = draw(st.sampled_from("~~=" if size is None else "~~e"))
    head, tail = draw(_function(activations, parameters, signed=kind != "~"))
    if kind == "=":
        return f"{name} = {head}({draw(weighted_sums(known, None))}{tail})"
    if kind == "e":
        return f"{name}[k: {size}] = {head}({draw(weighted_sums(known, size))}{tail})"
    chosen = draw(st.lists(st.sampled_from(known), min_size=1, max_size=4))
    sources = [source for source, _ in chosen]
    if draw(st.integers(0, 4)) == 0:
        sources.append("[0]")
    left = name if size is None else f"{name}[{size}]"
    return f"{left} ~ {head}({', '.join(sources)}{tail})"


@st.composite
def _function(draw, activations, parameters, signed):
    """Name of an activation and the text of its parameter."""
    if parameters and draw(st.integers(0, 3)) == 0:
        values = ["", ", k=1.2", ", k=[0.8]", ", k=a", ", k=?"]
        value = draw(st.sampled_from(values + [", k=-a", ", k=2*a"] * signed))
        return "wave", value
    return draw(st.sampled_from(list(activations))), ""


@st.composite
def weighted_sums(draw, known, size):
    """An affine expression; `size` is that of the group it stands in."""
    text = draw(_term(known, size))
    for _ in range(draw(st.integers(0, 4))):
        text += draw(st.sampled_from([" + ", " - "])) + draw(_term(known, size))
    end = st.sampled_from(["", " + 0.5", " - 0.25", " - [1.5]", " + ?", " + a", " - b"])
    return text + draw(end)


@st.composite
def _term(draw, known, size):
    name, group = draw(st.sampled_from(known))
    if group is not None:
        if group == size and draw(st.booleans()):
            name = f"{name}[k]"
        elif draw(st.booleans()):
            inside = draw(
                st.sampled_from([name, f"0.5*{name} - 1", f"[2]*({name} + a)"])
            )
            name = f"{draw(st.sampled_from(['sum', 'mean']))}({inside})"
        else:
            name = f"{name}[{draw(st.integers(0, group - 1))}]"
    number, other = abs(draw(_number)), draw(_size)
    forms = [
        name, f"{number}*{name}", f"[{number}]*{name}", f"?*{name}", f"a*{name}",
        f"{name}*{number}", f"{name}/{other}", f"{number}*({name} - {other})",
        f"({name} - [{number}])/{other}", f"a*b*{name}", f"{number}*a*{name}",
    ]  # fmt: skip
    return draw(st.sampled_from(forms))
