"""XOR with one neuron: an activation of one's own, written as a formula.

The neuron computes exp(-k*(1 - z)**2) of a weighted sum without bias: close to 1 where x1 + x2 is 1.
"""

import wildwire as ww
from wildwire.network.initialisers import Uniform

TEXT = """
activation bump(z, k=10) = exp(-k*(1 - z)**2)
input x1, x2
y ~ bump(x1, x2, [0])      # [0]: no bias
output y
"""


def main():
    """Fit it to the truth table and print what it has become."""
    network = ww.parse(TEXT)
    data = ww.datasets.xor()
    result = ww.fit(
        network,
        data.X,
        data.y,
        learner=ww.learners.GradientDescent(rate=0.05),
        batch="full",
        epochs=2000,
        initialiser=Uniform(0.25, 1.75),
        seed=0,
    )
    print(network.to_text(result.theta))
    print("outputs:", ww.run(network, result.theta, data.X).round(3).ravel().tolist())
    return network, result


if __name__ == "__main__":
    main()
