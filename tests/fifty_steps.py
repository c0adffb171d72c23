"""Fifty steps of training: `fifty_steps.py OFFSETS RESULT PROCESSES`."""

import itertools
import os
import sys
from pathlib import Path

import torch
from networks import make_network
from safetensors.torch import save_file
from small_trainings import recipe

from penlift.ink.lines import load_ink
from penlift.ink.scales import load_scales
from penlift.ink.windows import WindowParams, Windows, index_windows
from penlift.training.distributed import gathered, launch
from penlift.training.loop import fit
from penlift.training.writing import start_training, validate


def main(offsets: Path, result: Path) -> None:
    torch.set_num_threads(1)
    ink, params = load_ink(offsets), recipe(epochs=100, clip=1e9, schedule="constant", warm_up=0.0)
    windows = Windows(ink, index_windows(ink, WindowParams(length=15, shortest=5, rarest=1, joined=0.0))[0], 15)
    network = make_network(dropout=0.0)
    with gathered(torch.device("cpu")) as ranks:
        steps = fit(start_training(network, params), windows, params, ranks)
        next(steps)
        gradients = {
            name: weight.grad.clone() for name, weight in network.named_parameters() if weight.grad is not None
        }
        losses = [step.nll / step.targets for step in itertools.islice(steps, 49)]
        if ranks.first:
            held_out, _ = validate(network, ink, load_scales(offsets / "scales.json"))
            save_file(gradients | {"losses": torch.tensor(losses), "held_out": torch.tensor(held_out)}, result)


if __name__ == "__main__":
    if (processes := int(sys.argv[3])) > 1 and "RANK" not in os.environ:
        sys.exit(launch(processes, 1, sys.argv))
    main(Path(sys.argv[1]), Path(sys.argv[2]))
