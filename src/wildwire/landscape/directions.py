"""The two directions of theta that a surface is spanned by.

Comes in: what the user wrote as `along`. Goes out: `Directions`. Called by `plane.py`.
"""

from dataclasses import dataclass

import numpy as np

from wildwire.errors import DataError, SettingError
from wildwire.learning.data import real_numbers
from wildwire.learning.settings import one_line
from wildwire.learning.shuffling import seed_key
from wildwire.network.naming import look_up

__all__ = ["Directions", "blocks_of_neurons", "read_directions"]

PARALLEL = 1e-12  # 1 - cosine**2 up to which two directions are one


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """Two directions of theta.

    Attributes
    ----------
    vectors : ndarray of float64, (2, n_theta)
    names : tuple of str
        What the axes are called.
    slots : tuple of int or None
        Place in theta where a direction is one number of it; its coordinate is then the number itself.
    reach : tuple of float
        How far to go to either side if nobody says.
    fits_path : bool
        Whether the path alone says how far to go.
    """

    vectors: np.ndarray
    names: tuple[str, str]
    slots: tuple[int | None, int | None] = (None, None)
    reach: tuple[float, float] = (1.0, 1.0)
    fits_path: bool = False

    def first(self, theta: np.ndarray) -> np.ndarray:
        """The coordinates (2,) of the centre `theta`."""
        return np.array([0.0 if i is None else theta[i] for i in self.slots])

    def coordinates(self, moved: np.ndarray) -> np.ndarray:
        """Feet of the perpendiculars from `moved` (k, n_theta) to the plane; (k, 2) multiples of the vectors.

        Of two chosen numbers these are their changes, exactly. Otherwise the normal equations of two unknowns.
        """
        slots = [slot for slot in self.slots if slot is not None]
        if len(slots) == 2:
            return moved[:, slots]
        u, v = self.vectors
        uu, uv, vv = (u * u).sum(), (u * v).sum(), (v * v).sum()
        mu, mv = (moved * u).sum(axis=1), (moved * v).sum(axis=1)
        across = uu * vv - uv * uv
        return np.stack([vv * mu - uv * mv, uu * mv - uv * mu], axis=1) / across


def read_directions(network, along, theta, thetas, seed) -> Directions:
    """`along` as `surface` takes it: None, "path", or a pair of names and vectors.

    Raises
    ------
    SettingError, DataError
        It is none of these, a direction is 0, or both are one.
    UnknownNameError
        Theta has no such number; the nearest is suggested.
    """
    if network.n_theta < 2:
        raise SettingError(
            f"a surface needs two directions, and this network has {network.n_theta} learnable "
            f"number{'s' * (network.n_theta != 1)}"
        )
    if along is None:
        return _random(network, theta, seed)
    if isinstance(along, str):
        if along != "path":
            raise SettingError(
                f"along must be a pair of names of numbers, a pair of vectors, 'path' or None, not {along!r}"
            )
        return _principal(theta, thetas)
    try:
        first, second = along
    except (TypeError, ValueError):
        raise SettingError(
            f"along must be two directions, names of numbers or vectors, not {one_line(along)}"
        ) from None
    return _chosen(network, (first, second), theta)


def _chosen(network, pair, theta) -> Directions:
    places = {name: slot for slot, name in enumerate(network.theta_names)}
    vectors = np.zeros((2, network.n_theta))
    names, slots, reach = [], [], []
    for number, each in enumerate(pair):
        if isinstance(each, str):
            slot = look_up(places, each, "learnable number")
            vectors[number, slot] = 1.0
            names.append(each)
            slots.append(slot)
            reach.append(max(1.0, abs(float(theta[slot]))))
        else:
            vectors[number] = _direction(each, number, network.n_theta)
            names.append(f"direction {number + 1}")
            slots.append(None)
            reach.append(1.0)
    if slots[0] is not None and slots[0] == slots[1]:
        raise SettingError(f"along names {pair[0]!r} twice: name two numbers of theta")
    _check_apart(vectors)
    return Directions(vectors, tuple(names), tuple(slots), tuple(reach))


def _direction(given, number: int, n_theta: int) -> np.ndarray:
    vector = real_numbers(f"direction {number + 1} of along", given)
    if vector.shape != (n_theta,):
        raise DataError(
            f"direction {number + 1} of along must have shape ({n_theta},), not {vector.shape}"
        )
    if not np.isfinite(vector).all() or not vector.any():
        raise DataError(
            f"direction {number + 1} of along must have finite numbers, not all of them 0"
        )
    return vector


def _check_apart(vectors: np.ndarray) -> None:
    # Scaled first: squares of huge or tiny numbers would run over.
    u, v = (each / np.abs(each).max() for each in vectors)
    u, v = u / np.sqrt((u * u).sum()), v / np.sqrt((v * v).sum())
    if 1.0 - (u * v).sum() ** 2 < PARALLEL:
        raise SettingError(
            "the two directions of along are one and the same line: take another one"
        )


def _random(network, theta, seed) -> Directions:
    """Two normal directions, every neuron's part as long as its part of theta (Li et al. 2018, section 4).

    d_i <- d_i / |d_i| * |theta_i| for neuron i: its weights, bias and parameters together.
    """
    vectors = np.random.default_rng(seed_key(seed)).normal(size=(2, network.n_theta))
    block = blocks_of_neurons(network)
    count = int(block.max()) + 1
    own = np.sqrt(np.bincount(block, theta * theta, count))
    for vector in vectors:
        length = np.sqrt(np.bincount(block, vector * vector, count))
        vector *= (own / np.where(length > 0, length, 1.0))[block]
    if np.count_nonzero(vectors.any(axis=0)) < 2:
        raise SettingError(
            "random directions are as long as the numbers of theta, and fewer than two of these are not 0: "
            "name two numbers in along, or give two vectors"
        )
    _check_apart(vectors)
    return Directions(vectors, ("random direction 1", "random direction 2"))


def blocks_of_neurons(network) -> np.ndarray:
    """Which neuron each number of theta belongs to, (n_theta,) of int.

    A number that several neurons use belongs to the first of them; one that none uses is by itself, behind the neurons.
    """
    count, n_theta = network.n_neurons, network.n_theta
    neurons = np.arange(count)
    owner = np.full(n_theta, count)
    of_derived = np.full(network.derived.count, count)
    for slots, users in (
        (network.link_slot, network.link_target),
        (network.bias_slot, neurons),
        (network.transfer_slot, np.repeat(neurons, np.diff(network.transfer_offset))),
        (network.parameter_slot, np.repeat(neurons, np.diff(network.parameter_offset))),
        (network.past_slot, neurons[: len(network.past_slot)]),
    ):
        plain, made = slots >= 0, slots < -1
        np.minimum.at(owner, slots[plain], users[plain])
        np.minimum.at(of_derived, -2 - slots[made], users[made])
    terms = np.repeat(network.derived.number, np.diff(network.derived.offset))
    np.minimum.at(owner, network.derived.slot, of_derived[terms])
    alone = owner == count
    owner[alone] = count + np.arange(int(alone.sum()))
    return owner


def _principal(theta, thetas) -> Directions:
    """Principal directions of the path as seen from theta (Li et al. 2018, section 7): of the matrix theta_k - theta.

    Turned so that the path begins on the left and below.
    """
    from scipy.linalg import svd

    if thetas is None:
        raise SettingError("along='path' needs the path: give path=")
    moved = thetas - theta
    largest = float(np.abs(moved).max())
    if largest == 0:
        raise DataError("the path never leaves theta: it has no directions")
    _, sizes, rows = map(np.asarray, svd(moved / largest, full_matrices=False))
    if len(sizes) < 2 or sizes[1] < 1e-8 * sizes[0]:
        raise DataError(
            "the path is a straight line through theta and has one principal direction only: "
            "name two numbers in along, or give two vectors"
        )
    vectors = rows[:2] * np.where(rows[:2] @ moved[0] > 0, -1.0, 1.0)[:, None]
    parts = sizes[:2] ** 2 / (sizes * sizes).sum()
    first, second = (
        f"principal direction {i + 1} of the path ({100 * part:.3g} %)"
        for i, part in enumerate(parts)
    )
    return Directions(vectors, (first, second), fits_path=True)
