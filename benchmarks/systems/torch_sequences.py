"""Networks with memory in PyTorch, eager.

Comes in: torch, a wiring. Goes out: an `nn.Module` of sequences (batch, steps, inputs). Called by
`torch_system.py`. All forms are measured, the fastest counts.

- Elman: `nn.RNN` with a linear layer behind it; `loop` is a Python loop over the steps, its products with inputs and
  for outputs taken out of it, all steps at once.
- Irregular: a Python loop over the steps, within it one over the levels, with gathered values (`gather`) or masked
  matrices (`dense`), as in `jax_sequences.py`.
"""

import numpy as np

from benchmarks.recurrent import Elman, links, matrices


def model_of(torch, wiring, form):
    """The module."""
    makers = ELMAN if isinstance(wiring, Elman) else IRREGULAR
    return makers[form](torch, wiring)


def _rnn(torch, wiring):
    of_x, of_h, of_y = (torch.tensor(weight.T) for weight in wiring.start())

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.memory = torch.nn.RNN(
                wiring.n_inputs, wiring.n_hidden, batch_first=True
            )
            self.output = torch.nn.Linear(wiring.n_hidden, wiring.n_outputs)
            state = {"weight_ih_l0": of_x, "weight_hh_l0": of_h}
            zeros = torch.zeros(wiring.n_hidden)
            state |= {"bias_ih_l0": zeros, "bias_hh_l0": zeros}
            self.memory.load_state_dict(state)
            bias = torch.zeros(wiring.n_outputs)
            self.output.load_state_dict({"weight": of_y, "bias": bias})

        def forward(self, x):
            return self.output(self.memory(x)[0])

    return Network()


def _loop(torch, wiring):
    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            weights = [torch.tensor(weight) for weight in wiring.start()]
            self.weights = torch.nn.ParameterList(weights)
            sizes = wiring.n_hidden, wiring.n_outputs
            self.biases = torch.nn.ParameterList([torch.zeros(n) for n in sizes])

        def forward(self, x):
            of_x, of_h, of_y = self.weights
            z = (x @ of_x + self.biases[0]).unbind(1)
            h = x.new_zeros(len(x), wiring.n_hidden)
            states = []
            for now in z:
                h = torch.tanh(torch.addmm(now, h, of_h))
                states.append(h)
            return torch.stack(states, 1) @ of_y + self.biases[1]

    return Network()


class _Levels:
    """What both irregular forms do: steps, levels, the values of the last steps."""

    def __init__(self, torch, wiring):
        self.torch, self.wiring = torch, wiring

    def run(self, x, z_of):
        """Outputs (batch, steps, n_outputs); `z_of` as in `jax_sequences.py`."""
        torch, wiring = self.torch, self.wiring
        n, n_outputs, edges = wiring.n_neurons, wiring.n_outputs, wiring.edges
        state = x.new_zeros(wiring.reach * n, len(x))
        found = []
        for now in x.permute(1, 2, 0).unbind(0):
            level_z, values = z_of(state, now)
            for level in range(wiring.levels):
                z = level_z(slice(edges[level], edges[level + 1]), values)
                y = torch.tanh(z)
                if level == wiring.levels - 1:
                    y = torch.cat((y[:-n_outputs], z[-n_outputs:]))
                values = torch.cat((values, y))
            state = torch.cat((values[-n:], state[:-n]))
            found.append(values[-n_outputs:])
        return torch.stack(found).permute(2, 0, 1)


def _gather(torch, wiring):
    found, n, fan_in = links(wiring), wiring.n_neurons, wiring.fan_in
    late = (found.delay - 1) * n + found.source - wiring.n_inputs
    index = np.where(found.delay > 0, late, wiring.reach * n + found.source)
    levels = _Levels(torch, wiring)

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            weight = torch.tensor(found.weight.reshape(n, fan_in, 1))
            self.weight = torch.nn.Parameter(weight)
            self.bias = torch.nn.Parameter(torch.zeros(n, 1))
            self.register_buffer("index", torch.tensor(index.reshape(n, fan_in)))

        def forward(self, x):
            def z_of(state, now):
                def level_z(rows, values):
                    gathered = values[self.index[rows]]
                    return (self.weight[rows] * gathered).sum(1) + self.bias[rows]

                return level_z, torch.cat((state, now))

            return levels.run(x, z_of)

    return Network()


def _dense(torch, wiring):
    weight, mask = matrices(wiring)
    levels, end = _Levels(torch, wiring), wiring.n_inputs + wiring.n_neurons

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor(weight))
            self.bias = torch.nn.Parameter(torch.zeros(wiring.n_neurons, 1))
            self.register_buffer("mask", torch.tensor(mask))

        def forward(self, x):
            masked = self.weight * self.mask
            present, past = masked[:, :end], masked[:, end:]

            def z_of(state, now):
                z = past @ state + self.bias

                def level_z(rows, values):
                    return z[rows] + present[rows, : len(values)] @ values

                return level_z, now

            return levels.run(x, z_of)

    return Network()


ELMAN = {"nn.RNN": _rnn, "loop": _loop}
IRREGULAR = {"gather": _gather, "dense": _dense}
