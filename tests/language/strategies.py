"""Random trees in normal form: what the printer and the parser are inverse on.

Comes in: nothing. Goes out: Hypothesis strategies for expressions, statements and documents. Called by the tests of the
language.
"""

import math
from dataclasses import replace

from hypothesis import strategies as st

from wildwire.language import tree
from wildwire.language.expression import (
    COMPARISONS,
    Binary,
    Call,
    Category,
    Link,
    Name,
    Number,
    Place,
    Slice,
    Sum,
    Unary,
)
from wildwire.language.rewrite import binary_form
from wildwire.language.words import WORDS

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SIZES = st.integers(1, 999_999_999)
BARE = st.sampled_from(["x", "x1", "h", "_a", "k10", "e5", "softmax", "slope"])
KEYWORDS = st.sampled_from(["k", "bias", "width", "range", "let", "in"])
DEPTH = 3


@st.composite
def names(draw):
    """A plain name, a word of the language, or anything else."""
    kind = draw(st.integers(0, 3))
    if kind < 2:
        return draw(BARE)
    return draw(st.sampled_from(sorted(WORDS)) if kind == 2 else st.text(min_size=1))


@st.composite
def labels(draw):
    kinds = [st.text(max_size=5), st.integers(-(10**20), 10**20), FLOATS, st.booleans()]
    return draw(draw(st.sampled_from(kinds)))


@st.composite
def numbers(draw):
    value = None if draw(st.integers(0, 3)) == 0 else draw(FLOATS)
    return Number(value, value is not None and draw(st.booleans()))


@st.composite
def places(draw):
    if draw(st.booleans()):
        return Place(draw(st.integers(0, 999_999_999)))
    return Place(draw(st.integers(-5, 5)), draw(BARE), draw(st.integers(1, 3)))


@st.composite
def slices(draw):
    first, last = draw(places()), draw(places())
    if (first.variable, first.factor) == (last.variable, last.factor):
        first, last = sorted((first, last), key=lambda place: place.offset)
    return Slice(first, last)


@st.composite
def members(draw):
    """A name, possibly with an index."""
    category = st.builds(Category, st.text(max_size=4))
    kind = draw(st.sampled_from([st.none(), st.none(), places(), slices(), category]))
    return Name(draw(names()), draw(kind))


@st.composite
def sources(draw):
    """A name, possibly with an index and a delay."""
    several = st.tuples(st.integers(0, 9), st.integers(10, 999_999_999))
    delay = draw(st.sampled_from([st.none(), st.integers(1, 99), several]))
    return replace(draw(members()), delay=draw(delay))


def few(strategy, least=0, most=3, **options):
    return st.lists(strategy, min_size=least, max_size=most, **options).map(tuple)


def signed(node):
    """The node with a minus sign, as the parser makes it: a number or product takes the sign in."""
    is_product = isinstance(node, Binary) and node.operator in ("*", "/")
    return node if isinstance(node, Number | Unary) or is_product else Unary("-", node)


def keywords(part):
    return few(st.tuples(KEYWORDS, part), most=2, unique_by=lambda pair: pair[0])


@st.composite
def calls(draw, depth, linked):
    """A call; its arguments may be links, or a choice that begins with a comparison."""
    part = expressions(depth - 1, linked)
    if draw(st.integers(0, 3)) == 0:
        first = Binary(draw(st.sampled_from(COMPARISONS)), draw(part), draw(part))
        arguments = (first, draw(part), draw(part))
        return Call(draw(st.sampled_from(["where", "stable"])), arguments)
    if not linked:
        return Call(draw(names()), draw(few(part)))
    link = st.builds(Link, few(sources(), 1), few(part, 1, 2))
    return Call(draw(names()), draw(few(st.one_of(part, link))), draw(keywords(part)))


@st.composite
def expressions(draw, depth=DEPTH, linked=True):
    """An expression of a network, or, not `linked`, of a function before `binary_form`."""
    kind = draw(st.integers(0, 5)) if depth else draw(st.integers(0, 1))
    if kind == 0:
        return draw(numbers() if linked else st.builds(Number, FLOATS))
    if kind == 1:
        return draw(sources() if linked else st.builds(Name, BARE))
    part = expressions(depth - 1, linked)
    if kind == 2:
        return Sum(draw(few(part, 2)))
    if kind == 3:
        return signed(draw(part))
    if kind == 4:
        return draw(calls(depth, linked))
    return Binary(draw(st.sampled_from(["*", "/", "**"])), draw(part), draw(part))


@st.composite
def formulas(draw):
    """The formula of a function."""
    return binary_form(draw(expressions(2, linked=False)))


@st.composite
def definitions(draw):
    words = draw(few(BARE, 1, 4, unique=True))
    count = draw(st.integers(1, len(words)))
    vectors = st.builds(tree.Vector, st.integers(1, 64))
    defaults = tuple((name, draw(st.one_of(FLOATS, vectors))) for name in words[count:])
    low, high = sorted(draw(st.tuples(FLOATS, FLOATS)))
    spans = [(low, high)] * (low < high) + [(low, math.inf), (-math.inf, high)]
    clauses = draw(
        st.lists(
            st.one_of(
                st.tuples(st.just("slope"), formulas()),
                st.tuples(st.just("range"), st.sampled_from(spans)),
            ),
            max_size=2,
            unique_by=lambda clause: clause[0],
        )
    )
    kind = draw(st.sampled_from(["activation", "transfer", "loss"]))
    return tree.Definition(
        kind,
        draw(names()),
        words[:count],
        defaults,
        draw(formulas()),
        tuple(clauses),
    )


# ---- statements ---------------------------------------------------------------------


@st.composite
def targets(draw):
    size = draw(st.one_of(st.none(), SIZES))
    index = draw(BARE) if size is not None and draw(st.booleans()) else None
    return tree.Target(draw(names()), size, index)


def is_known(node):
    """Whether no number in an expression is unknown."""
    return "value=None" not in repr(node)


@st.composite
def learnt(draw):
    parameters = keywords(st.one_of(numbers(), st.builds(Name, names())))
    source = st.one_of(sources(), sources(), st.just(Number(0.0, True)))
    call = Call(draw(names()), draw(few(source)), draw(parameters))
    if draw(st.booleans()):
        call = Call(draw(names()), (call,), draw(parameters))
    return tree.Learnt(draw(targets()), call)


@st.composite
def lets(draw):
    number = draw(numbers())
    ends = sorted(draw(st.tuples(FLOATS, FLOATS)))
    if number.value is not None:
        ends = [min(ends[0], number.value), max(ends[1], number.value)]
    low = draw(st.sampled_from([ends[0], -math.inf]))
    high = draw(st.sampled_from([ends[1], math.inf]))
    if number.value is None:
        number = Number(None)
    return tree.Let(draw(names()), number, low, high)


@st.composite
def inputs(draw):
    items = []
    for name in draw(few(names(), 1)):
        size = draw(st.one_of(st.none(), SIZES))
        kinds = None
        if size is None and draw(st.booleans()):
            kinds = draw(few(labels(), 1, unique=True))
        column = draw(st.one_of(st.none(), st.text(max_size=5)))
        items.append(tree.InputItem(name, size, column, kinds))
    return tree.Input(tuple(items))


@st.composite
def outputs(draw):
    single = st.builds(tree.OutputItem, st.tuples(members()))
    head = st.builds(tree.OutputItem, few(members(), 1), st.just("softmax"))
    items = draw(few(st.one_of(single, head), 1))
    classes = None
    if len(items) == 1 and draw(st.booleans()):
        classes = draw(few(labels(), 1, unique=True))
    return tree.Output(items, classes)


@st.composite
def ranges(draw):
    low, high = sorted(draw(st.tuples(FLOATS, FLOATS)))
    return tree.Range(draw(members()), low, high)


SETTLES = st.sampled_from(
    [
        (),
        (("steps", 5.0),),
        (("tolerance", 1e-6),),
        (("tolerance", 0.5), ("steps", 3.0)),
    ]
).map(tree.Settle)

COMMENTS = st.text(max_size=12).map(
    lambda text: text.replace("\n", "").replace("\r", "").rstrip()
)


@st.composite
def tables(draw):
    cells = few(st.one_of(st.none(), FLOATS), 1, 4)
    rows = draw(few(cells, most=4))
    behind = [(i, draw(COMMENTS)) for i in range(len(rows)) if draw(st.booleans())]
    before = [
        (i, draw(st.one_of(st.none(), COMMENTS)))
        for i in range(len(rows))
        if draw(st.booleans())
    ]
    return tree.Numbers(draw(names()), rows, tuple(behind), tuple(before))


@st.composite
def statements(draw):
    """One statement of any kind but comments and the version."""
    kinds = [
        inputs(), outputs(), learnt(), lets(), ranges(), SETTLES, tables(),
        definitions(), st.builds(tree.Formula, targets(), expressions()),
        st.builds(tree.Fixed, targets(), expressions().filter(is_known)),
        st.builds(tree.Missing, members(), labels()),
        st.builds(tree.Start, members(), numbers()),
    ]  # fmt: skip
    return draw(draw(st.sampled_from(kinds)))


@st.composite
def documents(draw):
    """A document; its empty lines stand single and between statements."""
    done = [tree.Version(1)] if draw(st.booleans()) else []
    for statement in draw(few(statements(), most=6)):
        if draw(st.booleans()) and done:
            done.append(tree.Blank())
        if draw(st.booleans()):
            done.append(tree.Comment(comment=draw(COMMENTS)))
        if draw(st.booleans()):
            statement = replace(statement, comment=draw(COMMENTS))
        done.append(statement)
    return tree.Document(tuple(done))
