"""Small networks and rows for tests of learning."""

import numpy as np

import wildwire as ww

REGRESSION = """
input a, b, c
h ~ tanh(a, b, c)
g ~ logistic(h, a)
y = ?*h + ?*g + ?*b + ?
output y
"""

CLASSES = """
input a, b, c
h[4] ~ tanh(a, b, c)
z[3] ~ identity(h)
output softmax(z) as "red", "green", "blue"
"""

SHARED = """
input a, b, c
let w = 0.3
h = tanh(w*a - w*b + ?)
g = tanh(0.5*c + w*h + [0.2])
y = ?*h + ?*g
u = w*g + ?
output y, u
"""


def rows(n=23, outputs=1, seed=0):
    """Inputs (n, 3), targets (n, outputs) of moderate size, integer weights with zeros."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 3))
    columns = [np.sin(X[:, 0] + k) + 0.3 * X[:, 1] * X[:, 2] for k in range(outputs)]
    return X, np.column_stack(columns), random.integers(0, 3, size=n).astype(float)


def classes(n=24, seed=0):
    """Inputs (n, 3) and one-hot targets (n, 3)."""
    X, value, _ = rows(n, 1, seed)
    label = np.digitize(value[:, 0], [-0.4, 0.4])
    return X, np.eye(3)[label]


def network(text):
    """The network of a text and a start vector for it."""
    made = ww.parse(text)
    return made, made.initial(seed=1)
