"""Stage train: from windows to the network with the best likelihood of held-out lines."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import torch

from checkout import ROOT, run, section

from penlift.checkpoint import Model, begin_with, save_model
from penlift.epochs import by_epoch
from penlift.files import whole_folder, write_text
from penlift.history import Epoch, to_table
from penlift.ink import load_ink
from penlift.memory import keep_freed_memory
from penlift.network import ModelParams, Network, floor_of
from penlift.optimisation import TrainParams
from penlift.progress import Meter
from penlift.scales import load_scales
from penlift.training import Step, fit, start_training, steps_an_epoch
from penlift.units import shift_to
from penlift.windows import WindowParams, Windows


def main(offsets: Path, windows: Path, models: Path, report: Path) -> None:
    model, params = section("model", ModelParams), section("train", TrainParams)
    keep_freed_memory()
    torch.set_num_threads(params.threads)
    torch.manual_seed(params.seed)
    ink, scales = load_ink(offsets), load_scales(offsets / "scales.json")
    stretches = Windows(ink, pd.read_csv(windows / "index.csv"), section("window", WindowParams).length)
    network = Network(model, floor_of(scales.scale))
    if params.start:
        begin_with(network, ROOT / params.start, model, scales)
    state = start_training(network, params)
    history: list[Epoch] = []
    with Meter("train", params.epochs * steps_an_epoch(stretches, params)) as meter, whole_folder(models) as folder:
        steps = shown(fit(state, stretches, params), meter, shift_to((20.0, 20.0), scales))
        for epoch in by_epoch(steps, state.network, ink, scales):
            meter.say(str(epoch))
            history.append(epoch)
            if epoch.best:
                save_model(folder, Model(state.network, model, scales))
    write_text(report / "history.csv", to_table(history).to_csv(index=False, lineterminator="\n"))


def shown(steps: Iterable[Step], meter: Meter, shift: float) -> Iterator[Step]:
    for step in steps:
        meter.advance(f"{step.nll / step.targets + shift:.3f} nats/point (offsets/20)", points=step.targets)
        yield step


if __name__ == "__main__":
    run(main)
