"""Any wiring from Python: a random graph of neurons, drawn, trained, and written down.

32 neurons wired as a scale-free graph (Barabasi and Albert) learn x1**2 + x2**2 on the square [-1, 1].
"""

from pathlib import Path

import numpy as np

import wildwire as ww


def main(folder="."):
    """Train it; write the drawing and the formulas into `folder`."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (100, 2))
    test = rng.uniform(-1, 1, (5000, 2))
    network = ww.wiring.random(2, 32, 1, kind="ba", m=3, seed=0)
    result = ww.fit(
        network, X, (X**2).sum(axis=1), learner=ww.learners.Adam(rate=0.02),
        batch=20, epochs=500, seed=0, time_limit="60s",
    )  # fmt: skip
    error = ww.run(network, result.theta, test)[:, 0] - (test**2).sum(axis=1)
    print(f"{network.n_links} links, {result.reason}: {result.message}")
    print(
        f"root mean square error on 5,000 new points: {np.sqrt((error**2).mean()):.3f}"
    )
    Path(folder, "skip_links.svg").write_text(network._repr_svg_())
    Path(folder, "skip_links.wire").write_text(network.to_text(result.theta))
    return float(np.sqrt((error**2).mean()))


if __name__ == "__main__":
    main()
