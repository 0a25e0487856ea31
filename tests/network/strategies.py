"""Hypothesis strategies for random networks, as text and from arrays.

`networks(...)` draws a `Network` of any acyclic wiring: mixed activations, shared, frozen and
unknown numbers, parameters that learn, derived numbers such as 0.5*(x - 3), parallel links, groups,
and lines in any order. `network_texts(...)` draws the text of one, `array_networks(...)` one made
from arrays. With `transfers=TRANSFERS` a third of the neurons have another transfer than the weighted sum.
`filled(network, seed)` gives a theta without unknown numbers.

Numbers are between -2 and 2 and divisors away from 0, so that values stay moderate and central
differences are trustworthy.
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from wildwire.functions import activation, transfer
from wildwire.network import Network

SMOOTH = ("tanh", "logistic", "sin", "softplus", "identity", "gaussian", "arctan")
"""Activations without kinks, guards or poles."""

KINKED = ("relu", "abs")
"""Activations with a kink."""

TRANSFERS = (
    "quadratic", "product", "distance", "squared_distance", "weighted_mean",
    "power_mean", "max", "min", "cosine", "contrast", "softmax_pooling", "polynomial",
    "mixed", "crossed", "both",
)  # fmt: skip
"""All transfers of the catalogue, and three that texts define: with further numbers of links, with numbers of
distinct pairs and a parameter, with two values for the activation `modulus`."""

SMOOTH_TRANSFERS = (
    "quadratic", "squared_distance", "cosine", "softmax_pooling", "mixed", "crossed",
    "both",
)  # fmt: skip
"""Those without kinks, and without guards that are active for sources and weights of usual size."""

DEFINITIONS = """activation modulus(a, b) = sqrt(1 + a**2 + b**2)
transfer mixed(w, x, c) = sum(w*x)/(1 + mean(c*c*x**2)) + bias
transfer crossed(w, x, q, r, s=0.5) = sum(w*x) + s*pairs(q*x*x' - r*w*x', distinct)
transfer both(w, x, v) = (sum(w*x), sum(v*tanh(x)))
"""

_number = st.integers(-40, 40).map(lambda i: i / 20)
_size = st.integers(8, 40).map(lambda i: i / 20)


def networks(
    max_inputs: int = 4,
    max_neurons: int = 7,
    activations=SMOOTH,
    parameters: bool = True,
    softmax: bool = False,
    transfers=(),
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
    transfers : sequence of str
        Names to choose from for a third of the neurons; `TRANSFERS` and `SMOOTH_TRANSFERS` are ready.
    """
    return st.one_of(
        network_texts(
            max_inputs, max_neurons, activations, parameters, softmax, transfers
        ).map(Network.parse),
        array_networks(max_inputs, max_neurons, activations, transfers),
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
def array_networks(
    draw, max_inputs: int = 4, max_neurons: int = 7, activations=SMOOTH, transfers=()
):
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
    functions = draw(_choices(n_neurons, activations))
    options = {}
    if transfers:
        some = ["linear", "linear", "some"]
        chosen = [draw(st.sampled_from(some)) for _ in range(n_neurons)]
        chosen = [
            _transfer(draw(st.sampled_from(list(transfers)))) if c == "some" else None
            for c in chosen
        ]
        functions = [
            MODULUS if t is not None and t.n_values == 2 else f
            for f, t in zip(functions, chosen, strict=True)
        ]
        without = np.array([t is not None and not t.has_bias for t in chosen])
        bias_kind[without], bias[without] = "none", 0.0
        options = {"transfer": chosen}
        options |= draw(_own_numbers(chosen, np.bincount(target, minlength=n_neurons)))
    return Network.from_arrays(
        [f"x{i}" for i in range(n_inputs)],
        source,
        target,
        neurons=[f"n{i}" for i in range(n_neurons)],
        activation=functions,
        weight=weight,
        frozen=kind == "frozen",
        bias=bias,
        bias_frozen=(bias_kind == "frozen") | (bias_kind == "none"),
        lets={"a": 0.7, "b": -0.4},
        link_let=np.where(kind == "shared", np.arange(n_links) % 2, -1),
        link_sign=np.where(kind == "shared", sign, 1),
        **options,
    )


MODULUS = activation("modulus(a, b) = sqrt(1 + a**2 + b**2)")


def _transfer(name: str):
    """A transfer of the catalogue or of `DEFINITIONS`."""
    for line in DEFINITIONS.splitlines():
        if line.startswith(f"transfer {name}("):
            return transfer(line)
    return transfer(name)


@st.composite
def _own_numbers(draw, chosen, n_links):
    """Known, unknown and frozen numbers of transfers, or none of this said."""
    if draw(st.booleans()):
        return {}
    size = sum(
        t.n_numbers(int(n))
        for t, n in zip(chosen, n_links, strict=True)
        if t is not None
    )
    kind = np.array(draw(_choices(size, ("free", "unknown", "frozen"))), str)
    values = np.array(draw(st.lists(_number, min_size=size, max_size=size)))
    values[kind == "unknown"] = np.nan
    return {"transfer_numbers": values, "transfer_frozen": kind == "frozen"}


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
    transfers=(),
):
    """Texts of random acyclic networks, every kind of line among them, lines in any order."""
    inputs = [f"x{i}" for i in range(draw(st.integers(1, max_inputs)))]
    known: list[tuple[str, int | None]] = [(name, None) for name in inputs]
    lines, neurons = [], []
    for number in range(draw(st.integers(1, max_neurons))):
        size = draw(st.sampled_from([None, None, None, 1, 2, 3]))
        name = f"n{number}"
        if transfers and draw(st.integers(0, 2)) == 0:
            made = _transfer(draw(st.sampled_from(list(transfers))))
            lines.append(draw(_transfer_line(name, size, known, activations, made)))
        else:
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
    text += f"\n{DEFINITIONS}" if transfers else ""
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
def _transfer_line(draw, name, size, known, activations, made):
    """A line of a neuron or group with a transfer, as `~` or `=`."""
    sources = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))
    left = name if size is None else f"{name}[{size}]"
    head = (
        "modulus" if made.n_values == 2 else draw(st.sampled_from([*activations, ""]))
    )
    if draw(st.booleans()):
        inner = ", ".join(source for source, _ in sources)
        inner += ", [0]" if made.has_bias and draw(st.integers(0, 2)) == 0 else ""
        for key, _ in made.parameters:
            values = ["", f", {key}=?", f", {key}=[2]", f", {key}=1.5", f", {key}=a"]
            inner += draw(st.sampled_from(values))
        inner, sign = f"{made.name}({inner})", "~"
    else:
        inner, sign = draw(_transfer_calls(sources, made)), "="
    return f"{left} {sign} {head}({inner})" if head else f"{left} {sign} {inner}"


_written = st.sampled_from(
    ["0.5", "-1.25", "[0.75]", "?", "a", "-b", "2*a", "0.5*3", "[0]", "[-0.5]*b"]
)


@st.composite
def _transfer_calls(draw, sources, made):
    """A transfer with its numbers behind the sources; groups by an element or whole."""
    nodes, parts = [], []
    for source, group in sources:
        whole = group is not None and draw(st.booleans())
        name = source if group is None or whole else f"{source}[{group - 1}]"
        numbers = [draw(_written) for _ in range(1 + len(made.link_numbers))]
        shown = numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"
        parts.append(f"{name}: {shown}")
        nodes += [f"{source}[{i}]" for i in range(group)] if whole else [name]
    left = {f"({nodes[i]}, {nodes[j]})" for i, j in made.pairs(len(nodes))}
    for pair in sorted(left):
        if draw(st.booleans()):
            numbers = [draw(_written) for _ in made.pair_numbers]
            shown = numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"
            parts.append(f"{pair}: {shown}")
    parts += [
        f"{key}={draw(_written)}" for key, _ in made.parameters if draw(st.booleans())
    ]
    if made.has_bias and draw(st.booleans()):
        parts.append(f"bias={draw(_written)}")
    return f"{made.name}({', '.join(parts)})"


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
