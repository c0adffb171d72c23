"""Stage sample: lines that the network dreams, as pictures and as numbers, and whether they are in order."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))  # which Python leaves out under PYTHONSAFEPATH
from checkout import run, section

from penlift.common.files import whole_folder, write_text
from penlift.common.machine import keep_freed_memory
from penlift.common.terminal import shown
from penlift.drawing.styles import draw_samples
from penlift.model.checkpoint import load_model
from penlift.sampling.health import finite_part, health_of, table_of
from penlift.sampling.sampler import SampleParams, asking, sample_lines
from penlift.sampling.samples import save_samples


def main(models: Path, samples: Path) -> None:
    params = section("sample", SampleParams)
    keep_freed_memory()
    torch.set_num_threads(1)  # a point at a time is too small to share
    model = load_model(models)
    params = asking(params, model)
    lines = list(shown(sample_lines(model.network, model.scales, params), "sample", params.lines))
    with whole_folder(samples) as folder:
        save_samples(folder / "samples.npz", lines)
        healths = table_of(health_of(line, model.scales) for line in lines)
        write_text(folder / "health.csv", healths.to_csv(lineterminator="\n"))
        for name, picture in draw_samples([finite_part(line) for line in lines], curves=bool(model.scales.rate)):
            (folder / name).write_bytes(picture)
    print(f"{params.lines} lines of up to {params.points} points in {samples}")


if __name__ == "__main__":
    run(main)
