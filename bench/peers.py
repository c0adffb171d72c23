"""The step that others take: the same network and loss as public code writes them, for `bench/step.py`."""

import importlib.util
import math
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


def jax_scan(batch: int, length: int, hidden: int, layers: int, mixtures: int) -> Callable[[], None]:
    """`lax.scan` over time, the closed-form loss, Adam; compiled."""
    import jax
    import numpy as np
    from jax import lax
    from jax import numpy as jnp

    draw = np.random.default_rng(1)
    points = draw.normal(size=(length + 1, batch, 3)).astype(np.float32)
    points[..., 2] = points[..., 2] > 2
    shapes = [((3 if layer == 0 else hidden) + hidden + 1, 4 * hidden) for layer in range(layers)]
    shapes.append((hidden + 1, 1 + 6 * mixtures))
    weights = [draw.uniform(-0.06, 0.06, shape).astype(np.float32) for shape in shapes]

    def layer(weight: Any, x: Any) -> Any:
        inputs = x.shape[-1]
        fed = x @ weight[:inputs] + weight[-1]

        def at(state: Any, gates: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(gates + h @ weight[inputs:-1], 4, -1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        return lax.scan(at, (jnp.zeros((batch, hidden)),) * 2, fed, unroll=4)[1]

    def loss(weights: Any, points: Any) -> Any:
        x = points[:-1]
        for weight in weights[:-1]:
            x = layer(weight, x)
        raw = x @ weights[-1][:-1] + weights[-1][-1]
        k = mixtures
        lift, weight, mean, log_std, rho = jnp.split(raw, np.cumsum([1, k, 2 * k, 2 * k]), -1)
        move, pen = points[1:, :, None, :2], points[1:, :, 2]
        z = (move - mean.reshape(*mean.shape[:-1], k, 2)) * jnp.exp(-log_std.reshape(*log_std.shape[:-1], k, 2))
        rho = 0.99 * jnp.tanh(rho)
        square = z[..., 1] ** 2 + (z[..., 0] - rho * z[..., 1]) ** 2 / (1 - rho**2)
        normal = -(math.log(2 * math.pi) + log_std.reshape(*log_std.shape[:-1], k, 2).sum(-1))
        normal -= 0.5 * (jnp.log(1 - rho**2) + square)
        log_move = jax.nn.logsumexp(jax.nn.log_softmax(weight) + normal, -1)
        return -(log_move - jax.nn.softplus(lift[..., 0]) + lift[..., 0] * pen).mean()

    def descend(weights: Any, first: Any, second: Any) -> Any:
        gradient = jax.grad(loss)(weights, points)
        first = [0.9 * m + 0.1 * g for m, g in zip(first, gradient, strict=True)]
        second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradient, strict=True)]
        moved = [w - 1e-4 * m / (jnp.sqrt(v) + 1e-8) for w, m, v in zip(weights, first, second, strict=True)]
        return moved, first, second

    compiled = jax.jit(descend)
    state = [weights, [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]]

    def step() -> None:
        state[:] = jax.block_until_ready(compiled(*state))

    return step


PEERS: dict[str, Callable[..., Callable[[], None]]] = {"plain loop, torch.distributions": plain_loop}
if importlib.util.find_spec("jax"):
    PEERS["JAX lax.scan"] = jax_scan
