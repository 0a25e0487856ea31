"""One text with every form of line that has no delay: it runs, learns, prints and reads back to the last bit."""

import numpy as np

import wildwire as ww

TEXT = """\
wire 1
input sl = "sepal length (mm)", colour: "red" | "green", x2, mass
fixed s = (sl - 145.3)/46.9
h ~ tanh(s, x2)
g = tanh(0.53*s - 1.2*x2 + 0.1)
p ~ product(mass, sl)
k = quadratic(x2: 1.0, g: 1.0, (x2, g): -2.0, bias=-0.5)
d = gaussian(distance(s: 0.3, x2: 0.7), width=2.0)
q = exp(-a*h) / ([1] + g*g)
r[i: 2] = relu(v[i] + v[i+1])
v[3] ~ softsign(s, x2)
e = spline(x2, knots=4)
let a = 0.3
c ~ contrast(h, g)
w = bump(0.3*s + 0.7*x2, k=[10])
m ~ modulus(both(x2, s))
y ~ logistic(h, g, p, d, k, q, c, w, r, e, m, colour["red"])
output y

activation bump(z, k=10) = exp(-k*(1 - z)**2)
activation modulus(a, b) = sqrt(a**2 + b**2 + 0.1)
transfer   contrast(w, x) = sum(w*x) / sum(abs(w))
transfer   both(w, x, v) = (sum(w*x), sum(v*x))
"""


def test_every_form_runs_learns_prints_and_reads_back():
    network = ww.parse(TEXT)
    rng = np.random.default_rng(0)
    X = np.column_stack(
        [
            rng.uniform(100, 200, 200),
            np.eye(2)[rng.integers(0, 2, 200)],
            rng.normal(size=200),
            rng.uniform(0.5, 2, 200),
        ]
    )
    Y = (X[:, 3] * X[:, 1] > 0).astype(float)
    start = ww.loss_and_gradient(network, network.initial(0), X, Y, loss="logistic")[0]
    result = ww.fit(network, X, Y, loss="logistic", epochs=60, seed=0)
    value, _ = ww.loss_and_gradient(network, result.theta, X, Y, loss="logistic")
    assert value < 0.5 * start
    again = ww.parse(network.to_text(result.theta))
    assert again.start.tobytes() == np.asarray(result.theta).tobytes()
    assert again.to_text() == network.to_text(result.theta)
    outputs = ww.run(again, again.start, X)
    assert outputs.tobytes() == ww.run(network, result.theta, X).tobytes()
    report = ww.testing.check_gradient(
        network, result.theta, X[:12], Y[:12], loss="logistic"
    )
    assert len(report.compared) > 0.8 * network.n_theta
