"""Stage train: from windows to the network with the best likelihood of held-out lines."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from checkout import ROOT, run, section

from penlift.common.errors import InputError
from penlift.common.files import whole_file, whole_folder, write_bytes, write_json
from penlift.common.machine import keep_freed_memory
from penlift.common.terminal import Meter
from penlift.ink.lines import load_ink
from penlift.ink.scales import load_scales
from penlift.ink.windows import WindowParams, Windows
from penlift.model.checkpoint import Model, begin_with, files_of, save_model
from penlift.model.network import ModelParams, Network, floor_of
from penlift.training.device import check_precision, choose
from penlift.training.distributed import Lost, Ranks, gathered, launch
from penlift.training.folder import states_of
from penlift.training.loop import start_training
from penlift.training.optimisation import TrainParams
from penlift.training.resume import StateKeeper, code_below, fingerprint, machine_facts, only_trainer
from penlift.training.schedule import Schedule
from penlift.training.state import TrainState, to_table
from penlift.training.trainer import Material, Stopped, follow, save, train


class Sections(NamedTuple):
    model: ModelParams
    train: TrainParams
    window: WindowParams


def main(offsets: Path, windows: Path, models: Path, report: Path) -> None:
    asked = Sections(section("model", ModelParams), section("train", TrainParams), section("window", WindowParams))
    if asked.train.processes > 1 and "RANK" not in os.environ:
        sys.exit(launch(asked.train.processes, asked.train.threads, sys.argv))
    keep_freed_memory()
    torch.set_num_threads(asked.train.threads)
    device = choose(asked.train.device)
    check_precision(asked.train.precision, device)
    with gathered(device) as ranks:
        material = load(offsets, windows, asked.window)
        state = begin(asked, material, device)
        training = fingerprint(facts(asked, ranks, device), files(asked, offsets, windows))
        place = states_of(ROOT) / training
        keeper = StateKeeper(place, training, asked.train.save_every)
        if not ranks.first:
            with suppress(Lost):  # where the first is refused
                ranks.meet(device)
                if not keeper.restore(state):
                    follow(state, material, asked.train, ranks)
            return
        with only_trainer(place):
            ranks.meet(device)  # nobody else saves a state from here on, so all read the same
            done = keeper.restore(state)
            about = {"fingerprint": training, "processes": ranks.size} | machine_facts(device)
            model = Model(state.network, asked.model, material.scales)
            learned = partial(leave, state, model, about, models, report)
            timetable = Schedule(material.windows.targets, material.windows.length, asked.train)
            with Meter("train", timetable.targets, timetable.behind(state.step)) as meter:
                if done:
                    meter.say(f"this very training has been done before; to do it again, delete {place}")
                    learned()
                else:
                    meter.say(f"watch it learn to write: the newest of {place}/epoch-*.svg")
                    watched(state, material, asked, keeper, meter, ranks, about, learned)


def load(offsets: Path, windows: Path, window: WindowParams) -> Material:
    ink, index = load_ink(offsets), pd.read_csv(windows / "index.csv")
    return Material(ink, Windows(ink, index, window.length), load_scales(offsets / "scales.json"))


def begin(asked: Sections, material: Material, device: torch.device) -> TrainState:
    torch.manual_seed(asked.train.seed)
    network = Network(asked.model, floor_of(material.scales.scale))
    if asked.train.start:
        begin_with(network, ROOT / asked.train.start, asked.model, material.scales)
    return start_training(network.to(device), asked.train)


def watched(
    state: TrainState,
    material: Material,
    asked: Sections,
    keeper: StateKeeper,
    meter: Meter,
    ranks: Ranks,
    about: dict[str, Any],
    learned: Callable[[], None],
) -> None:
    """Train to the end, for all to see; `learned` leaves what came of it."""
    from penlift.tracking.live import fed  # loaded this late, the code that shows a training decides over none

    told = {name: section.model_dump() for name, section in asked._asdict().items()}
    with fed(keeper.folder, ROOT, told, about):
        try:
            train(state, material, asked.train, keeper, meter, partial(show, keeper.folder), ranks)
        except Stopped:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # another may come, and what became of it is yet to be said
            raise
        while not save(state, keeper, meter, done=True):  # to end now would lose it, unless there is room for the rest
            with suppress(OSError):
                learned()
                return
            time.sleep(keeper.every)
    learned()


def facts(asked: Sections, ranks: Ranks, device: torch.device) -> dict[str, object]:
    """What makes it this training, besides the contents of files; how often it is saved does not."""
    return {
        "model": asked.model.model_dump(),
        "train": asked.train.model_dump(exclude={"save_every", "processes"}),
        "window": asked.window.model_dump(),
        "processes": ranks.size,
        "machine": machine_facts(device),
    }


def files(asked: Sections, offsets: Path, windows: Path) -> Iterator[Path]:
    yield from code_below(ROOT / "pipeline", ROOT / "src")
    yield from (offsets / "points.npy", offsets / "index.csv", offsets / "scales.json", windows / "index.csv")
    if asked.train.start:
        yield from files_of(ROOT / asked.train.start)


def show(place: Path, state: TrainState) -> None:
    """Draw what the network dreams by now, for whoever watches. No output of the stage, which thus needs no drawing."""
    from penlift.drawing.svg import draw_plain

    line, epoch = state.samples[-1], f"epoch-{len(state.history):03}"
    with suppress(OSError, InputError):  # the disk may be full, or the line not finite: training goes on
        write_bytes(place / f"{epoch}.svg", draw_plain(line.astype(np.float64)))
        with whole_file(place / f"{epoch}.npy") as part, part.open("wb") as file:
            np.save(file, line)


def leave(state: TrainState, model: Model, about: dict[str, Any], models: Path, report: Path) -> None:
    """What the other stages find: the best weights, the history, the line dreamt behind each epoch, and `about`: which
    training it was, and on what it ran."""
    model.network.load_state_dict(state.best)
    with whole_folder(models) as folder:
        save_model(folder, model)
    with whole_folder(report) as folder:
        to_table(state.history).to_csv(folder / "history.csv", index=False, lineterminator="\n")
        np.save(folder / "samples.npy", np.stack(state.samples))
        write_json(folder / "training.json", about)


if __name__ == "__main__":
    run(main)
