"""The step that others take: the same network and loss as public code writes them, for `bench/step.py`."""

import importlib.util
from collections.abc import Callable
from typing import Any


def plain_loop(batch: int, length: int, hidden: int, layers: int, mixtures: int) -> Callable[[], None]:
    """A loop over `nn.LSTMCell`, a mixture of `torch.distributions`, Adam."""
    import torch
    from torch import distributions, nn

    cells = nn.ModuleList(nn.LSTMCell(3 if layer == 0 else hidden, hidden) for layer in range(layers))
    head = nn.Linear(hidden, 1 + 6 * mixtures)
    weights = [*cells.parameters(), *head.parameters()]
    optimiser = torch.optim.Adam(weights, lr=1e-4)
    points = torch.randn(batch, length + 1, 3)
    points[..., 2] = (points[..., 2] > 2).float()

    def step() -> None:
        optimiser.zero_grad()
        states = [(torch.zeros(batch, hidden), torch.zeros(batch, hidden)) for _ in cells]
        outputs = []
        for row in points[:, :-1].unbind(1):
            x = row
            for number, cell in enumerate(cells):
                states[number] = cell(x, states[number])
                x = nn.functional.dropout(states[number][0], 0.2)
            outputs.append(x)
        raw = head(torch.stack(outputs, 1))
        lift, weight, mean, std, rho = raw.split([1, mixtures, 2 * mixtures, 2 * mixtures, mixtures], -1)
        std, rho = std.unflatten(-1, (mixtures, 2)).exp(), 0.99 * rho.tanh()
        lower = torch.zeros(*rho.shape, 2, 2)
        lower[..., 0, 0], lower[..., 1, 0] = std[..., 0], rho * std[..., 1]
        lower[..., 1, 1] = std[..., 1] * (1 - rho**2).sqrt()
        normals: Any = distributions.MultivariateNormal(mean.unflatten(-1, (mixtures, 2)), scale_tril=lower)
        density: Any = distributions.MixtureSameFamily(distributions.Categorical(logits=weight), normals)
        pen: Any = distributions.Bernoulli(logits=lift.squeeze(-1))
        target = points[:, 1:]
        loss = -(density.log_prob(target[..., :2]) + pen.log_prob(target[..., 2])).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 10.0)
        optimiser.step()

    return step


def jax_scan(*sizes: int) -> Callable[[], None]:
    """The same in JAX."""
    import jax_peer

    return jax_peer.step(*sizes)


PEERS: dict[str, Callable[..., Callable[[], None]]] = {"plain loop, torch.distributions": plain_loop}
if importlib.util.find_spec("jax"):
    PEERS["JAX lax.scan"] = jax_scan
