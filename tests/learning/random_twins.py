"""Random numbers of dropout and noise once more, in Python's own integers."""

import math

WORD = 2**64 - 1


def bits(key, counter):
    """SplitMix64: output number `counter` of the generator that starts at `key`."""
    x = (key + 0x9E3779B97F4A7C15 * (int(counter) + 1)) & WORD
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & WORD
    return x ^ (x >> 31)


def factor(key, epoch, sample, neuron, share):
    """What dropout multiplies by: 0 or 1/(1 - share)."""
    part = round(share * 2**32)
    drawn = bits(bits(bits(key, epoch), sample), neuron) >> 32
    return 0.0 if drawn < part else 1 / (1 - part / 2**32)


def normal(key, step, number):
    """The noise of a number in a step."""
    own = bits(bits(key ^ 0x5851F42D4C957F2D, step), number)
    radius = ((bits(own, 0) >> 11) + 1) / 2**53
    turn = (bits(own, 1) >> 11) / 2**53
    return math.sqrt(-2 * math.log(radius)) * math.cos(2 * math.pi * turn)
