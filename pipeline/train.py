"""Stage train: from windows to the network with the best likelihood of held-out lines."""

import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parent))  # which Python leaves out under PYTHONSAFEPATH
from checkout import ROOT, run, section

from penlift.common.files import whole_folder
from penlift.common.machine import keep_freed_memory
from penlift.ink.windows import WindowParams
from penlift.model.checkpoint import Model, save_model
from penlift.model.network import ModelParams, Network
from penlift.sampling.sampler import SampleParams, check_texts
from penlift.training import trainer
from penlift.training.device import check_precision, choose
from penlift.training.distributed import gathered, launch
from penlift.training.folder import states_of
from penlift.training.identity import identity_of, machine_facts
from penlift.training.optimisation import TrainParams
from penlift.training.recipe import Recipe, begin, data_of, facts_of, load_material
from penlift.training.resume import StateKeeper
from penlift.training.state import TrainState
from penlift.training.writing import Material


def main(offsets: Path, windows: Path, models: Path, report: Path) -> None:
    recipe = Recipe(section("model", ModelParams), section("train", TrainParams), section("window", WindowParams))
    if recipe.train.processes > 1 and "RANK" not in os.environ:
        sys.exit(launch(recipe.train.processes, recipe.train.threads, sys.argv))
    keep_freed_memory()
    torch.set_num_threads(recipe.train.threads)
    device = choose(recipe.train.device)
    check_precision(recipe.train.precision, device)
    with gathered(device) as ranks:
        material = load_material(offsets, windows, recipe, ROOT)
        if material.others and ranks.first:
            print(f"signs that share one number: {material.others}; those of the network: {material.alphabet}")
        check_texts(section("sample", SampleParams).texts, material.alphabet)  # not when all is learned
        state = begin(recipe, material, device, ROOT)
        facts = {"processes": ranks.size} | machine_facts(device)
        training = identity_of(facts_of(recipe, facts), data_of(recipe, offsets, windows, ROOT), ROOT)
        keeper = StateKeeper(states_of(ROOT) / training, training, recipe.train.save_every)
        model = Model(state.network, recipe.model, material.scales, material.texts)
        about = {"fingerprint": training} | facts
        if material.alphabet:
            about |= {"signs": material.alphabet.signs}
        leave = partial(leave_behind, state, model, material, about, models, report)
        watch = partial(watched, keeper.folder, recipe, material.scales.rate, about)
        trainer.run(state, material, recipe.train, keeper, ranks, watch, leave)


def leave_behind(
    state: TrainState[Network], model: Model, material: Material, about: Mapping[str, Any], models: Path, report: Path
) -> None:
    """The network of the best epoch, and how it was learned."""
    model.network.load_state_dict(state.best)
    with whole_folder(models) as folder:
        save_model(folder, model)
    with whole_folder(report) as folder:
        trainer.save_history(folder, state, material.names, about)


def watched(
    folder: Path, recipe: Recipe, rate: float | None, about: Mapping[str, Any]
) -> AbstractContextManager[trainer.Show]:
    from penlift.tracking import live  # loaded this late, the code that shows a training decides over none

    told = {name: section.model_dump() for name, section in recipe._asdict().items()}
    if rate is not None:
        told["normalise"] = {"rate": rate}
    return live.watched(folder, ROOT, told, about)


if __name__ == "__main__":
    run(main)
