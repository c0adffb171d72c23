"""The step as JAX takes it: `lax.scan` over time, the closed-form loss, Adam; compiled. Where JAX is installed."""

import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp


def step(batch: int, length: int, hidden: int, layers: int, mixtures: int) -> Callable[[], None]:
    draw = np.random.default_rng(1)
    points = draw.normal(size=(length + 1, batch, 3)).astype(np.float32)
    points[..., 2] = points[..., 2] > 2
    shapes = [((3 if layer == 0 else hidden) + hidden + 1, 4 * hidden) for layer in range(layers)]
    shapes.append((hidden + 1, 1 + 6 * mixtures))
    weights = [draw.uniform(-0.06, 0.06, shape).astype(np.float32) for shape in shapes]
    moments = [[np.zeros_like(weight) for weight in weights] for _ in range(2)]
    state, compiled = [weights, *moments], jax.jit(descend)

    def descend_once() -> None:
        state[:] = jax.block_until_ready(compiled(*state, points))

    return descend_once


def descend(weights: Any, first: Any, second: Any, points: Any) -> Any:
    """A step of Adam."""
    gradient = jax.grad(loss)(weights, points)
    first = [0.9 * m + 0.1 * g for m, g in zip(first, gradient, strict=True)]
    second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradient, strict=True)]
    moved = [w - 1e-4 * m / (jnp.sqrt(v) + 1e-8) for w, m, v in zip(weights, first, second, strict=True)]
    return moved, first, second


def loss(weights: Any, points: Any) -> Any:
    """Mean NLL of a target."""
    x = points[:-1]
    for weight in weights[:-1]:
        x = lstm(weight, x)
    raw = x @ weights[-1][:-1] + weights[-1][-1]
    k = (raw.shape[-1] - 1) // 6
    lift, weight, mean, log_std, rho = jnp.split(raw, np.cumsum([1, k, 2 * k, 2 * k]), -1)
    mean, log_std = (pair.reshape(*pair.shape[:-1], k, 2) for pair in (mean, log_std))
    z, rho = (points[1:, :, None, :2] - mean) * jnp.exp(-log_std), 0.99 * jnp.tanh(rho)
    square = z[..., 1] ** 2 + (z[..., 0] - rho * z[..., 1]) ** 2 / (1 - rho**2)
    normal = -(math.log(2 * math.pi) + log_std.sum(-1) + 0.5 * (jnp.log(1 - rho**2) + square))
    log_move = jax.nn.logsumexp(jax.nn.log_softmax(weight) + normal, -1)
    return -(log_move - jax.nn.softplus(lift[..., 0]) + lift[..., 0] * points[1:, :, 2]).mean()


def lstm(weight: Any, x: Any) -> Any:
    """A layer; its input products all at once."""
    inputs, batch, hidden = x.shape[-1], x.shape[1], weight.shape[1] // 4
    recurrent = weight[inputs:-1]

    def at(state: Any, gates: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(gates + h @ recurrent, 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    return lax.scan(at, (jnp.zeros((batch, hidden)),) * 2, x @ weight[:inputs] + weight[-1], unroll=4)[1]
