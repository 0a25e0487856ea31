"""The update rules that compare a gradient with the one before: for steps that take all rows.

Comes in, goes out: as in `update_rules.py`, whose convention and table they share.
"""

from numba import carray

from wildwire.functions.intrinsics import select


def rprop(x_, gradient_, free_, state_, numbers_, count, step):
    """Rprop without backtracking (Riedmiller and Braun 1993; "Rprop-" of Igel and Hüsken 2003).

    s <- min(s*grow, largest)    where the sign of g is that of the last step
         max(s*shrink, smallest) where it has turned
    x <- x - rate*sign(g)*s

    Numbers: rate, shrink, grow, smallest, largest. State: sign of the last g, s.
    """
    x = carray(x_, (count,))
    gradient = carray(gradient_, (count,))
    free = carray(free_, (count,))
    signs = carray(state_, (2 * count,))[:count]
    sizes = carray(state_, (2 * count,))[count:]
    numbers = carray(numbers_, (5,))
    rate, shrink, grow = numbers[0], numbers[1], numbers[2]
    smallest, largest = numbers[3], numbers[4]
    none, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(count):
        sign = select(gradient[i] > 0, one, select(gradient[i] < 0, -one, none))
        product, size = sign * signs[i], sizes[i]
        longer, shorter = grow * size, shrink * size
        longer = select(longer > largest, largest, longer)
        shorter = select(shorter < smallest, smallest, shorter)
        sizes[i] = select(product > 0, longer, select(product < 0, shorter, size))
        signs[i] = sign
    for i in range(count):
        x[i] -= free[i] * (rate * (signs[i] * sizes[i]))


def quickprop(x_, gradient_, free_, state_, numbers_, count, step):
    """Quickprop (Fahlman 1988): to the minimum of the parabola through the last two slopes of each number.

    Along the last change d, the slopes were p and are r, both counted as descending:

    d <- most*d           where r >= most/(1 + most) * p: the minimum is too far, or behind
         d * r/(p - r)    elsewhere; 0 where r is 0
    d <- d - rate*g       where d is 0, or r > 0: the way has not turned
    x <- x + d

    Numbers: rate, most, most/(1 + most). State: the last g, d.
    """
    x = carray(x_, (count,))
    gradient = carray(gradient_, (count,))
    free = carray(free_, (count,))
    past = carray(state_, (2 * count,))[:count]
    changes = carray(state_, (2 * count,))[count:]
    numbers = carray(numbers_, (3,))
    rate, most, part = numbers[0], numbers[1], numbers[2]
    none, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(count):
        change = changes[i]
        r = select(change > 0, -gradient[i], gradient[i])
        p = select(change > 0, -past[i], past[i])
        is_far = r >= part * p
        ratio = r / select(is_far, one, p - r)
        # No slope, no step: else a number without any would run away along its last change.
        ratio = select((r == 0) | (change == 0), none, select(is_far, most, ratio))
        past[i] = select((change == 0) | (r > 0), rate * gradient[i], none)
        changes[i] = ratio * change
    # In a loop of its own, where product and difference are each rounded.
    for i in range(count):
        changes[i] -= past[i]
        past[i] = gradient[i]
    for i in range(count):
        x[i] += free[i] * changes[i]
