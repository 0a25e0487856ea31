"""Write new golden files; never changes one that is there.

Comes in: a name of `MODELS`. Goes out: `NAME.wire`, `NAME.safetensors` and `NAME.json` in
this directory. Called by hand, once per version of the format and feature.
"""

import json
import sys
from pathlib import Path

import numpy as np

from wildwire.model import Model
from wildwire.network import Network

HERE = Path(__file__).parent

REGRESSION = """# everything that a line can hold
wire 1
input sl = "sepal length (mm)", colour: "red" | "green", x[3], n: 1 | 2.5
missing sl = 5.8   # the mean
missing colour = "red"
range sl 4.3..7.9
fixed s = (sl - 145.3)/46.9
let a = 0.3 in [0, 1]
let b = [-0.5]
activation bell(z, k=10) = exp(-k*(1 - z)**2)

h[4] ~ tanh(s, colour, x)
r[k: 3] = relu(h[k] + x[k])
g = tanh(0.53*s - 1.2*x[0] + a*x[1] - b*x[2] + 0.1)
q ~ bell(h, [0])
"a name, quoted" ~ identity(h, r, g, q, n)
fixed y = 46.9*"a name, quoted" + 1e-21
output y, g
"""

CLASSES = """wire 1
input u, v
h[2] ~ logistic(u, v)
z[3] ~ identity(h, u, v)
output softmax(z) as "setosa", 2, true
"""

BINARY = """wire 1
input u, v
p ~ logistic(u, v)
output p as "no", "yes"
"""

MODELS = {"v1-regression": REGRESSION, "v1-classes": CLASSES, "v1-binary": BINARY}


def main(name: str) -> None:
    """Write the three files of one model."""
    network = Network.parse(MODELS[name])
    rng = np.random.default_rng(2026)
    theta = network.initial(7) + rng.normal(0, 0.3, network.n_theta)
    if network.bounds is not None:
        theta = np.clip(theta, network.bounds[:, 0], network.bounds[:, 1])
    model = Model(network, theta, {"wildwire": "0.1.0", "note": "golden"})
    X = rng.normal(0, 1, (5, network.n_inputs))
    outputs = model.run_encoded(X)
    record = {
        "inputs": [[v.hex() for v in row] for row in X.tolist()],
        "outputs": [[v.hex() for v in row] for row in outputs.tolist()],
        "theta": [v.hex() for v in theta.tolist()],
    }
    paths = [HERE / f"{name}{suffix}" for suffix in (".wire", ".safetensors", ".json")]
    for path in paths:
        if path.exists():
            raise SystemExit(f"{path.name} is there and stays as it is")
    model.save(paths[0])
    model.save(paths[1])
    paths[2].write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
