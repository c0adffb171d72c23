"""How the weights move: section train of params.yaml, and the optimisers, Graves's RMSProp among them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import nn, optim

from penlift.common.params import Params

DECAY, MOMENTUM, CONSTANT = 0.95, 0.9, 1e-4  # Graves (2013), equations 42 to 45


class GravesRMSprop(optim.Optimizer):
    """Graves (2013), equations 38 to 41. PyTorch's own adds its constant to the root, which is another method."""

    def __init__(self, weights: Iterable[nn.Parameter], lr: float) -> None:
        super().__init__(weights, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002  (no second look at the loss)
        """Move each weight by its momentum."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state |= {name: torch.zeros_like(weight) for name in ("n", "g", "delta")}
                n, g, delta = state["n"], state["g"], state["delta"]
                n.mul_(DECAY).addcmul_(weight.grad, weight.grad, value=1 - DECAY)
                g.mul_(DECAY).add_(weight.grad, alpha=1 - DECAY)
                root = (n - g.square() + CONSTANT).sqrt_()
                delta.mul_(MOMENTUM).addcdiv_(weight.grad, root, value=-group["lr"])
                weight.add_(delta)


class TrainParams(Params):
    """Section `train` of params.yaml."""

    optimiser: Literal["adam", "rmsprop"] = Field(description="adam or rmsprop")
    learning_rate: float = Field(gt=0, le=1, description="at its peak")
    beta2: float = Field(ge=0, lt=1, description="share of its mean square that Adam keeps a step, 0 to below 1")
    schedule: Literal["one-cycle", "exponential", "constant"] = Field(description="one-cycle, exponential or constant")
    warm_up: float = Field(ge=0, lt=1, description="share of the epochs, 0 to below 1; one-cycle only")
    decay: float = Field(gt=0, le=1, description="factor an epoch; exponential only")
    loss: Literal["mean", "sum"] = Field(description="mean or sum: of the targets' NLLs, whose gradient is followed")
    clip: float | None = Field(gt=0, description="largest norm of the gradient, or null")
    clip_outputs: float | None = Field(gt=0, description="largest derivative by an output of the network, or null")
    clip_gates: float | None = Field(gt=0, description="largest derivative by a gate's input, or null; peepholes only")
    weight_noise: float = Field(ge=0, lt=10, description="standard deviation of noise on the weights at each step")
    batch: int = Field(ge=1, le=100_000, description="windows a step")
    grow: float = Field(ge=0, le=1, description="share of the epochs over which windows grow, 0 to 1")
    epochs: int = Field(ge=1, le=100_000, description="as many targets as the training lines have make an epoch")
    patience: int | None = Field(ge=1, description="epochs without a better one before training ends early, or null")
    start: str | None = Field(description="the folder of a model whose weights are the first, or null: at random")
    new_signs: bool = Field(description="true or false: whether signs that the start lacks get numbers of their own")
    seed: int = Field(ge=0, lt=2**31, description="of the first weights, the windows and dropout")
    threads: int = Field(ge=1, le=1024, description="of the CPU")
    precision: Literal["float32", "bfloat16"] = Field(description="of the recurrent layers: float32 or bfloat16")
    processes: int = Field(ge=1, le=256, description="that share each step's windows")
    device: str = Field(description="auto, cpu or cuda")
    save_every: float = Field(gt=0, description="s between two saves of the state; decides over nothing else")

    @model_validator(mode="after")
    def _a_window_each(self) -> Self:
        if self.processes > self.batch:
            raise ValueError(f"processes is {self.processes} but batch is {self.batch}; each needs a window a step")
        return self


def make_optimiser(weights: Iterable[nn.Parameter], params: TrainParams) -> optim.Optimizer:
    """Adam (Kingma and Ba 2015), or rmsprop as Graves has it."""
    if params.optimiser == "rmsprop":
        return GravesRMSprop(weights, params.learning_rate)
    return optim.Adam(weights, lr=params.learning_rate, betas=(0.9, params.beta2))


@contextmanager
def noisy(network: nn.Module, deviation: float, seed: int) -> Iterator[None]:
    """While entered, the weights have normal noise on them; then they are again what they were, to the bit."""
    if deviation == 0:
        yield
        return
    weights, draw = list(network.parameters()), torch.Generator().manual_seed(seed)
    quiet = [weight.detach().clone() for weight in weights]
    with torch.no_grad():
        for weight in weights:
            weight.add_(torch.randn(weight.shape, generator=draw).to(weight.device), alpha=deviation)
    try:
        yield
    finally:
        with torch.no_grad():
            for weight, without in zip(weights, quiet, strict=True):
                weight.copy_(without)
