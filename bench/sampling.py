"""A point of sampling against its weights' products alone, in alternating fresh processes: `python bench/sampling.py`.

On one thread, 2 x 256 units and 20 mixtures. Beside them, a loop through the framework's own layers. Prints medians.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from step import GATES, HIDDEN, LAYERS, MIXTURES, make_network  # puts src on the path

ROUNDS, SECONDS = 3, 1.5
POINTS = {1: 400, 16: 100, 64: 40, 256: 10}  # a call, by lines side by side
CELLS = {"lstm": ("lstm", False), "peephole lstm": ("lstm", True), "gru": ("gru", False), "rnn": ("rnn", False)}


class Variant(NamedTuple):
    """What is measured: kind is products, sampling or layers."""

    cell: str
    lines: int
    kind: str


VARIANTS = [
    Variant(cell, lines, kind)
    for cell in CELLS
    for lines in (POINTS if cell == "lstm" else (1, 64))
    for kind in ("products", "sampling", *(["layers"] if lines in (1, 64) and cell == "lstm" else []))
]


def products(cell: str, lines: int) -> Callable[[], None]:
    """The products of one point with the weights, and nothing else."""
    import numpy as np

    rng, gates = np.random.default_rng(1), GATES[CELLS[cell][0]] * HIDDEN
    shapes = [(3 + HIDDEN, gates), *[(2 * HIDDEN, gates)] * (LAYERS - 1), (HIDDEN, 1 + 6 * MIXTURES)]
    pairs = [[rng.normal(size=size).astype(np.float32) for size in ((lines, shape[0]), shape)] for shape in shapes]

    def multiply() -> None:
        for _ in range(POINTS[lines]):
            for one, other in pairs:
                one @ other

    return multiply


def sampling(cell: str, lines: int) -> Callable[[], None]:
    """Lines as `penlift.sampling` writes them, with a new network."""
    import numpy as np

    from penlift.ink.offsets import START
    from penlift.model.mixture import PLAIN
    from penlift.sampling.sampler import noise_of
    from penlift.sampling.stepper import feed_back

    network, noise = make_network(*CELLS[cell]).eval(), noise_of(1, range(lines), POINTS[lines])
    start = np.array([START], np.float32)

    def write() -> None:
        feed_back(network, start, noise, PLAIN, lambda _: False)

    return write


def layers(cell: str, lines: int) -> Callable[[], None]:
    """A loop through the framework's layers, with a mixture of `torch.distributions`."""
    import torch
    from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

    network = make_network(*CELLS[cell]).eval()

    def write() -> None:
        offset, states = torch.zeros(lines, 1, 3), None
        with torch.inference_mode():
            for _ in range(POINTS[lines]):
                mixture, states = network(offset, states)
                scale = torch.diag_embed(mixture.log_std.exp())
                normal = MultivariateNormal(mixture.mean, scale_tril=scale, validate_args=False)
                weights = Categorical(logits=mixture.log_weight, validate_args=False)
                move = MixtureSameFamily(weights, normal, validate_args=False).sample()
                offset = torch.cat([move, torch.bernoulli(mixture.lift.sigmoid())[..., None]], dim=-1)

    return write


def measure(variant: Variant) -> float:
    """Microseconds a point of a line, the median of many calls, in this process."""
    import torch
    from threadpoolctl import threadpool_limits

    from penlift.common.machine import keep_freed_memory

    keep_freed_memory()
    torch.set_num_threads(1)
    call = {"products": products, "sampling": sampling, "layers": layers}[variant.kind](variant.cell, variant.lines)
    times: list[float] = []
    with threadpool_limits(1, "blas"):
        call()
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            began = time.perf_counter()
            call()
            times.append(time.perf_counter() - began)
    return 1e6 * statistics.median(times) / POINTS[variant.lines] / variant.lines


def main() -> None:
    found: dict[Variant, list[float]] = {variant: [] for variant in VARIANTS}
    for turn in range(ROUNDS):
        for variant, times in found.items():
            command = [sys.executable, __file__, json.dumps(variant)]
            times.append(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))
        print(f"round {turn + 1} of {ROUNDS}", file=sys.stderr)
    print(f"{'2 x 256, 20 mixtures, one thread':34} {'lines':>5} {'us a point':>10} {'ratio':>6}")
    for variant, times in found.items():
        least = found[variant._replace(kind="products")]
        ratio = statistics.median(one / other for one, other in zip(times, least, strict=True))
        name = f"{variant.cell}, {variant.kind}"
        print(f"{name:34} {variant.lines:5} {statistics.median(times):10.1f} {ratio:6.2f}")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(json.dumps(measure(Variant(*json.loads(sys.argv[1])))))
    else:
        main()
