"""How the weights move: optimisers and schedules of the learning rate."""

import math
from collections.abc import Callable, Iterable
from typing import Literal

from pydantic import Field
from torch import nn, optim

from penlift.params import Params


class TrainParams(Params):
    """Section `train` of params.yaml."""

    optimiser: Literal["adam", "rmsprop"] = Field(description="adam or rmsprop")
    learning_rate: float = Field(gt=0, le=1, description="at its peak")
    schedule: Literal["one-cycle", "exponential", "constant"] = Field(description="one-cycle, exponential or constant")
    warm_up: float = Field(ge=0, lt=1, description="share of all steps, 0 to below 1; one-cycle only")
    decay: float = Field(gt=0, le=1, description="factor an epoch; exponential only")
    clip: float = Field(gt=0, description="largest norm of the gradient")
    batch: int = Field(ge=1, le=100_000, description="windows a step")
    epochs: int = Field(ge=1, le=100_000, description="as many targets as the training lines have make an epoch")
    patience: int | None = Field(ge=1, description="epochs without a better one before training ends early, or null")
    start: str | None = Field(description="the folder of a model whose weights are the first, or null: at random")
    seed: int = Field(ge=0, lt=2**31, description="of the first weights, the windows and dropout")
    threads: int = Field(ge=1, le=1024, description="of the CPU")
    precision: Literal["float32", "bfloat16"] = Field(description="of the recurrent layers: float32 or bfloat16")
    processes: int = Field(ge=1, le=256, description="that share each step's windows; above 1, by torchrun")
    device: str = Field(description="auto, cpu or cuda")
    save_every: float = Field(gt=0, description="s between two saves of the state; decides over nothing else")


def make_optimiser(weights: Iterable[nn.Parameter], params: TrainParams) -> optim.Optimizer:
    """Adam, or rmsprop as in Graves (2013), equations 38 to 41, but with PyTorch's epsilon outside the root."""
    if params.optimiser == "adam":
        return optim.Adam(weights, lr=params.learning_rate)
    return optim.RMSprop(weights, lr=params.learning_rate, alpha=0.95, eps=1e-4, momentum=0.9, centered=True)


def learning_rate(params: TrainParams, step: int, steps_an_epoch: int) -> float:
    """The learning rate of a step, counted from 0."""
    return params.learning_rate * SCHEDULES[params.schedule](params, step, steps_an_epoch)


def _one_cycle(params: TrainParams, step: int, steps_an_epoch: int) -> float:
    """A straight rise over the warm-up, then half a cosine down to zero (Smith and Topin 2018)."""
    done = (step + 1) / (params.epochs * steps_an_epoch + 1)
    if done < params.warm_up:
        return done / params.warm_up
    return 0.5 * (1 + math.cos(math.pi * (done - params.warm_up) / (1 - params.warm_up)))


def _exponential(params: TrainParams, step: int, steps_an_epoch: int) -> float:
    return params.decay ** (step // steps_an_epoch)


def _constant(_params: TrainParams, _step: int, _steps_an_epoch: int) -> float:
    return 1.0


SCHEDULES: dict[str, Callable[[TrainParams, int, int], float]] = {
    "one-cycle": _one_cycle,
    "exponential": _exponential,
    "constant": _constant,
}
