"""`ww.symmetrize`: a network in which a symmetry of the inputs holds for all numbers.

Comes in: a network, wishes. Goes out: a network with shared numbers. Called by users.

From the inputs upwards every neuron gets a partner for every wanted movement of the inputs: a neuron that computes,
when the inputs are moved, what it computes when they are not. What partners read, and with which numbers, then
follows: their numbers are one. Outputs are partners of themselves, and that is the symmetry.
"""

from __future__ import annotations

import numpy as np

from wildwire.engine.checks import refuse_memory
from wildwire.engine.settling import refuse_settling
from wildwire.errors import SettingError, UnsupportedError
from wildwire.network.numbers import as_theta
from wildwire.symmetry.actions import movements
from wildwire.symmetry.assemble import assembled
from wildwire.symmetry.builder import Builder


def symmetrize(network, theta=None, *, swap=None, flip=None):
    """A network like this one that keeps a symmetry of its inputs whatever its numbers are.

    Parameters
    ----------
    network : Network
    theta : array_like of float, (n_theta,), or None
        Numbers to start from, NaN where unknown; None takes those of the network.
    swap : pair of str, mapping of str to str, or list of these
        Inputs that may be exchanged. A pair changes places; a mapping is one permutation, in which input a takes the
        value of input `swap[a]`; of a list every entry holds by itself.
    flip : str, tuple of str, or list of these
        Inputs whose signs may be turned: a name alone, the names of a tuple together; of a list every entry holds by
        itself.

    Returns
    -------
    Network
        With numbers shared by `let` names. It has the names, columns, outputs and classes of the old one; comments are
        not kept, and the neurons of a group whose numbers are shared get names of their own (`h_0`).

    Raises
    ------
    UnknownNameError, SettingError
        An unknown input, an input exchanged with itself, a category; a wish that needs more than 64 copies of a neuron.
    UnsupportedError
        The network has parts that this version cannot run.

    Notes
    -----
    The rule, from the inputs upwards. Neurons of one function whose sources are images of one another become
    partners: of k neurons that read k exchangeable inputs alike, each is the neuron of one of them (a pair for two
    inputs, or for the two signs of one). Where numbers are known, those go together that fit best, and a neuron that
    is symmetric already stays by itself. A neuron without partner reads all images of its sources with one weight.
    Where that cannot be (frozen or shared numbers, a formula of its own, a weight that would have to be its own
    negative), it gets copies that share its numbers and read the images. An output that would need copies becomes
    their mean, and a linear output drops links that would cancel in it. Of more than 64 exchangeable inputs every
    neuron reads the sum.

    Numbers that become one take the mean of those that are known; a new link counts as 0.

    Examples
    --------
    >>> import wildwire as ww
    >>> network = ww.parse("input a, b\\nh[2] ~ tanh(a, b)\\ny ~ linear(h)\\noutput y")
    >>> print(ww.symmetrize(network, swap=("a", "b")))
    input a, b
    let a_h_0
    let b_h_0
    let h_0_bias
    let h_0_y
    h_0 = tanh(a_h_0*a + b_h_0*b + h_0_bias)
    h_1 = tanh(b_h_0*a + a_h_0*b + h_0_bias)
    y = identity(h_0_y*h_0 + h_0_y*h_1 + ?)
    output y
    """
    refuse_memory(network, "symmetrize")
    if not hasattr(network, "n_theta"):
        raise SettingError(
            f"network is a {type(network).__name__}: read a text with wildwire.parse(text)"
        )
    if network.refusals:
        name, reason = network.refusals[0]
        raise UnsupportedError(f"{name!r} {reason}")
    refuse_settling(network, "symmetrize")
    numbered = np.flatnonzero(np.diff(network.transfer_offset))
    if numbered.size:
        name = network.names[network.n_inputs + numbered[0]]
        transfer = network.transfer_of(int(numbered[0]))
        raise UnsupportedError(
            f"{name!r} has the {transfer.name} transfer, with numbers besides those of its links: "
            "these cannot be tied yet"
        )
    start = as_theta(network, network.start if theta is None else theta)
    builder = Builder(network, start, movements(network, swap, flip))
    builder.build()
    return assembled(network, start, builder.made)
