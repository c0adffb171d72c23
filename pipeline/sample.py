"""Stage sample: lines that the network dreams, as pictures and as numbers."""

from pathlib import Path

import numpy as np
import torch

from checkout import run, section

from penlift.checkpoint import load_model
from penlift.files import whole_folder
from penlift.pictures import draw_samples
from penlift.sampling import SampleParams, dream, noise_of, to_lines


def main(models: Path, samples: Path) -> None:
    params = section("sample", SampleParams)
    torch.set_num_threads(1)  # a step at a time is too small to share
    model = load_model(models)
    lines = to_lines(dream(model.network, noise_of(params), params.bias), model)
    with whole_folder(samples) as folder:
        np.savez(folder / "samples.npz", **lines._asdict())
        for picture in draw_samples(lines):
            (folder / picture.name).write_bytes(picture.content)
    print(f"{params.lines} lines of {params.points} points in {samples}")


if __name__ == "__main__":
    run(main)
