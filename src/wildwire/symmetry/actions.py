"""What `swap` and `flip` ask for, as movements of the inputs.

Comes in: a network and the two arguments of `ww.symmetrize`. Goes out: a list of `Movement`. Called by
`symmetrize.py`.

A movement says of input i that it is replaced by sign times input j. A list of wishes stands for movements that
hold one by one, and so for all that can be made of them one after another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wildwire.errors import SettingError, UnknownNameError
from wildwire.network.naming import suggestion
from wildwire.symmetry.samples import kinds

Movement = dict[int, tuple[int, int]]


def movements(network, swap, flip) -> list[Movement]:
    """The movements of the inputs that must leave the outputs alone.

    Parameters
    ----------
    network : Network
    swap : None, pair of str, mapping of str to str, or list of these
    flip : None, str, tuple of str (turned together), or list of these

    Raises
    ------
    UnknownNameError
        No input has the name.
    SettingError
        An input exchanged with itself or named twice, a mapping that is no permutation, a category, nothing at all.
    """
    found = [_swapped(network, wish) for wish in _wishes(swap, "swap")]
    found += [_flipped(network, wish) for wish in _wishes(flip, "flip")]
    if not found:
        raise SettingError(
            "symmetrize() needs swap=('x1', 'x2'), flip='x1' or both: which symmetry is wanted?"
        )
    return found


def _wishes(given, what: str) -> list:
    if given is None:
        return []
    if isinstance(given, list):
        return given
    if isinstance(given, str | tuple | Mapping):
        return [given]
    raise SettingError(
        f"{what}={given!r} names no inputs: give names, or a list of wishes"
    )


def _swapped(network, wish) -> Movement:
    if isinstance(wish, Mapping):
        pairs = [(_input(network, a), _input(network, b)) for a, b in wish.items()]
    elif isinstance(wish, tuple | list) and len(wish) == 2:
        one, other = (_input(network, name) for name in wish)
        pairs = [(one, other), (other, one)]
    else:
        raise SettingError(
            f"swap={wish!r}: a wish is a pair of inputs ('x1', 'x2') or a mapping "
            "{'x1': 'x2', 'x2': 'x3', 'x3': 'x1'}"
        )
    image = dict(pairs)
    if set(image) != set(image.values()):
        raise SettingError(
            f"swap={wish!r} is no permutation: every input that is named must give its value to one "
            "and take that of one"
        )
    moved = {i: (j, 1) for i, j in image.items() if i != j}
    if len(moved) < len(image) or not moved:
        names = [network.names[i] for i, j in image.items() if i == j]
        raise SettingError(
            f"swap={wish!r} exchanges {', '.join(names)} with itself: name two inputs"
        )
    return moved


def _flipped(network, wish) -> Movement:
    names = [wish] if isinstance(wish, str) else wish
    if not isinstance(names, Iterable) or not names:
        raise SettingError(
            f"flip={wish!r} names no inputs: write flip='x1' or flip=('x1', 'x2')"
        )
    nodes = [_input(network, name) for name in names]
    if len(set(nodes)) < len(nodes):
        raise SettingError(f"flip={wish!r} names an input twice")
    return {node: (node, -1) for node in nodes}


def _input(network, name) -> int:
    """Node of an input that is a number."""
    if not isinstance(name, str):
        raise SettingError(f"{name!r} is no name of an input: it must be a text")
    try:
        node = network.node(name)
    except UnknownNameError:
        known = suggestion(name, network.inputs)
        columns = {column.name: column for column in network.columns}
        if name in columns and columns[name].categories is not None:
            raise _category(name) from None
        if name in columns:
            raise SettingError(
                f"{name!r} is a group of {columns[name].size} inputs: name its members, as in '{name}[0]'"
            ) from None
        raise UnknownNameError(f"there is no input {name!r}.{known}") from None
    if node >= network.n_inputs:
        raise SettingError(f"{name!r} is a neuron: symmetries are those of inputs")
    if kinds(network)[node] >= 0:
        raise _category(name)
    return node


def _category(name: str) -> SettingError:
    return SettingError(
        f"{name!r} belongs to a category, whose values have neither a sign nor a place to change: "
        "use inputs that are numbers"
    )
