"""Random formulas of z and k over everything that a formula may call.

Comes in: nothing. Goes out: a Hypothesis strategy of texts. Called by the tests of `wildwire.testing`.
"""

from hypothesis import strategies as st

from wildwire.functions import catalogue
from wildwire.functions.primitives import COMPOSITES, GUARDS, PRIMITIVES

LEAVES = ["z", "z", "z", "k", "0.7", "2", "-1.3", "1.3*z", "k*z", "(z - k)", "pi"]
CALLS = [name for name, primitive in PRIMITIVES.items() if primitive.arity == 1]
CALLS += [name for name, (arity, _) in COMPOSITES.items() if arity == 1]
CALLS += [name for name in catalogue() if name not in CALLS]
PAIRS = [
    "({} + {})",
    "({} - {})",
    "({})*({})",
    "({})/({})",
    "({})**({})",
    "min({}, {})",
    "max({}, {})",
    "power({}, {})",
]
POWERS = ["2", "3", "-1", "-2", "0.5", "1.5", "2.5", "0.3", "-0.5"]
LIMITS = ["0.01", "0.5", "-1"]
CONDITIONS = ["<", "<=", ">", ">=", "==", "!="]


@st.composite
def formulas(draw, depth=3):
    """The text of a formula in z and k, at most `depth` calls deep."""
    if depth == 0:
        return draw(st.sampled_from(LEAVES))
    inner = formulas(depth=draw(st.integers(0, depth - 1)))
    other = formulas(depth=0 if depth > 2 else depth - 1)
    kind = draw(st.integers(0, 9))
    if kind < 4:
        return f"{draw(st.sampled_from(CALLS))}({draw(inner)})"
    if kind < 7:
        return draw(st.sampled_from(PAIRS)).format(draw(inner), draw(other))
    if kind == 7:
        return f"({draw(inner)})**{draw(st.sampled_from(POWERS))}"
    if kind == 8:
        guard = draw(st.sampled_from(GUARDS))
        return f"{guard}({draw(inner)}, {draw(st.sampled_from(LIMITS))})"
    condition = f"{draw(other)} {draw(st.sampled_from(CONDITIONS))} {draw(other)}"
    if draw(st.booleans()):
        return f"where({condition}, {draw(inner)}, {draw(other)})"
    # Two forms of one function, as `stable` asks for.
    form = draw(inner)
    return f"stable({condition}, {form}, ({form})*2/2)"
